/* Gate v4, spot and perpetuals in USDT (two sources of one form: channels begin with spot. or futures.).

   obu         {"channel":"spot.obu","result":{"t":1767323045100,"full":true,"s":"ob.BTC_USDT.400","u":12,
                "b":[["101.4","2"],...],"a":[...]},"time_ms":1767323045101}                                     [D]
                 the first one of each book, and any time later, is full; the others hold "U" before "u" and name only
                 what changed: price, absolute size, zero deletes
   update      {"time":1767323045,"channel":"spot.order_book_update","event":"update","result":{"t":ms,
                "e":"depthUpdate","E":s,"s":"BTC_USDT","U":11,"u":13,"b":[["101.4","2"]],"a":[...]}}
                 the older feed, read but not asked for; futures print levels as {"p":"101.4","s":2}
   base (HTTP) {"id":12,"current":ms,"update":ms,"asks":[["101.5","0.2"],...],"bids":[...]}, of the older feed
   trade       {"time":s,"channel":"spot.trades","event":"update","result":{"id":8,"create_time":s,
                "create_time_ms":"1767323045201.25","side":"sell","currency_pair":"BTC_USDT","amount":"0.04",
                "price":"101.5"}}                        side: the taker's [C 6 of 7]
               futures: a list of {"contract":"BTC_USDT","size":"-4","id":8,"create_time_ms":ms,"price":"101.5"}
                 the sign of size is the taker's side
   ticker      {"time":s,"channel":"spot.tickers","event":"update","result":{"currency_pair":"BTC_USDT","last":...,
                "lowest_ask":...,"highest_bid":...,"change_percentage":...,"base_volume":...,"quote_volume":...,
                "high_24h":...,"low_24h":...}}
               futures: a list with contract, last, mark_price, index_price, funding_rate, total_size     [D]
   others      event "subscribe"/"unsubscribe" with result or error; channel spot.pong

   Sequence (RANGE): U is the u before + 1 [C 162 of 162 on the older spot feed, 342 of 342 on futures, D for obu]; a
   miss: unsubscribe and subscribe the book. The older feed joins a base L where U <= L + 1 <= u [C 8 of 8]. */
#include <string.h>

#include "venue/emit.h"
#include "venue/gate_feed.h"
#include "venue/listing.h"
#include "venue/spelling.h"

td_err gate_spot_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    return spelling_from('_', raw, raw_bytes, symbol);
}

td_err gate_futures_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_TRY(spelling_from('_', raw, raw_bytes, symbol));
    return spelling_add(symbol, "-PERP");
}

/* "spot.obu" is "obu" of the spot source. */
static bool split_channel(struct td_text channel, bool *futures, struct td_text *name)
{
    const char *dot = channel.at ? memchr(channel.at, '.', channel.bytes) : NULL;
    if (!dot)
        return false;
    size_t bytes = (size_t)(dot - channel.at);
    *futures = bytes == 7 && memcmp(channel.at, "futures", 7) == 0;
    *name = (struct td_text){dot + 1, channel.bytes - (uint32_t)bytes - 1};
    return *futures || (bytes == 4 && memcmp(channel.at, "spot", 4) == 0);
}

static bool is(struct td_text text, const char *word)
{
    return text.at && text.bytes == strlen(word) && memcmp(text.at, word, text.bytes) == 0;
}

/* "ob.BTC_USDT.400" is about BTC_USDT; other names stand for themselves. */
static struct td_text pair_of(struct td_text name)
{
    static const char head[] = GATE_BOOK_NAME;
    const char *dot = name.at ? memrchr(name.at, '.', name.bytes) : NULL;
    if (!dot || name.bytes < sizeof head || memcmp(name.at, head, sizeof head - 1) != 0 ||
        dot < name.at + sizeof head)
        return name;
    return (struct td_text){name.at + sizeof head - 1,
                            (uint32_t)(dot - name.at) - (uint32_t)(sizeof head - 1)};
}

static bool choose(struct emit *emit, struct td_text pair, bool futures)
{
    return emit_choose(emit, pair, futures ? gate_futures_unify : gate_spot_unify);
}

/* ---- fixed form ---- */

static void begin(struct emit *emit, bool full, int64_t event_ns, int64_t first, int64_t last)
{
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, event_ns);
    emit->event->seq_first = full ? 0 : first;
    emit->event->seq_last = last;
    emit->event->flags |= TD_EVF_HAS_SEQ;
}

static bool scan_sides(struct emit *emit, struct scan *scan)
{
    if (!SCAN(scan, ",\"b\":[") || !emit_scan_levels(emit, scan, TD_SIDE_BID) ||
        !SCAN(scan, ",\"a\":[") || !emit_scan_levels(emit, scan, TD_SIDE_ASK) || !SCAN(scan, "}"))
        return false;
    emit_end(emit);
    return true;
}

static bool scan_obu(struct emit *emit, struct scan *scan, bool futures)
{
    int64_t event_ns, first = 0, last;
    struct td_text name;
    if (!SCAN(scan, "\"result\":{\"t\":") || !scan_epoch_ms(scan, &event_ns))
        return false;
    bool full = SCAN(scan, ",\"full\":true");
    if (!SCAN(scan, ",\"s\":") || !scan_string(scan, &name) ||
        !choose(emit, pair_of(name), futures) ||
        (!full && (!SCAN(scan, ",\"U\":") || !scan_integer(scan, &first))) ||
        !SCAN(scan, ",\"u\":") || !scan_integer(scan, &last))
        return false;
    begin(emit, full, event_ns, first, last);
    return scan_sides(emit, scan);
}

static bool scan_update(struct emit *emit, struct scan *scan, bool futures)
{
    int64_t event_ns, second, first, last;
    struct td_text name;
    if (!SCAN(scan, "\"result\":{\"t\":") || !scan_epoch_ms(scan, &event_ns) ||
        !SCAN(scan, ",\"e\":\"depthUpdate\",\"E\":") || !scan_integer(scan, &second) ||
        !SCAN(scan, ",\"s\":") || !scan_string(scan, &name) || !choose(emit, name, futures) ||
        !SCAN(scan, ",\"U\":") || !scan_integer(scan, &first) || !SCAN(scan, ",\"u\":") ||
        !scan_integer(scan, &last))
        return false;
    begin(emit, false, event_ns, first, last);
    return scan_sides(emit, scan);
}

static const struct emit_ticker_key ticker_keys[] = {
    {"last", TD_TICKER_LAST},
    {"highest_bid", TD_TICKER_BID},
    {"lowest_ask", TD_TICKER_ASK},
    {"high_24h", TD_TICKER_HIGH},
    {"low_24h", TD_TICKER_LOW},
    {"change_percentage", TD_TICKER_PERCENTAGE},
    {"base_volume", TD_TICKER_BASE_VOLUME},
    {"quote_volume", TD_TICKER_QUOTE_VOLUME},
    /* futures [D] */
    {"volume_24h_base", TD_TICKER_BASE_VOLUME},
    {"volume_24h_quote", TD_TICKER_QUOTE_VOLUME},
    {"mark_price", TD_TICKER_MARK_PRICE},
    {"index_price", TD_TICKER_INDEX_PRICE},
    {"funding_rate", TD_TICKER_FUNDING_RATE},
    {"total_size", TD_TICKER_OPEN_INTEREST},
};
enum { TICKER_KEYS = sizeof ticker_keys / sizeof *ticker_keys };

/* Of spot alone, where the result is one item. */
static bool scan_trade(struct emit *emit, struct scan *scan)
{
    struct emit_trade trade = {0};
    struct td_text pair, time;
    int64_t second;
    if (!SCAN(scan, "\"result\":{\"id\":") || !scan_integer_text(scan, &trade.id) ||
        !SCAN(scan, ",\"create_time\":") || !scan_integer(scan, &second) ||
        !SCAN(scan, ",\"create_time_ms\":") || !scan_string(scan, &time) ||
        !SCAN(scan, ",\"side\":") || !scan_string(scan, &trade.side_raw) ||
        !SCAN(scan, ",\"currency_pair\":") || !scan_string(scan, &pair) ||
        !choose(emit, pair, false) || !SCAN(scan, ",\"amount\":") ||
        !scan_string(scan, &trade.size) || !SCAN(scan, ",\"price\":") ||
        !scan_string(scan, &trade.price) || !SCAN(scan, "}"))
        return false;
    trade.event_ns = emit_time_epoch(emit, time);
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade) == 0;
}

static bool scan_ticker(struct emit *emit, struct scan *scan, struct td_text time)
{
    static const char *const head[] = {"currency_pair"};
    struct td_text value[1 + TICKER_KEYS];
    if (!SCAN(scan, "\"result\":") ||
        !emit_scan_members(scan, head, 1, ticker_keys, TICKER_KEYS, value) || !value->at ||
        value->at[-1] != '"' || !choose(emit, *value, false))
        return false;
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, time));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_scan_values(emit, value + 1, ticker_keys, TICKER_KEYS);
}

/* Times of the envelope may stand in front or at the end. */
static bool gate_scan(struct emit *emit, struct scan *scan)
{
    struct td_text channel, name, s = {0}, ms = {0}, behind;
    bool futures, good = false;
    if (!SCAN(scan, "{") ||
        (SCAN(scan, "\"time\":") && (!scan_integer_text(scan, &s) || !SCAN(scan, ","))) ||
        (SCAN(scan, "\"time_ms\":") && (!scan_integer_text(scan, &ms) || !SCAN(scan, ","))) ||
        !SCAN(scan, "\"channel\":") || !scan_string(scan, &channel) || !SCAN(scan, ",") ||
        !split_channel(channel, &futures, &name))
        return false;
    SCAN(scan, "\"event\":\"update\",");
    if (is(name, "obu"))
        good = scan_obu(emit, scan, futures);
    else if (is(name, "order_book_update"))
        good = scan_update(emit, scan, futures);
    else if (!futures && is(name, "trades"))
        good = scan_trade(emit, scan);
    else if (!futures && is(name, "tickers") && (ms.at || s.at))
        return scan_ticker(emit, scan, ms.at ? ms : s) && SCAN(scan, "}");
    if (good && SCAN(scan, ",\"time_ms\":"))
        good = scan_integer_text(scan, &behind);
    return good && SCAN(scan, "}");
}

/* ---- parse ---- */

/* Pairs of texts, or objects on futures; a side that did not change may be absent. */
static td_err read_side(struct emit *emit, int list, enum td_side side)
{
    const struct json *json = emit->ctx->json;
    if (list < 0)
        return 0;
    if (json_is_array(json, list) && json_is_object(json, json_first(json, list)))
        return emit_read_level_objects(emit, list, side, "p", "s");
    return emit_read_levels(emit, list, side);
}

static int read_sides(struct emit *emit, int bids, int asks)
{
    if ((bids < 0 && asks < 0) || read_side(emit, bids, TD_SIDE_BID) < 0 ||
        read_side(emit, asks, TD_SIDE_ASK) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_book(struct emit *emit, int item, bool futures)
{
    const struct json *json = emit->ctx->json;
    int64_t first = 0, last;
    struct td_text name = json_plain(json, item, "s");
    bool full = json_equals(json, json_member(json, item, "full"), "true");
    if (!name.at || (!full && !json_integer(json, item, "U", &first)) ||
        !json_integer(json, item, "u", &last))
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, pair_of(name), futures))
        return TD_BUCKET_IGNORED;
    begin(emit, full, emit_time_epoch(emit, json_plain(json, item, "t")), first, last);
    return read_sides(emit, json_member(json, item, "b"), json_member(json, item, "a"));
}

static int read_trade(struct emit *emit, int item, bool futures)
{
    const struct json *json = emit->ctx->json;
    struct td_text pair = json_plain(json, item, futures ? "contract" : "currency_pair");
    struct emit_trade trade = {
        .price = json_plain(json, item, "price"),
        .size = json_plain(json, item, futures ? "size" : "amount"),
        .id = json_plain(json, item, "id"),
        .side_raw = json_plain(json, item, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, item, "create_time_ms")),
    };
    if (!pair.at || !trade.id.at)
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, pair, futures))
        return TD_BUCKET_IGNORED;
    trade.taker = emit_taker(trade.side_raw);
    if (futures && trade.size.bytes) {
        bool sold = *trade.size.at == '-';
        trade.taker = sold ? TD_TAKER_SELL : TD_TAKER_BUY;
        trade.side_raw = (struct td_text){trade.size.at, sold};
        trade.size = (struct td_text){trade.size.at + sold, trade.size.bytes - sold};
    }
    return emit_trade(emit, &trade) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

/* The message has no time of its own, the envelope has. */
static int64_t envelope_time(struct emit *emit)
{
    struct td_text time = json_plain(emit->ctx->json, 0, "time_ms");
    return emit_time_epoch(emit, time.at ? time : json_plain(emit->ctx->json, 0, "time"));
}

static int read_ticker(struct emit *emit, int item, bool futures)
{
    const struct json *json = emit->ctx->json;
    struct td_text pair = json_plain(json, item, futures ? "contract" : "currency_pair");
    if (!pair.at)
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, pair, futures))
        return TD_BUCKET_IGNORED;
    emit_begin(emit, TD_EVENT_TICKER, envelope_time(emit));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    return emit_read_ticker(emit, item, ticker_keys, sizeof ticker_keys / sizeof *ticker_keys) < 0
               ? TD_BUCKET_MALFORMED
               : TD_BUCKET_OK;
}

/* ---- classify ---- */

static const struct {
    const char *channel;
    int (*read)(struct emit *, int item, bool futures); /* NULL: known, not recorded */
} channels[] = {
    {"obu", read_book},       {"order_book_update", read_book}, {"trades", read_trade},
    {"tickers", read_ticker}, {"candlesticks", NULL},           {"pong", NULL},
};

/* The result is one item, on futures a list of them; those that nobody asked for are passed over. */
static int read_items(struct emit *emit, int result, bool futures,
                      int (*read)(struct emit *, int, bool))
{
    const struct json *json = emit->ctx->json;
    if (!json_is_array(json, result))
        return json_is_object(json, result) ? read(emit, result, futures) : TD_BUCKET_MALFORMED;
    int bucket = TD_BUCKET_IGNORED;
    for (int item = json_first(json, result); item >= 0; item = json_next(json, item)) {
        int one = read(emit, item, futures);
        if (one == TD_BUCKET_MALFORMED)
            return one;
        bucket = one == TD_BUCKET_OK ? one : bucket;
    }
    return bucket;
}

/* An error repeats what was asked for [U]; one that does not cannot be told from others. */
static int read_answer(struct emit *emit, bool futures)
{
    const struct json *json = emit->ctx->json;
    int payload = json_member(json, 0, "payload");
    struct td_text name = json_text(json, json_item(json, payload, 0));
    if (!json_is_object(json, json_member(json, 0, "error")) || !name.at ||
        !choose(emit, pair_of(name), futures))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int gate_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text name;
    bool futures;
    int event = json_member(json, 0, "event");
    if (!split_channel(json_plain(json, 0, "channel"), &futures, &name))
        return TD_BUCKET_MALFORMED;
    if (json_equals(json, event, "subscribe") || json_equals(json, event, "unsubscribe"))
        return read_answer(emit, futures);
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        if (!is(name, channels[i].channel))
            continue;
        if (!channels[i].read)
            return TD_BUCKET_IGNORED;
        return read_items(emit, json_member(json, 0, "result"), futures, channels[i].read);
    }
    return TD_BUCKET_MALFORMED;
}

int gate_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, gate_scan, gate_read);
}

static int read_base(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int64_t last;
    bool spot = emit_choose_by_url(emit, "currency_pair=", gate_spot_unify);
    if (!spot && !emit_choose_by_url(emit, "contract=", gate_futures_unify))
        return TD_BUCKET_IGNORED;
    if (!json_integer(json, 0, "id", &last))
        return TD_BUCKET_MALFORMED;
    begin(emit, true, emit_time_epoch(emit, json_plain(json, 0, "update")), 0, last);
    return read_sides(emit, json_member(json, 0, "bids"), json_member(json, 0, "asks"));
}

static bool no_scan(struct emit *emit, struct scan *scan)
{
    (void)emit;
    (void)scan;
    return false;
}

static bool spot_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "id");
    listing->base = json_plain(json, 0, "base");
    listing->quote = json_plain(json, 0, "quote");
    listing->price_step = listing_decimals(json, 0, "precision");
    listing->size_step = listing_decimals(json, 0, "amount_precision");
    listing->status = json_plain(json, 0, "trade_status");
    return listing->raw.at;
}

static bool contract_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    static const char usdt[] = "USDT";
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "name");
    const char *end = listing->raw.at ? memchr(listing->raw.at, '_', listing->raw.bytes) : NULL;
    if (!end)
        return false;
    listing->kind = INSTRUMENT_PERP;
    listing->base = (struct td_text){listing->raw.at, (uint32_t)(end - listing->raw.at)};
    listing->quote = (struct td_text){usdt, sizeof usdt - 1};
    listing->price_step = json_plain(json, 0, "order_price_round");
    listing->contract_size = json_plain(json, 0, "quanto_multiplier");
    listing->contract_currency = listing->base;
    listing->status = json_plain(json, 0, "status");
    return true;
}

static bool volume_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    struct td_text pair = json_plain(ctx->json, 0, "currency_pair");
    listing->raw = pair.at ? pair : json_plain(ctx->json, 0, "contract");
    listing->volume = json_plain(ctx->json, 0, pair.at ? "quote_volume" : "volume_24h_quote");
    return listing->raw.at;
}

static bool url_has(struct td_text url, const char *text)
{
    return memmem(url.at, url.bytes, text, strlen(text)) != NULL;
}

int gate_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                    const struct td_frame *frame)
{
    if (url_has(url, "/spot/currency_pairs"))
        return listing_parse(ctx, body, "", spot_entry);
    if (url_has(url, "/futures/usdt/contracts"))
        return listing_parse(ctx, body, "", contract_entry);
    if (url_has(url, "/tickers"))
        return listing_parse(ctx, body, "", volume_entry);
    if (!url_has(url, "/order_book?"))
        return TD_BUCKET_IGNORED;
    return emit_parse(ctx, frame, body, no_scan, read_base);
}
