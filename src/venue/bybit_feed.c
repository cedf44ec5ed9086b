#include "venue/bybit_feed.h"

#include <string.h>

static bool choose(struct emit *emit, struct td_text raw)
{
    const struct bybit_market *market = emit->family;
    return emit_choose(emit, raw, market->unify);
}

/* ---- fixed form ---- */

/* `,"type":"delta","ts":1749833474773`, in either order; the time is not used where the engine's stands behind. */
static bool scan_type(struct scan *scan, bool *snapshot, int64_t *ts_ns)
{
    bool early = SCAN(scan, ",\"ts\":");
    if (early && !scan_epoch_ms(scan, ts_ns))
        return false;
    *snapshot = SCAN(scan, ",\"type\":\"snapshot\"");
    if (!*snapshot && !SCAN(scan, ",\"type\":\"delta\""))
        return false;
    return early || (SCAN(scan, ",\"ts\":") && scan_epoch_ms(scan, ts_ns));
}

static bool scan_end(struct emit *emit, struct scan *scan)
{
    int64_t update, seq, cts_ns;
    if (!SCAN(scan, ",\"u\":") || !scan_integer(scan, &update) || !SCAN(scan, ",\"seq\":") ||
        !scan_integer(scan, &seq) || !SCAN(scan, "},\"cts\":") || !scan_epoch_ms(scan, &cts_ns) ||
        !SCAN(scan, "}"))
        return false;
    emit_stamp(emit, cts_ns);
    emit_sequence(emit, 0, 0, update);
    return true;
}

static bool scan_name(struct emit *emit, struct scan *scan)
{
    struct td_text name;
    return SCAN(scan, ",\"data\":{\"s\":") && scan_string(scan, &name) && choose(emit, name);
}

/* Number and engine's time stand behind the levels: a book too large for the sink is read by jsmn. */
static bool scan_book(struct emit *emit, struct scan *scan, bool snapshot)
{
    if (!scan_name(emit, scan) || !SCAN(scan, ",\"b\":["))
        return false;
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, EMIT_NO_TIME);
    if (!emit_scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"a\":[") ||
        !emit_scan_levels(emit, scan, TD_SIDE_ASK) || emit->sink->overflowed)
        return false;
    emit_end(emit);
    return scan_end(emit, scan);
}

static bool scan_best(struct emit *emit, struct scan *scan, enum td_ticker_field price)
{
    struct td_text text;
    if (SCAN(scan, "[]"))
        return true;
    return SCAN(scan, "[[") && scan_string(scan, &text) &&
           emit_ticker_value(emit, price, text) == 0 && SCAN(scan, ",") &&
           scan_string(scan, &text) && emit_ticker_value(emit, price + 1, text) == 0 &&
           SCAN(scan, "]]");
}

static bool scan_top(struct emit *emit, struct scan *scan)
{
    if (!scan_name(emit, scan))
        return false;
    emit_begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME);
    emit->event->ticker.kind = TD_TICKER_KIND_BBO;
    return SCAN(scan, ",\"b\":") && scan_best(emit, scan, TD_TICKER_BID) && SCAN(scan, ",\"a\":") &&
           scan_best(emit, scan, TD_TICKER_ASK) && scan_end(emit, scan);
}

/* Flags behind the id are told by position, so anything but a plain trade goes to jsmn. */
static bool scan_trade(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    struct td_text name, tick;
    int64_t seq;
    if (!SCAN(scan, "{\"T\":") || !scan_epoch_ms(scan, &trade.event_ns) || !SCAN(scan, ",\"s\":") ||
        !scan_string(scan, &name) || !choose(emit, name) || !SCAN(scan, ",\"S\":") ||
        !scan_string(scan, &trade.side_raw) || !SCAN(scan, ",\"v\":") ||
        !scan_string(scan, &trade.size) || !SCAN(scan, ",\"p\":") ||
        !scan_string(scan, &trade.price))
        return false;
    if (SCAN(scan, ",\"L\":") && !scan_string(scan, &tick))
        return false;
    if (!SCAN(scan, ",\"i\":") || !scan_string(scan, &trade.id) || !SCAN(scan, ",\"BT\":false"))
        return false;
    if (SCAN(scan, ",\"RPI\":false") && SCAN(scan, ",\"seq\":") && !scan_integer(scan, &seq))
        return false;
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade) == 0 && SCAN(scan, "}");
}

static bool scan_trades(struct emit *emit, struct scan *scan)
{
    if (!SCAN(scan, ",\"data\":["))
        return false;
    do
        if (!scan_trade(emit, scan))
            return false;
    while (SCAN(scan, ","));
    return SCAN(scan, "]}");
}

static bool bybit_scan(struct emit *emit, struct scan *scan)
{
    struct td_text topic;
    bool snapshot;
    int64_t ts_ns;
    if (!SCAN(scan, "{\"topic\":") || !scan_string(scan, &topic) ||
        !scan_type(scan, &snapshot, &ts_ns))
        return false;
    struct scan name = {topic.at, topic.at + topic.bytes};
    if (SCAN(&name, "orderbook.1."))
        return snapshot && scan_top(emit, scan);
    if (SCAN(&name, "orderbook."))
        return scan_book(emit, scan, snapshot);
    return SCAN(&name, "publicTrade.") && scan_trades(emit, scan);
}

/* ---- parse ---- */

/* The engine's time where the message has it. */
static int64_t read_time(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text cts = json_plain(json, 0, "cts");
    return emit_time_epoch(emit, cts.at ? cts : json_plain(json, 0, "ts"));
}

static td_err read_type(const struct json *json, bool *snapshot)
{
    int type = json_member(json, 0, "type");
    *snapshot = json_equals(json, type, "snapshot");
    return *snapshot || json_equals(json, type, "delta") ? 0 : TD_E_VENUE_JSON;
}

static td_err read_book(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int64_t update;
    bool snapshot;
    TD_TRY(read_type(json, &snapshot));
    TD_FAIL_IF(!json_integer(json, data, "u", &update), TD_E_VENUE_JSON);
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, read_time(emit));
    emit_sequence(emit, 0, 0, update);
    TD_TRY(emit_read_levels(emit, json_member(json, data, "b"), TD_SIDE_BID));
    TD_TRY(emit_read_levels(emit, json_member(json, data, "a"), TD_SIDE_ASK));
    emit_end(emit);
    return 0;
}

static td_err read_best(struct emit *emit, int list, enum td_ticker_field price)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    int level = json_first(json, list);
    if (level < 0)
        return 0; /* an empty side */
    TD_FAIL_IF(!json_is_array(json, level) || json_size(json, level) < 2, TD_E_VENUE_JSON);
    int first = json_first(json, level);
    TD_TRY(emit_ticker_value(emit, price, json_text(json, first)));
    return emit_ticker_value(emit, price + 1, json_text(json, json_next(json, first)));
}

static td_err read_top(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int64_t update;
    TD_FAIL_IF(!json_integer(json, data, "u", &update), TD_E_VENUE_JSON);
    emit_begin(emit, TD_EVENT_TICKER, read_time(emit));
    emit_sequence(emit, 0, 0, update);
    emit->event->ticker.kind = TD_TICKER_KIND_BBO;
    TD_TRY(read_best(emit, json_member(json, data, "b"), TD_TICKER_BID));
    return read_best(emit, json_member(json, data, "a"), TD_TICKER_ASK);
}

static td_err read_trade(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "p"),
        .size = json_plain(json, item, "v"),
        .id = json_plain(json, item, "i"),
        .side_raw = json_plain(json, item, "S"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "T")),
    };
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static td_err read_liquidation(struct emit *emit, int item)
{
    static const struct emit_ticker_key keys[] = {{"p", TD_TICKER_LIQ_PRICE},
                                                  {"v", TD_TICKER_LIQ_SIZE}};
    const struct json *json = emit->ctx->json;
    uint8_t position = emit_taker(json_plain(json, item, "S"));
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, item, "T")));
    emit->event->ticker.kind = TD_TICKER_KIND_LIQUIDATION;
    emit->event->ticker.liq_taker = position == TD_TAKER_BUY    ? TD_TAKER_SELL
                                    : position == TD_TAKER_SELL ? TD_TAKER_BUY
                                                                : TD_TAKER_UNKNOWN;
    return emit_read_ticker(emit, item, keys, 2);
}

static const struct emit_ticker_key ticker_keys[] = {
    {"lastPrice", TD_TICKER_LAST},           {"bid1Price", TD_TICKER_BID},
    {"bid1Size", TD_TICKER_BID_SIZE},        {"ask1Price", TD_TICKER_ASK},
    {"ask1Size", TD_TICKER_ASK_SIZE},        {"prevPrice24h", TD_TICKER_OPEN},
    {"highPrice24h", TD_TICKER_HIGH},        {"lowPrice24h", TD_TICKER_LOW},
    {"volume24h", TD_TICKER_BASE_VOLUME},    {"turnover24h", TD_TICKER_QUOTE_VOLUME},
    {"markPrice", TD_TICKER_MARK_PRICE},     {"indexPrice", TD_TICKER_INDEX_PRICE},
    {"fundingRate", TD_TICKER_FUNDING_RATE}, {"openInterest", TD_TICKER_OPEN_INTEREST},
};

/* What a delta does not name has not changed; one that names nothing we keep gives no row. */
static td_err read_ticker(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int64_t funding_ns = emit_time_epoch(emit, json_plain(json, data, "nextFundingTime"));
    bool any = funding_ns != EMIT_NO_TIME;
    for (size_t i = 0; i < sizeof ticker_keys / sizeof *ticker_keys; i++)
        any |= json_member(json, data, ticker_keys[i].key) >= 0;
    if (!any)
        return 0;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, 0, "ts")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    emit->event->ticker.next_funding_ns = funding_ns == EMIT_NO_TIME ? 0 : funding_ns;
    for (size_t i = 0; i < sizeof ticker_keys / sizeof *ticker_keys; i++) {
        int value = json_member(json, data, ticker_keys[i].key);
        if (value >= 0)
            TD_TRY(emit_ticker_value(emit, (enum td_ticker_field)ticker_keys[i].field,
                                     json_text(json, value)));
    }
    return 0;
}

/* ---- classify ---- */

static int read_one(struct emit *emit, int item, const char *name_key,
                    td_err (*read)(struct emit *, int))
{
    struct td_text name = json_plain(emit->ctx->json, item, name_key);
    if (!name.at)
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, name))
        return TD_BUCKET_IGNORED;
    return read(emit, item) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static int read_list(struct emit *emit, int data, td_err (*read)(struct emit *, int))
{
    const struct json *json = emit->ctx->json;
    int bucket = json_is_array(json, data) ? TD_BUCKET_OK : TD_BUCKET_MALFORMED;
    for (int item = json_first(json, data); item >= 0 && bucket == TD_BUCKET_OK;
         item = json_next(json, item))
        bucket = read_one(emit, item, "s", read);
    return bucket;
}

/* "error:handler not found,topic:orderbook.200.XYZ": the last part of the topic is the symbol [U]; other refusals name none. */
static int read_refusal(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text words = json_plain(json, 0, "ret_msg");
    if (!words.at)
        return TD_BUCKET_IGNORED;
    const char *topic = memmem(words.at, words.bytes, "topic:", 6), *end = words.at + words.bytes;
    const char *dot = topic ? memrchr(topic, '.', (size_t)(end - topic)) : NULL;
    if (!dot || !choose(emit, (struct td_text){dot + 1, (uint32_t)(end - dot - 1)}))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int read_answer(struct emit *emit, int op)
{
    const struct json *json = emit->ctx->json;
    bool subscribed = json_equals(json, op, "subscribe");
    if (!subscribed && !json_equals(json, op, "unsubscribe") && !json_equals(json, op, "ping") &&
        !json_equals(json, op, "pong"))
        return TD_BUCKET_MALFORMED;
    bool refused = subscribed && json_equals(json, json_member(json, 0, "success"), "false");
    return refused ? read_refusal(emit) : TD_BUCKET_IGNORED;
}

static int bybit_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text topic = json_plain(json, 0, "topic");
    int data = json_member(json, 0, "data"), op = json_member(json, 0, "op");
    if (!topic.at)
        return read_answer(emit, op);
    struct scan name = {topic.at, topic.at + topic.bytes};
    if (SCAN(&name, "orderbook.1."))
        return read_one(emit, data, "s", read_top);
    if (SCAN(&name, "orderbook."))
        return read_one(emit, data, "s", read_book);
    if (SCAN(&name, "publicTrade."))
        return read_list(emit, data, read_trade);
    if (SCAN(&name, "allLiquidation."))
        return read_list(emit, data, read_liquidation);
    return SCAN(&name, "tickers.") ? read_one(emit, data, "symbol", read_ticker)
                                   : TD_BUCKET_MALFORMED;
}

int bybit_parse(struct venue_ctx *ctx, const struct td_frame *frame,
                const struct bybit_market *market)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse_family(ctx, frame, text, bybit_scan, bybit_read, market);
}
