/* The ledger against what misses: each trade that is not stored has its number in a row, each connection that ended has rows. */
#include <stdio.h>
#include <string.h>

#include "sim/rows_parts.h"

enum { G_FRAME, G_ID, G_PHASE, G_KIND, G_CHANNEL, G_SEQ_FROM, G_SEQ_TO };
const char *const rows_gap_columns[ROWS_GAP_COLUMNS] = {"frame",   "gap_id",   "phase", "kind",
                                                        "channel", "seq_from", "seq_to"};

static struct rows_gap *gap_with(struct rows *rows, int64_t id)
{
    for (unsigned i = rows->gaps; i-- > 0;)
        if (rows->gap[i].id == id)
            return &rows->gap[i];
    return NULL;
}

static void take_numbers(struct rows_gap *gap, const struct columns *c, size_t row)
{
    if (!c->values[G_SEQ_FROM].valid[row] || !c->values[G_SEQ_TO].valid[row])
        return;
    gap->has_seq = true;
    gap->seq_from = columns_number(c, G_SEQ_FROM, row);
    gap->seq_to = columns_number(c, G_SEQ_TO, row);
}

static void close_gap(struct rows *rows, struct rows_gap *gap, const struct columns *c, size_t row)
{
    if (gap) {
        gap->close_frame = (uint64_t)columns_number(c, G_FRAME, row);
        take_numbers(gap, c, row);
    } else if (!columns_text_is(c, G_KIND, row, "start")) { /* the first of all has no opening */
        world_fail(rows->world, "gap %lld is closed and was never opened (frame %llu, %s)",
                   (long long)columns_number(c, G_ID, row),
                   (unsigned long long)columns_number(c, G_FRAME, row), rows->path);
    }
}

static void text_of(const struct columns *c, unsigned column, size_t row, char *out, size_t cap)
{
    struct pq_text text = c->values[column].cell[row].text;
    snprintf(out, cap, "%.*s", (int)text.bytes, (const char *)c->values[column].heap + text.at);
}

void rows_gap_row(struct rows *rows, int index, const struct columns *c, size_t row)
{
    int64_t id = columns_number(c, G_ID, row);
    uint64_t frame = (uint64_t)columns_number(c, G_FRAME, row);
    struct rows_gap *gap = gap_with(rows, id);
    rows->gap_rows++;
    if (rows->world->plant == PLANT_NO_GAP && columns_text_is(c, G_PHASE, row, "open")) {
        rows->world->plant = PLANT_NONE;
        return;
    }
    if (columns_text_is(c, G_PHASE, row, "close")) {
        close_gap(rows, gap, c, row);
        return;
    }
    if (gap && !world_tainted(rows->world, frame))
        world_fail(rows->world, "gap %lld is opened twice (frames %llu and %llu, %s)",
                   (long long)id, (unsigned long long)gap->open_frame, (unsigned long long)frame,
                   rows->path);
    if (gap || rows->gaps == ROWS_GAPS_MAX)
        return;
    gap = &rows->gap[rows->gaps++];
    *gap = (struct rows_gap){.id = id, .open_frame = frame, .market = index};
    text_of(c, G_KIND, row, gap->kind, sizeof gap->kind);
    text_of(c, G_CHANNEL, row, gap->channel, sizeof gap->channel);
    take_numbers(gap, c, row);
}

/* ---- trades ------------------------------------------------------------------------------------------------------------- */

enum { STORED = 2, NAMED = 4 };

/* A range that reaches beyond what the venue ever told is a lie of the venue's, and names nothing. */
static void name_missing(struct rows *rows, unsigned index)
{
    struct rows_book *book = &rows->book[index];
    int64_t last = (int64_t)bourse_truth(rows->bourse, index)->market->trades;
    for (unsigned i = 0; i < rows->gaps; i++) {
        const struct rows_gap *gap = &rows->gap[i];
        bool numbers = gap->market == (int)index && gap->has_seq &&
                       strcmp(gap->channel, "trades") == 0 && gap->seq_to <= last + 1;
        for (int64_t id = gap->seq_from + 1; numbers && id < gap->seq_to; id++)
            if (id >= (int64_t)book->trade_base &&
                id - (int64_t)book->trade_base < (int64_t)book->trade_cap)
                book->stored[id - (int64_t)book->trade_base] |= NAMED;
    }
}

/* A hole of this market's trades, or the device's shedding, was open at some frame between the two: what it covers need not be numbered. */
static bool open_between(const struct rows *rows, unsigned index, uint64_t from, uint64_t to)
{
    for (unsigned i = 0; i < rows->gaps; i++) {
        const struct rows_gap *gap = &rows->gap[i];
        bool ours = gap->market == (int)index &&
                    (strcmp(gap->channel, "trades") == 0 || strcmp(gap->channel, "all") == 0);
        bool shed = gap->market == -1 && strcmp(gap->kind, "shed") == 0;
        if ((ours || shed) && gap->open_frame <= to &&
            (gap->close_frame == 0 || from <= gap->close_frame))
            return true;
    }
    return false;
}

static void check_trades(struct rows *rows, unsigned index)
{
    struct rows_book *book = &rows->book[index];
    const struct truth *truth = bourse_truth(rows->bourse, index);
    for (uint32_t i = 0; i < book->trades.count; i++) {
        const struct mark *mark = &book->trades.mark[i];
        uint64_t place = mark->trade - book->trade_base;
        if (place >= book->trade_cap || book->stored[place] & (STORED | NAMED))
            continue;
        if (open_between(rows, index, mark->frame, mark->frame) ||
            world_tainted(rows->world, mark->frame)) {
            book->stored[place] |= NAMED; /* it came when a hole was open */
            continue;
        }
        world_fail(rows->world, "trade %llu of %s came with frame %llu and is not stored",
                   (unsigned long long)mark->trade, truth->market->is.raw,
                   (unsigned long long)mark->frame);
        return;
    }
}

/* Between the first and the last that are stored none misses without a word, whether it came or not. */
static void check_numbers(struct rows *rows, unsigned index)
{
    const struct rows_book *book = &rows->book[index];
    const struct truth *truth = bourse_truth(rows->bourse, index);
    uint64_t first = 0, before = 0;
    while (first < book->trade_cap && !(book->stored[first] & STORED))
        first++;
    for (uint64_t place = before = first; place < book->trade_cap; place++) {
        if (!(book->stored[place] & STORED))
            continue;
        uint64_t from = book->stored_frame[before], to = book->stored_frame[place];
        if (from > to) { /* a late one */
            uint64_t late = from;
            from = to;
            to = late;
        }
        for (uint64_t missing = before + 1; missing < place; missing++) {
            if (book->stored[missing] & NAMED || open_between(rows, index, from, to) ||
                world_tainted(rows->world, from) || world_tainted(rows->world, to))
                continue;
            uint64_t id = missing + book->trade_base;
            world_fail(rows->world,
                       "trade %llu of %s is not stored and has no row in the ledger (between "
                       "frames %llu and %llu)",
                       (unsigned long long)id, truth->market->is.raw, (unsigned long long)from,
                       (unsigned long long)to);
            return;
        }
        before = place;
    }
}

/* ---- connections -------------------------------------------------------------------------------------------------------- */

void rows_closed(void *arg, const struct closed *closed)
{
    struct rows *rows = arg;
    if (rows->closes < ROWS_CLOSES_MAX)
        rows->close[rows->closes++] = *closed;
}

/* A hole of some market of that venue is open from this frame at the latest. */
static bool has_rows(const struct rows *rows, const struct closed *closed)
{
    const struct bourse *bourse = rows->bourse;
    int first = (int)bourse->truth_base[closed->host];
    int end = first + (int)bourse->house[closed->host].markets;
    for (unsigned i = 0; i < rows->gaps; i++) {
        const struct rows_gap *gap = &rows->gap[i];
        if (gap->market >= first && gap->market < end && gap->open_frame <= closed->frame &&
            (gap->close_frame == 0 || gap->close_frame > closed->frame))
            return true;
    }
    return false;
}

static void check_closes(struct rows *rows)
{
    for (unsigned i = 0; i < rows->closes; i++) {
        const struct closed *closed = &rows->close[i];
        if (has_rows(rows, closed) || world_tainted(rows->world, closed->frame))
            continue;
        world_fail(rows->world, "a connection of %s ended with frame %llu and no row tells of it",
                   rows->bourse->house[closed->host].feed->name, (unsigned long long)closed->frame);
        return;
    }
}

/* ---- frames set aside --------------------------------------------------------------------------------------------------- */

void rows_set_aside(void *arg, uint64_t frame)
{
    struct rows *rows = arg;
    if (rows->asides < ROWS_ASIDE_MAX)
        rows->aside[rows->asides++] = frame;
}

static bool is_told(const struct rows *rows, uint64_t frame)
{
    for (unsigned i = 0; i < rows->gaps; i++)
        if (rows->gap[i].open_frame == frame && strcmp(rows->gap[i].kind, "parse") == 0)
            return true;
    return world_tainted(rows->world, frame);
}

static void check_asides(struct rows *rows)
{
    for (unsigned i = 0; i < rows->asides; i++)
        if (!is_told(rows, rows->aside[i]))
            world_fail(rows->world, "frame %llu was set aside and no row tells of it",
                       (unsigned long long)rows->aside[i]);
}

void rows_check_holes(struct rows *rows)
{
    for (unsigned i = 0; i < TRUTHS; i++)
        if (rows->book[i].stored) {
            name_missing(rows, i);
            check_trades(rows, i);
            if (venues_counts_trades(rows->bourse->house[bourse_host(rows->bourse, i)].feed))
                check_numbers(rows, i);
        }
    check_closes(rows);
    check_asides(rows);
}
