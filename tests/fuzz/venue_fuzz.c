/* The venues' decoders on any bytes. The first byte picks the venue (low bits, in the order of venue_list.h) and whether the rest
   is a WebSocket frame or an HTTP answer (high bit), a text or a binary one (next bit). The fixed-form scan and jsmn must agree on the bucket and on every event. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "venue/inflate.h"
#include "venue/venue.h"

enum { INSTRUMENTS = 32, TOKENS = 20000, HTTP_BIT = 0x80, BINARY_BIT = 0x40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct td_event events[TD_BATCH_EVENTS_MAX];
static struct td_level levels[TD_BATCH_LEVELS_MAX];

struct outcome {
    int result;
    uint64_t hash;
};

static uint64_t hash_text(uint64_t hash, struct td_text text)
{
    return text.at ? td_hash64(text.at, text.bytes, hash) : td_hash_u64(hash);
}

static uint64_t hash_event(uint64_t hash, const struct td_event *event)
{
    const int64_t fields[] = {event->kind,        event->flags,          event->instrument,
                              event->event_ns,    event->seq_first,      event->seq_last,
                              event->checksum,    event->price_decimals, event->size_decimals,
                              event->level_count, event->last_trade_id};
    hash = td_hash64(fields, sizeof fields, hash);
    if (event->kind == TD_EVENT_TRADE) {
        const struct td_trade *trade = &event->trade;
        const int64_t values[] = {trade->price_steps, trade->size_steps, trade->trade_id,
                                  trade->taker};
        hash = hash_text(hash_text(td_hash64(values, sizeof values, hash), trade->uid),
                         trade->side_raw);
    }
    if (event->kind == TD_EVENT_TICKER)
        hash = td_hash64(event->ticker.value, sizeof event->ticker.value,
                         hash ^ event->ticker.present);
    return hash;
}

static void take(struct venue_sink *sink)
{
    uint64_t *hash = sink->flush_arg;
    for (uint32_t i = 0; i < sink->event_count; i++)
        *hash = hash_event(*hash, &sink->event[i]);
    for (uint32_t i = 0; i < sink->level_count; i++) {
        const int64_t level[] = {sink->level[i].price_steps, sink->level[i].size_steps,
                                 sink->level[i].side};
        *hash = td_hash64(level, sizeof level, *hash);
    }
}

static void add_known(struct instruments *table)
{
    static const char *const known[] = {
        "BTC-USD", "BTCUSDT",      "BTC/USD",     "BTC-USDT",      "BTC_USDT",  "btcusdt",
        "KRW-BTC", "FX_BTC_JPY",   "BTCUSD",      "btcusd",        "sBTCUSDT",  "BTC",
        "BTC-EUR", "BTC-USD-SWAP", "BTCUSD_PERP", "BTC-PERPETUAL", "PF_XBTUSD", "COMPUSDT"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct instrument *added =
            instruments_at(table, (unsigned)instruments_add(table, 0, known[i], known[i]));
        added->price_scale = 2;
        added->size_scale = 8;
    }
}

static struct outcome run(const struct venue *venue, const struct td_frame *frame, bool jsmn_only)
{
    static void *table, *json, *inflate;
    static unsigned char state[VENUE_STATE_BYTES];
    if (!table) {
        table = malloc(instruments_footprint(INSTRUMENTS));
        json = malloc(json_footprint(TOKENS));
        inflate = malloc(inflate_footprint(TD_INFLATED_MAX));
    }
    struct outcome outcome = {0, 0};
    struct venue_sink sink = {
        .event = events, .level = levels, .flush = take, .flush_arg = &outcome.hash};
    struct venue_ctx ctx = {.instruments = instruments_init(table, INSTRUMENTS),
                            .json = json_init(json, TOKENS),
                            .inflate = inflate_init(inflate, TD_INFLATED_MAX),
                            .sink = &sink,
                            .state = state,
                            .jsmn_only = jsmn_only};
    add_known(ctx.instruments);
    outcome.result = venue_parse(venue, &ctx, frame);
    take(&sink);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 1 || bytes > 1 << 20)
        return 0;
    unsigned venues = 0;
    while (venue_at(venues))
        venues++;
    TD_ASSERT(venues > 0, "no venue is listed");
    struct td_frame frame = {.recv_ns = INT64_C(1767323045000000000),
                             .payload = (const char *)data + 1,
                             .bytes = (uint32_t)(bytes - 1),
                             .status = 200,
                             .kind = data[0] & HTTP_BIT     ? TD_FRAME_HTTP
                                     : data[0] & BINARY_BIT ? TD_FRAME_WS_BINARY
                                                            : TD_FRAME_WS_TEXT};
    const struct venue *venue = venue_at((data[0] & ~(HTTP_BIT | BINARY_BIT)) % venues);
    struct outcome scanned = run(venue, &frame, false), read = run(venue, &frame, true);
    /* A document too long for the arena is refused by jsmn alone; how long one is that was packed does not show. */
    if (bytes > TOKENS || (venue->compression && frame.kind == TD_FRAME_WS_BINARY))
        return 0;
    TD_ASSERT(scanned.result == read.result, "scan and jsmn see different buckets");
    TD_ASSERT(scanned.hash == read.hash, "scan and jsmn see different events");
    return 0;
}
