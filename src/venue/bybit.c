/* Bybit v5, spot and linear contracts, each with a connection of its own.

   book        {"topic":"orderbook.200.BTCUSDT","type":"snapshot"|"delta","ts":1749833474773,"data":{"s":"BTCUSDT",
                "b":[["0.6131","17.9"],...],"a":[...],"u":24042997,"seq":209972815373},"cts":1749833474768}
                 absolute sizes, zero deletes; cts: the engine's time, ms, stored; spot has ts before type
   top         the same under orderbook.1, snapshots only: the best bid and ask; repeated with the same u when nothing changes
   trade       {"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":...,"data":[{"T":ms,"s":"BTCUSDT","S":"Buy","v":"0.1",
                "p":"101.5","L":"PlusTick","i":"...","BT":false,"RPI":false,"seq":1},...]}
                 S: the taker's side [C 347 of 347]; v: size; i: id, digits on spot, a UUID on linear; L on linear alone; BT: block trade
   ticker      {"topic":"tickers.BTCUSDT","type":"snapshot"|"delta","ts":ms,"cs":1,"data":{"symbol":"BTCUSDT","lastPrice":...,
                "bid1Price","bid1Size","ask1Price","ask1Size","markPrice","indexPrice","openInterest","fundingRate",
                "nextFundingTime","turnover24h","volume24h",...}}
                 linear: a delta holds what changed, and so does its row; spot: snapshots without bid and ask
   liquidation {"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":ms,"data":[{"T":ms,"s":"BTCUSDT","S":"Sell","v":"20000",
                "p":"0.04499"},...]} [D]
                 S: the side of the position that was closed, so its order, the taker, stood on the other one; p: bankruptcy price
   answers     {"success":true,"ret_msg":"","conn_id":"...","op":"subscribe"}, "op":"ping" and "op":"pong"; data may come before

   Sequence (BOOK+1): u rises by one a topic [C 1594 of 1594 linear, 548 of 548 spot]; a snapshot, at any time, starts anew. seq rises
   with holes and shows nothing. */
#include <string.h>

#include "venue/bybit_feed.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    BOOK_DEPTH = 200,              /* each 100 ms, spot 200 ms; part of the topic */
    SPOT_SYMBOLS_A_MESSAGE = 2,    /* ten topics [D] */
    LINEAR_SYMBOLS_A_MESSAGE = 20, /* 21,000 characters [D] */
    SUBSCRIBE_GAP_MS = 100,        /* no limit is known [U] */
    PING_MS = 20000,
};
#define PING "{\"op\":\"ping\"}"

static const char usdc_perp[] = "PERP"; /* BTCPERP is settled in USDC */

static td_err spot_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    return spelling_from('\0', raw, raw_bytes, symbol);
}

static td_err spot_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return spelling_to('\0', symbol, raw);
}

static bool ends_in(struct td_text text, const char *ending)
{
    size_t bytes = strlen(ending);
    return text.bytes > bytes && memcmp(text.at + text.bytes - bytes, ending, bytes) == 0;
}

/* BTCUSDT perpetual, BTCPERP its USDC kind; BTCUSDT-25DEC26 and, in USDC, BTC-25DEC26 dated. */
static td_err linear_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    struct td_text part[2];
    char date[SPELLING_DATE_BYTES] = "PERP";
    unsigned count = spelling_parts(raw, raw_bytes, part, 2);
    bool dated = count == 2 && spelling_date_of_month(part[1].at, part[1].bytes, date);
    if (count == 0 || (count == 2 && !dated))
        return spelling_from('-', raw, raw_bytes, symbol);
    bool usdc = ends_in(part[0], usdc_perp);
    TD_TRY(
        spelling_from('\0', part[0].at, part[0].bytes - (usdc ? sizeof usdc_perp - 1 : 0), symbol));
    if (usdc || !strchr(symbol, '-'))
        TD_TRY(spelling_add(symbol, "-USDC"));
    TD_TRY(spelling_add(symbol, "-"));
    return spelling_add(symbol, date);
}

/* The pair without its dash, or without USDC, which is not spelled. */
static td_err spell_pair(char pair[TD_SYMBOL_MAX], char raw[TD_SYMBOL_MAX])
{
    struct td_text part[2];
    spelling_upper(pair);
    unsigned count = spelling_parts(pair, strlen(pair), part, 2);
    TD_FAIL_IF(count != 2, TD_E_VENUE_SYMBOL);
    if (spelling_is(part[1], "USDC"))
        pair[part[0].bytes] = '\0';
    return spelling_to('\0', pair, raw);
}

static td_err linear_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX], date[SPELLING_DATE_BYTES], text[SPELLING_DATE_BYTES];
    struct td_text part[2];
    if (spelling_perp(symbol, pair)) {
        TD_TRY(spell_pair(pair, raw));
        bool usdc = strlen(raw) + 1 < strlen(symbol) - strlen("-PERP");
        return usdc ? spelling_add(raw, usdc_perp) : 0;
    }
    if (spelling_dated(symbol, pair, date) && spelling_month_of_date(date, sizeof date - 1, text)) {
        TD_TRY(spell_pair(pair, raw));
        TD_TRY(spelling_add(raw, "-"));
        return spelling_add(raw, text);
    }
    /* the venue's own */
    unsigned count = spelling_parts(symbol, strlen(symbol), part, 2);
    TD_FAIL_IF(count != 1 &&
                   (count != 2 || !spelling_date_of_month(part[1].at, part[1].bytes, date)),
               TD_E_VENUE_SYMBOL);
    return spelling_to('-', symbol, raw);
}

static const struct topic {
    const char *name; /* before the symbol */
    uint8_t channel;  /* enum td_channel */
    bool spot, linear;
} topics[] = {
    {"orderbook.200.", TD_CHANNEL_BOOK, true, true},
    {"publicTrade.", TD_CHANNEL_TRADES, true, true},
    {"tickers.", TD_CHANNEL_TICKER, true, true},
    {"orderbook.1.", TD_CHANNEL_TICKER, true, false},
    {"allLiquidation.", TD_CHANNEL_TICKER, false, true},
};
_Static_assert(BOOK_DEPTH == 200, "the depth stands in the topic");

static const struct bybit_market spot = {spot_unify, "spot", SPOT_SYMBOLS_A_MESSAGE, false};
static const struct bybit_market linear = {linear_unify, "linear", LINEAR_SYMBOLS_A_MESSAGE, true};

/* ---- symbol list ---- */

static void read_contract(const struct json *json, struct td_text type,
                          struct venue_listing *listing)
{
    int64_t ms;
    listing->kind = ends_in(type, "Perpetual") ? INSTRUMENT_PERP : INSTRUMENT_FUTURE;
    if (listing->kind == INSTRUMENT_FUTURE && json_integer(json, 0, "deliveryTime", &ms) &&
        ms < INT64_C(4102444800000))
        listing->expiry_ns = ms * TD_NS_PER_MS;
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    int prices = json_member(json, 0, "priceFilter"), sizes = json_member(json, 0, "lotSizeFilter");
    struct td_text type = json_plain(json, 0, "contractType");
    listing->raw = json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "baseCoin");
    listing->quote = json_plain(json, 0, "quoteCoin");
    listing->status = json_plain(json, 0, "status");
    listing->price_step = json_plain(json, prices, "tickSize");
    listing->size_step = json_plain(json, sizes, type.at ? "qtyStep" : "basePrecision");
    if (type.at)
        read_contract(json, type, listing);
    return listing->raw.at;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "symbol");
    listing->volume = json_plain(ctx->json, 0, "turnover24h");
    return listing->raw.at && listing->volume.at;
}

static bool url_has(struct td_text url, const char *text)
{
    return memmem(url.at, url.bytes, text, strlen(text)) != NULL;
}

static int bybit_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                            const struct td_frame *frame)
{
    (void)frame;
    if (url_has(url, "/v5/market/instruments-info"))
        return listing_parse(ctx, body, "result.list", list_entry);
    if (url_has(url, "/v5/market/tickers"))
        return listing_parse(ctx, body, "result.list", volume_entry);
    return TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync ---- */

static void put_topics(const struct venue_subscription *sub, const struct instrument *instrument,
                       const struct bybit_market *market, struct td_str *out)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        bool there = market->linear ? topics[i].linear : topics[i].spot;
        if (!there || !(sub->channels & 1u << topics[i].channel))
            continue;
        if (out->at[out->bytes - 1] == '"')
            td_str_add_char(out, ',');
        td_str_add_format(out, "\"%s%s\"", topics[i].name, instrument->raw);
    }
}

static void put_spot(const struct venue_subscription *sub, const struct instrument *instrument,
                     struct td_str *out)
{
    put_topics(sub, instrument, &spot, out);
}

static void put_linear(const struct venue_subscription *sub, const struct instrument *instrument,
                       struct td_str *out)
{
    put_topics(sub, instrument, &linear, out);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *op,
                               const struct bybit_market *market, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"op\":\"%s\",\"args\":[", op);
    unsigned count = subscription_batch(sub, n, market->symbols_a_message, &out,
                                        market->linear ? put_linear : put_spot);
    td_str_add(&out, "]}");
    return subscription_text(&out, sub->channels ? count : 0);
}

static size_t bybit_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out, "{\"op\":\"%s\",\"args\":[\"%s%s\"]}", n ? "subscribe" : "unsubscribe",
                      topics[0].name, instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t put_url(const char *rest_url, const char *path, const struct bybit_market *market,
                      const char *more, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s/v5/market/%s?category=%s%s", rest_url, path, market->category,
                      more);
    return out.cut ? 0 : out.bytes;
}

/* The next page is asked for by a word of the one before; a thousand hold all of a category, and spot is not paged [D]. */
#define MARKET_FUNCTIONS(market)                                                                   \
    static int market##_parse(struct venue_ctx *ctx, const struct td_frame *frame)                 \
    {                                                                                              \
        return bybit_parse(ctx, frame, &(market));                                                 \
    }                                                                                              \
    static size_t market##_subscribe(const struct venue_subscription *sub, unsigned n, char *out,  \
                                     size_t cap)                                                   \
    {                                                                                              \
        return put_subscription(sub, n, "subscribe", &(market), out, cap);                         \
    }                                                                                              \
    static size_t market##_unsubscribe(const struct venue_subscription *sub, unsigned n,           \
                                       char *out, size_t cap)                                      \
    {                                                                                              \
        return put_subscription(sub, n, "unsubscribe", &(market), out, cap);                       \
    }                                                                                              \
    static size_t market##_list_url(const char *rest_url, const struct venue_subscription *sub,    \
                                    unsigned n, char *out, size_t cap)                             \
    {                                                                                              \
        (void)sub;                                                                                 \
        return n > 0 ? 0                                                                           \
                     : put_url(rest_url, "instruments-info", &(market), "&limit=1000", out, cap);  \
    }                                                                                              \
    static size_t market##_volume_url(const char *rest_url, char *out, size_t cap)                 \
    {                                                                                              \
        return put_url(rest_url, "tickers", &(market), "", out, cap);                              \
    }

MARKET_FUNCTIONS(spot)
MARKET_FUNCTIONS(linear)

/* ---- descriptors ---- */

#define BYBIT(market)                                                                              \
    .rest_url = "https://api.bybit.com", .rule = SYNC_BOOK1, .checksum = VENUE_CHECKSUM_NONE,      \
    .resync = VENUE_RESYNC_SUBSCRIBE, .has_event_time = true, .crossed_is_error = true,            \
    .book_depth = BOOK_DEPTH, .ping_text = PING, .ping_interval_ms = PING_MS,                      \
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS, .spell = market##_spell, .unify = market##_unify,        \
    .subscribe = market##_subscribe, .unsubscribe = market##_unsubscribe,                          \
    .resubscribe = bybit_resubscribe, .list_url = market##_list_url,                               \
    .volume_url = market##_volume_url, .parse = market##_parse, .parse_http = bybit_parse_http

const struct venue venue_bybit = {
    .name = "bybit",
    .title = "Bybit spot",
    .ws_url = "wss://stream.bybit.com/v5/public/spot",
    BYBIT(spot),
};

const struct venue venue_bybit_linear = {
    .name = "bybit_linear",
    .title = "Bybit linear contracts",
    .ws_url = "wss://stream.bybit.com/v5/public/linear",
    BYBIT(linear),
};
