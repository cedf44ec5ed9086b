/* Blockchain.com. Bare numbers, some with exponents:

   book        {"seqnum":3,"event":"snapshot","channel":"l2","symbol":"BTC-USD","bids":[{"num":1,"px":101.4,"qty":2.0},...],
                "asks":[...],"timestamp":"2026-01-02T03:04:05.678901Z"}
               the same with "updated": absolute sizes, zero deletes; num counts orders
   trade       {"seqnum":9,"event":"updated","channel":"trades","symbol":"BTC-USD","timestamp":"...","side":"sell",
                "qty":8.5E-5,"price":101.4,"trade_id":"12884909920"}    side is the taker's [U]; none recorded [D]
   ticker      {"seqnum":8,"event":"snapshot"|"updated","channel":"ticker","symbol":"BTC-USD","price_24h":100.0,
                "volume_24h":12.5,"last_trade_price":101.5}             none recorded [D]
   heartbeat   {"seqnum":5,"event":"updated","channel":"heartbeat","timestamp":"..."}    [D]
   answers     {"seqnum":2,"event":"subscribed","channel":"l2","symbol":"BTC-USD","batching":false}
               {"seqnum":2,"event":"rejected","channel":"l2","symbol":"NONE-USD","text":"..."}    [D]

   Sequence (CONN+1): seqnum starts at 0 and rises by one over all that the connection says [C 3,841 of 3,841]. A miss costs
   every book of the connection. */
#include <string.h>

#include "base/decimal.h"
#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum { SUBSCRIBE_GAP_MS = 50 /* [U]: 1200 messages a minute */ };

/* Without it the upgrade is refused [D]. */
#define ORIGIN "Origin: https://exchange.blockchain.com\r\n"

static td_err blockchain_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol);
    return 0;
}

static td_err blockchain_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(!strchr(symbol, '-'), TD_E_VENUE_SYMBOL);
    return td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol)) ? 0 : TD_E_VENUE_SYMBOL;
}

/* ---- fixed form: books. The stamp stands last, yet an event states it first ---- */

#define TIME_KEY ",\"timestamp\":\""
enum { TIME_TAIL_BYTES = sizeof TIME_KEY - 1 + SCAN_UTC_BYTES + 2 };

static bool scan_time_tail(const struct scan *scan, int64_t *ns)
{
    const char *tail = scan->end - TIME_TAIL_BYTES;
    return scan->end - scan->at > TIME_TAIL_BYTES &&
           memcmp(tail, TIME_KEY, sizeof TIME_KEY - 1) == 0 &&
           memcmp(scan->end - 2, "\"}", 2) == 0 && scan_utc_us(tail + sizeof TIME_KEY - 1, ns);
}

static bool scan_levels(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps, orders;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "{\"num\":") || !scan_integer(scan, &orders) || !SCAN(scan, ",\"px\":") ||
            !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, ",\"qty\":") ||
            !emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "}"))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool blockchain_scan(struct emit *emit, struct scan *scan)
{
    struct td_text symbol;
    int64_t seq, ns;
    if (!SCAN(scan, "{\"seqnum\":") || !scan_integer(scan, &seq) || !SCAN(scan, ",\"event\":\""))
        return false;
    bool full = SCAN(scan, "snapshot\",\"channel\":\"l2\",\"symbol\":");
    if ((!full && !SCAN(scan, "updated\",\"channel\":\"l2\",\"symbol\":")) ||
        !scan_string(scan, &symbol) || !emit_choose(emit, symbol, blockchain_unify) ||
        !SCAN(scan, ",\"bids\":[") || !scan_time_tail(scan, &ns))
        return false;
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, ns);
    if (!scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !scan_levels(emit, scan, TD_SIDE_ASK) || scan->end - scan->at != TIME_TAIL_BYTES)
        return false;
    scan->at = scan->end;
    emit_end(emit);
    emit_conn_seq(emit, seq);
    return true;
}

/* ---- parse ---- */

static int64_t time_of(struct emit *emit)
{
    return emit_time_utc(emit, json_plain(emit->ctx->json, 0, "timestamp"));
}

static int read_book(struct emit *emit, bool full)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, time_of(emit));
    if (emit_read_level_objects(emit, json_member(json, 0, "bids"), TD_SIDE_BID, "px", "qty") < 0 ||
        emit_read_level_objects(emit, json_member(json, 0, "asks"), TD_SIDE_ASK, "px", "qty") < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trade(struct emit *emit, bool full)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, 0, "price"),
        .size = json_plain(json, 0, "qty"),
        .id = json_plain(json, 0, "trade_id"),
        .side_raw = json_plain(json, 0, "side"),
        .event_ns = time_of(emit),
        .flags = full ? TD_EVF_LISTED : 0,
    };
    trade.taker = emit_taker(trade.side_raw);
    return trade.id.at && emit_trade(emit, &trade) == 0 ? TD_BUCKET_OK : TD_BUCKET_MALFORMED;
}

static int read_ticker(struct emit *emit, bool full)
{
    static const struct emit_ticker_key keys[] = {
        {"last_trade_price", TD_TICKER_LAST},
        {"price_24h", TD_TICKER_OPEN},
        {"volume_24h", TD_TICKER_BASE_VOLUME},
    };
    (void)full;
    emit_begin(emit, TD_EVENT_TICKER, time_of(emit));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, 0, keys, sizeof keys / sizeof *keys) < 0 ? TD_BUCKET_MALFORMED
                                                                           : TD_BUCKET_OK;
}

/* ---- classify ---- */

static const struct {
    const char *name;
    int (*read)(struct emit *, bool full);
} channels[] = {{"l2", read_book}, {"trades", read_trade}, {"ticker", read_ticker}};

static int read_data(struct emit *emit, bool full)
{
    const struct json *json = emit->ctx->json;
    int channel = json_member(json, 0, "channel");
    struct td_text symbol = json_plain(json, 0, "symbol");
    if (json_equals(json, channel, "heartbeat"))
        return TD_BUCKET_IGNORED;
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        if (!json_equals(json, channel, channels[i].name) || !symbol.at)
            continue;
        return emit_choose(emit, symbol, blockchain_unify) ? channels[i].read(emit, full)
                                                           : TD_BUCKET_IGNORED;
    }
    return TD_BUCKET_MALFORMED;
}

static int read_rejected(struct emit *emit)
{
    struct td_text symbol = json_plain(emit->ctx->json, 0, "symbol");
    if (!symbol.at || !emit_choose(emit, symbol, blockchain_unify))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int blockchain_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int event = json_member(json, 0, "event");
    int64_t seq;
    if (!json_integer(json, 0, "seqnum", &seq))
        return TD_BUCKET_MALFORMED;
    emit_conn_seq(emit, seq);
    if (json_equals(json, event, "updated") || json_equals(json, event, "snapshot"))
        return read_data(emit, json_equals(json, event, "snapshot"));
    if (json_equals(json, event, "rejected"))
        return read_rejected(emit);
    bool known = json_equals(json, event, "subscribed") || json_equals(json, event, "unsubscribed");
    return known ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int blockchain_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, blockchain_scan, blockchain_read);
}

/* ---- symbol list: an object by symbol, as recorded a list with "symbol" inside. A step is a number and its scale ---- */

static struct td_text step_of(const struct json *json, const char *key, const char *scale_key,
                              char buffer[TD_DECIMAL_TEXT_MAX])
{
    int64_t number, scale;
    if (!json_integer(json, 0, key, &number) || !json_integer(json, 0, scale_key, &scale) ||
        scale > TD_SCALE_MAX)
        return (struct td_text){NULL, 0};
    return (struct td_text){buffer, (uint32_t)td_decimal_from_steps(number, (int)scale, buffer)};
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    char price[TD_DECIMAL_TEXT_MAX], size[TD_DECIMAL_TEXT_MAX];
    if (!listing->raw.at)
        listing->raw = json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "base_currency");
    listing->quote = json_plain(json, 0, "counter_currency");
    listing->status = json_plain(json, 0, "status");
    listing->price_step = step_of(json, "min_price_increment", "min_price_increment_scale", price);
    listing->size_step = step_of(json, "lot_size", "lot_size_scale", size);
    if (listing->raw.at && ctx->listing)
        ctx->listing(ctx, listing);
    return false; /* handed on already: the steps live here */
}

static int blockchain_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                                 const struct td_frame *frame)
{
    (void)frame;
    bool list = memmem(url.at, url.bytes, "/symbols", strlen("/symbols")) ||
                memmem(url.at, url.bytes, "/instruments", strlen("/instruments"));
    return list ? listing_parse(ctx, body, "", list_entry) : TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync: heartbeats first, since the venue is quiet, then one symbol and channel a message ---- */

static size_t put_text(const struct instrument *instrument, const char *action, const char *channel,
                       char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"action\":\"%s\",\"channel\":\"%s\",\"symbol\":\"%s\"}", action,
                      channel, instrument->raw);
    return subscription_text(&out, 1);
}

static size_t blockchain_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                   size_t cap)
{
    enum td_channel channel;
    const struct instrument *instrument = subscription_single(sub, n > 0 ? n - 1 : 0, &channel);
    struct td_str out = td_str_on(buffer, cap);
    if (!instrument)
        return 0;
    if (n > 0)
        return put_text(instrument, "subscribe", channels[channel].name, buffer, cap);
    td_str_add(&out, "{\"action\":\"subscribe\",\"channel\":\"heartbeat\"}");
    return subscription_text(&out, 1);
}

static size_t blockchain_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                     size_t cap)
{
    enum td_channel channel;
    const struct instrument *instrument = subscription_single(sub, n, &channel);
    return instrument ? put_text(instrument, "unsubscribe", channels[channel].name, buffer, cap)
                      : 0;
}

static size_t blockchain_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                     size_t cap)
{
    return n > 1 ? 0 : put_text(instrument, n ? "subscribe" : "unsubscribe", "l2", buffer, cap);
}

static size_t blockchain_list_url(const char *rest_url, const struct venue_subscription *sub,
                                  unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/v3/exchange/symbols", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_blockchain = {
    .name = "blockchain",
    .title = "Blockchain.com",
    .ws_url = "wss://ws.blockchain.info/mercury-gateway/v1/ws",
    .rest_url = "https://api.blockchain.com",
    .headers = ORIGIN,
    .rule = SYNC_CONN1,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = blockchain_spell,
    .unify = blockchain_unify,
    .subscribe = blockchain_subscribe,
    .unsubscribe = blockchain_unsubscribe,
    .resubscribe = blockchain_resubscribe,
    .list_url = blockchain_list_url,
    .parse = blockchain_parse,
    .parse_http = blockchain_parse_http,
};
