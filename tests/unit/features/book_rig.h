/* A book with the parts of features that follow it, fed as the engine feeds them; and random books. */
#ifndef TD_TEST_FEATURES_BOOK_RIG_H
#define TD_TEST_FEATURES_BOOK_RIG_H

#include <stdlib.h>

#include "features/bands.h"
#include "features/feature.h"
#include "features/structural.h"
#include "features/top.h"
#include "test.h"

enum { RIG_POOL = 20000, RIG_PRICE_SCALE = 2, RIG_SIZE_SCALE = 8 };

struct book_rig {
    struct book_pool *pool;
    struct book *book;
    struct top top;
    struct bands bands;
    uint64_t random;
};

static inline struct book_rig book_rig_new(uint64_t seed)
{
    struct book_rig rig = {.random = seed * 2 + 1};

    rig.pool = book_pool_init(malloc(book_pool_footprint(RIG_POOL)), RIG_POOL);
    rig.book = book_init(malloc(book_footprint()), rig.pool);
    top_init(&rig.top);
    bands_init(&rig.bands);
    return rig;
}

static inline void book_rig_delete(struct book_rig *rig)
{
    book_clear(rig->book);
    free(rig->book);
    free(rig->pool);
}

static inline void book_rig_set(struct book_rig *rig, uint8_t side, int64_t price, int64_t size)
{
    int64_t was;

    CHECK(book_set_was(rig->book, side, price, size, &was) >= 0);
    top_change(&rig->top, side, price);
    bands_change(&rig->bands, side, price, was, size);
}

/* The end of an event. */
static inline bool book_rig_settle(struct book_rig *rig)
{
    if (!top_refresh(&rig->top, rig->book, RIG_PRICE_SCALE, RIG_SIZE_SCALE))
        return false;
    top_derive(&rig->top);
    bands_settle(&rig->bands, rig->book, rig->top.twice_mid);
    return true;
}

static inline void book_rig_clear(struct book_rig *rig)
{
    book_clear(rig->book);
    top_invalidate(&rig->top);
    bands_invalidate(&rig->bands);
}

/* All columns of the book as it stands; false: withheld. */
static inline bool book_rig_row(struct book_rig *rig, struct feature_row *row)
{
    feature_row_clear(row);
    if (!book_rig_settle(rig))
        return false;
    levels_fill(&rig->top, row);
    structural_fill(&rig->top, &rig->bands, row);
    optional_fill(&rig->top, row);
    return true;
}

/* The book of these levels alone; { price, size } pairs, ends with size 0. */
static inline void book_rig_lay(struct book_rig *rig, const int64_t (*bids)[2],
                                const int64_t (*asks)[2])
{
    book_rig_clear(rig);
    for (; (*bids)[1] != 0; bids++)
        book_rig_set(rig, TD_SIDE_BID, (*bids)[0], (*bids)[1]);
    for (; (*asks)[1] != 0; asks++)
        book_rig_set(rig, TD_SIDE_ASK, (*asks)[0], (*asks)[1]);
}

/* xorshift64*: the same numbers on every machine. */
static inline uint64_t rig_below(struct book_rig *rig, uint64_t bound)
{
    rig->random ^= rig->random >> 12;
    rig->random ^= rig->random << 25;
    rig->random ^= rig->random >> 27;
    return (rig->random * UINT64_C(0x2545F4914F6CDD1D) >> 8) % bound;
}

/* Takes the levels of a side that a middle has passed. */
static inline void book_rig_pass(struct book_rig *rig, uint8_t side, int64_t middle)
{
    int64_t price, size;

    while (book_best(rig->book, side, &price, &size) &&
           (side == TD_SIDE_BID ? price >= middle : price <= middle))
        book_rig_set(rig, side, price, 0);
}

/* One random change behind `middle`: mostly near, some far, one in three a delete of something near. */
static inline void book_rig_change(struct book_rig *rig, int64_t middle, uint64_t reach)
{
    uint8_t side = (uint8_t)(TD_SIDE_BID + rig_below(rig, 2));
    uint64_t wide = rig_below(rig, 10) == 0 ? reach * 100 : rig_below(rig, 3) == 0 ? reach : 40;
    int64_t off = 1 + (int64_t)rig_below(rig, wide);
    int64_t size = rig_below(rig, 3) == 0 ? 0 : 1 + (int64_t)rig_below(rig, 1000000000);

    book_rig_set(rig, side, side == TD_SIDE_BID ? middle - off : middle + off, size);
}

#endif
