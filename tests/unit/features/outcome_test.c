#include "features/outcome.h"

#include "base/limits.h"
#include "test.h"

#define S TD_NS_PER_S

/* The touch's bar is [0, 60 s); anchors at 120, 240 and 480 s. Level 100, thresholds 1 and 2. */
static struct outcome at_level(bool up)
{
    struct outcome_touch touch = {
        .ts_ns = 60 * S, .up = up, .level = 100, .spot = up ? 99.9 : 100.1, .threshold = {1, 2}};
    struct outcome o;
    outcome_init(&o, &touch);
    return o;
}

TEST(break_before_bounce)
{
    struct outcome o = at_level(true);
    outcome_trade(&o, 130 * S, 101.5);
    outcome_trade(&o, 150 * S, 102);
    outcome_trade(&o, 200 * S, 97);
    struct outcome_labels l = outcome_labels(&o, OUTCOME_2MIN);
    CHECK_EQ_I64(l.outcome, OUTCOME_BREAK);
    CHECK_EQ_F64(l.time_to_break[0], 10);
    CHECK_EQ_F64(l.time_to_break[1], 30);
    CHECK_EQ_F64(l.time_to_bounce[1], 80);
    CHECK_EQ_F64(l.time_to_threshold[1], 30);
    CHECK_EQ_F64(l.excursion_max, 2);
    CHECK_EQ_F64(l.excursion_min, -3);
    CHECK_EQ_F64(l.strength_signed, -3);
    CHECK_EQ_F64(l.strength_abs, 3);
    CHECK_EQ_F64(l.anchor_spot, 101.5);
    CHECK_EQ_F64(l.future_price, 97);
    CHECK_EQ_I64(l.confirm_ts_ns, 120 * S);
}

TEST(down_is_the_mirror)
{
    struct outcome o = at_level(false);
    outcome_trade(&o, 130 * S, 98);
    struct outcome_labels l = outcome_labels(&o, OUTCOME_2MIN);
    CHECK_EQ_I64(l.outcome, OUTCOME_BREAK);
    CHECK_EQ_F64(l.excursion_max, 2);
    CHECK(l.tradeable[0] && l.tradeable[1]);
}

TEST(neither_is_chop_and_no_trade_undefined)
{
    struct outcome o = at_level(true);
    outcome_trade(&o, 70 * S, 99);
    struct outcome_labels l = outcome_labels(&o, OUTCOME_4MIN);
    CHECK_EQ_I64(l.outcome, OUTCOME_UNDEFINED);
    CHECK_EQ_F64(l.anchor_spot, 99); /* the close before */
    CHECK(!l.any && !l.tradeable[0]);
    outcome_trade(&o, 300 * S, 101.2);
    l = outcome_labels(&o, OUTCOME_4MIN);
    CHECK_EQ_I64(l.outcome, OUTCOME_CHOP);
    CHECK_EQ_F64(l.time_to_break[1], -1);
    CHECK(l.tradeable[0] && !l.tradeable[1]);
    CHECK_EQ_F64(l.anchor_spot, 99); /* the anchor's minute had no trade */
}

TEST(the_minute_at_the_end_counts_the_next_does_not)
{
    struct outcome o = at_level(true);
    outcome_trade(&o, (120 + 9 * 60) * S - 1, 103);
    CHECK_EQ_I64(outcome_labels(&o, OUTCOME_2MIN).outcome, OUTCOME_BREAK);
    o = at_level(true);
    outcome_trade(&o, (120 + 9 * 60) * S, 103);
    CHECK_EQ_I64(outcome_labels(&o, OUTCOME_2MIN).outcome, OUTCOME_UNDEFINED);
    CHECK_EQ_I64(outcome_labels(&o, OUTCOME_4MIN).outcome, OUTCOME_BREAK);
    CHECK_EQ_I64(outcome_end_ns(&o), (480 + 9 * 60) * S);
}
