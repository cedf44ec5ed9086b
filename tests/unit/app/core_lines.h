/* A core of one made-up venue with several connections; by(n) says which one speaks. */
#ifndef TD_TEST_APP_CORE_LINES_H
#define TD_TEST_APP_CORE_LINES_H

#include "core_rows.h"

#include "base/log.h"
#include "fake_venue.h"

static inline void by(uint32_t conn)
{
    bench.conn = conn;
}

static inline void open_line(uint32_t conn, unsigned line)
{
    by(conn);
    step(TD_FRAME_CONN_OPEN, "wss://x", (uint16_t)(line << TD_OPEN_LINE_SHIFT));
}

static inline void open_beside(uint32_t conn, unsigned line)
{
    by(conn);
    step(TD_FRAME_CONN_OPEN, "wss://x", (uint16_t)(line << TD_OPEN_LINE_SHIFT | TD_OPEN_OVERLAP));
}

static inline void close_conn(uint32_t conn, uint16_t status)
{
    by(conn);
    step(TD_FRAME_CONN_CLOSE, "peer reset", status);
}

static inline void config(const char *symbols)
{
    char out[256];
    snprintf(out, sizeof out, "[fake]\nsymbols = %s\n", symbols);
    step(TD_FRAME_CONFIG, out, 0);
}

/* As a start does it: the first CONFIG frame lays the lines out. */
static inline void begin(const char *symbols)
{
    static const char *const none[] = {"X-USD"};
    struct core_params more = {.capacity = 12};
    td_log_setup(2, TD_LOG_OFF, NULL);
    start_with("fake", none, 1, &more);
    step(TD_FRAME_START, "tapedeck\ncause=first\n", 0);
    config(symbols);
}

static inline int slot(const char *raw)
{
    return instruments_find(core_instruments(bench.core), 0, raw, strlen(raw));
}

static inline uint8_t shard(const char *raw)
{
    return instruments_peek(core_instruments(bench.core), (unsigned)slot(raw))->shard;
}

static inline uint8_t state(const char *raw)
{
    return core_book_status(bench.core, (unsigned)slot(raw)).state;
}

static inline const struct wire_request *asked(enum wire_request_kind kind, const char *part)
{
    for (unsigned i = 0; i < bench.asked_count; i++)
        if (bench.asked[i].kind == kind &&
            (part == NULL ||
             memmem(bench.asked[i].text, bench.asked[i].bytes, part, strlen(part)) != NULL))
            return &bench.asked[i];
    return NULL;
}

static inline bool has_gap(enum td_gap_kind kind, enum td_channel channel, const char *symbol)
{
    return gap_of(kind, TD_GAP_OPEN, channel, symbol, 0) != NULL;
}

static inline void split_begins(void)
{
    fake_new(SYNC_NONE);
    fake_split();
    begin("A-USD");
    open_line(1, 0);
    open_line(2, 1);
    by(1);
    text("- S A-USD 1");
    by(2);
    text("- T A-USD 1");
    text("- K A-USD 1");
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    CHECK(core_source_status(bench.core, 0).up);
    CHECK_EQ_U64(core_source_status(bench.core, 0).lines, 2);
    read_rows();
}

static inline void shards_begin(enum sync_rule rule, const char *symbols)
{
    fake_new(rule);
    fake.conn_channels_max = 6; /* two symbols of three channels */
    begin(symbols);
}

static inline void counted_begins(unsigned slack)
{
    shards_begin(SYNC_CONN1, "A-USD,B-USD,C-USD");
    fake.conn_seq_slack = (uint8_t)slack;
    open_line(1, 0);
    text("1 S A-USD 1");
    text("2 S B-USD 1");
    text("3 T A-USD 1");
    open_line(2, 1);
    text("1 S C-USD 1");
    by(1);
    text("4 H");
    text("5 D A-USD 1");
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("B-USD") == TD_BOOK_PROVEN &&
          state("C-USD") == TD_BOOK_PROVEN);
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP) + bucket(TD_BUCKET_STALE), 0);
    bench.asked_count = 0;
    read_rows();
}

#endif
