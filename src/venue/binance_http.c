/* Binance's answers over HTTP, and the texts that ask for them and for streams. */
#include <ctype.h>
#include <string.h>

#include "venue/binance_wire.h"
#include "venue/listing.h"
#include "venue/subscription.h"

enum {
    SYMBOLS_A_MESSAGE = 10,
    TRADES_MAX = 1000, /* of one answer [D] */
};

/* ---- the symbol list ---- */

/* The filters stand in a list, each with its own shape. */
static struct td_text filter_step(const struct json *json, const char *type, const char *key)
{
    int filters = json_member(json, 0, "filters");
    for (int filter = json_first(json, filters); filter >= 0; filter = json_next(json, filter))
        if (json_equals(json, json_member(json, filter, "filterType"), type))
            return json_plain(json, filter, key);
    return (struct td_text){NULL, 0};
}

/* Dated contracts tell when they end; perpetual ones a year 2100. */
static void read_contract(const struct json *json, struct td_text type,
                          struct venue_listing *listing)
{
    static const char perpetual[] = "PERPETUAL";
    int64_t ms;
    bool perp =
        type.bytes >= sizeof perpetual - 1 &&
        memcmp(type.at + type.bytes - (sizeof perpetual - 1), perpetual, sizeof perpetual - 1) == 0;
    listing->kind = perp ? INSTRUMENT_PERP : INSTRUMENT_FUTURE;
    if (!perp && json_integer(json, 0, "deliveryDate", &ms) && ms < INT64_C(4102444800000))
        listing->expiry_ns = ms * TD_NS_PER_MS;
    listing->contract_size = json_plain(json, 0, "contractSize");
    if (listing->contract_size.at)
        listing->contract_currency = listing->quote;
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "baseAsset");
    listing->quote = json_plain(json, 0, "quoteAsset");
    listing->status = json_plain(json, 0, "status");
    if (!listing->status.at)
        listing->status = json_plain(json, 0, "contractStatus");
    listing->price_step = filter_step(json, "PRICE_FILTER", "tickSize");
    listing->size_step = filter_step(json, "LOT_SIZE", "stepSize");
    struct td_text type = json_plain(json, 0, "contractType");
    if (type.at)
        read_contract(json, type, listing);
    return listing->raw.at;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "symbol");
    listing->volume = json_plain(json, 0, "quoteVolume");
    /* inverse contracts have no volume in their quote currency: contracts come nearest */
    if (!listing->volume.at)
        listing->volume = json_plain(json, 0, "volume");
    return listing->raw.at && listing->volume.at;
}

/* ---- trades that were missed ---- */

/* Spot's list has words for keys, the gathered trades those of the stream. */
static int read_trade(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    bool gathered = json_member(json, item, "a") >= 0;
    int maker = json_member(json, item, gathered ? "m" : "isBuyerMaker");
    struct emit_trade trade = {
        .price = json_plain(json, item, gathered ? "p" : "price"),
        .size = json_plain(json, item, gathered ? "q" : "qty"),
        .id = json_plain(json, item, gathered ? "a" : "id"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, gathered ? "T" : "time")),
        .flags = TD_EVF_BACKFILL | (gathered ? TD_EVF_AGGREGATED : 0),
    };
    if (json_equals(json, maker, "true") || json_equals(json, maker, "false")) {
        trade.side_raw = json_text(json, maker);
        trade.taker = trade.side_raw.bytes == 4 ? TD_TAKER_SELL : TD_TAKER_BUY;
    }
    return trade.id.at && emit_trade(emit, &trade) == 0 ? TD_BUCKET_OK : TD_BUCKET_MALFORMED;
}

static int read_trades(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    const struct binance_market *market = emit->family;
    if (!emit_choose_by_url(emit, "symbol=", market->unify))
        return TD_BUCKET_IGNORED;
    if (!json_is_array(json, 0))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, 0); item >= 0; item = json_next(json, item))
        if (read_trade(emit, item) != TD_BUCKET_OK)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static bool scan_nothing(struct emit *emit, struct scan *scan)
{
    (void)emit;
    (void)scan;
    return false;
}

/* ---- classify ---- */

static bool url_has(struct td_text url, const char *text)
{
    return memmem(url.at, url.bytes, text, strlen(text)) != NULL;
}

int binance_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                       const struct td_frame *frame, const struct binance_market *market)
{
    if (url_has(url, "/exchangeInfo"))
        return listing_parse(ctx, body, "symbols", list_entry);
    if (url_has(url, "/ticker/24hr"))
        return listing_parse(ctx, body, "", volume_entry);
    if (url_has(url, market->trades_path))
        return emit_parse_family(ctx, frame, body, scan_nothing, read_trades, market);
    if (url_has(url, "/depth?"))
        return binance_parse_base(ctx, frame, body, market);
    return TD_BUCKET_IGNORED;
}

/* ---- texts ---- */

static void put_stream(const struct instrument *instrument, const char *stream, struct td_str *out)
{
    if (out->at[out->bytes - 1] == '"')
        td_str_add_char(out, ',');
    td_str_add_char(out, '"');
    for (const char *c = instrument->raw; *c; c++)
        td_str_add_char(out, (char)tolower((unsigned char)*c));
    td_str_add(out, stream);
    td_str_add_char(out, '"');
}

static bool carries(const struct venue_subscription *sub, const struct binance_stream *stream)
{
    return sub->endpoint == stream->endpoint && sub->channels & 1u << stream->channel;
}

void binance_put_streams(const struct venue_subscription *sub, const struct instrument *instrument,
                         const struct binance_stream *streams, struct td_str *out)
{
    for (; streams->name; streams++)
        if (carries(sub, streams))
            put_stream(instrument, streams->name, out);
}

size_t
binance_put_subscription(const struct venue_subscription *sub, unsigned n, const char *method,
                         void (*put)(const struct venue_subscription *sub,
                                     const struct instrument *instrument, struct td_str *out),
                         char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"method\":\"%s\",\"params\":[", method);
    unsigned count = subscription_batch(sub, n, SYMBOLS_A_MESSAGE, &out, put);
    td_str_add_format(&out, "],\"id\":%u}", n + 1);
    return subscription_text(&out, sub->channels ? count : 0);
}

size_t binance_base_url(const char *rest_url, const struct instrument *instrument,
                        const struct binance_market *market, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s%s/depth?symbol=%s&limit=%u", rest_url, market->rest_path,
                      instrument->raw, market->base_depth);
    return out.cut ? 0 : out.bytes;
}

static size_t put_url(const char *rest_url, const struct binance_market *market, const char *path,
                      char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s%s%s", rest_url, market->rest_path, path);
    return out.cut ? 0 : out.bytes;
}

size_t binance_list_url(const char *rest_url, unsigned n, const struct binance_market *market,
                        char *buffer, size_t cap)
{
    return n > 0 ? 0 : put_url(rest_url, market, "/exchangeInfo", buffer, cap);
}

size_t binance_volume_url(const char *rest_url, const struct binance_market *market, char *buffer,
                          size_t cap)
{
    return put_url(rest_url, market, "/ticker/24hr", buffer, cap);
}

/* Gathered trades can be asked for by number; spot's public list is the newest ones only. */
size_t binance_trades_url(const char *rest_url, const struct instrument *instrument,
                          int64_t first_id, int64_t last_id, const struct binance_market *market,
                          char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s%s%s?symbol=%s", rest_url, market->rest_path, market->trades_path,
                      instrument->raw);
    int64_t missed = last_id - first_id + 1;
    if (market->futures) {
        td_str_add(&out, "&fromId=");
        td_str_add_i64(&out, first_id);
    }
    td_str_add(&out, "&limit=");
    td_str_add_i64(&out, market->futures && missed < TRADES_MAX ? missed : TRADES_MAX);
    return out.cut ? 0 : out.bytes;
}
