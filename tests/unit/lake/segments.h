/* A small data directory, made by the recorder's own writer: the same bytes every time. Two hours of
   trades and books of one instrument, a level beyond 2^52 steps, a gap and an instrument row. */
#ifndef TD_TEST_SEGMENTS_H
#define TD_TEST_SEGMENTS_H

#include <stdlib.h>

#include "base/decimal.h"
#include "segment/groups.h"
#include "segment/writer.h"
#include "test.h"

/* 2026-09-21T04:59:58Z: the fourth second is in the next hour. */
#define SEGMENTS_START_NS (INT64_C(1789966798) * 1000000000)

enum { SEGMENTS_FRAMES = 300, SEGMENTS_STEP_NS = 10000000 };

struct segments {
    struct groups *groups;
    struct writer *writer;
    void *memory[2];
    int book, trades, gaps, instruments;
    bool bad;   /* two values that SPEC S11 does not allow */
    bool large; /* groups of 8,192 rows, prices and sizes that do not compress */
};

static inline void segments_text_row(struct segments *s, struct row_book *row)
{
    (void)s;
    row->price_text = groups_text(s->groups, s->book, "12345678912345.67890123", 23);
}

static inline void segments_book_row(struct segments *s, uint64_t frame)
{
    struct row_book *row = groups_append(s->groups, s->book);
    bool marker = frame == 1, huge = frame == 7;
    row->side = frame % 2 ? TD_SIDE_BID : TD_SIDE_ASK;
    row->price = marker ? 0 : td_steps_to_double(6412345 + (int64_t)frame % 5, 2);
    row->size = marker ? 0 : td_steps_to_double((int64_t)(frame % 3) * 15000000, 8);
    row->flags = marker ? TD_ROW_MARKER | TD_ROW_LAST : TD_ROW_LAST;
    row->state = frame < 5 ? TD_BOOK_SYNCING : TD_BOOK_PROVEN;
    if (s->large && !marker) {
        row->price = td_steps_to_double(6000000 + (int64_t)(frame * 2654435761u >> 7) % 900000, 2);
        row->size = td_steps_to_double((int64_t)(frame * 2246822519u >> 5) % 900000000, 8);
    }
    if (s->bad && frame == 11)
        row->price = -1;
    if (huge) {
        row->price = 12345678912345.67890123;
        segments_text_row(s, row);
    }
}

static inline void segments_trade_row(struct segments *s, uint64_t frame)
{
    struct row_trade *row = groups_append(s->groups, s->trades);
    row->price = td_steps_to_double(6412345, 2);
    row->size = td_steps_to_double(1 + (int64_t)frame, 8);
    if (s->bad && frame == 9)
        row->size = 0;
    row->trade_id = 900000000 + (int64_t)frame;
    row->taker = frame % 2 ? TD_TAKER_BUY : TD_TAKER_SELL;
    row->flags = TD_ROW_LAST;
    row->side_raw =
        groups_text(s->groups, s->trades, frame % 2 ? "buy" : "s,\"e\nll", frame % 2 ? 3 : 7);
}

static inline void segments_gap_row(struct segments *s, int64_t now_ns)
{
    struct row_gap *row = groups_append(s->groups, s->gaps);
    row->gap_id = 1;
    row->from_ns = now_ns;
    row->phase = TD_GAP_OPEN;
    row->channel = TD_CHANNEL_BOOK;
    row->kind = TD_GAP_SEQUENCE;
    row->action = TD_GAP_ACT_RESYNC;
    row->note = groups_text(s->groups, s->gaps, "a \"note\"", 8);
}

static inline void segments_instrument_row(struct segments *s)
{
    struct row_instrument *row = groups_append(s->groups, s->instruments);
    row->symbol_raw = groups_text(s->groups, s->instruments, "BTC-USD", 7);
    row->price_step = groups_text(s->groups, s->instruments, "0.01", 4);
    row->size_step = groups_text(s->groups, s->instruments, "0.00000001", 10);
    row->price_scale = 2;
    row->size_scale = 8;
}

static inline void segments_open(struct segments *s, const char *dir)
{
    struct groups_params shape = {.streams_max = 8,
                                  .rows_max = s->large ? 8192 : 64,
                                  .pool_bytes = s->large ? 32 << 20 : 4 << 20};
    s->memory[0] = aligned_alloc(4096, (groups_footprint(&shape) + 4095) & ~(size_t)4095);
    memset(s->memory[0], 0, (groups_footprint(&shape) + 4095) & ~(size_t)4095);
    s->groups = groups_init(s->memory[0], &shape);
    struct writer_params params = {.os = td_os_linux(),
                                   .groups = s->groups,
                                   .data_dir = dir,
                                   .deck = "test_deck",
                                   .config_hash = "0123456789abcdef",
                                   .zstd_level = 3,
                                   .build = "tapedeck version 0.1.0 (build test)",
                                   .segment_bytes = 50000000};
    size_t bytes = (writer_footprint(&params) + 4095) & ~(size_t)4095;
    s->memory[1] = aligned_alloc(4096, bytes);
    memset(s->memory[1], 0, bytes);
    CHECK_EQ_I64(writer_init(s->memory[1], &params, &s->writer), 0);
    s->book = groups_stream(s->groups, ROW_BOOK, "coinbase", "BTC-USD");
    s->trades = groups_stream(s->groups, ROW_TRADES, "coinbase", "BTC-USD");
    s->gaps = groups_stream(s->groups, ROW_GAPS, "coinbase", "BTC-USD");
    s->instruments = groups_stream(s->groups, ROW_INSTRUMENTS, "coinbase", "BTC-USD");
    groups_scales(s->groups, s->book, 2, 8, true);
    groups_scales(s->groups, s->trades, 2, 8, true);
}

static inline void segments_drain(struct segments *s)
{
    int did;
    while ((did = writer_step(s->writer)) > 0)
        ;
    CHECK_EQ_I64(did, 0);
}

static inline void segments_head(struct segments *s, const struct row_head *head)
{
    groups_head(s->groups, s->book, head);
    groups_head(s->groups, s->trades, head);
    groups_head(s->groups, s->gaps, head);
    groups_head(s->groups, s->instruments, head);
}

static inline void segments_frame(struct segments *s, uint64_t frame)
{
    int64_t now = SEGMENTS_START_NS + (int64_t)frame * SEGMENTS_STEP_NS;
    struct row_head head = {.frame = frame,
                            .recv_ns = now,
                            .event_ns = now - 123456789,
                            .conn = 1,
                            .seq = (int64_t)frame * 2,
                            .has_seq = frame % 2};
    segments_head(s, &head);
    if (frame == 1)
        segments_instrument_row(s);
    segments_book_row(s, frame);
    if (frame % 3 == 0)
        segments_trade_row(s, frame);
    if (frame == 50)
        segments_gap_row(s, now);
    if (frame == 199) /* the hour ends */
        groups_seal_all(s->groups, GROUPS_SEAL_HOUR, frame);
    segments_drain(s);
}

static inline void segments_write(struct segments s, const char *dir, uint64_t frames)
{
    segments_open(&s, dir);
    for (uint64_t frame = 1; frame <= frames; frame++)
        segments_frame(&s, frame);
    groups_seal_all(s.groups, GROUPS_SEAL_STOP, frames);
    writer_finish(s.writer);
    segments_drain(&s);
    CHECK_EQ_I64(writer_stats(s.writer).last_err, 0);
    free(s.memory[0]);
    free(s.memory[1]);
}

/* Fills dir (active/ and ready/ appear). */
static inline void segments_make(const char *dir, bool bad)
{
    segments_write((struct segments){.bad = bad}, dir, SEGMENTS_FRAMES);
}

/* The same for twenty minutes: a segment of more than a megabyte. */
static inline void segments_make_large(const char *dir)
{
    segments_write((struct segments){.large = true}, dir, 120000);
}

#endif
