#include "venue/okx_symbol.h"

#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

static const char swap[] = "SWAP";

/* ---- names ---- */

enum { PARTS = 5 }; /* of an option: BTC, USD, 261225, 50000, C */

static bool is_option_word(struct td_text part)
{
    return spelling_is(part, "C") || spelling_is(part, "P");
}

static td_err put(char out[TD_SYMBOL_MAX], const struct td_text *parts, unsigned count)
{
    struct td_str text = td_str_on(out, TD_SYMBOL_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (i)
            td_str_add_char(&text, '-');
        td_str_add_bytes(&text, parts[i].at, parts[i].bytes);
    }
    return text.cut || count == 0 ? TD_E_VENUE_SYMBOL : 0;
}

static struct td_text word(const char *text)
{
    return (struct td_text){text, (uint32_t)strlen(text)};
}

td_err okx_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    struct td_text part[PARTS];
    char date[SPELLING_DATE_BYTES];
    unsigned count = spelling_parts(raw, raw_bytes, part, PARTS);
    bool dated = count >= 3 && spelling_long_date(part[2].at, part[2].bytes, date);
    if (count == 3 && spelling_is(part[2], swap))
        part[2] = word("PERP");
    else if (count == 3 && dated)
        part[2] = word(date);
    else if (count == 5 && dated && is_option_word(part[4])) {
        part[1] = word(date); /* the quote of options is always the same */
        part[2] = part[3];
        part[3] = part[4];
        count = 4;
    } else
        return spelling_from('-', raw, raw_bytes, symbol);
    TD_TRY(put(symbol, part, count));
    char copy[TD_SYMBOL_MAX];
    memcpy(copy, symbol, sizeof copy);
    return spelling_from('-', copy, strlen(copy), symbol);
}

static td_err spell_dated(struct td_text part[PARTS], unsigned count, char raw[TD_SYMBOL_MAX])
{
    part[2].at += 2; /* the century */
    part[2].bytes -= 2;
    return put(raw, part, count);
}

static bool is_long_date(struct td_text part)
{
    char date[SPELLING_DATE_BYTES];
    return part.bytes == 8 && memcmp(part.at, "20", 2) == 0 &&
           spelling_long_date(part.at + 2, 6, date);
}

td_err okx_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char upper[TD_SYMBOL_MAX];
    struct td_text part[PARTS];
    TD_FAIL_IF(!td_text_copy(upper, sizeof upper, symbol, strlen(symbol)), TD_E_VENUE_SYMBOL);
    spelling_upper(upper);
    unsigned count = spelling_parts(upper, strlen(upper), part, PARTS);
    TD_FAIL_IF(count < 2, TD_E_VENUE_SYMBOL);
    if (count == 3 && spelling_is(part[2], "PERP"))
        part[2] = word(swap);
    if (count == 3 && is_long_date(part[2]))
        return spell_dated(part, count, raw);
    if (count == 4 && is_long_date(part[1]) && is_option_word(part[3])) {
        part[4] = part[3];
        part[3] = part[2];
        part[2] = part[1];
        part[1] = word("USD");
        return spell_dated(part, PARTS, raw);
    }
    return put(raw, part, count);
}

enum instrument_kind okx_kind(const char *raw)
{
    struct td_text part[PARTS];
    unsigned count = spelling_parts(raw, strlen(raw), part, PARTS);
    if (count == 5)
        return INSTRUMENT_OPTION;
    if (count != 3)
        return INSTRUMENT_SPOT;
    return spelling_is(part[2], swap) ? INSTRUMENT_PERP : INSTRUMENT_FUTURE;
}

/* ---- symbol lists ---- */

static const char *const pages[] = {"/api/v5/public/instruments?instType=SPOT",
                                    "/api/v5/public/instruments?instType=SWAP",
                                    "/api/v5/public/instruments?instType=FUTURES",
                                    "/api/v5/public/instruments?instType=OPTION&uly=BTC-USD",
                                    "/api/v5/public/instruments?instType=OPTION&uly=ETH-USD"};

size_t okx_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                    char *out, size_t cap)
{
    (void)sub;
    return n < sizeof pages / sizeof *pages ? subscription_url(rest_url, pages[n], out, cap) : 0;
}

/* Spot alone: there is one address for each type, and spot's volumes have one meaning. */
size_t okx_volume_url(const char *rest_url, char *out, size_t cap)
{
    return subscription_url(rest_url, "/api/v5/market/tickers?instType=SPOT", out, cap);
}

/* Room for what an entry says in two values. */
struct okx_entry {
    char contract_size[TD_DECIMAL_TEXT_MAX];
};
_Static_assert(sizeof(struct okx_entry) <= VENUE_STATE_BYTES, "state fits its place");

/* value * multiplier, exactly. */
static struct td_text contract_size(struct td_text value, struct td_text multiplier,
                                    struct okx_entry *room)
{
    int value_scale = value.at ? td_decimal_scale(value.at, value.bytes) : -1;
    int scale = multiplier.at ? td_decimal_scale(multiplier.at, multiplier.bytes) : -1;
    int64_t a, b, product;
    if (value_scale < 0 || scale < 0 || value_scale + scale > TD_SCALE_MAX ||
        td_decimal_to_steps(value.at, value.bytes, value_scale, &a) < 0 ||
        td_decimal_to_steps(multiplier.at, multiplier.bytes, scale, &b) < 0 ||
        __builtin_mul_overflow(a, b, &product))
        return (struct td_text){NULL, 0};
    size_t bytes = td_decimal_from_steps(product, value_scale + scale, room->contract_size);
    return (struct td_text){room->contract_size, (uint32_t)bytes};
}

static struct td_text said(const struct json *json, const char *key)
{
    struct td_text text = json_plain(json, 0, key);
    return text.bytes ? text : (struct td_text){NULL, 0};
}

static void read_contract(struct venue_ctx *ctx, struct td_text raw, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    struct td_text part[PARTS];
    unsigned count = spelling_parts(raw.at, raw.bytes, part, PARTS);
    int64_t ms;
    if (count < 3)
        return;
    listing->kind = count == 5                   ? INSTRUMENT_OPTION
                    : spelling_is(part[2], swap) ? INSTRUMENT_PERP
                                                 : INSTRUMENT_FUTURE;
    listing->base = part[0];
    listing->quote = part[1];
    if (count == 5)
        listing->option = spelling_is(part[4], "C") ? INSTRUMENT_CALL : INSTRUMENT_PUT;
    listing->strike = said(json, "stk");
    listing->contract_size = contract_size(said(json, "ctVal"), said(json, "ctMult"), ctx->state);
    listing->contract_currency = said(json, "ctValCcy");
    if (json_integer(json, 0, "expTime", &ms) && ms < INT64_C(4102444800000))
        listing->expiry_ns = ms * TD_NS_PER_MS;
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "instId");
    listing->base = said(json, "baseCcy");
    listing->quote = said(json, "quoteCcy");
    listing->status = said(json, "state");
    listing->price_step = said(json, "tickSz");
    listing->size_step = said(json, "lotSz");
    if (listing->raw.at)
        read_contract(ctx, listing->raw, listing);
    return listing->raw.at;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "instId");
    listing->volume = said(ctx->json, "volCcy24h");
    return listing->raw.at && listing->volume.at;
}

int okx_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                   const struct td_frame *frame)
{
    (void)frame;
    if (memmem(url.at, url.bytes, "/market/tickers", strlen("/market/tickers")))
        return listing_parse(ctx, body, "data", volume_entry);
    if (!memmem(url.at, url.bytes, "/public/instruments", strlen("/public/instruments")))
        return TD_BUCKET_IGNORED;
    return listing_parse(ctx, body, "data", list_entry);
}
