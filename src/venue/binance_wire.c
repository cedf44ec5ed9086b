#include "venue/binance_wire.h"

static const struct binance_market *market_of(const struct emit *emit)
{
    return emit->family;
}

static bool choose(struct emit *emit, struct td_text symbol)
{
    return emit_choose(emit, symbol, market_of(emit)->unify);
}

/* ---- fixed form ---- */

/* Futures' messages tell when the engine did it beside when they were made. */
static bool scan_times(struct scan *scan, int64_t *event_ns)
{
    return scan_epoch_ms(scan, event_ns) &&
           (!SCAN(scan, ",\"T\":") || scan_epoch_ms(scan, event_ns));
}

static bool scan_symbol(struct emit *emit, struct scan *scan)
{
    struct td_text symbol, pair;
    return SCAN(scan, "\"s\":") && scan_string(scan, &symbol) &&
           (!SCAN(scan, ",\"ps\":") || scan_string(scan, &pair)) && choose(emit, symbol);
}

static bool scan_depth(struct emit *emit, struct scan *scan)
{
    int64_t event_ns, first, last, prev = 0;
    if (!scan_times(scan, &event_ns) || !SCAN(scan, ",") || !scan_symbol(emit, scan) ||
        !SCAN(scan, ",\"U\":") || !scan_integer(scan, &first) || !SCAN(scan, ",\"u\":") ||
        !scan_integer(scan, &last))
        return false;
    if (market_of(emit)->futures && (!SCAN(scan, ",\"pu\":") || !scan_integer(scan, &prev)))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, event_ns);
    emit_sequence(emit, prev, first, last);
    if (!SCAN(scan, ",\"b\":[") || !emit_scan_levels(emit, scan, TD_SIDE_BID) ||
        !SCAN(scan, ",\"a\":[") || !emit_scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, "}"))
        return false;
    emit_end(emit);
    return true;
}

static bool scan_maker(struct scan *scan, struct emit_trade *trade)
{
    trade->side_raw.at = scan->at;
    if (SCAN(scan, "true"))
        trade->taker = TD_TAKER_SELL;
    else if (SCAN(scan, "false"))
        trade->taker = TD_TAKER_BUY;
    trade->side_raw.bytes = (uint32_t)(scan->at - trade->side_raw.at);
    return trade->taker != TD_TAKER_UNKNOWN;
}

/* From the price on. */
static bool scan_trade_rest(struct scan *scan, struct emit_trade *trade, bool aggregated)
{
    int64_t first, last;
    if (!SCAN(scan, ",\"p\":") || !scan_string(scan, &trade->price) || !SCAN(scan, ",\"q\":") ||
        !scan_string(scan, &trade->size))
        return false;
    if (aggregated && (!SCAN(scan, ",\"f\":") || !scan_integer(scan, &first) ||
                       !SCAN(scan, ",\"l\":") || !scan_integer(scan, &last)))
        return false;
    if (!SCAN(scan, ",\"T\":") || !scan_epoch_ms(scan, &trade->event_ns) ||
        !SCAN(scan, ",\"m\":") || !scan_maker(scan, trade))
        return false;
    return SCAN(scan, "}") || SCAN(scan, ",\"M\":true}") || SCAN(scan, ",\"M\":false}");
}

static bool scan_trade(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    int64_t event_ns;
    return scan_epoch_ms(scan, &event_ns) && SCAN(scan, ",") && scan_symbol(emit, scan) &&
           SCAN(scan, ",\"t\":") && scan_integer_text(scan, &trade.id) &&
           scan_trade_rest(scan, &trade, false) && emit_trade(emit, &trade) == 0;
}

static bool scan_agg_trade(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {.flags = TD_EVF_AGGREGATED};
    int64_t event_ns;
    return scan_epoch_ms(scan, &event_ns) && SCAN(scan, ",\"a\":") &&
           scan_integer_text(scan, &trade.id) && SCAN(scan, ",") && scan_symbol(emit, scan) &&
           scan_trade_rest(scan, &trade, true) && emit_trade(emit, &trade) == 0;
}

static bool scan_ticker_value(struct emit *emit, struct scan *scan, enum td_ticker_field field)
{
    struct td_text text;
    return scan_string(scan, &text) && emit_ticker_value(emit, field, text) == 0;
}

static bool scan_book_ticker(struct emit *emit, struct scan *scan, bool timed)
{
    int64_t last, event_ns = EMIT_NO_TIME, made_ns;
    if (!scan_integer(scan, &last) || !SCAN(scan, ",") || !scan_symbol(emit, scan))
        return false;
    emit_begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME);
    emit_sequence(emit, 0, 0, last);
    emit->event->ticker.kind = TD_TICKER_KIND_BBO;
    if (!SCAN(scan, ",\"b\":") || !scan_ticker_value(emit, scan, TD_TICKER_BID) ||
        !SCAN(scan, ",\"B\":") || !scan_ticker_value(emit, scan, TD_TICKER_BID_SIZE) ||
        !SCAN(scan, ",\"a\":") || !scan_ticker_value(emit, scan, TD_TICKER_ASK) ||
        !SCAN(scan, ",\"A\":") || !scan_ticker_value(emit, scan, TD_TICKER_ASK_SIZE))
        return false;
    if (timed && (!SCAN(scan, ",\"T\":") || !scan_epoch_ms(scan, &event_ns) ||
                  !SCAN(scan, ",\"E\":") || !scan_epoch_ms(scan, &made_ns)))
        return false;
    emit_stamp(emit, event_ns);
    return SCAN(scan, "}");
}

static const struct emit_ticker_key mark_keys[] = {
    {"p", TD_TICKER_MARK_PRICE}, {"i", TD_TICKER_INDEX_PRICE}, {"r", TD_TICKER_FUNDING_RATE}};
enum { MARK_KEYS = sizeof mark_keys / sizeof *mark_keys };

static bool scan_mark_price(struct emit *emit, struct scan *scan)
{
    static const char *const head[] = {"E", "s", "T"};
    enum { TIME, SYMBOL, FUNDING, HEADS };
    struct td_text value[HEADS + MARK_KEYS];
    int64_t event_ns, funding_ns = 0;
    if (!emit_scan_members(scan, head, HEADS, mark_keys, MARK_KEYS, value) || !value[TIME].at ||
        !value[SYMBOL].at || !value[FUNDING].at || !choose(emit, value[SYMBOL]))
        return false;
    struct scan time = {value[TIME].at, value[TIME].at + value[TIME].bytes};
    struct scan next = {value[FUNDING].at, value[FUNDING].at + value[FUNDING].bytes};
    if (!scan_epoch_ms(&time, &event_ns) || time.at != time.end)
        return false;
    if (!SCAN(&next, "0") && !scan_epoch_ms(&next, &funding_ns))
        return false;
    if (next.at != next.end)
        return false;
    emit_begin(emit, TD_EVENT_TICKER, event_ns);
    emit->event->ticker.kind = TD_TICKER_KIND_MARK;
    emit->event->ticker.next_funding_ns = funding_ns;
    return emit_scan_values(emit, value + HEADS, mark_keys, MARK_KEYS);
}

static bool scan_message(struct emit *emit, struct scan *scan)
{
    struct scan whole = *scan;
    if (SCAN(scan, "{\"e\":\"depthUpdate\",\"E\":"))
        return scan_depth(emit, scan);
    if (SCAN(scan, "{\"u\":"))
        return scan_book_ticker(emit, scan, false);
    if (SCAN(scan, "{\"e\":\"bookTicker\",\"u\":"))
        return scan_book_ticker(emit, scan, true);
    if (SCAN(scan, "{\"e\":\"aggTrade\",\"E\":"))
        return scan_agg_trade(emit, scan);
    if (SCAN(&whole, "{\"e\":\"markPriceUpdate\","))
        return scan_mark_price(emit, scan);
    return SCAN(scan, "{\"e\":\"trade\",\"E\":") && scan_trade(emit, scan);
}

static bool binance_scan(struct emit *emit, struct scan *scan)
{
    struct td_text stream;
    if (!SCAN(scan, "{\"stream\":"))
        return scan_message(emit, scan);
    return scan_string(scan, &stream) && SCAN(scan, ",\"data\":") && scan_message(emit, scan) &&
           SCAN(scan, "}");
}

/* A base does not say whose it is: its URL does. */
static bool choose_by_url(struct emit *emit)
{
    return emit_choose_by_url(emit, "symbol=", market_of(emit)->unify);
}

static bool scan_base_times(struct scan *scan, int64_t *event_ns)
{
    struct td_text name;
    *event_ns = EMIT_NO_TIME;
    if (SCAN(scan, ",\"symbol\":") &&
        (!scan_string(scan, &name) || !SCAN(scan, ",\"pair\":") || !scan_string(scan, &name)))
        return false;
    return !SCAN(scan, ",\"E\":") || (scan_epoch_ms(scan, event_ns) && SCAN(scan, ",\"T\":") &&
                                      scan_epoch_ms(scan, event_ns));
}

static bool scan_base(struct emit *emit, struct scan *scan)
{
    int64_t last, event_ns;
    if (!choose_by_url(emit) || !SCAN(scan, "{\"lastUpdateId\":") || !scan_integer(scan, &last) ||
        !scan_base_times(scan, &event_ns) || !SCAN(scan, ",\"bids\":["))
        return false;
    emit_begin(emit, TD_EVENT_SNAPSHOT, event_ns);
    emit_sequence(emit, 0, 0, last);
    if (!emit_scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !emit_scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, "}"))
        return false;
    emit_end(emit);
    return true;
}

/* ---- parse ---- */

static int read_levels(struct emit *emit, int bids, int asks)
{
    if (emit_read_levels(emit, bids, TD_SIDE_BID) < 0 ||
        emit_read_levels(emit, asks, TD_SIDE_ASK) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

/* When the engine did it, where the message says so; else when the message was made. */
static int64_t read_time(struct emit *emit, int data)
{
    struct td_text engine = json_plain(emit->ctx->json, data, "T");
    return emit_time_epoch(emit, engine.at ? engine : json_plain(emit->ctx->json, data, "E"));
}

static int read_depth(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int64_t first, last, prev = 0;
    if (!json_integer(json, data, "U", &first) || !json_integer(json, data, "u", &last) ||
        (market_of(emit)->futures && !json_integer(json, data, "pu", &prev)))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_DELTA, read_time(emit, data));
    emit_sequence(emit, prev, first, last);
    return read_levels(emit, json_member(json, data, "b"), json_member(json, data, "a"));
}

static void read_maker(const struct json *json, int maker, struct emit_trade *trade)
{
    if (!json_equals(json, maker, "true") && !json_equals(json, maker, "false"))
        return;
    trade->side_raw = json_text(json, maker);
    trade->taker = trade->side_raw.bytes == 4 ? TD_TAKER_SELL : TD_TAKER_BUY;
}

static int read_any_trade(struct emit *emit, int data, const char *id, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, data, "p"),
        .size = json_plain(json, data, "q"),
        .id = json_plain(json, data, id),
        .event_ns = emit_time_epoch(emit, json_plain(json, data, "T")),
        .flags = flags,
    };
    read_maker(json, json_member(json, data, "m"), &trade);
    if (!trade.id.at || emit_trade(emit, &trade) < 0)
        return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

/* Futures' raw trades say what they are; what the insurance fund or a deleveraging did has no price. */
static int read_trade(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int how = json_member(json, data, "X");
    if (how >= 0 && !json_equals(json, how, "MARKET"))
        return TD_BUCKET_IGNORED;
    return read_any_trade(emit, data, "t", 0);
}

static int read_agg_trade(struct emit *emit, int data)
{
    return read_any_trade(emit, data, "a", TD_EVF_AGGREGATED);
}

static const struct emit_ticker_key ticker_keys[] = {
    {"b", TD_TICKER_BID},         {"B", TD_TICKER_BID_SIZE},     {"a", TD_TICKER_ASK},
    {"A", TD_TICKER_ASK_SIZE},    {"c", TD_TICKER_LAST},         {"Q", TD_TICKER_LAST_SIZE},
    {"o", TD_TICKER_OPEN},        {"h", TD_TICKER_HIGH},         {"l", TD_TICKER_LOW},
    {"w", TD_TICKER_VWAP},        {"p", TD_TICKER_CHANGE},       {"P", TD_TICKER_PERCENTAGE},
    {"v", TD_TICKER_BASE_VOLUME}, {"q", TD_TICKER_QUOTE_VOLUME},
};

enum { BOOK_TICKER_FIELDS = 4 };

static int read_ticker_keys(struct emit *emit, int data, size_t count)
{
    return emit_read_ticker(emit, data, ticker_keys, count) < 0 ? TD_BUCKET_MALFORMED
                                                                : TD_BUCKET_OK;
}

static int read_day_ticker(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, data, "E")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return read_ticker_keys(emit, data, sizeof ticker_keys / sizeof *ticker_keys);
}

static int read_book_ticker(struct emit *emit, int data)
{
    int64_t last;
    if (!json_integer(emit->ctx->json, data, "u", &last))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_TICKER, read_time(emit, data));
    emit_sequence(emit, 0, 0, last);
    emit->event->ticker.kind = TD_TICKER_KIND_BBO;
    return read_ticker_keys(emit, data, BOOK_TICKER_FIELDS);
}

static int read_mark_price(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int64_t funding_ms = 0;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, data, "E")));
    struct td_ticker *ticker = &emit->event->ticker;
    ticker->kind = TD_TICKER_KIND_MARK;
    /* 0 where nothing is funded: dated contracts */
    if (json_integer(json, data, "T", &funding_ms) && funding_ms > 0) {
        int64_t funding_ns = emit_time_epoch(emit, json_plain(json, data, "T"));
        ticker->next_funding_ns = funding_ns == EMIT_NO_TIME ? 0 : funding_ns;
    }
    return emit_read_ticker(emit, data, mark_keys, MARK_KEYS) < 0 ? TD_BUCKET_MALFORMED
                                                                  : TD_BUCKET_OK;
}

/* What the order was filled with, not what it asked for. */
static int read_forced(struct emit *emit, int data)
{
    static const struct emit_ticker_key keys[] = {{"ap", TD_TICKER_LIQ_PRICE},
                                                  {"z", TD_TICKER_LIQ_SIZE}};
    const struct json *json = emit->ctx->json;
    int order = json_member(json, data, "o");
    struct td_text symbol = json_plain(json, order, "s");
    if (!symbol.at)
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, symbol))
        return TD_BUCKET_IGNORED;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, order, "T")));
    emit->event->ticker.kind = TD_TICKER_KIND_LIQUIDATION;
    emit->event->ticker.liq_taker = emit_taker(json_plain(json, order, "S"));
    return emit_read_ticker(emit, order, keys, sizeof keys / sizeof *keys) < 0 ? TD_BUCKET_MALFORMED
                                                                               : TD_BUCKET_OK;
}

static int read_base(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int64_t last;
    if (!choose_by_url(emit))
        return TD_BUCKET_IGNORED;
    if (!json_integer(json, 0, "lastUpdateId", &last))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_SNAPSHOT, read_time(emit, 0));
    emit_sequence(emit, 0, 0, last);
    return read_levels(emit, json_member(json, 0, "bids"), json_member(json, 0, "asks"));
}

/* ---- classify ---- */

static int read_named(struct emit *emit, int data, int (*read)(struct emit *, int))
{
    struct td_text symbol = json_plain(emit->ctx->json, data, "s");
    if (!symbol.at)
        return TD_BUCKET_MALFORMED;
    return choose(emit, symbol) ? read(emit, data) : TD_BUCKET_IGNORED;
}

/* Ten minutes before the venue closes the connection. [D] */
static int read_shutdown(struct emit *emit, int data)
{
    (void)data;
    return emit_leaving(emit);
}

static const struct {
    const char *event;
    int (*read)(struct emit *, int data); /* of a message that names its symbol */
    int (*read_unnamed)(struct emit *,
                        int data); /* of one that does not; neither: known, not recorded */
} messages[] = {
    {"depthUpdate", read_depth, NULL},     {"trade", read_trade, NULL},
    {"aggTrade", read_agg_trade, NULL},    {"bookTicker", read_book_ticker, NULL},
    {"24hrTicker", read_day_ticker, NULL}, {"markPriceUpdate", read_mark_price, NULL},
    {"forceOrder", NULL, read_forced},     {"kline", NULL, NULL},
    {"24hrMiniTicker", NULL, NULL},        {"avgPrice", NULL, NULL},
    {"contractInfo", NULL, NULL},          {"serverShutdown", NULL, read_shutdown},
};

/* An answer to what we sent, {"result":null,"id":1} or {"error":{...},"id":1}, is told by its own
 * two keys. */
static bool is_answer(const struct json *json)
{
    return json_member(json, 0, "id") >= 0 &&
           (json_member(json, 0, "result") >= 0 || json_member(json, 0, "error") >= 0);
}

static int binance_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    bool wrapped = json_is_string(json, json_member(json, 0, "stream"));
    int data = wrapped ? json_member(json, 0, "data") : 0;
    int event = json_member(json, data, "e");
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        if (!json_is_string(json, event) || !json_equals(json, event, messages[i].event))
            continue;
        if (messages[i].read_unnamed)
            return messages[i].read_unnamed(emit, data);
        return messages[i].read ? read_named(emit, data, messages[i].read) : TD_BUCKET_IGNORED;
    }
    /* spot's bookTicker names no event */
    if (event < 0 && json_member(json, data, "B") >= 0)
        return read_named(emit, data, read_book_ticker);
    return !wrapped && is_answer(json) ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

int binance_parse(struct venue_ctx *ctx, const struct td_frame *frame,
                  const struct binance_market *market)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse_family(ctx, frame, text, binance_scan, binance_read, market);
}

int binance_parse_base(struct venue_ctx *ctx, const struct td_frame *frame, struct td_text body,
                       const struct binance_market *market)
{
    return emit_parse_family(ctx, frame, body, scan_base, read_base, market);
}
