#include "features/runway.h"

#include "test.h"

static struct level at(uint8_t kind, double price)
{
    return (struct level){.on = true, .kind = kind, .price = price, .steps = (int64_t)price};
}

TEST(clear_obstructed_none)
{
    struct level levels[LEVEL_SLOTS] = {{0}};
    levels[LEVEL_ROUND] = at(LEVEL_ROUND, 100);
    CHECK(!runway_from(levels, 100, 1).found);
    levels[LEVEL_OR_HIGH] = at(LEVEL_OR_HIGH, 105);
    levels[LEVEL_SMA_200] = at(LEVEL_SMA_200, 95);
    struct runway up = runway_from(levels, 100, 1), down = runway_from(levels, 100, -1);
    CHECK(up.found && !up.obstructed);
    CHECK_EQ_I64(up.kind, LEVEL_OR_HIGH);
    CHECK_EQ_F64(up.distance, 5);
    CHECK_EQ_I64(down.kind, LEVEL_SMA_200);
    CHECK_EQ_F64(down.price, 95);
    levels[LEVEL_SESSION_HIGH] = at(LEVEL_SESSION_HIGH, 105);
    up = runway_from(levels, 100, 1);
    CHECK(up.obstructed);
    CHECK_EQ_I64(up.kind, LEVEL_OR_HIGH);
    levels[LEVEL_VWAP] = at(LEVEL_VWAP, 102);
    up = runway_from(levels, 100, 1);
    CHECK(up.obstructed);
    CHECK_EQ_F64(up.distance, 2);
}
