/* Deribit, JSON-RPC.

   data        {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{...}}}
   book        {"type":"snapshot"|"change","timestamp":1626993728374,"prev_change_id":33195894133,
                "instrument_name":"BTC-31DEC21-34000-P","change_id":33195894765,"bids":[["change",0.232,4.6],...],"asks":[]}
                 each level: "new", "change" or "delete", price, absolute amount; a snapshot has no prev_change_id; bare numbers
   trades      [{"trade_seq":7,"trade_id":"48079269","timestamp":ms,"price":8950,"instrument_name":"BTC-PERPETUAL",
                "direction":"sell","amount":10,"liquidation":"T",...},...] [D]
                 direction: the taker's; trade_seq: +1 an instrument, stored as the id; liquidation is there when a side was one
   ticker      {"timestamp":ms,"instrument_name","last_price","best_bid_price","best_bid_amount","best_ask_price",
                "best_ask_amount","mark_price","index_price","open_interest","funding_8h","stats":{"volume","low","high",...},...}
                 null where there is none yet
   heartbeat   {"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"|"test_request"}}; the second wants an answer
   answers     {"jsonrpc":"2.0","id":1,"result":[the channels that were taken]}, or "error" in place of "result"
   trades (HTTP, after a hole) {"result":{"trades":[the form of the feed],"has_more":false}} [D]

   Sequence (PREV): prev_change_id is the change_id before [C 259 of 259, raw channels; those of 100 ms D]. Amounts are in the quote
   currency on inverse futures, in the base currency elsewhere. */
#include <string.h>

#include "venue/deribit_symbol.h"
#include "venue/emit.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    SYMBOLS_A_MESSAGE = 20,
    CHANNELS_A_CONNECTION = 500, /* [U] */
    SUBSCRIBE_GAP_MS = 200,      /* [U] */
    HEARTBEAT_MS = 30000,        /* as it is asked for */
    TRADES_MAX = 1000,           /* of one answer [D] */
};
#define HEARTBEAT                                                                                  \
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"public/"                                           \
    "set_heartbeat\",\"params\":{\"interval\":30}}"
#define TEST "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"public/test\",\"params\":{}}"

static const struct emit_ticker_key ticker_keys[] = {
    {"last_price", TD_TICKER_LAST},
    {"best_bid_price", TD_TICKER_BID},
    {"best_bid_amount", TD_TICKER_BID_SIZE},
    {"best_ask_price", TD_TICKER_ASK},
    {"best_ask_amount", TD_TICKER_ASK_SIZE},
    {"mark_price", TD_TICKER_MARK_PRICE},
    {"index_price", TD_TICKER_INDEX_PRICE},
    {"funding_8h", TD_TICKER_FUNDING_RATE},
    {"open_interest", TD_TICKER_OPEN_INTEREST},
};
static const struct emit_ticker_key day_keys[] = {
    {"volume", TD_TICKER_BASE_VOLUME}, {"high", TD_TICKER_HIGH}, {"low", TD_TICKER_LOW}};
enum {
    TICKER_KEYS = sizeof ticker_keys / sizeof *ticker_keys,
    DAY_KEYS = sizeof day_keys / sizeof *day_keys
};

/* ---- fixed form ---- */

static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        bool gone = SCAN(scan, "[\"delete\",");
        if (!gone && !SCAN(scan, "[\"change\",") && !SCAN(scan, "[\"new\","))
            return false;
        if (!emit_scan_steps(emit, scan, true, &price_steps, &decimals) || !SCAN(scan, ",") ||
            !emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "]"))
            return false;
        emit_steps(emit, side, price_steps, gone ? 0 : size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_book(struct emit *emit, struct scan *scan)
{
    struct td_text name;
    int64_t event_ns, prev = 0, last;
    bool snapshot = SCAN(scan, "{\"type\":\"snapshot\",\"timestamp\":");
    if ((!snapshot && !SCAN(scan, "{\"type\":\"change\",\"timestamp\":")) ||
        !scan_epoch_ms(scan, &event_ns))
        return false;
    if (!snapshot && (!SCAN(scan, ",\"prev_change_id\":") || !scan_integer(scan, &prev)))
        return false;
    if (!SCAN(scan, ",\"instrument_name\":") || !scan_string(scan, &name) ||
        !emit_choose(emit, name, deribit_unify) || !SCAN(scan, ",\"change_id\":") ||
        !scan_integer(scan, &last) || !SCAN(scan, ",\"bids\":["))
        return false;
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, event_ns);
    emit_sequence(emit, prev, 0, last);
    if (!scan_side(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !scan_side(emit, scan, TD_SIDE_ASK))
        return false;
    emit_end(emit);
    return SCAN(scan, "}}}");
}

/* The day's numbers stand in an object of their own. */
static bool scan_ticker(struct emit *emit, struct scan *scan)
{
    static const char *const head[] = {"instrument_name", "timestamp", "stats"};
    enum { NAME, TIME, STATS, HEADS };
    struct td_text value[HEADS + TICKER_KEYS], of_day[DAY_KEYS];
    if (!emit_scan_members(scan, head, HEADS, ticker_keys, TICKER_KEYS, value) || !value[NAME].at ||
        !value[STATS].at || !value[TIME].at || !emit_choose(emit, value[NAME], deribit_unify))
        return false;
    struct scan time = {value[TIME].at, value[TIME].at + value[TIME].bytes};
    struct scan stats = {value[STATS].at, value[STATS].at + value[STATS].bytes};
    int64_t event_ns;
    if (!scan_epoch_ms(&time, &event_ns) || time.at != time.end ||
        !emit_scan_members(&stats, NULL, 0, day_keys, DAY_KEYS, of_day) || stats.at != stats.end)
        return false;
    emit_begin(emit, TD_EVENT_TICKER, event_ns);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_scan_values(emit, value + HEADS, ticker_keys, TICKER_KEYS) &&
           emit_scan_values(emit, of_day, day_keys, DAY_KEYS) && SCAN(scan, "}}");
}

static bool deribit_scan(struct emit *emit, struct scan *scan)
{
    struct td_text channel;
    if (!SCAN(scan, "{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{\"channel\":") ||
        !scan_string(scan, &channel) || !SCAN(scan, ",\"data\":"))
        return false;
    struct scan name = {channel.at, channel.at + channel.bytes};
    if (SCAN(&name, "book."))
        return scan_book(emit, scan);
    return SCAN(&name, "ticker.") && scan_ticker(emit, scan);
}

/* ---- parse ---- */

static td_err read_side(struct emit *emit, int list, enum td_side side)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    for (int level = json_first(json, list); level >= 0; level = json_next(json, level)) {
        TD_FAIL_IF(!json_is_array(json, level) || json_size(json, level) < 3, TD_E_VENUE_JSON);
        int action = json_first(json, level), price = json_next(json, action);
        int64_t price_steps, size_steps;
        bool gone = json_equals(json, action, "delete");
        TD_FAIL_IF(!gone && !json_equals(json, action, "change") &&
                       !json_equals(json, action, "new"),
                   TD_E_VENUE_JSON);
        TD_TRY(emit_price(emit, json_text(json, price), &price_steps));
        TD_TRY(emit_size(emit, json_text(json, json_next(json, price)), &size_steps));
        emit_steps(emit, side, price_steps, gone ? 0 : size_steps);
    }
    return 0;
}

static td_err read_book(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int type = json_member(json, data, "type");
    bool snapshot = json_equals(json, type, "snapshot");
    int64_t prev = 0, last;
    TD_FAIL_IF(!snapshot && !json_equals(json, type, "change"), TD_E_VENUE_JSON);
    TD_FAIL_IF(!json_integer(json, data, "change_id", &last), TD_E_VENUE_JSON);
    TD_FAIL_IF(!snapshot && !json_integer(json, data, "prev_change_id", &prev), TD_E_VENUE_JSON);
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA,
               emit_time_epoch(emit, json_plain(json, data, "timestamp")));
    emit_sequence(emit, prev, 0, last);
    TD_TRY(read_side(emit, json_member(json, data, "bids"), TD_SIDE_BID));
    TD_TRY(read_side(emit, json_member(json, data, "asks"), TD_SIDE_ASK));
    emit_end(emit);
    return 0;
}

static td_err read_trade(struct emit *emit, int item, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, "amount"),
        .id = json_plain(json, item, "trade_seq"),
        .side_raw = json_plain(json, item, "direction"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "timestamp")),
        .flags = flags,
    };
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    if (json_plain(json, item, "liquidation").at)
        trade.flags |= TD_EVF_LIQUIDATION;
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static td_err read_live_trade(struct emit *emit, int item)
{
    return read_trade(emit, item, 0);
}

static td_err read_ticker(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int stats = json_member(json, data, "stats");
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, data, "timestamp")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    TD_TRY(emit_read_ticker(emit, data, ticker_keys, TICKER_KEYS));
    return json_is_object(json, stats) ? emit_read_ticker(emit, stats, day_keys, DAY_KEYS) : 0;
}

/* ---- classify ---- */

static int read_one(struct emit *emit, int item, td_err (*read)(struct emit *, int))
{
    struct td_text name = json_plain(emit->ctx->json, item, "instrument_name");
    if (!name.at)
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, name, deribit_unify))
        return TD_BUCKET_IGNORED;
    return read(emit, item) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

/* OK when there is none or one of ours. */
static int read_list(struct emit *emit, int list, td_err (*read)(struct emit *, int))
{
    const struct json *json = emit->ctx->json;
    if (!json_is_array(json, list))
        return TD_BUCKET_MALFORMED;
    int bucket = json_size(json, list) ? TD_BUCKET_IGNORED : TD_BUCKET_OK;
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item)) {
        int one = read_one(emit, item, read);
        if (one == TD_BUCKET_MALFORMED)
            return one;
        bucket = one == TD_BUCKET_OK ? one : bucket;
    }
    return bucket;
}

static int read_data(struct emit *emit, int params)
{
    const struct json *json = emit->ctx->json;
    struct td_text channel = json_plain(json, params, "channel");
    int data = json_member(json, params, "data");
    if (!channel.at)
        return TD_BUCKET_MALFORMED;
    struct scan name = {channel.at, channel.at + channel.bytes};
    if (SCAN(&name, "book."))
        return read_one(emit, data, read_book);
    if (SCAN(&name, "trades."))
        return read_list(emit, data, read_live_trade);
    if (SCAN(&name, "ticker."))
        return read_one(emit, data, read_ticker);
    return SCAN(&name, "platform_state") ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int deribit_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int method = json_member(json, 0, "method");
    if (json_equals(json, method, "subscription"))
        return read_data(emit, json_member(json, 0, "params"));
    if (json_equals(json, method, "heartbeat"))
        return TD_BUCKET_IGNORED;
    bool answer = json_member(json, 0, "id") >= 0 &&
                  (json_member(json, 0, "result") >= 0 || json_member(json, 0, "error") >= 0);
    return method < 0 && answer ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int deribit_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, deribit_scan, deribit_read);
}

static td_err read_old_trade(struct emit *emit, int item)
{
    return read_trade(emit, item, TD_EVF_BACKFILL);
}

static int read_history(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    return read_list(emit, json_member(json, json_member(json, 0, "result"), "trades"),
                     read_old_trade);
}

static bool scan_nothing(struct emit *emit, struct scan *scan)
{
    (void)emit;
    (void)scan;
    return false;
}

static int deribit_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                              const struct td_frame *frame)
{
    static const char trades[] = "/get_last_trades_by_instrument?";
    if (memmem(url.at, url.bytes, trades, sizeof trades - 1))
        return emit_parse(ctx, frame, body, scan_nothing, read_history);
    return deribit_parse_list(ctx, url, body);
}

/* ---- subscribe and resync ---- */

static const char *const names[TD_CHANNEL_ALL] = {
    [TD_CHANNEL_BOOK] = "book", [TD_CHANNEL_TRADES] = "trades", [TD_CHANNEL_TICKER] = "ticker"};

static void put_channel(const char *name, const struct instrument *instrument, struct td_str *out)
{
    if (out->at[out->bytes - 1] == '"')
        td_str_add_char(out, ',');
    td_str_add_format(out, "\"%s.%s.100ms\"", name, instrument->raw);
}

static void put_channels(const struct venue_subscription *sub, const struct instrument *instrument,
                         struct td_str *out)
{
    for (int channel = 0; channel < TD_CHANNEL_ALL; channel++)
        if (sub->channels & 1u << channel)
            put_channel(names[channel], instrument, out);
}

static void put_head(struct td_str *out, unsigned id, const char *method)
{
    td_str_add_format(
        out, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"public/%s\",\"params\":{\"channels\":[",
        id, method);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *method,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    put_head(&out, n + 1, method);
    unsigned count = subscription_batch(sub, n, SYMBOLS_A_MESSAGE, &out, put_channels);
    td_str_add(&out, "]}}");
    return subscription_text(&out, sub->channels ? count : 0);
}

static size_t deribit_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                size_t cap)
{
    if (n > 0)
        return put_subscription(sub, n - 1, "subscribe", buffer, cap);
    struct td_str out = td_str_on(buffer, cap);
    td_str_add(&out, HEARTBEAT);
    return subscription_text(&out, 1);
}

static size_t deribit_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t deribit_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                  size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    put_head(&out, n + 1, n ? "subscribe" : "unsubscribe");
    put_channel(names[TD_CHANNEL_BOOK], instrument, &out);
    td_str_add(&out, "]}}");
    return out.cut ? 0 : out.bytes;
}

static size_t deribit_trades_url(const char *rest_url, const struct instrument *instrument,
                                 int64_t first_id, int64_t last_id, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(
        &out,
        "%s/api/v2/public/get_last_trades_by_instrument?instrument_name=%s&start_seq=", rest_url,
        instrument->raw);
    td_str_add_i64(&out, first_id);
    td_str_add(&out, "&end_seq=");
    td_str_add_i64(&out, last_id);
    td_str_add_format(&out, "&count=%d&sorting=asc", TRADES_MAX);
    return out.cut ? 0 : out.bytes;
}

/* Asked for now and then; unanswered, the connection is closed. Nothing longer can be that message. */
static size_t deribit_answer(struct td_text message, char *buffer, size_t cap)
{
    static const char asks[] = "\"test_request\"";
    enum { LONGEST = 160 };
    if (message.bytes > LONGEST || !memmem(message.at, message.bytes, asks, sizeof asks - 1))
        return 0;
    struct td_str out = td_str_on(buffer, cap);
    td_str_add(&out, TEST);
    return out.cut ? 0 : out.bytes;
}

/* ---- descriptor ---- */

const struct venue venue_deribit = {
    .name = "deribit",
    .title = "Deribit",
    .ws_url = "wss://www.deribit.com/ws/api/v2",
    .rest_url = "https://www.deribit.com",
    .conn_channels_max = CHANNELS_A_CONNECTION,
    .rule = SYNC_PREV,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .trade_id_plus1 = true,
    .has_event_time = true,
    .crossed_is_error = true,
    .answer = deribit_answer,
    .heartbeat_ms = HEARTBEAT_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = deribit_spell,
    .unify = deribit_unify,
    .subscribe = deribit_subscribe,
    .unsubscribe = deribit_unsubscribe,
    .resubscribe = deribit_resubscribe,
    .list_url = deribit_list_url,
    .trades_url = deribit_trades_url,
    .parse = deribit_parse,
    .parse_http = deribit_parse_http,
};
