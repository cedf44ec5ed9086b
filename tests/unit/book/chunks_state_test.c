/* A book that was loaded goes on as the one that was saved: same levels, same answers, and the same level finds the pool full. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/state.h"
#include "book/book.h"
#include "test.h"

enum { BYTES_MAX = 8 << 20, BOOKS = 3 };

static unsigned char bytes[2][BYTES_MAX];

/* Some books on one pool. */
struct shelf {
    void *pool_mem, *book_mem[BOOKS];
    struct book_pool *pool;
    struct book *book[BOOKS];
};

static struct shelf shelf_new(uint32_t levels)
{
    struct shelf shelf;
    shelf.pool_mem = calloc(1, book_pool_footprint(levels));
    shelf.pool = book_pool_init(shelf.pool_mem, levels);
    for (int i = 0; i < BOOKS; i++) {
        shelf.book_mem[i] = calloc(1, book_footprint());
        shelf.book[i] = book_init(shelf.book_mem[i], shelf.pool);
    }
    return shelf;
}

static void shelf_free(struct shelf *shelf)
{
    for (int i = 0; i < BOOKS; i++)
        free(shelf->book_mem[i]);
    free(shelf->pool_mem);
}

static size_t save(struct shelf *shelf, unsigned char *out)
{
    struct td_state state = td_state_save(out, BYTES_MAX);
    for (int i = 0; i < BOOKS; i++)
        book_state(shelf->book[i], &state);
    CHECK(!state.failed);
    return state.used;
}

static bool load(struct shelf *shelf, const void *from, size_t count)
{
    struct td_state state = td_state_load(from, count);
    for (int i = 0; i < BOOKS; i++)
        book_state(shelf->book[i], &state);
    return !state.failed && state.used == count;
}

static uint64_t random_state;
static uint64_t draw(uint64_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return td_hash_u64(random_state) % below;
}

/* One change, drawn once and done to both; the middle walks so that ladders move. */
struct change {
    int book;
    uint8_t side;
    int64_t price, size;
};
static int64_t middle;

static struct change next_change(void)
{
    struct change change = {.book = (int)draw(BOOKS), .side = (uint8_t)(1 + draw(2))};
    int64_t reach = draw(3) == 0 ? 4000000 : 30000;
    middle += (int64_t)draw(201) - 100 + (draw(20000) == 0 ? 300000 : 0);
    int64_t off = (int64_t)draw((uint64_t)reach);
    change.price = (middle + (change.side == TD_SIDE_BID ? -off : off)) * 10 + (draw(50) == 0);
    change.size = draw(3) == 0 ? 0 : 1 + (int64_t)draw(1000000);
    return change;
}

static int apply(struct shelf *shelf, const struct change *change)
{
    return book_set(shelf->book[change->book], change->side, change->price, change->size);
}

/* Best first, each price once. */
static bool in_order(const struct td_level *level, uint32_t count, uint8_t side)
{
    for (uint32_t i = 1; i < count; i++)
        if (side == TD_SIDE_BID ? level[i].price_steps >= level[i - 1].price_steps
                                : level[i].price_steps <= level[i - 1].price_steps)
            return false;
    return true;
}

static bool same_levels(const struct shelf *a, const struct shelf *b)
{
    static struct td_level left[65536], right[65536];
    for (int i = 0; i < BOOKS; i++)
        for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
            uint32_t count = book_top(a->book[i], side, 65536, left);
            if (book_top(b->book[i], side, 65536, right) != count)
                return false;
            CHECK(in_order(left, count, side));
            for (uint32_t n = 0; n < count; n++)
                if (left[n].price_steps != right[n].price_steps ||
                    left[n].size_steps != right[n].size_steps)
                    return false;
        }
    return true;
}

/* Returns how many levels found the pool full. */
static unsigned go_on_together(struct shelf *a, struct shelf *b, unsigned changes)
{
    unsigned full = 0;
    for (unsigned i = 0; i < changes; i++) {
        struct change change = next_change();
        int got = apply(a, &change);
        CHECK_EQ_I64(apply(b, &change), got);
        CHECK_EQ_U64(book_pool_free(b->pool), book_pool_free(a->pool));
        full += got == TD_E_BOOK_FULL;
        if (draw(20000) == 0) {
            book_settle(a->book[change.book]);
            book_settle(b->book[change.book]);
        }
        if (draw(60000) == 0) {
            CHECK_EQ_I64(book_rescale(a->book[change.book], 10, 1), 0);
            CHECK_EQ_I64(book_rescale(b->book[change.book], 10, 1), 0);
        }
    }
    return full;
}

static unsigned one_run(uint64_t seed, uint32_t pool_levels, unsigned changes)
{
    struct shelf a = shelf_new(pool_levels);
    random_state = seed;
    middle = 5000000;
    unsigned full = 0;
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < changes; i++) {
            struct change change = next_change();
            apply(&a, &change);
        }
        size_t count = save(&a, bytes[0]);
        CHECK_EQ_U64(save(&a, bytes[1]), count);
        CHECK_EQ_MEM(bytes[0], bytes[1], count);
        struct shelf b = shelf_new(pool_levels);
        CHECK(load(&b, bytes[0], count));
        CHECK(same_levels(&a, &b));
        CHECK_EQ_U64(save(&b, bytes[1]), count);
        CHECK_EQ_MEM(bytes[0], bytes[1], count);
        full += go_on_together(&a, &b, changes);
        CHECK(same_levels(&a, &b));
        count = save(&a, bytes[0]);
        CHECK_EQ_U64(save(&b, bytes[1]), count);
        CHECK_EQ_MEM(bytes[0], bytes[1], count);
        shelf_free(&a);
        a = b; /* the next round's live one was loaded */
    }
    shelf_free(&a);
    return full;
}

TEST(loaded_books_go_on_as_the_saved_ones)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        CHECK_EQ_U64(one_run(seed, 200000, 40000), 0);
}

TEST(the_same_level_finds_the_pool_full)
{
    unsigned full = 0;
    for (uint64_t seed = 11; seed <= 14; seed++)
        full += one_run(seed, 8000, 40000);
    CHECK(full > 1000);
}

TEST(empty_books_and_extreme_prices)
{
    struct shelf a = shelf_new(4096), b = shelf_new(4096);
    size_t count = save(&a, bytes[0]);
    CHECK(load(&b, bytes[0], count));
    CHECK(same_levels(&a, &b));
    static const int64_t prices[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    for (unsigned i = 0; i < sizeof prices / sizeof *prices; i++)
        for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++)
            CHECK(book_set(a.book[1], side, prices[i], INT64_MAX) >= 0);
    count = save(&a, bytes[0]);
    shelf_free(&b);
    b = shelf_new(4096);
    CHECK(load(&b, bytes[0], count));
    CHECK(same_levels(&a, &b));
    book_settle(a.book[1]);
    count = save(&a, bytes[0]);
    shelf_free(&b);
    b = shelf_new(4096);
    CHECK(load(&b, bytes[0], count));
    CHECK(same_levels(&a, &b));
    shelf_free(&a);
    shelf_free(&b);
}

TEST(a_pool_that_is_too_small_fails_the_load)
{
    struct shelf a = shelf_new(100000), b = shelf_new(1000);
    random_state = 5;
    middle = 5000000;
    for (unsigned i = 0; i < 40000; i++) {
        struct change change = next_change();
        apply(&a, &change);
    }
    CHECK(!load(&b, bytes[0], save(&a, bytes[0])));
    shelf_free(&a);
    shelf_free(&b);
}

/* Nothing but the books and the pool is written, whatever stands there; the sanitizer looks on. */
TEST(hostile_bytes_are_survived)
{
    struct shelf a = shelf_new(20000);
    unsigned refused = 0;
    random_state = 6;
    middle = 5000000;
    for (unsigned i = 0; i < 4000; i++) {
        struct change change = next_change();
        apply(&a, &change);
    }
    size_t count = save(&a, bytes[0]);
    for (unsigned i = 0; i < 400; i++) {
        size_t part = draw(4) == 0 ? draw(count) : count;
        unsigned char *hostile = malloc(count);
        memcpy(hostile, bytes[0], count);
        for (unsigned n = 0; n < 1 + i % 4; n++)
            hostile[draw(draw(2) ? 60 : count)] ^= (unsigned char)(1u << draw(8));
        struct shelf b = shelf_new(20000);
        if (load(&b, hostile, part))
            for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++)
                CHECK(book_levels(b.book[0], side) < 100000);
        else
            refused++;
        shelf_free(&b);
        free(hostile);
    }
    CHECK(refused > 100);
    shelf_free(&a);
}
