#include "features/quotewatch.h"

#include <math.h>

#include "base/state.h"
#include "test.h"

/* A top of one level a side, or of as many as told, a step apart. */
static struct top top_of(int64_t bid, int64_t ask, uint32_t levels, int64_t size)
{
    struct top top = {.price_scale = 2, .size_scale = 8, .twice_mid = bid + ask};

    for (uint32_t i = 0; i < levels; i++) {
        top.side[0].price[i] = bid - i;
        top.side[1].price[i] = ask + i;
        top.side[0].size[i] = top.side[1].size[i] = size;
    }
    top.side[0].count = top.side[1].count = levels;
    return top;
}

static void feed(struct quotewatch *q, int64_t twice_mid)
{
    struct top top = top_of(twice_mid / 2 - 1, twice_mid - twice_mid / 2 + 1, 1, 100);

    top.twice_mid = twice_mid;
    quotewatch_book(q, &top);
}

/* Two passes over the mids of the window. */
static long double plain_volatility(const int64_t *twice_mid, int mids)
{
    long double change[QUOTEWATCH_MIDS], mean = 0, squares = 0;
    int first = mids > QUOTEWATCH_MIDS ? mids - QUOTEWATCH_MIDS : 0, n = 0;

    for (int i = first + 1; i < mids; i++) {
        if (twice_mid[i - 1] == 0)
            continue;
        change[n] = (long double)(twice_mid[i] - twice_mid[i - 1]) / twice_mid[i - 1] * 10000;
        if (fabsl(change[n]) > 65536)
            change[n] = copysignl(65536, change[n]);
        mean += change[n++];
    }
    mean = n > 0 ? mean / n : 0;
    for (int i = 0; i < n; i++)
        squares += (change[i] - mean) * (change[i] - mean);
    return n > 0 ? sqrtl(squares / n) : 0;
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D) >> 8;
}

enum { EVENTS = 3000 };

static void check_walk(int64_t start, uint64_t reach, bool leaps)
{
    static int64_t mids[EVENTS];
    struct quotewatch q;
    uint64_t random = 7 + reach;

    quotewatch_init(&q);
    for (int i = 0; i < EVENTS; i++) {
        int64_t step = (int64_t)(random_next(&random) % (2 * reach + 1)) - (int64_t)reach;
        mids[i] = (i > 0 ? mids[i - 1] : start) + step;
        if (leaps && random_next(&random) % 20 == 0)
            mids[i] = (int64_t)(random_next(&random) % 3) * start * 100;
        feed(&q, mids[i]);
        double plain = (double)plain_volatility(mids, i + 1);
        CHECK_NEAR_F64(q.value[3], plain, 1e-9 * plain + 1e-12);
    }
}

TEST(volatility_equals_two_passes)
{
    check_walk(12000000, 0, false);
    check_walk(12000000, 1, false);
    check_walk(12000000, 3000, false);
    check_walk(200, 3, false);
}

/* Mids that leap a hundredfold and to 0 (as some venues allow): changes are cut at 2^16 bps, pairs after a 0 do not count. */
TEST(volatility_of_leaps)
{
    check_walk(12000000, 5, true);
}

/* Every change at the limit, so that squares are past what is kept exact: the deviation is still that of the changes. */
TEST(volatility_of_endless_rises)
{
    struct quotewatch q;
    int64_t mid = 1;

    quotewatch_init(&q);
    for (int round = 0; round < 12; round++) {
        mid = 1;
        for (int i = 0; i < 7; i++, mid *= 300)
            feed(&q, mid);
    }
    /* Of 49 changes 42 rise beyond the limit and 7 fall to almost nothing. */
    double fall = -10000.0, mean = (42 * 65536.0 + 7 * fall) / 49;
    double plain =
        sqrt((42 * (65536 - mean) * (65536 - mean) + 7 * (fall - mean) * (fall - mean)) / 49);
    CHECK_NEAR_F64(q.value[3], plain, 1e-6 * plain);
}

/* A book's first mid: volatility 0; 49 changes and no more are held. */
TEST(the_window_is_50_mids)
{
    struct quotewatch q;

    quotewatch_init(&q);
    feed(&q, 20000);
    CHECK_EQ_F64(q.value[3], 0.0);
    feed(&q, 20002);
    CHECK_EQ_F64(q.value[3], 0.0); /* one change is its own mean */
    for (int i = 0; i < QUOTEWATCH_MIDS - 2; i++)
        feed(&q, 20002);
    CHECK(q.value[3] > 0);
    feed(&q, 20002);
    CHECK_EQ_F64(q.value[3], 0.0);
}

/* Regression: the window once bridged a hole. */
TEST(reset_forgets)
{
    struct quotewatch q, fresh;

    quotewatch_init(&q);
    quotewatch_init(&fresh);
    for (int i = 0; i < 60; i++)
        feed(&q, 20000 + i * i % 7);
    quotewatch_reset(&q);
    for (int i = 0; i < 60; i++) {
        feed(&q, 30000 + i * i % 11);
        feed(&fresh, 30000 + i * i % 11);
        CHECK_EQ_F64(q.value[3], fresh.value[3]);
    }
}

TEST(spread_imbalance_depth)
{
    struct quotewatch q;
    struct top top = top_of(9999, 10001, 12, 150000000);

    quotewatch_init(&q);
    quotewatch_book(&q, &top);
    CHECK_NEAR_F64(q.value[0], 2.0, 1e-15);
    CHECK_EQ_F64(q.value[1], 0.0);
    CHECK_EQ_F64(q.value[2], 30.0); /* 10 levels a side */
    top.side[0].size[0] = 450000000;
    top.side[1].count = 3;
    quotewatch_book(&q, &top);
    CHECK_EQ_F64(q.value[1], 0.5);
    CHECK_EQ_F64(q.value[2], 4.5 + 9 * 1.5 + 3 * 1.5);
}

/* Without a price above 0 there is no spread in bps, and no score. */
TEST(spread_needs_a_price)
{
    static struct feature_row row;
    struct quotewatch q;

    quotewatch_init(&q);
    feed(&q, 0);
    CHECK(isnan(q.value[0]));
    feature_row_clear(&row);
    quotewatch_fill(&q, &row);
    CHECK(!feature_has(&row, FEATURE_spread_bps) && feature_has(&row, FEATURE_imbalance));
    CHECK(!feature_has(&row, FEATURE_stability_score));
    CHECK(!feature_has(&row, FEATURE_stability_category));
    feed(&q, 20000);
    feature_row_clear(&row);
    quotewatch_fill(&q, &row);
    CHECK_EQ_F64(row.value[FEATURE_stability_score],
                 stability_score(q.value[0], q.value[1], q.value[3]));
    CHECK_EQ_F64(row.value[FEATURE_stability_category],
                 stability_category(row.value[FEATURE_stability_score]));
    CHECK(!feature_has(&row, FEATURE_trade_imbalance)); /* the engine's */
}

/* A finer scale changes no number. */
TEST(rescale)
{
    struct quotewatch q, plain;

    quotewatch_init(&q);
    quotewatch_init(&plain);
    for (int i = 0; i < 100; i++) {
        int64_t mid = 20000 + i * 7 % 13, factor = i < 40 ? 1 : 1000;
        if (i == 40)
            quotewatch_rescale(&q, 1000);
        feed(&q, mid * factor);
        feed(&plain, mid);
        CHECK_EQ_F64(q.value[3], plain.value[3]);
    }
    quotewatch_rescale(&q, INT64_C(1000000000000000)); /* no longer fits */
    feed(&q, 5000);
    CHECK_EQ_F64(q.value[3], 0.0);
}

TEST(state_goes_on)
{
    static unsigned char bytes[4096];
    struct quotewatch q, loaded;

    for (int before = 0; before < 120; before += 7) {
        quotewatch_init(&q);
        for (int i = 0; i < before; i++)
            feed(&q, i % 17 == 0 ? 0 : 20000 + i * i % 101);
        struct td_state save = td_state_save(bytes, sizeof bytes);
        quotewatch_state(&q, &save);
        CHECK(!save.failed);
        quotewatch_init(&loaded);
        struct td_state load = td_state_load(bytes, save.used);
        quotewatch_state(&loaded, &load);
        CHECK(!load.failed);
        for (int i = 0; i < QUOTEWATCH_INPUTS; i++)
            CHECK_EQ_F64(loaded.value[i], q.value[i]);
        for (int i = 0; i < 60; i++) {
            feed(&q, 20000 + i * i % 37);
            feed(&loaded, 20000 + i * i % 37);
            CHECK_EQ_F64(loaded.value[3], q.value[3]);
        }
        for (size_t cut = 0; cut < save.used; cut++) {
            load = td_state_load(bytes, cut);
            quotewatch_state(&loaded, &load);
            CHECK(load.failed);
        }
    }
}

/* Changes that no run can have are refused. */
TEST(state_that_cannot_be)
{
    static unsigned char bytes[4096];
    struct quotewatch q;

    quotewatch_init(&q);
    feed(&q, 20000);
    feed(&q, 20002);
    q.change[0] = (INT64_C(1) << 60) + 1;
    struct td_state save = td_state_save(bytes, sizeof bytes);
    quotewatch_state(&q, &save);
    CHECK(!save.failed);
    struct td_state load = td_state_load(bytes, save.used);
    quotewatch_state(&q, &load);
    CHECK(load.failed);
}
