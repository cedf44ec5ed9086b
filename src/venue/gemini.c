/* Gemini, market data v2: one subscription brings book and trades.

   first       {"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","101.40","2"],...],"trades":[{"type":"trade",...},...],
                "auction_events":[]}
                 all levels and 50 old trades, newest first
   book        {"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","101.40","0"],["sell","101.50","0.25"]]}
                 buy = bids, sell = asks; price; absolute size, zero deletes (also of levels that are not there); no time
   trade       {"type":"trade","symbol":"BTCUSD","event_id":7,"tid":7,"timestamp":1767323045678,"price":"101.5",
                "quantity":"0.04","side":"buy"}
                 side is the taker's [C 38 of 38], or "block"; tid is missing in older ones
   heartbeat   {"type":"heartbeat","timestamp":1767323045678}    every 5 s

   Sequence (NONE): no number, so the first message alone proves the book [C 2,413, never crossed]; tripwires are the
   heartbeat and a crossed book. The newer feed with U/u at another address [D] has another rule and is not read. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    HEARTBEAT_MS = 5000,
    SUBSCRIBE_GAP_MS = 100, /* [U] */
};

/* GUSD is a quote of perpetuals and of two pairs; elsewhere a G before USD belongs to the base (STGUSD). */
static const char spot_quotes[] = "USDC USDT RLUSD USD GBP EUR SGD BTC ETH LTC BCH DAI FIL";
static const char gusd_quotes[] = "GUSD USDC USDT USD";

static td_err gemini_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    size_t end = sizeof "PERP" - 1;
    bool perpetual = raw_bytes > end && memcmp(raw + raw_bytes - end, "PERP", end) == 0;
    bool gusd = perpetual || (raw_bytes == 7 && (memcmp(raw, "BTC", 3) == 0 || //
                                                 memcmp(raw, "ETH", 3) == 0));
    TD_TRY(spelling_split(gusd ? gusd_quotes : spot_quotes, raw,
                          perpetual ? raw_bytes - end : raw_bytes, symbol));
    return perpetual ? spelling_add(symbol, "-PERP") : 0;
}

static td_err gemini_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    bool perpetual = spelling_perp(symbol, pair);
    TD_TRY(spelling_to('\0', pair, raw));
    return perpetual ? spelling_add(raw, "PERP") : 0;
}

/* ---- fixed form: changes and single trades ---- */

static bool scan_symbol(struct emit *emit, struct scan *scan)
{
    struct td_text symbol;
    return SCAN(scan, ",\"symbol\":") && scan_string(scan, &symbol) &&
           emit_choose(emit, symbol, gemini_unify);
}

static bool scan_change(struct emit *emit, struct scan *scan)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    enum td_side side = TD_SIDE_BID;
    if (!SCAN(scan, "[\"buy\",\"")) {
        if (!SCAN(scan, "[\"sell\",\""))
            return false;
        side = TD_SIDE_ASK;
    }
    if (!emit_scan_steps(emit, scan, true, &price_steps, &decimals) || !SCAN(scan, "\",\"") ||
        !emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "\"]"))
        return false;
    emit_steps(emit, side, price_steps, size_steps);
    return true;
}

static bool scan_trade(struct emit *emit, struct scan *scan, uint16_t flags)
{
    struct emit_trade trade = {.flags = flags};
    if (!scan_symbol(emit, scan) || !SCAN(scan, ",\"event_id\":") ||
        !scan_integer_text(scan, &trade.id) ||
        (SCAN(scan, ",\"tid\":") && !scan_integer_text(scan, &trade.id)) ||
        !SCAN(scan, ",\"timestamp\":") || !scan_epoch_ms(scan, &trade.event_ns) ||
        !SCAN(scan, ",\"price\":") || !scan_string(scan, &trade.price) ||
        !SCAN(scan, ",\"quantity\":") || !scan_string(scan, &trade.size) ||
        !SCAN(scan, ",\"side\":") || !scan_string(scan, &trade.side_raw) || !SCAN(scan, "}"))
        return false;
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade) == 0;
}

#define FIRST_TAIL "],\"auction_events\":[]}"

/* The first message goes on with old trades, which its end tells. */
static bool scan_changes(struct emit *emit, struct scan *scan)
{
    size_t tail = sizeof FIRST_TAIL - 1;
    if (!scan_symbol(emit, scan) || !SCAN(scan, ",\"changes\":["))
        return false;
    bool first =
        (size_t)(scan->end - scan->at) > tail && memcmp(scan->end - tail, FIRST_TAIL, tail) == 0;
    emit_begin(emit, first ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, EMIT_NO_TIME);
    do {
        if (!scan_change(emit, scan))
            return false;
    } while (SCAN(scan, ","));
    emit_end(emit);
    if (!first)
        return SCAN(scan, "]}");
    if (!SCAN(scan, "],\"trades\":["))
        return false;
    do {
        if (!SCAN(scan, "{\"type\":\"trade\"") || !scan_trade(emit, scan, TD_EVF_LISTED))
            return false;
    } while (SCAN(scan, ","));
    return SCAN(scan, FIRST_TAIL);
}

static bool gemini_scan(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "{\"type\":\"l2_updates\""))
        return scan_changes(emit, scan);
    return SCAN(scan, "{\"type\":\"trade\"") && scan_trade(emit, scan, 0);
}

/* ---- parse ---- */

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

static td_err read_trade(struct emit *emit, int item, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, "quantity"),
        .id = json_plain(json, item, "tid"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "timestamp")),
        .flags = flags,
    };
    if (!trade.id.at)
        trade.id = json_plain(json, item, "event_id");
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static int read_book(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int changes = json_member(json, 0, "changes"), trades = json_member(json, 0, "trades");
    if (!json_is_array(json, changes) || (trades >= 0 && !json_is_array(json, trades)))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, trades >= 0 ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, EMIT_NO_TIME);
    for (int change = json_first(json, changes); change >= 0; change = json_next(json, change))
        if (read_change(emit, change) < 0)
            return TD_BUCKET_MALFORMED;
    emit_end(emit);
    for (int item = json_first(json, trades); item >= 0; item = json_next(json, item))
        if (read_trade(emit, item, TD_EVF_LISTED) < 0)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static int read_new_trade(struct emit *emit)
{
    return read_trade(emit, 0, 0) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

/* ---- classify ---- */

static const char *const notices[] = {
    "heartbeat",       "subscription_ack",   "unsubscription_ack", "auction_open",
    "auction_outcome", "auction_indicative", "auction_result",
};

static int gemini_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int type = json_member(json, 0, "type");
    for (size_t i = 0; i < sizeof notices / sizeof *notices; i++)
        if (json_equals(json, type, notices[i]))
            return TD_BUCKET_IGNORED;
    if (json_equals(json, json_member(json, 0, "result"), "error"))
        return TD_BUCKET_IGNORED;
    bool book = json_equals(json, type, "l2_updates");
    struct td_text symbol = json_plain(json, 0, "symbol");
    if ((!book && !json_equals(json, type, "trade")) || !symbol.at)
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, symbol, gemini_unify))
        return TD_BUCKET_IGNORED;
    return book ? read_book(emit) : read_new_trade(emit);
}

static int gemini_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, gemini_scan, gemini_read);
}

/* ---- symbol list: names alone, then details one by one ---- */

static const char list_path[] = "/v1/symbols";
static const char details_path[] = "/v1/symbols/details/";

/* "btcusd", spoken of in capitals everywhere else. */
static bool list_name(struct venue_ctx *ctx, struct venue_listing *listing)
{
    char raw[TD_SYMBOL_MAX];
    struct td_text name = json_text(ctx->json, 0);
    if (!json_is_string(ctx->json, 0) || !ctx->listing || name.bytes == 0 ||
        !td_text_copy(raw, sizeof raw, name.at, name.bytes))
        return false;
    spelling_upper(raw);
    listing->raw = (struct td_text){raw, name.bytes};
    bool perpetual = name.bytes > 4 && memcmp(raw + name.bytes - 4, "PERP", 4) == 0;
    listing->kind = perpetual ? INSTRUMENT_PERP : INSTRUMENT_SPOT;
    ctx->listing(ctx, listing);
    return false;
}

/* {"symbol":"BTCUSD","base_currency":"BTC","quote_currency":"USD","tick_size":1E-8,"quote_increment":0.01,"status":"open",...}:
   the tick is the size's. */
static void list_details(struct venue_ctx *ctx)
{
    const struct json *json = ctx->json;
    struct venue_listing listing = {
        .raw = json_plain(json, 0, "symbol"),
        .base = json_plain(json, 0, "base_currency"),
        .quote = json_plain(json, 0, "quote_currency"),
        .price_step = json_plain(json, 0, "quote_increment"),
        .size_step = json_plain(json, 0, "tick_size"),
        .status = json_plain(json, 0, "status"),
        .contract_currency = json_plain(json, 0, "contract_price_currency"),
    };
    if (json_equals(json, json_member(json, 0, "product_type"), "swap"))
        listing.kind = INSTRUMENT_PERP;
    if (listing.raw.at && ctx->listing)
        ctx->listing(ctx, &listing);
}

static int gemini_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                             const struct td_frame *frame)
{
    (void)frame;
    if (!memmem(url.at, url.bytes, list_path, sizeof list_path - 1))
        return TD_BUCKET_IGNORED;
    if (!memmem(url.at, url.bytes, details_path, sizeof details_path - 1))
        return listing_parse(ctx, body, "", list_name);
    if (json_parse(ctx->json, body.at, body.bytes) < 0 || !json_is_object(ctx->json, 0))
        return TD_BUCKET_MALFORMED;
    list_details(ctx);
    return TD_BUCKET_OK;
}

/* ---- subscribe and resync: a name that the venue does not know fails its message alone ---- */

static size_t put_text(const struct instrument *instrument, const char *type, char *buffer,
                       size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(
        &out, "{\"type\":\"%s\",\"subscriptions\":[{\"name\":\"l2\",\"symbols\":[\"%s\"]}]}", type,
        instrument->raw);
    return subscription_text(&out, 1);
}

/* Book and trades come together; the venue has no ticker. */
static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *type,
                               char *buffer, size_t cap)
{
    struct venue_subscription one = *sub;
    enum td_channel channel;
    bool wanted = sub->channels & (1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TRADES);
    one.channels = wanted ? 1u << TD_CHANNEL_BOOK : 0;
    const struct instrument *instrument = subscription_single(&one, n, &channel);
    return instrument ? put_text(instrument, type, buffer, cap) : 0;
}

static size_t gemini_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    return put_subscription(sub, n, "subscribe", buffer, cap);
}

static size_t gemini_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t gemini_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                 size_t cap)
{
    return n > 1 ? 0 : put_text(instrument, n ? "subscribe" : "unsubscribe", buffer, cap);
}

static size_t gemini_list_url(const char *rest_url, const struct venue_subscription *sub,
                              unsigned n, char *buffer, size_t cap)
{
    enum td_channel channel;
    if (n == 0 || !sub)
        return n > 0 ? 0 : subscription_url(rest_url, list_path, buffer, cap);
    struct venue_subscription one = *sub;
    one.every_shard = true;
    one.channels = 1u << TD_CHANNEL_BOOK;
    const struct instrument *instrument = subscription_single(&one, n - 1, &channel);
    if (!instrument)
        return 0;
    char name[TD_SYMBOL_MAX];
    memcpy(name, instrument->raw, sizeof name);
    spelling_lower(name);
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s%s%s", rest_url, details_path, name);
    return out.cut ? 0 : out.bytes;
}

/* ---- descriptor ---- */

const struct venue venue_gemini = {
    .name = "gemini",
    .title = "Gemini",
    .ws_url = "wss://api.gemini.com/v2/marketdata",
    .rest_url = "https://api.gemini.com",
    .rule = SYNC_NONE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .heartbeat_ms = HEARTBEAT_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = gemini_spell,
    .unify = gemini_unify,
    .subscribe = gemini_subscribe,
    .unsubscribe = gemini_unsubscribe,
    .resubscribe = gemini_resubscribe,
    .list_url = gemini_list_url,
    .parse = gemini_parse,
    .parse_http = gemini_parse_http,
};
