/* The rows that a core on the bench wrote, read where the disk thread would take them. */
#ifndef TD_TEST_APP_CORE_ROWS_H
#define TD_TEST_APP_CORE_ROWS_H

#include <stdlib.h>

#include "app/report.h"
#include "base/metrics.h"
#include "base/text.h"
#include "core_bench.h"
#include "segment/gather.h"

enum { ROWS_KEPT = 20000 };

struct told {
    enum row_table table;
    char symbol[TD_SYMBOL_MAX], note[TD_TEXT_MAX + 1]; /* note: of a prediction its model */
    struct row_head head;
    union {
        struct row_gap gap;
        struct row_book book;
        struct row_trade trade;
        struct row_clock clock;
        struct row_features features;
        struct row_prediction prediction;
        unsigned char bytes[sizeof(struct row_ticker)];
    };
};
static struct told told[ROWS_KEPT];
static unsigned told_count;

static inline void keep_note(struct told *row, const struct group_view *view)
{
    size_t bytes = 0;
    const char *text = NULL;
    if (row->table == ROW_PREDICTIONS)
        text = group_view_text(view, row->prediction.model_id, &bytes);
    if (row->table == ROW_GAPS && row->gap.note != 0)
        text = group_view_text(view, row->gap.note, &bytes);
    snprintf(row->note, sizeof row->note, "%.*s", (int)bytes, text == NULL ? "" : text);
}

static inline void keep_group(const struct cut *cut)
{
    static _Alignas(64) unsigned char view_mem[1 << 20];
    static const uint8_t head_at[ROW_TABLES] = {
        offsetof(struct row_book, head),       offsetof(struct row_trade, head),
        offsetof(struct row_ticker, head),     offsetof(struct row_gap, head),
        offsetof(struct row_instrument, head), offsetof(struct row_clock, head),
        offsetof(struct packed_row, head),     offsetof(struct row_prediction, head),
        offsetof(struct row_frame, head)};
    struct stream_name name = cut_stream(bench.groups, cut->stream);
    struct group_view view;
    CHECK(group_view_footprint(cut_params(bench.groups)->rows_max) <= sizeof view_mem);
    group_view_init(&view, view_mem, cut_params(bench.groups)->rows_max, cut, name.table,
                    bench.groups);
    uint32_t row_bytes = view.row_bytes, per_page = TD_PAGE_BYTES / row_bytes;
    for (uint32_t i = 0; i < cut->rows; i++) {
        const unsigned char *from =
            view.row_page[i / per_page] + (size_t)(i % per_page) * row_bytes;
        struct told *row = &told[told_count++];
        uint32_t head;
        CHECK(told_count <= ROWS_KEPT);
        memset(row, 0, sizeof *row);
        row->table = name.table;
        if (name.table == ROW_FEATURES)
            packed_take(view.layout, from, &row->features);
        else
            memcpy(row->bytes, from,
                   row_bytes <= sizeof row->bytes ? row_bytes : sizeof row->bytes);
        memcpy(&head, from + head_at[name.table], sizeof head);
        row->head = *group_view_head(&view, head);
        snprintf(row->symbol, sizeof row->symbol, "%s", name.symbol);
        keep_note(row, &view);
    }
}

/* Takes what was cut, as the disk thread does; told[] grows by it. */
static inline void take_cuts(void)
{
    const struct cut *cut;
    while ((cut = cut_peek(bench.groups)) != NULL) {
        if (cut->stream >= 0)
            keep_group(cut);
        cut_done(bench.groups);
    }
}

/* All rows since the last time. */
static inline void read_rows(void)
{
    told_count = 0;
    take_cuts();
    step(TD_FRAME_SEAL, "test", 0);
    take_cuts();
}

static inline unsigned count_rows(enum row_table table)
{
    unsigned count = 0;
    for (unsigned i = 0; i < told_count; i++)
        count += told[i].table == table;
    return count;
}

/* n-th row (from 0) of a table in the order of each symbol's rows; must be there. */
static inline const struct told *row_of(enum row_table table, unsigned n)
{
    unsigned at = 0;
    while (at < told_count && (told[at].table != table || n-- > 0))
        at++;
    if (at == told_count)
        FAIL("fewer rows of table %d", table);
    return &told[at];
}

/* n-th gap row (from 0) of that kind, phase, channel and symbol, in the order of each symbol's rows; NULL: there are fewer. */
static inline const struct told *gap_of(enum td_gap_kind kind, enum td_gap_phase phase,
                                        enum td_channel channel, const char *symbol, unsigned n)
{
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_GAPS && told[i].gap.kind == kind && told[i].gap.phase == phase &&
            told[i].gap.channel == channel && strcmp(told[i].symbol, symbol) == 0 && n-- == 0)
            return &told[i];
    return NULL;
}

static inline const struct told *the_gap(enum td_gap_kind kind, enum td_gap_phase phase,
                                         enum td_channel channel, const char *symbol)
{
    const struct told *row = gap_of(kind, phase, channel, symbol, 0);
    if (row == NULL)
        FAIL("no row %s %d of channel %d and %s", report_gap_word(kind), phase, channel, symbol);
    if (gap_of(kind, phase, channel, symbol, 1) != NULL)
        FAIL("row %s %d of channel %d and %s stands twice", report_gap_word(kind), phase, channel,
             symbol);
    return row;
}

static inline unsigned count_gaps(enum td_gap_kind kind)
{
    unsigned count = 0;
    for (unsigned i = 0; i < told_count; i++)
        count += told[i].table == ROW_GAPS && told[i].gap.kind == kind;
    return count;
}

/* Spans never run backwards, and a close has an opening before it but for the device's first start. */
static inline void check_ledger(void)
{
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_GAPS && told[i].gap.to_ns != 0)
            CHECK(told[i].gap.from_ns <= told[i].gap.to_ns);
}

#endif
