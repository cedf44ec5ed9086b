/* Binance USD-M and COIN-M futures. The messages are those of spot (binance.c) with these differences:

   depth       {"e":"depthUpdate","E":1626992741037,"T":1626992741024,"s":"BTCUSDT","U":11,"u":13,"pu":10,
                "b":[["7.5040","813"],...],"a":[...]}
                 T: the engine's time, ms, stored; pu: u of the update before; COIN-M has "ps":"BTCUSD" behind s
   base (HTTP) {"lastUpdateId":12,"E":...,"T":...,"bids":[...],"asks":[...]}
   aggTrade    {"e":"aggTrade","E":...,"a":5,"s":"BTCUSDT","p":"101.5","q":"0.04","f":7,"l":9,"T":...,"m":true}
                 fills of one order at one price, gathered over 100 ms; a: id, +1 a symbol
   bookTicker  {"e":"bookTicker","u":13,"s":"BTCUSDT","b":"101.4","B":"2","a":"101.5","A":"1","T":...,"E":...}
   mark price  {"e":"markPriceUpdate","E":...,"s":"BTCUSDT","p":mark,"i":index,"P":settlement,"r":funding rate,
                "T":next funding, ms} [D]
   forceOrder  {"e":"forceOrder","E":...,"o":{"s":"BTCUSDT","S":"SELL","q":"0.014","p":"9910","ap":"9910","z":"0.014",
                "T":...,...}} [D]
                 a liquidation; S: side of its order, the taker; ap, z: average price and size filled
   trade       not in the documentation, not subscribed to; X tells market trades from the insurance fund's [U]

   Sequence (PREV): each pu is the u before; the first update after a base L has U <= L <= u; U is not the u before + 1
   [C 760 + 2,037; 47,190 USD-M; 83,944 COIN-M; no gap]. Sizes are in base units on USD-M, in contracts on COIN-M.

   USD-M is served on two paths since 2026-04-23 [D]: books and their top on /public, the rest on /market. */
#include <string.h>

#include "venue/binance_wire.h"
#include "venue/spelling.h"

/* ---- constants ---- */

enum {
    SUBSCRIBE_GAP_MS = 200,  /* ten messages a second, pongs included [D] */
    CONN_LIFE_S = 23 * 3600, /* closed after 24 h */
    BASE_DEPTH = 1000,       /* the deepest there is */
    /* A base of that depth weighs 20 of 2,400 a minute and address [D]. */
    BASE_GAP_MS = 700,
    STREAMS_A_CONNECTION = 1024, /* [D] */
    /* Subscriptions are counted a symbol and channel: three streams stand for two on /market, five for three on COIN-M. */
    USDM_CHANNELS = STREAMS_A_CONNECTION * 2 / 3,
    COINM_CHANNELS = STREAMS_A_CONNECTION * 3 / 5,
};

enum { PUBLIC, MARKET }; /* endpoints of USD-M */

static const char perp[] = "_PERP";

/* BTCUSDT_261225 and BTCUSD_261225 end in a date; COIN-M's BTCUSD_PERP in a word; USD-M's BTCUSDT in nothing. */
static td_err futures_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    const char *ending = memchr(raw, '_', raw_bytes);
    size_t pair = ending ? (size_t)(ending - raw) : raw_bytes, rest = raw_bytes - pair;
    char date[SPELLING_DATE_BYTES];
    TD_TRY(spelling_from('\0', raw, pair, symbol));
    if (rest == 0 || (rest == sizeof perp - 1 && memcmp(ending, perp, rest) == 0))
        return spelling_add(symbol, "-PERP");
    if (!spelling_long_date(ending + 1, rest - 1, date))
        return spelling_from('_', raw, raw_bytes, symbol);
    TD_TRY(spelling_add(symbol, "-"));
    return spelling_add(symbol, date);
}

/* Of BTC-USDT-PERP, BTC-USDT-20261225, or the venue's own spelling. `perpetual`: what it calls one behind the pair. */
static td_err futures_spell(const char *symbol, const char *perpetual, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX], date[SPELLING_DATE_BYTES];
    if (spelling_perp(symbol, pair)) {
        TD_TRY(spelling_to('\0', pair, raw));
        return spelling_add(raw, perpetual);
    }
    if (spelling_dated(symbol, pair, date)) {
        TD_TRY(spelling_to('\0', pair, raw));
        TD_TRY(spelling_add(raw, "_"));
        return spelling_add(raw, date + 2);
    }
    TD_FAIL_IF(strchr(symbol, '-'), TD_E_VENUE_SYMBOL);
    return spelling_to('\0', symbol, raw);
}

static td_err usdm_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return futures_spell(symbol, "", raw);
}

static td_err coinm_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return futures_spell(symbol, perp, raw);
}

static const struct binance_stream usdm_streams[] = {
    {"@depth@100ms", TD_CHANNEL_BOOK, PUBLIC},  {"@bookTicker", TD_CHANNEL_TICKER, PUBLIC},
    {"@aggTrade", TD_CHANNEL_TRADES, MARKET},   {"@markPrice@1s", TD_CHANNEL_TICKER, MARKET},
    {"@forceOrder", TD_CHANNEL_TICKER, MARKET}, {NULL, 0, 0}};
static const struct binance_stream coinm_streams[] = {
    {"@depth@100ms", TD_CHANNEL_BOOK, 0},  {"@bookTicker", TD_CHANNEL_TICKER, 0},
    {"@aggTrade", TD_CHANNEL_TRADES, 0},   {"@markPrice@1s", TD_CHANNEL_TICKER, 0},
    {"@forceOrder", TD_CHANNEL_TICKER, 0}, {NULL, 0, 0}};

static const struct binance_market usdm = {
    .unify = futures_unify,
    .rest_path = "/fapi/v1",
    .trades_path = "/aggTrades",
    .base_depth = BASE_DEPTH,
    .futures = true,
};
static const struct binance_market coinm = {
    .unify = futures_unify,
    .rest_path = "/dapi/v1",
    .trades_path = "/aggTrades",
    .base_depth = BASE_DEPTH,
    .futures = true,
};

/* ---- parse, subscribe and resync: the family's functions with the market that is meant ---- */

#define MARKET_FUNCTIONS(market)                                                                   \
    static int market##_parse(struct venue_ctx *ctx, const struct td_frame *frame)                 \
    {                                                                                              \
        return binance_parse(ctx, frame, &(market));                                               \
    }                                                                                              \
    static int market##_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body, \
                                   const struct td_frame *frame)                                   \
    {                                                                                              \
        return binance_parse_http(ctx, url, body, frame, &(market));                               \
    }                                                                                              \
    static void market##_put(const struct venue_subscription *sub,                                 \
                             const struct instrument *instrument, struct td_str *out)              \
    {                                                                                              \
        binance_put_streams(sub, instrument, market##_streams, out);                               \
    }                                                                                              \
    static size_t market##_subscribe(const struct venue_subscription *sub, unsigned n,             \
                                     char *buffer, size_t cap)                                     \
    {                                                                                              \
        return binance_put_subscription(sub, n, "SUBSCRIBE", market##_put, buffer, cap);           \
    }                                                                                              \
    static size_t market##_unsubscribe(const struct venue_subscription *sub, unsigned n,           \
                                       char *buffer, size_t cap)                                   \
    {                                                                                              \
        return binance_put_subscription(sub, n, "UNSUBSCRIBE", market##_put, buffer, cap);         \
    }                                                                                              \
    static size_t market##_base_url(const char *rest_url, const struct instrument *instrument,     \
                                    char *buffer, size_t cap)                                      \
    {                                                                                              \
        return binance_base_url(rest_url, instrument, &(market), buffer, cap);                     \
    }                                                                                              \
    static size_t market##_list_url(const char *rest_url, const struct venue_subscription *sub,    \
                                    unsigned n, char *buffer, size_t cap)                          \
    {                                                                                              \
        (void)sub;                                                                                 \
        return binance_list_url(rest_url, n, &(market), buffer, cap);                              \
    }                                                                                              \
    static size_t market##_volume_url(const char *rest_url, char *buffer, size_t cap)              \
    {                                                                                              \
        return binance_volume_url(rest_url, &(market), buffer, cap);                               \
    }                                                                                              \
    static size_t market##_trades_url(const char *rest_url, const struct instrument *instrument,   \
                                      int64_t first_id, int64_t last_id, char *buffer, size_t cap) \
    {                                                                                              \
        return binance_trades_url(rest_url, instrument, first_id, last_id, &(market), buffer,      \
                                  cap);                                                            \
    }

MARKET_FUNCTIONS(usdm)
MARKET_FUNCTIONS(coinm)

/* ---- descriptors ---- */

#define FUTURES(market)                                                                            \
    .rule = SYNC_PREV, .checksum = VENUE_CHECKSUM_NONE, .resync = VENUE_RESYNC_BASE,               \
    .trade_id_plus1 = true, .side_is_maker = false, .has_event_time = true,                        \
    .crossed_is_error = true, .book_depth = 0, .conn_life_s = CONN_LIFE_S,                         \
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS, .base_gap_ms = BASE_GAP_MS, .spell = market##_spell,     \
    .unify = futures_unify, .subscribe = market##_subscribe, .unsubscribe = market##_unsubscribe,  \
    .base_url = market##_base_url, .list_url = market##_list_url,                                  \
    .volume_url = market##_volume_url, .trades_url = market##_trades_url, .parse = market##_parse, \
    .parse_http = market##_parse_http

const struct venue venue_binance_usdm = {
    .name = "binance_usdm",
    .title = "Binance USD-M futures",
    .ws_url = "wss://fstream.binance.com",
    .rest_url = "https://fapi.binance.com",
    .endpoint = {[PUBLIC] = {"/public/stream", 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TICKER},
                 [MARKET] = {"/market/stream", 1u << TD_CHANNEL_TRADES | 1u << TD_CHANNEL_TICKER}},
    .conn_channels_max = USDM_CHANNELS,
    FUTURES(usdm),
};

const struct venue venue_binance_coinm = {
    .name = "binance_coinm",
    .title = "Binance COIN-M futures",
    .ws_url = "wss://dstream.binance.com/stream",
    .rest_url = "https://dapi.binance.com",
    .conn_channels_max = COINM_CHANNELS,
    FUTURES(coinm),
};
