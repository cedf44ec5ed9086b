/* Bitfinex v2. Data are arrays that begin with a channel's number, given when it was opened; with SEQ_ALL each ends in its
   number on the connection:

   subscribed  {"event":"subscribed","channel":"book","chanId":7,"symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"250",...}
   book        [7,[[101.4,1,2.5],[101.5,3,-0.2],...],18]   all levels, none in an empty book
               [7,[101.4,0,1],19]                          one of them
                 price, orders, amount: bids above zero, asks below; no orders: the level is gone, the amount names the side
   checksum    [7,"cs",-1234,20]
                 CRC32, signed, of the best 25 levels a side
   trades      [8,[[70,1767323045678,0.04,101.5],...],21]  30 old ones, newest first
               [8,"te",[71,1767323045678,-0.04,101.4],22]  id, ms, amount, price; the taker bought above zero, sold below
               [8,"tu",[...],23]                           the same trade, settled
   ticker      [9,[bid,bid size,ask,ask size,change,relative change,last,base volume,high,low],24]
   heartbeat   [7,"hb",25]                                 of each channel that was silent for 15 s, even before
                                                           its subscribed message [C]
   error       {"event":"error","channel":"book","symbol":"tNONE","pair":"NONE","msg":"symbol: invalid","code":10300}

   Sequence (CONN+1): the last element rises by one over everything that is no event object, heartbeats included [C 1,669 +
   22,648 links, no miss]. A miss costs every book of the connection. */
#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "venue/bitfinex_names.h"
#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/subscription.h"

/* ---- constants ---- */

/* Flags of the configuration message. Checksums are compared when they come; add 131072 to be sent them [D, not recorded]. */
#define BITFINEX_FLAGS "65536"

enum {
    CHANNELS_MAX = 25, /* of a connection [D] */
    CHANNELS_KEPT = 30,
    NAME_MAX = 26,
    HEARTBEAT_MS = 15000,
    SUBSCRIBE_GAP_MS = 50,
    ERROR_REFUSED =
        10300, /* the name is none of theirs; other codes tell of limits and of asking twice [D] */
};

/* What each number of a channel stands for; the name, not the instrument, because that one may be moved in its table. */
struct channel {
    uint32_t id;  /* 0: free */
    uint8_t kind; /* enum td_channel */
    uint8_t name_bytes;
    char name[NAME_MAX];
};
struct state {
    struct channel channel[CHANNELS_KEPT];
};
_Static_assert(sizeof(struct state) <= VENUE_STATE_BYTES, "the channels of a connection");

/* ---- channels ---- */

static struct channel *channel_of(struct venue_ctx *ctx, int64_t id)
{
    struct state *state = ctx->state;
    for (unsigned i = 0; i < CHANNELS_KEPT; i++)
        if (state->channel[i].id == id)
            return &state->channel[i];
    return NULL;
}

static bool choose(struct emit *emit, const struct channel *channel)
{
    struct td_text name = {channel->name, channel->name_bytes};
    return emit_choose(emit, name, bitfinex_unify);
}

/* ---- fixed form: one level ---- */

/* The amount of a level that is gone names its side alone: it is no size to fit a scale to. */
static bool scan_level(struct emit *emit, struct scan *scan)
{
    int64_t price_steps, size_steps = 0, orders;
    unsigned decimals;
    enum td_side side = TD_SIDE_BID;
    if (!emit_scan_steps(emit, scan, true, &price_steps, &decimals) || !SCAN(scan, ",") ||
        !scan_integer(scan, &orders) || !SCAN(scan, ","))
        return false;
    if (orders == 0) {
        if (SCAN(scan, "-1]"))
            side = TD_SIDE_ASK;
        else if (!SCAN(scan, "1]"))
            return false;
    } else {
        side = SCAN(scan, "-") ? TD_SIDE_ASK : TD_SIDE_BID;
        if (!emit_scan_steps(emit, scan, false, &size_steps, &decimals) || !SCAN(scan, "]"))
            return false;
    }
    emit_steps(emit, side, price_steps, size_steps);
    return true;
}

static bool scan_levels(struct emit *emit, struct scan *scan)
{
    do {
        if (!SCAN(scan, "[") || !scan_level(emit, scan))
            return false;
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

/* [id,ms,amount,price] */
static bool scan_trade(struct emit *emit, struct scan *scan, uint16_t flags)
{
    struct emit_trade trade = {.flags = flags};
    if (!SCAN(scan, "[") || !scan_integer_text(scan, &trade.id) || !SCAN(scan, ",") ||
        !scan_epoch_ms(scan, &trade.event_ns) || !SCAN(scan, ","))
        return false;
    trade.taker = SCAN(scan, "-") ? TD_TAKER_SELL : TD_TAKER_BUY;
    return scan_number_text(scan, &trade.size) && SCAN(scan, ",") &&
           scan_number_text(scan, &trade.price) && SCAN(scan, "]") && emit_trade(emit, &trade) == 0;
}

static bool scan_old_trades(struct emit *emit, struct scan *scan)
{
    if (!SCAN(scan, "["))
        return false;
    do {
        if (!scan_trade(emit, scan, TD_EVF_LISTED))
            return false;
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

/* The numbers of a single level stand too near to the frame's end to be read in words: it moves to where there is room behind it. */
static bool scan_change(struct emit *emit, struct scan *scan)
{
    enum { SHORT_BYTES = 96 };
    char room[SHORT_BYTES + SCAN_FIXED_REACH] = {0};
    size_t bytes = (size_t)(scan->end - scan->at);
    if (bytes > SHORT_BYTES)
        return scan_level(emit, scan);
    memcpy(room, scan->at, bytes);
    struct scan roomy = {room, room + sizeof room};
    bool fits = scan_level(emit, &roomy) && roomy.at <= room + bytes;
    scan->at += fits ? roomy.at - room : 0;
    return fits;
}

static bool scan_book(struct emit *emit, struct scan *scan)
{
    bool full = SCAN(scan, "[[");
    scan->at -= full;
    if (!full && !SCAN(scan, "["))
        return false;
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, EMIT_NO_TIME);
    if (!(full ? scan_levels(emit, scan) : scan_change(emit, scan)))
        return false;
    emit_end(emit);
    return true;
}

static bool bitfinex_scan(struct emit *emit, struct scan *scan)
{
    int64_t id, seq;
    if (!SCAN(scan, "[") || !scan_integer(scan, &id) || !SCAN(scan, ",") || id == 0)
        return false;
    const struct channel *channel = channel_of(emit->ctx, id);
    if (!channel || !choose(emit, channel))
        return false;
    bool fits = channel->kind == TD_CHANNEL_BOOK     ? scan_book(emit, scan)
                : channel->kind == TD_CHANNEL_TICKER ? false
                : SCAN(scan, "\"te\",")              ? scan_trade(emit, scan, 0)
                                                     : scan_old_trades(emit, scan);
    if (!fits || !SCAN(scan, ",") || !scan_integer(scan, &seq) || !SCAN(scan, "]"))
        return false;
    emit_conn_seq(emit, seq);
    return true;
}

/* ---- parse ---- */

static struct td_text without_sign(struct td_text number, bool *negative)
{
    *negative = number.bytes > 1 && *number.at == '-';
    return *negative ? (struct td_text){number.at + 1, number.bytes - 1} : number;
}

static td_err read_level(struct emit *emit, int level)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, level) || json_size(json, level) < 3, TD_E_VENUE_JSON);
    int price = json_first(json, level), orders = json_next(json, price);
    bool ask;
    struct td_text size = without_sign(json_text(json, json_next(json, orders)), &ask);
    if (json_equals(json, orders, "0")) {
        TD_FAIL_IF(size.bytes != 1 || *size.at != '1', TD_E_SYNTAX);
        size = (struct td_text){"0", 1};
    }
    return emit_level(emit, ask ? TD_SIDE_ASK : TD_SIDE_BID, json_text(json, price), size);
}

static int read_book(struct emit *emit, int data, int64_t event_ns)
{
    const struct json *json = emit->ctx->json;
    int first = json_first(json, data);
    bool full = first < 0 || json_is_array(json, first);
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, event_ns);
    if (!full && read_level(emit, data) < 0)
        return TD_BUCKET_MALFORMED;
    for (int level = full ? first : -1; level >= 0; level = json_next(json, level))
        if (read_level(emit, level) < 0)
            return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_checksum(struct emit *emit, struct td_text text, int64_t event_ns)
{
    int64_t sum;
    if (!text.at || td_integer_parse(text.at, text.bytes, &sum) < 0 || sum < INT32_MIN ||
        sum > UINT32_MAX)
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_DELTA, event_ns);
    emit->event->flags |= TD_EVF_HAS_CHECKSUM;
    emit->event->checksum = (uint32_t)sum;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trade(struct emit *emit, int item, uint16_t flags)
{
    const struct json *json = emit->ctx->json;
    if (!json_is_array(json, item) || json_size(json, item) < 4)
        return TD_BUCKET_MALFORMED;
    int id = json_first(json, item), time = json_next(json, id), size = json_next(json, time);
    bool sold;
    struct emit_trade trade = {
        .id = json_text(json, id),
        .event_ns = emit_time_epoch(emit, json_text(json, time)),
        .size = without_sign(json_text(json, size), &sold),
        .price = json_text(json, json_next(json, size)),
        .flags = flags,
    };
    trade.taker = sold ? TD_TAKER_SELL : TD_TAKER_BUY;
    return emit_trade(emit, &trade) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static int read_old_trades(struct emit *emit, int list)
{
    const struct json *json = emit->ctx->json;
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item))
        if (read_trade(emit, item, TD_EVF_LISTED) != TD_BUCKET_OK)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

/* The relative change is a share, not a percentage, and is left out; nobody's fields stand here as TD_TICKER_FIELDS. */
static int read_ticker(struct emit *emit, int data, int64_t event_ns)
{
    static const uint8_t fields[] = {TD_TICKER_BID,      TD_TICKER_BID_SIZE,    TD_TICKER_ASK,
                                     TD_TICKER_ASK_SIZE, TD_TICKER_CHANGE,      TD_TICKER_FIELDS,
                                     TD_TICKER_LAST,     TD_TICKER_BASE_VOLUME, TD_TICKER_HIGH,
                                     TD_TICKER_LOW};
    const struct json *json = emit->ctx->json;
    if (json_size(json, data) < sizeof fields)
        return TD_BUCKET_MALFORMED;
    emit_begin(emit, TD_EVENT_TICKER, event_ns);
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
    int value = json_first(json, data);
    for (size_t i = 0; i < sizeof fields; i++, value = json_next(json, value))
        if (fields[i] != TD_TICKER_FIELDS &&
            emit_ticker_value(emit, (enum td_ticker_field)fields[i], json_text(json, value)) < 0)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

/* [chan,[...],seq] */
static int read_data(struct emit *emit, const struct channel *channel, int data, int64_t event_ns)
{
    if (!choose(emit, channel))
        return TD_BUCKET_IGNORED;
    if (channel->kind == TD_CHANNEL_BOOK)
        return read_book(emit, data, event_ns);
    return channel->kind == TD_CHANNEL_TRADES ? read_old_trades(emit, data)
                                              : read_ticker(emit, data, event_ns);
}

/* [chan,"word",...,seq] */
static int read_word(struct emit *emit, const struct channel *channel, int word, int64_t event_ns)
{
    const struct json *json = emit->ctx->json;
    if (json_equals(json, word, "tu"))
        return TD_BUCKET_IGNORED;
    bool sum = json_equals(json, word, "cs") && channel->kind == TD_CHANNEL_BOOK;
    bool trade = json_equals(json, word, "te") && channel->kind == TD_CHANNEL_TRADES;
    if (!sum && !trade)
        return TD_BUCKET_MALFORMED;
    if (!choose(emit, channel))
        return TD_BUCKET_IGNORED;
    int data = json_next(json, word);
    return sum ? read_checksum(emit, json_text(json, data), event_ns) : read_trade(emit, data, 0);
}

/* ---- classify ---- */

static int read_array(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int id = json_first(json, 0), data = json_next(json, id);
    bool word = json_is_string(json, data), idle = word && json_equals(json, data, "hb");
    int seq = json_next(json, word && !idle ? json_next(json, data) : data);
    struct td_text id_text = json_text(json, id), seq_text = json_text(json, seq);
    int64_t number;
    if (seq_text.at && td_integer_parse(seq_text.at, seq_text.bytes, &number) == 0)
        emit_conn_seq(emit, number);
    if (!id_text.at || td_integer_parse(id_text.at, id_text.bytes, &number) < 0 || number == 0)
        return TD_BUCKET_MALFORMED;
    if (idle)
        return TD_BUCKET_IGNORED;
    const struct channel *channel = channel_of(emit->ctx, number);
    /* Behind the number stands the time where the flag 32768 asks for it. */
    int64_t event_ns = emit_time_epoch(emit, json_text(json, json_next(json, seq)));
    if (!channel || (!word && !json_is_array(json, data)))
        return TD_BUCKET_MALFORMED;
    return word ? read_word(emit, channel, data, event_ns)
                : read_data(emit, channel, data, event_ns);
}

static int read_subscribed(struct emit *emit)
{
    static const char *const kinds[] = {"book", "trades", "ticker"};
    const struct json *json = emit->ctx->json;
    struct td_text name = json_plain(json, 0, "symbol");
    int64_t id;
    unsigned kind = 0;
    while (kind < TD_CHANNEL_ALL &&
           !json_equals(json, json_member(json, 0, "channel"), kinds[kind]))
        kind++;
    if (kind == TD_CHANNEL_ALL || !json_integer(json, 0, "chanId", &id) || id == 0 ||
        id > UINT32_MAX || !name.at || name.bytes >= NAME_MAX)
        return TD_BUCKET_MALFORMED;
    struct channel *channel = channel_of(emit->ctx, id);
    if (!channel)
        channel = channel_of(emit->ctx, 0);
    if (!channel)
        return TD_BUCKET_MALFORMED;
    *channel = (struct channel){
        .id = (uint32_t)id, .kind = (uint8_t)kind, .name_bytes = (uint8_t)name.bytes};
    memcpy(channel->name, name.at, name.bytes);
    return TD_BUCKET_IGNORED;
}

static int read_error(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct td_text name = json_plain(json, 0, "symbol");
    int64_t code;
    if (!json_integer(json, 0, "code", &code) || code != ERROR_REFUSED || !name.at ||
        !emit_choose(emit, name, bitfinex_unify))
        return TD_BUCKET_IGNORED;
    emit_refused(emit);
    return TD_BUCKET_OK;
}

/* Both want all channels subscribed to anew; during maintenance itself (20060) nothing helps. */
static int read_info(struct emit *emit)
{
    enum { RECONNECT_PLEASE = 20051, MAINTENANCE_ENDED = 20061 };
    int64_t code;
    if (json_integer(emit->ctx->json, 0, "code", &code) &&
        (code == RECONNECT_PLEASE || code == MAINTENANCE_ENDED))
        return emit_leaving(emit);
    return TD_BUCKET_IGNORED;
}

static int bitfinex_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    if (json_is_array(json, 0))
        return read_array(emit);
    int event = json_member(json, 0, "event");
    if (json_equals(json, event, "subscribed"))
        return read_subscribed(emit);
    if (json_equals(json, event, "error"))
        return read_error(emit);
    if (json_equals(json, event, "info"))
        return read_info(emit);
    bool known = json_equals(json, event, "conf") || json_equals(json, event, "unsubscribed");
    return known ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED;
}

static int bitfinex_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, bitfinex_scan, bitfinex_read);
}

/* ---- symbol list: [["BTCUSD","AVAX:USD",...]] without the t, without steps (prices have five digits wherever the point is) ---- */

static void list_pair(struct venue_ctx *ctx, struct td_text pair)
{
    char raw[TD_SYMBOL_MAX] = "t";
    if (pair.bytes == 0 || pair.bytes + 1 >= TD_SYMBOL_MAX || !ctx->listing)
        return;
    memcpy(raw + 1, pair.at, pair.bytes);
    bool perpetual = pair.bytes > 2 && memcmp(raw + pair.bytes - 1, "F0", 2) == 0;
    struct venue_listing listing = {.raw = {raw, pair.bytes + 1},
                                    .kind = perpetual ? INSTRUMENT_PERP : INSTRUMENT_SPOT};
    ctx->listing(ctx, &listing);
}

static bool list_entry(struct venue_ctx *ctx, struct venue_listing *listing)
{
    const struct json *json = ctx->json;
    (void)listing;
    for (int pair = json_first(json, 0); pair >= 0; pair = json_next(json, pair))
        if (json_is_string(json, pair))
            list_pair(ctx, json_text(json, pair));
    return false;
}

static int bitfinex_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                               const struct td_frame *frame)
{
    static const char path[] = "/conf/pub:list:pair:";
    (void)frame;
    if (!memmem(url.at, url.bytes, path, sizeof path - 1))
        return TD_BUCKET_IGNORED;
    return listing_parse(ctx, body, "", list_entry);
}

/* ---- subscribe: the configuration, then one channel a message. Leaving a channel needs its number, so the texts know no way back ---- */

static size_t bitfinex_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    static const char *const channels[] = {
        "\"book\",\"prec\":\"P0\",\"freq\":\"F0\",\"len\":\"250\"", "\"trades\"", "\"ticker\""};
    struct td_str out = td_str_on(buffer, cap);
    enum td_channel channel;
    const struct instrument *instrument = subscription_single(sub, n > 0 ? n - 1 : 0, &channel);
    if (!instrument)
        return 0;
    if (n == 0)
        td_str_add(&out, "{\"event\":\"conf\",\"flags\":" BITFINEX_FLAGS "}");
    else
        td_str_add_format(&out, "{\"event\":\"subscribe\",\"channel\":%s,\"symbol\":\"%s\"}",
                          channels[channel], instrument->raw);
    return subscription_text(&out, 1);
}

static size_t bitfinex_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                   size_t cap)
{
    (void)instrument, (void)n, (void)buffer, (void)cap;
    return 0;
}

static size_t bitfinex_list_url(const char *rest_url, const struct venue_subscription *sub,
                                unsigned n, char *buffer, size_t cap)
{
    static const char *const paths[] = {"/v2/conf/pub:list:pair:exchange",
                                        "/v2/conf/pub:list:pair:futures"};
    (void)sub;
    return n >= 2 ? 0 : subscription_url(rest_url, paths[n], buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_bitfinex = {
    .name = "bitfinex",
    .title = "Bitfinex",
    .ws_url = "wss://api-pub.bitfinex.com/ws/2",
    .rest_url = "https://api-pub.bitfinex.com",
    .conn_channels_max = CHANNELS_MAX,
    .rule = SYNC_CONN1,
    .checksum = VENUE_CHECKSUM_BITFINEX,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .heartbeat_ms = HEARTBEAT_MS,
    .subscribe_gap_ms = SUBSCRIBE_GAP_MS,
    .spell = bitfinex_spell,
    .unify = bitfinex_unify,
    .subscribe = bitfinex_subscribe,
    .resubscribe = bitfinex_resubscribe,
    .list_url = bitfinex_list_url,
    .parse = bitfinex_parse,
    .parse_http = bitfinex_parse_http,
};
