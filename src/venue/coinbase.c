/* Coinbase Exchange.

   snapshot    {"type":"snapshot","product_id":"BTC-USD","asks":[["101.5","0.2"],...],"bids":[...]}
                 newer ones end in ,"time":"..."
   l2update    {"type":"l2update","product_id":"BTC-USD","changes":[["buy","101.4","0"],...],
                "time":"2026-01-02T03:04:05.678901Z"}
                 buy = bids, sell = asks; price; absolute size, zero deletes
   match       {"type":"match","trade_id":7,"maker_order_id":"...","taker_order_id":"...","side":"sell",
                "size":"0.04","price":"101.5","product_id":"BTC-USD","sequence":9,"time":"..."}
                 side is the MAKER's; trade_id +1 a product
   last_match  the same form: one old trade of each product after subscribing
   ticker      {"type":"ticker","sequence":9,"product_id":"BTC-USD","price":"101.5","open_24h":...,
                "volume_24h":...,"low_24h":...,"high_24h":...,"volume_30d":...,"best_bid":...,
                "best_ask":...,"side":"buy","time":"...","trade_id":7,"last_size":"0.04"}
   trades (HTTP, after a hole) [{"trade_id":7,"side":"sell","size":"0.04","price":"101.5","time":"..."},...] [D]
                 newest first, side as in a match; the URL names the product
   heartbeat   {"type":"heartbeat","sequence":9,"last_trade_id":7,"product_id":"BTC-USD","time":"..."}

   Sequence: the book carries no number, so a hole cannot be seen and a snapshot alone proves it [C 9719
   updates, never crossed]. Tripwires are heartbeat silence, holes in trade_id, and a crossed book. */
#include <string.h>

#include "base/text.h"
#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    PRODUCTS_A_MESSAGE = 1, /* a bad product fails its message alone */
    HEARTBEAT_MS = 1000,
    SUBSCRIBE_GAP_MS = 100, /* 100 messages a second are allowed, and five seconds to the first */
};

static td_err coinbase_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol);
    return 0;
}

static td_err coinbase_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(!strchr(symbol, '-'), TD_E_VENUE_SYMBOL);
    TD_FAIL_IF(!td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol)), TD_E_VENUE_SYMBOL);
    return 0;
}

/* ---- fixed form ---- */

/* The stamp stands last, yet an event states its time before its levels: the end of the frame is
 * read first. */
#define TIME_KEY ",\"time\":\""
enum { TIME_TAIL_BYTES = sizeof TIME_KEY - 1 + SCAN_UTC_BYTES + 2 };

static bool scan_time_tail(const struct scan *scan, int64_t *ns)
{
    const char *tail = scan->end - TIME_TAIL_BYTES;
    return scan->end - scan->at > TIME_TAIL_BYTES &&
           memcmp(tail, TIME_KEY, sizeof TIME_KEY - 1) == 0 &&
           memcmp(scan->end - 2, "\"}", 2) == 0 && scan_utc_us(tail + sizeof TIME_KEY - 1, ns);
}

static bool scan_product(struct emit *emit, struct scan *scan)
{
    struct td_text product;
    return scan_string(scan, &product) && emit_choose(emit, product, coinbase_unify);
}

/* `14.80","12.77"]`, then a comma or the end of the list. */
static inline bool scan_level(struct emit *emit, struct scan *scan, enum td_side side, bool *more)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    if (!emit_scan_steps(emit, scan, true, &price_steps, &decimals) || !SCAN(scan, "\",\"") ||
        !emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "\"]"))
        return false;
    emit_steps(emit, side, price_steps, size_steps);
    *more = SCAN(scan, ",");
    return *more || SCAN(scan, "]");
}

static bool scan_changes(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "]"))
        return true;
    for (bool more = true; more;) {
        enum td_side side = TD_SIDE_BID;
        if (!SCAN(scan, "[\"buy\",\"")) {
            if (!SCAN(scan, "[\"sell\",\""))
                return false;
            side = TD_SIDE_ASK;
        }
        if (!scan_level(emit, scan, side, &more))
            return false;
    }
    return true;
}

static bool scan_l2update(struct emit *emit, struct scan *scan)
{
    int64_t ns;
    if (!scan_product(emit, scan) || !SCAN(scan, ",\"changes\":[") || !scan_time_tail(scan, &ns))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, ns);
    if (!scan_changes(emit, scan) || scan->end - scan->at != TIME_TAIL_BYTES)
        return false;
    scan->at = scan->end;
    emit_end(emit);
    return true;
}

static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    if (SCAN(scan, "]"))
        return true;
    for (bool more = true; more;)
        if (!SCAN(scan, "[\"") || !scan_level(emit, scan, side, &more))
            return false;
    return true;
}

static bool scan_snapshot(struct emit *emit, struct scan *scan)
{
    int64_t ns;
    if (!scan_product(emit, scan) || !SCAN(scan, ",\"asks\":["))
        return false;
    bool timed = scan_time_tail(scan, &ns);
    emit_begin(emit, TD_EVENT_SNAPSHOT, timed ? ns : EMIT_NO_TIME);
    if (!scan_side(emit, scan, TD_SIDE_ASK) || !SCAN(scan, ",\"bids\":[") ||
        !scan_side(emit, scan, TD_SIDE_BID))
        return false;
    emit_end(emit);
    if (!timed)
        return SCAN(scan, "}");
    if (scan->end - scan->at != TIME_TAIL_BYTES)
        return false;
    scan->at = scan->end;
    return true;
}

/* The wire names the maker's side; the taker stood on the other one. */
static uint8_t taker_of(struct td_text maker)
{
    uint8_t side = emit_taker(maker);
    return side == TD_TAKER_UNKNOWN ? side : side == TD_TAKER_BUY ? TD_TAKER_SELL : TD_TAKER_BUY;
}

static bool scan_match(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    struct td_text skipped, time;
    int64_t sequence;
    if (!SCAN(scan, ",\"trade_id\":") || !scan_integer_text(scan, &trade.id) ||
        !SCAN(scan, ",\"maker_order_id\":") || !scan_string(scan, &skipped) ||
        !SCAN(scan, ",\"taker_order_id\":") || !scan_string(scan, &skipped) ||
        !SCAN(scan, ",\"side\":") || !scan_string(scan, &trade.side_raw) ||
        !SCAN(scan, ",\"size\":") || !scan_string(scan, &trade.size) ||
        !SCAN(scan, ",\"price\":") || !scan_string(scan, &trade.price) ||
        !SCAN(scan, ",\"product_id\":") || !scan_product(emit, scan) ||
        !SCAN(scan, ",\"sequence\":") || !scan_integer(scan, &sequence) ||
        !SCAN(scan, ",\"time\":") || !scan_string(scan, &time) || !SCAN(scan, "}"))
        return false;
    trade.event_ns = emit_time_utc(emit, time);
    trade.taker = taker_of(trade.side_raw);
    return emit_trade(emit, &trade) == 0;
}

static bool coinbase_scan(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "{\"type\":\"l2update\",\"product_id\":"))
        return scan_l2update(emit, scan);
    if (SCAN(scan, "{\"type\":\"match\""))
        return scan_match(emit, scan);
    if (SCAN(scan, "{\"type\":\"snapshot\",\"product_id\":"))
        return scan_snapshot(emit, scan);
    return false;
}

/* ---- parse ---- */

static bool choose(struct emit *emit, struct td_text product)
{
    return product.at && emit_choose(emit, product, coinbase_unify);
}

static int read_snapshot(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text product = json_plain(json, 0, "product_id");
    if (!product.at)
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, product))
        return TD_BUCKET_IGNORED;
    emit_begin(emit, TD_EVENT_SNAPSHOT, emit_time_utc(emit, json_plain(json, 0, "time")));
    if (emit_read_levels(emit, json_member(json, 0, "asks"), TD_SIDE_ASK) < 0 ||
        emit_read_levels(emit, json_member(json, 0, "bids"), TD_SIDE_BID) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static td_err read_change(struct emit *emit, int change)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, change) || json_size(json, change) < 3, TD_E_VENUE_JSON);
    int side = json_first(json, change), price = json_next(json, side);
    bool buy = json_equals(json, side, "buy");
    TD_FAIL_IF(!buy && !json_equals(json, side, "sell"), TD_E_VENUE_JSON);
    return emit_level(emit, buy ? TD_SIDE_BID : TD_SIDE_ASK, json_text(json, price),
                      json_text(json, json_next(json, price)));
}

static int read_l2update(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text product = json_plain(json, 0, "product_id");
    int changes = json_member(json, 0, "changes");
    if (!product.at || !json_is_array(json, changes))
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, product))
        return TD_BUCKET_IGNORED;
    emit_begin(emit, TD_EVENT_DELTA, emit_time_utc(emit, json_plain(json, 0, "time")));
    for (int change = json_first(json, changes); change >= 0; change = json_next(json, change))
        if (read_change(emit, change) < 0)
            return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trade_of(struct emit *emit, int object, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, object, "price"),
        .size = json_plain(json, object, "size"),
        .id = json_plain(json, object, "trade_id"),
        .side_raw = json_plain(json, object, "side"),
        .flags = flags,
    };
    if (!trade.id.at)
        return TD_BUCKET_MALFORMED;
    trade.event_ns = emit_time_utc(emit, json_plain(json, object, "time"));
    trade.taker = taker_of(trade.side_raw);
    return emit_trade(emit, &trade) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static int read_trade(struct emit *emit, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct td_text product = json_plain(json, 0, "product_id");
    if (!product.at || !json_plain(json, 0, "trade_id").at)
        return TD_BUCKET_MALFORMED;
    return choose(emit, product) ? read_trade_of(emit, 0, flags) : TD_BUCKET_IGNORED;
}

static int read_match(struct emit *emit)
{
    return read_trade(emit, 0);
}

static int read_last_match(struct emit *emit)
{
    return read_trade(emit, TD_EVF_LISTED);
}

static const struct emit_ticker_key ticker_keys[] = {
    {"price", TD_TICKER_LAST},    {"last_size", TD_TICKER_LAST_SIZE},
    {"open_24h", TD_TICKER_OPEN}, {"high_24h", TD_TICKER_HIGH},
    {"low_24h", TD_TICKER_LOW},   {"volume_24h", TD_TICKER_BASE_VOLUME},
    {"best_bid", TD_TICKER_BID},  {"best_bid_size", TD_TICKER_BID_SIZE},
    {"best_ask", TD_TICKER_ASK},  {"best_ask_size", TD_TICKER_ASK_SIZE},
};

static int read_ticker(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text product = json_plain(json, 0, "product_id");
    if (!product.at)
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, product))
        return TD_BUCKET_IGNORED;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_utc(emit, json_plain(json, 0, "time")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    if (emit_read_ticker(emit, 0, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys) < 0)
        return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static int read_heartbeat(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text product = json_plain(json, 0, "product_id");
    int64_t last_trade_id;
    if (!product.at || !json_integer(json, 0, "last_trade_id", &last_trade_id))
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, product))
        return TD_BUCKET_IGNORED;
    emit_begin(emit, TD_EVENT_HEARTBEAT, emit_time_utc(emit, json_plain(json, 0, "time")));
    emit->event->last_trade_id = last_trade_id;
    return TD_BUCKET_OK;
}

static int read_nothing(struct emit *emit)
{
    (void)emit;
    return TD_BUCKET_IGNORED;
}

/* ---- classify ---- */

static const struct {
    const char *type;
    int (*read)(struct emit *);
} messages[] = {
    {"l2update", read_l2update},     {"match", read_match},       {"ticker", read_ticker},
    {"heartbeat", read_heartbeat},   {"snapshot", read_snapshot}, {"last_match", read_last_match},
    {"subscriptions", read_nothing}, {"error", read_nothing},     {"status", read_nothing},
};

static int coinbase_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int type = json_member(json, 0, "type");
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (json_is_string(json, type) && json_equals(json, type, messages[i].type))
            return messages[i].read(emit);
    return TD_BUCKET_MALFORMED;
}

static int coinbase_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, coinbase_scan, coinbase_read);
}

/* ---- trades that were missed ---- */

#define PRODUCTS "/products/"
#define TRADES "/trades?"
enum { HISTORY_TRADES = 1000 };

/* "BTC-USD" of ".../products/BTC-USD/trades?limit=1000&after=8", absent for another page. */
static struct td_text history_product(struct td_text url)
{
    const char *at = memmem(url.at, url.bytes, PRODUCTS, strlen(PRODUCTS));
    const char *end = url.at + url.bytes;
    const char *stop = at ? memmem(at, (size_t)(end - at), TRADES, strlen(TRADES)) : NULL;
    if (!stop)
        return (struct td_text){NULL, 0};
    at += strlen(PRODUCTS);
    return (struct td_text){at, (uint32_t)(stop - at)};
}

static int read_history(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    const struct td_frame *frame = emit->frame;
    const char *tab = memchr(frame->payload, '\t', frame->bytes);
    struct td_text url = {frame->payload, (uint32_t)(tab ? tab - frame->payload : 0)};
    if (!choose(emit, history_product(url)))
        return TD_BUCKET_IGNORED;
    if (!json_is_array(json, 0))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, 0); item >= 0; item = json_next(json, item))
        if (read_trade_of(emit, item, TD_EVF_BACKFILL) != TD_BUCKET_OK)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static bool scan_nothing(struct emit *emit, struct scan *scan)
{
    (void)emit;
    (void)scan;
    return false;
}

/* ---- symbol list ---- */

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "id");
    listing->base = json_plain(json, 0, "base_currency");
    listing->quote = json_plain(json, 0, "quote_currency");
    listing->price_step = json_plain(json, 0, "quote_increment");
    listing->size_step = json_plain(json, 0, "base_increment");
    listing->status = json_plain(json, 0, "status");
    return listing->raw.at;
}

static int coinbase_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                               const struct td_frame *frame)
{
    if (history_product(url).at)
        return emit_parse(ctx, frame, body, scan_nothing, read_history);
    if (!memmem(url.at, url.bytes, "/products", strlen("/products")))
        return TD_BUCKET_IGNORED;
    return listing_parse(ctx, body, "", list_entry);
}

/* ---- subscribe and resync ---- */

static void put_channels(struct td_str *out, uint32_t channels)
{
    td_str_add(out, "],\"channels\":[");
    if (channels & 1u << TD_CHANNEL_BOOK)
        td_str_add(out, "\"level2_batch\",");
    if (channels & 1u << TD_CHANNEL_TRADES)
        td_str_add(out, "\"matches\",");
    if (channels & 1u << TD_CHANNEL_TICKER)
        td_str_add(out, "\"ticker\",");
    td_str_add(out, "\"heartbeat\"]}");
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *type,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"type\":\"%s\",\"product_ids\":[", type);
    unsigned count = subscription_batch(sub, n, PRODUCTS_A_MESSAGE, &out, subscription_put_raw);
    put_channels(&out, sub->channels);
    return subscription_text(&out, count);
}

/* A new snapshot comes for each subscription, so the book is left and joined again. */
static size_t coinbase_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

static size_t coinbase_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                   size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t coinbase_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                   size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out,
                      "{\"type\":\"%s\",\"product_ids\":[\"%s\"],\"channels\":[\"level2_batch\"]}",
                      n ? "subscribe" : "unsubscribe", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t coinbase_list_url(const char *rest_url, const struct venue_subscription *sub,
                                unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/products", buffer, cap);
}

/* `after` pages to older ones: what is asked for is all below it. */
static size_t coinbase_trades_url(const char *rest_url, const struct instrument *instrument,
                                  int64_t first_id, int64_t last_id, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    (void)first_id;
    td_str_add_format(&out, "%s" PRODUCTS "%s" TRADES "limit=%d&after=%lld", rest_url,
                      instrument->raw, HISTORY_TRADES, (long long)last_id + 1);
    return out.cut ? 0 : out.bytes;
}

/* ---- descriptor ---- */

const struct venue venue_coinbase = {
    .name = "coinbase",
    .title = "Coinbase Exchange",
    .ws_url = "wss://ws-feed.exchange.coinbase.com",
    .rest_url = "https://api.exchange.coinbase.com",
    .rule = SYNC_NONE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .trade_id_plus1 = true,
    .side_is_maker = true,
    .has_event_time = true,
    .crossed_is_error = true,
    .book_depth = 0,
    .heartbeat_ms = HEARTBEAT_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = coinbase_spell,
    .unify = coinbase_unify,
    .subscribe = coinbase_subscribe,
    .unsubscribe = coinbase_unsubscribe,
    .resubscribe = coinbase_resubscribe,
    .list_url = coinbase_list_url,
    .trades_url = coinbase_trades_url,
    .parse = coinbase_parse,
    .parse_http = coinbase_parse_http,
};
