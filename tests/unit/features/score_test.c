#include "features/score.h"

#include "test.h"

TEST(liquidity_by_class)
{
    CHECK_EQ_F64(score_liquidity(BARRIER_VACUUM, -200, 100), 100);
    CHECK_EQ_F64(score_liquidity(BARRIER_WEAK, 0, 100), 75);
    CHECK_EQ_F64(score_liquidity(BARRIER_CONSUMED, -101, 100), 60);
    CHECK_EQ_F64(score_liquidity(BARRIER_CONSUMED, -100, 100), 50);
    CHECK_EQ_F64(score_liquidity(BARRIER_NEUTRAL, 0, 100), 50);
    CHECK_EQ_F64(score_liquidity(BARRIER_WALL, 200, 100), 0);
    CHECK_EQ_F64(score_liquidity(BARRIER_ABSORPTION, 50, 100), 0);
}

TEST(tape_counts_what_goes_with_the_break)
{
    struct score_tape up = {
        .has_velocity = true, .has_imbalance = true, .velocity = 0.5, .imbalance = 0.4};
    struct score_tape fast = {
        .has_velocity = true, .has_imbalance = true, .velocity = 7, .imbalance = 1};
    struct score_tape swept = {.sweep = true, .sweep_up = true};
    CHECK_EQ_F64(score_tape(&up, 1), 22.5);
    CHECK_EQ_F64(score_tape(&up, -1), 0);
    CHECK_EQ_F64(score_tape(&fast, 1), 50);
    CHECK_EQ_F64(score_tape(&swept, 1), 100);
    CHECK_EQ_F64(score_tape(&swept, -1), 0);
}

TEST(weights_without_options)
{
    CHECK_NEAR_F64(score_raw(100, 100), 100, 1e-12);
    CHECK_NEAR_F64(score_raw(100, 0), 45 / 0.65, 1e-12);
    CHECK_NEAR_F64(score_raw(0, 50), 10 / 0.65, 1e-12);
}

TEST(confidence_is_of_the_mean)
{
    CHECK_EQ_I64(score_confidence(1, 0.4), CONFIDENCE_HIGH);
    CHECK_EQ_I64(score_confidence(0.8, 0), CONFIDENCE_MEDIUM);
    CHECK_EQ_I64(score_confidence(0.3, 0.4), CONFIDENCE_LOW);
}

/* Correction: it never fell back. Also not when another condition comes and goes meanwhile. */
TEST(a_signal_ends_when_it_was_false_for_three_seconds)
{
    struct score_hold h = {0};
    const int64_t s = TD_NS_PER_S;
    CHECK_EQ_I64(score_hold(&h, SIGNAL_BREAK, 0), SIGNAL_NEUTRAL);
    CHECK_EQ_I64(score_hold(&h, SIGNAL_BREAK, 3 * s), SIGNAL_BREAK);
    CHECK_EQ_I64(score_hold(&h, SIGNAL_NEUTRAL, 4 * s), SIGNAL_BREAK);
    CHECK_EQ_I64(score_hold(&h, SIGNAL_BREAK, 5 * s), SIGNAL_BREAK);
    CHECK_EQ_I64(score_hold(&h, SIGNAL_NEUTRAL, 6 * s), SIGNAL_BREAK);
    CHECK_EQ_I64(score_hold(&h, SIGNAL_REJECT, 7 * s), SIGNAL_BREAK);
    CHECK_EQ_I64(score_hold(&h, SIGNAL_NEUTRAL, 8 * s), SIGNAL_BREAK);
    CHECK_EQ_I64(score_hold(&h, SIGNAL_REJECT, 9 * s), SIGNAL_NEUTRAL);
    CHECK_EQ_I64(score_hold(&h, SIGNAL_REJECT, 12 * s), SIGNAL_REJECT);
}
