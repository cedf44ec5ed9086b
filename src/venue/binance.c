/* Binance spot. Combined streams wrap each message, raw streams send it bare:

   wrapper     {"stream":"btcusdt@trade","data":{...}}
   depth       {"e":"depthUpdate","E":1633998512068,"s":"BTCUSDT","U":11,"u":13,
                "b":[["101.40000000","2.00000000"],...],"a":[...]}
                 E: event, ms; U..u: first and last update id; b, a: bids and asks, absolute sizes, zero deletes
   base (HTTP) {"lastUpdateId":12,"bids":[["101.40000000","2.00000000"],...],"asks":[...]}
                 the request's URL names the symbol
   trade       {"e":"trade","E":...,"s":"BTCUSDT","t":7,"p":"101.5","q":"0.04","T":1633998512060,"m":true,"M":true}
                 t: id, +1 a symbol; T: trade time, ms; m: the buyer is the maker, so the taker sold
   aggTrade    {"e":"aggTrade","E":...,"s":"BTCUSDT","a":5,"p":"101.5","q":"0.04","f":7,"l":9,"T":...,"m":true,"M":true}
   bookTicker  {"u":13,"s":"BTCUSDT","b":"101.4","B":"2","a":"101.5","A":"1"}
                 best bid, its size, ask, its size; no time
   24hrTicker  {"e":"24hrTicker","E":...,"s":"BTCUSDT","p":change,"P":percent,"w":vwap,"c":last,"Q":last size,
                "b","B","a","A","o":open,"h":high,"l":low,"v":base volume,"q":quote volume,...}

   Sequence (RANGE): each depth's U is the one before's u + 1, and the chain joins a base L where U <= L + 1 <= u
   [C 586 + 99,030 + 16,889 links, no miss]. A miss needs a new base. */
#include <ctype.h>
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    SYMBOLS_A_MESSAGE = 10,
    SUBSCRIBE_GAP_MS = 500, /* five messages a second, pongs included */
    /* After 24 h Binance closes: an hour is left for the new one to be proven and for other endpoints to have their turn. */
    CONN_LIFE_S = 23 * 3600,
    /* The deepest base weighs 250 of 6,000 a minute and address: 24 a minute with some left for
       others. */
    BASE_DEPTH = 5000,
    BASE_GAP_MS = 3000,
};

static td_err binance_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    return spelling_from('\0', raw, raw_bytes, symbol);
}

static td_err binance_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return spelling_to('\0', symbol, raw);
}

/* ---- fixed form ---- */

static bool scan_symbol(struct emit *emit, struct scan *scan)
{
    struct td_text symbol;
    return SCAN(scan, "\"s\":") && scan_string(scan, &symbol) &&
           emit_choose(emit, symbol, binance_unify);
}

/* Milliseconds as 13 digits: 2001 to 2286, so what td_epoch_parse would make of them. */
static bool scan_ms(struct scan *scan, int64_t *ns)
{
    const char *first = scan->at;
    int64_t ms;
    if (!scan_integer(scan, &ms) || scan->at - first != 13 || ms >= INT64_C(4102444800000))
        return false;
    *ns = ms * TD_NS_PER_MS;
    return true;
}

static void begin(struct emit *emit, enum td_event_kind kind, int64_t event_ns, int64_t first,
                  int64_t last)
{
    emit_begin(emit, kind, event_ns);
    emit->event->seq_first = first;
    emit->event->seq_last = last;
    emit->event->flags |= TD_EVF_HAS_SEQ;
}

static bool scan_depth(struct emit *emit, struct scan *scan)
{
    int64_t event_ns, first, last;
    if (!scan_ms(scan, &event_ns) || !SCAN(scan, ",") || !scan_symbol(emit, scan) ||
        !SCAN(scan, ",\"U\":") || !scan_integer(scan, &first) || !SCAN(scan, ",\"u\":") ||
        !scan_integer(scan, &last) || !SCAN(scan, ",\"b\":["))
        return false;
    begin(emit, TD_EVENT_DELTA, event_ns, first, last);
    if (!emit_scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"a\":[") ||
        !emit_scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, "}"))
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

static bool scan_trade(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    int64_t event_ns;
    if (!scan_ms(scan, &event_ns) || !SCAN(scan, ",") || !scan_symbol(emit, scan) ||
        !SCAN(scan, ",\"t\":") || !scan_integer_text(scan, &trade.id) || !SCAN(scan, ",\"p\":") ||
        !scan_string(scan, &trade.price) || !SCAN(scan, ",\"q\":") ||
        !scan_string(scan, &trade.size) || !SCAN(scan, ",\"T\":") ||
        !scan_ms(scan, &trade.event_ns) || !SCAN(scan, ",\"m\":") || !scan_maker(scan, &trade) ||
        (!SCAN(scan, ",\"M\":true}") && !SCAN(scan, ",\"M\":false}")))
        return false;
    return emit_trade(emit, &trade) == 0;
}

static bool scan_ticker_value(struct emit *emit, struct scan *scan, enum td_ticker_field field)
{
    struct td_text text;
    return scan_string(scan, &text) && emit_ticker_value(emit, field, text) == 0;
}

static bool scan_book_ticker(struct emit *emit, struct scan *scan)
{
    int64_t last;
    if (!scan_integer(scan, &last) || !SCAN(scan, ",") || !scan_symbol(emit, scan))
        return false;
    begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME, 0, last);
    emit->event->ticker.kind = TD_TICKER_KIND_BBO;
    return SCAN(scan, ",\"b\":") && scan_ticker_value(emit, scan, TD_TICKER_BID) &&
           SCAN(scan, ",\"B\":") && scan_ticker_value(emit, scan, TD_TICKER_BID_SIZE) &&
           SCAN(scan, ",\"a\":") && scan_ticker_value(emit, scan, TD_TICKER_ASK) &&
           SCAN(scan, ",\"A\":") && scan_ticker_value(emit, scan, TD_TICKER_ASK_SIZE) &&
           SCAN(scan, "}");
}

static bool scan_message(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "{\"e\":\"depthUpdate\",\"E\":"))
        return scan_depth(emit, scan);
    if (SCAN(scan, "{\"u\":"))
        return scan_book_ticker(emit, scan);
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

/* A base does not say whose it is: the URL before the tab does. */
static bool choose_base(struct emit *emit)
{
    static const char key[] = "symbol=";
    const struct td_frame *frame = emit->frame;
    const char *end = memchr(frame->payload, '\t', frame->bytes);
    const char *at = memmem(frame->payload, (size_t)(end - frame->payload), key, sizeof key - 1);
    if (!at)
        return false;
    at += sizeof key - 1;
    const char *stop = memchr(at, '&', (size_t)(end - at));
    struct td_text symbol = {at, (uint32_t)((stop ? stop : end) - at)};
    return emit_choose(emit, symbol, binance_unify);
}

static bool scan_base(struct emit *emit, struct scan *scan)
{
    int64_t last;
    if (!choose_base(emit) || !SCAN(scan, "{\"lastUpdateId\":") || !scan_integer(scan, &last) ||
        !SCAN(scan, ",\"bids\":["))
        return false;
    begin(emit, TD_EVENT_SNAPSHOT, EMIT_NO_TIME, 0, last);
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

static int read_depth(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int64_t first, last;
    if (!json_integer(json, data, "U", &first) || !json_integer(json, data, "u", &last))
        return TD_BUCKET_MALFORMED;
    begin(emit, TD_EVENT_DELTA, emit_time_epoch(emit, json_plain(json, data, "E")), first, last);
    return read_levels(emit, json_member(json, data, "b"), json_member(json, data, "a"));
}

static int read_any_trade(struct emit *emit, int data, const char *id, uint8_t flags)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, data, "p"),
        .size = json_plain(json, data, "q"),
        .id = json_plain(json, data, id),
        .event_ns = emit_time_epoch(emit, json_plain(json, data, "T")),
        .flags = flags,
    };
    int maker = json_member(json, data, "m");
    if (json_equals(json, maker, "true") || json_equals(json, maker, "false")) {
        trade.side_raw = json_text(json, maker);
        trade.taker = trade.side_raw.bytes == 4 ? TD_TAKER_SELL : TD_TAKER_BUY;
    }
    if (!trade.id.at || emit_trade(emit, &trade) < 0)
        return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static int read_trade(struct emit *emit, int data)
{
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
    begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME, 0, last);
    emit->event->ticker.kind = TD_TICKER_KIND_BBO;
    return read_ticker_keys(emit, data, BOOK_TICKER_FIELDS);
}

static int read_base(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int64_t last;
    if (!choose_base(emit))
        return TD_BUCKET_IGNORED;
    if (!json_integer(json, 0, "lastUpdateId", &last))
        return TD_BUCKET_MALFORMED;
    begin(emit, TD_EVENT_SNAPSHOT, EMIT_NO_TIME, 0, last);
    return read_levels(emit, json_member(json, 0, "bids"), json_member(json, 0, "asks"));
}

/* ---- classify ---- */

static const struct {
    const char *event;
    int (*read)(struct emit *, int data); /* NULL: known, not recorded */
} messages[] = {
    {"depthUpdate", read_depth},
    {"trade", read_trade},
    {"aggTrade", read_agg_trade},
    {"24hrTicker", read_day_ticker},
    {"kline", NULL},
    {"24hrMiniTicker", NULL},
    {"avgPrice", NULL},
    {"serverShutdown", NULL},
};

/* An answer to what we sent, {"result":null,"id":1} or {"error":{...},"id":1}, is told by its own
 * two keys. */
static bool is_answer(const struct json *json)
{
    return json_member(json, 0, "id") >= 0 &&
           (json_member(json, 0, "result") >= 0 || json_member(json, 0, "error") >= 0);
}

static int read_named(struct emit *emit, int data, int (*read)(struct emit *, int))
{
    struct td_text symbol = json_plain(emit->ctx->json, data, "s");
    if (!symbol.at)
        return TD_BUCKET_MALFORMED;
    return emit_choose(emit, symbol, binance_unify) ? read(emit, data) : TD_BUCKET_IGNORED;
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
        return messages[i].read ? read_named(emit, data, messages[i].read) : TD_BUCKET_IGNORED;
    }
    /* bookTicker names no event */
    if (event < 0 && json_member(json, data, "B") >= 0)
        return read_named(emit, data, read_book_ticker);
    return !wrapped && is_answer(json) ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int binance_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, binance_scan, binance_read);
}

static bool url_has(struct td_text url, const char *text)
{
    return memmem(url.at, url.bytes, text, strlen(text)) != NULL;
}

/* The filters stand in a list, each with its own shape. */
static struct td_text filter_step(const struct json *json, const char *type, const char *key)
{
    int filters = json_member(json, 0, "filters");
    for (int filter = json_first(json, filters); filter >= 0; filter = json_next(json, filter))
        if (json_equals(json, json_member(json, filter, "filterType"), type))
            return json_plain(json, filter, key);
    return (struct td_text){NULL, 0};
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "baseAsset");
    listing->quote = json_plain(json, 0, "quoteAsset");
    listing->status = json_plain(json, 0, "status");
    listing->price_step = filter_step(json, "PRICE_FILTER", "tickSize");
    listing->size_step = filter_step(json, "LOT_SIZE", "stepSize");
    return listing->raw.at;
}

static int binance_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                              const struct td_frame *frame)
{
    if (url_has(url, "/exchangeInfo"))
        return listing_parse(ctx, body, "symbols", list_entry);
    if (!url_has(url, "/depth?"))
        return TD_BUCKET_IGNORED;
    return emit_parse(ctx, frame, body, scan_base, read_base);
}

/* ---- subscribe and resync ---- */

static void put_stream(const struct instrument *instrument, const char *stream, struct td_str *out)
{
    if (out->at[out->bytes - 1] == '"')
        td_str_add_char(out, ',');
    td_str_add_char(out, '"');
    for (const char *c = instrument->raw; *c; c++)
        td_str_add_char(out, (char)tolower((unsigned char)*c));
    td_str_add(out, stream);
    td_str_add_char(out, '"');
}

static void put_streams(const struct venue_subscription *sub, const struct instrument *instrument,
                        struct td_str *out)
{
    if (sub->channels & 1u << TD_CHANNEL_BOOK)
        put_stream(instrument, "@depth@100ms", out);
    if (sub->channels & 1u << TD_CHANNEL_TRADES)
        put_stream(instrument, "@trade", out);
    if (sub->channels & 1u << TD_CHANNEL_TICKER)
        put_stream(instrument, "@bookTicker", out);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *method,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"method\":\"%s\",\"params\":[", method);
    unsigned count = subscription_batch(sub, n, SYMBOLS_A_MESSAGE, &out, put_streams);
    td_str_add_format(&out, "],\"id\":%u}", n + 1);
    return subscription_text(&out, sub->channels ? count : 0);
}

static size_t binance_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                size_t cap)
{
    return put_subscription(sub, n, "SUBSCRIBE", buffer, cap);
}

static size_t binance_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_subscription(sub, n, "UNSUBSCRIBE", buffer, cap);
}

static size_t binance_base_url(const char *rest_url, const struct instrument *instrument,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s/api/v3/depth?symbol=%s&limit=%d", rest_url, instrument->raw,
                      BASE_DEPTH);
    return out.cut ? 0 : out.bytes;
}

static size_t binance_list_url(const char *rest_url, const struct venue_subscription *sub,
                               unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/api/v3/exchangeInfo", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_binance = {
    .name = "binance",
    .title = "Binance spot",
    .ws_url = "wss://stream.binance.com:9443/stream",
    .rest_url = "https://api.binance.com",
    .rule = SYNC_RANGE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_BASE,
    .trade_id_plus1 = true,
    .side_is_maker = false,
    .has_event_time = true,
    .crossed_is_error = true,
    .book_depth = 0,
    .conn_life_s = CONN_LIFE_S,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .base_gap_ms = BASE_GAP_MS,
    .spell = binance_spell,
    .unify = binance_unify,
    .subscribe = binance_subscribe,
    .unsubscribe = binance_unsubscribe,
    .base_url = binance_base_url,
    .list_url = binance_list_url,
    .parse = binance_parse,
    .parse_http = binance_parse_http,
};
