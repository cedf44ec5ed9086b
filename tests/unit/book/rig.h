/* A book, its pool and the oracle beside it: every change goes to both, and its outcome is compared. */
#ifndef TD_TEST_BOOK_RIG_H
#define TD_TEST_BOOK_RIG_H

#include "model.h"

struct rig {
    struct model *model;
    struct book_pool *pool;
    struct book *book;
    uint64_t random;
    uint32_t pool_free; /* when empty */
    uint32_t full;      /* changes that found the pool empty */
};

static inline struct rig rig_new(uint32_t pool_levels, uint64_t seed)
{
    struct rig rig = {.model = model_new(), .random = seed};

    rig.pool = book_pool_init(malloc(book_pool_footprint(pool_levels)), pool_levels);
    rig.book = book_init(malloc(book_footprint()), rig.pool);
    rig.pool_free = book_pool_free(rig.pool);
    return rig;
}

static inline void rig_clear(struct rig *rig)
{
    book_clear(rig->book);
    model_clear(rig->model);
    model_check(rig->model, rig->book);
    CHECK(book_pool_free(rig->pool) == rig->pool_free);
}

static inline void rig_delete(struct rig *rig)
{
    model_check(rig->model, rig->book);
    rig_clear(rig);
    free(rig->book);
    free(rig->pool);
    model_delete(rig->model);
}

static inline int rig_set(struct rig *rig, uint8_t side, int64_t price, int64_t size)
{
    int64_t was = -1, before = model_size(rig->model, side, price);
    int change = book_set_was(rig->book, side, price, size, &was);

    CHECK_EQ_I64(was, before);
    if (change == TD_E_BOOK_FULL) {
        rig->full++;
        CHECK(size != 0 && model_size(rig->model, side, price) == 0);
        return change;
    }
    CHECK_EQ_I64(change, model_set(rig->model, side, price, size));
    return change;
}

static inline void rig_prune(struct rig *rig, uint8_t side, uint32_t depth)
{
    int64_t price, size;

    while (book_beyond(rig->book, side, depth, &price, &size)) {
        CHECK_EQ_I64(size, model_size(rig->model, side, price));
        CHECK(rig_set(rig, side, price, 0) == BOOK_DELETED);
    }
    CHECK(book_levels(rig->book, side) <= depth);
}

#endif
