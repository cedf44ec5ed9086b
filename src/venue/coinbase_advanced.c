/* Coinbase Advanced Trade.

   envelope    {"channel":"l2_data","timestamp":"2026-08-09T21:05:48.123456789Z","sequence_num":7,"events":[...]}
                 older ones hold "client_id":"" behind the channel; ns
   book        events of l2_data: {"type":"snapshot"|"update","product_id":"BTC-USD","updates":[{"side":"bid"|"offer",
                "event_time":"2026-08-09T21:05:48.123456Z","price_level":"101.4","new_quantity":"2"},...]}
                 asks are spelled offer; absolute sizes, zero deletes, also what is not there; an update's first event_time is its time,
                 while those of a snapshot say nothing of the book, which takes the envelope's
   trade       events of market_trades: {"type":"snapshot"|"update","trades":[{"product_id":"BTC-USD","trade_id":"7",
                "price":"101.5","size":"0.04","time":"2026-08-09T21:05:48.123456Z","side":"BUY"},...]}
                 side is the MAKER's [C 73 of 76]; newest first; a snapshot repeats the last 100 of a product
   ticker      events of ticker: {"type":...,"tickers":[{"type":"ticker","product_id":"BTC-USD","price","volume_24_h","low_24_h",
                "high_24_h","best_bid","best_ask","best_bid_quantity","best_ask_quantity",...}]}; the time is the envelope's
   heartbeats  events: {"current_time":"...","heartbeat_counter":3}, one a second
   others      channel subscriptions (comes after data; repeats the whole set), status, candles; {"type":"error","message":"..."}
   trades (HTTP, after a hole) {"trades":[the form of the feed],...} [D]

   Sequence (CONN+1): sequence_num is 0 first and rises by one over all channels of the connection [C 1029 of 1029]; a hole costs every
   book. The book itself has none, and so a snapshot alone begins it. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    PRODUCTS_A_MESSAGE = 10,
    HEARTBEAT_MS = 1000,
    SUBSCRIBE_GAP_MS = 150, /* eight messages a second without a login [D] */
    TRADES_MAX = 1000,      /* of one answer [U] */
};
#define PRODUCTS "/api/v3/brokerage/market/products"

static td_err advanced_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol);
    return 0;
}

static td_err advanced_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(!strchr(symbol, '-'), TD_E_VENUE_SYMBOL);
    TD_FAIL_IF(!td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol)), TD_E_VENUE_SYMBOL);
    return 0;
}

/* ---- what both ways share ---- */

/* The wire names the maker's side; the taker stood on the other one. */
static uint8_t taker_of(struct td_text maker)
{
    uint8_t side = emit_taker(maker);
    return side == TD_TAKER_UNKNOWN ? side : side == TD_TAKER_BUY ? TD_TAKER_SELL : TD_TAKER_BUY;
}

/* ---- fixed form ---- */

static bool scan_envelope(struct emit *emit, struct scan *scan, struct td_text *time)
{
    struct td_text client;
    int64_t number;
    if (SCAN(scan, ",\"client_id\":") && !scan_string(scan, &client))
        return false;
    if (!SCAN(scan, ",\"timestamp\":") || !scan_string(scan, time) ||
        !SCAN(scan, ",\"sequence_num\":") || !scan_integer(scan, &number) ||
        !SCAN(scan, ",\"events\":["))
        return false;
    emit_conn_seq(emit, number);
    return true;
}

static bool scan_change_side(struct scan *scan, enum td_side *side)
{
    *side = TD_SIDE_BID;
    if (SCAN(scan, "{\"side\":\"bid\",\"event_time\":"))
        return true;
    *side = TD_SIDE_ASK;
    return SCAN(scan, "{\"side\":\"offer\",\"event_time\":");
}

/* From the price on. */
static bool scan_change(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    if (!SCAN(scan, ",\"price_level\":\"") ||
        !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
        !SCAN(scan, "\",\"new_quantity\":\"") ||
        !emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "\"}"))
        return false;
    emit_steps(emit, side, price_steps, size_steps);
    return true;
}

static bool scan_changes(struct emit *emit, struct scan *scan, bool snapshot, struct td_text sent)
{
    enum td_event_kind kind = snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA;
    struct td_text time;
    enum td_side side;
    if (SCAN(scan, "]")) {
        emit_begin(emit, kind, emit_time_utc(emit, sent));
        return true;
    }
    for (bool first = true;; first = false) {
        if (!scan_change_side(scan, &side) || !scan_string(scan, &time))
            return false;
        if (first)
            emit_begin(emit, kind, emit_time_utc(emit, snapshot ? sent : time));
        if (!scan_change(emit, scan, side))
            return false;
        if (!SCAN(scan, ","))
            return SCAN(scan, "]");
    }
}

static bool scan_book(struct emit *emit, struct scan *scan, struct td_text sent)
{
    struct td_text product;
    bool snapshot = SCAN(scan, "{\"type\":\"snapshot\",\"product_id\":");
    if (!snapshot && !SCAN(scan, "{\"type\":\"update\",\"product_id\":"))
        return false;
    if (!scan_string(scan, &product) || !emit_choose(emit, product, advanced_unify) ||
        !SCAN(scan, ",\"updates\":[") || !scan_changes(emit, scan, snapshot, sent))
        return false;
    emit_end(emit);
    return SCAN(scan, "}");
}

static bool scan_trade(struct emit *emit, struct scan *scan, uint16_t flags)
{
    struct emit_trade trade = {.flags = flags};
    struct td_text product, time;
    if (!SCAN(scan, "{\"product_id\":") || !scan_string(scan, &product) ||
        !emit_choose(emit, product, advanced_unify) || !SCAN(scan, ",\"trade_id\":") ||
        !scan_string(scan, &trade.id) || !SCAN(scan, ",\"price\":") ||
        !scan_string(scan, &trade.price) || !SCAN(scan, ",\"size\":") ||
        !scan_string(scan, &trade.size) || !SCAN(scan, ",\"time\":") || !scan_string(scan, &time) ||
        !SCAN(scan, ",\"side\":") || !scan_string(scan, &trade.side_raw) || !SCAN(scan, "}"))
        return false;
    trade.event_ns = emit_time_utc(emit, time);
    trade.taker = taker_of(trade.side_raw);
    return emit_trade(emit, &trade) == 0;
}

static bool scan_trades(struct emit *emit, struct scan *scan, struct td_text sent)
{
    (void)sent;
    bool snapshot = SCAN(scan, "{\"type\":\"snapshot\",\"trades\":[");
    if (!snapshot && !SCAN(scan, "{\"type\":\"update\",\"trades\":["))
        return false;
    struct emit_run run = emit_run(emit);
    do
        if (!scan_trade(emit, scan, snapshot ? TD_EVF_LISTED : 0))
            return false;
    while (SCAN(scan, ","));
    emit_reverse(emit, run);
    return SCAN(scan, "]}");
}

static bool advanced_scan(struct emit *emit, struct scan *scan)
{
    bool (*event)(struct emit *, struct scan *, struct td_text sent) = scan_book;
    struct td_text sent;
    if (!SCAN(scan, "{\"channel\":\"l2_data\"")) {
        event = scan_trades;
        if (!SCAN(scan, "{\"channel\":\"market_trades\""))
            return false;
    }
    if (!scan_envelope(emit, scan, &sent))
        return false;
    do
        if (!event(emit, scan, sent))
            return false;
    while (SCAN(scan, ","));
    return SCAN(scan, "]}");
}

/* ---- parse ---- */

static td_err read_changes(struct emit *emit, int updates)
{
    const struct json *json = emit->ctx->json;
    for (int change = json_first(json, updates); change >= 0; change = json_next(json, change)) {
        int side = json_member(json, change, "side");
        bool bid = json_equals(json, side, "bid");
        TD_FAIL_IF(!bid && !json_equals(json, side, "offer"), TD_E_VENUE_JSON);
        TD_TRY(emit_level(emit, bid ? TD_SIDE_BID : TD_SIDE_ASK,
                          json_plain(json, change, "price_level"),
                          json_plain(json, change, "new_quantity")));
    }
    return 0;
}

static int read_book(struct emit *emit, int event, bool snapshot, struct td_text sent)
{
    const struct json *json = emit->ctx->json;
    struct td_text product = json_plain(json, event, "product_id");
    int updates = json_member(json, event, "updates");
    if (!product.at || !json_is_array(json, updates))
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, product, advanced_unify))
        return TD_BUCKET_IGNORED;
    int first = json_first(json, updates);
    struct td_text time = snapshot || first < 0 ? sent : json_plain(json, first, "event_time");
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, emit_time_utc(emit, time));
    if (read_changes(emit, updates) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trade(struct emit *emit, int item, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct td_text product = json_plain(json, item, "product_id");
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, "size"),
        .id = json_plain(json, item, "trade_id"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_utc(emit, json_plain(json, item, "time")),
        .flags = flags,
    };
    if (!product.at || !trade.id.at)
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, product, advanced_unify))
        return TD_BUCKET_IGNORED;
    trade.taker = taker_of(trade.side_raw);
    return emit_trade(emit, &trade) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

/* OK when there is none or one of ours. */
static int read_trade_list(struct emit *emit, int list, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    if (!json_is_array(json, list))
        return TD_BUCKET_MALFORMED;
    int bucket = json_size(json, list) ? TD_BUCKET_IGNORED : TD_BUCKET_OK;
    struct emit_run run = emit_run(emit);
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item)) {
        int one = read_trade(emit, item, flags);
        if (one == TD_BUCKET_MALFORMED)
            return one;
        bucket = one == TD_BUCKET_OK ? one : bucket;
    }
    emit_reverse(emit, run);
    return bucket;
}

static int read_trades(struct emit *emit, int event, bool snapshot, struct td_text sent)
{
    (void)sent;
    return read_trade_list(emit, json_member(emit->ctx->json, event, "trades"),
                           snapshot ? TD_EVF_LISTED : 0);
}

static const struct emit_ticker_key ticker_keys[] = {
    {"price", TD_TICKER_LAST},
    {"high_24_h", TD_TICKER_HIGH},
    {"low_24_h", TD_TICKER_LOW},
    {"volume_24_h", TD_TICKER_BASE_VOLUME},
    {"price_percent_chg_24_h", TD_TICKER_PERCENTAGE},
    {"best_bid", TD_TICKER_BID},
    {"best_bid_quantity", TD_TICKER_BID_SIZE},
    {"best_ask", TD_TICKER_ASK},
    {"best_ask_quantity", TD_TICKER_ASK_SIZE},
};

static int read_tickers(struct emit *emit, int event, bool snapshot, struct td_text sent)
{
    (void)snapshot;
    const struct json *json = emit->ctx->json;
    int list = json_member(json, event, "tickers"), bucket = TD_BUCKET_IGNORED;
    if (!json_is_array(json, list))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item)) {
        struct td_text product = json_plain(json, item, "product_id");
        if (!product.at)
            return TD_BUCKET_MALFORMED;
        if (!emit_choose(emit, product, advanced_unify))
            continue;
        emit_begin(emit, TD_EVENT_TICKER, emit_time_utc(emit, sent));
        emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
        if (emit_read_ticker(emit, item, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys) < 0)
            return TD_BUCKET_MALFORMED;
        bucket = TD_BUCKET_OK;
    }
    return bucket;
}

/* ---- classify ---- */

static const struct {
    const char *channel;
    int (*read)(struct emit *, int event, bool snapshot, struct td_text sent); /* NULL: IGNORED */
} channels[] = {
    {"l2_data", read_book}, {"market_trades", read_trades}, {"ticker", read_tickers},
    {"heartbeats", NULL},   {"subscriptions", NULL},        {"status", NULL},
    {"candles", NULL},
};

static int read_events(struct emit *emit,
                       int (*read)(struct emit *, int event, bool snapshot, struct td_text sent))
{
    const struct json *json = emit->ctx->json;
    struct td_text sent = json_plain(json, 0, "timestamp");
    int events = json_member(json, 0, "events"), bucket = TD_BUCKET_IGNORED;
    if (!json_is_array(json, events))
        return TD_BUCKET_MALFORMED;
    for (int event = json_first(json, events); event >= 0; event = json_next(json, event)) {
        int type = json_member(json, event, "type");
        bool snapshot = json_equals(json, type, "snapshot");
        if (!snapshot && !json_equals(json, type, "update"))
            return TD_BUCKET_MALFORMED;
        int one = read(emit, event, snapshot, sent);
        if (one == TD_BUCKET_MALFORMED)
            return one;
        bucket = one == TD_BUCKET_OK ? one : bucket;
    }
    return bucket;
}

static int advanced_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int channel = json_member(json, 0, "channel");
    int64_t number;
    if (channel < 0)
        return json_equals(json, json_member(json, 0, "type"), "error") ? TD_BUCKET_IGNORED
                                                                        : TD_BUCKET_MALFORMED;
    if (!json_integer(json, 0, "sequence_num", &number))
        return TD_BUCKET_MALFORMED;
    emit_conn_seq(emit, number);
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (json_is_string(json, channel) && json_equals(json, channel, channels[i].channel))
            return channels[i].read ? read_events(emit, channels[i].read) : TD_BUCKET_IGNORED;
    return TD_BUCKET_MALFORMED;
}

static int advanced_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, advanced_scan, advanced_read);
}

/* ---- answers over HTTP ---- */

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int future = json_member(json, 0, "future_product_details");
    listing->raw = json_plain(json, 0, "product_id");
    listing->base = json_plain(json, 0, "base_currency_id");
    listing->quote = json_plain(json, 0, "quote_currency_id");
    listing->price_step = json_plain(json, 0, "quote_increment");
    listing->size_step = json_plain(json, 0, "base_increment");
    listing->status = json_plain(json, 0, "status");
    listing->volume = json_plain(json, 0, "approximate_quote_24h_volume");
    if (json_is_object(json, future)) {
        bool perp =
            json_equals(json, json_member(json, future, "contract_expiry_type"), "PERPETUAL");
        listing->kind = perp ? INSTRUMENT_PERP : INSTRUMENT_FUTURE;
        listing->contract_size = json_plain(json, future, "contract_size");
    }
    return listing->raw.at;
}

static bool scan_nothing(struct emit *emit, struct scan *scan)
{
    (void)emit;
    (void)scan;
    return false;
}

static int read_history(struct emit *emit)
{
    return read_trade_list(emit, json_member(emit->ctx->json, 0, "trades"), TD_EVF_BACKFILL);
}

static int advanced_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                               const struct td_frame *frame)
{
    if (!memmem(url.at, url.bytes, PRODUCTS, strlen(PRODUCTS)))
        return TD_BUCKET_IGNORED;
    if (memmem(url.at, url.bytes, "/ticker?", strlen("/ticker?")))
        return emit_parse(ctx, frame, body, scan_nothing, read_history);
    return listing_parse(ctx, body, "products", list_entry);
}

/* ---- subscribe and resync ---- */

static const char *const names[TD_CHANNEL_ALL] = {[TD_CHANNEL_BOOK] = "level2",
                                                  [TD_CHANNEL_TRADES] = "market_trades",
                                                  [TD_CHANNEL_TICKER] = "ticker"};

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *type,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    unsigned batch;
    if (!subscription_channel(sub, n, &channel, &batch))
        return 0;
    td_str_add_format(&out, "{\"type\":\"%s\",\"product_ids\":[", type);
    unsigned count = subscription_batch(sub, batch, PRODUCTS_A_MESSAGE, &out, subscription_put_raw);
    td_str_add_format(&out, "],\"channel\":\"%s\"}", names[channel]);
    return subscription_text(&out, count);
}

/* Heartbeats first: an idle connection is closed. */
static size_t advanced_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    if (n > 0)
        return put_subscription(sub, n - 1, "subscribe", buffer, cap);
    struct td_str out = td_str_on(buffer, cap);
    td_str_add(&out, "{\"type\":\"subscribe\",\"channel\":\"heartbeats\"}");
    return subscription_text(&out, 1);
}

static size_t advanced_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                   size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t advanced_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                   size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out, "{\"type\":\"%s\",\"product_ids\":[\"%s\"],\"channel\":\"level2\"}",
                      n ? "subscribe" : "unsubscribe", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t advanced_list_url(const char *rest_url, const struct venue_subscription *sub,
                                unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, PRODUCTS, buffer, cap);
}

static size_t advanced_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, PRODUCTS, buffer, cap);
}

static size_t advanced_trades_url(const char *rest_url, const struct instrument *instrument,
                                  int64_t first_id, int64_t last_id, char *buffer, size_t cap)
{
    (void)first_id;
    (void)last_id;
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s" PRODUCTS "/%s/ticker?limit=%d", rest_url, instrument->raw,
                      TRADES_MAX);
    return out.cut ? 0 : out.bytes;
}

/* ---- descriptor ---- */

const struct venue venue_coinbase_advanced = {
    .name = "coinbase_advanced",
    .title = "Coinbase Advanced Trade",
    .ws_url = "wss://advanced-trade-ws.coinbase.com",
    .rest_url = "https://api.coinbase.com",
    .rule = SYNC_CONN1,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .trade_id_plus1 = true, /* as at Coinbase Exchange, whose trades these are [U] */
    .side_is_maker = true,
    .has_event_time = true,
    .crossed_is_error = true,
    .auth = VENUE_AUTH_JWT_ES256,
    .heartbeat_ms = HEARTBEAT_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = advanced_spell,
    .unify = advanced_unify,
    .subscribe = advanced_subscribe,
    .unsubscribe = advanced_unsubscribe,
    .resubscribe = advanced_resubscribe,
    .list_url = advanced_list_url,
    .volume_url = advanced_volume_url,
    .trades_url = advanced_trades_url,
    .parse = advanced_parse,
    .parse_http = advanced_parse_http,
};
