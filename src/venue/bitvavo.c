/* Bitvavo. No traffic of it was recorded [D, U]:

   book        {"event":"book","market":"BTC-EUR","nonce":18,"bids":[["101.4","2"],...],"asks":[["101.5","0"]]}
                 absolute sizes, zero deletes; newer ones may end in ,"timestamp":ns
   base        {"action":"getBook","response":{"market":"BTC-EUR","nonce":17,"bids":[...],"asks":[...]}}
                 answers {"action":"getBook","market":"BTC-EUR"} on the same socket
   trade       {"event":"trade","timestamp":1767323045678,"market":"BTC-EUR","id":"5a1c...","amount":"0.04","price":"101.5",
                "side":"buy"}
                 id is a UUID; side is the taker's [U]
   ticker      {"event":"ticker","market":"BTC-EUR","bestBid":"101.4","bestBidSize":"2","bestAsk":"101.5",
                "bestAskSize":"1","lastPrice":"101.5"}
                 only what has changed may be there
   answers     {"event":"subscribed","subscriptions":{"book":["BTC-EUR"]}}, {"errorCode":205,"error":"...","action":"subscribe"}

   Sequence (BOOK+1): nonce rises by one a market [D]; changes are held until the base, whose nonce they follow. A miss costs a
   new base. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    SUBSCRIBE_GAP_MS = 100, /* [U] */
    BASE_GAP_MS = 200,      /* [U] */
};

static td_err bitvavo_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol);
    return 0;
}

static td_err bitvavo_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(!strchr(symbol, '-'), TD_E_VENUE_SYMBOL);
    return td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol)) ? 0 : TD_E_VENUE_SYMBOL;
}

static void begin_book(struct emit *emit, enum td_event_kind kind, int64_t event_ns, int64_t nonce)
{
    emit_begin(emit, kind, event_ns);
    emit->event->seq_last = nonce;
    emit->event->flags |= TD_EVF_HAS_SEQ;
}

/* ---- fixed form ---- */

static bool scan_market(struct emit *emit, struct scan *scan)
{
    struct td_text market;
    return SCAN(scan, ",\"market\":") && scan_string(scan, &market) &&
           emit_choose(emit, market, bitvavo_unify);
}

static bool scan_book(struct emit *emit, struct scan *scan)
{
    int64_t nonce;
    if (!scan_market(emit, scan) || !SCAN(scan, ",\"nonce\":") || !scan_integer(scan, &nonce) ||
        !SCAN(scan, ",\"bids\":["))
        return false;
    begin_book(emit, TD_EVENT_DELTA, EMIT_NO_TIME, nonce);
    if (!emit_scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !emit_scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, "}"))
        return false;
    emit_end(emit);
    return true;
}

static bool scan_trade(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    if (!SCAN(scan, ",\"timestamp\":") || !scan_epoch_ms(scan, &trade.event_ns) ||
        !scan_market(emit, scan) || !SCAN(scan, ",\"id\":") || !scan_string(scan, &trade.id) ||
        !SCAN(scan, ",\"amount\":") || !scan_string(scan, &trade.size) ||
        !SCAN(scan, ",\"price\":") || !scan_string(scan, &trade.price) ||
        !SCAN(scan, ",\"side\":") || !scan_string(scan, &trade.side_raw) || !SCAN(scan, "}"))
        return false;
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade) == 0;
}

static const struct emit_ticker_key ticker_keys[] = {
    {"bestBid", TD_TICKER_BID},    {"bestBidSize", TD_TICKER_BID_SIZE},
    {"bestAsk", TD_TICKER_ASK},    {"bestAskSize", TD_TICKER_ASK_SIZE},
    {"lastPrice", TD_TICKER_LAST},
};
enum { TICKER_KEYS = sizeof ticker_keys / sizeof *ticker_keys };

/* Any of the values may be missing; one without a bid goes to jsmn. */
static bool scan_ticker(struct emit *emit, struct scan *scan)
{
    static const char *const head[] = {"market"};
    struct td_text value[1 + TICKER_KEYS];
    if (!emit_scan_members(scan, head, 1, ticker_keys, TICKER_KEYS, value) || !value->at ||
        value->at[-1] != '"' || !emit_choose(emit, *value, bitvavo_unify))
        return false;
    emit_begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_scan_values(emit, value + 1, ticker_keys, TICKER_KEYS) &&
           emit->event->ticker.present;
}

static bool bitvavo_scan(struct emit *emit, struct scan *scan)
{
    struct scan whole = *scan;
    if (SCAN(&whole, "{\"event\":\"ticker\","))
        return scan_ticker(emit, scan);
    if (SCAN(scan, "{\"event\":\"book\""))
        return scan_book(emit, scan);
    return SCAN(scan, "{\"event\":\"trade\"") && scan_trade(emit, scan);
}

/* ---- parse: `data` is the message, of a base its response ---- */

static int read_levels(struct emit *emit, int data, enum td_event_kind kind)
{
    const struct json *json = emit->ctx->json;
    int64_t nonce;
    if (!json_integer(json, data, "nonce", &nonce))
        return TD_BUCKET_MALFORMED;
    begin_book(emit, kind, emit_time_epoch(emit, json_plain(json, data, "timestamp")), nonce);
    if (emit_read_levels(emit, json_member(json, data, "bids"), TD_SIDE_BID) < 0 ||
        emit_read_levels(emit, json_member(json, data, "asks"), TD_SIDE_ASK) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_book(struct emit *emit, int data)
{
    return read_levels(emit, data, TD_EVENT_DELTA);
}

static int read_base(struct emit *emit, int data)
{
    return read_levels(emit, data, TD_EVENT_SNAPSHOT);
}

static int read_trade(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, data, "price"),
        .size = json_plain(json, data, "amount"),
        .id = json_plain(json, data, "id"),
        .side_raw = json_plain(json, data, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, data, "timestamp")),
    };
    trade.taker = emit_taker(trade.side_raw);
    return trade.id.at && emit_trade(emit, &trade) == 0 ? TD_BUCKET_OK : TD_BUCKET_MALFORMED;
}

static int read_ticker(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    for (size_t i = 0; i < TICKER_KEYS; i++) {
        int value = json_member(json, data, ticker_keys[i].key);
        if (value >= 0 && emit_ticker_value(emit, (enum td_ticker_field)ticker_keys[i].field,
                                            json_text(json, value)) < 0)
            return TD_BUCKET_MALFORMED;
    }
    return emit->event->ticker.present ? TD_BUCKET_OK : TD_BUCKET_MALFORMED;
}

/* ---- classify ---- */

static const struct {
    const char *event;
    int (*read)(struct emit *, int data);
} messages[] = {{"book", read_book}, {"trade", read_trade}, {"ticker", read_ticker}};

static int read_named(struct emit *emit, int data, int (*read)(struct emit *, int))
{
    struct td_text market = json_plain(emit->ctx->json, data, "market");
    if (!market.at)
        return TD_BUCKET_MALFORMED;
    return emit_choose(emit, market, bitvavo_unify) ? read(emit, data) : TD_BUCKET_IGNORED;
}

static int bitvavo_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int event = json_member(json, 0, "event"), response = json_member(json, 0, "response");
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (json_equals(json, event, messages[i].event))
            return read_named(emit, 0, messages[i].read);
    if (response >= 0 && json_equals(json, json_member(json, 0, "action"), "getBook"))
        return read_named(emit, response, read_base);
    bool known = json_equals(json, event, "subscribed") ||
                 json_equals(json, event, "unsubscribed") || json_member(json, 0, "errorCode") >= 0;
    return known ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int bitvavo_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, bitvavo_scan, bitvavo_read);
}

/* ---- HTTP: markets and volumes. pricePrecision counts digits, not decimals, so the tick alone tells a step [U] ---- */

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int64_t decimals;
    listing->raw = json_plain(json, 0, "market");
    listing->base = json_plain(json, 0, "base");
    listing->quote = json_plain(json, 0, "quote");
    listing->status = json_plain(json, 0, "status");
    listing->price_step = json_plain(json, 0, "tickSize");
    if (json_integer(json, 0, "quantityDecimals", &decimals) && decimals <= TD_SCALE_MAX)
        listing->size_step = listing_step((int)decimals);
    return listing->raw.at;
}

static bool list_volume(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "market");
    listing->volume = json_plain(ctx->json, 0, "volumeQuote");
    return listing->raw.at && listing->volume.at;
}

static int bitvavo_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                              const struct td_frame *frame)
{
    (void)frame;
    if (memmem(url.at, url.bytes, "/v2/markets", strlen("/v2/markets")))
        return listing_parse(ctx, body, "", list_entry);
    bool volumes = memmem(url.at, url.bytes, "/v2/ticker/24h", strlen("/v2/ticker/24h"));
    return volumes ? listing_parse(ctx, body, "", list_volume) : TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync: one market a message, a bad one fails its message alone ---- */

static const char *const channels[] = {"book", "trades", "ticker"};

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *action,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    const struct instrument *instrument = subscription_single(sub, n, &channel);
    if (!instrument)
        return 0;
    td_str_add_format(&out,
                      "{\"action\":\"%s\",\"channels\":[{\"name\":\"%s\",\"markets\":[\"%s\"]}]}",
                      action, channels[channel], instrument->raw);
    return subscription_text(&out, 1);
}

static size_t bitvavo_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

static size_t bitvavo_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t bitvavo_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                  size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 0)
        return 0;
    td_str_add_format(&out, "{\"action\":\"getBook\",\"market\":\"%s\"}", instrument->raw);
    return subscription_text(&out, 1);
}

static size_t bitvavo_list_url(const char *rest_url, const struct venue_subscription *sub,
                               unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/v2/markets", buffer, cap);
}

static size_t bitvavo_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/v2/ticker/24h", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_bitvavo = {
    .name = "bitvavo",
    .title = "Bitvavo",
    .ws_url = "wss://ws.bitvavo.com/v2/",
    .rest_url = "https://api.bitvavo.com",
    .rule = SYNC_BOOK1,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_REQUEST,
    .has_event_time = true,
    .crossed_is_error = true,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .base_gap_ms = BASE_GAP_MS,
    .spell = bitvavo_spell,
    .unify = bitvavo_unify,
    .subscribe = bitvavo_subscribe,
    .unsubscribe = bitvavo_unsubscribe,
    .resubscribe = bitvavo_resubscribe,
    .list_url = bitvavo_list_url,
    .volume_url = bitvavo_volume_url,
    .parse = bitvavo_parse,
    .parse_http = bitvavo_parse_http,
};
