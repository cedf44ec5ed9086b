/* KuCoin spot, the classic feed whose address comes with a token.

   handshake   POST /api/v1/bullet-public gives {"code":"200000","data":{"token":"T","instanceServers":[
                {"endpoint":"wss://...","pingInterval":18000,...}]}}; the dial goes to endpoint?token=T&connectId=1
   level2      {"data":{"sequenceStart":11,"symbol":"BTC-USDT","changes":{"asks":[["101.5","2","12"],...],"bids":[]},
                "sequenceEnd":13},"subject":"trade.l2update","topic":"/market/level2:BTC-USDT","type":"message"}
                 price, absolute size, sequence; size zero deletes, price "0" only carries the sequence [C 1355 of 3853];
                 newer ones hold "time" (ms) in data and name topic first [D]
   base (HTTP) {"code":"200000","data":{"time":ms,"sequence":"12","bids":[["101.4","2"],...],"asks":[...]}}
                 the request's URL names the symbol
   match       {"data":{"symbol":"BTC-USDT","sequence":"9","side":"buy","size":"0.1","price":"101.5","time":"ns",
                "tradeId":"6085c09769bc506996295e36",...},"subject":"trade.l3match","topic":"/market/match:BTC-USDT",...}
                 taker's side [C 18 of 18]; the id is text
   ticker      {"data":{"sequence":"9","bestAsk":"101.5","size":"0.1","bestBidSize":"2","price":"101.5","time":ms,
                "bestAskSize":"1","bestBid":"101.4"},"subject":"trade.ticker","topic":"/market/ticker:BTC-USDT",...}
   others      {"id":"1","type":"welcome"|"ack"|"pong"}, {"id":"1","type":"error","code":404,"data":"topic ... "}

   Sequence (RANGE): each start is the end before + 1 [C 3844 of 3844], and the chain joins a base L where start <= L + 1
   <= end [C 9 of 9]. A miss needs a new base. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    SYMBOLS_A_MESSAGE = 50,    /* 100 are allowed in a topic; a text of 50 stays below 2 KB */
    SUBSCRIBE_GAP_MS = 200,    /* [U] 100 messages in 10 s */
    SUBSCRIBE_DELAY_MS = 1000, /* [U] the welcome comes first */
    PING_MS = 18000,
    BASE_GAP_MS = 500,
    CONN_TOPICS = 300,       /* [U] subscriptions of one connection */
    CONN_LIFE_S = 23 * 3600, /* [D] the token holds for 24 hours */
};
#define PING "{\"id\":\"1\",\"type\":\"ping\"}"
#define LEVEL2 "/market/level2:"
#define MATCH "/market/match:"
#define TICKER "/market/ticker:"

static td_err kucoin_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    return spelling_from('-', raw, raw_bytes, symbol);
}

static td_err kucoin_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return spelling_to('-', symbol, raw);
}

/* ---- fixed form ---- */

/* `"101.5","2","12"],...]`: price "0" is no level. */
static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps, sequence;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "[\"") || !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, "\",\"") || !emit_scan_steps(emit, scan, false, &size_steps, &decimals) ||
            !SCAN(scan, "\",\"") || !scan_integer(scan, &sequence) || !SCAN(scan, "\"]"))
            return false;
        if (price_steps != 0)
            emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_changes(struct emit *emit, struct scan *scan)
{
    return SCAN(scan, "\"changes\":{\"asks\":[") && scan_side(emit, scan, TD_SIDE_ASK) &&
           SCAN(scan, ",\"bids\":[") && scan_side(emit, scan, TD_SIDE_BID) && SCAN(scan, "}");
}

/* The end of the range stands behind the levels, so what comes in pieces goes to jsmn. */
static bool end_update(struct emit *emit, int64_t first, int64_t last)
{
    if (emit->sink->overflowed)
        return false;
    emit_sequence(emit, 0, first, last);
    emit_end(emit);
    return true;
}

/* A topic as text; its name, which follows `head`, chooses the instrument. */
static bool scan_topic(struct emit *emit, struct scan *scan, const char *head, struct td_text *name)
{
    uint32_t bytes = (uint32_t)strlen(head);
    if (!scan_string(scan, name) || name->bytes <= bytes || memcmp(name->at, head, bytes) != 0)
        return false;
    *name = (struct td_text){name->at + bytes, name->bytes - bytes};
    return emit_choose(emit, *name, kucoin_unify);
}

static bool same(struct td_text a, struct td_text b)
{
    return a.bytes == b.bytes && memcmp(a.at, b.at, a.bytes) == 0;
}

static bool scan_recorded(struct emit *emit, struct scan *scan)
{
    int64_t first, last;
    struct td_text symbol, name;
    if (!scan_integer(scan, &first) || !SCAN(scan, ",\"symbol\":") || !scan_string(scan, &symbol) ||
        !emit_choose(emit, symbol, kucoin_unify) || !SCAN(scan, ","))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, EMIT_NO_TIME);
    if (!scan_changes(emit, scan) || !SCAN(scan, ",\"sequenceEnd\":") ||
        !scan_integer(scan, &last) || !SCAN(scan, "},\"subject\":\"trade.l2update\",\"topic\":") ||
        !scan_topic(emit, scan, LEVEL2, &name) || !same(symbol, name) ||
        !SCAN(scan, ",\"type\":\"message\"}"))
        return false;
    return end_update(emit, first, last);
}

/* As the documentation prints it: topic first, a time last. */
static bool scan_documented(struct emit *emit, struct scan *scan)
{
    int64_t first, last, event_ns;
    struct td_text symbol, name;
    if (!scan_topic(emit, scan, LEVEL2, &name) ||
        !SCAN(scan, ",\"type\":\"message\",\"subject\":\"trade.l2update\",\"data\":{"))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, EMIT_NO_TIME);
    if (!scan_changes(emit, scan) || !SCAN(scan, ",\"sequenceEnd\":") ||
        !scan_integer(scan, &last) || !SCAN(scan, ",\"sequenceStart\":") ||
        !scan_integer(scan, &first) || !SCAN(scan, ",\"symbol\":") || !scan_string(scan, &symbol) ||
        !same(symbol, name) || !SCAN(scan, ",\"time\":") || !scan_epoch_ms(scan, &event_ns) ||
        !SCAN(scan, "}}") || !end_update(emit, first, last))
        return false;
    emit->event->event_ns = event_ns;
    emit->event->flags &= (uint16_t)~TD_EVF_NO_EVENT_TIME;
    return true;
}

static bool scan_figure(struct emit *emit, struct scan *scan, enum td_ticker_field field)
{
    struct td_text text;
    return scan_string(scan, &text) && emit_ticker_value(emit, field, text) == 0;
}

/* Whose it is stands last; the values do not depend on it. */
static bool scan_ticker(struct emit *emit, struct scan *scan)
{
    int64_t last, event_ns;
    struct td_text topic;
    if (!scan_integer(scan, &last))
        return false;
    emit_begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    if (!SCAN(scan, "\",\"bestAsk\":") || !scan_figure(emit, scan, TD_TICKER_ASK) ||
        !SCAN(scan, ",\"size\":") || !scan_figure(emit, scan, TD_TICKER_LAST_SIZE) ||
        !SCAN(scan, ",\"bestBidSize\":") || !scan_figure(emit, scan, TD_TICKER_BID_SIZE) ||
        !SCAN(scan, ",\"price\":") || !scan_figure(emit, scan, TD_TICKER_LAST) ||
        !SCAN(scan, ",\"time\":") || !scan_epoch_ms(scan, &event_ns) ||
        !SCAN(scan, ",\"bestAskSize\":") || !scan_figure(emit, scan, TD_TICKER_ASK_SIZE) ||
        !SCAN(scan, ",\"bestBid\":") || !scan_figure(emit, scan, TD_TICKER_BID) ||
        !SCAN(scan, "},\"subject\":\"trade.ticker\",\"topic\":") ||
        !scan_topic(emit, scan, TICKER, &topic) || !SCAN(scan, ",\"type\":\"message\"}"))
        return false;
    emit->event->instrument = (uint16_t)emit->index;
    emit_stamp(emit, event_ns);
    emit_sequence(emit, 0, 0, last);
    return true;
}

static bool kucoin_scan(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "{\"data\":{\"sequence\":\""))
        return scan_ticker(emit, scan);
    if (SCAN(scan, "{\"data\":{\"sequenceStart\":"))
        return scan_recorded(emit, scan);
    return SCAN(scan, "{\"topic\":") && scan_documented(emit, scan);
}

static bool scan_base(struct emit *emit, struct scan *scan)
{
    int64_t event_ns, last;
    if (!emit_choose_by_url(emit, "symbol=", kucoin_unify) ||
        !SCAN(scan, "{\"code\":\"200000\",\"data\":{\"time\":") ||
        !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, ",\"sequence\":\"") ||
        !scan_integer(scan, &last) || !SCAN(scan, "\",\"bids\":["))
        return false;
    emit_begin(emit, TD_EVENT_SNAPSHOT, event_ns);
    emit_sequence(emit, 0, 0, last);
    if (!emit_scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !emit_scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, "}}"))
        return false;
    emit_end(emit);
    return true;
}

/* ---- parse ---- */

static td_err read_side(struct emit *emit, int list, enum td_side side)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    for (int level = json_first(json, list); level >= 0; level = json_next(json, level)) {
        int64_t price_steps, size_steps;
        TD_FAIL_IF(!json_is_array(json, level) || json_size(json, level) < 2, TD_E_VENUE_JSON);
        int price = json_first(json, level), size = json_next(json, price);
        TD_TRY(emit_price(emit, json_text(json, price), &price_steps));
        TD_TRY(emit_size(emit, json_text(json, size), &size_steps));
        if (price_steps != 0)
            emit_steps(emit, side, price_steps, size_steps);
    }
    return 0;
}

static int read_update(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int64_t first, last;
    int changes = json_member(json, data, "changes");
    if (!json_integer(json, data, "sequenceStart", &first) ||
        !json_integer(json, data, "sequenceEnd", &last))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_DELTA, emit_time_epoch(emit, json_plain(json, data, "time")));
    emit_sequence(emit, 0, first, last);
    if (read_side(emit, json_member(json, changes, "asks"), TD_SIDE_ASK) < 0 ||
        read_side(emit, json_member(json, changes, "bids"), TD_SIDE_BID) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_match(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, data, "price"),
        .size = json_plain(json, data, "size"),
        .id = json_plain(json, data, "tradeId"),
        .side_raw = json_plain(json, data, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, data, "time")),
    };
    trade.taker = emit_taker(trade.side_raw);
    if (!trade.id.at || emit_trade(emit, &trade) < 0)
        return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static const struct emit_ticker_key ticker_keys[] = {
    {"bestBid", TD_TICKER_BID}, {"bestBidSize", TD_TICKER_BID_SIZE},
    {"bestAsk", TD_TICKER_ASK}, {"bestAskSize", TD_TICKER_ASK_SIZE},
    {"price", TD_TICKER_LAST},  {"size", TD_TICKER_LAST_SIZE},
};

static int read_ticker(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int64_t last;
    if (!json_integer(json, data, "sequence", &last))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, data, "time")));
    emit_sequence(emit, 0, 0, last);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, data, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys) < 0
               ? TD_BUCKET_MALFORMED
               : TD_BUCKET_OK;
}

/* ---- classify ---- */

static const struct {
    const char *topic;
    int (*read)(struct emit *, int data); /* NULL: known, not recorded */
} topics[] = {
    {LEVEL2, read_update},      {MATCH, read_match},         {TICKER, read_ticker},
    {"/market/candles:", NULL}, {"/market/snapshot:", NULL},
};

static int read_message(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text topic = json_plain(json, 0, "topic");
    int data = json_member(json, 0, "data");
    for (size_t i = 0; topic.at && i < sizeof topics / sizeof *topics; i++) {
        size_t bytes = strlen(topics[i].topic);
        if (topic.bytes <= bytes || memcmp(topic.at, topics[i].topic, bytes) != 0)
            continue;
        if (!topics[i].read)
            return TD_BUCKET_IGNORED;
        struct td_text symbol = {topic.at + bytes, topic.bytes - (uint32_t)bytes};
        return emit_choose(emit, symbol, kucoin_unify) ? topics[i].read(emit, data)
                                                       : TD_BUCKET_IGNORED;
    }
    return TD_BUCKET_MALFORMED;
}

/* "topic /market/level2:BTC-ABC is not found" [U]: a topic of several names does not say which one was wrong. */
static int read_error(struct emit *emit)
{
    struct td_text data = json_plain(emit->ctx->json, 0, "data");
    const char *colon = data.at ? memchr(data.at, ':', data.bytes) : NULL;
    if (!colon)
        return TD_BUCKET_IGNORED;
    const char *end = data.at + data.bytes, *name = colon + 1, *stop = name;
    while (stop < end && *stop != ' ' && *stop != ',')
        stop++;
    bool one = stop > name && (stop == end || *stop == ' ');
    if (!one || !emit_choose(emit, (struct td_text){name, (uint32_t)(stop - name)}, kucoin_unify))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int kucoin_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int type = json_member(json, 0, "type");
    if (json_equals(json, type, "message"))
        return read_message(emit);
    if (json_equals(json, type, "error"))
        return read_error(emit);
    bool quiet = json_equals(json, type, "ack") || json_equals(json, type, "pong") ||
                 json_equals(json, type, "welcome");
    return quiet ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int kucoin_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, kucoin_scan, kucoin_read);
}

static int read_base(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int64_t last;
    int data = json_member(json, 0, "data");
    if (!emit_choose_by_url(emit, "symbol=", kucoin_unify))
        return TD_BUCKET_IGNORED;
    if (!json_integer(json, data, "sequence", &last))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_SNAPSHOT, emit_time_epoch(emit, json_plain(json, data, "time")));
    emit_sequence(emit, 0, 0, last);
    if (emit_read_levels(emit, json_member(json, data, "bids"), TD_SIDE_BID) < 0 ||
        emit_read_levels(emit, json_member(json, data, "asks"), TD_SIDE_ASK) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    static const char *const words[] = {"disabled", "enabled"};
    const struct json *json = ctx->json;
    const char *word = words[json_equals(json, json_member(json, 0, "enableTrading"), "true")];
    listing->raw = json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "baseCurrency");
    listing->quote = json_plain(json, 0, "quoteCurrency");
    listing->price_step = json_plain(json, 0, "priceIncrement");
    listing->size_step = json_plain(json, 0, "baseIncrement");
    listing->status = (struct td_text){word, (uint32_t)strlen(word)};
    return listing->raw.at;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "symbol");
    listing->volume = json_plain(ctx->json, 0, "volValue");
    return listing->raw.at;
}

static int kucoin_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                             const struct td_frame *frame)
{
    if (memmem(url.at, url.bytes, "/symbols", strlen("/symbols")))
        return listing_parse(ctx, body, "data", list_entry);
    if (memmem(url.at, url.bytes, "/allTickers", strlen("/allTickers")))
        return listing_parse(ctx, body, "data.ticker", volume_entry);
    if (!memmem(url.at, url.bytes, "/orderbook/level2", strlen("/orderbook/level2")))
        return TD_BUCKET_IGNORED;
    return emit_parse(ctx, frame, body, scan_base, read_base);
}

/* ---- subscribe and resync ---- */

static void put_name(const struct venue_subscription *sub, const struct instrument *instrument,
                     struct td_str *out)
{
    (void)sub;
    td_str_add(out, instrument->raw);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *type,
                               char *buffer, size_t cap)
{
    static const char *const topic[] = {
        [TD_CHANNEL_BOOK] = LEVEL2, [TD_CHANNEL_TRADES] = MATCH, [TD_CHANNEL_TICKER] = TICKER};
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    unsigned batch;
    if (!subscription_channel(sub, n, &channel, &batch))
        return 0;
    td_str_add_format(&out, "{\"id\":\"%u\",\"type\":\"%s\",\"topic\":\"%s", n + 1, type,
                      topic[channel]);
    unsigned count = subscription_batch(sub, batch, SYMBOLS_A_MESSAGE, &out, put_name);
    td_str_add(&out, "\",\"response\":true}");
    return subscription_text(&out, count);
}

static size_t kucoin_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

static size_t kucoin_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

/* The full book wants a key; what lies deeper than 100 appears when it is touched [D]. */
static size_t kucoin_base_url(const char *rest_url, const struct instrument *instrument,
                              char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s/api/v1/market/orderbook/level2_100?symbol=%s", rest_url,
                      instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t kucoin_list_url(const char *rest_url, const struct venue_subscription *sub,
                              unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/api/v2/symbols", buffer, cap);
}

static size_t kucoin_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/api/v1/market/allTickers", buffer, cap);
}

/* The text between the quotes behind `key`; the answer is small and of one form. */
static struct td_text quoted(struct td_text text, const char *key)
{
    const char *end = text.at + text.bytes;
    const char *at = memmem(text.at, text.bytes, key, strlen(key));
    const char *stop = at ? memchr(at + strlen(key), '"', (size_t)(end - at) - strlen(key)) : NULL;
    if (!stop)
        return (struct td_text){NULL, 0};
    at += strlen(key);
    return (struct td_text){at, (uint32_t)(stop - at)};
}

static size_t kucoin_dial_url(struct td_text answer, char *buffer, size_t cap)
{
    struct td_text token = quoted(answer, "\"token\":\"");
    struct td_text endpoint = quoted(answer, "\"endpoint\":\"");
    struct td_str out = td_str_on(buffer, cap);
    if (!token.at || !token.bytes || !endpoint.at || !endpoint.bytes)
        return 0;
    td_str_add_bytes(&out, endpoint.at, endpoint.bytes);
    td_str_add(&out, "?token=");
    td_str_add_bytes(&out, token.at, token.bytes);
    td_str_add(&out, "&connectId=1");
    return out.cut ? 0 : out.bytes;
}

/* ---- descriptor ---- */

const struct venue venue_kucoin = {
    .name = "kucoin",
    .title = "KuCoin spot",
    .ws_url = "wss://ws-api-spot.kucoin.com",
    .rest_url = "https://api.kucoin.com",
    .conn_channels_max = CONN_TOPICS,
    .rule = SYNC_RANGE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_BASE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = PING,
    .ping_interval_ms = PING_MS,
    .token_path = "/api/v1/bullet-public",
    .dial_url = kucoin_dial_url,
    .subscribe_delay_ms = SUBSCRIBE_DELAY_MS,
    .conn_life_s = CONN_LIFE_S,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .base_gap_ms = BASE_GAP_MS,
    .spell = kucoin_spell,
    .unify = kucoin_unify,
    .subscribe = kucoin_subscribe,
    .unsubscribe = kucoin_unsubscribe,
    .base_url = kucoin_base_url,
    .list_url = kucoin_list_url,
    .volume_url = kucoin_volume_url,
    .parse = kucoin_parse,
    .parse_http = kucoin_parse_http,
};
