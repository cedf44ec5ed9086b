#include "features/tape.h"

#include <stdlib.h>

#include "base/event.h"
#include "test.h"

TEST(a_full_ring_lets_the_oldest_go_and_counts_it)
{
    struct tape *t = malloc(sizeof *t);
    struct tape_near near = {0};

    tape_init(t);
    for (int i = 0; i < TAPE_PRINTS + 10; i++)
        tape_trade(t, TD_NS_PER_S + i, 100, 1, TD_TAKER_BUY, 1);
    tape_near(t, TD_NS_PER_S + TAPE_PRINTS + 10, 90, 110, &near);
    CHECK_EQ_I64((int64_t)near.buys, TAPE_PRINTS);
    CHECK_EQ_U64(t->full, 10);
    free(t);
}

/* Followed from look to look, it is what a fresh look finds; more sweeps than are kept stand there too. */
TEST(what_is_followed_equals_what_is_looked_through)
{
    struct tape *t = malloc(sizeof *t);
    struct tape_near near = {0};
    uint64_t random = 1;
    int64_t now_ns = TD_NS_PER_S;
    unsigned sweeps = 0;

    tape_init(t);
    for (int i = 0; i < 5000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        now_ns += (int64_t)(random >> 40) % 140 * TD_NS_PER_MS;
        tape_trade(t, now_ns, 90 + (int64_t)(random >> 50) % 20, 1 + (int64_t)(random >> 45) % 50,
                   random >> 60 ? 1 + (i / 7) % 2 : 0, 1);
        if (i % 3 != 0)
            continue;
        struct tape_near fresh = {0};
        tape_near(t, now_ns, 95, 103, &near);
        tape_near(t, now_ns, 95, 103, &fresh);
        CHECK(near.buys == fresh.buys && near.sells == fresh.sells && near.prints == fresh.prints);
        struct tape_flow followed = tape_read(t, now_ns, 1000, 1);
        t->swept = false;
        struct tape_flow found = tape_read(t, now_ns, 1000, 1);
        CHECK_EQ_I64(followed.sweep, found.sweep);
        CHECK_EQ_F64(followed.sweep_notional, found.sweep_notional);
        CHECK_EQ_I64(followed.sweep_span_ms, found.sweep_span_ms);
        sweeps += found.sweep;
    }
    CHECK(sweeps > 100);
    free(t);
}

TEST(automatic_notional_is_the_99th_percentile_of_the_hour)
{
    struct tape *t = malloc(sizeof *t);
    int64_t now_ns = 7200 * TD_NS_PER_S;

    tape_init(t);
    for (int i = 1; i <= 301; i++, now_ns += TD_NS_PER_S)
        for (int k = 0; k < 2; k++)
            tape_trade(t, now_ns, 1, i, TD_TAKER_BUY, 1);
    tape_advance(t, now_ns); /* 300 clusters of 2, 4 ... 600 are over */
    CHECK(t->has_usual);
    CHECK_EQ_F64(t->usual, 2 * 297); /* sorted[floor(0.99 * 299)] = the 297th */
    tape_advance(t, now_ns + 2 * 3600 * TD_NS_PER_S);
    CHECK(!t->has_usual);
    free(t);
}
