#include "net/backoff.h"

#include "base/limits.h"
#include "test.h"

#define S TD_NS_PER_S
#define MIDDLE (UINT32_MAX / 2) /* no jitter, to a few ns */

static int64_t rounded_s(int64_t ns)
{
    return (ns + S / 2) / S;
}

TEST(table_without_jitter)
{
    static const int64_t expected_s[] = {1,  2,  4,  8,  16, 30,  30,  30,  30, 30,
                                         30, 30, 30, 30, 64, 128, 256, 300, 300};
    struct backoff backoff = {0};
    int64_t now_ns = 1000 * S;
    for (size_t i = 0; i < sizeof expected_s / sizeof *expected_s; i++) {
        int64_t delay_ns = backoff_failed(&backoff, now_ns, MIDDLE, 0);
        CHECK_EQ_I64(rounded_s(delay_ns), expected_s[i]);
        now_ns += delay_ns;
    }
}

TEST(two_days_of_outage_never_give_up)
{
    struct backoff backoff = {0};
    int64_t now_ns = 0, tries = 0;
    for (; now_ns < 48 * 3600 * S; tries++) {
        int64_t delay_ns = backoff_failed(&backoff, now_ns, (uint32_t)tries * 2654435761u, 0);
        CHECK(delay_ns >= S && delay_ns <= 360 * S);
        if (now_ns < 300 * S)
            CHECK(delay_ns <= 36 * S);
        now_ns += delay_ns;
    }
    CHECK(tries > 48 * 3600 / 360 && tries < 48 * 3600 / 240 + 30);
}

TEST(jitter_is_a_fifth_each_way)
{
    struct backoff low = {0}, high = {0};
    for (int i = 0; i < 6; i++) {
        int64_t plain_ns = (i < 5 ? INT64_C(1) << i : 30) * S;
        int64_t low_ns = backoff_failed(&low, 0, 0, 0),
                high_ns = backoff_failed(&high, 0, UINT32_MAX, 0);
        CHECK_EQ_I64(low_ns, i == 0 ? S : plain_ns - plain_ns / 5); /* floor 1 s */
        CHECK_EQ_I64(high_ns, plain_ns + plain_ns / 5);
    }
}

TEST(minute_of_data_resets)
{
    struct backoff backoff = {0};
    for (int i = 0; i < 5; i++)
        backoff_failed(&backoff, 0, MIDDLE, 0);
    for (int64_t s = 100; s < 160; s++)
        backoff_data(&backoff, s * S);
    CHECK_EQ_I64(rounded_s(backoff_failed(&backoff, 159 * S, MIDDLE, 0)), 30); /* 59 s do not */
    for (int64_t s = 200; s <= 260; s++)
        backoff_data(&backoff, s * S);
    CHECK_EQ_I64(rounded_s(backoff_failed(&backoff, 261 * S, MIDDLE, 0)), 1);
    /* and the outage counts from here: its first 5 minutes are capped at 30 s */
    int64_t now_ns = 262 * S;
    for (int i = 0; i < 8; i++)
        CHECK(backoff_failed(&backoff, now_ns += 30 * S, MIDDLE, 0) <= 31 * S);
}

TEST(health_does_not_add_up_over_connections)
{
    struct backoff backoff = {0};
    for (int i = 0; i < 5; i++)
        backoff_failed(&backoff, 0, MIDDLE, 0);
    backoff_data(&backoff, 100 * S);
    backoff_data(&backoff, 140 * S);
    backoff_silent(&backoff, MIDDLE);
    backoff_data(&backoff, 150 * S);
    backoff_data(&backoff, 200 * S);
    CHECK_EQ_I64(rounded_s(backoff_failed(&backoff, 201 * S, MIDDLE, 0)), 30);
}

TEST(retry_after_is_obeyed)
{
    struct backoff backoff = {0};
    CHECK_EQ_I64(backoff_failed(&backoff, 0, 0, 90 * S), 90 * S);
    for (int i = 0; i < 8; i++)
        backoff_failed(&backoff, 0, 0, 0);
    CHECK_EQ_I64(backoff_failed(&backoff, 0, MIDDLE, 2 * S) / S,
                 29); /* shorter than our own: ours */
}

TEST(silence_retries_after_a_second)
{
    struct backoff backoff = {0};
    for (int i = 0; i < 5; i++)
        backoff_failed(&backoff, 0, MIDDLE, 0);
    CHECK_EQ_I64(backoff_silent(&backoff, 0), S);
    CHECK_EQ_I64(backoff_silent(&backoff, UINT32_MAX), S + S / 5);
    CHECK_EQ_I64(rounded_s(backoff_failed(&backoff, S, MIDDLE, 0)), 30);
}
