/* The oracle of the book tests: a plain sorted array a side, and a comparison of everything a book
 * tells. */
#ifndef TD_TEST_BOOK_MODEL_H
#define TD_TEST_BOOK_MODEL_H

#include <stdlib.h>

#include "book/book.h"
#include "test.h"

enum { MODEL_LEVELS_MAX = 1 << 17 };

/* Best level last, so that changes at the touch are cheap. */
struct model_side {
    struct td_level *level;
    uint32_t count;
};

struct model {
    struct model_side side[3]; /* by enum td_side */
};

static inline struct model *model_new(void)
{
    struct model *model = calloc(1, sizeof(*model));

    for (int side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++)
        model->side[side].level = malloc(MODEL_LEVELS_MAX * sizeof(struct td_level));
    return model;
}

static inline void model_delete(struct model *model)
{
    free(model->side[TD_SIDE_BID].level);
    free(model->side[TD_SIDE_ASK].level);
    free(model);
}

/* Is `a` worse than `b`? */
static inline bool model_worse(uint8_t side, int64_t a, int64_t b)
{
    return side == TD_SIDE_BID ? a < b : a > b;
}

static inline uint32_t model_find(const struct model_side *at, uint8_t side, int64_t price)
{
    uint32_t low = 0, high = at->count;

    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (model_worse(side, at->level[mid].price_steps, price))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static inline int model_set(struct model *model, uint8_t side, int64_t price, int64_t size)
{
    struct model_side *at = &model->side[side];
    uint32_t i = model_find(at, side, price);
    bool present = i < at->count && at->level[i].price_steps == price;

    if (present && size != 0) {
        bool same = at->level[i].size_steps == size;
        at->level[i].size_steps = size;
        return same ? BOOK_SAME : BOOK_CHANGED;
    }
    if (present) {
        memmove(&at->level[i], &at->level[i + 1], (at->count - i - 1) * sizeof(struct td_level));
        at->count--;
        return BOOK_DELETED;
    }
    if (size == 0)
        return BOOK_UNKNOWN_DELETE;
    memmove(&at->level[i + 1], &at->level[i], (at->count - i) * sizeof(struct td_level));
    at->level[i] = (struct td_level){price, size, side};
    at->count++;
    TD_ASSERT(at->count < MODEL_LEVELS_MAX, "the model is too small for the test");
    return BOOK_CHANGED;
}

static inline int64_t model_size(const struct model *model, uint8_t side, int64_t price)
{
    const struct model_side *at = &model->side[side];
    uint32_t i = model_find(at, side, price);

    return i < at->count && at->level[i].price_steps == price ? at->level[i].size_steps : 0;
}

static inline void model_clear(struct model *model)
{
    model->side[TD_SIDE_BID].count = model->side[TD_SIDE_ASK].count = 0;
}

/* Touch and counts of both sides. */
static inline void model_check_touch(const struct model *model, const struct book *book)
{
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        const struct model_side *at = &model->side[side];
        int64_t price = 0, size = 0;
        CHECK(book_levels(book, side) == at->count);
        CHECK(book_best(book, side, &price, &size) == (at->count > 0));
        if (at->count == 0)
            continue;
        CHECK_EQ_I64(price, at->level[at->count - 1].price_steps);
        CHECK_EQ_I64(size, at->level[at->count - 1].size_steps);
    }
}

struct model_walk {
    const struct model_side *at;
    uint32_t seen, stop;
};

static inline bool model_visit(void *arg, int64_t price, int64_t size)
{
    struct model_walk *walk = arg;

    CHECK(walk->seen < walk->at->count);
    const struct td_level *level = &walk->at->level[walk->at->count - 1 - walk->seen];
    CHECK_EQ_I64(price, level->price_steps);
    CHECK_EQ_I64(size, level->size_steps);
    return ++walk->seen != walk->stop;
}

/* One level after the other. */
static inline void model_check_sum(const struct model *model, const struct book *book, uint8_t side,
                                   int64_t from, int64_t to)
{
    const struct model_side *at = &model->side[side];
    __int128 sum = 0;

    for (uint32_t i = 0; i < at->count; i++)
        sum += at->level[i].price_steps >= from && at->level[i].price_steps <= to
                   ? at->level[i].size_steps
                   : 0;
    CHECK(book_sum(book, side, from, to) == sum);
}

/* Whole range, from and to the ends of int64, between levels, with and without these, next to them, none. */
static inline void model_check_sums(const struct model *model, const struct book *book,
                                    uint8_t side)
{
    const struct model_side *at = &model->side[side];

    model_check_sum(model, book, side, INT64_MIN, INT64_MAX);
    for (uint32_t i = 0; i < at->count; i += 1 + at->count / 7) {
        int64_t price = at->level[i].price_steps;
        uint32_t j = (uint32_t)((uint64_t)i * 31 % at->count);
        int64_t other = at->level[j].price_steps;
        int64_t low = price < other ? price : other, high = price < other ? other : price;
        model_check_sum(model, book, side, INT64_MIN, price);
        model_check_sum(model, book, side, price, INT64_MAX);
        model_check_sum(model, book, side, price, price);
        model_check_sum(model, book, side, low, high);
        if (low < high) {
            model_check_sum(model, book, side, low + 1, high - 1);
            CHECK(book_sum(book, side, high, low) == 0);
        }
    }
}

/* Everything: touch, whole walk, a walk that stops, top, sums, worst level, size of each level and of its
 * neighbours. */
static inline void model_check(const struct model *model, const struct book *book)
{
    static struct td_level top[40];

    model_check_touch(model, book);
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        const struct model_side *at = &model->side[side];
        uint32_t n = at->count;
        struct model_walk walk = {at, 0, 0}, part = {at, 0, 3};
        book_walk(book, side, model_visit, &walk);
        CHECK(walk.seen == n);
        book_walk(book, side, model_visit, &part);
        CHECK(part.seen == (n < 3 ? n : 3));
        uint32_t filled = book_top(book, side, 40, top);
        CHECK(filled == (n < 40 ? n : 40));
        for (uint32_t i = 0; i < filled; i++) {
            CHECK_EQ_I64(top[i].price_steps, at->level[n - 1 - i].price_steps);
            CHECK_EQ_I64(top[i].size_steps, at->level[n - 1 - i].size_steps);
            CHECK(top[i].side == side);
        }
        model_check_sums(model, book, side);
        int64_t price, size;
        CHECK(!book_beyond(book, side, n, &price, &size));
        if (n > 0) {
            CHECK(book_beyond(book, side, n - 1, &price, &size));
            CHECK_EQ_I64(price, at->level[0].price_steps);
            CHECK_EQ_I64(size, at->level[0].size_steps);
        }
        for (uint32_t i = 0; i < n; i += 1 + n / 512) {
            int64_t at_price = at->level[i].price_steps;
            CHECK_EQ_I64(book_size(book, side, at_price), at->level[i].size_steps);
            if (at_price < INT64_MAX)
                CHECK_EQ_I64(book_size(book, side, at_price + 1),
                             model_size(model, side, at_price + 1));
        }
    }
}

/* xorshift64*: the same numbers on every machine. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return random_next(state) % bound;
}

#endif
