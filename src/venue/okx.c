/* OKX v5.

   books       {"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot"|"update","data":[{
                "asks":[["30249.4","3","0","1"],...],"bids":[...],"ts":"1652459225464","checksum":-914047754,
                "prevSeqId":-1,"seqId":123}]}
                 price, absolute size (zero deletes), nothing, orders; up to 400 levels a side, each 100 ms
   trades      {"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"7849",
                "px":"30218.8","sz":"1","side":"buy","ts":"1652459199958","count":"1"}]}
                 taker's side; count: fills of one order at one price that were joined, the id is the last one's
   tickers     {"arg":{...},"data":[{"instType":"SPOT","instId":"BTC-USDT","last","lastSz","askPx","askSz","bidPx","bidSz",
                "open24h","high24h","low24h","volCcy24h","vol24h","ts",...}]}
   of swaps and, but for the second, of futures and options [D]:
               mark-price {"instId","markPx","ts"}, funding-rate {"instId","fundingRate","fundingTime",...},
               open-interest {"instId","oi","oiCcy","ts"}
               liquidation-orders, of all of a type: {"instId","details":[{"side","bkPx","sz","ts"},...]}
   others      {"event":"subscribe","arg":{...}}, "unsubscribe", "notice" (64008: closed in a minute), "channel-conn-count",
               {"event":"error","code":"60018","msg":"... instId:XYZ doesn't exist ..."}

   Sequence (PREV): prevSeqId is the seqId before; an update of nothing with both alike is a heartbeat, and seqId may step back once while
   prevSeqId still fits [D]. The recorded updates have no such numbers: there the checksum proves each [C-old 290 + 6 + 3,679, no miss].
   It is 0 since 2026 [D], which says nothing. Numbers are printed in their shortest form.

   Sizes are in contracts but for spot. */
#include "venue/okx_feed.h"
#include "venue/okx_symbol.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    SYMBOLS_A_MESSAGE = 20,
    SUBSCRIBE_GAP_MS = 200,
    PING_MS = 25000, /* 30 s without a word from us close the connection [D] */
};
#define PING "ping"
#define PONG "pong"

/* ---- subscribe and resync ---- */

enum { ALL = 1, SWAPS = 2, CONTRACTS = 4 }; /* what a channel is there for */

static const struct okx_channel {
    const char *name;
    uint8_t channel; /* enum td_channel */
    uint8_t of;
} channels[] = {
    {"books", TD_CHANNEL_BOOK, ALL},
    {"trades", TD_CHANNEL_TRADES, ALL},
    {"tickers", TD_CHANNEL_TICKER, ALL},
    {"mark-price", TD_CHANNEL_TICKER, CONTRACTS},
    {"funding-rate", TD_CHANNEL_TICKER, SWAPS},
    {"open-interest", TD_CHANNEL_TICKER, CONTRACTS},
};
enum { CHANNELS = sizeof channels / sizeof *channels };

static bool is_of(const struct okx_channel *channel, enum instrument_kind kind)
{
    uint8_t what = ALL;
    if (kind != INSTRUMENT_SPOT)
        what |= CONTRACTS;
    if (kind == INSTRUMENT_PERP)
        what |= SWAPS;
    return channel->of & what;
}

static void put_args(const struct venue_subscription *sub, const struct instrument *instrument,
                     struct td_str *out)
{
    enum instrument_kind kind = okx_kind(instrument->raw);
    for (size_t i = 0; i < CHANNELS; i++) {
        if (!(sub->channels & 1u << channels[i].channel) || !is_of(&channels[i], kind))
            continue;
        if (out->at[out->bytes - 1] == '}')
            td_str_add_char(out, ',');
        td_str_add_format(out, "{\"channel\":\"%s\",\"instId\":\"%s\"}", channels[i].name,
                          instrument->raw);
    }
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *op,
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"op\":\"%s\",\"args\":[", op);
    unsigned count = subscription_batch(sub, n, SYMBOLS_A_MESSAGE, &out, put_args);
    td_str_add(&out, "]}");
    return subscription_text(&out, sub->channels ? count : 0);
}

static bool has_kind(const struct venue_subscription *sub, enum instrument_kind kind)
{
    for (unsigned i = 0; i < instruments_count(sub->instruments); i++) {
        const struct instrument *instrument = instruments_peek(sub->instruments, i);
        if (instrument->source == sub->source && okx_kind(instrument->raw) == kind)
            return true;
    }
    return false;
}

/* Liquidations come for all of a type, so they are asked for once, behind the instruments. */
static size_t put_liquidations(const struct venue_subscription *sub, unsigned nth, char *buffer,
                               size_t cap)
{
    static const struct {
        enum instrument_kind kind;
        const char *type;
    } types[] = {{INSTRUMENT_PERP, "SWAP"}, {INSTRUMENT_FUTURE, "FUTURES"}};
    struct td_str out = td_str_on(buffer, cap);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!has_kind(sub, types[i].kind) || nth-- != 0)
            continue;
        td_str_add_format(&out,
                          "{\"op\":\"subscribe\",\"args\":[{\"channel\":\"liquidation-orders\","
                          "\"instType\":\"%s\"}]}",
                          types[i].type);
        return subscription_text(&out, 1);
    }
    return 0;
}

static unsigned batches(const struct venue_subscription *sub)
{
    unsigned count = 0;
    for (unsigned i = 0; i < instruments_count(sub->instruments); i++)
        count += instruments_peek(sub->instruments, i)->source == sub->source;
    return (count + SYMBOLS_A_MESSAGE - 1) / SYMBOLS_A_MESSAGE;
}

static size_t okx_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                            size_t cap)
{
    if (n < batches(sub) || !(sub->channels & 1u << TD_CHANNEL_TICKER))
        return put_subscription(sub, n, "subscribe", buffer, cap);
    return put_liquidations(sub, n - batches(sub), buffer, cap);
}

static size_t okx_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                              size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", buffer, cap);
}

static size_t okx_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                              size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out, "{\"op\":\"%s\",\"args\":[{\"channel\":\"books\",\"instId\":\"%s\"}]}",
                      n ? "subscribe" : "unsubscribe", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

/* ---- descriptor ---- */

const struct venue venue_okx = {
    .name = "okx",
    .title = "OKX",
    .ws_url = "wss://ws.okx.com:8443/ws/v5/public",
    .rest_url = "https://www.okx.com",
    .rule = SYNC_PREV,
    .checksum = VENUE_CHECKSUM_OKX,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = PING,
    .pong_text = PONG,
    .ping_interval_ms = PING_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = okx_spell,
    .unify = okx_unify,
    .subscribe = okx_subscribe,
    .unsubscribe = okx_unsubscribe,
    .resubscribe = okx_resubscribe,
    .list_url = okx_list_url,
    .volume_url = okx_volume_url,
    .parse = okx_parse,
    .parse_http = okx_parse_http,
};
