#include "venue/spelling.h"

#include <ctype.h>
#include <string.h>

#include "venue/instrument.h"

/* Names that carry no separator are told apart by their ending: longer ones first, then by how many pairs they have. */
static const char *const quotes[] = {
    "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "AEUR", "DOGE", "USD1", "BTC", "ETH", "BNB",
    "EUR",   "TRY",  "BRL",  "GBP",  "AUD",  "DAI",  "PAX",  "TRX",  "XRP",  "JPY", "KRW", "USD"};

static const char perp[] = "-PERP";

td_err spelling_to(char separator, const char *symbol, char raw[TD_SYMBOL_MAX])
{
    size_t bytes = 0;
    TD_FAIL_IF(!*symbol || strlen(symbol) >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    for (; *symbol; symbol++)
        if (*symbol != '-' || separator != '\0')
            raw[bytes++] = *symbol == '-' ? separator : (char)toupper((unsigned char)*symbol);
    raw[bytes] = '\0';
    return bytes ? 0 : TD_E_VENUE_SYMBOL;
}

static void split_by_ending(char symbol[TD_SYMBOL_MAX], size_t bytes)
{
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        size_t quote = strlen(quotes[i]);
        if (bytes <= quote || memcmp(symbol + bytes - quote, quotes[i], quote) != 0)
            continue;
        memmove(symbol + bytes - quote + 1, symbol + bytes - quote, quote + 1);
        symbol[bytes - quote] = '-';
        return;
    }
}

td_err spelling_from(char separator, const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes + 1 >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol);
    spelling_upper(symbol);
    if (separator == '\0') {
        split_by_ending(symbol, raw_bytes);
        return 0;
    }
    for (char *at = symbol; *at; at++)
        if (*at == separator)
            *at = '-';
    return 0;
}

bool spelling_perp(const char *symbol, char pair[TD_SYMBOL_MAX])
{
    size_t bytes = strlen(symbol), end = sizeof perp - 1;
    bool is = bytes > end && strcmp(symbol + bytes - end, perp) == 0;
    size_t keep = is ? bytes - end : bytes;
    keep = keep < TD_SYMBOL_MAX ? keep : TD_SYMBOL_MAX - 1;
    memcpy(pair, symbol, keep);
    pair[keep] = '\0';
    return is;
}

td_err spelling_add(char symbol[TD_SYMBOL_MAX], const char *ending)
{
    size_t bytes = strlen(symbol), more = strlen(ending);
    TD_FAIL_IF(bytes + more >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    memcpy(symbol + bytes, ending, more + 1);
    return 0;
}

void spelling_lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

void spelling_upper(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}
