#include "store/retry.h"

#include "test.h"

static int64_t failed(struct retry *retry, enum store_outcome outcome, uint32_t random)
{
    struct store_result result = {.outcome = outcome};
    return retry_wait_ms(retry, &result, random);
}

TEST(a_lost_answer_is_tried_three_times_more)
{
    static const enum store_outcome kinds[] = {STORE_LOST, STORE_DAMAGED};
    for (size_t i = 0; i < 2; i++) {
        struct retry retry = {0};
        CHECK_EQ_I64(failed(&retry, kinds[i], UINT32_MAX), 999);
        CHECK_EQ_I64(failed(&retry, kinds[i], UINT32_MAX), 1999);
        CHECK_EQ_I64(failed(&retry, kinds[i], UINT32_MAX), 3999);
        CHECK_EQ_I64(failed(&retry, kinds[i], UINT32_MAX), -1);
        CHECK_EQ_I64(retry.tries, 4);
    }
}

TEST(a_busy_store_is_given_more_time)
{
    static const int64_t waits[RETRY_PATIENCE] = {999,   1999,  3999,  7999,
                                                  15999, 31999, 59999, 59999};
    struct retry retry = {0};
    for (size_t i = 0; i < RETRY_PATIENCE; i++)
        CHECK_EQ_I64(failed(&retry, STORE_AGAIN, UINT32_MAX), waits[i]);
    CHECK_EQ_I64(failed(&retry, STORE_AGAIN, UINT32_MAX), -1);
}

/* Neither uses up the other's tries. */
TEST(the_two_kinds_are_counted_apart)
{
    struct retry retry = {0};
    for (size_t i = 0; i < RETRY_TRIES; i++) {
        CHECK(failed(&retry, STORE_AGAIN, 0) > 0);
        CHECK(failed(&retry, STORE_LOST, 0) > 0);
    }
    CHECK(failed(&retry, STORE_AGAIN, 0) > 0);
    CHECK_EQ_I64(failed(&retry, STORE_LOST, 0), -1);
}

TEST(chance_spreads_the_waits_and_leaves_a_least_one)
{
    struct retry a = {0}, b = {0}, c = {0};
    CHECK_EQ_I64(failed(&a, STORE_LOST, 0), 100);
    CHECK_EQ_I64(failed(&b, STORE_LOST, UINT32_MAX / 2), 499);
    CHECK_EQ_I64(failed(&c, STORE_LOST, UINT32_MAX / 4 * 3), 749);
}

TEST(the_store_may_ask_for_more_but_not_for_less)
{
    struct retry retry = {0};
    struct store_result result = {.outcome = STORE_AGAIN, .retry_after_ms = 7000};
    CHECK_EQ_I64(retry_wait_ms(&retry, &result, UINT32_MAX), 7000);
    result.retry_after_ms = 1;
    CHECK_EQ_I64(retry_wait_ms(&retry, &result, UINT32_MAX), 1999);
}

TEST(what_asking_again_cannot_mend_is_not_asked_again)
{
    for (int outcome = 0; outcome < STORE_OUTCOMES; outcome++) {
        struct retry retry = {0};
        bool again = outcome == STORE_LOST || outcome == STORE_DAMAGED || outcome == STORE_AGAIN;
        CHECK_EQ_I64(failed(&retry, outcome, 0), again ? 100 : -1);
    }
}
