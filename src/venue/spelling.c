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

td_err spelling_split(const char *list, const char *raw, size_t raw_bytes,
                      char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes + 1 >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol);
    spelling_upper(symbol);
    while (*list) {
        size_t quote = strcspn(list, " ");
        char *at = symbol + raw_bytes - quote;
        if (quote < raw_bytes && memcmp(at, list, quote) == 0) {
            memmove(at + 1, at, quote + 1);
            *at = '-';
            return 0;
        }
        list += quote + (list[quote] == ' ');
    }
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

static bool is_day(const char *digits, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)(digits[i] - '0') > 9)
            return false;
    int month = (digits[bytes - 4] - '0') * 10 + digits[bytes - 3] - '0';
    int day = (digits[bytes - 2] - '0') * 10 + digits[bytes - 1] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool spelling_long_date(const char *text, size_t bytes, char date[SPELLING_DATE_BYTES])
{
    if (bytes != 6 || !is_day(text, bytes))
        return false;
    memcpy(date, "20", 2);
    memcpy(date + 2, text, bytes);
    date[SPELLING_DATE_BYTES - 1] = '\0';
    return true;
}

static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

bool spelling_date_of_month(const char *text, size_t bytes, char date[SPELLING_DATE_BYTES])
{
    if (bytes != 6 && bytes != 7)
        return false;
    char digits[] = "20YYMMDD";
    const char *month = text + bytes - 5;
    memcpy(digits + 2, text + bytes - 2, 2);
    digits[6] = bytes == 7 ? text[0] : '0';
    digits[7] = month[-1];
    for (unsigned i = 0; i < 12; i++) {
        if (memcmp(month, months + 3 * (size_t)i, 3) != 0)
            continue;
        digits[4] = (char)('0' + (i + 1) / 10);
        digits[5] = (char)('0' + (i + 1) % 10);
        memcpy(date, digits, SPELLING_DATE_BYTES);
        return is_day(date, SPELLING_DATE_BYTES - 1);
    }
    return false;
}

bool spelling_month_of_date(const char *date, size_t bytes, char text[SPELLING_DATE_BYTES])
{
    if (bytes != SPELLING_DATE_BYTES - 1 || memcmp(date, "20", 2) != 0 || !is_day(date, bytes))
        return false;
    size_t month = (size_t)((date[4] - '0') * 10 + date[5] - '0' - 1);
    size_t day = date[6] == '0' ? 1 : 2;
    memcpy(text, date + 8 - day, day);
    memcpy(text + day, months + 3 * month, 3);
    memcpy(text + day + 3, date + 2, 2);
    text[day + 5] = '\0';
    return true;
}

bool spelling_dated(const char *symbol, char pair[TD_SYMBOL_MAX], char date[SPELLING_DATE_BYTES])
{
    const char *dash = strrchr(symbol, '-');
    if (!dash || strlen(dash + 1) != SPELLING_DATE_BYTES - 1 || dash - symbol >= TD_SYMBOL_MAX ||
        !is_day(dash + 1, SPELLING_DATE_BYTES - 1))
        return false;
    memcpy(date, dash + 1, SPELLING_DATE_BYTES);
    memcpy(pair, symbol, (size_t)(dash - symbol));
    pair[dash - symbol] = '\0';
    return true;
}

unsigned spelling_parts(const char *name, size_t bytes, struct td_text *part, unsigned max)
{
    unsigned count = 0;
    for (const char *at = name, *end = name + bytes; count < max;) {
        const char *dash = memchr(at, '-', (size_t)(end - at));
        const char *stop = dash ? dash : end;
        if (stop == at)
            return 0;
        part[count++] = (struct td_text){at, (uint32_t)(stop - at)};
        if (!dash)
            return count;
        at = dash + 1;
    }
    return 0;
}

bool spelling_is(struct td_text part, const char *word)
{
    return part.bytes == strlen(word) && memcmp(part.at, word, part.bytes) == 0;
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
