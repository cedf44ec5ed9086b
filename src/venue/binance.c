/* Binance spot and Binance.US, which speak the same. Combined streams wrap each message, raw streams send it bare:

   wrapper     {"stream":"btcusdt@trade","data":{...}}
   depth       {"e":"depthUpdate","E":1633998512068,"s":"BTCUSDT","U":11,"u":13,
                "b":[["101.40000000","2.00000000"],...],"a":[...]}
                 E: event, ms; U..u: first and last update id; b, a: bids and asks, absolute sizes, zero deletes
   base (HTTP) {"lastUpdateId":12,"bids":[["101.40000000","2.00000000"],...],"asks":[...]}
                 the request's URL names the symbol
   trade       {"e":"trade","E":...,"s":"BTCUSDT","t":7,"p":"101.5","q":"0.04","T":1633998512060,"m":true,"M":true}
                 t: id, +1 a symbol; T: trade time, ms; m: the buyer is the maker, so the taker sold
   aggTrade    {"e":"aggTrade","E":...,"s":"BTCUSDT","a":5,"p":"101.5","q":"0.04","f":7,"l":9,"T":...,"m":true,"M":true}
   bookTicker  {"u":13,"s":"BTCUSDT","b":"101.4","B":"2","a":"101.5","A":"1"}
                 best bid, its size, ask, its size; no time
   24hrTicker  {"e":"24hrTicker","E":...,"s":"BTCUSDT","p":change,"P":percent,"w":vwap,"c":last,"Q":last size,
                "b","B","a","A","o":open,"h":high,"l":low,"v":base volume,"q":quote volume,...}
   trades (HTTP, after a hole) [{"id":7,"price":"101.5","qty":"0.04","time":1633998512060,"isBuyerMaker":true,...},...] [D]

   Sequence (RANGE): each depth's U is the one before's u + 1, and the chain joins a base L where U <= L + 1 <= u
   [C 586 + 99,030 + 16,889 links, no miss]. A miss needs a new base. */
#include "venue/binance_wire.h"
#include "venue/spelling.h"

/* ---- constants ---- */

enum {
    SUBSCRIBE_GAP_MS = 500,      /* five messages a second, pongs included */
    STREAMS_A_CONNECTION = 1024, /* [D] */
    /* After 24 h Binance closes: an hour is left for the new one to be proven and for other endpoints to have their turn. */
    CONN_LIFE_S = 23 * 3600,
    /* The deepest base weighs 250 of 6,000 a minute and address: 24 a minute with some left for
       others. */
    BASE_DEPTH = 5000,
    BASE_GAP_MS = 3000,
};

static td_err binance_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    return spelling_from('\0', raw, raw_bytes, symbol);
}

static td_err binance_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return spelling_to('\0', symbol, raw);
}

static const struct binance_stream streams[] = {{"@depth@100ms", TD_CHANNEL_BOOK, 0},
                                                {"@trade", TD_CHANNEL_TRADES, 0},
                                                {"@bookTicker", TD_CHANNEL_TICKER, 0},
                                                {NULL, 0, 0}};

static const struct binance_market spot = {
    .unify = binance_unify,
    .rest_path = "/api/v3",
    .trades_path = "/trades",
    .base_depth = BASE_DEPTH,
};

/* ---- parse ---- */

static int spot_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    return binance_parse(ctx, frame, &spot);
}

static int spot_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                           const struct td_frame *frame)
{
    return binance_parse_http(ctx, url, body, frame, &spot);
}

/* ---- subscribe and resync ---- */

static void put_streams(const struct venue_subscription *sub, const struct instrument *instrument,
                        struct td_str *out)
{
    binance_put_streams(sub, instrument, streams, out);
}

static size_t spot_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                             size_t cap)
{
    return binance_put_subscription(sub, n, "SUBSCRIBE", put_streams, buffer, cap);
}

static size_t spot_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    return binance_put_subscription(sub, n, "UNSUBSCRIBE", put_streams, buffer, cap);
}

static size_t spot_base_url(const char *rest_url, const struct instrument *instrument, char *buffer,
                            size_t cap)
{
    return binance_base_url(rest_url, instrument, &spot, buffer, cap);
}

static size_t spot_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                            char *buffer, size_t cap)
{
    (void)sub;
    return binance_list_url(rest_url, n, &spot, buffer, cap);
}

static size_t spot_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return binance_volume_url(rest_url, &spot, buffer, cap);
}

static size_t spot_trades_url(const char *rest_url, const struct instrument *instrument,
                              int64_t first_id, int64_t last_id, char *buffer, size_t cap)
{
    return binance_trades_url(rest_url, instrument, first_id, last_id, &spot, buffer, cap);
}

/* ---- descriptors ---- */

#define SPOT                                                                                       \
    .rule = SYNC_RANGE, .checksum = VENUE_CHECKSUM_NONE, .resync = VENUE_RESYNC_BASE,              \
    .trade_id_plus1 = true, .side_is_maker = false, .has_event_time = true,                        \
    .crossed_is_error = true, .book_depth = 0, .conn_channels_max = STREAMS_A_CONNECTION,          \
    .conn_life_s = CONN_LIFE_S, .subscribe_gap_ms = SUBSCRIBE_GAP_MS, .base_gap_ms = BASE_GAP_MS,  \
    .spell = binance_spell, .unify = binance_unify, .subscribe = spot_subscribe,                   \
    .unsubscribe = spot_unsubscribe, .base_url = spot_base_url, .list_url = spot_list_url,         \
    .volume_url = spot_volume_url, .trades_url = spot_trades_url, .parse = spot_parse,             \
    .parse_http = spot_parse_http

const struct venue venue_binance = {
    .name = "binance",
    .title = "Binance spot",
    .ws_url = "wss://stream.binance.com:9443/stream",
    .rest_url = "https://api.binance.com",
    SPOT,
};

const struct venue venue_binance_us = {
    .name = "binance_us",
    .title = "Binance.US",
    .ws_url = "wss://stream.binance.us:9443/stream",
    .rest_url = "https://api.binance.us",
    SPOT,
};
