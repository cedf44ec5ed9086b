/* dYdX v4, perpetuals. No traffic of the present host was recorded here [D, where not marked]:

   connected   {"type":"connected","connection_id":"c","message_id":0}
   book        {"type":"subscribed","connection_id":"c","message_id":1,"channel":"v4_orderbook","id":"BTC-USD",
                "contents":{"bids":[{"price":"101.4","size":"2"},...],"asks":[...]}}
               {"type":"channel_data","connection_id":"c","message_id":5,"id":"BTC-USD","channel":"v4_orderbook",
                "version":"1.0.0","contents":{"bids":[["101.4","0"]],"asks":[]}}
                 absolute sizes, zero deletes; a side that has not changed may be missing; no time
               channel_batch_data: the same, contents a list of such changes
   trades      contents {"trades":[{"id":"0a1b","side":"BUY","size":"0.04","price":"101.5","type":"LIMIT",
                "createdAt":"2026-01-02T03:04:05.678Z","createdAtHeight":"1"},...]}
                 side is the taker's; those of "subscribed" are old ones, newest first
   markets     v4_markets: contents {"trading":{"BTC-USD":{"openInterest":"1","nextFundingRate":"0","volume24H":"1",
                "priceChange24H":"1"}},"oraclePrices":{"BTC-USD":{"oraclePrice":"101.4","effectiveAt":"..."}}}; of "subscribed"
                {"markets":{"BTC-USD":{"openInterest","nextFundingRate","volume24H","priceChange24H","oraclePrice"}}}
   error       {"type":"error","message":"Invalid subscription id for channel: (v4_orderbook-NONE)","message_id":3,...} [U]

   Sequence (CONN+1): message_id rises by one over the connection, but the burst after subscribing may come out of its order
   [C-old 4 swaps in 4,733]. A book may stand crossed for a while; that is normal here. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    CHANNELS_MAX = 32, /* of each kind and connection [U] */
    SWAP_SLACK = 8, /* messages that one may come late [U]: the recorded swaps were of neighbours */
    SUBSCRIBE_GAP_MS = 500, /* two messages a second of a kind [U] */
};

#define BOOK_CHANNEL "v4_orderbook"
#define TRADES_CHANNEL "v4_trades"
#define MARKETS_CHANNEL "v4_markets"

static td_err dydx_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol);
    return spelling_add(symbol, "-PERP");
}

/* BTC-USD-PERP, or BTC-USD as the venue has it: there is nothing else. */
static td_err dydx_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    spelling_perp(symbol, raw);
    return strchr(raw, '-') ? 0 : TD_E_VENUE_SYMBOL;
}

/* ---- fixed form: changes of one book, new trades ---- */

static uint16_t flags_of(struct td_text type, bool old)
{
    static const char liquidated[] = "LIQUIDATED";
    bool is = type.bytes == sizeof liquidated - 1 && memcmp(type.at, liquidated, type.bytes) == 0;
    return (uint16_t)((old ? TD_EVF_LISTED : 0) | (is ? TD_EVF_LIQUIDATION : 0));
}

static bool scan_sides(struct emit *emit, struct scan *scan)
{
    bool bids = SCAN(scan, "\"bids\":[");
    if (bids && !emit_scan_levels(emit, scan, TD_SIDE_BID))
        return false;
    if (bids && SCAN(scan, "}}"))
        return true;
    return (!bids || SCAN(scan, ",")) && SCAN(scan, "\"asks\":[") &&
           emit_scan_levels(emit, scan, TD_SIDE_ASK) && SCAN(scan, "}}");
}

static bool scan_changes(struct emit *emit, struct scan *scan)
{
    emit_begin(emit, TD_EVENT_DELTA, EMIT_NO_TIME);
    if (!scan_sides(emit, scan))
        return false;
    emit_end(emit);
    return true;
}

static bool scan_trades(struct emit *emit, struct scan *scan)
{
    if (!SCAN(scan, "\"trades\":["))
        return false;
    do {
        struct emit_trade trade = {0};
        struct td_text type, time, height;
        if (!SCAN(scan, "{\"id\":") || !scan_string(scan, &trade.id) || !SCAN(scan, ",\"side\":") ||
            !scan_string(scan, &trade.side_raw) || !SCAN(scan, ",\"size\":") ||
            !scan_string(scan, &trade.size) || !SCAN(scan, ",\"price\":") ||
            !scan_string(scan, &trade.price) || !SCAN(scan, ",\"type\":") ||
            !scan_string(scan, &type) || !SCAN(scan, ",\"createdAt\":") ||
            !scan_string(scan, &time) || !SCAN(scan, ",\"createdAtHeight\":") ||
            !scan_string(scan, &height) || !SCAN(scan, "}"))
            return false;
        trade.event_ns = emit_time_utc(emit, time);
        trade.flags = flags_of(type, false);
        trade.taker = emit_taker(trade.side_raw);
        if (emit_trade(emit, &trade) < 0)
            return false;
    } while (SCAN(scan, ","));
    return SCAN(scan, "]}}");
}

static bool dydx_scan(struct emit *emit, struct scan *scan)
{
    struct td_text skipped, market;
    int64_t seq;
    if (!SCAN(scan, "{\"type\":\"channel_data\",\"connection_id\":") ||
        !scan_string(scan, &skipped) || !SCAN(scan, ",\"message_id\":") ||
        !scan_integer(scan, &seq) || !SCAN(scan, ",\"id\":") || !scan_string(scan, &market) ||
        !SCAN(scan, ",\"channel\":\""))
        return false;
    bool book = SCAN(scan, BOOK_CHANNEL "\"");
    if ((!book && !SCAN(scan, TRADES_CHANNEL "\"")) || !SCAN(scan, ",\"version\":") ||
        !scan_string(scan, &skipped) || !SCAN(scan, ",\"contents\":{") ||
        !emit_choose(emit, market, dydx_unify))
        return false;
    emit_conn_seq(emit, seq);
    return book ? scan_changes(emit, scan) : scan_trades(emit, scan);
}

/* ---- parse: `contents` of one message, `full` of the first ---- */

static td_err read_side(struct emit *emit, int list, enum td_side side, bool full)
{
    if (full)
        return emit_read_level_objects(emit, list, side, "price", "size");
    return list < 0 ? 0 : emit_read_levels(emit, list, side);
}

static int read_book(struct emit *emit, int contents, bool full)
{
    const struct json *json = emit->ctx->json;
    int bids = json_member(json, contents, "bids"), asks = json_member(json, contents, "asks");
    if (bids < 0 && asks < 0)
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, EMIT_NO_TIME);
    if (read_side(emit, bids, TD_SIDE_BID, full) < 0 ||
        read_side(emit, asks, TD_SIDE_ASK, full) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static td_err read_trade(struct emit *emit, int item, bool full)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, "size"),
        .id = json_plain(json, item, "id"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_utc(emit, json_plain(json, item, "createdAt")),
        .flags = flags_of(json_plain(json, item, "type"), full),
    };
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static int read_trades(struct emit *emit, int contents, bool full)
{
    const struct json *json = emit->ctx->json;
    int trades = json_member(json, contents, "trades");
    if (!json_is_array(json, trades))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, trades); item >= 0; item = json_next(json, item))
        if (read_trade(emit, item, full) < 0)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

/* ---- markets: values of many names in one message, only what has changed ---- */

static const struct emit_ticker_key market_keys[] = {
    {"openInterest", TD_TICKER_OPEN_INTEREST}, {"nextFundingRate", TD_TICKER_FUNDING_RATE},
    {"volume24H", TD_TICKER_QUOTE_VOLUME},     {"priceChange24H", TD_TICKER_CHANGE},
    {"oraclePrice", TD_TICKER_INDEX_PRICE},
};

static int read_market(struct emit *emit, int values)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_utc(emit, json_plain(json, values, "effectiveAt")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    for (size_t i = 0; i < sizeof market_keys / sizeof *market_keys; i++) {
        int value = json_member(json, values, market_keys[i].key);
        if (value >= 0 && emit_ticker_value(emit, (enum td_ticker_field)market_keys[i].field,
                                            json_text(json, value)) < 0)
            return TD_BUCKET_MALFORMED;
    }
    if (emit->event->ticker.present == 0)
        emit->sink->event_count--; /* news of fees and the like */
    return TD_BUCKET_OK;
}

static int read_markets(struct emit *emit, int contents, bool full)
{
    static const char *const groups[] = {"markets", "trading", "oraclePrices"};
    const struct json *json = emit->ctx->json;
    (void)full;
    if (!json_is_object(json, contents))
        return TD_BUCKET_MALFORMED;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        int group = json_member(json, contents, groups[i]);
        for (int name = json_is_object(json, group) ? json_first(json, group) : -1; name >= 0;
             name = json_next(json, name))
            if (emit_choose(emit, json_text(json, name), dydx_unify) &&
                read_market(emit, name + 1) != TD_BUCKET_OK)
                return TD_BUCKET_MALFORMED;
    }
    return emit->sink->event_count > 0 ? TD_BUCKET_OK : TD_BUCKET_IGNORED;
}

/* ---- classify ---- */

static const struct {
    const char *name;
    int (*read)(struct emit *, int contents, bool full);
    bool named; /* the message is about one market */
} channels[] = {{BOOK_CHANNEL, read_book, true},
                {TRADES_CHANNEL, read_trades, true},
                {MARKETS_CHANNEL, read_markets, false}};

static int read_batch(struct emit *emit, int contents, int (*read)(struct emit *, int, bool))
{
    const struct json *json = emit->ctx->json;
    if (!json_is_array(json, contents))
        return TD_BUCKET_MALFORMED;
    for (int one = json_first(json, contents); one >= 0; one = json_next(json, one))
        if (read(emit, one, false) == TD_BUCKET_MALFORMED)
            return TD_BUCKET_MALFORMED;
    return emit->sink->event_count > 0 ? TD_BUCKET_OK : TD_BUCKET_IGNORED;
}

static int read_channel(struct emit *emit, bool full, bool batch)
{
    const struct json *json = emit->ctx->json;
    int channel = json_member(json, 0, "channel"), contents = json_member(json, 0, "contents");
    struct td_text market = json_plain(json, 0, "id");
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        if (!json_equals(json, channel, channels[i].name))
            continue;
        if (channels[i].named && !market.at)
            return TD_BUCKET_MALFORMED;
        if (channels[i].named && !emit_choose(emit, market, dydx_unify))
            return TD_BUCKET_IGNORED;
        return batch ? read_batch(emit, contents, channels[i].read)
                     : channels[i].read(emit, contents, full);
    }
    return TD_BUCKET_MALFORMED;
}

/* "... (v4_orderbook-NONE)" */
static int read_error(struct emit *emit)
{
    struct td_text text = json_plain(emit->ctx->json, 0, "message");
    const char *open = text.at ? memchr(text.at, '(', text.bytes) : NULL;
    if (!open)
        return TD_BUCKET_IGNORED;
    size_t left = (size_t)(text.at + text.bytes - open);
    const char *dash = memchr(open, '-', left), *end = memchr(open, ')', left);
    if (!dash || !end || dash > end)
        return TD_BUCKET_IGNORED;
    struct td_text market = {dash + 1, (uint32_t)(end - dash - 1)};
    if (!emit_choose(emit, market, dydx_unify))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int dydx_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int type = json_member(json, 0, "type");
    int64_t seq;
    if (!json_integer(json, 0, "message_id", &seq))
        return TD_BUCKET_MALFORMED;
    emit_conn_seq(emit, seq);
    bool batch = json_equals(json, type, "channel_batch_data");
    bool full = json_equals(json, type, "subscribed");
    if (full || batch || json_equals(json, type, "channel_data"))
        return read_channel(emit, full, batch);
    if (json_equals(json, type, "error"))
        return read_error(emit);
    bool known = json_equals(json, type, "connected") || json_equals(json, type, "unsubscribed");
    return known ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int dydx_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, dydx_scan, dydx_read);
}

/* ---- symbol list and volumes: {"markets":{"BTC-USD":{...}}} ---- */

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    const char *dash = listing->raw.at ? memrchr(listing->raw.at, '-', listing->raw.bytes) : NULL;
    if (!dash)
        return false;
    listing->base = (struct td_text){listing->raw.at, (uint32_t)(dash - listing->raw.at)};
    listing->quote = (struct td_text){dash + 1, listing->raw.bytes - listing->base.bytes - 1};
    listing->kind = INSTRUMENT_PERP;
    listing->price_step = json_plain(json, 0, "tickSize");
    listing->size_step = json_plain(json, 0, "stepSize");
    listing->status = json_plain(json, 0, "status");
    listing->volume = json_plain(json, 0, "volume24H");
    return true;
}

static int dydx_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                           const struct td_frame *frame)
{
    (void)frame;
    bool list = memmem(url.at, url.bytes, "/perpetualMarkets", strlen("/perpetualMarkets"));
    return list ? listing_parse(ctx, body, "markets", list_entry) : TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync: one market and channel a message; the ticker is one channel of all markets ---- */

static size_t put_text(const char *type, const char *channel, const char *market, char *buffer,
                       size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"type\":\"%s\",\"channel\":\"%s\"", type, channel);
    if (market)
        td_str_add_format(&out, ",\"id\":\"%s\"", market);
    td_str_add_char(&out, '}');
    return subscription_text(&out, 1);
}

/* The markets come first, so that the numbers of the others do not depend on how many there are. */
static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *type,
                               char *buffer, size_t cap)
{
    struct venue_subscription any = *sub, some = *sub;
    enum td_channel channel;
    bool markets = sub->channels & 1u << TD_CHANNEL_TICKER;
    any.channels = 1u << TD_CHANNEL_BOOK;
    if (markets && n == 0)
        return subscription_single(&any, 0, &channel)
                   ? put_text(type, MARKETS_CHANNEL, NULL, buffer, cap)
                   : 0;
    some.channels &= 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TRADES;
    const struct instrument *instrument = subscription_single(&some, n - markets, &channel);
    return instrument ? put_text(type, channels[channel].name, instrument->raw, buffer, cap) : 0;
}

static size_t dydx_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                             size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

/* The markets' channel stays: others may need it. */
static size_t dydx_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    struct venue_subscription some = *sub;
    some.channels &= 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TRADES;
    return put_subscription(&some, n, "unsubscribe", buffer, cap);
}

static size_t dydx_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                               size_t cap)
{
    return n > 1 ? 0
                 : put_text(n ? "subscribe" : "unsubscribe", BOOK_CHANNEL, instrument->raw, buffer,
                            cap);
}

static size_t dydx_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                            char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/v4/perpetualMarkets", buffer, cap);
}

static size_t dydx_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/v4/perpetualMarkets", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_dydx = {
    .name = "dydx",
    .title = "dYdX v4",
    .ws_url = "wss://indexer.dydx.trade/v4/ws",
    .rest_url = "https://indexer.dydx.trade",
    .conn_channels_max = CHANNELS_MAX,
    .rule = SYNC_CONN1,
    .conn_seq_slack = SWAP_SLACK,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = false,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = dydx_spell,
    .unify = dydx_unify,
    .subscribe = dydx_subscribe,
    .unsubscribe = dydx_unsubscribe,
    .resubscribe = dydx_resubscribe,
    .list_url = dydx_list_url,
    .volume_url = dydx_volume_url,
    .parse = dydx_parse,
    .parse_http = dydx_parse_http,
};
