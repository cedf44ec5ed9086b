/* The book against a plain sorted array. Each op is four bytes: what is done, a price near or far, a size. The pool is small, so that it
   also fills up: then the book says so and stays as it was. */
#include <stdlib.h>
#include <string.h>

#include "base/state.h"
#include "book/book.h"

enum { PLAIN_MAX = 4096, POOL = 256, SAVED_MAX = 1 << 18, CHECK_EVERY = 64, OPS_MAX = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* By price, rising, both sides alike. */
static struct plain_side {
    struct td_level level[PLAIN_MAX];
    uint32_t count;
} plain[3];

static uint32_t plain_find(const struct plain_side *side, int64_t price)
{
    uint32_t i = 0;
    while (i < side->count && side->level[i].price_steps < price)
        i++;
    return i;
}

static int plain_set(uint8_t which, int64_t price, int64_t size)
{
    struct plain_side *side = &plain[which];
    uint32_t i = plain_find(side, price);
    bool there = i < side->count && side->level[i].price_steps == price;
    struct td_level *at = &side->level[i];
    if (size == 0 && !there)
        return BOOK_UNKNOWN_DELETE;
    if (size == 0) {
        memmove(at, at + 1, (--side->count - i) * sizeof *at);
        return BOOK_DELETED;
    }
    if (there && at->size_steps == size)
        return BOOK_SAME;
    if (!there)
        memmove(at + 1, at, (side->count++ - i) * sizeof *at);
    *at = (struct td_level){price, size, which};
    return BOOK_CHANGED;
}

static const struct td_level *plain_nth(uint8_t which, uint32_t i)
{
    const struct plain_side *side = &plain[which];
    return &side->level[which == TD_SIDE_BID ? side->count - 1 - i : i];
}

struct walked {
    uint8_t side;
    uint32_t seen;
};

static bool same_level(void *arg, int64_t price, int64_t size)
{
    struct walked *walked = arg;
    TD_ASSERT(walked->seen < plain[walked->side].count, "no level more");
    const struct td_level *level = plain_nth(walked->side, walked->seen++);
    TD_ASSERT(level->price_steps == price && level->size_steps == size, "each level the same");
    return true;
}

static void check_touch(const struct book *book)
{
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        int64_t price, size;
        uint32_t count = plain[side].count;
        TD_ASSERT(book_levels(book, side) == count, "as many levels");
        TD_ASSERT(book_best(book, side, &price, &size) == (count > 0), "a best one");
        if (count > 0)
            TD_ASSERT(plain_nth(side, 0)->price_steps == price &&
                          plain_nth(side, 0)->size_steps == size,
                      "the same best one");
    }
    bool both = plain[TD_SIDE_BID].count && plain[TD_SIDE_ASK].count;
    TD_ASSERT(book_crossed(book) == (both && plain_nth(TD_SIDE_BID, 0)->price_steps >=
                                                 plain_nth(TD_SIDE_ASK, 0)->price_steps),
              "crossed or not");
}

static void check_sum(const struct book *book, uint8_t side, int64_t from, int64_t to)
{
    __int128 sum = 0;
    for (uint32_t i = 0; i < plain[side].count; i++) {
        const struct td_level *level = &plain[side].level[i];
        sum += level->price_steps >= from && level->price_steps <= to ? level->size_steps : 0;
    }
    TD_ASSERT(book_sum(book, side, from, to) == sum, "the same sum");
}

static void check_sums(const struct book *book, uint8_t side)
{
    uint32_t count = plain[side].count;
    check_sum(book, side, INT64_MIN, INT64_MAX);
    if (count == 0)
        return;
    int64_t low = plain_nth(side, count / 3)->price_steps;
    int64_t high = plain_nth(side, count - 1 - count / 4)->price_steps;
    check_sum(book, side, low, high);
    check_sum(book, side, high, low);
    check_sum(book, side, INT64_MIN, low);
    check_sum(book, side, high, INT64_MAX);
    if (low < INT64_MAX && high > INT64_MIN)
        check_sum(book, side, low + 1, high - 1);
}

static void check_all(const struct book *book)
{
    check_touch(book);
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        struct walked walked = {side, 0};
        struct td_level top[8];
        int64_t price, size;
        uint32_t count = plain[side].count;
        book_walk(book, side, same_level, &walked);
        TD_ASSERT(walked.seen == count, "no level less");
        TD_ASSERT(book_top(book, side, 8, top) == (count < 8 ? count : 8), "the top");
        for (uint32_t i = 0; i < count && i < 8; i++)
            TD_ASSERT(top[i].price_steps == plain_nth(side, i)->price_steps, "in its order");
        check_sums(book, side);
        TD_ASSERT(book_beyond(book, side, 5, &price, &size) == (count > 5), "beyond a depth");
        if (count > 5)
            TD_ASSERT(plain_nth(side, count - 1)->price_steps == price &&
                          plain_nth(side, count - 1)->size_steps == size,
                      "the farthest");
    }
}

/* Saved, loaded into another book of such a pool, and on with that one. */
static struct book *move_book(struct book *book, void *const pool_mem[2], void *const book_mem[2],
                              int *which)
{
    static unsigned char saved[SAVED_MAX];
    struct td_state save = td_state_save(saved, sizeof saved);
    book_state(book, &save);
    TD_ASSERT(!save.failed, "there is room for the state");
    *which = !*which;
    struct book *other = book_init(book_mem[*which], book_pool_init(pool_mem[*which], POOL));
    struct td_state load = td_state_load(saved, sizeof saved);
    book_state(other, &load);
    TD_ASSERT(!load.failed, "what was saved is loaded");
    return other;
}

static bool plain_rescale(int64_t factor)
{
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++)
        for (uint32_t i = 0; i < plain[side].count; i++) {
            int64_t out;
            if (__builtin_mul_overflow(plain[side].level[i].price_steps, factor, &out) ||
                __builtin_mul_overflow(plain[side].level[i].size_steps, factor, &out))
                return false;
        }
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++)
        for (uint32_t i = 0; i < plain[side].count; i++) {
            plain[side].level[i].price_steps *= factor;
            plain[side].level[i].size_steps *= factor;
        }
    return true;
}

/* Near the middle, spread, far away, at the ends of the range. */
static int64_t price_of(uint8_t how, uint8_t value)
{
    switch (how % 4) {
    case 0:
        return 100000 + value;
    case 1:
        return 100000 + (int64_t)value * 25 - 3000;
    case 2:
        return (int64_t)value * 1000003 - 50000000;
    default:
        return value & 1 ? INT64_MAX - value : INT64_MIN + value;
    }
}

static void set_level(struct book *book, const uint8_t *op)
{
    uint8_t side = op[0] & 16 ? TD_SIDE_ASK : TD_SIDE_BID;
    int64_t price = price_of(op[0] >> 5, op[1]), size = op[2] & 3 ? op[3] : 0;
    if (plain[side].count >= PLAIN_MAX - 1)
        return;
    uint32_t i = plain_find(&plain[side], price);
    const struct td_level *there = &plain[side].level[i];
    int64_t before = i < plain[side].count && there->price_steps == price ? there->size_steps : 0;
    int64_t was;
    int got = book_set_was(book, side, price, size, &was);
    TD_ASSERT(was == before, "the size before");
    if (got != TD_E_BOOK_FULL)
        TD_ASSERT(got == plain_set(side, price, size), "the same answer");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static void *pool_mem[2], *book_mem[2];
    int which = 0;
    for (int i = 0; i < 2 && pool_mem[i] == NULL; i++) {
        pool_mem[i] = aligned_alloc(64, (book_pool_footprint(POOL) + 63) / 64 * 64);
        book_mem[i] = aligned_alloc(64, (book_footprint() + 63) / 64 * 64);
    }
    plain[TD_SIDE_BID].count = plain[TD_SIDE_ASK].count = 0;
    struct book *book = book_init(book_mem[0], book_pool_init(pool_mem[0], POOL));
    for (size_t i = 0; i + 4 <= bytes && i < OPS_MAX * 4; i += 4) {
        switch (data[i] % 16) {
        case 0:
            book_settle(book);
            break;
        case 1:
            book_clear(book);
            plain[TD_SIDE_BID].count = plain[TD_SIDE_ASK].count = 0;
            break;
        case 2:
            book = move_book(book, pool_mem, book_mem, &which);
            break;
        case 3:
            if (data[i + 1] < 4) {
                bool fits = plain_rescale(data[i + 1] + 1);
                TD_ASSERT((book_rescale(book, data[i + 1] + 1, data[i + 1] + 1) == 0) == fits,
                          "a scale that fits, or none");
            }
            break;
        default:
            set_level(book, data + i);
        }
        if (i / 4 % CHECK_EVERY == 0)
            check_all(book);
        else
            check_touch(book);
    }
    check_all(book);
    return 0;
}
