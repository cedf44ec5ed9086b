#include "venue/deribit_symbol.h"

#include <string.h>

#include "base/text.h"
#include "venue/listing.h"
#include "venue/spelling.h"

/* ---- names ---- */

enum { PARTS = 4 }; /* of an option: BTC, 25DEC26, 50000, C */

static const char perpetual[] = "PERPETUAL";

static td_err put(char out[TD_SYMBOL_MAX], const char *separators, const struct td_text *part,
                  unsigned count)
{
    struct td_str text = td_str_on(out, TD_SYMBOL_MAX);
    for (unsigned i = 0; i < count; i++) {
        td_str_add_bytes(&text, part[i].at, part[i].bytes);
        if (i + 1 < count)
            td_str_add_char(&text, separators[i]);
    }
    return text.cut ? TD_E_VENUE_SYMBOL : 0;
}

static struct td_text word(const char *text)
{
    return (struct td_text){text, (uint32_t)strlen(text)};
}

/* BTC and USD of BTC, BTC and USDC of BTC_USDC. */
static void split_pair(struct td_text pair, struct td_text out[2])
{
    const char *line = memchr(pair.at, '_', pair.bytes);
    out[0] = pair;
    out[1] = word("USD");
    if (!line)
        return;
    out[0].bytes = (uint32_t)(line - pair.at);
    out[1] = (struct td_text){line + 1, pair.bytes - out[0].bytes - 1};
}

static bool is_option_word(struct td_text part)
{
    return spelling_is(part, "C") || spelling_is(part, "P");
}

static td_err unify_parts(const struct td_text part[PARTS], unsigned count,
                          char symbol[TD_SYMBOL_MAX])
{
    struct td_text named[PARTS] = {{NULL, 0}};
    char date[SPELLING_DATE_BYTES];
    bool dated = count > 1 && spelling_date_of_month(part[1].at, part[1].bytes, date);
    if (count == 4 && dated && is_option_word(part[3])) {
        memcpy(named, part, count * sizeof *part);
        named[1] = word(date);
        return put(symbol, "---", named, count);
    }
    split_pair(part[0], named);
    if (count == 2 && spelling_is(part[1], perpetual))
        named[2] = word("PERP");
    else if (count == 2 && dated)
        named[2] = word(date);
    else
        return TD_E_VENUE_SYMBOL;
    return put(symbol, "--", named, 3);
}

td_err deribit_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    char copy[TD_SYMBOL_MAX];
    struct td_text part[PARTS];
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, copy);
    unsigned count = spelling_parts(copy, strlen(copy), part, PARTS);
    if (count < 2 || unify_parts(part, count, symbol) < 0)
        return spelling_from('_', copy, strlen(copy), symbol);
    spelling_upper(symbol);
    return 0;
}

/* BTC of BTC and USD, BTC_USDC of BTC and USDC. */
static td_err spell_future(const struct td_text part[3], const char *what, char raw[TD_SYMBOL_MAX])
{
    struct td_text named[3] = {part[0], part[1], word(what)};
    if (!spelling_is(part[1], "USD"))
        return put(raw, "_-", named, 3);
    named[1] = named[2];
    return put(raw, "-", named, 2);
}

static td_err spell_parts(const struct td_text part[PARTS], unsigned count, char raw[TD_SYMBOL_MAX])
{
    char date[SPELLING_DATE_BYTES];
    struct td_text named[PARTS];
    bool own = count > 1 && spelling_date_of_month(part[1].at, part[1].bytes, date);
    if ((count == 2 && (own || spelling_is(part[1], perpetual))) || (count == 4 && own))
        return put(raw, "---", part, count);
    if (count == 2)
        return put(raw, "_", part, count);
    if (count == 3 && spelling_is(part[2], "PERP"))
        return spell_future(part, perpetual, raw);
    if (count == 3 && spelling_month_of_date(part[2].at, part[2].bytes, date))
        return spell_future(part, date, raw);
    if (count != 4 || !is_option_word(part[3]) ||
        !spelling_month_of_date(part[1].at, part[1].bytes, date))
        return TD_E_VENUE_SYMBOL;
    memcpy(named, part, count * sizeof *part);
    named[1] = word(date);
    return put(raw, "---", named, count);
}

/* A strike of 0.625 is written 0d625, the one small letter of all. */
static void lower_point(char *name, struct td_text strike)
{
    char *at = memchr(name + (strike.at - name), 'D', strike.bytes);
    if (at)
        *at = 'd';
}

td_err deribit_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char upper[TD_SYMBOL_MAX];
    struct td_text part[PARTS];
    TD_FAIL_IF(!td_text_copy(upper, sizeof upper, symbol, strlen(symbol)), TD_E_VENUE_SYMBOL);
    spelling_upper(upper);
    unsigned count = spelling_parts(upper, strlen(upper), part, PARTS);
    if (count == PARTS)
        lower_point(upper, part[2]);
    if (count == 1 && memchr(part[0].at, '_', part[0].bytes)) /* the venue's spot */
        return put(raw, "", part, 1);
    return spell_parts(part, count, raw);
}

/* ---- lists ---- */

static const char *const currencies[] = {"BTC", "ETH", "USDC", "USDT"};

size_t deribit_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                        char *buffer, size_t cap)
{
    (void)sub;
    struct td_str out = td_str_on(buffer, cap);
    if (n >= sizeof currencies / sizeof *currencies)
        return 0;
    td_str_add_format(&out, "%s/api/v2/public/get_instruments?currency=%s&expired=false", rest_url,
                      currencies[n]);
    return out.cut ? 0 : out.bytes;
}

static void read_option(const struct json *json, struct venue_listing *listing)
{
    listing->kind = INSTRUMENT_OPTION;
    listing->strike = json_plain(json, 0, "strike");
    listing->option = json_equals(json, json_member(json, 0, "option_type"), "call")
                          ? INSTRUMENT_CALL
                          : INSTRUMENT_PUT;
}

/* Amounts of inverse futures are in the quote currency: as if a contract were one of it. */
static void read_future(const struct json *json, struct venue_listing *listing)
{
    bool perp = json_equals(json, json_member(json, 0, "settlement_period"), "perpetual");
    listing->kind = perp ? INSTRUMENT_PERP : INSTRUMENT_FUTURE;
    if (listing->quote.bytes != 3 || memcmp(listing->quote.at, "USD", 3) != 0)
        return;
    listing->contract_size = word("1");
    listing->contract_currency = listing->quote;
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int kind = json_member(json, 0, "kind");
    int64_t ms;
    listing->raw = json_plain(json, 0, "instrument_name");
    listing->base = json_plain(json, 0, "base_currency");
    listing->quote = json_plain(json, 0, "quote_currency");
    listing->price_step = json_plain(json, 0, "tick_size");
    listing->size_step = json_plain(json, 0, "min_trade_amount");
    listing->status = json_plain(json, 0, "state");
    if (!listing->status.at)
        listing->status = word(
            json_equals(json, json_member(json, 0, "is_active"), "true") ? "open" : "inactive");
    if (json_equals(json, kind, "option"))
        read_option(json, listing);
    else if (json_equals(json, kind, "future"))
        read_future(json, listing);
    bool ends = listing->kind == INSTRUMENT_OPTION || listing->kind == INSTRUMENT_FUTURE;
    if (ends && json_integer(json, 0, "expiration_timestamp", &ms) && ms < INT64_C(4102444800000))
        listing->expiry_ns = ms * TD_NS_PER_MS;
    /* combinations of several instruments are none of ours */
    return listing->raw.at && !json_equals(json, kind, "option_combo") &&
           !json_equals(json, kind, "future_combo");
}

int deribit_parse_list(struct venue_ctx *ctx, struct td_text url, struct td_text body)
{
    static const char path[] = "/get_instruments?";
    if (!memmem(url.at, url.bytes, path, sizeof path - 1))
        return TD_BUCKET_IGNORED;
    return listing_parse(ctx, body, "result", list_entry);
}
