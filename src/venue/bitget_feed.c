/* Bitget, spot and perpetuals in USDT: two sources of one form. v3 is what is asked for; v2 and v1 are read too.

   book v3     {"action":"snapshot"|"update","arg":{"instType":"spot","topic":"books","symbol":"BTCUSDT"},"data":[{
                "a":[["101.5","0.2"],...],"b":[...],"checksum":0,"seq":13,"pseq":12,"ts":"1767323045100"}],"ts":ms}  [D]
   book v1, v2 {"action":...,"arg":{"instType":"sp","channel":"books","instId":"BTCUSDT"},"data":[{
                "asks":[["101.50","0.2000"],...],"bids":[...],"checksum":-1816604544,"ts":"1767323045100"}]}
                 absolute sizes, zero deletes; all prices of a book have the same decimals, and so have its sizes
   trades v3   topic publicTrade, data [{"i":"7","p":"101.5","v":"0.04","S":"buy","T":"ms"},...]                    [D]
   trades v2   channel trade, data [{"tradeId":"7","price":"101.5","size":"0.04","side":"buy","ts":"ms"},...]       [D]
   trades v1   channel trade, data [["ms","101.5","0.04","buy"],...], no ids
                 the taker's side; action snapshot: old ones that come on subscribing [C]
   ticker v3   {"lastPrice":...,"bid1Price":...,...}   v2  {"lastPr":...,"bidPr":...,...}   v1  {"last":...,...}
   others      {"event":"subscribe"|"unsubscribe","arg":{...}}, {"event":"error","arg":{...},"code":...}, text pong

   Sequence (PREV): pseq is the seq before [D]; a miss: unsubscribe and subscribe the book. v1 and v2 have no such numbers,
   there the CRC32 of the best 25 levels a side proves each [C-old 443 + 194, no miss]; in v3 it is zero or absent. */
#include <string.h>

#include "venue/bitget_feed.h"
#include "venue/emit.h"

static bool choose(struct emit *emit, struct td_text name)
{
    const struct bitget_market *market = emit->family;
    return emit_choose(emit, name, market->unify);
}

/* ---- fixed form ---- */

static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned price_decimals, size_decimals, price_most = 0, size_most = 0;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "[\"") ||
            !emit_scan_steps(emit, scan, true, &price_steps, &price_decimals) ||
            !SCAN(scan, "\",\"") ||
            !emit_scan_steps(emit, scan, false, &size_steps, &size_decimals) || !SCAN(scan, "\"]"))
            return false;
        price_most = price_decimals > price_most ? price_decimals : price_most;
        size_most = size_decimals > size_most ? size_decimals : size_most;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return emit_note_decimals(emit, price_most, size_most) && SCAN(scan, "]");
}

static void set_checksum(struct emit *emit, int64_t checksum)
{
    if (checksum == 0)
        return;
    emit->event->checksum = (uint32_t)checksum;
    emit->event->flags |= TD_EVF_HAS_CHECKSUM;
}

static bool scan_checksum(struct emit *emit, struct scan *scan)
{
    int64_t checksum;
    if (!SCAN(scan, ",\"checksum\":"))
        return true;
    bool negative = SCAN(scan, "-");
    if (!scan_integer(scan, &checksum) || checksum > INT32_MAX)
        return false;
    set_checksum(emit, negative ? -checksum : checksum);
    return true;
}

static bool scan_numbers(struct emit *emit, struct scan *scan)
{
    int64_t last, prev;
    if (!SCAN(scan, ",\"seq\":"))
        return true;
    if (!scan_integer(scan, &last) || !SCAN(scan, ",\"pseq\":") || !scan_integer(scan, &prev))
        return false;
    emit_sequence(emit, emit->event->kind == TD_EVENT_DELTA ? prev : 0, 0, last);
    return true;
}

/* What the event is told by stands behind its levels: a book too large for the sink is read by jsmn. */
static bool scan_book(struct emit *emit, struct scan *scan, enum td_event_kind kind, bool v3)
{
    int64_t event_ns, sent_ns;
    emit_begin(emit, kind, EMIT_NO_TIME);
    if (!(v3 ? SCAN(scan, "\"a\":[") : SCAN(scan, "\"asks\":[")) ||
        !scan_side(emit, scan, TD_SIDE_ASK) ||
        !(v3 ? SCAN(scan, ",\"b\":[") : SCAN(scan, ",\"bids\":[")) ||
        !scan_side(emit, scan, TD_SIDE_BID) || emit->sink->overflowed ||
        !scan_checksum(emit, scan) || (v3 && !scan_numbers(emit, scan)) ||
        !SCAN(scan, ",\"ts\":\"") || !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, "\"}]"))
        return false;
    if (SCAN(scan, ",\"ts\":") && !scan_epoch_ms(scan, &sent_ns))
        return false;
    emit_stamp(emit, event_ns);
    emit_end(emit);
    return SCAN(scan, "}");
}

static bool bitget_scan(struct emit *emit, struct scan *scan)
{
    struct td_text type, name;
    bool snapshot = SCAN(scan, "{\"action\":\"snapshot\",\"arg\":{\"instType\":");
    if (!snapshot && !SCAN(scan, "{\"action\":\"update\",\"arg\":{\"instType\":"))
        return false;
    if (!scan_string(scan, &type))
        return false;
    bool v3 = SCAN(scan, ",\"topic\":\"books\",\"symbol\":");
    if ((!v3 && !SCAN(scan, ",\"channel\":\"books\",\"instId\":")) || !scan_string(scan, &name) ||
        !choose(emit, name) || !SCAN(scan, "},\"data\":[{"))
        return false;
    return scan_book(emit, scan, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, v3);
}

/* ---- parse ---- */

static td_err read_side(struct emit *emit, int list, enum td_side side)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    for (int level = json_first(json, list); level >= 0; level = json_next(json, level)) {
        TD_FAIL_IF(!json_is_array(json, level) || json_size(json, level) < 2, TD_E_VENUE_JSON);
        int first = json_first(json, level);
        struct td_text price = json_text(json, first),
                       size = json_text(json, json_next(json, first));
        TD_TRY(emit_level(emit, side, price, size));
        TD_FAIL_IF(!emit_note_decimals(emit, emit_decimals(price), emit_decimals(size)),
                   TD_E_SYNTAX);
    }
    return 0;
}

/* Numbers are of v3: a seq alone, as v2 has it, proves nothing. */
static td_err read_numbers(struct emit *emit, int book)
{
    const struct json *json = emit->ctx->json;
    struct td_text text = json_plain(json, book, "checksum");
    int64_t checksum = 0, last, prev;
    TD_FAIL_IF(text.at && td_integer_parse(text.at, text.bytes, &checksum) < 0, TD_E_SYNTAX);
    TD_FAIL_IF(checksum < -INT64_C(0x80000000) || checksum > UINT32_MAX, TD_E_SYNTAX);
    set_checksum(emit, checksum);
    if (json_member(json, book, "pseq") < 0)
        return 0;
    TD_FAIL_IF(!json_integer(json, book, "seq", &last) || !json_integer(json, book, "pseq", &prev),
               TD_E_SYNTAX);
    emit_sequence(emit, emit->event->kind == TD_EVENT_DELTA ? prev : 0, 0, last);
    return 0;
}

static td_err read_book(struct emit *emit, int book, bool snapshot)
{
    const struct json *json = emit->ctx->json;
    bool v3 = json_member(json, book, "a") >= 0;
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA,
               emit_time_epoch(emit, json_plain(json, book, "ts")));
    TD_TRY(read_numbers(emit, book));
    TD_TRY(read_side(emit, json_member(json, book, v3 ? "a" : "asks"), TD_SIDE_ASK));
    TD_TRY(read_side(emit, json_member(json, book, v3 ? "b" : "bids"), TD_SIDE_BID));
    emit_end(emit);
    return 0;
}

static struct emit_trade trade_of(const struct json *json, int item, struct td_text *time)
{
    if (json_is_array(json, item)) {
        *time = json_text(json, json_item(json, item, 0));
        return (struct emit_trade){.price = json_text(json, json_item(json, item, 1)),
                                   .size = json_text(json, json_item(json, item, 2)),
                                   .side_raw = json_text(json, json_item(json, item, 3))};
    }
    bool v3 = json_member(json, item, "p") >= 0;
    *time = json_plain(json, item, v3 ? "T" : "ts");
    return (struct emit_trade){.price = json_plain(json, item, v3 ? "p" : "price"),
                               .size = json_plain(json, item, v3 ? "v" : "size"),
                               .id = json_plain(json, item, v3 ? "i" : "tradeId"),
                               .side_raw = json_plain(json, item, v3 ? "S" : "side")};
}

static td_err read_trade(struct emit *emit, int item, bool snapshot)
{
    struct td_text time;
    struct emit_trade trade = trade_of(emit->ctx->json, item, &time);
    trade.event_ns = emit_time_epoch(emit, time);
    trade.taker = emit_taker(trade.side_raw);
    trade.flags = snapshot ? TD_EVF_LISTED : 0;
    return emit_trade(emit, &trade);
}

static const struct emit_ticker_key v3_keys[] = {
    {"lastPrice", TD_TICKER_LAST},           {"bid1Price", TD_TICKER_BID},
    {"bid1Size", TD_TICKER_BID_SIZE},        {"ask1Price", TD_TICKER_ASK},
    {"ask1Size", TD_TICKER_ASK_SIZE},        {"openPrice24h", TD_TICKER_OPEN},
    {"highPrice24h", TD_TICKER_HIGH},        {"lowPrice24h", TD_TICKER_LOW},
    {"volume24h", TD_TICKER_BASE_VOLUME},    {"turnover24h", TD_TICKER_QUOTE_VOLUME},
    {"markPrice", TD_TICKER_MARK_PRICE},     {"indexPrice", TD_TICKER_INDEX_PRICE},
    {"fundingRate", TD_TICKER_FUNDING_RATE}, {"openInterest", TD_TICKER_OPEN_INTEREST},
};
static const struct emit_ticker_key v2_keys[] = {
    {"lastPr", TD_TICKER_LAST},
    {"bidPr", TD_TICKER_BID},
    {"bidSz", TD_TICKER_BID_SIZE},
    {"askPr", TD_TICKER_ASK},
    {"askSz", TD_TICKER_ASK_SIZE},
    {"open24h", TD_TICKER_OPEN},
    {"high24h", TD_TICKER_HIGH},
    {"low24h", TD_TICKER_LOW},
    {"baseVolume", TD_TICKER_BASE_VOLUME},
    {"quoteVolume", TD_TICKER_QUOTE_VOLUME},
    {"markPrice", TD_TICKER_MARK_PRICE},
    {"indexPrice", TD_TICKER_INDEX_PRICE},
    {"fundingRate", TD_TICKER_FUNDING_RATE},
    {"holdingAmount", TD_TICKER_OPEN_INTEREST},
};
static const struct emit_ticker_key v1_keys[] = {
    {"last", TD_TICKER_LAST},
    {"bestBid", TD_TICKER_BID},
    {"bestAsk", TD_TICKER_ASK},
    {"open24h", TD_TICKER_OPEN},
    {"high24h", TD_TICKER_HIGH},
    {"low24h", TD_TICKER_LOW},
    {"baseVolume", TD_TICKER_BASE_VOLUME},
    {"quoteVolume", TD_TICKER_QUOTE_VOLUME},
    {"markPrice", TD_TICKER_MARK_PRICE},
    {"indexPrice", TD_TICKER_INDEX_PRICE},
    {"capitalRate", TD_TICKER_FUNDING_RATE},
    {"holding", TD_TICKER_OPEN_INTEREST},
};
static const struct {
    const struct emit_ticker_key *keys;
    size_t count;
    const char *time, *next_funding;
} tickers[] = {
    {v3_keys, sizeof v3_keys / sizeof *v3_keys, "ts", "nextFundingTime"},
    {v2_keys, sizeof v2_keys / sizeof *v2_keys, "ts", "nextFundingTime"},
    {v1_keys, sizeof v1_keys / sizeof *v1_keys, "systemTime", "nextSettleTime"},
};

/* Times: of the item where it has one, else of the message. */
static td_err read_ticker(struct emit *emit, int item, bool snapshot)
{
    (void)snapshot;
    const struct json *json = emit->ctx->json;
    for (size_t i = 0; i < sizeof tickers / sizeof *tickers; i++) {
        if (json_member(json, item, tickers[i].keys->key) < 0)
            continue;
        struct td_text time = json_plain(json, item, tickers[i].time);
        time = time.at ? time : json_plain(json, item, "ts");
        time = time.at ? time : json_plain(json, 0, "ts");
        emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, time));
        emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
        int64_t next = emit_time_epoch(emit, json_plain(json, item, tickers[i].next_funding));
        emit->event->ticker.next_funding_ns = next == EMIT_NO_TIME ? 0 : next;
        return emit_read_ticker(emit, item, tickers[i].keys, tickers[i].count);
    }
    return TD_E_VENUE_JSON;
}

/* ---- classify ---- */

static const struct {
    const char *topic;
    td_err (*read)(struct emit *, int item, bool snapshot);
} topics[] = {
    {"books", read_book},
    {"publicTrade", read_trade},
    {"trade", read_trade},
    {"ticker", read_ticker},
};

static struct td_text name_of(const struct json *json, int arg)
{
    struct td_text name = json_plain(json, arg, "symbol");
    return name.at ? name : json_plain(json, arg, "instId");
}

static int read_data(struct emit *emit, td_err (*read)(struct emit *, int, bool))
{
    const struct json *json = emit->ctx->json;
    int action = json_member(json, 0, "action"), data = json_member(json, 0, "data");
    bool snapshot = json_equals(json, action, "snapshot");
    if (!json_is_array(json, data) || (!snapshot && !json_equals(json, action, "update")))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, data); item >= 0; item = json_next(json, item))
        if (read(emit, item, snapshot) < 0)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static int read_event(struct emit *emit, int event, int arg)
{
    const struct json *json = emit->ctx->json;
    struct td_text name = name_of(json, arg);
    if (json_equals(json, event, "subscribe") || json_equals(json, event, "unsubscribe"))
        return TD_BUCKET_IGNORED;
    if (!json_equals(json, event, "error"))
        return TD_BUCKET_MALFORMED;
    if (!name.at || !choose(emit, name))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int bitget_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int arg = json_member(json, 0, "arg"), event = json_member(json, 0, "event");
    if (event >= 0)
        return read_event(emit, event, arg);
    struct td_text topic = json_plain(json, arg, "topic"), name = name_of(json, arg);
    topic = topic.at ? topic : json_plain(json, arg, "channel");
    if (!topic.at || !name.at)
        return TD_BUCKET_MALFORMED;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (topic.bytes == strlen(topics[i].topic) &&
            memcmp(topic.at, topics[i].topic, topic.bytes) == 0)
            return choose(emit, name) ? read_data(emit, topics[i].read) : TD_BUCKET_IGNORED;
    bool candle = (topic.bytes > 6 && memcmp(topic.at, "candle", 6) == 0) ||
                  (topic.bytes >= 5 && memcmp(topic.at, "kline", 5) == 0);
    return candle ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

int bitget_parse(struct venue_ctx *ctx, const struct td_frame *frame,
                 const struct bitget_market *market)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse_family(ctx, frame, text, bitget_scan, bitget_read, market);
}
