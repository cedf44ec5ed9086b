/* Kraken Futures, v1 of the feed, which is served until 2027-03-01. Its successor, wss://uws.kraken.com/v2/public, speaks the form of
   Kraken spot v2 with "asset_class":"derivatives" [D]: that will be kraken.c with another address.

   snapshot    {"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1626994925378,"seq":91192,"tickSize":null,
                "bids":[{"price":439.3,"qty":20108.0},...],"asks":[...]}
   book        {"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":91193,"price":32268.5,"qty":250001.0,
                "timestamp":1626994933494}
                 one level each; absolute sizes, zero deletes; bare numbers
   trade       {"feed":"trade","product_id":"PI_XBTUSD","uid":"e2429e31-...","side":"buy","type":"fill","seq":5956,
                "time":1626994929946,"qty":320.0,"price":119.44}
                 the taker's side; type is liquidation and others too; seq: +1 a product [C 993 of 993], stored as the id
   old trades  {"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[the same,...]}: the last 100, newest first
   ticker      {"feed":"ticker","time":ms,"product_id","bid","bid_size","ask","ask_size","last","volume","volumeQuote","open","high","low",
                "change","index","markPrice","openInterest","relative_funding_rate","next_funding_rate_time",...} [D]
   top         {"feed":"ticker_lite","product_id","bid","ask","change","volume",...}: without time; not subscribed to
   others      {"event":"info"|"subscribed"|"unsubscribed"|"alert"|"error",...}, {"feed":"heartbeat","time":...}

   Sequence (BOOK+1): seq rises by one a product, from the snapshot on [C 13,542 of 13,542]; a miss: subscribe anew. Answers name products
   in capitals, lists do not always. */
#include <string.h>

#include "venue/emit.h"
#include "venue/kraken_futures_symbol.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    PRODUCTS_A_MESSAGE = 20,
    SUBSCRIBE_GAP_MS = 100, /* [U] */
    PING_MS = 30000,        /* a WebSocket ping at least each minute [D] */
};

static const struct emit_ticker_key ticker_keys[] = {
    {"volume", TD_TICKER_BASE_VOLUME},
    {"bid", TD_TICKER_BID},
    {"bid_size", TD_TICKER_BID_SIZE},
    {"ask", TD_TICKER_ASK},
    {"ask_size", TD_TICKER_ASK_SIZE},
    {"last", TD_TICKER_LAST},
    {"open", TD_TICKER_OPEN},
    {"high", TD_TICKER_HIGH},
    {"low", TD_TICKER_LOW},
    {"change", TD_TICKER_PERCENTAGE},
    {"volumeQuote", TD_TICKER_QUOTE_VOLUME},
    {"index", TD_TICKER_INDEX_PRICE},
    {"markPrice", TD_TICKER_MARK_PRICE},
    {"openInterest", TD_TICKER_OPEN_INTEREST},
    {"relative_funding_rate", TD_TICKER_FUNDING_RATE},
};
enum { TICKER_KEYS = sizeof ticker_keys / sizeof *ticker_keys };

/* ---- fixed form ---- */

static bool scan_product(struct emit *emit, struct scan *scan)
{
    struct td_text product;
    return SCAN(scan, "\"product_id\":") && scan_string(scan, &product) &&
           emit_choose(emit, product, kraken_futures_unify);
}

static bool scan_change(struct emit *emit, struct scan *scan)
{
    int64_t price_steps, size_steps, seq, event_ns;
    unsigned decimals;
    enum td_side side = TD_SIDE_BID;
    if (!scan_product(emit, scan))
        return false;
    if (!SCAN(scan, ",\"side\":\"buy\"")) {
        side = TD_SIDE_ASK;
        if (!SCAN(scan, ",\"side\":\"sell\""))
            return false;
    }
    if (!SCAN(scan, ",\"seq\":") || !scan_integer(scan, &seq) || !SCAN(scan, ",\"price\":") ||
        !emit_scan_steps(emit, scan, true, &price_steps, &decimals) || !SCAN(scan, ",\"qty\":") ||
        !emit_scan_steps(emit, scan, false, &size_steps, &decimals) ||
        !SCAN(scan, ",\"timestamp\":") || !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, "}"))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, event_ns);
    emit_sequence(emit, 0, 0, seq);
    emit_steps(emit, side, price_steps, size_steps);
    emit_end(emit);
    return true;
}

static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "{\"price\":") ||
            !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, ",\"qty\":") ||
            !emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "}"))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_snapshot(struct emit *emit, struct scan *scan)
{
    int64_t event_ns, seq;
    if (!scan_product(emit, scan) || !SCAN(scan, ",\"timestamp\":") ||
        !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, ",\"seq\":") || !scan_integer(scan, &seq) ||
        !SCAN(scan, ",\"tickSize\":null,\"bids\":["))
        return false;
    emit_begin(emit, TD_EVENT_SNAPSHOT, event_ns);
    emit_sequence(emit, 0, 0, seq);
    if (!scan_side(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !scan_side(emit, scan, TD_SIDE_ASK))
        return false;
    emit_end(emit);
    return SCAN(scan, "}");
}

static bool scan_stamp(struct td_text text, int64_t *ns)
{
    struct scan time = {text.at, text.at + text.bytes};
    return scan_epoch_ms(&time, ns) && time.at == time.end;
}

static bool scan_ticker(struct emit *emit, struct scan *scan)
{
    static const char *const head[] = {"feed", "product_id", "time", "next_funding_rate_time"};
    enum { FEED, PRODUCT, TIME, FUNDING, HEADS };
    struct td_text value[HEADS + TICKER_KEYS];
    int64_t event_ns, funding_ns = 0;
    if (!emit_scan_members(scan, head, HEADS, ticker_keys, TICKER_KEYS, value) || !value[FEED].at ||
        !spelling_is(value[FEED], "ticker") || !value[PRODUCT].at ||
        !emit_choose(emit, value[PRODUCT], kraken_futures_unify) || !value[TIME].at ||
        !scan_stamp(value[TIME], &event_ns) ||
        (value[FUNDING].at && !scan_stamp(value[FUNDING], &funding_ns)))
        return false;
    emit_begin(emit, TD_EVENT_TICKER, event_ns);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    emit->event->ticker.next_funding_ns = funding_ns;
    return emit_scan_values(emit, value + HEADS, ticker_keys, TICKER_KEYS);
}

static bool futures_scan(struct emit *emit, struct scan *scan)
{
    struct scan ticker = *scan;
    if (SCAN(scan, "{\"feed\":\"book\","))
        return scan_change(emit, scan);
    if (SCAN(scan, "{\"feed\":\"book_snapshot\","))
        return scan_snapshot(emit, scan);
    if (!SCAN(&ticker, "{\"time\":") && !SCAN(&ticker, "{\"feed\":\"ticker\","))
        return false;
    return scan_ticker(emit, scan);
}

/* ---- parse ---- */

static td_err begin(struct emit *emit, enum td_event_kind kind)
{
    const struct json *json = emit->ctx->json;
    int64_t seq;
    TD_FAIL_IF(!json_integer(json, 0, "seq", &seq), TD_E_VENUE_JSON);
    emit_begin(emit, kind, emit_time_epoch(emit, json_plain(json, 0, "timestamp")));
    emit_sequence(emit, 0, 0, seq);
    return 0;
}

static td_err read_change(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int side = json_member(json, 0, "side");
    bool buy = json_equals(json, side, "buy");
    TD_FAIL_IF(!buy && !json_equals(json, side, "sell"), TD_E_VENUE_JSON);
    TD_TRY(begin(emit, TD_EVENT_DELTA));
    TD_TRY(emit_level(emit, buy ? TD_SIDE_BID : TD_SIDE_ASK, json_plain(json, 0, "price"),
                      json_plain(json, 0, "qty")));
    emit_end(emit);
    return 0;
}

static td_err read_snapshot(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    TD_TRY(begin(emit, TD_EVENT_SNAPSHOT));
    TD_TRY(
        emit_read_level_objects(emit, json_member(json, 0, "bids"), TD_SIDE_BID, "price", "qty"));
    TD_TRY(
        emit_read_level_objects(emit, json_member(json, 0, "asks"), TD_SIDE_ASK, "price", "qty"));
    emit_end(emit);
    return 0;
}

static td_err read_any_trade(struct emit *emit, int item, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, "qty"),
        .id = json_plain(json, item, "seq"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "time")),
        .flags = flags,
    };
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    if (json_equals(json, json_member(json, item, "type"), "liquidation"))
        trade.flags |= TD_EVF_LIQUIDATION;
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static td_err read_trade(struct emit *emit)
{
    return read_any_trade(emit, 0, 0);
}

static td_err read_old_trades(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int list = json_member(json, 0, "trades");
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    struct emit_run run = emit_run(emit);
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item))
        TD_TRY(read_any_trade(emit, item, TD_EVF_LISTED));
    emit_reverse(emit, run);
    return 0;
}

static td_err read_ticker(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, 0, "time")));
    struct td_ticker *ticker = &emit->event->ticker;
    ticker->kind = TD_TICKER_KIND_TICKER;
    int64_t funding_ns = emit_time_epoch(emit, json_plain(json, 0, "next_funding_rate_time"));
    ticker->next_funding_ns = funding_ns == EMIT_NO_TIME ? 0 : funding_ns;
    return emit_read_ticker(emit, 0, ticker_keys, TICKER_KEYS);
}

/* ---- classify ---- */

static const struct {
    const char *feed;
    td_err (*read)(struct emit *);
} feeds[] = {
    {"book", read_change},   {"book_snapshot", read_snapshot},
    {"trade", read_trade},   {"trade_snapshot", read_old_trades},
    {"ticker", read_ticker}, {"ticker_lite", read_ticker},
};

static bool is_event(const struct json *json, int event)
{
    static const char *const events[] = {
        "info",  "subscribed",          "unsubscribed", "subscribed_failed",
        "alert", "unsubscribed_failed", "error"};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (json_equals(json, event, events[i]))
            return true;
    return false;
}

static int read_feed(struct emit *emit, td_err (*read)(struct emit *))
{
    struct td_text product = json_plain(emit->ctx->json, 0, "product_id");
    if (!product.at)
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, product, kraken_futures_unify))
        return TD_BUCKET_IGNORED;
    return read(emit) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static int futures_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int event = json_member(json, 0, "event"), feed = json_member(json, 0, "feed");
    if (event >= 0)
        return is_event(json, event) ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++)
        if (json_equals(json, feed, feeds[i].feed))
            return read_feed(emit, feeds[i].read);
    return json_equals(json, feed, "heartbeat") ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int futures_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, futures_scan, futures_read);
}

/* ---- subscribe and resync ---- */

static const char *const names[TD_CHANNEL_ALL] = {
    [TD_CHANNEL_BOOK] = "book", [TD_CHANNEL_TRADES] = "trade", [TD_CHANNEL_TICKER] = "ticker"};

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *event,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    unsigned batch;
    if (!subscription_channel(sub, n, &channel, &batch))
        return 0;
    td_str_add_format(&out, "{\"event\":\"%s\",\"feed\":\"%s\",\"product_ids\":[", event,
                      names[channel]);
    unsigned count = subscription_batch(sub, batch, PRODUCTS_A_MESSAGE, &out, subscription_put_raw);
    td_str_add(&out, "]}");
    return subscription_text(&out, count);
}

static size_t futures_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                size_t cap)
{
    if (n > 0)
        return put_subscription(sub, n - 1, "subscribe", buffer, cap);
    struct td_str out = td_str_on(buffer, cap);
    td_str_add(&out, "{\"event\":\"subscribe\",\"feed\":\"heartbeat\"}");
    return subscription_text(&out, 1);
}

static size_t futures_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t futures_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                  size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out, "{\"event\":\"%s\",\"feed\":\"book\",\"product_ids\":[\"%s\"]}",
                      n ? "subscribe" : "unsubscribe", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

/* ---- descriptor ---- */

const struct venue venue_kraken_futures = {
    .name = "kraken_futures",
    .title = "Kraken Futures",
    .ws_url = "wss://futures.kraken.com/ws/v1",
    .rest_url = "https://futures.kraken.com",
    .rule = SYNC_BOOK1,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .trade_id_plus1 = true,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_interval_ms = PING_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = kraken_futures_spell,
    .unify = kraken_futures_unify,
    .subscribe = futures_subscribe,
    .unsubscribe = futures_unsubscribe,
    .resubscribe = futures_resubscribe,
    .list_url = kraken_futures_list_url,
    .volume_url = kraken_futures_volume_url,
    .parse = futures_parse,
    .parse_http = kraken_futures_parse_http,
};
