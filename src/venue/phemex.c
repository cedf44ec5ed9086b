/* Phemex. Inverse contracts and spot in scaled integers, linear contracts in decimal texts:

   book        {"book":{"asks":[[3299150000,1559],...],"bids":[...]},"depth":30,"sequence":18,"symbol":"BTCUSD",
                "timestamp":1767323045678901234,"type":"snapshot"|"incremental"}
                 asks, bids: price times 10^4, contracts; of spot (sBTCUSDT) price and size times 10^8; ns; zero deletes
   trades      {"sequence":18,"symbol":"BTCUSD","trades":[[1767323045678901234,"Buy",3299150000,40],...],"type":"snapshot"}
                 ns, the taker's side [U], price, size; a snapshot lists up to 1000 old ones, newest first; no ids
   linear      {"depth":30,"orderbook_p":{"asks":[["20702.9","0.718"],...],"bids":[...]},"sequence":...} and "trades_p" [D]
   answers     {"error":null,"id":5,"result":{"status":"success"}}, {"error":{"code":6001,...},"id":5,"result":null}

   Sequence (NONE): the number rises with holes, so it shows nothing [C 849 steps of one, 475 larger]. A full book comes now and
   then by itself: each one recorded was the book as it stood, 30 levels a side, kept by deletes [C 3 of 3]. */
#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/phemex_ticker.h"
#include "venue/spelling.h"
#include "venue/subscription.h"

/* ---- constants ---- */

enum {
    PING_INTERVAL_MS = 20000, /* silent for 30 s is closed */
    SUBSCRIBE_GAP_MS = 100,   /* [U] */
    ERROR_ARGUMENT = 6001,    /* [D] */
    /* Digits behind the point of the scaled integers [C for all 67 products of the recorded list; U for later ones]. */
    CONTRACT_PRICE_SCALE = PHEMEX_PRICE_SCALE,
    CONTRACT_SIZE_SCALE = 0,
    SPOT_SCALE = 8,
};

static const char quotes[] = "USDT USDC USD BRZ TRY EUR BTC ETH";

/* sBTCUSDT -> BTC-USDT; BTCUSD, BTCUSDT -> -PERP. */
td_err phemex_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    bool spot = raw_bytes > 1 && phemex_is_spot(raw);
    TD_TRY(spelling_split(quotes, raw + spot, raw_bytes - spot, symbol));
    return spot ? 0 : spelling_add(symbol, "-PERP");
}

/* A name without a dash is a contract; thousands of a coin have a small letter: u1000SHIBUSD. */
static td_err phemex_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    bool contract = spelling_perp(symbol, pair) || !strchr(pair, '-');
    TD_TRY(spelling_to('\0', pair, raw));
    size_t bytes = strlen(raw);
    if (!contract) {
        TD_FAIL_IF(bytes + 1 >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
        memmove(raw + 1, raw, bytes + 1);
        *raw = 's';
    }
    if (strncmp(raw, "U100", 4) == 0)
        *raw = 'u';
    return 0;
}

/* ---- scaled integers -> steps ---- */

static unsigned wire_scale(const struct instrument *instrument, bool is_price)
{
    if (phemex_is_spot(instrument->raw))
        return SPOT_SCALE;
    return is_price ? CONTRACT_PRICE_SCALE : CONTRACT_SIZE_SCALE;
}

enum { SCALED_TEXT_MAX = 64 };

/* 3299150000 -> 3299150000e-4 */
static struct td_text scaled_text(struct emit *emit, bool is_price, struct td_text value,
                                  char buffer[SCALED_TEXT_MAX])
{
    struct td_str out = td_str_on(buffer, SCALED_TEXT_MAX);
    td_str_add_bytes(&out, value.at, value.bytes);
    td_str_add_format(&out, "e-%u", wire_scale(emit->instrument, is_price));
    return out.cut ? (struct td_text){NULL, 0} : (struct td_text){buffer, (uint32_t)out.bytes};
}

/* What is no whole number on the instrument's grid, or too large, goes the way of all decimals. */
static td_err scaled_steps(struct emit *emit, bool is_price, int64_t value, int64_t *steps)
{
    int scale = is_price ? emit->instrument->price_scale : emit->instrument->size_scale;
    int finer = scale - (int)wire_scale(emit->instrument, is_price);
    *steps = value;
    if (finer >= 0 && !__builtin_mul_overflow(value, td_pow10(finer), steps))
        return 0;
    if (finer < 0 && value % td_pow10(-finer) == 0) {
        *steps = value / td_pow10(-finer);
        return 0;
    }
    char digits[TD_DECIMAL_TEXT_MAX], buffer[SCALED_TEXT_MAX];
    struct td_text text = {digits, (uint32_t)td_decimal_from_steps(value, 0, digits)};
    text = scaled_text(emit, is_price, text, buffer);
    return is_price ? emit_price(emit, text, steps) : emit_size(emit, text, steps);
}

static td_err scaled_level(struct emit *emit, enum td_side side, int64_t price, int64_t size)
{
    int64_t price_steps, size_steps;
    TD_TRY(scaled_steps(emit, true, price, &price_steps));
    TD_TRY(scaled_steps(emit, false, size, &size_steps));
    emit_steps(emit, side, price_steps, size_steps);
    return 0;
}

static void begin_book(struct emit *emit, bool full, int64_t event_ns, int64_t seq)
{
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, event_ns);
    emit->event->seq_last = seq;
    emit->event->flags |= TD_EVF_HAS_SEQ;
}

/* ---- fixed form: books. What they are of stands behind them, so the end is read first ---- */

enum { TAIL_MAX = 200 };

/* ,"sequence":18,"symbol":"BTCUSD","timestamp":...,"type":"incremental"} to the end: the event begins. The byte where it stands, or NULL. */
static const char *scan_tail(struct emit *emit, const struct scan *scan)
{
    size_t left = (size_t)(scan->end - scan->at), look = left < TAIL_MAX ? left : TAIL_MAX;
    const char *first =
        memmem(scan->end - look, look, ",\"sequence\":", sizeof ",\"sequence\":" - 1);
    struct scan tail = {first ? first : scan->end, scan->end};
    struct td_text symbol, time;
    int64_t seq;
    if (!SCAN(&tail, ",\"sequence\":") || !scan_integer(&tail, &seq) ||
        !SCAN(&tail, ",\"symbol\":") || !scan_string(&tail, &symbol) ||
        !SCAN(&tail, ",\"timestamp\":") || !scan_number_text(&tail, &time) ||
        !SCAN(&tail, ",\"type\":\""))
        return NULL;
    bool full = SCAN(&tail, "snapshot\"}");
    if ((!full && !SCAN(&tail, "incremental\"}")) || tail.at != tail.end ||
        !emit_choose(emit, symbol, phemex_unify))
        return NULL;
    begin_book(emit, full, emit_time_epoch(emit, time), seq);
    return first;
}

static bool scan_levels(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price, size;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "[") || !scan_integer(scan, &price) || !SCAN(scan, ",") ||
            !scan_integer(scan, &size) || !SCAN(scan, "]") ||
            scaled_level(emit, side, price, size) < 0)
            return false;
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

static bool scan_sides(struct emit *emit, struct scan *scan,
                       bool (*levels)(struct emit *, struct scan *, enum td_side))
{
    return SCAN(scan, "{\"asks\":[") && levels(emit, scan, TD_SIDE_ASK) &&
           SCAN(scan, ",\"bids\":[") && levels(emit, scan, TD_SIDE_BID) && SCAN(scan, "}");
}

/* 19 digits, 2001 to 2100. */
static bool scan_ns(struct scan *scan, int64_t *ns)
{
    enum { DIGITS = 19 };
    int64_t billions, rest = 0;
    struct scan head = {scan->at, scan->at + DIGITS - 1};
    if (scan->end - scan->at <= DIGITS || !scan_integer(&head, &billions) || head.at != head.end)
        return false;
    rest = *head.at - '0';
    if (rest < 0 || rest > 9 || billions >= INT64_C(410244480000000000))
        return false;
    *ns = billions * 10 + rest;
    scan->at += DIGITS;
    return true;
}

/* [ns,"Buy",price,size] */
static bool scan_trade(struct emit *emit, struct scan *scan, bool full)
{
    struct td_text side;
    int64_t ns, price, size, price_steps, size_steps;
    if (!SCAN(scan, "[") || !scan_ns(scan, &ns) || !SCAN(scan, ",") || !scan_string(scan, &side) ||
        !SCAN(scan, ",") || !scan_integer(scan, &price) || !SCAN(scan, ",") ||
        !scan_integer(scan, &size) || !SCAN(scan, "]") ||
        scaled_steps(emit, true, price, &price_steps) < 0 ||
        scaled_steps(emit, false, size, &size_steps) < 0)
        return false;
    emit_begin(emit, TD_EVENT_TRADE, ns);
    emit->event->flags |= full ? TD_EVF_LISTED : 0;
    emit->event->trade = (struct td_trade){.price_steps = price_steps,
                                           .size_steps = size_steps,
                                           .trade_id = -1,
                                           .side_raw = side,
                                           .taker = emit_taker(side)};
    return true;
}

/* Whether they are old ones stands behind them. */
static bool scan_trades(struct emit *emit, struct scan *scan)
{
    static const char tail[] = "],\"type\":\"snapshot\"}";
    struct td_text symbol;
    int64_t seq;
    if (!scan_integer(scan, &seq) || !SCAN(scan, ",\"symbol\":") || !scan_string(scan, &symbol) ||
        !SCAN(scan, ",\"trades\":[") || !emit_choose(emit, symbol, phemex_unify))
        return false;
    size_t left = (size_t)(scan->end - scan->at), bytes = sizeof tail - 1;
    bool full = left > bytes && memcmp(scan->end - bytes, tail, bytes) == 0;
    do {
        if (!scan_trade(emit, scan, full))
            return false;
    } while (SCAN(scan, ","));
    return full ? SCAN(scan, "],\"type\":\"snapshot\"}")
                : SCAN(scan, "],\"type\":\"incremental\"}");
}

static bool phemex_scan(struct emit *emit, struct scan *scan)
{
    int64_t depth;
    if (SCAN(scan, "{\"sequence\":"))
        return scan_trades(emit, scan);
    bool whole = SCAN(scan, "{\"book\":");
    bool linear = !whole && SCAN(scan, "{\"depth\":") && scan_integer(scan, &depth) &&
                  SCAN(scan, ",\"orderbook_p\":");
    const char *tail = whole || linear ? scan_tail(emit, scan) : NULL;
    if (!tail || !scan_sides(emit, scan, whole ? scan_levels : emit_scan_levels))
        return false;
    if (whole && !(SCAN(scan, ",\"depth\":") && scan_integer(scan, &depth)))
        return false;
    emit_end(emit);
    bool fits = scan->at == tail;
    scan->at = scan->end;
    return fits;
}

/* ---- parse ---- */

static bool read_integer(const struct json *json, int token, int64_t *value)
{
    struct td_text text = json_text(json, token);
    return text.at && !json_is_string(json, token) &&
           td_integer_parse(text.at, text.bytes, value) == 0 && *value >= 0;
}

static td_err read_levels(struct emit *emit, int list, enum td_side side)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    for (int level = json_first(json, list); level >= 0; level = json_next(json, level)) {
        int64_t price, size;
        int first = json_is_array(json, level) ? json_first(json, level) : -1;
        TD_FAIL_IF(!read_integer(json, first, &price) ||
                       !read_integer(json, json_next(json, first), &size),
                   TD_E_VENUE_JSON);
        TD_TRY(scaled_level(emit, side, price, size));
    }
    return 0;
}

static int read_book(struct emit *emit, int data, bool full, bool linear)
{
    const struct json *json = emit->ctx->json;
    td_err (*levels)(struct emit *, int, enum td_side) = linear ? emit_read_levels : read_levels;
    int64_t seq;
    if (!json_integer(json, 0, "sequence", &seq))
        return TD_BUCKET_MALFORMED;
    begin_book(emit, full, emit_time_epoch(emit, json_plain(json, 0, "timestamp")), seq);
    if (levels(emit, json_member(json, data, "asks"), TD_SIDE_ASK) < 0 ||
        levels(emit, json_member(json, data, "bids"), TD_SIDE_BID) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static td_err read_trade(struct emit *emit, int item, bool full, bool linear)
{
    const struct json *json = emit->ctx->json;
    char price_text[SCALED_TEXT_MAX], size_text[SCALED_TEXT_MAX];
    int64_t unused;
    TD_FAIL_IF(!json_is_array(json, item) || json_size(json, item) < 4, TD_E_VENUE_JSON);
    int time = json_first(json, item), side = json_next(json, time), price = json_next(json, side),
        size = json_next(json, price);
    struct emit_trade trade = {
        .price = json_text(json, price),
        .size = json_text(json, size),
        .side_raw = json_text(json, side),
        .event_ns = emit_time_epoch(emit, json_text(json, time)),
        .flags = full ? TD_EVF_LISTED : 0,
    };
    trade.taker = emit_taker(trade.side_raw);
    if (!linear) {
        TD_FAIL_IF(!read_integer(json, price, &unused) || !read_integer(json, size, &unused),
                   TD_E_VENUE_JSON);
        trade.price = scaled_text(emit, true, trade.price, price_text);
        trade.size = scaled_text(emit, false, trade.size, size_text);
    }
    return emit_trade(emit, &trade);
}

static int read_trades(struct emit *emit, int list, bool full, bool linear)
{
    const struct json *json = emit->ctx->json;
    if (!json_is_array(json, list))
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item))
        if (read_trade(emit, item, full, linear) < 0)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

/* ---- classify ---- */

static const struct {
    const char *key;
    int (*read)(struct emit *, int data, bool full, bool linear);
    bool linear;
} messages[] = {
    {"book", read_book, false},
    {"trades", read_trades, false},
    {"orderbook_p", read_book, true},
    {"trades_p", read_trades, true},
};

static const char *const others[] = {"kline", "kline_p", "tick", "tick_p", "spot_market24h"};

/* The answer to a request has its number alone. */
static int read_answer(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int error = json_member(json, 0, "error");
    int64_t code, id;
    if (!json_is_object(json, error) || !json_integer(json, error, "code", &code) ||
        code != ERROR_ARGUMENT || !json_integer(json, 0, "id", &id) || !emit_choose_id(emit, id))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

static int phemex_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text symbol = json_plain(json, 0, "symbol");
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        int data = json_member(json, 0, messages[i].key), type = json_member(json, 0, "type");
        if (data < 0)
            continue;
        bool full = json_equals(json, type, "snapshot");
        if (!symbol.at || (!full && !json_equals(json, type, "incremental")))
            return TD_BUCKET_MALFORMED;
        if (!emit_choose(emit, symbol, phemex_unify))
            return TD_BUCKET_IGNORED;
        return messages[i].read(emit, data, full, messages[i].linear);
    }
    if (json_member(json, 0, "market24h") >= 0)
        return phemex_read_inverse(emit);
    if (json_equals(json, json_member(json, 0, "method"), PHEMEX_PACK))
        return phemex_read_pack(emit);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (json_member(json, 0, others[i]) >= 0)
            return TD_BUCKET_IGNORED;
    bool answer = json_member(json, 0, "id") >= 0 && json_member(json, 0, "result") >= 0;
    return answer ? read_answer(emit) : TD_BUCKET_MALFORMED;
}

static int phemex_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, phemex_scan, phemex_read);
}

/* ---- symbol list: spot and inverse contracts, linear contracts in a list of their own. Steps as "0.001 USDT" of spot ---- */

static struct td_text first_word(struct td_text text)
{
    const char *space = text.at ? memchr(text.at, ' ', text.bytes) : NULL;
    return space ? (struct td_text){text.at, (uint32_t)(space - text.at)} : text;
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    listing->raw = json_plain(json, 0, "symbol");
    listing->quote = json_plain(json, 0, "quoteCurrency");
    listing->status = json_plain(json, 0, "status");
    listing->base = json_plain(json, 0, "baseCurrency");
    if (listing->raw.at && *listing->raw.at == 's') {
        listing->price_step = first_word(json_plain(json, 0, "quoteTickSize"));
        listing->size_step = first_word(json_plain(json, 0, "baseTickSize"));
        return true;
    }
    listing->kind = INSTRUMENT_PERP;
    listing->price_step = json_plain(json, 0, "tickSize");
    listing->size_step = json_plain(json, 0, "qtyStepSize");
    if (!listing->size_step.at) {
        listing->size_step = json_plain(json, 0, "lotSize");
        listing->contract_size = json_plain(json, 0, "contractSize");
        listing->contract_currency = json_plain(json, 0, "contractUnderlyingAssets");
    }
    return listing->raw.at;
}

static int phemex_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                             const struct td_frame *frame)
{
    (void)frame;
    if (!memmem(url.at, url.bytes, "/products", strlen("/products")))
        return TD_BUCKET_IGNORED;
    int result = listing_parse(ctx, body, "data.products", list_entry);
    if (result == TD_BUCKET_OK && memmem(body.at, body.bytes, "\"perpProductsV2\"", 16))
        result = listing_parse(ctx, body, "data.perpProductsV2", list_entry);
    return result;
}

/* ---- subscribe and resync. The venue has no text that leaves one symbol ---- */

static size_t put_text(const struct instrument *instrument, enum td_channel channel, char *buffer,
                       size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add_format(&out, "{\"id\":%u,\"method\":\"%s%s.subscribe\",\"params\":[\"%s\"]}",
                      subscription_id(instrument),
                      channel == TD_CHANNEL_BOOK ? "orderbook" : "trade",
                      phemex_is_linear(instrument->raw) ? "_p" : "", instrument->raw);
    return subscription_text(&out, 1);
}

static size_t phemex_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                               size_t cap)
{
    struct venue_subscription some = *sub;
    enum td_channel channel;
    if (sub->channels & 1u << TD_CHANNEL_TICKER) {
        size_t bytes = phemex_ticker_text(sub, &n, buffer, cap);
        if (bytes > 0)
            return bytes;
    }
    some.channels &= 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TRADES;
    const struct instrument *instrument = subscription_single(&some, n, &channel);
    return instrument ? put_text(instrument, channel, buffer, cap) : 0;
}

/* A snapshot comes for each subscription [U]. */
static size_t phemex_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                 size_t cap)
{
    return n > 0 ? 0 : put_text(instrument, TD_CHANNEL_BOOK, buffer, cap);
}

static size_t phemex_list_url(const char *rest_url, const struct venue_subscription *sub,
                              unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/public/products", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_phemex = {
    .name = "phemex",
    .title = "Phemex",
    .ws_url = "wss://ws.phemex.com",
    .rest_url = "https://api.phemex.com",
    .rule = SYNC_NONE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .ping_text = "{\"id\":0,\"method\":\"server.ping\",\"params\":[]}",
    .ping_interval_ms = PING_INTERVAL_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = phemex_spell,
    .unify = phemex_unify,
    .subscribe = phemex_subscribe,
    .resubscribe = phemex_resubscribe,
    .list_url = phemex_list_url,
    .parse = phemex_parse,
    .parse_http = phemex_parse_http,
};
