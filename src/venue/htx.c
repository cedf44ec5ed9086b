/* HTX spot. Every frame is gzip; increments come on /feed, the rest on /ws.

   mbp         {"ch":"market.btcusdt.mbp.400","ts":1767323045100,"tick":{"seqNum":13,"prevSeqNum":12,
                "bids":[[101.4,2.0],...],"asks":[...]}}                                                          [D]
                 bare numbers, some as 9.121E-7; absolute sizes, zero deletes; a side that did not change may be absent
   base        {"id":"1","rep":"market.btcusdt.mbp.400","status":"ok","ts":ms,"data":{"seqNum":12,"bids":...,"asks":...}}
                 the answer to {"req":"market.btcusdt.mbp.400","id":"1"} on the same socket                       [D]
   depth       {"ch":"market.btcusdt.depth.step0","ts":ms,"tick":{"bids":[...],"asks":[...],"version":9,"ts":ms}}
                 the whole book of 150 levels a side, read but not asked for [C 292]
   trades      {"ch":"market.btcusdt.trade.detail","ts":ms,"tick":{"id":9,"ts":ms,"data":[{"id":100182534526255757567432481,
                "ts":ms,"tradeId":100045088885,"amount":0.04,"price":101.5,"direction":"buy"},...]}}
                 id has up to 27 digits, tradeId is the one; the taker's side [C 77 of 86]; the last trade comes again on
                 each subscription
   bbo         {"ch":"market.btcusdt.bbo","ts":ms,"tick":{"seqId":9,"ask":101.5,"askSize":1,"bid":101.4,"bidSize":2,
                "quoteTime":ms,"symbol":"btcusdt"}}                                                               [D]
   others      {"id":"1","status":"ok","subbed":"...","ts":ms}; {"status":"error","err-msg":"invalid topic ...",...};
               {"ping":ms} each 5 s, answered by {"pong":ms}: two that are not close the connection

   Sequence (PREV): prevSeqNum is the seqNum before [D]; the chain joins a base L where prevSeqNum <= L <= seqNum. A miss
   needs a new base. */
#include <string.h>

#include "base/text.h"
#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    TOPICS_A_MESSAGE = 1,
    SUBSCRIBE_GAP_MS = 50, /* [U] */
    BASE_GAP_MS = 100,     /* [U] */
    HEARTBEAT_MS = 5000,
};
#define MARKET "market."
#define BOOK ".mbp.400"

static td_err htx_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    return spelling_from('\0', raw, raw_bytes, symbol);
}

static td_err htx_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    TD_TRY(spelling_to('\0', symbol, raw));
    spelling_lower(raw);
    return 0;
}

/* ---- state: room to spell one entry of the symbol list ---- */

struct htx_state {
    char base[TD_SYMBOL_MAX], quote[TD_SYMBOL_MAX];
};
_Static_assert(sizeof(struct htx_state) <= VENUE_STATE_BYTES, "state fits its place");

/* "market.btcusdt.mbp.400": btcusdt and .mbp.400. */
static bool split_topic(struct td_text topic, struct td_text *name, struct td_text *feed)
{
    static const char head[] = MARKET;
    const uint32_t bytes = sizeof head - 1;
    if (!topic.at || topic.bytes <= bytes || memcmp(topic.at, head, bytes) != 0)
        return false;
    const char *first = topic.at + bytes, *end = topic.at + topic.bytes;
    const char *dot = memchr(first, '.', (size_t)(end - first));
    if (!dot || dot == first)
        return false;
    *name = (struct td_text){first, (uint32_t)(dot - first)};
    *feed = (struct td_text){dot, (uint32_t)(end - dot)};
    return true;
}

static bool begins(struct td_text feed, const char *with)
{
    return feed.bytes >= strlen(with) && memcmp(feed.at, with, strlen(with)) == 0;
}

/* ---- fixed form ---- */

/* `101.4,2.0],...]` */
static bool scan_side(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "[") || !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, ",") || !emit_scan_steps(emit, scan, false, &size_steps, &decimals) ||
            !SCAN(scan, "]"))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_mbp(struct emit *emit, struct scan *scan, int64_t event_ns)
{
    int64_t last, prev;
    if (!SCAN(scan, "\"seqNum\":") || !scan_integer(scan, &last) ||
        !SCAN(scan, ",\"prevSeqNum\":") || !scan_integer(scan, &prev))
        return false;
    emit_begin(emit, TD_EVENT_DELTA, event_ns);
    emit_sequence(emit, prev, prev, last);
    bool bids = SCAN(scan, ",\"bids\":[");
    if (bids && !scan_side(emit, scan, TD_SIDE_BID))
        return false;
    bool asks = SCAN(scan, ",\"asks\":[");
    if ((asks && !scan_side(emit, scan, TD_SIDE_ASK)) || (!bids && !asks) || !SCAN(scan, "}}"))
        return false;
    emit_end(emit);
    return true;
}

/* The time stands behind the levels, so what comes in pieces goes to jsmn. */
static bool scan_depth(struct emit *emit, struct scan *scan)
{
    int64_t version, event_ns;
    if (!SCAN(scan, "\"bids\":["))
        return false;
    emit_begin(emit, TD_EVENT_SNAPSHOT, EMIT_NO_TIME);
    if (!scan_side(emit, scan, TD_SIDE_BID) || !SCAN(scan, ",\"asks\":[") ||
        !scan_side(emit, scan, TD_SIDE_ASK) || !SCAN(scan, ",\"version\":") ||
        !scan_integer(scan, &version) || !SCAN(scan, ",\"ts\":") ||
        !scan_epoch_ms(scan, &event_ns) || !SCAN(scan, "}}") || emit->sink->overflowed)
        return false;
    emit_stamp(emit, event_ns);
    emit_end(emit);
    return true;
}

static bool htx_scan(struct emit *emit, struct scan *scan)
{
    struct td_text topic, name, feed;
    int64_t ns;
    if (!SCAN(scan, "{\"ch\":") || !scan_string(scan, &topic) ||
        !split_topic(topic, &name, &feed) || !emit_choose(emit, name, htx_unify) ||
        !SCAN(scan, ",\"ts\":") || !scan_epoch_ms(scan, &ns) || !SCAN(scan, ",\"tick\":{"))
        return false;
    if (begins(feed, ".mbp."))
        return scan_mbp(emit, scan, ns);
    return begins(feed, ".depth.") && scan_depth(emit, scan);
}

/* ---- parse ---- */

static int read_sides(struct emit *emit, int tick)
{
    const struct json *json = emit->ctx->json;
    int bids = json_member(json, tick, "bids"), asks = json_member(json, tick, "asks");
    if (bids < 0 && asks < 0)
        return TD_BUCKET_MALFORMED;
    if ((bids >= 0 && emit_read_levels(emit, bids, TD_SIDE_BID) < 0) ||
        (asks >= 0 && emit_read_levels(emit, asks, TD_SIDE_ASK) < 0))
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_mbp(struct emit *emit, int tick)
{
    const struct json *json = emit->ctx->json;
    int64_t last, prev;
    if (!json_integer(json, tick, "seqNum", &last) ||
        !json_integer(json, tick, "prevSeqNum", &prev))
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_DELTA, emit_time_epoch(emit, json_plain(json, 0, "ts")));
    emit_sequence(emit, prev, prev, last);
    return read_sides(emit, tick);
}

static int read_depth(struct emit *emit, int tick)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_SNAPSHOT, emit_time_epoch(emit, json_plain(json, tick, "ts")));
    return read_sides(emit, tick);
}

static int read_trades(struct emit *emit, int tick)
{
    const struct json *json = emit->ctx->json;
    int data = json_member(json, tick, "data");
    if (!json_is_array(json, data))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, data); item >= 0; item = json_next(json, item)) {
        struct emit_trade trade = {
            .price = json_plain(json, item, "price"),
            .size = json_plain(json, item, "amount"),
            .id = json_plain(json, item, "tradeId"),
            .side_raw = json_plain(json, item, "direction"),
            .event_ns = emit_time_epoch(emit, json_plain(json, item, "ts")),
        };
        trade.taker = emit_taker(trade.side_raw);
        if (!trade.id.at || emit_trade(emit, &trade) < 0)
            return TD_BUCKET_MALFORMED;
    }
    return TD_BUCKET_OK;
}

static const struct emit_ticker_key bbo_keys[] = {
    {"bid", TD_TICKER_BID},
    {"bidSize", TD_TICKER_BID_SIZE},
    {"ask", TD_TICKER_ASK},
    {"askSize", TD_TICKER_ASK_SIZE},
};

static int read_bbo(struct emit *emit, int tick)
{
    const struct json *json = emit->ctx->json;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, json_plain(json, tick, "quoteTime")));
    emit->event->ticker.kind = TD_TICKER_KIND_BBO;
    return emit_read_ticker(emit, tick, bbo_keys, sizeof bbo_keys / sizeof *bbo_keys) < 0
               ? TD_BUCKET_MALFORMED
               : TD_BUCKET_OK;
}

/* ---- classify ---- */

static const struct {
    const char *feed;
    int (*read)(struct emit *, int tick); /* NULL: known, not recorded */
} feeds[] = {
    {".mbp.", read_mbp}, {".depth.", read_depth}, {".trade.detail", read_trades},
    {".bbo", read_bbo},  {".kline.", NULL},       {".detail", NULL},
};

static int read_pushed(struct emit *emit, struct td_text topic)
{
    struct td_text name, feed;
    if (!split_topic(topic, &name, &feed))
        return TD_BUCKET_MALFORMED;
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++) {
        if (!begins(feed, feeds[i].feed))
            continue;
        if (!feeds[i].read || !emit_choose(emit, name, htx_unify))
            return TD_BUCKET_IGNORED;
        return feeds[i].read(emit, json_member(emit->ctx->json, 0, "tick"));
    }
    return TD_BUCKET_MALFORMED;
}

static int read_base(struct emit *emit, struct td_text topic)
{
    const struct json *json = emit->ctx->json;
    int64_t last;
    struct td_text name, feed;
    int data = json_member(json, 0, "data");
    if (!split_topic(topic, &name, &feed) || !begins(feed, ".mbp.") ||
        !json_integer(json, data, "seqNum", &last))
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, name, htx_unify))
        return TD_BUCKET_IGNORED;
    emit_begin(emit, TD_EVENT_SNAPSHOT, emit_time_epoch(emit, json_plain(json, 0, "ts")));
    emit_sequence(emit, 0, 0, last);
    return read_sides(emit, data);
}

/* "invalid topic market.abcusdt.mbp.400" [U] */
static int read_error(struct emit *emit)
{
    struct td_text words = json_plain(emit->ctx->json, 0, "err-msg"), name, feed;
    const char *at = words.at ? memmem(words.at, words.bytes, MARKET, strlen(MARKET)) : NULL;
    if (!at)
        return TD_BUCKET_IGNORED;
    struct td_text topic = {at, words.bytes - (uint32_t)(at - words.at)};
    if (!split_topic(topic, &name, &feed) || !emit_choose(emit, name, htx_unify))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int htx_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text topic = json_plain(json, 0, "ch");
    int status = json_member(json, 0, "status");
    if (topic.at)
        return read_pushed(emit, topic);
    if (json_equals(json, status, "error"))
        return read_error(emit);
    topic = json_plain(json, 0, "rep");
    if (topic.at)
        return read_base(emit, topic);
    bool quiet = json_equals(json, status, "ok") || json_plain(json, 0, "ping").at;
    return quiet ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int htx_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, htx_scan, htx_read);
}

static size_t htx_answer(struct td_text message, char *buffer, size_t cap)
{
    struct scan scan = {message.at, message.at + message.bytes};
    struct td_str out = td_str_on(buffer, cap);
    int64_t time;
    if (!SCAN(&scan, "{\"ping\":") || !scan_integer(&scan, &time) || !SCAN(&scan, "}"))
        return 0;
    td_str_add_format(&out, "{\"pong\":%lld}", (long long)time);
    return out.cut ? 0 : out.bytes;
}

/* ---- lists ---- */

static struct td_text in_capitals(struct td_text word, char out[TD_SYMBOL_MAX])
{
    td_text_copy(out, TD_SYMBOL_MAX, word.at ? word.at : "", word.bytes);
    spelling_upper(out);
    return (struct td_text){out, (uint32_t)strlen(out)};
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    struct htx_state *state = ctx->state;
    listing->raw = json_plain(json, 0, "symbol");
    listing->base = in_capitals(json_plain(json, 0, "base-currency"), state->base);
    listing->quote = in_capitals(json_plain(json, 0, "quote-currency"), state->quote);
    listing->price_step = listing_decimals(json, 0, "price-precision");
    listing->size_step = listing_decimals(json, 0, "amount-precision");
    listing->status = json_plain(json, 0, "state");
    return listing->raw.at;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    listing->raw = json_plain(ctx->json, 0, "symbol");
    listing->volume = json_plain(ctx->json, 0, "vol"); /* in the quote currency */
    return listing->raw.at;
}

static int htx_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                          const struct td_frame *frame)
{
    (void)frame;
    if (memmem(url.at, url.bytes, "/common/symbols", strlen("/common/symbols")))
        return listing_parse(ctx, body, "data", list_entry);
    if (memmem(url.at, url.bytes, "/market/tickers", strlen("/market/tickers")))
        return listing_parse(ctx, body, "data", volume_entry);
    return TD_BUCKET_IGNORED;
}

/* ---- subscribe and resync ---- */

static void put_name(const struct venue_subscription *sub, const struct instrument *instrument,
                     struct td_str *out)
{
    (void)sub;
    td_str_add(out, instrument->raw);
}

static size_t put_subscription(const struct venue_subscription *sub, unsigned n, const char *verb,
                               char *buffer, size_t cap)
{
    static const char *const topics[] = {[TD_CHANNEL_BOOK] = BOOK,
                                         [TD_CHANNEL_TRADES] = ".trade.detail",
                                         [TD_CHANNEL_TICKER] = ".bbo"};
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    unsigned batch;
    if (!subscription_channel(sub, n, &channel, &batch))
        return 0;
    td_str_add_format(&out, "{\"%s\":\"" MARKET, verb);
    unsigned count = subscription_batch(sub, batch, TOPICS_A_MESSAGE, &out, put_name);
    td_str_add_format(&out, "%s\",\"id\":\"%u\"}", topics[channel], n + 1);
    return subscription_text(&out, count);
}

static size_t htx_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                            size_t cap)
{
    return put_subscription(sub, n, "sub", buffer, cap);
}

static size_t htx_unsubscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                              size_t cap)
{
    return put_subscription(sub, n, "unsub", buffer, cap);
}

static size_t htx_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                              size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 0)
        return 0;
    td_str_add_format(&out, "{\"req\":\"" MARKET "%s" BOOK "\",\"id\":\"base\"}", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t htx_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                           char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/v1/common/symbols", buffer, cap);
}

static size_t htx_volume_url(const char *rest_url, char *buffer, size_t cap)
{
    return subscription_url(rest_url, "/market/tickers", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_htx = {
    .name = "htx",
    .title = "HTX spot",
    .ws_url = "wss://api.huobi.pro",
    .rest_url = "https://api.huobi.pro",
    .endpoint = {{"/feed", 1u << TD_CHANNEL_BOOK},
                 {"/ws", 1u << TD_CHANNEL_TRADES | 1u << TD_CHANNEL_TICKER}},
    .rule = SYNC_PREV,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_REQUEST,
    .has_event_time = true,
    .crossed_is_error = true,
    .answer = htx_answer,
    .compression = VENUE_GZIP,
    .heartbeat_ms = HEARTBEAT_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .base_gap_ms = BASE_GAP_MS,
    .spell = htx_spell,
    .unify = htx_unify,
    .subscribe = htx_subscribe,
    .unsubscribe = htx_unsubscribe,
    .resubscribe = htx_resubscribe,
    .list_url = htx_list_url,
    .volume_url = htx_volume_url,
    .parse = htx_parse,
    .parse_http = htx_parse_http,
};
