/* Every distribution runs against a plain sorted array; each change's outcome and the touch are
   compared at once, the whole book every few thousand changes. */
#include "book/book.h"

#include "rig.h"

/* ---- distributions ----------------------------------------------------------------------- */

/* What to change next: a price, near the middle that the distribution walks. */
struct plan {
    int64_t mid;               /* walks by up to `drift` every change */
    int64_t jump;              /* now and then leaps by up to this */
    uint64_t drift, near, far; /* prices within `near` of the middle, one in 8 within `far` */
    int64_t unit;              /* prices are multiples of it, one in `odd` is not */
    uint32_t odd;
    uint32_t levels; /* a side holds about this many */
    bool rescale;
};

static int64_t plan_price(struct plan *plan, uint64_t *random, uint8_t side)
{
    uint64_t reach = random_below(random, 8) == 0 ? plan->far : plan->near;

    plan->mid += (int64_t)random_below(random, 2 * plan->drift + 1) - (int64_t)plan->drift;
    if (plan->jump != 0 && random_below(random, 5000) == 0)
        plan->mid += (int64_t)random_below(random, 2 * (uint64_t)plan->jump + 1) - plan->jump;
    int64_t off = (int64_t)random_below(random, reach);
    int64_t price = (plan->mid + (side == TD_SIDE_BID ? -off : off)) * plan->unit;
    if (plan->odd != 0 && random_below(random, plan->odd) == 0)
        price += (int64_t)random_below(random, (uint64_t)plan->unit);
    return price;
}

static void rig_rescale(struct rig *rig, struct plan *plan)
{
    int64_t price_factor = 1 + (int64_t)random_below(&rig->random, 10), size_factor = 10;

    if (plan->unit > INT64_C(100000))
        return;
    CHECK_EQ_I64(book_rescale(rig->book, price_factor, size_factor), 0);
    for (int side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        for (uint32_t i = 0; i < rig->model->side[side].count; i++) {
            rig->model->side[side].level[i].price_steps *= price_factor;
            rig->model->side[side].level[i].size_steps *= size_factor;
        }
    }
    plan->unit *= price_factor;
    model_check(rig->model, rig->book);
}

static void rig_seldom(struct rig *rig, struct plan *plan)
{
    uint8_t side = (uint8_t)(TD_SIDE_BID + random_below(&rig->random, 2));

    switch (random_below(&rig->random, 40)) {
    case 0:
        rig_clear(rig);
        break;
    case 1:
    case 2:
        rig_prune(rig, side, (uint32_t)random_below(&rig->random, plan->levels));
        break;
    case 3:
    case 4:
    case 5:
        book_settle(rig->book);
        break;
    case 6:
        if (plan->rescale && random_below(&rig->random, 4) == 0)
            rig_rescale(rig, plan);
        break;
    default:
        break;
    }
    model_check(rig->model, rig->book);
}

static void rig_run(struct rig *rig, struct plan *plan, uint32_t changes)
{
    for (uint32_t i = 0; i < changes; i++) {
        uint8_t side = (uint8_t)(TD_SIDE_BID + random_below(&rig->random, 2));
        const struct model_side *at = &rig->model->side[side];
        uint64_t dice = random_below(&rig->random, 100);
        int64_t price = plan_price(plan, &rig->random, side);
        int64_t size = (int64_t)random_below(&rig->random, 20);
        /* Known levels are deleted as fast as new ones come, once the side is as large as planned.
         */
        if (at->count > 0 && dice < (at->count > plan->levels ? 60u : 25u)) {
            price = at->level[random_below(&rig->random, at->count)].price_steps;
            size = dice % 4 == 0 ? size : 0;
        }
        rig_set(rig, side, price, size);
        model_check_touch(rig->model, rig->book);
        if (random_below(&rig->random, 4096) == 0)
            rig_seldom(rig, plan);
    }
}

/* TAPEDECK_SOAK=N in the environment: N times as many changes. */
static uint32_t soak(void)
{
    const char *text = getenv("TAPEDECK_SOAK");
    long times = text != NULL ? strtol(text, NULL, 10) : 1;

    return times > 0 && times <= 1000 ? (uint32_t)times : 1;
}

static void run_plan(struct plan plan, uint32_t changes, uint64_t seed)
{
    struct rig rig = rig_new(60000, seed);

    rig_run(&rig, &plan, changes * soak());
    CHECK(rig.full == 0);
    rig_delete(&rig);
}

/* The ladder holds 16,384 units: `far` and the jumps go beyond it. */
TEST(touch_heavy)
{
    run_plan(
        (struct plan){
            .mid = 6000000, .drift = 1, .near = 50, .far = 60000, .unit = 1, .levels = 400},
        1000000, 1);
}

TEST(touch_drifts_through_windows)
{
    run_plan((struct plan){.mid = 0,
                           .drift = 300,
                           .near = 4000,
                           .far = 50000,
                           .unit = 1,
                           .levels = 900,
                           .rescale = true},
             400000, 2);
}

TEST(spread_wide)
{
    run_plan(
        (struct plan){
            .mid = 5000000, .drift = 2, .near = 20000, .far = 4000000, .unit = 100, .levels = 4000},
        200000, 3);
}

TEST(touch_jumps)
{
    run_plan((struct plan){.mid = 0,
                           .drift = 1,
                           .jump = 1000000000,
                           .near = 300,
                           .far = 100000,
                           .unit = 10,
                           .levels = 1500},
             400000, 4);
}

TEST(off_the_unit)
{
    run_plan((struct plan){.mid = 40000,
                           .drift = 1,
                           .near = 500,
                           .far = 90000,
                           .unit = 1000,
                           .odd = 15,
                           .levels = 800},
             400000, 5);
}

TEST(negative_prices_and_finer_scales)
{
    run_plan((struct plan){.mid = -700,
                           .drift = 2,
                           .near = 400,
                           .far = 30000,
                           .unit = 1,
                           .odd = 3,
                           .levels = 600,
                           .rescale = true},
             400000, 6);
}

TEST(small_books)
{
    run_plan(
        (struct plan){
            .mid = 90, .drift = 1, .near = 8, .far = 12, .unit = 7, .odd = 9, .levels = 6},
        1000000, 7);
}

/* ---- the ends of int64 ------------------------------------------------------------------- */

static int64_t extreme_price(uint64_t *random)
{
    int64_t off = (int64_t)random_below(random, 6000);

    switch (random_below(random, 6)) {
    case 0:
        return INT64_MAX - off;
    case 1:
        return INT64_MIN + off;
    case 2:
        return off - 3000;
    case 3:
        return INT64_MAX - (off << 40);
    case 4:
        return INT64_MIN + (off << 50);
    default:
        return (int64_t)random_next(random);
    }
}

TEST(ends_of_int64)
{
    struct rig rig = rig_new(60000, 8);
    struct plan plan = {.levels = 3000};

    for (uint32_t i = 0; i < 150000 * soak(); i++) {
        uint8_t side = (uint8_t)(TD_SIDE_BID + random_below(&rig.random, 2));
        const struct model_side *at = &rig.model->side[side];
        int64_t price = extreme_price(&rig.random);
        bool delete =
            at->count > 0 && random_below(&rig.random, 100) < (at->count > plan.levels ? 70u : 30u);
        if (delete) /* often at the touch, so that it wanders over the whole range */
            price = at->level[random_below(&rig.random, 2) ? at->count - 1
                                                           : random_below(&rig.random, at->count)]
                        .price_steps;
        rig_set(&rig, side, price, delete ? 0 : 1 + (int64_t)(random_next(&rig.random) >> 2));
        model_check_touch(rig.model, rig.book);
        if (random_below(&rig.random, 4096) == 0)
            rig_seldom(&rig, &plan);
    }
    rig_delete(&rig);
}

/* ---- pool -------------------------------------------------------------------------------- */

TEST(full_pool_leaves_the_book_unchanged)
{
    for (uint32_t levels = 0; levels < 3000; levels = levels * 3 + 50) {
        struct rig rig = rig_new(levels, 14 + levels);
        struct plan plan = {.mid = 1000,
                            .drift = 3,
                            .jump = 100000,
                            .near = 40000,
                            .far = 4000000,
                            .unit = 5,
                            .odd = 4,
                            .levels = levels * 2 + 2000};
        rig_run(&rig, &plan, 30000);
        CHECK(rig.full > 0);
        rig_delete(&rig);
    }
}

/* One book can have the whole pool, in whatever order its levels come. */
TEST(pool_holds_what_it_promises)
{
    enum { LEVELS = 12000 };
    for (int order = 0; order < 3; order++) {
        struct rig rig = rig_new(LEVELS, 15);
        uint32_t added = 0;
        while (added < LEVELS) {
            int64_t at = order == 0   ? (int64_t)added
                         : order == 1 ? -(int64_t)added
                                      : (int64_t)random_below(&rig.random, 1 << 30);
            int change = book_set(rig.book, TD_SIDE_ASK, at * 1000003, 1 + at * at);
            CHECK(change >= 0);
            model_set(rig.model, TD_SIDE_ASK, at * 1000003, 1 + at * at);
            added = book_levels(rig.book, TD_SIDE_ASK);
        }
        rig_delete(&rig);
    }
}

/* Ten books and their pool, as the recorder is planned for; a waiting book costs little. */
TEST(memory_is_small)
{
    size_t bytes = book_footprint(), touched = 0;
    unsigned char *mem = malloc(bytes);
    struct book_pool *pool = book_pool_init(malloc(book_pool_footprint(100)), 100);

    CHECK(book_pool_footprint(524288) + 10 * book_footprint() < 14 * 1000 * 1000);
    memset(mem, 0xA5, bytes);
    book_init(mem, pool);
    for (size_t page = 0; page < bytes; page += 4096) {
        bool changed = false;
        for (size_t i = page; i < bytes && i < page + 4096; i++)
            changed = changed || mem[i] != 0xA5;
        touched += changed ? 4096 : 0;
    }
    CHECK(touched < 50000);
    free(mem);
    free(pool);
}

/* ---- single words of the contract -------------------------------------------------------- */

TEST(outcomes)
{
    struct rig rig = rig_new(100, 16);

    CHECK(book_set(rig.book, TD_SIDE_BID, 10, 0) == BOOK_UNKNOWN_DELETE);
    CHECK(book_set(rig.book, TD_SIDE_BID, 10, 5) == BOOK_CHANGED);
    CHECK(book_set(rig.book, TD_SIDE_BID, 10, 5) == BOOK_SAME);
    CHECK(book_set(rig.book, TD_SIDE_BID, 10, 6) == BOOK_CHANGED);
    CHECK_EQ_I64(book_size(rig.book, TD_SIDE_BID, 10), 6);
    CHECK_EQ_I64(book_size(rig.book, TD_SIDE_ASK, 10), 0);
    CHECK(book_set(rig.book, TD_SIDE_BID, 10, 0) == BOOK_DELETED);
    CHECK_EQ_I64(book_size(rig.book, TD_SIDE_BID, 10), 0);
    rig_delete(&rig);
}

/* Nothing before a level comes, its size after, also where it stays, goes or was never there. */
TEST(tells_the_size_before)
{
    struct rig rig = rig_new(100, 19);
    const int64_t size[] = {0, 5, 5, 7, 0, 0, 3};
    int64_t before = 0, was;

    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
        was = -1;
        CHECK(book_set_was(rig.book, TD_SIDE_ASK, 10, size[i], &was) >= 0);
        CHECK_EQ_I64(was, before);
        before = size[i];
    }
    book_clear(rig.book);
    rig_delete(&rig);
}

/* The sums of a book that is laid, beyond its ladder and at both ends of the range, beyond 64 bits. */
TEST(sums)
{
    struct rig rig = rig_new(1000, 20);

    CHECK(book_sum(rig.book, TD_SIDE_BID, INT64_MIN, INT64_MAX) == 0);
    for (int64_t i = 1; i <= 40; i++)
        rig_set(&rig, TD_SIDE_BID, 1000000 - 25 * i, i);
    book_settle(rig.book);
    rig_set(&rig, TD_SIDE_BID, 1000000 - 38, 1000); /* between two slots */
    rig_set(&rig, TD_SIDE_BID, INT64_MIN, INT64_MAX);
    rig_set(&rig, TD_SIDE_BID, INT64_MIN + 1, INT64_MAX);
    CHECK(book_sum(rig.book, TD_SIDE_BID, 1000000 - 50, 1000000 - 25) == 1003);
    CHECK(book_sum(rig.book, TD_SIDE_BID, 1000000 - 49, 1000000 - 26) == 1000);
    CHECK(book_sum(rig.book, TD_SIDE_BID, 1000000 - 37, 1000000 - 26) == 0);
    CHECK(book_sum(rig.book, TD_SIDE_BID, INT64_MIN, INT64_MIN) == INT64_MAX);
    CHECK(book_sum(rig.book, TD_SIDE_BID, INT64_MIN, 0) == (__int128)INT64_MAX * 2);
    CHECK(book_sum(rig.book, TD_SIDE_BID, 5, 4) == 0);
    CHECK(book_sum(rig.book, TD_SIDE_BID, INT64_MAX, INT64_MIN) == 0);
    CHECK(book_sum(rig.book, TD_SIDE_ASK, INT64_MIN, INT64_MAX) == 0);
    rig_delete(&rig);
}

TEST(crossed_and_locked)
{
    struct rig rig = rig_new(100, 17);

    CHECK(!book_crossed(rig.book));
    book_set(rig.book, TD_SIDE_BID, 10, 5);
    CHECK(!book_crossed(rig.book));
    book_set(rig.book, TD_SIDE_ASK, 11, 5);
    CHECK(!book_crossed(rig.book));
    book_set(rig.book, TD_SIDE_ASK, 10, 5);
    CHECK(book_crossed(rig.book));
    book_set(rig.book, TD_SIDE_ASK, 9, 5);
    CHECK(book_crossed(rig.book));
    book_clear(rig.book);
    rig_delete(&rig);
}

/* Books of one pool do not see each other. */
TEST(books_share_a_pool)
{
    struct rig a = rig_new(30000, 18);
    struct book *other = book_init(malloc(book_footprint()), a.pool);
    struct plan plan = {
        .mid = 0, .drift = 1, .near = 3000, .far = 300000, .unit = 1, .levels = 3000};

    for (int round = 0; round < 20; round++) {
        for (int64_t i = 0; i < 3000; i++)
            CHECK(book_set(other, TD_SIDE_BID, i * 7919, 1 + i) >= 0);
        for (int i = 0; i < 2000; i++)
            rig_set(&a, TD_SIDE_ASK, plan_price(&plan, &a.random, TD_SIDE_ASK),
                    (int64_t)random_below(&a.random, 3));
        CHECK(book_levels(other, TD_SIDE_BID) == 3000);
        CHECK_EQ_I64(book_size(other, TD_SIDE_BID, 2999 * 7919), 3000);
        model_check(a.model, a.book);
        book_clear(other);
    }
    rig_delete(&a);
    free(other);
}
