/* Books made of rows alone, against the true ones. */
#include <stdlib.h>
#include <string.h>

#include "sim/rows_parts.h"

/* HELD_FRAMES: a change may wait so long for its base. */
enum { HELD_FRAMES = 3000, CHECKED_LEVELS = 10, SHED_LEVELS = 50 };

/* The mark of a frame; those before it are dealt with. */
static const struct mark *mark_of(struct rows_book *book, uint64_t frame)
{
    struct rows_mark_list *list = &book->marks;
    while (list->first < list->count && list->mark[list->first].frame <= frame) {
        const struct mark *mark = &list->mark[list->first];
        book->spoilt |= mark->spoils;
        book->spoilt_frame = mark->spoils ? mark->frame : book->spoilt_frame;
        if (mark->frame == frame)
            return mark;
        list->first++;
    }
    return NULL;
}

/* ---- books --------------------------------------------------------------------------------------------------------------- */

static struct rows_book *book_at(struct rows *rows, unsigned index)
{
    struct rows_book *book = &rows->book[index];
    if (book->begun)
        return book;
    uint32_t cap = bourse_truth(rows->bourse, index)->market->is.levels_max + 4096;
    for (int ask = 0; ask < 2; ask++) {
        book->memory[ask] = malloc(cap * sizeof *book->memory[ask]);
        TD_ASSERT(book->memory[ask] != NULL, "no memory for a book of rows");
        levels_lay_out(&book->side[ask], book->memory[ask], cap, !ask);
    }
    book->begun = true;
    return book;
}

/* The best levels stand last. */
static bool same_top(const struct levels *a, const struct levels *b, uint32_t depth)
{
    uint32_t count = a->count < depth ? a->count : depth;
    uint32_t other = b->count < depth ? b->count : depth;
    return count == other &&
           memcmp(a->at + a->count - count, b->at + b->count - count, count * sizeof *a->at) == 0;
}

/* While the disk is nearly full the best levels alone are stored, from an image of them on. */
static uint32_t depth_of(const struct rows_book *book, const struct house *house)
{
    uint32_t depth = house->feed->shown ? house->feed->shown : UINT32_MAX;
    if (book->image && book->side[0].count <= SHED_LEVELS && book->side[1].count <= SHED_LEVELS)
        depth = SHED_LEVELS;
    return book->spoilt ? CHECKED_LEVELS : depth;
}

static void complain_book(struct rows *rows, const struct truth *truth,
                          const struct rows_book *book, uint64_t frame, uint32_t depth)
{
    for (int ask = 0; ask < 2; ask++)
        for (uint32_t i = 0; i < depth; i++) {
            const struct level *x = levels_nth(&book->side[ask], i);
            const struct level *y = levels_nth(&truth->side[ask], i);
            if (x && y && x->price_steps == y->price_steps && x->size_steps == y->size_steps)
                continue;
            if (!x && !y)
                break;
            world_fail(rows->world,
                       "the book of %s at frame %llu is marked proven and is wrong: %s level %u "
                       "is %lld x %lld, truly %lld x %lld (%u levels, truly %u)",
                       truth->market->is.raw, (unsigned long long)frame, ask ? "ask" : "bid", i,
                       x ? (long long)x->price_steps : 0, x ? (long long)x->size_steps : 0,
                       y ? (long long)y->price_steps : 0, y ? (long long)y->size_steps : 0,
                       book->side[ask].count, truth->side[ask].count);
            return;
        }
}

static void compare(struct rows *rows, unsigned index, uint64_t frame, uint64_t seq)
{
    struct rows_book *book = &rows->book[index];
    struct truth *truth = bourse_truth(rows->bourse, index);
    const struct house *house = &rows->bourse->house[bourse_host(rows->bourse, index)];
    bool by_seq = house->feed->seq_per_change;
    const struct mark *mark = mark_of(book, frame);
    book->proven++;
    if (book->lost)
        return;
    if (book->spoilt && !venues_sums(house->feed)) {
        book->spoilt_rows++;
        return;
    }
    if (!by_seq && mark == NULL)
        return;
    if (!(by_seq ? truth_walk_seq(truth, seq) : truth_walk(truth, mark->position)))
        return;
    uint32_t depth = depth_of(book, house);
    book->compared++;
    if (!same_top(&book->side[0], &truth->side[0], depth) ||
        !same_top(&book->side[1], &truth->side[1], depth))
        complain_book(rows, truth, book, frame, depth);
}

/* ---- rows --------------------------------------------------------------------------------------------------------------- */

enum { B_FRAME, B_SEQ, B_SIDE, B_PRICE, B_SIZE, B_FLAGS, B_STATE, B_PRICE_TEXT, B_SIZE_TEXT };
const char *const rows_book_columns[] = {"frame", "seq",        "side",       "price",    "size",
                                         "flags", "book_state", "price_text", "size_text"};

void rows_book_row(struct rows *rows, unsigned index, const struct columns *c, size_t row)
{
    struct rows_book *book = book_at(rows, index);
    const struct market_params *is = &bourse_truth(rows->bourse, index)->market->is;
    uint64_t frame = (uint64_t)columns_number(c, B_FRAME, row);
    int64_t flags = columns_number(c, B_FLAGS, row);
    const struct mark *mark = mark_of(book, frame);
    /* Changes that waited for a base keep the frames they came with. */
    bool by_seq = is->seq_per_change;
    if (frame < book->last_row_frame && world_tainted(rows->world, frame))
        book->lost = true; /* made again beside what stood */
    else if (frame < book->last_row_frame && !by_seq)
        world_fail(rows->world, "book rows of %s: frame %llu follows frame %llu (%s)", is->raw,
                   (unsigned long long)frame, (unsigned long long)book->last_row_frame, rows->path);
    book->last_row_frame = frame;
    if (flags & TD_ROW_CLEAR) {
        book->side[0].count = book->side[1].count = 0;
        book->lost = false;
        book->image = flags & TD_ROW_IMPLIED; /* the recorder's own book, no better than it was */
        if (!book->image)
            book->spoilt = (mark && mark->spoils) || (by_seq && book->spoilt_frame > 0 &&
                                                      frame < book->spoilt_frame + HELD_FRAMES);
    }
    book->change_rows += !(flags & (TD_ROW_MARKER | TD_ROW_IMPLIED | TD_ROW_SNAPSHOT));
    if (!(flags & TD_ROW_MARKER)) {
        bool ask = columns_text_is(c, B_SIDE, row, "ask");
        if (book->side[ask].count + 1 < book->side[ask].cap)
            levels_set(&book->side[ask],
                       columns_steps(c, B_PRICE, B_PRICE_TEXT, row, is->price_scale),
                       columns_steps(c, B_SIZE, B_SIZE_TEXT, row, is->size_scale));
    }
    if (flags & TD_ROW_LAST && columns_text_is(c, B_STATE, row, "proven") &&
        !(flags & TD_ROW_MARKER))
        compare(rows, index, frame, (uint64_t)columns_number(c, B_SEQ, row));
}
