/* Kraken Futures, v1 of the feed, which is served until 2027-03-01. Its successor, wss://uws.kraken.com/v2/public, speaks the form of
   Kraken spot v2 with "asset_class":"derivatives" [D]: that will be kraken.c with another address.

   snapshot    {"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1626994925378,"seq":91192,"tickSize":null,
                "bids":[{"price":439.3,"qty":20108.0},...],"asks":[...]}
   book        {"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":91193,"price":32268.5,"qty":250001.0,
                "timestamp":1626994933494}
                 one level each; absolute sizes, zero deletes; bare numbers
   trade       {"feed":"trade","product_id":"PI_XBTUSD","uid":"e2429e31-...","side":"buy","type":"fill","seq":5956,
                "time":1626994929946,"qty":320.0,"price":119.44}
                 the taker's side; type is liquidation and others too; seq: +1 a product [C 993 of 993], stored as the id
   old trades  {"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[the same,...]}: the last 100, newest first
   ticker      {"feed":"ticker","time":ms,"product_id","bid","bid_size","ask","ask_size","last","volume","volumeQuote","open","high","low",
                "change","index","markPrice","openInterest","relative_funding_rate","next_funding_rate_time",...} [D]
   top         {"feed":"ticker_lite","product_id","bid","ask","change","volume",...}: without time; not subscribed to
   others      {"event":"info"|"subscribed"|"unsubscribed"|"alert"|"error",...}, {"feed":"heartbeat","time":...}

   Sequence (BOOK+1): seq rises by one a product, from the snapshot on [C 13,542 of 13,542]; a miss: subscribe anew. Answers name products
   in capitals, lists do not always. */
#include <string.h>

#include "base/utc.h"
#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    PRODUCTS_A_MESSAGE = 20,
    SUBSCRIBE_GAP_MS = 100, /* [U] */
    PING_MS = 30000,        /* a WebSocket ping at least each minute [D] */
};

static const char quotes[] = "USDT USDC USD EUR GBP";
enum { PREFIX = 3 }; /* of PF_, FF_, PI_, FI_ */

static bool has_prefix(const char *raw, size_t bytes, const char *prefix)
{
    return bytes > PREFIX && memcmp(raw, prefix, PREFIX) == 0;
}

/* XBT-USD -> BTC-USD in place. */
static void rename_bitcoin(char symbol[TD_SYMBOL_MAX])
{
    if (strncmp(symbol, "XBT-", 4) == 0)
        memcpy(symbol, "BTC", 3);
}

/* PF_XBTUSD is the perpetual and FF_XBTUSD_261225 the dated contract of a pair; the inverse kinds beside them, PI_ and FI_, keep their
   names. */
static td_err futures_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    bool dated = has_prefix(raw, raw_bytes, "FF_");
    char date[SPELLING_DATE_BYTES];
    if (!dated && !has_prefix(raw, raw_bytes, "PF_"))
        return spelling_from('-', raw, raw_bytes, symbol);
    const char *pair = raw + PREFIX, *end = raw + raw_bytes;
    const char *line = memchr(pair, '_', (size_t)(end - pair));
    if (dated != (line != NULL) ||
        (line && !spelling_long_date(line + 1, (size_t)(end - line - 1), date)))
        return spelling_from('-', raw, raw_bytes, symbol);
    TD_TRY(spelling_split(quotes, pair, (size_t)((line ? line : end) - pair), symbol));
    rename_bitcoin(symbol);
    TD_TRY(spelling_add(symbol, "-"));
    return spelling_add(symbol, line ? date : "PERP");
}

static td_err futures_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX], date[SPELLING_DATE_BYTES], spelled[TD_SYMBOL_MAX];
    bool perp = spelling_perp(symbol, pair), dated = !perp && spelling_dated(symbol, pair, date);
    if (!perp && !dated) { /* the venue's own */
        TD_FAIL_IF(strchr(symbol, '-') || !strchr(symbol, '_'), TD_E_VENUE_SYMBOL);
        return spelling_to('-', symbol, raw);
    }
    TD_TRY(spelling_to('-', pair, spelled));
    TD_FAIL_IF(!strchr(spelled, '-'), TD_E_VENUE_SYMBOL);
    if (strncmp(spelled, "BTC-", 4) == 0)
        memcpy(spelled, "XBT", 3);
    TD_TRY(spelling_to('\0', spelled, pair));
    struct td_str out = td_str_on(raw, TD_SYMBOL_MAX);
    td_str_add_format(&out, "%s%s%s%s", perp ? "PF_" : "FF_", pair, perp ? "" : "_",
                      perp ? "" : date + 2);
    return out.cut ? TD_E_VENUE_SYMBOL : 0;
}

/* ---- state: room to spell one entry of the symbol list ---- */

struct futures_state {
    char raw[TD_SYMBOL_MAX], pair[TD_SYMBOL_MAX];
};
_Static_assert(sizeof(struct futures_state) <= VENUE_STATE_BYTES, "state fits its place");

/* ---- fixed form ---- */

static bool scan_product(struct emit *emit, struct scan *scan)
{
    struct td_text product;
    return SCAN(scan, "\"product_id\":") && scan_string(scan, &product) &&
           emit_choose(emit, product, futures_unify);
}

static bool scan_change(struct emit *emit, struct scan *scan)
{
    int64_t price_steps, size_steps, seq, event_ns;
    unsigned decimals;
    enum td_side side = TD_SIDE_BID;
    if (!scan_product(emit, scan))
        return false;
    if (!SCAN(scan, ",\"side\":\"buy\"")) {
        side = TD_SIDE_ASK;
        if (!SCAN(scan, ",\"side\":\"sell\""))
            return false;
    }
    if (!SCAN(scan, ",\"seq\":") || !scan_integer(scan, &seq) || !SCAN(scan, ",\"price\":") ||
        !emit_scan_steps(emit, scan, true, &price_steps, &decimals) || !SCAN(scan, ",\"qty\":") ||
        !emit_scan_steps(emit, scan, false, &size_steps, &decimals) ||
        !SCAN(scan, ",\"timestamp\":") || !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, "}"))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, event_ns);
    emit_sequence(emit, 0, 0, seq);
    emit_steps(emit, side, price_steps, size_steps);
    emit_end(emit);
    return true;
}

static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "{\"price\":") ||
            !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, ",\"qty\":") ||
            !emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "}"))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_snapshot(struct emit *emit, struct scan *scan)
{
    int64_t event_ns, seq;
    if (!scan_product(emit, scan) || !SCAN(scan, ",\"timestamp\":") ||
        !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, ",\"seq\":") || !scan_integer(scan, &seq) ||
        !SCAN(scan, ",\"tickSize\":null,\"bids\":["))
        return false;
    emit_begin(emit, TD_EVENT_SNAPSHOT, event_ns);
    emit_sequence(emit, 0, 0, seq);
    if (!scan_side(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !scan_side(emit, scan, TD_SIDE_ASK))
        return false;
    emit_end(emit);
    return SCAN(scan, "}");
}

static bool futures_scan(struct emit *emit, struct scan *scan)
{
    if (SCAN(scan, "{\"feed\":\"book\","))
        return scan_change(emit, scan);
    return SCAN(scan, "{\"feed\":\"book_snapshot\",") && scan_snapshot(emit, scan);
}

/* ---- parse ---- */

static td_err begin(struct emit *emit, enum td_event_kind kind)
{
    const struct json *json = emit->ctx->json;
    int64_t seq;
    TD_FAIL_IF(!json_integer(json, 0, "seq", &seq), TD_E_VENUE_JSON);
    emit_begin(emit, kind, emit_time_epoch(emit, json_plain(json, 0, "timestamp")));
    emit_sequence(emit, 0, 0, seq);
    return 0;
}

static td_err read_change(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int side = json_member(json, 0, "side");
    bool buy = json_equals(json, side, "buy");
    TD_FAIL_IF(!buy && !json_equals(json, side, "sell"), TD_E_VENUE_JSON);
    TD_TRY(begin(emit, TD_EVENT_DELTA));
    TD_TRY(emit_level(emit, buy ? TD_SIDE_BID : TD_SIDE_ASK, json_plain(json, 0, "price"),
                      json_plain(json, 0, "qty")));
    emit_end(emit);
    return 0;
}

static td_err read_snapshot(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    TD_TRY(begin(emit, TD_EVENT_SNAPSHOT));
    TD_TRY(
        emit_read_level_objects(emit, json_member(json, 0, "bids"), TD_SIDE_BID, "price", "qty"));
    TD_TRY(
        emit_read_level_objects(emit, json_member(json, 0, "asks"), TD_SIDE_ASK, "price", "qty"));
    emit_end(emit);
    return 0;
}

static td_err read_any_trade(struct emit *emit, int item, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, "qty"),
        .id = json_plain(json, item, "seq"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "time")),
        .flags = flags,
    };
    TD_FAIL_IF(!trade.id.at, TD_E_VENUE_JSON);
    if (json_equals(json, json_member(json, item, "type"), "liquidation"))
        trade.flags |= TD_EVF_LIQUIDATION;
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade);
}

static td_err read_trade(struct emit *emit)
{
    return read_any_trade(emit, 0, 0);
}

static td_err read_old_trades(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int list = json_member(json, 0, "trades");
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    struct emit_run run = emit_run(emit);
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item))
        TD_TRY(read_any_trade(emit, item, TD_EVF_LISTED));
    emit_reverse(emit, run);
    return 0;
}

static td_err read_ticker(struct emit *emit)
{
    static const struct emit_ticker_key keys[] = {
        {"volume", TD_TICKER_BASE_VOLUME},
        {"bid", TD_TICKER_BID},
        {"bid_size", TD_TICKER_BID_SIZE},
        {"ask", TD_TICKER_ASK},
        {"ask_size", TD_TICKER_ASK_SIZE},
        {"last", TD_TICKER_LAST},
        {"open", TD_TICKER_OPEN},
        {"high", TD_TICKER_HIGH},
        {"low", TD_TICKER_LOW},
        {"change", TD_TICKER_PERCENTAGE},
        {"volumeQuote", TD_TICKER_QUOTE_VOLUME},
        {"index", TD_TICKER_INDEX_PRICE},
        {"markPrice", TD_TICKER_MARK_PRICE},
        {"openInterest", TD_TICKER_OPEN_INTEREST},
        {"relative_funding_rate", TD_TICKER_FUNDING_RATE},
    };
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, 0, "time")));
    struct td_ticker *ticker = &emit->event->ticker;
    ticker->kind = TD_TICKER_KIND_TICKER;
    int64_t funding_ns = emit_time_epoch(emit, json_plain(json, 0, "next_funding_rate_time"));
    ticker->next_funding_ns = funding_ns == EMIT_NO_TIME ? 0 : funding_ns;
    return emit_read_ticker(emit, 0, keys, sizeof keys / sizeof *keys);
}

/* ---- classify ---- */

static const struct {
    const char *feed;
    td_err (*read)(struct emit *);
} feeds[] = {
    {"book", read_change},   {"book_snapshot", read_snapshot},
    {"trade", read_trade},   {"trade_snapshot", read_old_trades},
    {"ticker", read_ticker}, {"ticker_lite", read_ticker},
};

static bool is_event(const struct json *json, int event)
{
    static const char *const events[] = {
        "info",  "subscribed",          "unsubscribed", "subscribed_failed",
        "alert", "unsubscribed_failed", "error"};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (json_equals(json, event, events[i]))
            return true;
    return false;
}

static int read_feed(struct emit *emit, td_err (*read)(struct emit *))
{
    struct td_text product = json_plain(emit->ctx->json, 0, "product_id");
    if (!product.at)
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, product, futures_unify))
        return TD_BUCKET_IGNORED;
    return read(emit) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static int futures_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int event = json_member(json, 0, "event"), feed = json_member(json, 0, "feed");
    if (event >= 0)
        return is_event(json, event) ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++)
        if (json_equals(json, feed, feeds[i].feed))
            return read_feed(emit, feeds[i].read);
    return json_equals(json, feed, "heartbeat") ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int futures_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, futures_scan, futures_read);
}

/* ---- symbol list ---- */

/* pi_xbtusd as the feed has it, and XBT and USD of it, whose XBT is BTC. */
static bool spell_entry(struct futures_state *room, struct td_text name,
                        struct venue_listing *listing)
{
    if (!name.at || name.bytes <= PREFIX || name.bytes >= TD_SYMBOL_MAX)
        return false;
    td_text_copy(room->raw, sizeof room->raw, name.at, name.bytes);
    spelling_upper(room->raw);
    listing->raw = (struct td_text){room->raw, name.bytes};
    const char *line = strchr(room->raw + PREFIX, '_');
    size_t pair = line ? (size_t)(line - room->raw) : name.bytes;
    if (spelling_split(quotes, room->raw + PREFIX, pair - PREFIX, room->pair) < 0)
        return false;
    rename_bitcoin(room->pair);
    struct td_text part[2];
    if (spelling_parts(room->pair, strlen(room->pair), part, 2) != 2)
        return true;
    listing->base = part[0];
    listing->quote = part[1];
    return true;
}

static void read_contract(const struct json *json, struct venue_listing *listing)
{
    int inverse = json_member(json, 0, "type");
    struct td_text ends = json_plain(json, 0, "lastTradingTime");
    listing->kind = listing->raw.at[0] == 'P' ? INSTRUMENT_PERP : INSTRUMENT_FUTURE;
    if (listing->kind == INSTRUMENT_FUTURE && ends.at &&
        td_utc_parse(ends.at, ends.bytes, &listing->expiry_ns) < 0)
        listing->expiry_ns = 0;
    listing->contract_size = json_plain(json, 0, "contractSize");
    listing->contract_currency =
        json_equals(json, inverse, "futures_inverse") ? listing->quote : listing->base;
}

/* Indices stand between the contracts. */
static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int kind = json_member(json, 0, "type");
    bool contract = json_equals(json, kind, "futures_inverse") ||
                    json_equals(json, kind, "flexible_futures") ||
                    json_equals(json, kind, "futures_vanilla");
    if (!contract || !spell_entry(ctx->state, json_plain(json, 0, "symbol"), listing))
        return false;
    read_contract(json, listing);
    listing->price_step = json_plain(json, 0, "tickSize");
    listing->size_step = listing_decimals(json, 0, "contractValueTradePrecision");
    if (!listing->size_step.at)
        listing->size_step = listing_step(0);
    bool open = json_equals(json, json_member(json, 0, "tradeable"), "true");
    static const char words[2][8] = {"closed", "open"};
    listing->status = (struct td_text){words[open], (uint32_t)strlen(words[open])};
    return true;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->volume = json_plain(ctx->json, 0, "volumeQuote");
    return listing->volume.at &&
           spell_entry(ctx->state, json_plain(ctx->json, 0, "symbol"), listing);
}

static int futures_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                              const struct td_frame *frame)
{
    (void)frame;
    if (memmem(url.at, url.bytes, "/instruments", strlen("/instruments")))
        return listing_parse(ctx, body, "instruments", list_entry);
    if (memmem(url.at, url.bytes, "/tickers", strlen("/tickers")))
        return listing_parse(ctx, body, "tickers", volume_entry);
    return TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync ---- */

static const char *const names[TD_CHANNEL_ALL] = {
    [TD_CHANNEL_BOOK] = "book", [TD_CHANNEL_TRADES] = "trade", [TD_CHANNEL_TICKER] = "ticker"};

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *event,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    unsigned batch;
    if (!subscription_channel(sub, n, &channel, &batch))
        return 0;
    td_str_add_format(&out, "{\"event\":\"%s\",\"feed\":\"%s\",\"product_ids\":[", event,
                      names[channel]);
    unsigned count = subscription_batch(sub, batch, PRODUCTS_A_MESSAGE, &out, subscription_put_raw);
    td_str_add(&out, "]}");
    return subscription_text(&out, count);
}

static size_t futures_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                size_t cap)
{
    if (n > 0)
        return put_subscription(sub, n - 1, "subscribe", buffer, cap);
    struct td_str out = td_str_on(buffer, cap);
    td_str_add(&out, "{\"event\":\"subscribe\",\"feed\":\"heartbeat\"}");
    return subscription_text(&out, 1);
}

static size_t futures_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t futures_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                  size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out, "{\"event\":\"%s\",\"feed\":\"book\",\"product_ids\":[\"%s\"]}",
                      n ? "subscribe" : "unsubscribe", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t futures_list_url(const char *rest_url, const struct venue_subscription *sub,
                               unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/derivatives/api/v3/instruments", buffer, cap);
}

static size_t futures_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/derivatives/api/v3/tickers", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_kraken_futures = {
    .name = "kraken_futures",
    .title = "Kraken Futures",
    .ws_url = "wss://futures.kraken.com/ws/v1",
    .rest_url = "https://futures.kraken.com",
    .rule = SYNC_BOOK1,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .trade_id_plus1 = true,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_interval_ms = PING_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = futures_spell,
    .unify = futures_unify,
    .subscribe = futures_subscribe,
    .unsubscribe = futures_unsubscribe,
    .resubscribe = futures_resubscribe,
    .list_url = futures_list_url,
    .volume_url = futures_volume_url,
    .parse = futures_parse,
    .parse_http = futures_parse_http,
};
