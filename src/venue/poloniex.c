/* Poloniex spot, the feed since 2022.

   book        {"channel":"book_lv2","data":[{"symbol":"BTC_USDT","createTime":1767323045100,"asks":[["101.5","0.2"],...],
                "bids":[...],"lastId":12,"id":13,"ts":1767323045105}],"action":"snapshot"|"update"}
                 absolute sizes, zero deletes; 20 levels a side [C], so the book is pruned to them
   trades      {"channel":"trades","data":[{"symbol":"BTC_USDT","amount":"4.06","quantity":"0.04","takerSide":"sell",
                "createTime":ms,"price":"101.5","id":"60184114","ts":ms}]}
                 amount is in the quote currency, quantity in the base
   ticker      {"channel":"ticker","data":[{"symbol":"BTC_USDT","open":...,"low":...,"high":...,"close":...,
                "quantity":...,"amount":...,"markPrice":...,"ts":ms}]}                                            [D]
   others      {"event":"subscribe"|"unsubscribe"|"pong"|"error",...}

   Sequence (PREV): lastId is the id before [C 283 of 283]; a miss: unsubscribe and subscribe the book. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    BOOK_DEPTH = 20,
    SYMBOLS_A_MESSAGE = 10,
    SUBSCRIBE_GAP_MS = 100, /* [U] */
    PING_MS = 25000,        /* 30 s without a word from us close the connection */
};
#define PING "{\"event\":\"ping\"}"

static td_err poloniex_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    return spelling_from('_', raw, raw_bytes, symbol);
}

static td_err poloniex_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return spelling_to('_', symbol, raw);
}

/* ---- fixed form ---- */

/* What the event is stands behind its levels: a book too large for the sink is read by jsmn. */
static bool scan_book(struct emit *emit, struct scan *scan)
{
    struct td_text symbol;
    int64_t event_ns, sent_ns, prev, last;
    if (!scan_string(scan, &symbol) || !emit_choose(emit, symbol, poloniex_unify) ||
        !SCAN(scan, ",\"createTime\":") || !scan_epoch_ms(scan, &event_ns) ||
        !SCAN(scan, ",\"asks\":["))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, event_ns);
    if (!emit_scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, ",\"bids\":[") ||
        !emit_scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"lastId\":") ||
        !scan_integer(scan, &prev) || !SCAN(scan, ",\"id\":") || !scan_integer(scan, &last) ||
        !SCAN(scan, ",\"ts\":") || !scan_epoch_ms(scan, &sent_ns) || emit->sink->overflowed)
        return false;
    bool snapshot = SCAN(scan, "}],\"action\":\"snapshot\"}");
    if (!snapshot && !SCAN(scan, "}],\"action\":\"update\"}"))
        return false;
    if (snapshot)
        emit->event->kind = TD_EVENT_SNAPSHOT;
    emit_sequence(emit, snapshot ? 0 : prev, 0, last);
    emit_end(emit);
    return true;
}

static bool poloniex_scan(struct emit *emit, struct scan *scan)
{
    return SCAN(scan, "{\"channel\":\"book_lv2\",\"data\":[{\"symbol\":") && scan_book(emit, scan);
}

/* ---- parse ---- */

static td_err read_book(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    int action = json_member(json, 0, "action");
    bool snapshot = json_equals(json, action, "snapshot");
    int64_t prev, last;
    TD_FAIL_IF(!snapshot && !json_equals(json, action, "update"), TD_E_VENUE_JSON);
    TD_FAIL_IF(!json_integer(json, item, "lastId", &prev) || !json_integer(json, item, "id", &last),
               TD_E_SYNTAX);
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA,
               emit_time_epoch(emit, json_plain(json, item, "createTime")));
    emit_sequence(emit, snapshot ? 0 : prev, 0, last);
    TD_TRY(emit_read_levels(emit, json_member(json, item, "asks"), TD_SIDE_ASK));
    TD_TRY(emit_read_levels(emit, json_member(json, item, "bids"), TD_SIDE_BID));
    emit_end(emit);
    return 0;
}

static td_err read_trade(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, "quantity"),
        .id = json_plain(json, item, "id"),
        .side_raw = json_plain(json, item, "takerSide"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "createTime")),
    };
    trade.taker = emit_taker(trade.side_raw);
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    return emit_trade(emit, &trade);
}

static const struct emit_ticker_key ticker_keys[] = {
    {"close", TD_TICKER_LAST},
    {"open", TD_TICKER_OPEN},
    {"high", TD_TICKER_HIGH},
    {"low", TD_TICKER_LOW},
    {"quantity", TD_TICKER_BASE_VOLUME},
    {"amount", TD_TICKER_QUOTE_VOLUME},
    {"markPrice", TD_TICKER_MARK_PRICE},
};

static td_err read_ticker(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, item, "ts")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, item, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys);
}

/* ---- classify ---- */

static const struct {
    const char *channel;
    td_err (*read)(struct emit *, int item);
} channels[] = {
    {"book_lv2", read_book},
    {"trades", read_trade},
    {"ticker", read_ticker},
};

/* Each element names its own symbol; ones that nobody asked for are passed over. */
static int read_each(struct emit *emit, td_err (*read)(struct emit *, int))
{
    const struct json *json = emit->ctx->json;
    int data = json_member(json, 0, "data");
    if (!json_is_array(json, data))
        return TD_BUCKET_MALFORMED;
    bool ours = json_size(json, data) == 0;
    for (int item = json_first(json, data); item >= 0; item = json_next(json, item)) {
        struct td_text symbol = json_plain(json, item, "symbol");
        if (!symbol.at)
            return TD_BUCKET_MALFORMED;
        if (!emit_choose(emit, symbol, poloniex_unify))
            continue;
        ours = true;
        if (read(emit, item) < 0)
            return TD_BUCKET_MALFORMED;
    }
    return ours ? TD_BUCKET_OK : TD_BUCKET_IGNORED;
}

static int poloniex_read(struct emit *emit)
{
    static const char *const quiet[] = {"subscribe", "unsubscribe", "pong", "error"};
    const struct json *json = emit->ctx->json;
    int event = json_member(json, 0, "event"), channel = json_member(json, 0, "channel");
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++)
        if (json_is_string(json, event) && json_equals(json, event, quiet[i]))
            return TD_BUCKET_IGNORED;
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (json_is_string(json, channel) && json_equals(json, channel, channels[i].channel))
            return read_each(emit, channels[i].read);
    return TD_BUCKET_MALFORMED;
}

static int poloniex_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, poloniex_scan, poloniex_read);
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int limits = json_member(json, 0, "symbolTradeLimit");
    listing->raw = json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "baseCurrencyName");
    listing->quote = json_plain(json, 0, "quoteCurrencyName");
    listing->price_step = listing_decimals(json, limits, "priceScale");
    listing->size_step = listing_decimals(json, limits, "quantityScale");
    listing->status = json_plain(json, 0, "state");
    return listing->raw.at;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "symbol");
    listing->volume = json_plain(ctx->json, 0, "amount");
    return listing->raw.at;
}

static int poloniex_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                               const struct td_frame *frame)
{
    (void)frame;
    if (memmem(url.at, url.bytes, "/ticker24h", strlen("/ticker24h")))
        return listing_parse(ctx, body, "", volume_entry);
    if (memmem(url.at, url.bytes, "/markets", strlen("/markets")))
        return listing_parse(ctx, body, "", list_entry);
    return TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync ---- */

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *event,
                               char *buffer, size_t cap)
{
    static const char *const names[] = {[TD_CHANNEL_BOOK] = "book_lv2",
                                        [TD_CHANNEL_TRADES] = "trades",
                                        [TD_CHANNEL_TICKER] = "ticker"};
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    unsigned batch;
    if (!subscription_channel(sub, n, &channel, &batch))
        return 0;
    td_str_add_format(&out, "{\"event\":\"%s\",\"channel\":[\"%s\"],\"symbols\":[", event,
                      names[channel]);
    unsigned count = subscription_batch(sub, batch, SYMBOLS_A_MESSAGE, &out, subscription_put_raw);
    td_str_add(&out, "]}");
    return subscription_text(&out, count);
}

static size_t poloniex_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

static size_t poloniex_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                   size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t poloniex_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                   size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out, "{\"event\":\"%s\",\"channel\":[\"book_lv2\"],\"symbols\":[\"%s\"]}",
                      n == 0 ? "unsubscribe" : "subscribe", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t poloniex_list_url(const char *rest_url, const struct venue_subscription *sub,
                                unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/markets", buffer, cap);
}

static size_t poloniex_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/markets/ticker24h", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_poloniex = {
    .name = "poloniex",
    .title = "Poloniex spot",
    .ws_url = "wss://ws.poloniex.com/ws/public",
    .rest_url = "https://api.poloniex.com",
    .rule = SYNC_PREV,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .book_depth = BOOK_DEPTH,
    .ping_text = PING,
    .ping_interval_ms = PING_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = poloniex_spell,
    .unify = poloniex_unify,
    .subscribe = poloniex_subscribe,
    .unsubscribe = poloniex_unsubscribe,
    .resubscribe = poloniex_resubscribe,
    .list_url = poloniex_list_url,
    .volume_url = poloniex_volume_url,
    .parse = poloniex_parse,
    .parse_http = poloniex_parse_http,
};
