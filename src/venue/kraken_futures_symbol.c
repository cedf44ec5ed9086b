#include "venue/kraken_futures_symbol.h"

#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

static const char quotes[] = "USDT USDC USD EUR GBP";
enum { PREFIX = 3 }; /* of PF_, FF_, PI_, FI_ */

static bool has_prefix(const char *raw, size_t bytes, const char *prefix)
{
    return bytes > PREFIX && memcmp(raw, prefix, PREFIX) == 0;
}

/* XBT-USD -> BTC-USD in place. */
static void rename_bitcoin(char symbol[TD_SYMBOL_MAX])
{
    if (strncmp(symbol, "XBT-", 4) == 0)
        memcpy(symbol, "BTC", 3);
}

/* PF_XBTUSD is the perpetual and FF_XBTUSD_261225 the dated contract of a pair; the inverse kinds beside them, PI_ and FI_, keep their
   names. */
td_err kraken_futures_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    bool dated = has_prefix(raw, raw_bytes, "FF_");
    char date[SPELLING_DATE_BYTES];
    if (!dated && !has_prefix(raw, raw_bytes, "PF_"))
        return spelling_from('-', raw, raw_bytes, symbol);
    const char *pair = raw + PREFIX, *end = raw + raw_bytes;
    const char *line = memchr(pair, '_', (size_t)(end - pair));
    if (dated != (line != NULL) ||
        (line && !spelling_long_date(line + 1, (size_t)(end - line - 1), date)))
        return spelling_from('-', raw, raw_bytes, symbol);
    TD_TRY(spelling_split(quotes, pair, (size_t)((line ? line : end) - pair), symbol));
    rename_bitcoin(symbol);
    TD_TRY(spelling_add(symbol, "-"));
    return spelling_add(symbol, line ? date : "PERP");
}

td_err kraken_futures_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX], date[SPELLING_DATE_BYTES], spelled[TD_SYMBOL_MAX];
    bool perp = spelling_perp(symbol, pair), dated = !perp && spelling_dated(symbol, pair, date);
    if (!perp && !dated) { /* the venue's own */
        TD_FAIL_IF(strchr(symbol, '-') || !strchr(symbol, '_'), TD_E_VENUE_SYMBOL);
        return spelling_to('-', symbol, raw);
    }
    TD_TRY(spelling_to('-', pair, spelled));
    TD_FAIL_IF(!strchr(spelled, '-'), TD_E_VENUE_SYMBOL);
    if (strncmp(spelled, "BTC-", 4) == 0)
        memcpy(spelled, "XBT", 3);
    TD_TRY(spelling_to('\0', spelled, pair));
    struct td_str out = td_str_on(raw, TD_SYMBOL_MAX);
    td_str_add_format(&out, "%s%s%s%s", perp ? "PF_" : "FF_", pair, perp ? "" : "_",
                      perp ? "" : date + 2);
    return out.cut ? TD_E_VENUE_SYMBOL : 0;
}

/* ---- state: room to spell one entry of the symbol list ---- */

struct futures_state {
    char raw[TD_SYMBOL_MAX], pair[TD_SYMBOL_MAX];
};
_Static_assert(sizeof(struct futures_state) <= VENUE_STATE_BYTES, "state fits its place");

/* ---- symbol list ---- */

/* pi_xbtusd as the feed has it, and XBT and USD of it, whose XBT is BTC. */
static bool spell_entry(struct futures_state *room, struct td_text name,
                        struct venue_listing *listing)
{
    if (!name.at || name.bytes <= PREFIX || name.bytes >= TD_SYMBOL_MAX)
        return false;
    td_text_copy(room->raw, sizeof room->raw, name.at, name.bytes);
    spelling_upper(room->raw);
    listing->raw = (struct td_text){room->raw, name.bytes};
    const char *line = strchr(room->raw + PREFIX, '_');
    size_t pair = line ? (size_t)(line - room->raw) : name.bytes;
    if (spelling_split(quotes, room->raw + PREFIX, pair - PREFIX, room->pair) < 0)
        return false;
    rename_bitcoin(room->pair);
    struct td_text part[2];
    if (spelling_parts(room->pair, strlen(room->pair), part, 2) != 2)
        return true;
    listing->base = part[0];
    listing->quote = part[1];
    return true;
}

static void read_contract(const struct json *json, struct venue_listing *listing)
{
    int inverse = json_member(json, 0, "type");
    struct td_text ends = json_plain(json, 0, "lastTradingTime");
    listing->kind = listing->raw.at[0] == 'P' ? INSTRUMENT_PERP : INSTRUMENT_FUTURE;
    if (listing->kind == INSTRUMENT_FUTURE && ends.at &&
        td_utc_parse(ends.at, ends.bytes, &listing->expiry_ns) < 0)
        listing->expiry_ns = 0;
    listing->contract_size = json_plain(json, 0, "contractSize");
    listing->contract_currency =
        json_equals(json, inverse, "futures_inverse") ? listing->quote : listing->base;
}

/* Indices stand between the contracts. */
static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int kind = json_member(json, 0, "type");
    bool contract = json_equals(json, kind, "futures_inverse") ||
                    json_equals(json, kind, "flexible_futures") ||
                    json_equals(json, kind, "futures_vanilla");
    if (!contract || !spell_entry(ctx->state, json_plain(json, 0, "symbol"), listing))
        return false;
    read_contract(json, listing);
    listing->price_step = json_plain(json, 0, "tickSize");
    listing->size_step = listing_decimals(json, 0, "contractValueTradePrecision");
    if (!listing->size_step.at)
        listing->size_step = listing_step(0);
    bool open = json_equals(json, json_member(json, 0, "tradeable"), "true");
    static const char words[2][8] = {"closed", "open"};
    listing->status = (struct td_text){words[open], (uint32_t)strlen(words[open])};
    return true;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->volume = json_plain(ctx->json, 0, "volumeQuote");
    return listing->volume.at &&
           spell_entry(ctx->state, json_plain(ctx->json, 0, "symbol"), listing);
}

int kraken_futures_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                              const struct td_frame *frame)
{
    (void)frame;
    if (memmem(url.at, url.bytes, "/instruments", strlen("/instruments")))
        return listing_parse(ctx, body, "instruments", list_entry);
    if (memmem(url.at, url.bytes, "/tickers", strlen("/tickers")))
        return listing_parse(ctx, body, "tickers", volume_entry);
    return TD_BUCKET_IGNORED;
}

size_t kraken_futures_list_url(const char *rest_url, const struct venue_subscription *sub,
                               unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/derivatives/api/v3/instruments", buffer, cap);
}

size_t kraken_futures_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/derivatives/api/v3/tickers", buffer, cap);
}
