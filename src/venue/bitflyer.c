/* bitFlyer, JSON-RPC.

   snapshot    {"jsonrpc":"2.0","method":"channelMessage","params":{"channel":"lightning_board_snapshot_BTC_JPY",
                "message":{"mid_price":101.45,"bids":[{"price":101.4,"size":1.5},...],"asks":[...]}}}
                 bare numbers, no time, in no order [C]; comes again every 5 s
   board       "channel":"lightning_board_BTC_JPY", the same form: levels that changed, absolute sizes, 0.0 deletes
   executions  "channel":"lightning_executions_BTC_JPY", message [{"id":2284079807,"side":"BUY","price":101.5,
                "size":0.04,"exec_date":"2026-01-02T03:04:05.2082642Z",...},...]
                 the taker's side [C 105 of 115], "" in auctions
   ticker      "channel":"lightning_ticker_BTC_JPY", message {"product_code":"BTC_JPY","timestamp":...,"best_bid":...,
                "best_ask":...,"best_bid_size":...,"best_ask_size":...,"ltp":...,"volume":...,"volume_by_product":...}
   others      {"jsonrpc":"2.0","id":1,"result":true}, {"jsonrpc":"2.0","id":1,"error":{...}}

   Sequence: none, so a hole cannot be seen, yet it lasts five seconds at most: each snapshot is a new base [C 60]. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    CHANNELS_A_MESSAGE = 1,
    SUBSCRIBE_GAP_MS = 50, /* [U] */
};
#define SNAPSHOT "lightning_board_snapshot_"
#define BOARD "lightning_board_"
#define EXECUTIONS "lightning_executions_"
#define TICKER "lightning_ticker_"
#define HEAD                                                                                       \
    "{\"jsonrpc\":\"2.0\",\"method\":\"channelMessage\",\"params\":{\"channel\":\"lightning_"

/* FX_BTC_JPY is the perpetual of BTC_JPY. */
static const char leveraged[] = "FX_";

static td_err bitflyer_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    const size_t head = sizeof leveraged - 1;
    if (raw_bytes <= head || memcmp(raw, leveraged, head) != 0)
        return spelling_from('_', raw, raw_bytes, symbol);
    TD_TRY(spelling_from('_', raw + head, raw_bytes - head, symbol));
    return spelling_add(symbol, "-PERP");
}

static td_err bitflyer_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX], name[TD_SYMBOL_MAX];
    if (!spelling_perp(symbol, pair))
        return spelling_to('_', symbol, raw);
    TD_TRY(spelling_to('_', pair, name));
    memcpy(raw, leveraged, sizeof leveraged);
    return spelling_add(raw, name);
}

/* ---- fixed form ---- */

/* `{"price":101.4,"size":1.5},...]` */
static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "{\"price\":") ||
            !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, ",\"size\":") ||
            !emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "}"))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

/* The name of the channel without its beginning ends at the quote. */
static bool scan_name(struct scan *scan, struct td_text *name)
{
    const char *first = scan->at;
    while (scan->at < scan->end && (unsigned char)*scan->at >= 0x20 && *scan->at != '"' &&
           *scan->at != '\\')
        scan->at++;
    *name = (struct td_text){first, (uint32_t)(scan->at - first)};
    return name->bytes > 0 && SCAN(scan, "\"");
}

static bool scan_board(struct emit *emit, struct scan *scan)
{
    struct td_text name, middle;
    bool snapshot = SCAN(scan, "snapshot_");
    if (!scan_name(scan, &name) || !emit_choose(emit, name, bitflyer_unify) ||
        !SCAN(scan, ",\"message\":{\"mid_price\":") || !scan_number_text(scan, &middle) ||
        !SCAN(scan, ",\"bids\":["))
        return false;
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, EMIT_NO_TIME);
    if (!scan_side(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !scan_side(emit, scan, TD_SIDE_ASK) || !SCAN(scan, "}}}"))
        return false;
    emit_end(emit);
    return true;
}

static bool scan_execution(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    struct td_text time, order;
    if (!SCAN(scan, "{\"id\":") || !scan_integer_text(scan, &trade.id) ||
        !SCAN(scan, ",\"side\":") || !scan_string(scan, &trade.side_raw) ||
        !SCAN(scan, ",\"price\":") || !scan_number_text(scan, &trade.price) ||
        !SCAN(scan, ",\"size\":") || !scan_number_text(scan, &trade.size) ||
        !SCAN(scan, ",\"exec_date\":") || !scan_string(scan, &time) ||
        !SCAN(scan, ",\"buy_child_order_acceptance_id\":") || !scan_string(scan, &order) ||
        !SCAN(scan, ",\"sell_child_order_acceptance_id\":") || !scan_string(scan, &order) ||
        !SCAN(scan, "}"))
        return false;
    trade.event_ns = emit_time_utc(emit, time);
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade) == 0;
}

static bool scan_executions(struct emit *emit, struct scan *scan)
{
    struct td_text name;
    if (!scan_name(scan, &name) || !emit_choose(emit, name, bitflyer_unify) ||
        !SCAN(scan, ",\"message\":["))
        return false;
    do
        if (!scan_execution(emit, scan))
            return false;
    while (SCAN(scan, ","));
    return SCAN(scan, "]}}");
}

static bool scan_figure(struct emit *emit, struct scan *scan, enum td_ticker_field field)
{
    struct td_text number;
    return scan_number_text(scan, &number) && emit_ticker_value(emit, field, number) == 0;
}

static bool scan_ticker(struct emit *emit, struct scan *scan)
{
    struct td_text name, word, time;
    if (!scan_name(scan, &name) || !emit_choose(emit, name, bitflyer_unify) ||
        !SCAN(scan, ",\"message\":{\"product_code\":") || !scan_string(scan, &word) ||
        !SCAN(scan, ",\"state\":") || !scan_string(scan, &word) || !SCAN(scan, ",\"timestamp\":") ||
        !scan_string(scan, &time) || !SCAN(scan, ",\"tick_id\":") || !scan_number_text(scan, &word))
        return false;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_utc(emit, time));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return SCAN(scan, ",\"best_bid\":") && scan_figure(emit, scan, TD_TICKER_BID) &&
           SCAN(scan, ",\"best_ask\":") && scan_figure(emit, scan, TD_TICKER_ASK) &&
           SCAN(scan, ",\"best_bid_size\":") && scan_figure(emit, scan, TD_TICKER_BID_SIZE) &&
           SCAN(scan, ",\"best_ask_size\":") && scan_figure(emit, scan, TD_TICKER_ASK_SIZE) &&
           SCAN(scan, ",\"total_bid_depth\":") && scan_number_text(scan, &word) &&
           SCAN(scan, ",\"total_ask_depth\":") && scan_number_text(scan, &word) &&
           SCAN(scan, ",\"market_bid_size\":") && scan_number_text(scan, &word) &&
           SCAN(scan, ",\"market_ask_size\":") && scan_number_text(scan, &word) &&
           SCAN(scan, ",\"ltp\":") && scan_figure(emit, scan, TD_TICKER_LAST) &&
           SCAN(scan, ",\"volume\":") && scan_number_text(scan, &word) &&
           SCAN(scan, ",\"volume_by_product\":") &&
           scan_figure(emit, scan, TD_TICKER_BASE_VOLUME) && SCAN(scan, "}}}");
}

static bool bitflyer_scan(struct emit *emit, struct scan *scan)
{
    if (!SCAN(scan, HEAD))
        return false;
    if (SCAN(scan, "board_"))
        return scan_board(emit, scan);
    if (SCAN(scan, "ticker_"))
        return scan_ticker(emit, scan);
    return SCAN(scan, "executions_") && scan_executions(emit, scan);
}

/* ---- parse ---- */

static int read_board(struct emit *emit, int message, enum td_event_kind kind)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, kind, EMIT_NO_TIME);
    if (emit_read_level_objects(emit, json_member(json, message, "bids"), TD_SIDE_BID, "price",
                                "size") < 0 ||
        emit_read_level_objects(emit, json_member(json, message, "asks"), TD_SIDE_ASK, "price",
                                "size") < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_snapshot(struct emit *emit, int message)
{
    return read_board(emit, message, TD_EVENT_SNAPSHOT);
}

static int read_changes(struct emit *emit, int message)
{
    return read_board(emit, message, TD_EVENT_DELTA);
}

static int read_executions(struct emit *emit, int message)
{
    const struct json *json = emit->ctx->json;
    if (!json_is_array(json, message))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, message); item >= 0; item = json_next(json, item)) {
        struct emit_trade trade = {
            .price = json_plain(json, item, "price"),
            .size = json_plain(json, item, "size"),
            .id = json_plain(json, item, "id"),
            .side_raw = json_plain(json, item, "side"),
            .event_ns = emit_time_utc(emit, json_plain(json, item, "exec_date")),
        };
        trade.taker = emit_taker(trade.side_raw);
        if (!trade.id.at || emit_trade(emit, &trade) < 0)
            return TD_BUCKET_MALFORMED;
    }
    return TD_BUCKET_OK;
}

static const struct emit_ticker_key ticker_keys[] = {
    {"best_bid", TD_TICKER_BID}, {"best_bid_size", TD_TICKER_BID_SIZE},
    {"best_ask", TD_TICKER_ASK}, {"best_ask_size", TD_TICKER_ASK_SIZE},
    {"ltp", TD_TICKER_LAST},     {"volume_by_product", TD_TICKER_BASE_VOLUME},
};

static int read_ticker(struct emit *emit, int message)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_utc(emit, json_plain(json, message, "timestamp")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, message, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys) <
                   0
               ? TD_BUCKET_MALFORMED
               : TD_BUCKET_OK;
}

/* ---- classify: a snapshot's channel begins like a board's ---- */

static const struct {
    const char *head;
    int (*read)(struct emit *, int message);
} channels[] = {
    {SNAPSHOT, read_snapshot},
    {BOARD, read_changes},
    {EXECUTIONS, read_executions},
    {TICKER, read_ticker},
};

static int bitflyer_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int params = json_member(json, 0, "params");
    struct td_text channel = json_plain(json, params, "channel");
    if (!json_equals(json, json_member(json, 0, "method"), "channelMessage")) {
        bool answer = json_member(json, 0, "result") >= 0 || json_member(json, 0, "error") >= 0;
        return answer ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
    }
    for (size_t i = 0; channel.at && i < sizeof channels / sizeof *channels; i++) {
        uint32_t bytes = (uint32_t)strlen(channels[i].head);
        if (channel.bytes <= bytes || memcmp(channel.at, channels[i].head, bytes) != 0)
            continue;
        struct td_text name = {channel.at + bytes, channel.bytes - bytes};
        if (!emit_choose(emit, name, bitflyer_unify))
            return TD_BUCKET_IGNORED;
        return channels[i].read(emit, json_member(json, params, "message"));
    }
    return TD_BUCKET_MALFORMED;
}

static int bitflyer_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, bitflyer_scan, bitflyer_read);
}

/* The list has no steps: scales grow with what is seen. */
static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int type = json_member(json, 0, "market_type");
    bool fx = json_equals(json, type, "FX");
    listing->raw = json_plain(json, 0, "product_code");
    if (!listing->raw.at)
        return false;
    listing->kind = fx                                ? INSTRUMENT_PERP
                    : json_equals(json, type, "Spot") ? INSTRUMENT_SPOT
                                                      : INSTRUMENT_FUTURE;
    struct td_text pair = listing->raw;
    if (fx && pair.bytes > sizeof leveraged) {
        pair.at += sizeof leveraged - 1;
        pair.bytes -= (uint32_t)(sizeof leveraged - 1);
    }
    const char *bar = memchr(pair.at, '_', pair.bytes);
    if (!bar)
        return true;
    listing->base = (struct td_text){pair.at, (uint32_t)(bar - pair.at)};
    listing->quote = (struct td_text){bar + 1, pair.bytes - listing->base.bytes - 1};
    return true;
}

static int bitflyer_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                               const struct td_frame *frame)
{
    (void)frame;
    if (!memmem(url.at, url.bytes, "/getmarkets", strlen("/getmarkets")))
        return TD_BUCKET_IGNORED;
    return listing_parse(ctx, body, "", list_entry);
}

/* ---- subscribe and resync ---- */

static void put_name(const struct venue_subscription *sub, const struct instrument *instrument,
                     struct td_str *out)
{
    (void)sub;
    td_str_add(out, instrument->raw);
}

/* Channels of one instrument, a book has two. */
static unsigned list_channels(uint32_t channels, const char *heads[4])
{
    unsigned count = 0;
    if (channels & 1u << TD_CHANNEL_BOOK) {
        heads[count++] = BOARD;
        heads[count++] = SNAPSHOT;
    }
    if (channels & 1u << TD_CHANNEL_TRADES)
        heads[count++] = EXECUTIONS;
    if (channels & 1u << TD_CHANNEL_TICKER)
        heads[count++] = TICKER;
    return count;
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *method,
                               char *buffer, size_t cap)
{
    const char *heads[4];
    struct td_str out = td_str_on(buffer, cap);
    unsigned channels_each = list_channels(sub->channels, heads);
    if (channels_each == 0)
        return 0;
    td_str_add_format(&out, "{\"method\":\"%s\",\"params\":{\"channel\":\"%s", method,
                      heads[n % channels_each]);
    unsigned count = subscription_batch(sub, n / channels_each, CHANNELS_A_MESSAGE, &out, put_name);
    td_str_add(&out, "\"}}");
    return subscription_text(&out, count);
}

static size_t bitflyer_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

static size_t bitflyer_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                   size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

/* A subscription of the snapshots begins with one [U]; it comes within five seconds anyway. */
static size_t bitflyer_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                   size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out, "{\"method\":\"%s\",\"params\":{\"channel\":\"" SNAPSHOT "%s\"}}",
                      n == 0 ? "unsubscribe" : "subscribe", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t bitflyer_list_url(const char *rest_url, const struct venue_subscription *sub,
                                unsigned n, char *buffer, size_t cap)
{
    static const char *const paths[] = {"/v1/getmarkets", "/v1/getmarkets/usa",
                                        "/v1/getmarkets/eu"};
    (void)sub;
    if (n >= sizeof paths / sizeof *paths)
        return 0;
    return subscription_url(rest_url, paths[n], buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_bitflyer = {
    .name = "bitflyer",
    .title = "bitFlyer",
    .ws_url = "wss://ws.lightstream.bitflyer.com/json-rpc",
    .rest_url = "https://api.bitflyer.com",
    .rule = SYNC_NONE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .crossed_is_error = true,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = bitflyer_spell,
    .unify = bitflyer_unify,
    .subscribe = bitflyer_subscribe,
    .unsubscribe = bitflyer_unsubscribe,
    .resubscribe = bitflyer_resubscribe,
    .list_url = bitflyer_list_url,
    .parse = bitflyer_parse,
    .parse_http = bitflyer_parse_http,
};
