/* Bitget, spot and perpetuals in USDT: lists, what is sent, and the descriptors. The wire is drawn in bitget_feed.c. */
#include <string.h>

#include "base/decimal.h"
#include "venue/bitget_feed.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    SYMBOLS_A_MESSAGE = 10,
    SUBSCRIBE_GAP_MS = 200, /* 10 messages a second are allowed */
    CONN_CHANNELS = 100,    /* [U] 1000 are allowed, 50 advised */
    PING_MS = 30000,
};
#define PING "ping"
#define PONG "pong"

static td_err spot_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    return spelling_from('\0', raw, raw_bytes, symbol);
}

static td_err spot_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return spelling_to('\0', symbol, raw);
}

static td_err futures_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_TRY(spelling_from('\0', raw, raw_bytes, symbol));
    return spelling_add(symbol, "-PERP");
}

static td_err futures_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    spelling_perp(symbol, pair);
    return spelling_to('\0', pair, raw);
}

static const struct bitget_market spot = {"spot", spot_unify};
static const struct bitget_market futures = {"usdt-futures", futures_unify};

/* ---- state: room for a step of the symbol list that has to be spelled ---- */

struct bitget_state {
    char step[TD_DECIMAL_TEXT_MAX];
};
_Static_assert(sizeof(struct bitget_state) <= VENUE_STATE_BYTES, "state fits its place");

/* ---- parse ---- */

static int spot_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    return bitget_parse(ctx, frame, &spot);
}

static int futures_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    return bitget_parse(ctx, frame, &futures);
}

/* v1 names the wire's spelling apart: symbol is BTCUSDT_SPBL there. */
static bool spot_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    struct td_text name = json_plain(json, 0, "symbolName");
    listing->raw = name.at ? name : json_plain(json, 0, "symbol");
    listing->base = json_plain(json, 0, "baseCoin");
    listing->quote = json_plain(json, 0, "quoteCoin");
    listing->price_step = listing_decimals(json, 0, name.at ? "priceScale" : "pricePrecision");
    listing->size_step = listing_decimals(json, 0, name.at ? "quantityScale" : "quantityPrecision");
    listing->status = json_plain(json, 0, "status");
    return listing->raw.at;
}

/* The step is priceEndStep in the last of pricePlace decimals: 5 and 1 are 0.5. */
static struct td_text step_of(const struct json *json, struct bitget_state *state)
{
    int64_t places, step;
    if (!json_integer(json, 0, "pricePlace", &places) || places > TD_SCALE_MAX ||
        !json_integer(json, 0, "priceEndStep", &step) || step == 0)
        return (struct td_text){NULL, 0};
    return (struct td_text){state->step,
                            (uint32_t)td_decimal_from_steps(step, (int)places, state->step)};
}

/* Contracts are of the size of their base, so sizes are in it. Dated ones and those of v1 that are not in USDT are not of this source. */
static bool contract_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    struct td_text name = json_plain(json, 0, "symbol");
    int type = json_member(json, 0, "symbolType");
    if (!name.at || (type >= 0 && !json_equals(json, type, "perpetual")) ||
        !json_equals(json, json_member(json, 0, "quoteCoin"), "USDT"))
        return false;
    const char *bar = memchr(name.at, '_', name.bytes);
    listing->raw = (struct td_text){name.at, bar ? (uint32_t)(bar - name.at) : name.bytes};
    listing->kind = INSTRUMENT_PERP;
    listing->base = json_plain(json, 0, "baseCoin");
    listing->quote = json_plain(json, 0, "quoteCoin");
    listing->price_step = step_of(json, ctx->state);
    listing->size_step = listing_decimals(json, 0, "volumePlace");
    listing->status = json_plain(json, 0, "symbolStatus");
    return listing->raw.bytes > 0;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "symbol");
    listing->volume = json_plain(ctx->json, 0, "quoteVolume");
    return listing->raw.at;
}

static bool url_has(struct td_text url, const char *text)
{
    return memmem(url.at, url.bytes, text, strlen(text)) != NULL;
}

/* Both sources spell alike, so each looks at lists of its own only. */
static int spot_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                           const struct td_frame *frame)
{
    (void)frame;
    if (url_has(url, "/public/symbols") || url_has(url, "/public/products"))
        return listing_parse(ctx, body, "data", spot_entry);
    if (url_has(url, "/spot/market/tickers"))
        return listing_parse(ctx, body, "data", volume_entry);
    return TD_BUCKET_IGNORED;
}

static int futures_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                              const struct td_frame *frame)
{
    (void)frame;
    if (url_has(url, "/market/contracts"))
        return listing_parse(ctx, body, "data", contract_entry);
    if (url_has(url, "/mix/market/tickers"))
        return listing_parse(ctx, body, "data", volume_entry);
    return TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync ---- */

static void put_topic(const struct bitget_market *market, const struct instrument *instrument,
                      const char *topic, struct td_str *out)
{
    if (out->at[out->bytes - 1] == '}')
        td_str_add_char(out, ',');
    td_str_add_format(out, "{\"instType\":\"%s\",\"topic\":\"%s\",\"symbol\":\"%s\"}",
                      market->inst_type, topic, instrument->raw);
}

static void put_topics(const struct venue_subscription *sub, const struct instrument *instrument,
                       const struct bitget_market *market, struct td_str *out)
{
    if (sub->channels & 1u << TD_CHANNEL_BOOK)
        put_topic(market, instrument, "books", out);
    if (sub->channels & 1u << TD_CHANNEL_TRADES)
        put_topic(market, instrument, "publicTrade", out);
    if (sub->channels & 1u << TD_CHANNEL_TICKER)
        put_topic(market, instrument, "ticker", out);
}

static void put_spot(const struct venue_subscription *sub, const struct instrument *instrument,
                     struct td_str *out)
{
    put_topics(sub, instrument, &spot, out);
}

static void put_futures(const struct venue_subscription *sub, const struct instrument *instrument,
                        struct td_str *out)
{
    put_topics(sub, instrument, &futures, out);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *op,
                               void (*put)(const struct venue_subscription *,
                                           const struct instrument *, struct td_str *),
                               char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"op\":\"%s\",\"args\":[", op);
    unsigned count = subscription_batch(sub, n, SYMBOLS_A_MESSAGE, &out, put);
    td_str_add(&out, "]}");
    return subscription_text(&out, sub->channels ? count : 0);
}

static size_t spot_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                             size_t cap)
{
    return put_subscription(sub, n, "subscribe", put_spot, buffer, cap);
}

static size_t spot_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", put_spot, buffer, cap);
}

static size_t futures_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                size_t cap)
{
    return put_subscription(sub, n, "subscribe", put_futures, buffer, cap);
}

static size_t futures_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_subscription(sub, n, "unsubscribe", put_futures, buffer, cap);
}

static size_t put_again(const struct instrument *instrument, unsigned n,
                        const struct bitget_market *market, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 1)
        return 0;
    td_str_add_format(&out, "{\"op\":\"%s\",\"args\":[", n == 0 ? "unsubscribe" : "subscribe");
    put_topic(market, instrument, "books", &out);
    td_str_add(&out, "]}");
    return out.cut ? 0 : out.bytes;
}

static size_t spot_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                               size_t cap)
{
    return put_again(instrument, n, &spot, buffer, cap);
}

static size_t futures_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                  size_t cap)
{
    return put_again(instrument, n, &futures, buffer, cap);
}

static size_t spot_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                            char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/api/v2/spot/public/symbols", buffer, cap);
}

static size_t futures_list_url(const char *rest_url, const struct venue_subscription *sub,
                               unsigned n, char *buffer, size_t cap)
{
    static const char path[] = "/api/v2/mix/market/contracts?productType=USDT-FUTURES";
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, path, buffer, cap);
}

static size_t spot_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/api/v2/spot/market/tickers", buffer, cap);
}

static size_t futures_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    static const char path[] = "/api/v2/mix/market/tickers?productType=USDT-FUTURES";
    return subscription_url(rest_url, path, buffer, cap);
}

/* ---- descriptors ---- */

const struct venue venue_bitget = {
    .name = "bitget",
    .title = "Bitget spot",
    .ws_url = "wss://ws.bitget.com/v3/ws/public",
    .rest_url = "https://api.bitget.com",
    .conn_channels_max = CONN_CHANNELS,
    .rule = SYNC_PREV,
    .checksum = VENUE_CHECKSUM_OKX,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = PING,
    .pong_text = PONG,
    .ping_interval_ms = PING_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = spot_spell,
    .unify = spot_unify,
    .subscribe = spot_subscribe,
    .unsubscribe = spot_unsubscribe,
    .resubscribe = spot_resubscribe,
    .list_url = spot_list_url,
    .volume_url = spot_volume_url,
    .parse = spot_parse,
    .parse_http = spot_parse_http,
};

const struct venue venue_bitget_futures = {
    .name = "bitget_futures",
    .title = "Bitget perpetuals in USDT",
    .ws_url = "wss://ws.bitget.com/v3/ws/public",
    .rest_url = "https://api.bitget.com",
    .conn_channels_max = CONN_CHANNELS,
    .rule = SYNC_PREV,
    .checksum = VENUE_CHECKSUM_OKX,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = PING,
    .pong_text = PONG,
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
