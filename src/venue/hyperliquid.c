/* Hyperliquid. No traffic of it was recorded here [D, where not marked]:

   book        {"channel":"l2Book","data":{"coin":"BTC","time":1767323045678,"levels":[[{"px":"101.4","sz":"2","n":1},...],[...]]}}
                 bids, then asks: 20 levels a side, all of them each time, about twice a second [C 46]; ms
   trades      {"channel":"trades","data":[{"coin":"BTC","side":"B","px":"101.5","sz":"0.04","time":...,"hash":"0x..","tid":7,
                "users":["0x..","0x.."]},...]}
                 B: the taker bought, A: sold [U]; old ones come first, not told from new ones but by their id
   best        {"channel":"bbo","data":{"coin":"BTC","time":...,"bbo":[{"px","sz","n"},{"px","sz","n"}]}}    null: no such side
   contract    {"channel":"activeAssetCtx","data":{"coin":"BTC","ctx":{"funding":"0.0000125","openInterest":"688.1",
                "prevDayPx":"100","dayNtlVlm":"1262.5","oraclePx":"101.4","markPx":"101.5","midPx":"101.45","dayBaseVlm":"12.5",
                ...}}}
                 no time; of spot the channel is activeSpotAssetCtx, without funding, open interest and oracle
   answers     {"channel":"subscriptionResponse","data":{...}}, {"channel":"pong"}
               {"channel":"error","data":"Invalid subscription {\"type\":\"l2Book\",\"coin\":\"NONE\"}"}

   Sequence (NONE): each message is a whole book, so a hole heals itself. Trade ids show nothing. */
#include <string.h>

#include "venue/emit.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    PING_INTERVAL_MS = 50000, /* silent for 60 s is closed */
    SUBSCRIBE_GAP_MS = 50,    /* [U]: 2000 messages a minute */
    CHANNELS_MAX = 700,       /* of 1000 of an address [D], since the ticker counts twice */
};

/* Thousands of a coin have a small letter: kPEPE. */
static const char *const thousands[] = {"KPEPE", "KSHIB", "KBONK",  "KFLOKI",
                                        "KLUNC", "KDOGS", "KNEIRO", "KNEIROETH"};

/* ---- symbols: BTC is the perpetual, PURR/USDC and @107 are spot, dex:TSLA a perpetual of another house ---- */

static td_err hyperliquid_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    if (*raw == '@' || memchr(raw, '/', raw_bytes))
        return spelling_from('/', raw, raw_bytes, symbol);
    symbol_sanitise(raw, raw_bytes, symbol);
    spelling_upper(symbol);
    return spelling_add(symbol, "-USD-PERP");
}

static void lower_exceptions(char *raw)
{
    char *colon = strchr(raw, ':');
    for (char *at = raw; colon && at < colon; at++)
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
    for (size_t i = 0; i < sizeof thousands / sizeof *thousands; i++)
        if (strcmp(raw, thousands[i]) == 0)
            *raw = 'k';
}

/* A name without a dash is the venue's own. */
static td_err hyperliquid_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    bool perpetual = spelling_perp(symbol, pair);
    char *dash = strrchr(pair, '-');
    if (perpetual) {
        TD_FAIL_IF(!dash || dash == pair || strcmp(dash, "-USD") != 0, TD_E_VENUE_SYMBOL);
        *dash = '\0';
    }
    TD_TRY(spelling_to('/', pair, raw));
    lower_exceptions(raw);
    return 0;
}

/* ---- fixed form: books and trades ---- */

static bool scan_levels(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps, orders;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "{\"px\":\"") ||
            !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, "\",\"sz\":\"") ||
            !emit_scan_steps(emit, scan, false, &size_steps, &decimals) ||
            !SCAN(scan, "\",\"n\":") || !scan_integer(scan, &orders) || !SCAN(scan, "}"))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_book(struct emit *emit, struct scan *scan)
{
    struct td_text coin;
    int64_t event_ns;
    if (!scan_string(scan, &coin) || !emit_choose(emit, coin, hyperliquid_unify) ||
        !SCAN(scan, ",\"time\":") || !scan_epoch_ms(scan, &event_ns) ||
        !SCAN(scan, ",\"levels\":[["))
        return false;
    emit_begin(emit, TD_EVENT_SNAPSHOT, event_ns);
    if (!scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",[") ||
        !scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, "]}}"))
        return false;
    emit_end(emit);
    return true;
}

static uint8_t taker_of(struct td_text side)
{
    if (side.bytes != 1 || (*side.at != 'A' && *side.at != 'B'))
        return TD_TAKER_UNKNOWN;
    return *side.at == 'B' ? TD_TAKER_BUY : TD_TAKER_SELL;
}

static bool scan_trade(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    struct td_text coin, hash, user;
    if (!SCAN(scan, "{\"coin\":") || !scan_string(scan, &coin) ||
        !emit_choose(emit, coin, hyperliquid_unify) || !SCAN(scan, ",\"side\":") ||
        !scan_string(scan, &trade.side_raw) || !SCAN(scan, ",\"px\":") ||
        !scan_string(scan, &trade.price) || !SCAN(scan, ",\"sz\":") ||
        !scan_string(scan, &trade.size) || !SCAN(scan, ",\"time\":") ||
        !scan_epoch_ms(scan, &trade.event_ns) || !SCAN(scan, ",\"hash\":") ||
        !scan_string(scan, &hash) || !SCAN(scan, ",\"tid\":") ||
        !scan_integer_text(scan, &trade.id) || !SCAN(scan, ",\"users\":[") ||
        !scan_string(scan, &user) || !SCAN(scan, ",") || !scan_string(scan, &user) ||
        !SCAN(scan, "]}"))
        return false;
    trade.taker = taker_of(trade.side_raw);
    return emit_trade(emit, &trade) == 0;
}

static bool scan_trades(struct emit *emit, struct scan *scan)
{
    do {
        if (!scan_trade(emit, scan))
            return false;
    } while (SCAN(scan, ","));
    return SCAN(scan, "]}");
}

static bool hyperliquid_scan(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "{\"channel\":\"l2Book\",\"data\":{\"coin\":"))
        return scan_book(emit, scan);
    return SCAN(scan, "{\"channel\":\"trades\",\"data\":[") && scan_trades(emit, scan);
}

/* ---- parse ---- */

static int read_book(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    int levels = json_member(json, data, "levels");
    int bids = json_is_array(json, levels) ? json_first(json, levels) : -1;
    emit_begin(emit, TD_EVENT_SNAPSHOT, emit_time_epoch(emit, json_plain(json, data, "time")));
    if (emit_read_level_objects(emit, bids, TD_SIDE_BID, "px", "sz") < 0 ||
        emit_read_level_objects(emit, json_next(json, bids), TD_SIDE_ASK, "px", "sz") < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trade(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "px"),
        .size = json_plain(json, item, "sz"),
        .id = json_plain(json, item, "tid"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "time")),
    };
    trade.taker = taker_of(trade.side_raw);
    return trade.id.at && emit_trade(emit, &trade) == 0 ? TD_BUCKET_OK : TD_BUCKET_MALFORMED;
}

/* A message may hold trades of several coins. */
static int read_trades(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    bool any = false;
    if (!json_is_array(json, data))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, data); item >= 0; item = json_next(json, item)) {
        struct td_text coin = json_plain(json, item, "coin");
        if (!coin.at)
            return TD_BUCKET_MALFORMED;
        if (!emit_choose(emit, coin, hyperliquid_unify))
            continue;
        any = true;
        if (read_trade(emit, item) != TD_BUCKET_OK)
            return TD_BUCKET_MALFORMED;
    }
    return any ? TD_BUCKET_OK : TD_BUCKET_IGNORED;
}

static td_err read_side(struct emit *emit, int side, const struct emit_ticker_key keys[2])
{
    const struct json *json = emit->ctx->json;
    if (json_equals(json, side, "null"))
        return 0;
    TD_TRY(emit_ticker_value(emit, (enum td_ticker_field)keys[0].field,
                             json_plain(json, side, keys[0].key)));
    return emit_ticker_value(emit, (enum td_ticker_field)keys[1].field,
                             json_plain(json, side, keys[1].key));
}

static int read_best(struct emit *emit, int data)
{
    static const struct emit_ticker_key bid[] = {{"px", TD_TICKER_BID}, {"sz", TD_TICKER_BID_SIZE}};
    static const struct emit_ticker_key ask[] = {{"px", TD_TICKER_ASK}, {"sz", TD_TICKER_ASK_SIZE}};
    const struct json *json = emit->ctx->json;
    int sides = json_member(json, data, "bbo");
    int first = json_is_array(json, sides) ? json_first(json, sides) : -1;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, data, "time")));
    emit->event->ticker.kind = TD_TICKER_KIND_BBO;
    if (read_side(emit, first, bid) < 0 || read_side(emit, json_next(json, first), ask) < 0)
        return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static int read_contract(struct emit *emit, int data)
{
    static const struct emit_ticker_key keys[] = {
        {"markPx", TD_TICKER_MARK_PRICE},      {"oraclePx", TD_TICKER_INDEX_PRICE},
        {"funding", TD_TICKER_FUNDING_RATE},   {"openInterest", TD_TICKER_OPEN_INTEREST},
        {"prevDayPx", TD_TICKER_OPEN},         {"dayBaseVlm", TD_TICKER_BASE_VOLUME},
        {"dayNtlVlm", TD_TICKER_QUOTE_VOLUME},
    };
    emit_begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    int values = json_member(emit->ctx->json, data, "ctx");
    return emit_read_ticker(emit, values, keys, sizeof keys / sizeof *keys) < 0
               ? TD_BUCKET_MALFORMED
               : TD_BUCKET_OK;
}

/* ---- classify ---- */

static const struct {
    const char *channel;
    int (*read)(struct emit *, int data);
} messages[] = {
    {"l2Book", read_book},
    {"bbo", read_best},
    {"activeAssetCtx", read_contract},
    {"activeSpotAssetCtx", read_contract},
};

/* The text of an error holds the subscription that it refuses, quoted once more. */
static int read_error(struct emit *emit, struct td_text text)
{
    static const char key[] = "\\\"coin\\\":\\\"";
    const char *at = memmem(text.at, text.bytes, key, sizeof key - 1);
    if (!at || !memmem(text.at, text.bytes, "Invalid subscription", 20))
        return TD_BUCKET_IGNORED;
    at += sizeof key - 1;
    const char *end = memchr(at, '\\', (size_t)(text.at + text.bytes - at));
    struct td_text coin = {at, end ? (uint32_t)(end - at) : 0};
    if (!end || !emit_choose(emit, coin, hyperliquid_unify))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int hyperliquid_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int channel = json_member(json, 0, "channel"), data = json_member(json, 0, "data");
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        if (!json_equals(json, channel, messages[i].channel))
            continue;
        struct td_text coin = json_plain(json, data, "coin");
        if (!coin.at)
            return TD_BUCKET_MALFORMED;
        return emit_choose(emit, coin, hyperliquid_unify) ? messages[i].read(emit, data)
                                                          : TD_BUCKET_IGNORED;
    }
    if (json_equals(json, channel, "trades"))
        return read_trades(emit, data);
    if (json_equals(json, channel, "error") && json_is_string(json, data))
        return read_error(emit, json_text(json, data));
    bool known =
        json_equals(json, channel, "subscriptionResponse") || json_equals(json, channel, "pong");
    return known ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int hyperliquid_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, hyperliquid_scan, hyperliquid_read);
}

/* ---- subscribe and resync: one coin and channel a message; the ticker is two of theirs ---- */

static const struct {
    const char *type;
    enum td_channel channel;
} types[] = {
    {"l2Book", TD_CHANNEL_BOOK},
    {"trades", TD_CHANNEL_TRADES},
    {"bbo", TD_CHANNEL_TICKER},
    {"activeAssetCtx", TD_CHANNEL_TICKER},
};
enum { TYPES = sizeof types / sizeof *types };

static size_t put_text(const struct instrument *instrument, const char *method, const char *type,
                       char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out,
                      "{\"method\":\"%s\",\"subscription\":{\"type\":\"%s\",\"coin\":\"%s\"}}",
                      method, type, instrument->raw);
    return subscription_text(&out, 1);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *method,
                               char *buffer, size_t cap)
{
    unsigned wanted[TYPES], count = 0;
    struct venue_subscription one = *sub;
    enum td_channel channel;
    for (unsigned i = 0; i < TYPES; i++)
        if (sub->channels & 1u << types[i].channel)
            wanted[count++] = i;
    one.channels = 1u << TD_CHANNEL_BOOK;
    const struct instrument *instrument =
        count > 0 ? subscription_single(&one, n / count, &channel) : NULL;
    return instrument ? put_text(instrument, method, types[wanted[n % count]].type, buffer, cap)
                      : 0;
}

static size_t hyperliquid_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                    size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

static size_t hyperliquid_unsubscribe(const struct venue_subscription *sub, unsigned n,
                                      char *buffer, size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t hyperliquid_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                      size_t cap)
{
    return n > 1
               ? 0
               : put_text(instrument, n ? "subscribe" : "unsubscribe", types[0].type, buffer, cap);
}

/* ---- descriptor: the symbol list is a POST with a body, which nobody here sends, so scales grow with what comes ---- */

const struct venue venue_hyperliquid = {
    .name = "hyperliquid",
    .title = "Hyperliquid",
    .ws_url = "wss://api.hyperliquid.xyz/ws",
    .rest_url = "https://api.hyperliquid.xyz",
    .conn_channels_max = CHANNELS_MAX,
    .rule = SYNC_NONE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = "{\"method\":\"ping\"}",
    .ping_interval_ms = PING_INTERVAL_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = hyperliquid_spell,
    .unify = hyperliquid_unify,
    .subscribe = hyperliquid_subscribe,
    .unsubscribe = hyperliquid_unsubscribe,
    .resubscribe = hyperliquid_resubscribe,
    .parse = hyperliquid_parse,
};
