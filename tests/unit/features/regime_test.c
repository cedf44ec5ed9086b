#include "features/regime.h"

#include <math.h>
#include <stdlib.h>

#include "test.h"

enum { CAPACITY = 1024 };

struct room {
    struct regime regime;
    void *mem;
};

static struct room room_new(bool dynamic)
{
    struct regime_params params = {dynamic, 0.2, 0.8, 0.0001};
    struct room room = {.mem = malloc(regime_footprint(&params, CAPACITY) + 1)};
    regime_init(&room.regime, room.mem, &params, CAPACITY);
    return room;
}

TEST(the_first_ranks_zero_and_has_no_time)
{
    struct room room = room_new(true);
    CHECK_EQ_I64(regime_update(&room.regime, 0, 0.001), REGIME_NONE);
    CHECK_EQ_F64(room.regime.percentile, 0.0);
    CHECK_EQ_I64(room.regime.now, REGIME_TIGHT);
    CHECK_EQ_F64(regime_share(&room.regime, REGIME_TIGHT), NAN);
    free(room.mem);
}

TEST(a_constant_spread_is_tight)
{
    struct room room = room_new(true);
    for (int i = 0; i < 100; i++)
        regime_update(&room.regime, 10, 0.001);
    CHECK_EQ_F64(room.regime.percentile, 0.0);
    CHECK_EQ_I64(room.regime.now, REGIME_TIGHT);
    CHECK_EQ_F64(regime_share(&room.regime, REGIME_TIGHT), 1.0);
    CHECK_EQ_F64(regime_share(&room.regime, REGIME_WIDE), 0.0);
    free(room.mem);
}

/* Ranks against those in the window, the newest among them. */
TEST(a_step)
{
    struct room room = room_new(true);
    for (int i = 0; i < 9; i++)
        regime_update(&room.regime, 10, 0.001);
    regime_update(&room.regime, 10, 0.002);
    CHECK_EQ_F64(room.regime.percentile, 0.9);
    CHECK_EQ_I64(room.regime.now, REGIME_WIDE);
    CHECK_EQ_I64(regime_update(&room.regime, 30, 0.0015), REGIME_WIDE); /* 9 of 11 below */
    CHECK_EQ_I64(room.regime.now, REGIME_WIDE);
    regime_update(&room.regime, 0, 0.0012); /* 9 of 12 */
    CHECK_EQ_I64(room.regime.now, REGIME_NORMAL);
    CHECK_EQ_F64(regime_share(&room.regime, REGIME_WIDE), 30.0 / 120);
    free(room.mem);
}

/* Bounds belong to tight and wide. */
TEST(bounds)
{
    struct room room = room_new(true);
    for (int i = 1; i <= 4; i++)
        regime_update(&room.regime, 1, i);
    regime_update(&room.regime, 1, 1.5);
    CHECK_EQ_F64(room.regime.percentile, 0.2);
    CHECK_EQ_I64(room.regime.now, REGIME_TIGHT);
    regime_clear(&room.regime);
    for (int i = 1; i <= 4; i++)
        regime_update(&room.regime, 1, i);
    regime_update(&room.regime, 1, 4.5);
    CHECK_EQ_F64(room.regime.percentile, 0.8);
    CHECK_EQ_I64(room.regime.now, REGIME_WIDE);
    free(room.mem);
}

TEST(static_mode_has_no_rank)
{
    struct room room = room_new(false);
    regime_update(&room.regime, 0, 0.0001);
    CHECK_EQ_I64(room.regime.now, REGIME_TIGHT);
    CHECK_EQ_F64(room.regime.percentile, NAN);
    regime_update(&room.regime, 5, 0.00010001);
    CHECK_EQ_I64(room.regime.now, REGIME_WIDE);
    CHECK_EQ_F64(regime_share(&room.regime, REGIME_TIGHT), 1.0);
    free(room.mem);
}

TEST(what_leaves_takes_its_time_along)
{
    struct room room = room_new(true);
    uint8_t was[3];
    static const double spread[3] = {3, 1, 5}; /* tight, tight, normal */
    for (int i = 0; i < 3; i++)
        was[i] = regime_update(&room.regime, i * 10, spread[i]);
    CHECK_EQ_I64(room.regime.lasted_ns[REGIME_TIGHT], 30);
    regime_leave(&room.regime, 0, 3, was[0]);
    regime_leave(&room.regime, 10, 1, was[1]);
    CHECK_EQ_I64(room.regime.lasted_ns[REGIME_TIGHT], 20);
    CHECK_EQ_U64(order_count(room.regime.spreads), 1);
    regime_leave(&room.regime, 20, 5, was[2]);
    CHECK_EQ_F64(regime_share(&room.regime, REGIME_TIGHT), NAN);
    free(room.mem);
}

TEST(a_null_spread_counts_for_nothing)
{
    struct room room = room_new(true);
    regime_update(&room.regime, 0, 1);
    CHECK_EQ_I64(regime_update(&room.regime, 7, NAN), REGIME_TIGHT);
    CHECK_EQ_I64(room.regime.now, REGIME_NONE);
    CHECK_EQ_I64(regime_update(&room.regime, 9, 1), REGIME_NONE);
    CHECK_EQ_I64(room.regime.lasted_ns[REGIME_TIGHT], 7);
    CHECK_EQ_U64(order_count(room.regime.spreads), 2);
    free(room.mem);
}
