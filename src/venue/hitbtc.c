/* HitBTC, and two houses on the same engine: BeQuant, FMFW. The version 3 that is subscribed to:

   book        {"ch":"orderbook/full","snapshot":{"BTCUSDT":{"t":1767323045678,"s":17,"a":[["101.50","2"],...],"b":[...]}}}
               {"ch":"orderbook/full","update":{"BTCUSDT":{"t":...,"s":18,"a":[["101.50","0"]],"b":[]}}}
                 t: ms; s: number; a, b: asks and bids, absolute sizes, zero deletes
   trades      {"ch":"trades","snapshot":{"BTCUSDT":[{"t":1767323045678,"i":7,"p":"101.5","q":"0.04","s":"buy"},...]}}
                 old ones; the same with "update" for new ones; s is the taker's side [U]
   ticker      {"ch":"ticker/1s","data":{"BTCUSDT":{"t":...,"a":ask,"A":its size,"b","B","c":last,"o":open,"h":high,"l":low,
                "v":base volume,"q":quote volume,"p":change,"P":percent,"L":id}}}
   answers     {"result":{"ch":"trades","subscriptions":["BTCUSDT"]},"id":5}
               {"error":{"code":2001,"message":"Symbol not found",...},"id":5}

   and version 2, as recorded: {"jsonrpc":"2.0","method":"snapshotOrderbook","params":{"ask":[{"price":"101.50","size":"2"},...],
   "bid":[...],"sequence":17,"timestamp":"2026-01-02T03:04:05.678Z","symbol":"BTCUSDT"}}, updateOrderbook; snapshotTrades and
   updateTrades {"params":{"data":[{"id","price","quantity","side","timestamp"},...],"symbol"}}; ticker.

   Sequence (BOOK+1): s, in version 2 sequence, rises by one a symbol [C 517 and 965 of same in version 2, 869 of 869 in version 3
   at FMFW]. A miss costs a new subscription of that book. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    SUBSCRIBE_GAP_MS = 50,    /* [U] */
    PING_INTERVAL_MS = 30000, /* WebSocket pings [U] */
    ERROR_NO_SYMBOL = 2001,   /* [D] */
};

#define BOOK_CHANNEL "orderbook/full"
#define TRADES_CHANNEL "trades"
#define TICKER_CHANNEL "ticker/1s"

static const char quotes[] = "USDT USDC EURS EOSDT DDRST IDRT USD BTC ETH BCH DAI PAX EUR HIT EOS";

/* BTCUSDT -> BTC-USDT, BTCUSDT_PERP -> BTC-USDT-PERP. */
static td_err hitbtc_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    size_t end = sizeof "_PERP" - 1;
    bool perpetual = raw_bytes > end && memcmp(raw + raw_bytes - end, "_PERP", end) == 0;
    TD_TRY(spelling_split(quotes, raw, perpetual ? raw_bytes - end : raw_bytes, symbol));
    return perpetual ? spelling_add(symbol, "-PERP") : 0;
}

static td_err hitbtc_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    bool perpetual = spelling_perp(symbol, pair);
    TD_TRY(spelling_to('\0', pair, raw));
    return perpetual ? spelling_add(raw, "_PERP") : 0;
}

static void begin_book(struct emit *emit, bool full, int64_t event_ns, int64_t seq)
{
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, event_ns);
    emit->event->seq_last = seq;
    emit->event->flags |= TD_EVF_HAS_SEQ;
}

/* ---- fixed form: books and trades of version 3, one symbol a message ---- */

static bool scan_symbol(struct emit *emit, struct scan *scan, bool *full)
{
    struct td_text symbol;
    *full = SCAN(scan, "\"snapshot\":{");
    return (*full || SCAN(scan, "\"update\":{")) && scan_string(scan, &symbol) &&
           emit_choose(emit, symbol, hitbtc_unify);
}

static bool scan_book(struct emit *emit, struct scan *scan)
{
    int64_t event_ns, seq;
    bool full;
    if (!scan_symbol(emit, scan, &full) || !SCAN(scan, ":{\"t\":") ||
        !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, ",\"s\":") || !scan_integer(scan, &seq) ||
        !SCAN(scan, ",\"a\":["))
        return false;
    begin_book(emit, full, event_ns, seq);
    if (!emit_scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, ",\"b\":[") ||
        !emit_scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, "}}}"))
        return false;
    emit_end(emit);
    return true;
}

static bool scan_trades(struct emit *emit, struct scan *scan)
{
    bool full;
    if (!scan_symbol(emit, scan, &full) || !SCAN(scan, ":["))
        return false;
    do {
        struct emit_trade trade = {.flags = full ? TD_EVF_LISTED : 0};
        if (!SCAN(scan, "{\"t\":") || !scan_epoch_ms(scan, &trade.event_ns) ||
            !SCAN(scan, ",\"i\":") || !scan_integer_text(scan, &trade.id) ||
            !SCAN(scan, ",\"p\":") || !scan_string(scan, &trade.price) || !SCAN(scan, ",\"q\":") ||
            !scan_string(scan, &trade.size) || !SCAN(scan, ",\"s\":") ||
            !scan_string(scan, &trade.side_raw) || !SCAN(scan, "}"))
            return false;
        trade.taker = emit_taker(trade.side_raw);
        if (emit_trade(emit, &trade) < 0)
            return false;
    } while (SCAN(scan, ","));
    return SCAN(scan, "]}}");
}

static const struct emit_ticker_key ticker_keys[] = {
    {"c", TD_TICKER_LAST},         {"b", TD_TICKER_BID},      {"B", TD_TICKER_BID_SIZE},
    {"a", TD_TICKER_ASK},          {"A", TD_TICKER_ASK_SIZE}, {"o", TD_TICKER_OPEN},
    {"h", TD_TICKER_HIGH},         {"l", TD_TICKER_LOW},      {"v", TD_TICKER_BASE_VOLUME},
    {"q", TD_TICKER_QUOTE_VOLUME}, {"p", TD_TICKER_CHANGE},   {"P", TD_TICKER_PERCENTAGE},
};
enum { TICKER_KEYS = sizeof ticker_keys / sizeof *ticker_keys };

static bool scan_ticker(struct emit *emit, struct scan *scan)
{
    struct td_text symbol;
    int64_t event_ns;
    if (!SCAN(scan, "\"data\":{") || !scan_string(scan, &symbol) ||
        !emit_choose(emit, symbol, hitbtc_unify) || !SCAN(scan, ":{\"t\":") ||
        !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, ","))
        return false;
    emit_begin(emit, TD_EVENT_TICKER, event_ns);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_scan_ticker(emit, scan, ticker_keys, TICKER_KEYS) && SCAN(scan, "}}");
}

static bool hitbtc_scan(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "{\"ch\":\"" BOOK_CHANNEL "\","))
        return scan_book(emit, scan);
    if (SCAN(scan, "{\"ch\":\"" TICKER_CHANNEL "\","))
        return scan_ticker(emit, scan);
    return SCAN(scan, "{\"ch\":\"" TRADES_CHANNEL "\",") && scan_trades(emit, scan);
}

/* ---- parse ---- */

/* Milliseconds in version 3, a date in version 2. */
static int64_t time_of(struct emit *emit, struct td_text time)
{
    bool date = time.at && memchr(time.at, '-', time.bytes);
    return date ? emit_time_utc(emit, time) : emit_time_epoch(emit, time);
}

static td_err read_trade(struct emit *emit, int item, const char *const keys[5], uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .id = json_plain(json, item, keys[0]),
        .price = json_plain(json, item, keys[1]),
        .size = json_plain(json, item, keys[2]),
        .side_raw = json_plain(json, item, keys[3]),
        .event_ns = time_of(emit, json_plain(json, item, keys[4])),
        .flags = flags,
    };
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static int read_trades(struct emit *emit, int list, const char *const keys[5], bool full)
{
    const struct json *json = emit->ctx->json;
    if (!json_is_array(json, list))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item))
        if (read_trade(emit, item, keys, full ? TD_EVF_LISTED : 0) < 0)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

/* ---- version 3: {"ch":...,"snapshot"|"update"|"data":{symbol:...}} ---- */

static int read_book3(struct emit *emit, int data, bool full)
{
    const struct json *json = emit->ctx->json;
    int64_t seq;
    if (!json_integer(json, data, "s", &seq))
        return TD_BUCKET_MALFORMED;
    begin_book(emit, full, emit_time_epoch(emit, json_plain(json, data, "t")), seq);
    if (emit_read_levels(emit, json_member(json, data, "a"), TD_SIDE_ASK) < 0 ||
        emit_read_levels(emit, json_member(json, data, "b"), TD_SIDE_BID) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trades3(struct emit *emit, int data, bool full)
{
    static const char *const keys[] = {"i", "p", "q", "s", "t"};
    return read_trades(emit, data, keys, full);
}

static int read_ticker(struct emit *emit, int data, int64_t event_ns,
                       const struct emit_ticker_key *keys, size_t count)
{
    emit_begin(emit, TD_EVENT_TICKER, event_ns);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, data, keys, count) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static int read_ticker3(struct emit *emit, int data, bool full)
{
    (void)full;
    int64_t event_ns = emit_time_epoch(emit, json_plain(emit->ctx->json, data, "t"));
    return read_ticker(emit, data, event_ns, ticker_keys, TICKER_KEYS);
}

static int read_symbols(struct emit *emit, int symbols, bool full,
                        int (*read)(struct emit *, int, bool))
{
    const struct json *json = emit->ctx->json;
    bool any = false;
    if (!json_is_object(json, symbols) || json_size(json, symbols) == 0)
        return TD_BUCKET_MALFORMED;
    for (int name = json_first(json, symbols); name >= 0; name = json_next(json, name)) {
        if (!emit_choose(emit, json_text(json, name), hitbtc_unify))
            continue;
        any = true;
        if (read(emit, name + 1, full) != TD_BUCKET_OK)
            return TD_BUCKET_MALFORMED;
    }
    return any ? TD_BUCKET_OK : TD_BUCKET_IGNORED;
}

static const struct {
    const char *name;
    int (*read)(struct emit *, int, bool);
} channels[] = {
    {BOOK_CHANNEL, read_book3}, {TRADES_CHANNEL, read_trades3}, {TICKER_CHANNEL, read_ticker3}};

static int read_channel(struct emit *emit, int channel)
{
    const struct json *json = emit->ctx->json;
    static const char *const kinds[] = {"snapshot", "update", "data"};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        if (!json_equals(json, channel, channels[i].name))
            continue;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            int symbols = json_member(json, 0, kinds[k]);
            if (symbols >= 0)
                return read_symbols(emit, symbols, k == 0, channels[i].read);
        }
    }
    return TD_BUCKET_MALFORMED;
}

/* ---- version 2: {"method":...,"params":{...,"symbol":...}} ---- */

static int read_book2(struct emit *emit, int params, bool full)
{
    const struct json *json = emit->ctx->json;
    int64_t seq;
    if (!json_integer(json, params, "sequence", &seq))
        return TD_BUCKET_MALFORMED;
    begin_book(emit, full, emit_time_utc(emit, json_plain(json, params, "timestamp")), seq);
    if (emit_read_level_objects(emit, json_member(json, params, "ask"), TD_SIDE_ASK, "price",
                                "size") < 0 ||
        emit_read_level_objects(emit, json_member(json, params, "bid"), TD_SIDE_BID, "price",
                                "size") < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trades2(struct emit *emit, int params, bool full)
{
    static const char *const keys[] = {"id", "price", "quantity", "side", "timestamp"};
    return read_trades(emit, json_member(emit->ctx->json, params, "data"), keys, full);
}

static int read_ticker2(struct emit *emit, int params, bool full)
{
    static const struct emit_ticker_key keys[] = {
        {"last", TD_TICKER_LAST},
        {"bid", TD_TICKER_BID},
        {"ask", TD_TICKER_ASK},
        {"open", TD_TICKER_OPEN},
        {"high", TD_TICKER_HIGH},
        {"low", TD_TICKER_LOW},
        {"volume", TD_TICKER_BASE_VOLUME},
        {"volumeQuote", TD_TICKER_QUOTE_VOLUME},
    };
    (void)full;
    int64_t event_ns = emit_time_utc(emit, json_plain(emit->ctx->json, params, "timestamp"));
    return read_ticker(emit, params, event_ns, keys, sizeof keys / sizeof *keys);
}

static const struct {
    const char *name;
    int (*read)(struct emit *, int, bool); /* NULL: known, not recorded */
    bool full;
} methods[] = {
    {"updateOrderbook", read_book2, false}, {"snapshotOrderbook", read_book2, true},
    {"updateTrades", read_trades2, false},  {"snapshotTrades", read_trades2, true},
    {"ticker", read_ticker2, false},        {"snapshotCandles", NULL, true},
    {"updateCandles", NULL, false},
};

static int read_method(struct emit *emit, int method)
{
    const struct json *json = emit->ctx->json;
    int params = json_member(json, 0, "params");
    struct td_text symbol = json_plain(json, params, "symbol");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (!json_equals(json, method, methods[i].name))
            continue;
        if (!symbol.at)
            return TD_BUCKET_MALFORMED;
        if (!methods[i].read || !emit_choose(emit, symbol, hitbtc_unify))
            return TD_BUCKET_IGNORED;
        return methods[i].read(emit, params, methods[i].full);
    }
    return TD_BUCKET_MALFORMED;
}

/* ---- classify ---- */

/* A name that the venue does not know: the answer has the request's number alone. */
static int read_error(struct emit *emit, int error)
{
    const struct json *json = emit->ctx->json;
    int64_t code, id;
    if (!json_integer(json, error, "code", &code) || code != ERROR_NO_SYMBOL ||
        !json_integer(json, 0, "id", &id) || !emit_choose_id(emit, id))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int hitbtc_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int channel = json_member(json, 0, "ch"), method = json_member(json, 0, "method");
    int error = json_member(json, 0, "error");
    if (channel >= 0)
        return read_channel(emit, channel);
    if (method >= 0)
        return read_method(emit, method);
    if (json_is_object(json, error))
        return read_error(emit, error);
    return json_member(json, 0, "result") >= 0 ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int hitbtc_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, hitbtc_scan, hitbtc_read);
}

/* ---- HTTP: symbols (version 3: an object by symbol; 2: a list), volumes ---- */

static struct td_text either(const struct json *json, const char *key, const char *old_key)
{
    struct td_text text = json_plain(json, 0, key);
    return text.at ? text : json_plain(json, 0, old_key);
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    if (!listing->raw.at)
        listing->raw = json_plain(json, 0, "id");
    listing->base = either(json, "base_currency", "baseCurrency");
    listing->quote = either(json, "quote_currency", "quoteCurrency");
    listing->price_step = either(json, "tick_size", "tickSize");
    listing->size_step = either(json, "quantity_increment", "quantityIncrement");
    listing->status = json_plain(json, 0, "status");
    if (json_equals(json, json_member(json, 0, "type"), "futures"))
        listing->kind = INSTRUMENT_PERP;
    return listing->raw.at;
}

static bool list_volume(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->volume = json_plain(ctx->json, 0, "volume_quote");
    return listing->raw.at && listing->volume.at;
}

static bool url_has(struct td_text url, const char *text)
{
    return memmem(url.at, url.bytes, text, strlen(text)) != NULL;
}

static int hitbtc_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                             const struct td_frame *frame)
{
    (void)frame;
    if (url_has(url, "/public/symbol"))
        return listing_parse(ctx, body, "", list_entry);
    return url_has(url, "/public/ticker") ? listing_parse(ctx, body, "", list_volume)
                                          : TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync: one symbol and channel a message, so that an error's number names the symbol ---- */

static size_t put_text(const struct instrument *instrument, const char *method, const char *name,
                       char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(
        &out, "{\"method\":\"%s\",\"ch\":\"%s\",\"params\":{\"symbols\":[\"%s\"]},\"id\":%u}",
        method, name, instrument->raw, subscription_id(instrument));
    return subscription_text(&out, 1);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *method,
                               char *buffer, size_t cap)
{
    enum td_channel channel;
    const struct instrument *instrument = subscription_single(sub, n, &channel);
    return instrument ? put_text(instrument, method, channels[channel].name, buffer, cap) : 0;
}

static size_t hitbtc_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

static size_t hitbtc_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t hitbtc_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                 size_t cap)
{
    return n > 1 ? 0
                 : put_text(instrument, n ? "subscribe" : "unsubscribe", BOOK_CHANNEL, buffer, cap);
}

static size_t hitbtc_list_url(const char *rest_url, const struct venue_subscription *sub,
                              unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/api/3/public/symbol", buffer, cap);
}

static size_t hitbtc_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/api/3/public/ticker", buffer, cap);
}

/* ---- descriptors: the same but for name and address ---- */

#define HOUSE(word, house, address)                                                                \
    {                                                                                              \
        .name = word, .title = house, .ws_url = "wss://" address "/api/3/ws/public",               \
        .rest_url = "https://" address, .rule = SYNC_BOOK1, .checksum = VENUE_CHECKSUM_NONE,       \
        .resync = VENUE_RESYNC_SUBSCRIBE, .has_event_time = true, .crossed_is_error = true,        \
        .ping_interval_ms = PING_INTERVAL_MS, .subscribe_gap_ms = SUBSCRIBE_GAP_MS,                \
        .spell = hitbtc_spell, .unify = hitbtc_unify, .subscribe = hitbtc_subscribe,               \
        .unsubscribe = hitbtc_unsubscribe, .resubscribe = hitbtc_resubscribe,                      \
        .list_url = hitbtc_list_url, .volume_url = hitbtc_volume_url, .parse = hitbtc_parse,       \
        .parse_http = hitbtc_parse_http                                                            \
    }

const struct venue venue_hitbtc = HOUSE("hitbtc", "HitBTC", "api.hitbtc.com");
const struct venue venue_bequant = HOUSE("bequant", "BeQuant", "api.bequant.io");
const struct venue venue_fmfw = HOUSE("fmfw", "FMFW.io", "api.fmfw.io");
