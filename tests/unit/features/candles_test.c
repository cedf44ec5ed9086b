#include "features/candles.h"

#include <math.h>

#include "test.h"

static struct candles candles;

static void add_many(int count, double first, double step)
{
    for (int i = 0; i < count; i++)
        candles_add(&candles, i, first + step * i);
}

TEST(empty_has_nothing)
{
    double low, high;
    candles_init(&candles);
    CHECK_EQ_U64(candles_count(&candles), 0);
    CHECK(candles_open(&candles) == NULL);
    CHECK(!candles_range(&candles, &low, &high));
}

TEST(the_first_mid_opens_one)
{
    candles_init(&candles);
    CHECK(!candles_add(&candles, 5, 100));
    const struct candle *open = candles_open(&candles);
    CHECK(open != NULL);
    CHECK_EQ_F64(open->open, 100.0);
    CHECK_EQ_F64(open->high, 100.0);
    CHECK_EQ_F64(open->low, 100.0);
    CHECK_EQ_F64(open->close, 100.0);
    CHECK_EQ_U64(open->ticks, 1);
    CHECK_EQ_I64(open->start_ns, 5);
}

TEST(a_higher_mid_is_the_high)
{
    candles_init(&candles);
    add_many(3, 100, 1);
    CHECK_EQ_F64(candles_open(&candles)->high, 102.0);
    CHECK_EQ_F64(candles_open(&candles)->low, 100.0);
}

TEST(a_lower_mid_is_the_low)
{
    candles_init(&candles);
    add_many(3, 100, -1);
    CHECK_EQ_F64(candles_open(&candles)->low, 98.0);
    CHECK_EQ_F64(candles_open(&candles)->high, 100.0);
}

TEST(the_newest_mid_is_the_close)
{
    candles_init(&candles);
    candles_add(&candles, 1, 100);
    candles_add(&candles, 2, 107);
    candles_add(&candles, 3, 103);
    CHECK_EQ_F64(candles_open(&candles)->close, 103.0);
}

TEST(nine_mids_close_nothing)
{
    candles_init(&candles);
    add_many(9, 100, 1);
    CHECK_EQ_U64(candles_count(&candles), 0);
    CHECK_EQ_U64(candles_open(&candles)->ticks, 9);
}

TEST(the_tenth_mid_closes)
{
    candles_init(&candles);
    add_many(9, 100, 1);
    CHECK(candles_add(&candles, 9, 90));
    CHECK_EQ_U64(candles_count(&candles), 1);
    const struct candle *closed = candles_at(&candles, 0);
    CHECK_EQ_F64(closed->open, 100.0);
    CHECK_EQ_F64(closed->high, 108.0);
    CHECK_EQ_F64(closed->low, 90.0);
    CHECK_EQ_F64(closed->close, 90.0);
    CHECK_EQ_U64(closed->ticks, 10);
    CHECK_EQ_I64(closed->end_ns, 9);
    CHECK(candles_open(&candles) == NULL);
}

TEST(the_eleventh_mid_opens_the_next_at_its_own_price)
{
    candles_init(&candles);
    add_many(10, 100, 1);
    CHECK(!candles_add(&candles, 10, 55));
    CHECK_EQ_F64(candles_open(&candles)->open, 55.0);
    CHECK_EQ_F64(candles_open(&candles)->high, 55.0);
}

TEST(what_is_no_number_is_passed_over)
{
    candles_init(&candles);
    CHECK(!candles_add(&candles, 1, NAN));
    CHECK(!candles_add(&candles, 1, INFINITY));
    CHECK(candles_open(&candles) == NULL);
    add_many(9, 100, 0);
    CHECK(!candles_add(&candles, 9, NAN));
    CHECK_EQ_U64(candles_open(&candles)->ticks, 9);
}

TEST(fifty_are_kept)
{
    candles_init(&candles);
    add_many(500, 0, 1);
    CHECK_EQ_U64(candles_count(&candles), 50);
    CHECK_EQ_F64(candles_at(&candles, 0)->open, 0.0);
    CHECK_EQ_F64(candles_at(&candles, 49)->close, 499.0);
}

TEST(the_oldest_leaves_when_a_new_one_closes)
{
    candles_init(&candles);
    add_many(519, 0, 1);
    CHECK_EQ_U64(candles_count(&candles), 50);
    CHECK_EQ_F64(candles_at(&candles, 0)->open, 10.0);
    CHECK_EQ_F64(candles_at(&candles, 49)->close, 509.0);
    CHECK_EQ_U64(candles_open(&candles)->ticks, 9);
}

TEST(the_range_is_padded_by_a_tenth)
{
    double low, high;
    candles_init(&candles);
    add_many(11, 100, 10);
    CHECK(candles_range(&candles, &low, &high));
    CHECK_EQ_F64(low, 90.0);
    CHECK_EQ_F64(high, 210.0);
}

TEST(a_flat_range_is_padded_by_ten)
{
    double low, high;
    candles_init(&candles);
    add_many(15, 100, 0);
    CHECK(candles_range(&candles, &low, &high));
    CHECK_EQ_F64(low, 90.0);
    CHECK_EQ_F64(high, 110.0);
}

TEST(the_open_one_counts_in_the_range)
{
    double low, high;
    candles_init(&candles);
    add_many(10, 100, 0);
    candles_add(&candles, 11, 200);
    CHECK(candles_range(&candles, &low, &high));
    CHECK_EQ_F64(high, 210.0);
}
