#include "venue/okx_feed.h"

#include <string.h>

#include "venue/emit.h"
#include "venue/okx_symbol.h"

static const struct emit_ticker_key ticker_keys[] = {
    {"last", TD_TICKER_LAST},      {"lastSz", TD_TICKER_LAST_SIZE}, {"askPx", TD_TICKER_ASK},
    {"askSz", TD_TICKER_ASK_SIZE}, {"bidPx", TD_TICKER_BID},        {"bidSz", TD_TICKER_BID_SIZE},
    {"open24h", TD_TICKER_OPEN},   {"high24h", TD_TICKER_HIGH},     {"low24h", TD_TICKER_LOW},
};
enum { TICKER_KEYS = sizeof ticker_keys / sizeof *ticker_keys };
/* vol24h is in base units on spot and in contracts elsewhere, where volCcy24h is in base units. */
static const struct emit_ticker_key spot_keys[] = {{"vol24h", TD_TICKER_BASE_VOLUME},
                                                   {"volCcy24h", TD_TICKER_QUOTE_VOLUME}};
static const struct emit_ticker_key contract_keys[] = {{"volCcy24h", TD_TICKER_BASE_VOLUME}};

/* ---- fixed form ---- */

static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps, orders;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "[\"") || !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, "\",\"") || !emit_scan_steps(emit, scan, false, &size_steps, &decimals) ||
            !SCAN(scan, "\",\"0\",\"") || !scan_integer(scan, &orders) || !SCAN(scan, "\"]"))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static void set_checksum(struct emit *emit, int64_t checksum)
{
    if (checksum == 0)
        return;
    emit->event->checksum = (uint32_t)checksum;
    emit->event->price_decimals = emit->event->size_decimals = TD_DECIMALS_SHORTEST;
    emit->event->flags |= TD_EVF_HAS_CHECKSUM;
}

static bool scan_checksum(struct emit *emit, struct scan *scan)
{
    int64_t checksum;
    bool negative = SCAN(scan, "-");
    if (!scan_integer(scan, &checksum) || checksum > INT64_C(1) << 31)
        return false;
    set_checksum(emit, negative ? -checksum : checksum);
    return true;
}

static bool scan_numbers(struct emit *emit, struct scan *scan)
{
    int64_t prev = 0, last;
    if (!SCAN(scan, ",\"prevSeqId\":"))
        return true;
    if (!SCAN(scan, "-1") && !scan_integer(scan, &prev))
        return false;
    if (!SCAN(scan, ",\"seqId\":") || !scan_integer(scan, &last))
        return false;
    emit_sequence(emit, emit->event->kind == TD_EVENT_DELTA ? prev : 0, 0, last);
    return true;
}

/* What the event is told by stands behind its levels: a book too large for the sink is read by jsmn. */
static bool scan_book(struct emit *emit, struct scan *scan, enum td_event_kind kind)
{
    int64_t event_ns;
    emit_begin(emit, kind, EMIT_NO_TIME);
    if (!scan_side(emit, scan, TD_SIDE_ASK) || !SCAN(scan, ",\"bids\":[") ||
        !scan_side(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"ts\":\"") ||
        !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, "\"") || emit->sink->overflowed)
        return false;
    if (SCAN(scan, ",\"checksum\":") && !scan_checksum(emit, scan))
        return false;
    if (!scan_numbers(emit, scan) || !SCAN(scan, "}]}"))
        return false;
    emit_stamp(emit, event_ns);
    emit_end(emit);
    return true;
}

static bool scan_trade(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    struct td_text name, count;
    if (!SCAN(scan, "{\"instId\":") || !scan_string(scan, &name) || !SCAN(scan, ",\"tradeId\":") ||
        !scan_string(scan, &trade.id) || !SCAN(scan, ",\"px\":") ||
        !scan_string(scan, &trade.price) || !SCAN(scan, ",\"sz\":") ||
        !scan_string(scan, &trade.size) || !SCAN(scan, ",\"side\":") ||
        !scan_string(scan, &trade.side_raw) || !SCAN(scan, ",\"ts\":\"") ||
        !scan_epoch_ms(scan, &trade.event_ns) || !SCAN(scan, "\""))
        return false;
    if (SCAN(scan, ",\"count\":")) {
        if (!scan_string(scan, &count))
            return false;
        trade.flags = count.bytes == 1 && *count.at == '1' ? 0 : TD_EVF_AGGREGATED;
    }
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade) == 0 && SCAN(scan, "}");
}

static bool scan_trades(struct emit *emit, struct scan *scan)
{
    do
        if (!scan_trade(emit, scan))
            return false;
    while (SCAN(scan, ","));
    return SCAN(scan, "]}");
}

static bool scan_ticker(struct emit *emit, struct scan *scan)
{
    static const char *const head[] = {"ts", "vol24h", "volCcy24h"};
    enum { TIME, VOLUME, VOLUME_CCY, HEADS };
    struct td_text value[HEADS + TICKER_KEYS];
    if (!SCAN(scan, ",\"data\":[") ||
        !emit_scan_members(scan, head, HEADS, ticker_keys, TICKER_KEYS, value) ||
        !SCAN(scan, "]}") || !value[TIME].at)
        return false;
    struct scan time = {value[TIME].at, value[TIME].at + value[TIME].bytes};
    int64_t event_ns;
    if (!scan_epoch_ms(&time, &event_ns) || time.at != time.end)
        return false;
    bool spot = okx_kind(emit->instrument->raw) == INSTRUMENT_SPOT;
    emit_begin(emit, TD_EVENT_TICKER, event_ns);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_scan_values(emit, value + HEADS, ticker_keys, TICKER_KEYS) &&
           (spot ? emit_scan_values(emit, value + VOLUME, spot_keys, 2)
                 : emit_scan_values(emit, value + VOLUME_CCY, contract_keys, 1));
}

static bool okx_scan(struct emit *emit, struct scan *scan)
{
    struct td_text channel, name;
    if (!SCAN(scan, "{\"arg\":{\"channel\":") || !scan_string(scan, &channel) ||
        !SCAN(scan, ",\"instId\":") || !scan_string(scan, &name) || !SCAN(scan, "}") ||
        !emit_choose(emit, name, okx_unify))
        return false;
    struct scan word = {channel.at, channel.at + channel.bytes + 1};
    if (SCAN(&word, "trades\""))
        return SCAN(scan, ",\"data\":[") && scan_trades(emit, scan);
    if (SCAN(&word, "tickers\""))
        return scan_ticker(emit, scan);
    if (!SCAN(&word, "books\""))
        return false;
    if (SCAN(scan, ",\"action\":\"update\",\"data\":[{\"asks\":["))
        return scan_book(emit, scan, TD_EVENT_DELTA);
    return SCAN(scan, ",\"action\":\"snapshot\",\"data\":[{\"asks\":[") &&
           scan_book(emit, scan, TD_EVENT_SNAPSHOT);
}

/* ---- parse ---- */

static td_err read_checksum(struct emit *emit, int book)
{
    struct td_text text = json_plain(emit->ctx->json, book, "checksum");
    int64_t checksum;
    if (!text.at)
        return 0;
    TD_FAIL_IF(td_integer_parse(text.at, text.bytes, &checksum) < 0, TD_E_SYNTAX);
    TD_FAIL_IF(checksum < INT32_MIN || checksum > INT64_C(1) << 31, TD_E_SYNTAX);
    set_checksum(emit, checksum);
    return 0;
}

static td_err read_numbers(struct emit *emit, int book)
{
    const struct json *json = emit->ctx->json;
    int64_t prev = 0, last;
    if (json_member(json, book, "seqId") < 0)
        return 0;
    TD_FAIL_IF(!json_integer(json, book, "seqId", &last), TD_E_SYNTAX);
    TD_FAIL_IF(emit->event->kind == TD_EVENT_DELTA && !json_integer(json, book, "prevSeqId", &prev),
               TD_E_SYNTAX);
    emit_sequence(emit, prev, 0, last);
    return 0;
}

static td_err read_book(struct emit *emit, int book)
{
    const struct json *json = emit->ctx->json;
    int action = json_member(json, 0, "action");
    bool snapshot = json_equals(json, action, "snapshot");
    TD_FAIL_IF(!snapshot && !json_equals(json, action, "update"), TD_E_VENUE_JSON);
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA,
               emit_time_epoch(emit, json_plain(json, book, "ts")));
    TD_TRY(read_checksum(emit, book));
    TD_TRY(read_numbers(emit, book));
    TD_TRY(emit_read_levels(emit, json_member(json, book, "asks"), TD_SIDE_ASK));
    TD_TRY(emit_read_levels(emit, json_member(json, book, "bids"), TD_SIDE_BID));
    emit_end(emit);
    return 0;
}

static td_err read_trade(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    int count = json_member(json, item, "count");
    struct emit_trade trade = {
        .price = json_plain(json, item, "px"),
        .size = json_plain(json, item, "sz"),
        .id = json_plain(json, item, "tradeId"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "ts")),
        .flags = count >= 0 && !json_equals(json, count, "1") ? TD_EVF_AGGREGATED : 0,
    };
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static td_err read_values(struct emit *emit, int item, enum td_ticker_kind kind,
                          const struct emit_ticker_key *keys, size_t count)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, item, "ts")));
    emit->event->ticker.kind = (uint8_t)kind;
    return emit_read_ticker(emit, item, keys, count);
}

static td_err read_ticker(struct emit *emit, int item)
{
    bool spot = okx_kind(emit->instrument->raw) == INSTRUMENT_SPOT;
    TD_TRY(read_values(emit, item, TD_TICKER_KIND_TICKER, ticker_keys, TICKER_KEYS));
    return emit_read_ticker(emit, item, spot ? spot_keys : contract_keys, spot ? 2 : 1);
}

static td_err read_mark(struct emit *emit, int item)
{
    static const struct emit_ticker_key keys[] = {{"markPx", TD_TICKER_MARK_PRICE}};
    return read_values(emit, item, TD_TICKER_KIND_MARK, keys, 1);
}

static td_err read_funding(struct emit *emit, int item)
{
    static const struct emit_ticker_key keys[] = {{"fundingRate", TD_TICKER_FUNDING_RATE}};
    TD_TRY(read_values(emit, item, TD_TICKER_KIND_FUNDING, keys, 1));
    int64_t next = emit_time_epoch(emit, json_plain(emit->ctx->json, item, "fundingTime"));
    emit->event->ticker.next_funding_ns = next == EMIT_NO_TIME ? 0 : next;
    return 0;
}

static td_err read_open_interest(struct emit *emit, int item)
{
    static const struct emit_ticker_key keys[] = {{"oi", TD_TICKER_OPEN_INTEREST}};
    return read_values(emit, item, TD_TICKER_KIND_OPEN_INTEREST, keys, 1);
}

static td_err read_liquidations(struct emit *emit, int item)
{
    static const struct emit_ticker_key keys[] = {{"bkPx", TD_TICKER_LIQ_PRICE},
                                                  {"sz", TD_TICKER_LIQ_SIZE}};
    const struct json *json = emit->ctx->json;
    int details = json_member(json, item, "details");
    TD_FAIL_IF(!json_is_array(json, details), TD_E_VENUE_JSON);
    for (int one = json_first(json, details); one >= 0; one = json_next(json, one)) {
        TD_TRY(read_values(emit, one, TD_TICKER_KIND_LIQUIDATION, keys, 2));
        emit->event->ticker.liq_taker = emit_taker(json_plain(json, one, "side"));
    }
    return 0;
}

/* ---- classify ---- */

static const struct {
    const char *name;
    td_err (*read)(struct emit *, int item);
} channels[] = {
    {"books", read_book},
    {"trades", read_trade},
    {"tickers", read_ticker},
    {"mark-price", read_mark},
    {"funding-rate", read_funding},
    {"open-interest", read_open_interest},
    {"liquidation-orders", read_liquidations},
};

/* Books name their instrument in the arg alone, liquidations in the item alone. */
static int read_items(struct emit *emit, int arg, td_err (*read)(struct emit *, int item))
{
    const struct json *json = emit->ctx->json;
    int data = json_member(json, 0, "data");
    struct td_text common = json_plain(json, arg, "instId");
    if (!json_is_array(json, data))
        return TD_BUCKET_MALFORMED;
    bool ours = json_size(json, data) == 0;
    for (int item = json_first(json, data); item >= 0; item = json_next(json, item)) {
        struct td_text name = common.at ? common : json_plain(json, item, "instId");
        if (!name.at)
            return TD_BUCKET_MALFORMED;
        if (!emit_choose(emit, name, okx_unify))
            continue;
        ours = true;
        if (read(emit, item) < 0)
            return TD_BUCKET_MALFORMED;
    }
    return ours ? TD_BUCKET_OK : TD_BUCKET_IGNORED;
}

/* The code says that there is no such channel or instrument, the words which; other errors are about us. [D] */
static int read_error(struct emit *emit)
{
    static const char key[] = "instId:";
    const struct json *json = emit->ctx->json;
    struct td_text words = json_plain(json, 0, "msg");
    const char *at = words.at ? memmem(words.at, words.bytes, key, sizeof key - 1) : NULL;
    if (!json_equals(json, json_member(json, 0, "code"), "60018") || !at)
        return TD_BUCKET_IGNORED;
    at += sizeof key - 1;
    const char *end = at;
    while (end < words.at + words.bytes && *end != ' ' && *end != ',')
        end++;
    if (!emit_choose(emit, (struct td_text){at, (uint32_t)(end - at)}, okx_unify))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int read_event(struct emit *emit, int event)
{
    static const char *const answers[] = {"subscribe", "unsubscribe", "channel-conn-count"};
    const struct json *json = emit->ctx->json;
    if (json_equals(json, event, "notice"))
        return json_equals(json, json_member(json, 0, "code"), "64008") ? emit_leaving(emit)
                                                                        : TD_BUCKET_IGNORED;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (json_equals(json, event, answers[i]))
            return TD_BUCKET_IGNORED;
    return json_equals(json, event, "error") ? read_error(emit) : TD_BUCKET_MALFORMED;
}

static int okx_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int event = json_member(json, 0, "event"), arg = json_member(json, 0, "arg");
    int channel = json_member(json, arg, "channel");
    if (event >= 0)
        return read_event(emit, event);
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (json_equals(json, channel, channels[i].name))
            return read_items(emit, arg, channels[i].read);
    return TD_BUCKET_MALFORMED;
}

int okx_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, okx_scan, okx_read);
}
