/* Bitstamp.

   book        {"data":{"timestamp":"1767323045","microtimestamp":"1767323045678901","bids":[["101.40","2.00000000"],...],
                "asks":[...]},"channel":"diff_order_book_btcusd","event":"data"}
                 absolute sizes, zero deletes
   base (HTTP) {"timestamp":"...","microtimestamp":"...","bids":[["101.40","2.00000000"],...],"asks":[...]}
                 the request's URL names the symbol
   trade       {"data":{"id":7,"timestamp":"...","amount":0.04,"amount_str":"0.04000000","price":101.5,"price_str":"101.5",
                "type":0,"microtimestamp":"...","buy_order_id":1,"sell_order_id":2},"channel":"live_trades_btcusd",
                "event":"trade"}
                 the amount and price of the _str members; type: 0 the taker bought, 1 sold [C 37 of 39]
   ack         {"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}}

   Sequence (NONE): a message carries its time alone, so a hole cannot be seen. Changes at or before the base's microtimestamp
   are old; the book starts over from a new base with each connection and every few hours. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    PING_INTERVAL_MS = 30000, /* [U] */
    REBASE_S = 4 * 3600,      /* [U]: what was lost in between is healed that late at most */
    BASE_GAP_MS = 1000,       /* [U] */
    SUBSCRIBE_GAP_MS = 50,    /* [U] */
};

static const char quotes[] = "USDT USDC PYUSD EURC USD EUR GBP BTC ETH PAX DAI";

/* btcusd -> BTC-USD, btcusd-perp -> BTC-USD-PERP. */
static td_err bitstamp_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    size_t end = sizeof "-perp" - 1;
    bool perpetual = raw_bytes > end && memcmp(raw + raw_bytes - end, "-perp", end) == 0;
    TD_TRY(spelling_split(quotes, raw, perpetual ? raw_bytes - end : raw_bytes, symbol));
    return perpetual ? spelling_add(symbol, "-PERP") : 0;
}

static td_err bitstamp_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    bool perpetual = spelling_perp(symbol, pair);
    TD_TRY(spelling_to('\0', pair, raw));
    spelling_lower(raw);
    return perpetual ? spelling_add(raw, "-perp") : 0;
}

/* ---- fixed form: the name stands behind the levels, so the end is read first ---- */

#define BOOK_CHANNEL "diff_order_book_"
#define TRADES_CHANNEL "live_trades_"
#define BODY_END "},\"channel\":\"" BOOK_CHANNEL
enum { TAIL_MAX = 120, MICROSECOND_DIGITS = 16 };

/* The byte behind the levels, NULL for another form; the instrument is chosen. */
static const char *scan_tail(struct emit *emit, const struct scan *scan)
{
    size_t left = (size_t)(scan->end - scan->at), look = left < TAIL_MAX ? left : TAIL_MAX;
    const char *body_end = memmem(scan->end - look, look, BODY_END, sizeof BODY_END - 1);
    if (!body_end)
        return NULL;
    struct scan tail = {body_end + sizeof BODY_END - sizeof BOOK_CHANNEL - 1, scan->end};
    struct td_text name;
    if (!scan_string(&tail, &name) || !SCAN(&tail, ",\"event\":\"data\"}") || tail.at != tail.end)
        return NULL;
    name.at += sizeof BOOK_CHANNEL - 1;
    name.bytes -= (uint32_t)sizeof BOOK_CHANNEL - 1;
    return emit_choose(emit, name, bitstamp_unify) ? body_end : NULL;
}

static bool scan_microseconds(struct scan *scan, int64_t *us)
{
    const char *first = scan->at;
    return scan_integer(scan, us) && scan->at - first == MICROSECOND_DIGITS &&
           *us < INT64_C(4102444800000000) && SCAN(scan, "\"");
}

static void begin_book(struct emit *emit, enum td_event_kind kind, int64_t event_ns, int64_t us)
{
    emit_begin(emit, kind, event_ns);
    emit->event->seq_last = us;
    emit->event->flags |= TD_EVF_HAS_SEQ;
}

static bool bitstamp_scan(struct emit *emit, struct scan *scan)
{
    struct td_text seconds;
    int64_t us;
    if (!SCAN(scan, "{\"data\":{\"timestamp\":") || !scan_string(scan, &seconds) ||
        !SCAN(scan, ",\"microtimestamp\":\"") || !scan_microseconds(scan, &us) ||
        !SCAN(scan, ",\"bids\":["))
        return false;
    const char *body_end = scan_tail(emit, scan);
    if (!body_end)
        return false;
    begin_book(emit, TD_EVENT_DELTA, us * TD_NS_PER_US, us);
    if (!emit_scan_levels(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !emit_scan_levels(emit, scan, TD_SIDE_ASK) || scan->at != body_end)
        return false;
    scan->at = scan->end;
    emit_end(emit);
    return true;
}

/* ---- parse ---- */

/* Levels and time of a change or a base; the instrument is chosen. */
static int read_book(struct emit *emit, enum td_event_kind kind, int data)
{
    const struct json *json = emit->ctx->json;
    struct td_text time = json_plain(json, data, "microtimestamp");
    int64_t us;
    if (!json_integer(json, data, "microtimestamp", &us))
        return TD_BUCKET_MALFORMED;
    begin_book(emit, kind, emit_time_epoch(emit, time), us);
    if (emit_read_levels(emit, json_member(json, data, "bids"), TD_SIDE_BID) < 0 ||
        emit_read_levels(emit, json_member(json, data, "asks"), TD_SIDE_ASK) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trade(struct emit *emit, int data)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, data, "price_str"),
        .size = json_plain(json, data, "amount_str"),
        .id = json_plain(json, data, "id"),
        .side_raw = json_plain(json, data, "type"),
        .event_ns = emit_time_epoch(emit, json_plain(json, data, "microtimestamp")),
    };
    if (trade.side_raw.bytes == 1)
        trade.taker = *trade.side_raw.at == '0'   ? TD_TAKER_BUY
                      : *trade.side_raw.at == '1' ? TD_TAKER_SELL
                                                  : TD_TAKER_UNKNOWN;
    if (!trade.id.at || emit_trade(emit, &trade) < 0)
        return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

/* ---- classify ---- */

static const char *const notices[] = {
    "bts:subscription_succeeded",
    "bts:unsubscription_succeeded",
    "bts:heartbeat",
    "bts:error",
};

/* Channels nobody asked for. */
static const char *const others[] = {"order_book_", "detail_order_book_", "live_orders_"};

static bool begins(struct td_text text, const char *with)
{
    size_t bytes = strlen(with);
    return text.at && text.bytes >= bytes && memcmp(text.at, with, bytes) == 0;
}

static bool choose_behind(struct emit *emit, struct td_text channel, const char *prefix)
{
    size_t bytes = strlen(prefix);
    struct td_text name = {channel.at + bytes, channel.bytes - (uint32_t)bytes};
    return emit_choose(emit, name, bitstamp_unify);
}

static int bitstamp_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int event = json_member(json, 0, "event"), data = json_member(json, 0, "data");
    for (size_t i = 0; i < sizeof notices / sizeof *notices; i++)
        if (json_equals(json, event, notices[i]))
            return TD_BUCKET_IGNORED;
    if (json_equals(json, event, "bts:request_reconnect"))
        return emit_leaving(emit);
    struct td_text channel = json_plain(json, 0, "channel");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (begins(channel, others[i]))
            return TD_BUCKET_IGNORED;
    if (!json_is_object(json, data))
        return TD_BUCKET_MALFORMED;
    if (json_equals(json, event, "data") && begins(channel, BOOK_CHANNEL))
        return choose_behind(emit, channel, BOOK_CHANNEL) ? read_book(emit, TD_EVENT_DELTA, data)
                                                          : TD_BUCKET_IGNORED;
    if (json_equals(json, event, "trade") && begins(channel, TRADES_CHANNEL))
        return choose_behind(emit, channel, TRADES_CHANNEL) ? read_trade(emit, data)
                                                            : TD_BUCKET_IGNORED;
    return TD_BUCKET_MALFORMED;
}

static int bitstamp_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, bitstamp_scan, bitstamp_read);
}

/* ---- HTTP: bases and the symbol list ---- */

static const char base_path[] = "/api/v2/order_book/";

/* Bases are few and their form has changed: no fixed one. */
static bool scan_base(struct emit *emit, struct scan *scan)
{
    (void)emit;
    (void)scan;
    return false;
}

static int read_base(struct emit *emit)
{
    const struct td_frame *frame = emit->frame;
    const char *end = memchr(frame->payload, '\t', frame->bytes);
    const char *at =
        memmem(frame->payload, (size_t)(end - frame->payload), base_path, sizeof base_path - 1);
    at += sizeof base_path - 1;
    const char *stop = memchr(at, '/', (size_t)(end - at));
    struct td_text name = {at, (uint32_t)((stop ? stop : end) - at)};
    return emit_choose(emit, name, bitstamp_unify) ? read_book(emit, TD_EVENT_SNAPSHOT, 0)
                                                   : TD_BUCKET_IGNORED;
}

static struct td_text decimals_step(const struct json *json, const char *key)
{
    int64_t decimals;
    bool known = json_integer(json, 0, key, &decimals) && decimals <= TD_SCALE_MAX;
    return known ? listing_step((int)decimals) : (struct td_text){NULL, 0};
}

/* {"trading":"Enabled","base_decimals":8,"counter_decimals":2,"url_symbol":"btcusd","name":"BTC/USD",...} as recorded, the newer
   list {"market_symbol":"btcusd","base_currency":"BTC","counter_currency":"USD","market_type":"SPOT",...} [D]. */
static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    struct td_text name = json_plain(json, 0, "name");
    const char *slash = name.at ? memchr(name.at, '/', name.bytes) : NULL;
    listing->raw = json_plain(json, 0, "market_symbol");
    if (!listing->raw.at)
        listing->raw = json_plain(json, 0, "url_symbol");
    listing->base = json_plain(json, 0, "base_currency");
    listing->quote = json_plain(json, 0, "counter_currency");
    if (!listing->base.at && slash) {
        listing->base = (struct td_text){name.at, (uint32_t)(slash - name.at)};
        listing->quote = (struct td_text){slash + 1, name.bytes - listing->base.bytes - 1};
    }
    listing->price_step = decimals_step(json, "counter_decimals");
    listing->size_step = decimals_step(json, "base_decimals");
    listing->status = json_plain(json, 0, "trading");
    if (json_equals(json, json_member(json, 0, "market_type"), "PERPETUAL"))
        listing->kind = INSTRUMENT_PERP;
    return listing->raw.at;
}

static int bitstamp_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                               const struct td_frame *frame)
{
    if (memmem(url.at, url.bytes, base_path, sizeof base_path - 1))
        return emit_parse(ctx, frame, body, scan_base, read_base);
    if (memmem(url.at, url.bytes, "/markets/", strlen("/markets/")) ||
        memmem(url.at, url.bytes, "/trading-pairs-info/", strlen("/trading-pairs-info/")))
        return listing_parse(ctx, body, "", list_entry);
    return TD_BUCKET_IGNORED;
}

/* ---- subscribe: one channel a message. The venue has no ticker ---- */

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *event,
                               char *buffer, size_t cap)
{
    struct venue_subscription some = *sub;
    enum td_channel channel;
    some.channels &= 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TRADES;
    const struct instrument *instrument = subscription_single(&some, n, &channel);
    struct td_str out = td_str_on(buffer, cap);
    if (!instrument)
        return 0;
    td_str_add_format(&out, "{\"event\":\"%s\",\"data\":{\"channel\":\"%s%s\"}}", event,
                      channel == TD_CHANNEL_BOOK ? BOOK_CHANNEL : TRADES_CHANNEL, instrument->raw);
    return subscription_text(&out, 1);
}

static size_t bitstamp_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    return put_subscription(sub, n, "bts:subscribe", buffer, cap);
}

static size_t bitstamp_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                   size_t cap)
{
    return put_subscription(sub, n, "bts:unsubscribe", buffer, cap);
}

static size_t bitstamp_base_url(const char *rest_url, const struct instrument *instrument,
                                char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "%s%s%s/", rest_url, base_path, instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t bitstamp_list_url(const char *rest_url, const struct venue_subscription *sub,
                                unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/api/v2/markets/", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_bitstamp = {
    .name = "bitstamp",
    .title = "Bitstamp",
    .ws_url = "wss://ws.bitstamp.net",
    .rest_url = "https://www.bitstamp.net",
    .rule = SYNC_NONE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_BASE,
    .rebase_s = REBASE_S,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = "{\"event\":\"bts:heartbeat\"}",
    .ping_interval_ms = PING_INTERVAL_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .base_gap_ms = BASE_GAP_MS,
    .spell = bitstamp_spell,
    .unify = bitstamp_unify,
    .subscribe = bitstamp_subscribe,
    .unsubscribe = bitstamp_unsubscribe,
    .base_url = bitstamp_base_url,
    .list_url = bitstamp_list_url,
    .parse = bitstamp_parse,
    .parse_http = bitstamp_parse_http,
};
