/* Kraken spot, API v2.

   book        {"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD",
                "bids":[{"price":45283.5,"qty":0.10000000},...],"asks":[...],"checksum":3310070434}]}
               {"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],
                "asks":[{"price":45285.2,"qty":0.00000000}],"checksum":3310070434,
                "timestamp":"2023-10-06T17:35:55.440295Z"}]}
                 bare numbers with all their decimals; absolute sizes, zero deletes; feed of fixed depth, so the book is
                 pruned to it
   trade       {"channel":"trade","type":"snapshot"|"update","data":[{"symbol":"BTC/USD","side":"buy",
                "price":45283.5,"qty":0.1,"ord_type":"limit","trade_id":7,"timestamp":"..."},...]}
                 taker's side; a snapshot repeats the last 50
   ticker      {"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":1.1,"bid_qty":2,"ask":1.2,
                "ask_qty":3,"last":1.1,"volume":10,"vwap":1.15,"low":1,"high":2,"change":0.1,"change_pct":9.1}]}
                 newer ones hold a timestamp
   instrument  {"channel":"instrument","type":"snapshot","data":{"assets":[...],"pairs":[{"symbol":"BTC/USD",
                "base":"BTC","quote":"USD","status":"online","price_increment":0.1,"qty_increment":0.00000001,...}]}}
   others      {"channel":"heartbeat"}, {"channel":"status",...}, {"method":"subscribe","success":true,...},
               {"method":"pong",...}

   Sequence (SUM): there is no number; the CRC32 over the top ten levels of each side, printed as they came without
   point and leading zeros, proves the book after each update [C 4,269 of 4,269 on v1, D for v2]. A mismatch: subscribe
   anew. */
#include <string.h>

#include "venue/emit.h"
#include "venue/kraken_trades.h"
#include "venue/listing.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    BOOK_DEPTH = 1000, /* the deepest the venue has; part of the subscription and of pruning */
    SYMBOLS_A_MESSAGE = 10,
    SUBSCRIBE_GAP_MS = 500,
    PING_MS = 30000, /* 60 s without a word from us close the connection */
    HEARTBEAT_MS = 1000,
};
#define PING "{\"method\":\"ping\"}"

static td_err kraken_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol); /* the slash becomes a dash */
    return 0;
}

static td_err kraken_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    const char *dash = strrchr(symbol, '-');
    TD_FAIL_IF(!dash || dash == symbol || !dash[1], TD_E_VENUE_SYMBOL);
    TD_FAIL_IF(!td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol)), TD_E_VENUE_SYMBOL);
    raw[dash - symbol] = '/';
    return 0;
}

/* ---- state: room to spell one entry of the symbol list ---- */

struct kraken_state {
    char raw[TD_SYMBOL_MAX];
    char base[TD_SYMBOL_MAX], quote[TD_SYMBOL_MAX];
};
_Static_assert(sizeof(struct kraken_state) <= VENUE_STATE_BYTES, "state fits its place");

/* ---- fixed form ---- */

/* All tokens of a book have the same number of decimals; should one be printed shorter, the longest
 * says what it is. */
static inline void note_decimals(struct td_event *event, unsigned price, unsigned size)
{
    if (price > event->price_decimals)
        event->price_decimals = (uint8_t)price;
    if (size > event->size_decimals)
        event->size_decimals = (uint8_t)size;
}

static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned price_decimals, size_decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "{\"price\":") ||
            !emit_scan_steps(emit, scan, true, &price_steps, &price_decimals) ||
            !SCAN(scan, ",\"qty\":") ||
            !emit_scan_steps(emit, scan, false, &size_steps, &size_decimals) || !SCAN(scan, "}") ||
            price_decimals > TD_SCALE_MAX || size_decimals > TD_SCALE_MAX)
            return false;
        emit_steps(emit, side, price_steps, size_steps);
        note_decimals(emit->event, price_decimals, size_decimals);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_checksum(struct emit *emit, struct scan *scan)
{
    int64_t checksum;
    if (!SCAN(scan, ",\"checksum\":") || !scan_integer(scan, &checksum) || checksum > UINT32_MAX)
        return false;
    emit->event->checksum = (uint32_t)checksum;
    emit->event->flags |= TD_EVF_HAS_CHECKSUM;
    return true;
}

static bool scan_update(struct emit *emit, struct scan *scan)
{
    struct td_text symbol, time;
    if (!scan_string(scan, &symbol) || !emit_choose(emit, symbol, kraken_unify) ||
        !SCAN(scan, ",\"bids\":["))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, EMIT_NO_TIME);
    if (!scan_side(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !scan_side(emit, scan, TD_SIDE_ASK) || !scan_checksum(emit, scan) ||
        !SCAN(scan, ",\"timestamp\":") || !scan_string(scan, &time) || !SCAN(scan, "}]}") ||
        emit->sink->overflowed)
        return false;
    int64_t event_ns = emit_time_utc(emit, time);
    if (event_ns != EMIT_NO_TIME) {
        emit->event->event_ns = event_ns;
        emit->event->flags &= (uint8_t)~TD_EVF_NO_EVENT_TIME;
    }
    emit_end(emit);
    return true;
}

static bool kraken_scan(struct emit *emit, struct scan *scan)
{
    return SCAN(scan, "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":") &&
           scan_update(emit, scan);
}

/* ---- parse ---- */

static unsigned decimals_of(struct td_text number)
{
    const char *end = number.at + number.bytes, *point = memchr(number.at, '.', number.bytes);
    unsigned count = 0;
    for (point = point ? point + 1 : end; point < end && (unsigned char)(*point - '0') <= 9;
         point++)
        count++;
    return count;
}

static td_err read_side(struct emit *emit, int list, enum td_side side)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    for (int level = json_first(json, list); level >= 0; level = json_next(json, level)) {
        struct td_text price = json_plain(json, level, "price"),
                       size = json_plain(json, level, "qty");
        TD_TRY(emit_level(emit, side, price, size));
        unsigned price_decimals = decimals_of(price), size_decimals = decimals_of(size);
        TD_FAIL_IF(price_decimals > TD_SCALE_MAX || size_decimals > TD_SCALE_MAX, TD_E_SYNTAX);
        note_decimals(emit->event, price_decimals, size_decimals);
    }
    return 0;
}

/* A re-spelled v1 snapshot has no checksum; one that is there must be a number. */
static td_err read_checksum(struct emit *emit, int book)
{
    const struct json *json = emit->ctx->json;
    int64_t checksum;
    if (json_member(json, book, "checksum") < 0)
        return 0;
    TD_FAIL_IF(!json_integer(json, book, "checksum", &checksum), TD_E_SYNTAX);
    TD_FAIL_IF(checksum > UINT32_MAX, TD_E_SYNTAX);
    emit->event->checksum = (uint32_t)checksum;
    emit->event->flags |= TD_EVF_HAS_CHECKSUM;
    return 0;
}

static td_err read_book(struct emit *emit, int book, bool snapshot)
{
    const struct json *json = emit->ctx->json;
    int64_t event_ns = emit_time_utc(emit, json_plain(json, book, "timestamp"));
    emit_begin(emit, snapshot ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, event_ns);
    int bids = json_member(json, book, "bids"), asks = json_member(json, book, "asks");
    TD_FAIL_IF(bids < 0 && asks < 0, TD_E_VENUE_JSON);
    TD_TRY(read_checksum(emit, book));
    if (bids >= 0)
        TD_TRY(read_side(emit, bids, TD_SIDE_BID));
    if (asks >= 0)
        TD_TRY(read_side(emit, asks, TD_SIDE_ASK));
    emit_end(emit);
    return 0;
}

static td_err read_trade(struct emit *emit, int item, bool snapshot)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, "qty"),
        .id = json_plain(json, item, "trade_id"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_utc(emit, json_plain(json, item, "timestamp")),
        .flags = snapshot ? TD_EVF_LISTED : 0,
    };
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static const struct emit_ticker_key ticker_keys[] = {
    {"bid", TD_TICKER_BID},   {"bid_qty", TD_TICKER_BID_SIZE},
    {"ask", TD_TICKER_ASK},   {"ask_qty", TD_TICKER_ASK_SIZE},
    {"last", TD_TICKER_LAST}, {"volume", TD_TICKER_BASE_VOLUME},
    {"vwap", TD_TICKER_VWAP}, {"low", TD_TICKER_LOW},
    {"high", TD_TICKER_HIGH}, {"change", TD_TICKER_CHANGE},
    {"open", TD_TICKER_OPEN}, {"change_pct", TD_TICKER_PERCENTAGE},
};

/* The kind is what the venue calls the channel, so the list at the start is a ticker like any
 * other. */
static td_err read_ticker(struct emit *emit, int item, bool snapshot)
{
    (void)snapshot;
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_utc(emit, json_plain(json, item, "timestamp")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, item, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys);
}

/* Each element names its own symbol; ones that nobody asked for are passed over. */
static int read_each(struct emit *emit, td_err (*read)(struct emit *, int item, bool snapshot))
{
    const struct json *json = emit->ctx->json;
    int data = json_member(json, 0, "data"), type = json_member(json, 0, "type");
    bool snapshot = json_equals(json, type, "snapshot");
    if (!json_is_array(json, data) || (!snapshot && !json_equals(json, type, "update")))
        return TD_BUCKET_MALFORMED;
    bool ours = json_size(json, data) == 0;
    for (int item = json_first(json, data); item >= 0; item = json_next(json, item)) {
        struct td_text symbol = json_plain(json, item, "symbol");
        if (!symbol.at)
            return TD_BUCKET_MALFORMED;
        if (!emit_choose(emit, symbol, kraken_unify))
            continue;
        ours = true;
        if (read(emit, item, snapshot) < 0)
            return TD_BUCKET_MALFORMED;
    }
    return ours ? TD_BUCKET_OK : TD_BUCKET_IGNORED;
}

static int read_books(struct emit *emit)
{
    return read_each(emit, read_book);
}

static int read_trades(struct emit *emit)
{
    return read_each(emit, read_trade);
}

static int read_tickers(struct emit *emit)
{
    return read_each(emit, read_ticker);
}

static bool pair_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "base");
    listing->quote = json_plain(json, 0, "quote");
    listing->status = json_plain(json, 0, "status");
    listing->price_step = json_plain(json, 0, "price_increment");
    listing->size_step = json_plain(json, 0, "qty_increment");
    return listing->raw.at;
}

/* The same walk as for a list over HTTP; nothing subscribes to it, so its length matters little. */
static int read_instruments(struct emit *emit)
{
    struct td_text text = {emit->frame->payload, emit->frame->bytes};
    return listing_parse(emit->ctx, text, "data.pairs", pair_entry);
}

static int read_nothing(struct emit *emit)
{
    (void)emit;
    return TD_BUCKET_IGNORED;
}

/* ---- classify ---- */

static const struct {
    const char *channel;
    int (*read)(struct emit *);
} channels[] = {
    {"book", read_books},        {"trade", read_trades},   {"ticker", read_tickers},
    {"heartbeat", read_nothing}, {"status", read_nothing}, {"instrument", read_instruments},
};

static bool is_answer(const struct json *json)
{
    int method = json_member(json, 0, "method");
    return json_equals(json, method, "subscribe") || json_equals(json, method, "unsubscribe") ||
           json_equals(json, method, "pong");
}

static int kraken_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int channel = json_member(json, 0, "channel");
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (json_is_string(json, channel) && json_equals(json, channel, channels[i].channel))
            return channels[i].read(emit);
    return channel < 0 && is_answer(json) ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int kraken_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, kraken_scan, kraken_read);
}

/* ---- symbol list ---- */

static struct td_text spell_asset(struct td_text asset, char out[TD_SYMBOL_MAX])
{
    for (size_t i = 0; i < KRAKEN_RENAMED; i++)
        if (asset.bytes == strlen(kraken_renamed[i].old) &&
            memcmp(asset.at, kraken_renamed[i].old, asset.bytes) == 0)
            asset =
                (struct td_text){kraken_renamed[i].now, (uint32_t)strlen(kraken_renamed[i].now)};
    td_text_copy(out, TD_SYMBOL_MAX, asset.at, asset.bytes);
    return (struct td_text){out, (uint32_t)strlen(out)};
}

/* The list writes "XBT\/USD". */
static bool spell_pair(struct kraken_state *state, struct td_text wsname,
                       struct venue_listing *listing)
{
    const char *slash = wsname.at ? memchr(wsname.at, '/', wsname.bytes) : NULL;
    if (!slash)
        return false;
    uint32_t base_bytes = (uint32_t)(slash - wsname.at);
    struct td_text quote = {slash + 1, wsname.bytes - base_bytes - 1};
    if (base_bytes && wsname.at[base_bytes - 1] == '\\')
        base_bytes--;
    listing->base = spell_asset((struct td_text){wsname.at, base_bytes}, state->base);
    listing->quote = spell_asset(quote, state->quote);
    struct td_str raw = td_str_on(state->raw, sizeof state->raw);
    td_str_add(&raw, state->base);
    td_str_add_char(&raw, '/');
    td_str_add(&raw, state->quote);
    listing->raw = (struct td_text){raw.at, (uint32_t)raw.bytes};
    return !raw.cut;
}

static struct td_text step_of(const struct json *json, const char *decimals_key)
{
    int64_t decimals;
    if (!json_integer(json, 0, decimals_key, &decimals) || decimals > TD_SCALE_MAX)
        return (struct td_text){NULL, 0};
    return listing_step((int)decimals);
}

static bool asset_pair_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->status = json_plain(json, 0, "status");
    listing->price_step = step_of(json, "pair_decimals");
    listing->size_step = step_of(json, "lot_decimals");
    return spell_pair(ctx->state, json_plain(json, 0, "wsname"), listing);
}

static int kraken_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                             const struct td_frame *frame)
{
    if (kraken_is_trades(url))
        return kraken_parse_trades(ctx, url, body, frame);
    if (!memmem(url.at, url.bytes, "/AssetPairs", strlen("/AssetPairs")))
        return TD_BUCKET_IGNORED;
    return listing_parse(ctx, body, "result", asset_pair_entry);
}

/* ---- subscribe and resync ---- */

static const struct {
    const char *name;
    uint8_t channel; /* enum td_channel */
} subscribed[] = {
    {"book", TD_CHANNEL_BOOK}, {"trade", TD_CHANNEL_TRADES}, {"ticker", TD_CHANNEL_TICKER}};

enum { SUBSCRIBED = sizeof subscribed / sizeof *subscribed };

static const char *channel_params(uint8_t channel)
{
    return channel == TD_CHANNEL_BOOK     ? ",\"depth\":1000,\"snapshot\":true"
           : channel == TD_CHANNEL_TICKER ? ",\"event_trigger\":\"bbo\",\"snapshot\":true"
                                          : ",\"snapshot\":true";
}
_Static_assert(BOOK_DEPTH == 1000, "the depth stands in the texts");

/* One channel a message; the n-th counts the channels that are wanted, batch after batch. */
/* What names the same channel when it ends. */
static const char *ended_params(uint8_t channel)
{
    return channel == TD_CHANNEL_BOOK     ? ",\"depth\":1000"
           : channel == TD_CHANNEL_TICKER ? ",\"event_trigger\":\"bbo\""
                                          : "";
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, bool on,
                               char *buffer, size_t cap)
{
    unsigned wanted = 0, which[SUBSCRIBED];
    for (unsigned i = 0; i < SUBSCRIBED; i++)
        if (sub->channels & 1u << subscribed[i].channel)
            which[wanted++] = i;
    if (!wanted)
        return 0;
    unsigned chosen = which[n % wanted];
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"method\":\"%s\",\"params\":{\"channel\":\"%s\",\"symbol\":[",
                      on ? "subscribe" : "unsubscribe", subscribed[chosen].name);
    unsigned count =
        subscription_batch(sub, n / wanted, SYMBOLS_A_MESSAGE, &out, subscription_put_raw);
    td_str_add_format(&out, "]%s},\"req_id\":%u}",
                      on ? channel_params(subscribed[chosen].channel)
                         : ended_params(subscribed[chosen].channel),
                      n + 1);
    return subscription_text(&out, count);
}

static size_t kraken_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    return put_subscription(sub, n, true, buffer, cap);
}

static size_t kraken_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    return put_subscription(sub, n, false, buffer, cap);
}

static size_t kraken_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                 size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out,
                      "{\"method\":\"%s\",\"params\":{\"channel\":\"book\",\"symbol\":[\"%s\"]%s}}",
                      n ? "subscribe" : "unsubscribe", instrument->raw,
                      n ? channel_params(TD_CHANNEL_BOOK) : ended_params(TD_CHANNEL_BOOK));
    return out.cut ? 0 : out.bytes;
}

static size_t kraken_list_url(const char *rest_url, const struct venue_subscription *sub,
                              unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/0/public/AssetPairs", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_kraken = {
    .name = "kraken",
    .title = "Kraken spot",
    .ws_url = "wss://ws.kraken.com/v2",
    .rest_url = "https://api.kraken.com",
    .rule = SYNC_SUM,
    .checksum = VENUE_CHECKSUM_KRAKEN,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .trade_id_plus1 = true,
    .side_is_maker = false,
    .has_event_time = true,
    .crossed_is_error = true,
    .book_depth = BOOK_DEPTH,
    .ping_text = PING,
    .ping_interval_ms = PING_MS,
    .heartbeat_ms = HEARTBEAT_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = kraken_spell,
    .unify = kraken_unify,
    .subscribe = kraken_subscribe,
    .unsubscribe = kraken_unsubscribe,
    .resubscribe = kraken_resubscribe,
    .list_url = kraken_list_url,
    .trades_url = kraken_trades_url,
    .parse = kraken_parse,
    .parse_http = kraken_parse_http,
};
