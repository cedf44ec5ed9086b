#include "features/confluence.h"

#include "test.h"

static struct level at(uint8_t kind, double price)
{
    return (struct level){.on = true, .kind = kind, .price = price};
}

TEST(neighbours_weigh_by_kind_and_distance)
{
    struct level levels[LEVEL_SLOTS] = {{0}};
    levels[LEVEL_ROUND] = at(LEVEL_ROUND, 100);
    levels[LEVEL_OR_HIGH] = at(LEVEL_OR_HIGH, 101);
    levels[LEVEL_VWAP] = at(LEVEL_VWAP, 98);
    levels[LEVEL_PD_LOW] = at(LEVEL_PD_LOW, 97);
    levels[LEVEL_USER_HOTZONE] = at(LEVEL_USER_HOTZONE, 99.5);
    struct confluence c = confluence_of(levels, LEVEL_ROUND, 2);
    CHECK_EQ_I64(c.count, 3);
    CHECK_NEAR_F64(c.score, 0.9 * 0.5, 1e-12);
    CHECK_NEAR_F64(c.pressure, 0.45 / 7.3, 1e-12);
    CHECK_EQ_F64(c.nearest, 0.5);
}

TEST(breakout_of_both_ranges)
{
    struct level levels[LEVEL_SLOTS] = {{0}};
    CHECK_EQ_I64(confluence_breakout(levels, 100), BREAKOUT_UNKNOWN);
    levels[LEVEL_PD_HIGH] = at(LEVEL_PD_HIGH, 110);
    levels[LEVEL_PD_LOW] = at(LEVEL_PD_LOW, 90);
    levels[LEVEL_OR_HIGH] = at(LEVEL_OR_HIGH, 105);
    levels[LEVEL_OR_LOW] = at(LEVEL_OR_LOW, 95);
    CHECK_EQ_I64(confluence_breakout(levels, 100), BREAKOUT_INSIDE);
    CHECK_EQ_I64(confluence_breakout(levels, 107), BREAKOUT_PARTIAL);
    CHECK_EQ_I64(confluence_breakout(levels, 111), BREAKOUT_ABOVE);
    CHECK_EQ_I64(confluence_breakout(levels, 89), BREAKOUT_BELOW);
}

TEST(table_of_levels)
{
    CHECK_EQ_I64(confluence_level(BREAKOUT_UNKNOWN, 1, true, true, 2), 0);
    CHECK_EQ_I64(confluence_level(BREAKOUT_ABOVE, -1, true, true, 2), 0);
    CHECK_EQ_I64(confluence_level(BREAKOUT_ABOVE, 1, true, true, 2), 3);
    CHECK_EQ_I64(confluence_level(BREAKOUT_BELOW, 0, true, true, 2), 5);
    CHECK_EQ_I64(confluence_level(BREAKOUT_BELOW, 1, false, true, 1.3), 6);
    CHECK_EQ_I64(confluence_level(BREAKOUT_BELOW, 1, false, true, 1.2), 7);
    CHECK_EQ_I64(confluence_level(BREAKOUT_BELOW, 0, false, false, 0), 7);
    CHECK_EQ_I64(confluence_level(BREAKOUT_BELOW, 1, false, false, 0), 0);
    CHECK_EQ_I64(confluence_level(BREAKOUT_PARTIAL, 1, true, true, 2), 9);
    CHECK_EQ_I64(confluence_level(BREAKOUT_INSIDE, -1, true, false, 0), 10);
}

TEST(alignment_of_position_and_slopes)
{
    struct confluence_averages falling = {true, true, 110, 120, -1, -2},
                               rising = {true, true, 90, 80, 2, 1};
    CHECK_EQ_I64(confluence_alignment(&falling, 100, 1), 1);
    CHECK_EQ_I64(confluence_alignment(&rising, 100, -1), 1);
    CHECK_EQ_I64(confluence_alignment(&falling, 100, -1), 0);
    rising.slope_200 = 0.5;
    CHECK_EQ_I64(confluence_alignment(&rising, 100, 1), -1);
    falling.slope_200 = -3;
    CHECK_EQ_I64(confluence_alignment(&falling, 100, -1), -1);
    CHECK_EQ_I64(confluence_alignment(&falling, 115, 1), 0);
}
