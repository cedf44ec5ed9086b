/* Upbit. JSON text in binary frames; what is asked for in one array replaces all that was asked for before.

   orderbook   {"ty":"orderbook","cd":"KRW-BTC","tms":1767323045100,"tas":10.5,"tbs":9.2,
                "obu":[{"ap":101.5,"bp":101.4,"as":0.2,"bs":1.5},...],"st":"REALTIME"}
                 the whole book each time, best first: price and size of an ask beside those of a bid; bare numbers, some as
                 9.9E-7 [C 145]
   trade       {"ty":"trade","cd":"KRW-BTC","tms":ms,"td":...,"ttm":...,"ttms":1767323045000,"tp":101.5,"tv":0.04,"ab":"BID",
                "pcp":...,"c":...,"cp":...,"sid":1767323045000003,"st":"REALTIME"}
                 ab: what the taker did [C 303 of 303]; sid is unique; st SNAPSHOT is an old one
   ticker      {"ty":"ticker","cd":"KRW-BTC","op":open,"hp":high,"lp":low,"tp":last,"tv":last size,"scp":change,
                "scr":rate,"atv24h":volume,"atp24h":volume in the quote currency,"tms":ms,"st":...}                 [D]
   others      {"status":"UP"}, the answer to PING; {"error":{"name":...,"message":...}}

   Sequence: none, and none is needed: every message is the whole book. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    CODES_A_CONNECTION = 150, /* [U] all of them stand in one text */
    CHANNELS = 3,
    PING_MS = 60000, /* 120 s without a word from us close the connection [D] */
    SUBSCRIBE_GAP_MS = 250,
};

/* Codes name the quote first, KRW-BTC. */
static td_err swap(const char *name, size_t bytes, char out[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(bytes == 0 || bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    const char *dash = memchr(name, '-', bytes);
    TD_FAIL_IF(!dash || dash == name || dash == name + bytes - 1, TD_E_VENUE_SYMBOL);
    size_t first = (size_t)(dash - name), second = bytes - first - 1;
    memcpy(out, dash + 1, second);
    out[second] = '-';
    memcpy(out + second + 1, name, first);
    out[bytes] = '\0';
    return 0;
}

static td_err upbit_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    char clean[TD_SYMBOL_MAX];
    TD_FAIL_IF(raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, clean);
    if (swap(clean, strlen(clean), symbol) < 0)
        return spelling_from('-', raw, raw_bytes, symbol);
    return 0;
}

/* Money that nothing is paid for with coins in front is the venue's own spelling. */
static td_err upbit_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    static const char *const money[] = {"KRW-", "SGD-", "IDR-", "THB-"};
    for (size_t i = 0; i < sizeof money / sizeof *money; i++)
        if (strncmp(symbol, money[i], strlen(money[i])) == 0)
            return spelling_to('-', symbol, raw);
    return swap(symbol, strlen(symbol), raw);
}

static bool choose(struct emit *emit, struct td_text code)
{
    return emit_choose(emit, code, upbit_unify);
}

/* ---- fixed form ---- */

/* `{"ap":101.5,"bp":101.4,"as":0.2,"bs":1.5},...]` */
static bool scan_units(struct emit *emit, struct scan *scan)
{
    int64_t ask, bid, ask_size, bid_size;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "{\"ap\":") || !emit_scan_steps(emit, scan, true, &ask, &decimals) ||
            !SCAN(scan, ",\"bp\":") || !emit_scan_steps(emit, scan, true, &bid, &decimals) ||
            !SCAN(scan, ",\"as\":") || !emit_scan_steps(emit, scan, false, &ask_size, &decimals) ||
            !SCAN(scan, ",\"bs\":") || !emit_scan_steps(emit, scan, false, &bid_size, &decimals) ||
            !SCAN(scan, "}"))
            return false;
        emit_steps(emit, TD_SIDE_ASK, ask, ask_size);
        emit_steps(emit, TD_SIDE_BID, bid, bid_size);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_book(struct emit *emit, struct scan *scan)
{
    struct td_text code, sum, state;
    int64_t event_ns;
    if (!scan_string(scan, &code) || !choose(emit, code) || !SCAN(scan, ",\"tms\":") ||
        !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, ",\"tas\":") ||
        !scan_number_text(scan, &sum) || !SCAN(scan, ",\"tbs\":") ||
        !scan_number_text(scan, &sum) || !SCAN(scan, ",\"obu\":["))
        return false;
    emit_begin(emit, TD_EVENT_SNAPSHOT, event_ns);
    if (!scan_units(emit, scan) || !SCAN(scan, ",\"st\":") || !scan_string(scan, &state) ||
        !SCAN(scan, "}"))
        return false;
    emit_end(emit);
    return true;
}

static uint8_t taker_of(struct td_text word)
{
    if (word.bytes != 3 || !word.at)
        return TD_TAKER_UNKNOWN;
    return memcmp(word.at, "BID", 3) == 0   ? TD_TAKER_BUY
           : memcmp(word.at, "ASK", 3) == 0 ? TD_TAKER_SELL
                                            : TD_TAKER_UNKNOWN;
}

static bool scan_trade(struct emit *emit, struct scan *scan)
{
    struct td_text code, word, number;
    struct emit_trade trade = {0};
    int64_t sent_ns;
    if (!scan_string(scan, &code) || !choose(emit, code) || !SCAN(scan, ",\"tms\":") ||
        !scan_epoch_ms(scan, &sent_ns) || !SCAN(scan, ",\"td\":") || !scan_string(scan, &word) ||
        !SCAN(scan, ",\"ttm\":") || !scan_string(scan, &word) || !SCAN(scan, ",\"ttms\":") ||
        !scan_epoch_ms(scan, &trade.event_ns) || !SCAN(scan, ",\"tp\":") ||
        !scan_number_text(scan, &trade.price) || !SCAN(scan, ",\"tv\":") ||
        !scan_number_text(scan, &trade.size) || !SCAN(scan, ",\"ab\":") ||
        !scan_string(scan, &trade.side_raw) || !SCAN(scan, ",\"pcp\":") ||
        !scan_number_text(scan, &number) || !SCAN(scan, ",\"c\":") || !scan_string(scan, &word) ||
        !SCAN(scan, ",\"cp\":") || !scan_number_text(scan, &number) || !SCAN(scan, ",\"sid\":") ||
        !scan_integer_text(scan, &trade.id) || !SCAN(scan, ",\"st\":\"REALTIME\"}"))
        return false;
    trade.taker = taker_of(trade.side_raw);
    return emit_trade(emit, &trade) == 0;
}

static bool upbit_scan(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "{\"ty\":\"trade\",\"cd\":"))
        return scan_trade(emit, scan);
    return SCAN(scan, "{\"ty\":\"orderbook\",\"cd\":") && scan_book(emit, scan);
}

/* ---- parse ---- */

static int read_book(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int units = json_member(json, 0, "obu");
    if (!json_is_array(json, units))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_SNAPSHOT, emit_time_epoch(emit, json_plain(json, 0, "tms")));
    for (int unit = json_first(json, units); unit >= 0; unit = json_next(json, unit))
        if (emit_level(emit, TD_SIDE_ASK, json_plain(json, unit, "ap"),
                       json_plain(json, unit, "as")) < 0 ||
            emit_level(emit, TD_SIDE_BID, json_plain(json, unit, "bp"),
                       json_plain(json, unit, "bs")) < 0)
            return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trade(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    bool listed = json_equals(json, json_member(json, 0, "st"), "SNAPSHOT");
    struct emit_trade trade = {
        .price = json_plain(json, 0, "tp"),
        .size = json_plain(json, 0, "tv"),
        .id = json_plain(json, 0, "sid"),
        .side_raw = json_plain(json, 0, "ab"),
        .event_ns = emit_time_epoch(emit, json_plain(json, 0, "ttms")),
        .flags = listed ? TD_EVF_LISTED : 0,
    };
    trade.taker = taker_of(trade.side_raw);
    return !trade.id.at || emit_trade(emit, &trade) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static const struct emit_ticker_key ticker_keys[] = {
    {"tp", TD_TICKER_LAST},
    {"tv", TD_TICKER_LAST_SIZE},
    {"op", TD_TICKER_OPEN},
    {"hp", TD_TICKER_HIGH},
    {"lp", TD_TICKER_LOW},
    {"scp", TD_TICKER_CHANGE},
    {"atv24h", TD_TICKER_BASE_VOLUME},
    {"atp24h", TD_TICKER_QUOTE_VOLUME},
};

static int read_ticker(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, 0, "tms")));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, 0, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys) < 0
               ? TD_BUCKET_MALFORMED
               : TD_BUCKET_OK;
}

/* ---- classify ---- */

static const struct {
    const char *type;
    int (*read)(struct emit *);
} messages[] = {
    {"orderbook", read_book},
    {"trade", read_trade},
    {"ticker", read_ticker},
};

static int upbit_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int type = json_member(json, 0, "ty");
    struct td_text code = json_plain(json, 0, "cd");
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        if (!json_is_string(json, type) || !json_equals(json, type, messages[i].type))
            continue;
        if (!code.at)
            return TD_BUCKET_MALFORMED;
        return choose(emit, code) ? messages[i].read(emit) : TD_BUCKET_IGNORED;
    }
    bool quiet = type < 0 && (json_equals(json, json_member(json, 0, "status"), "UP") ||
                              json_is_object(json, json_member(json, 0, "error")));
    return quiet ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int upbit_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, upbit_scan, upbit_read);
}

/* The list has no steps: scales grow with what is seen. */
static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "market");
    const char *at = listing->raw.at, *dash = at ? memchr(at, '-', listing->raw.bytes) : NULL;
    if (!dash)
        return false;
    listing->quote = (struct td_text){at, (uint32_t)(dash - at)};
    listing->base = (struct td_text){dash + 1, listing->raw.bytes - listing->quote.bytes - 1};
    return true;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "market");
    listing->volume = json_plain(ctx->json, 0, "acc_trade_price_24h");
    return listing->raw.at;
}

static int upbit_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                            const struct td_frame *frame)
{
    (void)frame;
    if (memmem(url.at, url.bytes, "/market/all", strlen("/market/all")))
        return listing_parse(ctx, body, "", list_entry);
    if (memmem(url.at, url.bytes, "/ticker/all", strlen("/ticker/all")))
        return listing_parse(ctx, body, "", volume_entry);
    return TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync ---- */

static size_t upbit_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                              size_t cap)
{
    static const char *const types[CHANNELS] = {[TD_CHANNEL_BOOK] = "orderbook",
                                                [TD_CHANNEL_TRADES] = "trade",
                                                [TD_CHANNEL_TICKER] = "ticker"};
    struct td_str out = td_str_on(buffer, cap);
    unsigned count = 0;
    if (n > 0)
        return 0;
    td_str_add(&out, "[{\"ticket\":\"tapedeck\"}");
    for (unsigned channel = 0; channel < CHANNELS; channel++) {
        if (!(sub->channels & 1u << channel))
            continue;
        td_str_add_format(&out, ",{\"type\":\"%s\",\"codes\":[", types[channel]);
        count += subscription_batch(sub, 0, UINT16_MAX, &out, subscription_put_raw);
        td_str_add(&out, channel == TD_CHANNEL_TRADES ? "],\"isOnlyRealtime\":true}" : "]}");
    }
    td_str_add(&out, ",{\"format\":\"SIMPLE\"}]");
    return subscription_text(&out, count);
}

/* The next message is a whole book; asking for one would end all the others. */
static size_t upbit_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                size_t cap)
{
    (void)instrument;
    (void)n;
    (void)buffer;
    (void)cap;
    return 0;
}

static size_t upbit_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                             char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/v1/market/all", buffer, cap);
}

static size_t upbit_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    static const char path[] = "/v1/ticker/all?quote_currencies=KRW,BTC,USDT";
    return subscription_url(rest_url, path, buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_upbit = {
    .name = "upbit",
    .title = "Upbit",
    .ws_url = "wss://api.upbit.com/websocket/v1",
    .rest_url = "https://api.upbit.com",
    .conn_channels_max = CODES_A_CONNECTION * CHANNELS,
    .rule = SYNC_NONE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = "PING",
    .ping_interval_ms = PING_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = upbit_spell,
    .unify = upbit_unify,
    .subscribe = upbit_subscribe,
    .subscribe_replaces = true,
    .resubscribe = upbit_resubscribe,
    .list_url = upbit_list_url,
    .volume_url = upbit_volume_url,
    .parse = upbit_parse,
    .parse_http = upbit_parse_http,
};
