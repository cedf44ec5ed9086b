/* The canonical cases of order flow; the rest is in features_test.c. */
#include "features/flow.h"

#include "test.h"

static struct top top_of(int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size)
{
    struct top top = {0};
    top.side[0] =
        (struct top_side){.count = 1, .stale = true, .price[0] = bid, .size[0] = bid_size};
    top.side[1] =
        (struct top_side){.count = 1, .stale = true, .price[0] = ask, .size[0] = ask_size};
    return top;
}

/* From 100 x 5 | 102 x 7. */
static int64_t ofi_to(int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size)
{
    struct flow flow;
    struct top before = top_of(100, 5, 102, 7), now = top_of(bid, bid_size, ask, ask_size);
    flow_init(&flow, TOP_OFI_LEVELS, 0.5);
    flow_note(&flow, &before);
    CHECK(!flow_event(&flow, &before).have);
    flow_note(&flow, &now);
    struct flow_values values = flow_event(&flow, &now);
    CHECK(values.have);
    CHECK_EQ_I64((int64_t)values.multi, values.ofi);
    CHECK_EQ_I64((int64_t)(values.weighted >> FLOW_SHIFT), values.ofi);
    return values.ofi;
}

TEST(size_at_the_same_price)
{
    CHECK_EQ_I64(ofi_to(100, 9, 102, 7), 4);
    CHECK_EQ_I64(ofi_to(100, 2, 102, 7), -3);
    CHECK_EQ_I64(ofi_to(100, 5, 102, 9), -2);
    CHECK_EQ_I64(ofi_to(100, 5, 102, 1), 6);
}

TEST(bid_moves)
{
    CHECK_EQ_I64(ofi_to(101, 3, 102, 7), 3);
    CHECK_EQ_I64(ofi_to(99, 11, 102, 7), -5);
}

TEST(ask_moves)
{
    CHECK_EQ_I64(ofi_to(100, 5, 103, 4), 7);
    CHECK_EQ_I64(ofi_to(100, 5, 101, 4), -4);
}

TEST(both_move)
{
    CHECK_EQ_I64(ofi_to(101, 3, 103, 4), 10);
    CHECK_EQ_I64(ofi_to(99, 3, 101, 4), -9);
}

/* By index, as far as both events have levels, ten at most; each weighs exp(-i / 2). */
TEST(levels_by_index)
{
    struct flow flow;
    struct top before = {0}, now;
    for (int side = 0; side < 2; side++) {
        before.side[side].count = 14;
        for (int i = 0; i < 14; i++) {
            before.side[side].price[i] = side == 0 ? 100 - i : 102 + i;
            before.side[side].size[i] = 1000;
        }
    }
    now = before;
    flow_init(&flow, TOP_OFI_LEVELS, 0.5);
    flow_event(&flow, &before);
    now.side[0].stale = now.side[1].stale = true;
    now.side[0].size[3] = 1500;  /* + 500 */
    now.side[0].size[12] = 9999; /* beyond ten */
    now.side[1].count = 2;
    now.side[1].price[1] = 110; /* worse: -(-1000) */
    flow_note(&flow, &now);
    struct flow_values values = flow_event(&flow, &now);
    CHECK_EQ_I64(values.ofi, 0);
    CHECK_EQ_I64((int64_t)values.multi, 1500);
    CHECK_NEAR_F64((double)values.weighted * FLOW_UNIT,
                   500 * 0.22313016014842982 + 1000 * 0.6065306597126334, 1e-8);
}

/* Levels and decay come from the configuration: two levels, each half of the one before. */
TEST(fewer_levels_and_another_decay)
{
    struct flow flow;
    struct top before = {0}, now;
    before.side[0].count = before.side[1].count = 5;
    for (int i = 0; i < 5; i++) {
        before.side[0].price[i] = 100 - i;
        before.side[1].price[i] = 102 + i;
        before.side[0].size[i] = before.side[1].size[i] = 50;
    }
    now = before;
    for (int i = 0; i < 5; i++)
        now.side[0].size[i] += 8;
    flow_init(&flow, 2, 0.69314718055994531);
    flow_event(&flow, &before);
    flow.moved[0] = flow.moved[1] = true;
    struct flow_values values = flow_event(&flow, &now);
    CHECK_EQ_I64(values.ofi, 8);
    CHECK_EQ_I64((int64_t)values.multi, 16);
    CHECK_NEAR_F64((double)values.weighted * FLOW_UNIT, 12, 1e-11);
}

/* Nine digits of what is left of a million. */
TEST(levels_that_cancel_keep_their_digits)
{
    struct flow flow;
    struct top before = {0}, now;
    before.side[0] = (struct top_side){
        .count = 2, .price = {100, 99}, .size = {INT64_C(1000000), INT64_C(1000000)}};
    before.side[1] = (struct top_side){.count = 1, .price = {102}, .size = {7}};
    now = before;
    now.side[0].size[0] -= 606531;
    now.side[0].size[1] += 1000000;
    flow_init(&flow, TOP_OFI_LEVELS, 0.5);
    flow_event(&flow, &before);
    flow.moved[0] = true;
    struct flow_values values = flow_event(&flow, &now);
    CHECK_NEAR_F64((double)values.weighted * FLOW_UNIT, -0.3402873665764, 3.4e-10);
}

/* A side that was not read anew has no flow, and no comparing is done. */
TEST(an_unmoved_side_is_still)
{
    struct flow flow;
    struct top top = top_of(100, 5, 102, 7);
    flow_init(&flow, TOP_OFI_LEVELS, 0.5);
    flow_event(&flow, &top);
    top.side[0].stale = top.side[1].stale = false;
    flow_note(&flow, &top);
    struct flow_values values = flow_event(&flow, &top);
    CHECK(values.have);
    CHECK_EQ_I64(values.ofi, 0);
    flow_reset(&flow);
    CHECK(!flow_event(&flow, &top).have);
}

TEST(largest_sizes_fit)
{
    struct flow flow;
    struct top before = {0}, now;
    for (int side = 0; side < 2; side++) {
        before.side[side].count = 10;
        for (int i = 0; i < 10; i++) {
            before.side[side].price[i] = side == 0 ? 100 - i : 102 + i;
            before.side[side].size[i] = TOP_STEPS_MAX;
        }
    }
    now = before;
    for (int i = 0; i < 10; i++) {
        now.side[0].price[i]++;
        now.side[1].price[i]++;
    }
    flow_init(&flow, TOP_OFI_LEVELS, 0.5);
    flow_event(&flow, &before);
    flow.moved[0] = flow.moved[1] = true;
    struct flow_values values = flow_event(&flow, &now);
    CHECK_EQ_I64(values.ofi, 2 * TOP_STEPS_MAX);
    CHECK(values.multi == 20 * (__int128)TOP_STEPS_MAX);
    CHECK(flow_rescale(&flow, 1, 1));
    CHECK(!flow_rescale(&flow, 1, 10));
}
