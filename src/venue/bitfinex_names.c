#include "venue/bitfinex_names.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "venue/instrument.h"
#include "venue/spelling.h"

/* What the venue calls by names of its own; UST is Tether here [D]. */
static const char *const renamed[][2] = {{"UST", "USDT"}, {"UDC", "USDC"}};

static void put_renamed(struct td_str *out, const char *name, size_t bytes, int from)
{
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (strlen(renamed[i][from]) == bytes && memcmp(renamed[i][from], name, bytes) == 0) {
            td_str_add(out, renamed[i][!from]);
            return;
        }
    td_str_add_bytes(out, name, bytes);
}

static bool is_perpetual(const char *base, size_t bytes, const char *quote)
{
    size_t quoted = strlen(quote);
    return bytes > 2 && quoted > 2 && memcmp(base + bytes - 2, "F0", 2) == 0 &&
           memcmp(quote + quoted - 2, "F0", 2) == 0;
}

/* tBTCUSD -> BTC-USD, tAVAX:USD -> AVAX-USD, tBTCF0:USTF0 -> BTC-USDT-PERP. */
td_err bitfinex_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    char name[TD_SYMBOL_MAX];
    TD_FAIL_IF(raw_bytes < 2 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    memcpy(name, raw + 1, raw_bytes - 1);
    name[raw_bytes - 1] = '\0';
    const char *colon = strchr(name, ':');
    if (*raw != 't' || (!colon && raw_bytes != 7)) {
        symbol_sanitise(raw, raw_bytes, symbol);
        return 0;
    }
    size_t base = colon ? (size_t)(colon - name) : 3;
    const char *quote = name + base + (colon != NULL);
    size_t cut = is_perpetual(name, base, quote) ? 2 : 0;
    struct td_str out = td_str_on(symbol, TD_SYMBOL_MAX);
    put_renamed(&out, name, base - cut, 0);
    td_str_add_char(&out, '-');
    put_renamed(&out, quote, strlen(quote) - cut, 0);
    td_str_add(&out, cut ? "-PERP" : "");
    TD_FAIL_IF(out.cut, TD_E_VENUE_SYMBOL);
    memcpy(name, symbol, out.bytes);
    symbol_sanitise(name, out.bytes, symbol);
    return 0;
}

/* Names of three letters each stand without a colon. A name without a dash is the venue's own, its first letter in capitals. */
td_err bitfinex_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    struct td_str out = td_str_on(raw, TD_SYMBOL_MAX);
    bool perpetual = spelling_perp(symbol, pair);
    const char *dash = strchr(pair, '-');
    td_str_add_char(&out, 't');
    if (!dash) {
        bool own = *pair == 'T' && (strchr(pair, ':') || strlen(pair) == 7);
        TD_FAIL_IF(perpetual || (!own && strlen(pair) != 6), TD_E_VENUE_SYMBOL);
        td_str_add(&out, pair + own);
        return 0;
    }
    TD_FAIL_IF(dash == pair || !dash[1] || strchr(dash + 1, '-'), TD_E_VENUE_SYMBOL);
    put_renamed(&out, pair, (size_t)(dash - pair), 1);
    size_t base = out.bytes - 1;
    td_str_add(&out, perpetual ? "F0:" : "");
    size_t quote_at = out.bytes;
    put_renamed(&out, dash + 1, strlen(dash + 1), 1);
    td_str_add(&out, perpetual ? "F0" : "");
    TD_FAIL_IF(out.cut || out.bytes + 1 >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    if (!perpetual && (base != 3 || out.bytes - quote_at != 3)) {
        memmove(raw + quote_at + 1, raw + quote_at, out.bytes - quote_at + 1);
        raw[quote_at] = ':';
    }
    return 0;
}
