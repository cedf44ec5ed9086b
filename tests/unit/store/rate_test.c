#include "store/rate.h"

#include "test.h"

TEST(without_a_limit_all_is_allowed)
{
    struct rate rate;
    rate_begin(&rate, 0, 5);
    rate_used(&rate, 1 << 30);
    CHECK(rate_allows(&rate));
    CHECK_EQ_I64(rate_wait_ms(&rate), 0);
    CHECK_EQ_I64((int64_t)rate_piece(&rate, 65536), 65536);
}

TEST(what_was_too_much_is_waited_for)
{
    struct rate rate;
    rate_begin(&rate, 1000, 0);
    CHECK(!rate_allows(&rate));
    rate_pass(&rate, 100); /* 100 bytes */
    CHECK(rate_allows(&rate));
    rate_used(&rate, 1100); /* owed: 1,000 */
    CHECK(!rate_allows(&rate));
    int64_t wait = rate_wait_ms(&rate);
    CHECK(wait > 1000 && wait < 1010);
    rate_pass(&rate, 1100);
    CHECK(!rate_allows(&rate)); /* the debt is paid, and no more */
    rate_pass(&rate, 100 + wait);
    CHECK(rate_allows(&rate));
}

TEST(a_pause_saves_up_a_quarter_of_a_second)
{
    struct rate rate;
    rate_begin(&rate, 1000, 0);
    rate_pass(&rate, 60000);
    rate_used(&rate, 250);
    CHECK(rate_allows(&rate));
    rate_used(&rate, 1);
    CHECK(!rate_allows(&rate));
    rate_used(&rate, 50000);
    rate_pass(&rate, INT64_C(1) << 50);
    CHECK(rate_allows(&rate));
}

/* Looked at each millisecond, one that gains a byte in five and a quarter loses nothing. */
TEST(a_slow_rate_is_kept_when_looked_at_often)
{
    struct rate rate;
    int64_t used = 0;
    rate_begin(&rate, 190, 0);
    for (int64_t ms = 1; ms <= 100000; ms++) {
        rate_pass(&rate, ms);
        if (!rate_allows(&rate))
            continue;
        rate_used(&rate, 1);
        used++;
    }
    CHECK(used > 18900 && used <= 19000);
}

TEST(pieces_follow_the_rate)
{
    struct rate rate;
    rate_begin(&rate, 80000, 0);
    CHECK_EQ_I64((int64_t)rate_piece(&rate, 65536), 10000);
    CHECK_EQ_I64((int64_t)rate_piece(&rate, 5000), 5000);
    rate_begin(&rate, 100, 0);
    CHECK_EQ_I64((int64_t)rate_piece(&rate, 65536), 1024);
}
