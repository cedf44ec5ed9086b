/* Gate v4: what is sent, and the descriptors of its two sources. The wire is drawn in gate_feed.c. */
#include "base/limits.h"
#include "venue/gate_feed.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    PAIRS_A_MESSAGE = 1,   /* a bad pair fails its message alone */
    SUBSCRIBE_GAP_MS = 50, /* [U] */
    PING_MS = 20000,       /* [U] */
};

static td_err spot_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return spelling_to('_', symbol, raw);
}

static td_err futures_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    spelling_perp(symbol, pair);
    return spelling_to('_', pair, raw);
}

/* ---- subscribe and resync ---- */

static void put_book(const struct venue_subscription *sub, const struct instrument *instrument,
                     struct td_str *out)
{
    (void)sub;
    td_str_add_format(out, "\"" GATE_BOOK_NAME "%s." GATE_BOOK_DEPTH "\"", instrument->raw);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *source,
                               const char *event, char *buffer, size_t cap)
{
    static const char *const names[] = {
        [TD_CHANNEL_BOOK] = "obu", [TD_CHANNEL_TRADES] = "trades", [TD_CHANNEL_TICKER] = "tickers"};
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    unsigned batch;
    if (!subscription_channel(sub, n, &channel, &batch))
        return 0;
    td_str_add(&out, "{\"time\":");
    td_str_add_i64(&out, sub->wall_ns / TD_NS_PER_S);
    td_str_add_format(&out, ",\"channel\":\"%s.%s\",\"event\":\"%s\",\"payload\":[", source,
                      names[channel], event);
    unsigned count =
        subscription_batch(sub, batch, PAIRS_A_MESSAGE, &out,
                           channel == TD_CHANNEL_BOOK ? put_book : subscription_put_raw);
    td_str_add(&out, "]}");
    return subscription_text(&out, count);
}

static size_t put_again(const struct instrument *instrument, unsigned n, const char *source,
                        char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(
        &out,
        "{\"time\":0,\"channel\":\"%s.obu\",\"event\":\"%s\",\"payload\":[\"" GATE_BOOK_NAME
        "%s." GATE_BOOK_DEPTH "\"]}",
        source, n == 0 ? "unsubscribe" : "subscribe", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t spot_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                             size_t cap)
{
    return put_subscription(sub, n, "spot", "subscribe", buffer, cap);
}

static size_t spot_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    return put_subscription(sub, n, "spot", "unsubscribe", buffer, cap);
}

static size_t spot_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                               size_t cap)
{
    return put_again(instrument, n, "spot", buffer, cap);
}

static size_t futures_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                size_t cap)
{
    return put_subscription(sub, n, "futures", "subscribe", buffer, cap);
}

static size_t futures_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_subscription(sub, n, "futures", "unsubscribe", buffer, cap);
}

static size_t futures_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_again(instrument, n, "futures", buffer, cap);
}

static size_t spot_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                            char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/api/v4/spot/currency_pairs", buffer, cap);
}

static size_t futures_list_url(const char *rest_url, const struct venue_subscription *sub,
                               unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/api/v4/futures/usdt/contracts", buffer, cap);
}

static size_t spot_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/api/v4/spot/tickers", buffer, cap);
}

static size_t futures_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/api/v4/futures/usdt/tickers", buffer, cap);
}

/* ---- descriptors ---- */

const struct venue venue_gate = {
    .name = "gate",
    .title = "Gate spot",
    .ws_url = "wss://api.gateio.ws/ws/v4/",
    .rest_url = "https://api.gateio.ws",
    .rule = SYNC_RANGE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = "{\"time\":0,\"channel\":\"spot.ping\"}",
    .ping_interval_ms = PING_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = spot_spell,
    .unify = gate_spot_unify,
    .subscribe = spot_subscribe,
    .unsubscribe = spot_unsubscribe,
    .resubscribe = spot_resubscribe,
    .list_url = spot_list_url,
    .volume_url = spot_volume_url,
    .parse = gate_parse,
    .parse_http = gate_parse_http,
};

const struct venue venue_gate_futures = {
    .name = "gate_futures",
    .title = "Gate perpetuals in USDT",
    .ws_url = "wss://fx-ws.gateio.ws/v4/ws/usdt",
    .rest_url = "https://api.gateio.ws",
    .headers =
        "X-Gate-Size-Decimal: 1\r\n", /* sizes that are no whole contracts come as such [D] */
    .rule = SYNC_RANGE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = "{\"time\":0,\"channel\":\"futures.ping\"}",
    .ping_interval_ms = PING_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = futures_spell,
    .unify = gate_futures_unify,
    .subscribe = futures_subscribe,
    .unsubscribe = futures_unsubscribe,
    .resubscribe = futures_resubscribe,
    .list_url = futures_list_url,
    .volume_url = futures_volume_url,
    .parse = gate_parse,
    .parse_http = gate_parse_http,
};
