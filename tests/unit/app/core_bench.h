/* A core of one venue on hand-made frames; what it asks for is kept. */
#ifndef TD_TEST_APP_CORE_BENCH_H
#define TD_TEST_APP_CORE_BENCH_H

#include "app/core.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "segment/groups.h"
#include "segment/writer.h"
#include "test.h"

enum { MEM_BYTES = 96 << 20 };

static _Alignas(64) unsigned char mem[MEM_BYTES];
static size_t mem_used;

static inline void *take(size_t bytes)
{
    void *at = mem + mem_used;
    mem_used += (bytes + 63) & ~(size_t)63;
    CHECK(mem_used <= MEM_BYTES);
    memset(at, 0, bytes);
    return at;
}

struct bench {
    struct instruments *instruments;
    struct groups *groups;
    struct core *core;
    struct wire_request asked[64];
    unsigned asked_count;
    uint64_t next_frame;
    int64_t now_ns, wall_ahead_ns; /* of the monotonic clock */
    uint32_t conn;                 /* of the frames that follow */
    unsigned seals;                /* times that everything was sealed */
    uint64_t sealed_frame;         /* first frame that the last of them has not seen */
};

static struct bench bench;

static inline void remember_request(void *arg, const struct wire_request *request)
{
    struct bench *b = arg;
    if (b->asked_count < 64)
        b->asked[b->asked_count++] = *request;
}

static inline void count_seal(void *arg, uint64_t frame, enum groups_seal why)
{
    struct bench *b = arg;
    CHECK(why == GROUPS_SEAL_HOUR || why == GROUPS_SEAL_STOP);
    b->seals++;
    b->sealed_frame = frame;
}

static inline void start_venue(const struct venue *venue, const char *const *symbols,
                               unsigned symbol_count, const struct core_params *more)
{
    struct bench *b = &bench;
    mem_used = 0;
    memset(b, 0, sizeof *b);
    b->next_frame = b->conn = 1;
    b->now_ns = 1700000000 * TD_NS_PER_S;
    b->instruments = instruments_init(take(instruments_footprint(symbol_count)), symbol_count);
    CHECK(venue != NULL);
    for (unsigned i = 0; i < symbol_count; i++) {
        char raw[TD_SYMBOL_MAX];
        CHECK_EQ_I64(venue->spell(symbols[i], raw), 0);
        CHECK_EQ_I64(instruments_add(b->instruments, 0, symbols[i], raw), i);
    }
    static struct core_source_params source;
    source =
        (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
    if (more != NULL && more->sources != NULL)
        source = more->sources[0]; /* the venue in a test's own variant */
    struct core_params params = {.instruments = b->instruments,
                                 .sources = &source,
                                 .source_count = 1,
                                 .pool_levels = 4096,
                                 .request = remember_request,
                                 .request_arg = b,
                                 .sealed = count_seal,
                                 .sealed_arg = b};
    if (more != NULL) {
        params.ask_volumes = more->ask_volumes;
        params.frames = more->frames;
        params.capacity = more->capacity;
        params.aside = more->aside;
        params.aside_count = more->aside_count;
        params.emit = more->emit;
        params.features = more->features;
        params.models = more->models;
        params.model_count = more->model_count;
    }
    struct groups_params groups = {.streams_max = core_streams_needed(&params),
                                   .rows_max = 4096,
                                   .pool_bytes = symbol_count > 8 ? 40 << 20 : 8 << 20};
    b->groups = groups_init(take(groups_footprint(&groups)), &groups);
    params.groups = b->groups;
    b->core = core_init(take(core_footprint(&params)), &params);
}

static inline void start_with(const char *venue_name, const char *const *symbols,
                              unsigned symbol_count, const struct core_params *more)
{
    start_venue(venue_find(venue_name), symbols, symbol_count, more);
}

static inline void start(const char *venue_name, const char *symbol)
{
    start_with(venue_name, &symbol, 1, NULL);
}

static inline void step(enum td_frame_kind kind, const char *payload, uint16_t status)
{
    struct bench *b = &bench;
    struct td_frame frame = {.number = b->next_frame++,
                             .recv_ns = b->now_ns + b->wall_ahead_ns,
                             .mono_ns = b->now_ns,
                             .payload = payload,
                             .bytes = (uint32_t)strlen(payload),
                             .conn = b->conn,
                             .status = status,
                             .kind = (uint8_t)kind};
    b->now_ns += TD_NS_PER_MS;
    core_step(b->core, &frame);
}

/* Seconds pass, each with its tick. */
static inline void ticks(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        bench.now_ns += TD_NS_PER_S - TD_NS_PER_MS;
        step(TD_FRAME_TICK, "", 0);
    }
}

static inline void text(const char *payload)
{
    step(TD_FRAME_WS_TEXT, payload, 0);
}

static inline struct core_book_status book(void)
{
    return core_book_status(bench.core, 0);
}

static inline uint64_t bucket(enum td_bucket which)
{
    return core_source_status(bench.core, 0).bucket[which];
}

static inline uint64_t rows(enum row_table table)
{
    return groups_rows(bench.groups, table);
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

static const char snapshot[] __attribute__((unused)) =
    "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[[\"101."
    "00\",\"2\"],[\"102.00\",\"1\"]],"
    "\"bids\":[[\"100.00\",\"1\"],[\"99.50\",\"3\"]]}";

static inline void match(int64_t id, const char *maker_side)
{
    char out[512];
    snprintf(out, sizeof out,
             "{\"type\":\"match\",\"trade_id\":%lld,\"maker_order_id\":\"a\",\"taker_order_id\":"
             "\"b\",\"side\":\"%s\",\"size\":\"0.5\","
             "\"price\":\"100.5\",\"product_id\":\"BTC-USD\",\"sequence\":7,\"time\":\"2023-11-"
             "14T22:13:20.000000Z\"}",
             (long long)id, maker_side);
    text(out);
}

static inline void depth(int64_t first, int64_t last, const char *bid, const char *size)
{
    char out[512];
    snprintf(out, sizeof out,
             "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":"
             "1700000000000,\"s\":\"BTCUSDT\",\"U\":%lld,"
             "\"u\":%lld,\"b\":[[\"%s\",\"%s\"]],\"a\":[]}}",
             (long long)first, (long long)last, bid, size);
    text(out);
}

static inline void base(int64_t last)
{
    char out[512];
    snprintf(
        out, sizeof out,
        "https://api.binance.com/api/v3/"
        "depth?symbol=BTCUSDT&limit=1000\t{\"lastUpdateId\":%lld,\"bids\":[[\"100.00\",\"1\"]],"
        "\"asks\":[[\"101.00\",\"1\"]]}",
        (long long)last);
    step(TD_FRAME_HTTP, out, 200);
}

#endif
