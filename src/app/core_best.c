/* Rows of a book that are not the wire's own: while the disk is nearly full the best levels alone, and the whole book where its rows
   begin again. */
#include "app/core_parts.h"
#include "base/metrics.h"

/* ---- the best levels alone -------------------------------------------------------------------------------------------- */

/* A side as the reader of the rows has it. */
struct best {
    uint32_t count;
    struct td_level level[CORE_SHED_DEPTH];
};
enum { BEST_SIDES = 2 };
static const uint8_t best_side[BEST_SIDES] = {TD_SIDE_BID, TD_SIDE_ASK};

/* Before an event is applied: what it changes is told against this. Core thread only. */
static struct best best_before[BEST_SIDES];

static void take_best(const struct book *book, struct best best[BEST_SIDES])
{
    for (unsigned s = 0; s < BEST_SIDES; s++)
        best[s].count = book_top(book, best_side[s], CORE_SHED_DEPTH, best[s].level);
}

void core_best_before(const struct core *core, unsigned index)
{
    take_best(core->instrument[index].book, best_before);
}

static int64_t size_in(const struct best *best, int64_t price_steps)
{
    for (uint32_t i = 0; i < best->count; i++)
        if (best->level[i].price_steps == price_steps)
            return best->level[i].size_steps;
    return 0;
}

static bool on_wire(const struct core_change_set *set, const struct td_level *level)
{
    for (uint32_t i = 0; i < set->event->level_count; i++)
        if (set->level[i].side == level->side && set->level[i].price_steps == level->price_steps &&
            set->level[i].size_steps == level->size_steps)
            return true;
    return false;
}

/* Levels that left the best, then those that are new or changed: at most all before and all now. */
static uint32_t differences(const struct best *was, const struct best *now, uint8_t side,
                            struct td_level *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < was->count; i++)
        if (size_in(now, was->level[i].price_steps) == 0)
            out[count++] = (struct td_level){was->level[i].price_steps, 0, side};
    for (uint32_t i = 0; i < now->count; i++)
        if (size_in(was, now->level[i].price_steps) != now->level[i].size_steps)
            out[count++] =
                (struct td_level){now->level[i].price_steps, now->level[i].size_steps, side};
    return count;
}

/* Not the wire's entries, but what they make of the best levels: what came up or fell out is IMPLIED, so that the rows always give the
   true best. A snapshot in pieces is told at its end. */
void core_best_rows(struct core *core, unsigned index, const struct core_change_set *set)
{
    static struct td_level changed[BEST_SIDES * 2 * CORE_SHED_DEPTH]; /* core thread only */
    static struct best now[BEST_SIDES];
    struct core_instrument *in = &core->instrument[index];
    bool snapshot = set->event->kind == TD_EVENT_SNAPSHOT;
    uint32_t count = 0;
    if (snapshot && set->event->flags & TD_EVF_CONTINUES)
        return;
    take_best(in->book, now);
    for (unsigned s = 0; s < BEST_SIDES; s++) {
        best_before[s].count = snapshot ? 0 : best_before[s].count;
        count += differences(&best_before[s], &now[s], best_side[s], changed + count);
    }
    groups_head(core->groups, in->stream[ROW_BOOK], &set->head);
    for (uint32_t i = 0; i < count; i++)
        core_level_row(core, index, &changed[i],
                       (uint8_t)(set->flags | (snapshot && i == 0 ? TD_ROW_CLEAR : 0) |
                                 (i + 1 == count ? TD_ROW_LAST : 0) |
                                 (snapshot || on_wire(set, &changed[i]) ? 0 : TD_ROW_IMPLIED)));
    td_metric_add(TD_M_rows_book, count);
    if (count == 0 && (snapshot || in->written_state != in->sync.state))
        core_marker_row(core, index, (uint8_t)(set->flags | (snapshot ? TD_ROW_CLEAR : 0)));
}

/* ---- the whole book ---------------------------------------------------------------------------------------------------- */

struct image {
    struct core *core;
    unsigned index;
    uint8_t side, clear;
    uint32_t left, rows_left; /* of this side, of both */
};

static bool image_row(void *arg, int64_t price_steps, int64_t size_steps)
{
    struct image *image = arg;
    struct td_level level = {price_steps, size_steps, image->side};
    image->left--;
    image->rows_left--;
    core_level_row(image->core, image->index, &level,
                   TD_ROW_SNAPSHOT | TD_ROW_IMPLIED | TD_ROW_NO_EVENT_TIME | image->clear |
                       (image->rows_left == 0 ? TD_ROW_LAST : 0));
    image->clear = 0;
    td_metric_add(TD_M_rows_book, 1);
    return image->left > 0;
}

/* Without a base there is nothing to show: the reader's book is emptied, and the next snapshot fills it. */
void core_book_image(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    uint32_t most = core_sheds(core, TD_SHED_DEPTH) ? CORE_SHED_DEPTH : UINT32_MAX;
    uint32_t count[BEST_SIDES];
    struct image image = {.core = core, .index = index, .clear = TD_ROW_CLEAR};
    for (unsigned s = 0; s < BEST_SIDES; s++) {
        uint32_t levels = in->sync.have_base ? book_levels(in->book, best_side[s]) : 0;
        count[s] = levels < most ? levels : most;
        image.rows_left += count[s];
    }
    core_head(core, in->stream[ROW_BOOK], core->frame->recv_ns, in->hold != NULL,
              in->sync.seq_last);
    if (image.rows_left == 0)
        core_marker_row(core, index, TD_ROW_SNAPSHOT | TD_ROW_NO_EVENT_TIME | TD_ROW_CLEAR);
    for (unsigned s = 0; s < BEST_SIDES; s++) {
        image.side = best_side[s];
        image.left = count[s];
        if (count[s] > 0)
            book_walk(in->book, best_side[s], image_row, &image);
    }
    if (!in->sync.have_base)
        core_want_resync(core, index, 0);
}
