#include "exchange/levels.h"

#include "exchange/dice.h"
#include "test.h"

enum { CAP = 256, PRICES = 200 };
static struct level memory[CAP];

/* A table by price is the plain truth. */
static void compare(bool bids)
{
    struct levels levels;
    int64_t size[PRICES + 1] = {0};
    uint64_t dice = 5;
    levels_lay_out(&levels, memory, CAP, bids);
    for (unsigned i = 0; i < 20000; i++) {
        int64_t price = 1 + (int64_t)dice_below(&dice, PRICES);
        int64_t to = dice_below(&dice, 3) ? (int64_t)dice_below(&dice, 100) : 0;
        CHECK_EQ_I64(levels_size(&levels, price), size[price]);
        CHECK_EQ_I64(levels_set(&levels, price, to), size[price]);
        size[price] = to;
    }
    uint32_t rank = 0;
    for (int64_t i = 1; i <= PRICES; i++) {
        int64_t price = bids ? PRICES + 1 - i : i;
        if (size[price] == 0)
            continue;
        const struct level *level = levels_nth(&levels, rank++);
        CHECK(level != NULL);
        CHECK_EQ_I64(level->price_steps, price);
        CHECK_EQ_I64(level->size_steps, size[price]);
    }
    CHECK(rank > 0 && levels_nth(&levels, rank) == NULL);
}

TEST(bids_equal_a_table)
{
    compare(true);
}

TEST(asks_equal_a_table)
{
    compare(false);
}

TEST(deepening_stops_at_price_and_room)
{
    struct levels levels;
    levels_lay_out(&levels, memory, CAP, true);
    CHECK_EQ_U64(levels_deepen(&levels, 5, 1), 0); /* nothing to stand behind */
    levels_set(&levels, 10, 7);
    CHECK_EQ_U64(levels_deepen(&levels, 100, 1), 9);
    CHECK_EQ_I64(levels.at[0].price_steps, 1);
    CHECK_EQ_I64(levels_nth(&levels, 0)->size_steps, 7);
    levels_lay_out(&levels, memory, CAP, false);
    levels_set(&levels, 10, 7);
    CHECK_EQ_U64(levels_deepen(&levels, 1000, 1), CAP - 1);
    CHECK_EQ_I64(levels.at[0].price_steps, 10 + CAP - 1);
}
