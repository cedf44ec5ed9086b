/* Crypto.com Exchange, spot and contracts of one socket.

   book        {"id":-1,"method":"subscribe","code":0,"result":{"instrument_name":"BTC_USDT","subscription":"book.BTC_USDT.50",
                "channel":"book","depth":50,"data":[{"asks":[["101.5","0.2","1"],...],"bids":[...],"t":1767323045100,
                "tt":ms,"u":12}]}}                                                                               [D]
               "channel":"book.update", data [{"update":{"asks":[...],"bids":[...]},"t":ms,"tt":ms,"u":13,"pu":12}]
                 price, absolute size, number of orders; zero deletes; an update that names no level is a heartbeat
                 the older form has bare numbers, bids first, and no u: whole books each time [C-old 1000]
   trades      "channel":"trade", data [{"d":"7","s":"BUY","p":"101.5","q":"0.04","t":ms,"i":"BTC_USDT"},...]
                 newest first, old ones on subscribing; the taker's side [C-old 112 of 124]; ids of 19 digits
   ticker      "channel":"ticker", data [{"i":"BTC_USDT","b":bid,"k":ask,"a":last,"t":ms,"v":volume,"h":high,"l":low,
                "c":change,"bs":bid size,"ks":ask size,"vv":volume in USD,"oi":open interest}]
   others      {"id":1,"method":"subscribe","code":0}; {"id":N,"method":"public/heartbeat"} each 30 s, answered by
               {"id":N,"method":"public/respond-heartbeat"} within 5 s [C]

   Sequence (PREV): pu is the u before [D]; a miss: unsubscribe and subscribe the book. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    SYMBOLS_A_MESSAGE = 10,
    SUBSCRIBE_GAP_MS = 100, /* [U] */
    SUBSCRIBE_DELAY_MS =
        1000,            /* [D] the venue counts messages of the first second against the limit */
    CONN_CHANNELS = 400, /* [U] */
    HEARTBEAT_MS = 30000,
    DEPTH = 50, /* the deepest there is; part of the subscription and of pruning */
};
#define DEPTH_TEXT "50"

/* BTC_USDT is spot, BTCUSD-PERP perpetual, BTCUSD-261225 dated. */
static td_err crypto_com_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    char date[SPELLING_DATE_BYTES];
    const char *dash = memrchr(raw, '-', raw_bytes);
    if (!dash || dash == raw)
        return spelling_from('_', raw, raw_bytes, symbol);
    size_t ending = (size_t)(raw + raw_bytes - dash) - 1;
    TD_TRY(spelling_from('\0', raw, (size_t)(dash - raw), symbol));
    if (spelling_long_date(dash + 1, ending, date)) {
        TD_TRY(spelling_add(symbol, "-"));
        return spelling_add(symbol, date);
    }
    if (ending == 4 && memcmp(dash, "-PERP", 5) == 0)
        return spelling_add(symbol, "-PERP");
    return spelling_from('-', raw, raw_bytes, symbol);
}

static td_err crypto_com_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX], date[SPELLING_DATE_BYTES];
    if (spelling_perp(symbol, pair)) {
        TD_TRY(spelling_to('\0', pair, raw));
        return spelling_add(raw, "-PERP");
    }
    if (!spelling_dated(symbol, pair, date))
        return spelling_to('_', symbol, raw);
    TD_TRY(spelling_to('\0', pair, raw));
    TD_TRY(spelling_add(raw, "-"));
    return spelling_add(raw, date + 2);
}

/* ---- fixed form ---- */

/* `["101.5","0.2","1"],...]`, or bare as the older form has it. */
static inline __attribute__((always_inline)) bool scan_levels(struct emit *emit, struct scan *scan,
                                                              enum td_side side, bool quoted)
{
    int64_t price_steps, size_steps, orders;
    unsigned decimals;
    do {
        if (!(quoted ? SCAN(scan, "[\"") : SCAN(scan, "[")) ||
            !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !(quoted ? SCAN(scan, "\",\"") : SCAN(scan, ",")) ||
            !emit_scan_steps(emit, scan, false, &size_steps, &decimals) ||
            !(quoted ? SCAN(scan, "\",\"") : SCAN(scan, ",")) || !scan_integer(scan, &orders) ||
            !(quoted ? SCAN(scan, "\"]") : SCAN(scan, "]")))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    return SCAN(scan, "]") || scan_levels(emit, scan, side, true);
}

static bool scan_old_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    return SCAN(scan, "]") || scan_levels(emit, scan, side, false);
}

/* What the event is told by stands behind its levels: a book too large for the sink is read by jsmn. */
static bool scan_old_book(struct emit *emit, struct scan *scan)
{
    int64_t event_ns;
    emit_begin(emit, TD_EVENT_SNAPSHOT, EMIT_NO_TIME);
    if (!scan_old_side(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !scan_old_side(emit, scan, TD_SIDE_ASK) || !SCAN(scan, ",\"t\":") ||
        !scan_epoch_ms(scan, &event_ns) || emit->sink->overflowed)
        return false;
    emit_stamp(emit, event_ns);
    return true;
}

static bool scan_book(struct emit *emit, struct scan *scan, bool update)
{
    int64_t event_ns, booked_ns, last, prev = 0;
    emit_begin(emit, update ? TD_EVENT_DELTA : TD_EVENT_SNAPSHOT, EMIT_NO_TIME);
    if (!scan_side(emit, scan, TD_SIDE_ASK) || !SCAN(scan, ",\"bids\":[") ||
        !scan_side(emit, scan, TD_SIDE_BID) || (update && !SCAN(scan, "}")) ||
        !SCAN(scan, ",\"t\":") || !scan_epoch_ms(scan, &event_ns) || emit->sink->overflowed ||
        (SCAN(scan, ",\"tt\":") && !scan_epoch_ms(scan, &booked_ns)) || !SCAN(scan, ",\"u\":") ||
        !scan_integer(scan, &last) ||
        (update && (!SCAN(scan, ",\"pu\":") || !scan_integer(scan, &prev))))
        return false;
    emit_stamp(emit, event_ns);
    emit_sequence(emit, prev, 0, last);
    return true;
}

static const struct emit_ticker_key ticker_keys[] = {
    {"a", TD_TICKER_LAST},      {"b", TD_TICKER_BID},
    {"bs", TD_TICKER_BID_SIZE}, {"k", TD_TICKER_ASK},
    {"ks", TD_TICKER_ASK_SIZE}, {"h", TD_TICKER_HIGH},
    {"l", TD_TICKER_LOW},       {"v", TD_TICKER_BASE_VOLUME},
    {"c", TD_TICKER_CHANGE},    {"oi", TD_TICKER_OPEN_INTEREST},
};

static bool scan_ticker(struct emit *emit, struct scan *scan)
{
    enum { KEYS = sizeof ticker_keys / sizeof *ticker_keys };
    static const char *const head[] = {"t"};
    struct td_text value[1 + KEYS];
    int64_t event_ns;
    if (!emit_scan_members(scan, head, 1, ticker_keys, KEYS, value) || !value[0].at)
        return false;
    struct scan time = {value[0].at, value[0].at + value[0].bytes};
    if (!scan_epoch_ms(&time, &event_ns) || time.at != time.end)
        return false;
    emit_begin(emit, TD_EVENT_TICKER, event_ns);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_scan_values(emit, value + 1, ticker_keys, KEYS) && SCAN(scan, "]}}");
}

static bool crypto_com_scan(struct emit *emit, struct scan *scan)
{
    struct td_text name, subscription;
    int64_t depth;
    bool good;
    if ((!SCAN(scan, "{\"id\":-1,\"method\":\"subscribe\",\"code\":0,\"result\":{") &&
         !SCAN(scan, "{\"code\":0,\"method\":\"subscribe\",\"result\":{")) ||
        !SCAN(scan, "\"instrument_name\":") || !scan_string(scan, &name) ||
        !emit_choose(emit, name, crypto_com_unify) || !SCAN(scan, ",\"subscription\":") ||
        !scan_string(scan, &subscription))
        return false;
    if (SCAN(scan, ",\"channel\":\"ticker\",\"data\":["))
        return scan_ticker(emit, scan);
    bool update = SCAN(scan, ",\"channel\":\"book.update\",\"depth\":");
    if ((!update && !SCAN(scan, ",\"channel\":\"book\",\"depth\":")) ||
        !scan_integer(scan, &depth) || !SCAN(scan, ",\"data\":[{"))
        return false;
    if (update)
        good = SCAN(scan, "\"update\":{\"asks\":[") && scan_book(emit, scan, true);
    else if (SCAN(scan, "\"bids\":["))
        good = scan_old_book(emit, scan);
    else
        good = SCAN(scan, "\"asks\":[") && scan_book(emit, scan, false);
    if (good)
        emit_end(emit);
    return good && SCAN(scan, "}]}}");
}

/* ---- parse ---- */

static int read_book(struct emit *emit, int item, bool update)
{
    const struct json *json = emit->ctx->json;
    int sides = update ? json_member(json, item, "update") : item;
    int bids = json_member(json, sides, "bids"), asks = json_member(json, sides, "asks");
    int64_t last, prev = 0;
    bool numbered = json_integer(json, item, "u", &last);
    emit_begin(emit, update ? TD_EVENT_DELTA : TD_EVENT_SNAPSHOT,
               emit_time_epoch(emit, json_plain(json, item, "t")));
    if (update && (!numbered || !json_integer(json, item, "pu", &prev)))
        return TD_BUCKET_MALFORMED;
    if (numbered)
        emit_sequence(emit, prev, 0, last);
    bool bids_first = bids < asks;
    if (emit_read_levels(emit, bids_first ? bids : asks, bids_first ? TD_SIDE_BID : TD_SIDE_ASK) <
            0 ||
        emit_read_levels(emit, bids_first ? asks : bids, bids_first ? TD_SIDE_ASK : TD_SIDE_BID) <
            0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_whole(struct emit *emit, int item)
{
    return read_book(emit, item, false);
}

static int read_update(struct emit *emit, int item)
{
    return read_book(emit, item, true);
}

static int read_trade(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "p"),
        .size = json_plain(json, item, "q"),
        .id = json_plain(json, item, "d"),
        .side_raw = json_plain(json, item, "s"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "t")),
    };
    trade.taker = emit_taker(trade.side_raw);
    return !trade.id.at || emit_trade(emit, &trade) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static int read_ticker(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, item, "t")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, item, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys) < 0
               ? TD_BUCKET_MALFORMED
               : TD_BUCKET_OK;
}

/* ---- classify ---- */

static const struct {
    const char *channel;
    int (*read)(struct emit *, int item); /* NULL: known, not recorded */
} channels[] = {
    {"book", read_whole},    {"book.update", read_update}, {"trade", read_trade},
    {"ticker", read_ticker}, {"candlestick", NULL},
};

static int read_each(struct emit *emit, int result, int (*read)(struct emit *, int))
{
    const struct json *json = emit->ctx->json;
    struct td_text name = json_plain(json, result, "instrument_name");
    int data = json_member(json, result, "data");
    if (!name.at || !json_is_array(json, data))
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, name, crypto_com_unify))
        return TD_BUCKET_IGNORED;
    for (int item = json_first(json, data); item >= 0; item = json_next(json, item))
        if (read(emit, item) != TD_BUCKET_OK)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

/* Which channel was refused stands in the answer as "book.BTC_USDT.50" [U]. */
static int read_answer(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text channel = json_plain(json, 0, "channel");
    const char *dot = channel.at ? memchr(channel.at, '.', channel.bytes) : NULL;
    if (json_equals(json, json_member(json, 0, "code"), "0") || !dot)
        return TD_BUCKET_IGNORED;
    const char *name = dot + 1, *end = channel.at + channel.bytes;
    const char *stop = memchr(name, '.', (size_t)(end - name));
    stop = stop ? stop : end;
    if (!emit_choose(emit, (struct td_text){name, (uint32_t)(stop - name)}, crypto_com_unify))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int crypto_com_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int method = json_member(json, 0, "method"), result = json_member(json, 0, "result");
    if (json_equals(json, method, "public/heartbeat") || json_equals(json, method, "unsubscribe"))
        return TD_BUCKET_IGNORED;
    if (!json_equals(json, method, "subscribe"))
        return TD_BUCKET_MALFORMED;
    int channel = json_member(json, result, "channel");
    if (channel < 0)
        return read_answer(emit);
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (json_equals(json, channel, channels[i].channel))
            return channels[i].read ? read_each(emit, result, channels[i].read) : TD_BUCKET_IGNORED;
    return TD_BUCKET_MALFORMED;
}

static int crypto_com_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, crypto_com_scan, crypto_com_read);
}

/* The number of the question, wherever it stands: the message is short. */
static size_t crypto_com_answer(struct td_text message, char *buffer, size_t cap)
{
    enum { LONGEST = 200 };
    struct td_str out = td_str_on(buffer, cap);
    if (message.bytes > LONGEST ||
        !memmem(message.at, message.bytes, "\"public/heartbeat\"", strlen("\"public/heartbeat\"")))
        return 0;
    const char *key = memmem(message.at, message.bytes, "\"id\":", strlen("\"id\":"));
    struct scan scan = {key ? key + strlen("\"id\":") : message.at, message.at + message.bytes};
    int64_t id;
    scan_space(&scan);
    if (!key || !scan_integer(&scan, &id) || scan.at == scan.end)
        return 0;
    td_str_add(&out, "{\"id\":");
    td_str_add_i64(&out, id);
    td_str_add(&out, ",\"method\":\"public/respond-heartbeat\"}");
    return out.cut ? 0 : out.bytes;
}

/* ---- lists ---- */

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int type = json_member(json, 0, "inst_type");
    bool perp = json_equals(json, type, "PERPETUAL_SWAP"),
         dated = json_equals(json, type, "FUTURE");
    int64_t expiry_ms;
    if (!perp && !dated && !json_equals(json, type, "CCY_PAIR"))
        return false;
    listing->raw = json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "base_ccy");
    listing->quote = json_plain(json, 0, "quote_ccy");
    listing->price_step = json_plain(json, 0, "price_tick_size");
    listing->size_step = json_plain(json, 0, "qty_tick_size");
    listing->status = json_text(json, json_member(json, 0, "tradable"));
    listing->kind = perp ? INSTRUMENT_PERP : dated ? INSTRUMENT_FUTURE : INSTRUMENT_SPOT;
    if ((perp || dated))
        listing->contract_size = json_plain(json, 0, "contract_size");
    if (dated && json_integer(json, 0, "expiry_timestamp_ms", &expiry_ms) &&
        expiry_ms < INT64_MAX / TD_NS_PER_MS)
        listing->expiry_ns = expiry_ms * TD_NS_PER_MS;
    return listing->raw.at;
}

/* The list that was recorded has spot alone, by decimals. */
static bool old_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "instrument_name");
    listing->base = json_plain(json, 0, "base_currency");
    listing->quote = json_plain(json, 0, "quote_currency");
    listing->price_step = listing_decimals(json, 0, "price_decimals");
    listing->size_step = listing_decimals(json, 0, "quantity_decimals");
    return listing->raw.at;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "i");
    listing->volume = json_plain(ctx->json, 0, "vv");
    return listing->raw.at;
}

static int crypto_com_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                                 const struct td_frame *frame)
{
    (void)frame;
    if (memmem(url.at, url.bytes, "/v2/public/get-instruments",
               strlen("/v2/public/get-instruments")))
        return listing_parse(ctx, body, "result.instruments", old_entry);
    if (memmem(url.at, url.bytes, "/get-instruments", strlen("/get-instruments")))
        return listing_parse(ctx, body, "result.data", list_entry);
    if (memmem(url.at, url.bytes, "/get-tickers", strlen("/get-tickers")))
        return listing_parse(ctx, body, "result.data", volume_entry);
    return TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync ---- */

static void put_channels(const struct venue_subscription *sub, const struct instrument *instrument,
                         struct td_str *out)
{
    const char *comma = "";
    if (sub->channels & 1u << TD_CHANNEL_BOOK) {
        td_str_add_format(out, "\"book.%s." DEPTH_TEXT "\"", instrument->raw);
        comma = ",";
    }
    if (sub->channels & 1u << TD_CHANNEL_TRADES) {
        td_str_add_format(out, "%s\"trade.%s\"", comma, instrument->raw);
        comma = ",";
    }
    if (sub->channels & 1u << TD_CHANNEL_TICKER)
        td_str_add_format(out, "%s\"ticker.%s\"", comma, instrument->raw);
}

#define UPDATES ",\"book_subscription_type\":\"SNAPSHOT_AND_UPDATE\",\"book_update_frequency\":10"

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *method,
                               const char *more, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"id\":%u,\"method\":\"%s\",\"params\":{\"channels\":[", n + 1,
                      method);
    unsigned count = subscription_batch(sub, n, SYMBOLS_A_MESSAGE, &out, put_channels);
    td_str_add_format(&out, "]%s}}", more);
    return subscription_text(&out, sub->channels ? count : 0);
}

static size_t crypto_com_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                   size_t cap)
{
    bool book = sub->channels & 1u << TD_CHANNEL_BOOK;
    return put_subscription(sub, n, "subscribe", book ? UPDATES : "", buffer, cap);
}

static size_t crypto_com_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                     size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", "", buffer, cap);
}

static size_t crypto_com_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                     size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(
        &out,
        "{\"id\":%u,\"method\":\"%s\",\"params\":{\"channels\":[\"book.%s." DEPTH_TEXT "\"]%s}}",
        n + 1, n == 0 ? "unsubscribe" : "subscribe", instrument->raw, n == 0 ? "" : UPDATES);
    return out.cut ? 0 : out.bytes;
}

static size_t crypto_com_list_url(const char *rest_url, const struct venue_subscription *sub,
                                  unsigned n, char *buffer, size_t cap)
{
    static const char path[] = "/exchange/v1/public/get-instruments";
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, path, buffer, cap);
}

static size_t crypto_com_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/exchange/v1/public/get-tickers", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_crypto_com = {
    .name = "crypto_com",
    .title = "Crypto.com Exchange",
    .ws_url = "wss://stream.crypto.com/exchange/v1/market",
    .rest_url = "https://api.crypto.com",
    .conn_channels_max = CONN_CHANNELS,
    .rule = SYNC_PREV,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .book_depth = DEPTH,
    .answer = crypto_com_answer,
    .subscribe_delay_ms = SUBSCRIBE_DELAY_MS,
    .heartbeat_ms = HEARTBEAT_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = crypto_com_spell,
    .unify = crypto_com_unify,
    .subscribe = crypto_com_subscribe,
    .unsubscribe = crypto_com_unsubscribe,
    .resubscribe = crypto_com_resubscribe,
    .list_url = crypto_com_list_url,
    .volume_url = crypto_com_volume_url,
    .parse = crypto_com_parse,
    .parse_http = crypto_com_parse_http,
};
