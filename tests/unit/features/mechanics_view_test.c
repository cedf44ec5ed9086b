#include "mechanics_stream.h"

#include <math.h>

enum { STEPS = 1500 };

/* Cutting the future changes nothing: the rows of a stream that ends early are those of the whole one; and asking for rows changes none. */
TEST(rows_do_not_depend_on_what_follows_or_who_asks)
{
    static struct feature_row kept[STEPS / 100];
    struct rig *whole = rig();
    struct stream s = {.random = 5};

    for (int i = 0; i < STEPS; i++) {
        stream_step(&s, whole, 1, 1);
        stream_row(whole);
        if (i % 100 == 99)
            kept[i / 100] = whole->row;
    }
    for (int cut = 100; cut <= STEPS; cut += 700) {
        struct rig *part = rig();
        struct stream again = {.random = 5};
        for (int i = 0; i < cut; i++)
            stream_step(&again, part, 1, 1);
        stream_row(part);
        rows_equal(&kept[cut / 100 - 1], &part->row);
        rig_free(part);
    }
    CHECK(whole->touches > 5);
    rig_free(whole);
}

/* What a touch says is told by what came before their minute ended, however late it is known. */
TEST(touches_do_not_depend_on_what_follows)
{
    unsigned told = 0;

    for (int cut = 200; cut < 1000; cut += 23) {
        struct rig *early = rig(), *late = rig();
        struct stream s = {.random = 9}, t = {.random = 9};
        for (int i = 0; i < cut; i++) {
            stream_step(&s, early, 1, 1);
            stream_step(&t, late, 1, 1);
        }
        unsigned before = early->touches;
        rig_book(early, s.at_s + 60);
        rig_trade(late, s.at_s + 3000, 90000, 5000, TD_TAKER_SELL);
        CHECK_EQ_I64(early->touches, late->touches);
        for (unsigned i = before; i < early->touches; i++, told++)
            rows_equal(&early->touch[i % 64].row, &late->touch[i % 64].row);
        rig_free(early);
        rig_free(late);
    }
    CHECK(told > 3);
}

TEST(two_in_turns_are_two_alone)
{
    struct rig *a = rig(), *b = rig(), *alone = rig();
    struct stream s = {.random = 1}, t = {.random = 2}, u = {.random = 1};

    for (int i = 0; i < 300; i++) {
        stream_step(&s, a, 1, 1);
        stream_step(&t, b, 1, 1);
    }
    for (int i = 0; i < 300; i++)
        stream_step(&u, alone, 1, 1);
    stream_row(a);
    stream_row(alone);
    rows_equal(&a->row, &alone->row);
    rig_free(a);
    rig_free(b);
    rig_free(alone);
}

/* ---- a mirror ----------------------------------------------------------------------------------------------- */

/* What changes its sign in a mirror. Bands are shares of the price, so that nothing else is exactly equal: within 1 %, parts that cancel within 0.001. */
static const unsigned signs[] = {FEATURE_distance_signed, FEATURE_tape_imbalance,
                                 FEATURE_tape_velocity};
static const unsigned same[] = {
    FEATURE_distance,          FEATURE_barrier_state,      FEATURE_barrier_delta_liq,
    FEATURE_barrier_added,     FEATURE_barrier_canceled,   FEATURE_barrier_filled,
    FEATURE_break_score_raw,   FEATURE_break_score_smooth, FEATURE_signal,
    FEATURE_approach_velocity, FEATURE_approach_bars,      FEATURE_tape_pressure,
    FEATURE_liquidity_pressure};

static void mirrored(const struct feature_row *a, const struct feature_row *b, unsigned feature,
                     double sign)
{
    CHECK_EQ_I64(feature_has(a, feature), feature_has(b, feature));
    if (feature_has(a, feature))
        CHECK_NEAR_F64(a->value[feature], sign * b->value[feature],
                       0.01 * fabs(a->value[feature]) + 1e-3);
}

TEST(a_mirrored_stream_mirrors_the_signs)
{
    struct rig *a = rig(), *b = rig();
    struct stream s = {.random = 3}, t = {.random = 3, .mirrored = true};
    unsigned compared = 0;

    for (int i = 0; i < STEPS; i++) {
        stream_step(&s, a, 1, 1);
        stream_step(&t, b, 1, 1);
        stream_row(a);
        stream_row(b);
        bool round = feature_has(&a->row, FEATURE_level_kind) &&
                     a->row.value[FEATURE_level_kind] == LEVEL_ROUND;
        if (!round || i < 700) /* ten minutes after what set the range, which has no mirror */
            continue;
        compared++;
        CHECK_EQ_F64(a->row.value[FEATURE_direction], 1 - b->row.value[FEATURE_direction]);
        for (unsigned j = 0; j < sizeof signs / sizeof signs[0]; j++)
            mirrored(&a->row, &b->row, signs[j], -1);
        for (unsigned j = 0; j < sizeof same / sizeof same[0]; j++)
            mirrored(&a->row, &b->row, same[j], 1);
    }
    CHECK(compared > 50);
    rig_free(a);
    rig_free(b);
}
