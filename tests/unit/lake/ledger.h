/* A data directory with a ledger, made by the recorder's own writer: the caller says what happened when. Times are seconds from
   2026-09-21T00:00:00Z. */
#ifndef TD_TEST_LEDGER_H
#define TD_TEST_LEDGER_H

#include <stdlib.h>

#include "segment/groups.h"
#include "segment/writer.h"
#include "test.h"

#define LEDGER_DAY_NS (INT64_C(1789948800) * 1000000000)
#define LEDGER_S INT64_C(1000000000)
enum { LEDGER_HOUR = 3600, LEDGER_DAY = 86400 };

enum ledger_stream {
    LEDGER_DEVICE,
    LEDGER_CLOCK,
    LEDGER_BTC,
    LEDGER_ETH,
    LEDGER_BTC_BOOK,
    LEDGER_BTC_TRADES,
    LEDGER_ETH_BOOK,
    LEDGER_KRAKEN_BOOK,
    LEDGER_STREAMS
};

struct ledger_made {
    struct groups *groups;
    struct writer *writer;
    void *memory[2];
    int stream[LEDGER_STREAMS];
    uint64_t frame;
    int64_t hour;
};

static inline void *ledger_memory(size_t bytes)
{
    bytes = (bytes + 4095) & ~(size_t)4095;
    void *at = aligned_alloc(4096, bytes);
    CHECK(at != NULL);
    return memset(at, 0, bytes);
}

static inline void ledger_begin(struct ledger_made *l, const char *dir)
{
    static const struct {
        enum row_table table;
        const char *exchange, *symbol;
    } streams[LEDGER_STREAMS] = {
        [LEDGER_DEVICE] = {ROW_GAPS, "_all", "_all"},
        [LEDGER_CLOCK] = {ROW_CLOCK, "_all", "_all"},
        [LEDGER_BTC] = {ROW_GAPS, "coinbase", "BTC-USD"},
        [LEDGER_ETH] = {ROW_GAPS, "coinbase", "ETH-USD"},
        [LEDGER_BTC_BOOK] = {ROW_BOOK, "coinbase", "BTC-USD"},
        [LEDGER_BTC_TRADES] = {ROW_TRADES, "coinbase", "BTC-USD"},
        [LEDGER_ETH_BOOK] = {ROW_BOOK, "coinbase", "ETH-USD"},
        [LEDGER_KRAKEN_BOOK] = {ROW_BOOK, "kraken", "BTC-USD"},
    };
    struct groups_params shape = {.streams_max = 16, .rows_max = 64, .pool_bytes = 4 << 20};
    *l = (struct ledger_made){.hour = -1};
    l->memory[0] = ledger_memory(groups_footprint(&shape));
    l->groups = groups_init(l->memory[0], &shape);
    struct writer_params params = {.os = td_os_linux(),
                                   .groups = l->groups,
                                   .data_dir = dir,
                                   .deck = "test_deck",
                                   .config_hash = "0123456789abcdef",
                                   .zstd_level = 3,
                                   .build = "tapedeck version 0.1.0 (build test)",
                                   .segment_bytes = 50000000};
    l->memory[1] = ledger_memory(writer_footprint(&params));
    CHECK_EQ_I64(writer_init(l->memory[1], &params, &l->writer), 0);
    for (int i = 0; i < LEDGER_STREAMS; i++)
        l->stream[i] =
            groups_stream(l->groups, streams[i].table, streams[i].exchange, streams[i].symbol);
}

static inline void ledger_drain(struct ledger_made *l)
{
    int did;
    while ((did = writer_step(l->writer)) > 0)
        ;
    CHECK_EQ_I64(did, 0);
}

/* A row of the stream received at second `at`; what was before the hour is sealed. */
static inline void *ledger_row(struct ledger_made *l, enum ledger_stream stream, int64_t at)
{
    int64_t now = LEDGER_DAY_NS + at * LEDGER_S;
    struct row_head head = {.frame = ++l->frame, .recv_ns = now, .event_ns = now, .conn = 1};
    if (l->hour >= 0 && l->hour != at / LEDGER_HOUR)
        groups_seal_all(l->groups, GROUPS_SEAL_HOUR, l->frame);
    l->hour = at / LEDGER_HOUR;
    ledger_drain(l);
    groups_head(l->groups, l->stream[stream], &head);
    return groups_append(l->groups, l->stream[stream]);
}

struct ledger_says {
    int64_t id, at, from, to; /* seconds; to < 0: an opening row */
    enum td_gap_kind kind;
    enum td_channel channel;
    enum td_gap_action action;
    int64_t missed; /* 0: not said */
};

static inline void ledger_gap(struct ledger_made *l, enum ledger_stream stream,
                              struct ledger_says says)
{
    struct row_gap *row = ledger_row(l, stream, says.at);
    row->gap_id = says.id;
    row->from_ns = LEDGER_DAY_NS + says.from * LEDGER_S;
    row->to_ns = says.to < 0 ? 0 : LEDGER_DAY_NS + says.to * LEDGER_S;
    row->phase = says.to < 0 ? TD_GAP_OPEN : TD_GAP_CLOSE;
    row->kind = (uint8_t)says.kind;
    row->channel = (uint8_t)says.channel;
    row->action = (uint8_t)says.action;
    row->has_missed = says.missed > 0;
    row->missed = says.missed;
}

/* A hole with both its rows. */
static inline void ledger_hole(struct ledger_made *l, enum ledger_stream stream,
                               struct ledger_says says)
{
    struct ledger_says opening = says;
    opening.at = says.from;
    opening.to = -1;
    ledger_gap(l, stream, opening);
    says.at = says.to;
    ledger_gap(l, stream, says);
}

/* A change of a book or a trade, so that the stream is there. */
static inline void ledger_data(struct ledger_made *l, enum ledger_stream stream, int64_t at)
{
    if (stream == LEDGER_BTC_TRADES) {
        struct row_trade *trade = ledger_row(l, stream, at);
        trade->price = 1;
        trade->size = 2;
        trade->trade_id = at;
        return;
    }
    struct row_book *book = ledger_row(l, stream, at);
    book->side = TD_SIDE_BID;
    book->price = book->size = 1;
    book->flags = TD_ROW_LAST;
    book->state = TD_BOOK_PROVEN;
}

static inline void ledger_clock(struct ledger_made *l, int64_t at, int64_t error_ns)
{
    struct row_clock *row = ledger_row(l, LEDGER_CLOCK, at);
    row->has_error = true;
    row->error_ns = error_ns;
    row->state = TD_CLOCK_SYNCED;
}

static inline void ledger_end(struct ledger_made *l)
{
    groups_seal_all(l->groups, GROUPS_SEAL_STOP, l->frame + 1);
    writer_finish(l->writer);
    ledger_drain(l);
    CHECK_EQ_I64(writer_stats(l->writer).last_err, 0);
    free(l->memory[0]);
    free(l->memory[1]);
}

#endif
