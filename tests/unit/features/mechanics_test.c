#include "mechanics_rig.h"

#include <math.h>

#include "features/barrier.h"
#include "features/score.h"

enum { UP = 0, DOWN = 1 };

/* The price below the level: asks resist. `size` stands in the zone of the asks, at the touch. */
static struct rig *below(int64_t size)
{
    struct rig *r = rig();
    rig_set(r, TD_SIDE_BID, 99970, 1000);
    rig_set(r, TD_SIDE_ASK, 99990, size);
    rig_book(r, 1);
    return r;
}

static void resist(struct rig *r, double at_s, int64_t size)
{
    rig_set(r, TD_SIDE_ASK, 99990, size);
    rig_book(r, at_s);
}

/* ---- barrier ------------------------------------------------------------------------------------------------ */

TEST(barrier_one_record_is_neutral_and_zero)
{
    struct rig *r = below(10);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_NEUTRAL);
    CHECK_EQ_F64(VALUE(barrier_delta_liq), 0);
    CHECK_EQ_F64(VALUE(barrier_added), 0);
    rig_free(r);
}

TEST(barrier_vacuum)
{
    struct rig *r = below(500);
    resist(r, 2, 300);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_VACUUM);
    CHECK_EQ_F64(VALUE(barrier_delta_liq), -200);
    rig_free(r);
}

TEST(barrier_wall)
{
    struct rig *r = below(100);
    resist(r, 2, 400);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_WALL);
    CHECK_EQ_F64(VALUE(barrier_delta_liq), 300);
    rig_free(r);
}

TEST(barrier_consumed)
{
    struct rig *r = below(500);
    rig_trade(r, 1.5, 99990, 300, TD_TAKER_BUY);
    resist(r, 2, 200);
    resist(r, 3, 300);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_CONSUMED);
    CHECK_EQ_F64(VALUE(barrier_filled), 300);
    CHECK_EQ_F64(VALUE(barrier_canceled), 0);
    rig_free(r);
}

TEST(barrier_absorbs_when_it_grows_a_little)
{
    struct rig *r = below(200);
    resist(r, 2, 250);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_ABSORPTION);
    rig_free(r);
}

TEST(barrier_absorbs_when_much_comes_and_goes)
{
    struct rig *r = below(200);
    resist(r, 2, 300);
    resist(r, 3, 200);
    CHECK_EQ_F64(VALUE(barrier_delta_liq), 0);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_ABSORPTION);
    rig_free(r);
}

TEST(barrier_weak)
{
    struct rig *r = below(40);
    rig_book(r, 2);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_WEAK);
    rig_free(r);
}

TEST(barrier_neutral)
{
    struct rig *r = below(200);
    rig_book(r, 2);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_NEUTRAL);
    rig_free(r);
}

/* Correction: filled and canceled used to sum to one more than the fall. */
TEST(filled_and_canceled_make_up_the_fall)
{
    struct rig *r = below(500);
    rig_trade(r, 1.5, 99990, 30, TD_TAKER_BUY);
    resist(r, 2, 400);
    CHECK_EQ_F64(VALUE(barrier_filled), 31);
    CHECK_EQ_F64(VALUE(barrier_canceled), 69);
    rig_trade(r, 2.5, 99990, 1000, TD_TAKER_BUY);
    resist(r, 3, 390);
    CHECK_EQ_F64(VALUE(barrier_filled), 41);
    CHECK_EQ_F64(VALUE(barrier_canceled), 69);
    rig_free(r);
}

TEST(takers_of_the_same_side_or_outside_explain_no_fall)
{
    struct rig *r = below(500);
    rig_trade(r, 1.2, 99990, 100, TD_TAKER_SELL);
    rig_trade(r, 1.3, 100050, 100, TD_TAKER_BUY);
    rig_trade(r, 1.4, 99990, 100, TD_TAKER_UNKNOWN);
    resist(r, 2, 400);
    CHECK_EQ_F64(VALUE(barrier_filled), 1);
    rig_free(r);
}

TEST(flows_leave_after_240_s)
{
    struct rig *r = below(500);
    resist(r, 2, 300);
    rig_book(r, 241.5);
    CHECK_EQ_F64(VALUE(barrier_canceled), 199);
    rig_book(r, 242);
    CHECK_EQ_F64(VALUE(barrier_canceled), 0);
    rig_free(r);
}

/* Correction: one variant compared the first record with the last and looked ahead; each change between two records counts. */
TEST(every_change_counts_and_none_that_follows)
{
    struct rig *r = below(500);
    resist(r, 2, 400);
    resist(r, 3, 600);
    resist(r, 4, 500);
    CHECK_EQ_F64(VALUE(barrier_added), 200);
    CHECK_EQ_F64(VALUE(barrier_canceled) + VALUE(barrier_filled), 200);
    rig_free(r);
}

TEST(a_hole_books_no_change)
{
    struct rig *r = below(500);
    mechanics_lost(r->m);
    CHECK(!HAS(level_kind));
    resist(r, 2, 100);
    CHECK_EQ_F64(VALUE(barrier_canceled), 0);
    resist(r, 3, 90);
    CHECK_EQ_F64(VALUE(barrier_canceled), 9);
    rig_free(r);
}

TEST(wall_ratio_is_against_the_past)
{
    struct rig *r = below(200);
    CHECK(!HAS(wall_ratio));
    resist(r, 2, 400);
    CHECK_NEAR_F64(VALUE(wall_ratio), 2, 1e-12);
    rig_free(r);
}

/* ---- tape --------------------------------------------------------------------------------------------------- */

TEST(no_print_has_no_imbalance)
{
    struct rig *r = below(200);
    CHECK(!HAS(tape_imbalance));
    CHECK(!HAS(tape_velocity));
    CHECK_EQ_F64(VALUE(tape_buy_vol), 0);
    rig_trade(r, 1.5, 99990, 5, TD_TAKER_UNKNOWN);
    rig_book(r, 2);
    CHECK(!HAS(tape_imbalance));
    rig_free(r);
}

TEST(imbalance_of_prints_near_the_level)
{
    struct rig *r = below(200);
    rig_trade(r, 1.1, 99990, 30, TD_TAKER_BUY);
    rig_trade(r, 1.2, 99980, 10, TD_TAKER_SELL);
    rig_trade(r, 1.3, 99900, 500, TD_TAKER_SELL); /* 1.00 away */
    rig_book(r, 2);
    CHECK_NEAR_F64(VALUE(tape_imbalance), 0.5, 1e-7);
    CHECK_EQ_F64(VALUE(tape_sell_vol), 10);
    rig_book(r, 61.1);
    CHECK_EQ_F64(VALUE(tape_buy_vol), 0);
    CHECK_EQ_F64(VALUE(tape_sell_vol), 10);
    rig_free(r);
}

TEST(velocity_is_price_a_second)
{
    struct rig *r = below(200);
    rig_trade(r, 1.0, 99900, 1, TD_TAKER_BUY);
    CHECK(!HAS(tape_velocity));
    rig_trade(r, 2.0, 99910, 1, TD_TAKER_UNKNOWN);
    rig_trade(r, 3.0, 99920, 1, TD_TAKER_BUY);
    rig_book(r, 3);
    CHECK_NEAR_F64(VALUE(tape_velocity), 0.1, 1e-12);
    rig_book(r, 5.5);
    CHECK(!HAS(tape_velocity));
    rig_free(r);
}

static void sweep(struct rig *r, const uint8_t *takers, unsigned count, double gap_s)
{
    for (unsigned i = 0; i < count; i++)
        rig_trade(r, 1.1 + gap_s * i, 99990, 300, takers[i]);
    rig_book(r, 3);
}

TEST(sweep_up)
{
    struct rig *r = below(200);
    sweep(r, (const uint8_t[]){TD_TAKER_BUY, TD_TAKER_BUY, TD_TAKER_BUY}, 3, 0.1);
    CHECK_EQ_F64(VALUE(sweep_detected), 1);
    CHECK_EQ_F64(VALUE(tape_sweep_direction), UP);
    CHECK_NEAR_F64(VALUE(tape_sweep_notional), 899910, 1e-6);
    rig_free(r);
}

TEST(sweep_down)
{
    struct rig *r = below(200);
    sweep(r, (const uint8_t[]){TD_TAKER_SELL, TD_TAKER_SELL, TD_TAKER_SELL}, 3, 0.05);
    CHECK_EQ_F64(VALUE(tape_sweep_direction), DOWN);
    rig_free(r);
}

/* Correction: the batch variant always wrote false; and what is no sweep stays none. */
TEST(too_few_slow_or_two_sided_prints_are_no_sweep)
{
    static const uint8_t buys[] = {TD_TAKER_BUY, TD_TAKER_BUY, TD_TAKER_BUY};
    static const uint8_t both[] = {TD_TAKER_BUY, TD_TAKER_SELL, TD_TAKER_BUY};
    struct rig *few = below(200), *slow = below(200), *sides = below(200), *r;

    sweep(few, buys, 2, 0.05);
    sweep(slow, buys, 3, 0.101);
    sweep(sides, both, 3, 0.05);
    r = few;
    CHECK_EQ_F64(VALUE(sweep_detected), 0);
    r = slow;
    CHECK_EQ_F64(VALUE(sweep_detected), 0);
    r = sides;
    CHECK_EQ_F64(VALUE(sweep_detected), 0);
    CHECK(!HAS(tape_sweep_direction));
    rig_free(few);
    rig_free(slow);
    rig_free(sides);
}

TEST(a_sweep_below_the_notional_is_none)
{
    struct rig *r = below(200);
    for (int i = 0; i < 3; i++)
        rig_trade(r, 1.1, 99990, 166, TD_TAKER_BUY);
    rig_book(r, 2);
    CHECK_EQ_F64(VALUE(sweep_detected), 0);
    rig_free(r);
}

/* ---- signal ------------------------------------------------------------------------------------------------- */

/* A vacuum and a sweep up: 0.45/0.65 100 + 0.20/0.65 100 = 100. */
static struct rig *breaking(void)
{
    struct rig *r = below(500);
    sweep(r, (const uint8_t[]){TD_TAKER_BUY, TD_TAKER_BUY, TD_TAKER_BUY}, 3, 0.05);
    resist(r, 3.3, 200);
    return r;
}

TEST(break_wants_three_seconds)
{
    struct rig *r = breaking();
    CHECK_NEAR_F64(VALUE(break_score_raw), 100, 1e-9);
    CHECK_EQ_F64(VALUE(signal), SIGNAL_NEUTRAL);
    rig_book(r, 6.2);
    CHECK_EQ_F64(VALUE(signal), SIGNAL_NEUTRAL);
    rig_book(r, 6.3);
    CHECK_EQ_F64(VALUE(signal), SIGNAL_BREAK);
    rig_free(r);
}

/* Correction: the signal never fell back. */
TEST(break_falls_back_after_three_seconds)
{
    struct rig *r = breaking();
    rig_book(r, 6.3);
    resist(r, 7, 900);
    CHECK(VALUE(break_score_raw) < 80);
    CHECK_EQ_F64(VALUE(signal), SIGNAL_BREAK);
    rig_book(r, 9.9);
    CHECK_EQ_F64(VALUE(signal), SIGNAL_BREAK);
    rig_book(r, 10);
    CHECK(VALUE(signal) != SIGNAL_BREAK);
    rig_free(r);
}

TEST(reject_wants_the_touch_band)
{
    struct rig *r = below(100);
    resist(r, 2, 400); /* a wall, but the mid is 0.20 away */
    rig_book(r, 6);
    CHECK(VALUE(break_score_raw) < 20);
    CHECK_EQ_F64(VALUE(signal), SIGNAL_NEUTRAL);
    rig_set(r, TD_SIDE_BID, 99986, 10); /* 0.12 away */
    rig_book(r, 7);
    rig_book(r, 10);
    CHECK_EQ_F64(VALUE(signal), SIGNAL_REJECT);
    rig_free(r);
}

TEST(contested_wants_consumption_and_volume)
{
    struct rig *r = below(200000);
    rig_trade(r, 1.5, 99990, 60000, TD_TAKER_BUY);
    resist(r, 2, 140000);
    resist(r, 2.5, 160000);
    CHECK_EQ_I64((int64_t)VALUE(barrier_state), BARRIER_CONSUMED);
    rig_book(r, 6);
    CHECK_EQ_F64(VALUE(signal), SIGNAL_CONTESTED);
    rig_free(r);
}

TEST(smooth_follows_its_closed_form)
{
    struct rig *r = below(200);
    double first = VALUE(break_score_raw);
    resist(r, 2.5, 10);
    double second = VALUE(break_score_raw), share = 1 - exp(-1.5 / 2);
    CHECK(first != second);
    CHECK_NEAR_F64(VALUE(break_score_smooth), share * second + (1 - share) * first, 1e-12);
    rig_free(r);
}

/* ---- touches ------------------------------------------------------------------------------------------------ */

TEST(touch_up_and_down)
{
    struct rig *r = below(200);
    rig_trade(r, 10, 99980, 1, TD_TAKER_BUY);
    rig_book(r, 61);
    unsigned round_touches = 0;
    for (unsigned i = 0; i < r->touches; i++)
        round_touches += r->touch[i].kind == LEVEL_ROUND;
    CHECK_EQ_I64(round_touches,
                 0); /* 0.20 from the close: within the monitor band, beyond the tolerance */
    rig_trade(r, 70, 99986, 1, TD_TAKER_BUY);
    rig_trade(r, 130, 100014, 1, TD_TAKER_BUY);
    rig_book(r, 200);
    double directions[2] = {-1, -1};
    for (unsigned i = 0, at = 0; i < r->touches && at < 2; i++)
        if (r->touch[i].kind == LEVEL_ROUND) {
            CHECK_EQ_I64(r->touch[i].ts_ns, RIG_START + (at + 2) * 60 * SECOND);
            directions[at++] = r->touch[i].row.value[FEATURE_direction];
        }
    CHECK_EQ_F64(directions[0], UP);
    CHECK_EQ_F64(directions[1], DOWN);
    rig_free(r);
}

TEST(two_hotzones_at_a_price_touch_once)
{
    struct mechanics_params p = mechanics_defaults();
    p.hotzone[0] = p.hotzone[1] = 1000.5;
    struct rig *r = rig_new(&p);
    rig_trade(r, 10, 100050, 1, TD_TAKER_BUY);
    rig_trade(r, 61, 100050, 1, TD_TAKER_BUY);
    unsigned hot = 0;
    for (unsigned i = 0; i < r->touches; i++)
        hot += r->touch[i].kind == LEVEL_USER_HOTZONE;
    CHECK_EQ_I64(hot, 1);
    CHECK_EQ_F64(r->touch[0].row.value[FEATURE_direction], DOWN);
    rig_free(r);
}

TEST(a_day_holds_5000_touches)
{
    struct mechanics_params p = mechanics_defaults();
    for (int i = 0; i < MECHANICS_HOTZONES; i++)
        p.hotzone[i] = 1000 + 0.01 * i;
    struct rig *r = rig_new(&p);
    for (int minute = 0; minute < 1439; minute++)
        rig_trade(r, 60 * minute - 3599, 100001, 1, TD_TAKER_BUY);
    rig_trade(r, 60 * 1439 - 3599, 100001, 1, TD_TAKER_BUY);
    CHECK_EQ_I64(r->touches, 5000);
    CHECK(mechanics_counts(r->m).touches_refused > 0);
    rig_trade(r, 60 * 1441 - 3599, 100001, 1, TD_TAKER_BUY);
    rig_trade(r, 60 * 1442 - 3599, 100001, 1, TD_TAKER_BUY);
    CHECK(r->touches > 5000); /* another day */
    rig_free(r);
}

TEST(identity_is_of_the_touch_alone)
{
    uint64_t id[2];
    for (int run = 0; run < 2; run++) {
        struct rig *r = below(200 + run);
        rig_trade(r, 10, 99990, 1, TD_TAKER_BUY);
        rig_book(r, 61);
        CHECK(r->touches > 0);
        id[run] = r->touch[0].event_id;
        rig_free(r);
    }
    CHECK_EQ_U64(id[0], id[1]);
}

TEST(attempts_count_up_within_a_cluster)
{
    struct rig *r = below(200);
    for (int minute = 0; minute < 3; minute++)
        rig_trade(r, 60 * minute + 1, 99990, 1, TD_TAKER_BUY);
    rig_book(r, 181);
    CHECK_EQ_F64(VALUE(attempt_cluster_id), 1);
    CHECK_EQ_F64(VALUE(attempt_index), 3);
    CHECK_EQ_F64(VALUE(prior_touches), 3);
    rig_free(r);
}
