/* trades  GET /0/public/Trades?pair=XBTUSD&count=1000 [D]
           {"error":[],"result":{"XXBTZUSD":[["45283.50000","0.10000000",1696613755.440295,"b","m","",7],...],"last":"..."}}
             price, size, seconds, b = buy or s = sell (the taker's), market or limit, nothing, trade_id as on the socket [D];
             oldest first. The newest 1000 alone can be had by id: with `since` the venue wants a time. */
#include "venue/kraken_trades.h"

#include <string.h>

#include "base/text.h"
#include "venue/emit.h"

#define PATH "/0/public/Trades?pair="
enum { COUNT = 1000 };

const struct kraken_asset kraken_renamed[KRAKEN_RENAMED] = {{"XBT", "BTC"}, {"XDG", "DOGE"}};

/* ---- whose it is ---- */

static void put_asset(struct td_str *out, const char *asset, size_t bytes)
{
    for (size_t i = 0; i < KRAKEN_RENAMED; i++)
        if (strlen(kraken_renamed[i].now) == bytes &&
            memcmp(kraken_renamed[i].now, asset, bytes) == 0) {
            td_str_add(out, kraken_renamed[i].old);
            return;
        }
    td_str_add_bytes(out, asset, bytes);
}

/* BTC/USD -> XBTUSD */
static void put_pair(struct td_str *out, const char *raw)
{
    size_t base = strcspn(raw, "/");
    put_asset(out, raw, base);
    if (raw[base] == '/')
        put_asset(out, raw + base + 1, strlen(raw + base + 1));
}

static bool names(struct td_text pair, const struct instrument *instrument)
{
    char text[2 * TD_SYMBOL_MAX];
    struct td_str out = td_str_on(text, sizeof text);
    put_pair(&out, instrument->raw);
    return !out.cut && out.bytes == pair.bytes && memcmp(text, pair.at, pair.bytes) == 0;
}

static struct td_text pair_of(struct td_text url)
{
    const char *at = memmem(url.at, url.bytes, PATH, strlen(PATH));
    if (at == NULL)
        return (struct td_text){NULL, 0};
    at += strlen(PATH);
    size_t left = (size_t)(url.at + url.bytes - at);
    const char *stop = memchr(at, '&', left);
    return (struct td_text){at, (uint32_t)(stop ? (size_t)(stop - at) : left)};
}

/* The page itself says "XXBTZUSD" in one case and "SOLUSD" in the other: the request is clearer. */
static bool choose(struct emit *emit)
{
    const struct td_frame *frame = emit->frame;
    const char *tab = memchr(frame->payload, '\t', frame->bytes);
    if (tab == NULL)
        return false;
    struct td_text pair =
        pair_of((struct td_text){frame->payload, (uint32_t)(tab - frame->payload)});
    for (unsigned i = 0; pair.at && i < instruments_count(emit->ctx->instruments); i++) {
        const struct instrument *instrument = instruments_peek(emit->ctx->instruments, i);
        if (instrument->source != emit->ctx->source || !names(pair, instrument))
            continue;
        emit->index = (int)i;
        emit->instrument = instrument;
        return true;
    }
    return false;
}

/* ---- parse ---- */

enum { PRICE, SIZE, TIME, SIDE, ORDER, MISC, ID, FIELDS };

static td_err read_one(struct emit *emit, int item)
{
    const struct json *json = emit->ctx->json;
    struct td_text field[FIELDS];
    TD_FAIL_IF(!json_is_array(json, item) || json_size(json, item) < FIELDS, TD_E_VENUE_JSON);
    int at = json_first(json, item);
    for (unsigned i = 0; i < FIELDS; i++, at = json_next(json, at))
        field[i] = json_text(json, at);
    struct emit_trade trade = {.price = field[PRICE],
                               .size = field[SIZE],
                               .id = field[ID],
                               .side_raw = field[SIDE],
                               .event_ns = emit_time_epoch(emit, field[TIME]),
                               .flags = TD_EVF_BACKFILL};
    if (trade.side_raw.bytes == 1)
        trade.taker = trade.side_raw.at[0] == 'b'   ? TD_TAKER_BUY
                      : trade.side_raw.at[0] == 's' ? TD_TAKER_SELL
                                                    : TD_TAKER_UNKNOWN;
    return emit_trade(emit, &trade);
}

static int read_trades(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int result = json_member(json, 0, "result"), error = json_member(json, 0, "error");
    if (!choose(emit) || (json_is_array(json, error) && json_size(json, error) > 0))
        return TD_BUCKET_IGNORED;
    if (!json_is_object(json, result))
        return TD_BUCKET_MALFORMED;
    int list = -1; /* beside it stands "last" */
    for (int name = json_first(json, result); name >= 0; name = json_next(json, name))
        list = json_is_array(json, name + 1) ? name + 1 : list;
    if (list < 0)
        return TD_BUCKET_MALFORMED;
    for (int item = json_first(json, list); item >= 0; item = json_next(json, item))
        if (read_one(emit, item) < 0)
            return TD_BUCKET_MALFORMED;
    return TD_BUCKET_OK;
}

static bool scan_nothing(struct emit *emit, struct scan *scan)
{
    (void)emit;
    (void)scan;
    return false;
}

bool kraken_is_trades(struct td_text url)
{
    return pair_of(url).at != NULL;
}

int kraken_parse_trades(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                        const struct td_frame *frame)
{
    (void)url;
    return emit_parse(ctx, frame, body, scan_nothing, read_trades);
}

/* ---- the request ---- */

size_t kraken_trades_url(const char *rest_url, const struct instrument *instrument,
                         int64_t first_id, int64_t last_id, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    (void)first_id, (void)last_id;
    td_str_add(&out, rest_url);
    td_str_add(&out, PATH);
    put_pair(&out, instrument->raw);
    td_str_add_format(&out, "&count=%d", COUNT);
    return out.cut ? 0 : out.bytes;
}
