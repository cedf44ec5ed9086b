#include "proxy/flow.h"

#include <string.h>

#include "base/limits.h"
#include "test.h"

static struct flow flow;
static uint64_t dice;

static void begin(void)
{
    memset(&flow, 0, sizeof flow);
    dice = 5;
}

static void put(const struct shape *shape, const char *text, int64_t now_ns)
{
    size_t bytes = strlen(text);
    memcpy(flow.data + flow.held, text, bytes);
    flow_took(&flow, shape, bytes, now_ns);
}

TEST(without_a_shape_all_passes_at_once)
{
    struct shape plain = {0};
    begin();
    CHECK_EQ_I64(flow_due_ns(&flow), INT64_MAX);
    put(&plain, "abc", 10);
    put(&plain, "de", 11);
    CHECK_EQ_I64(flow_ready(&flow, &plain, &dice, 11), 5);
    flow_wrote(&flow, &plain, 4, 11);
    CHECK_EQ_I64(flow.held, 1);
    CHECK_EQ_I64(flow.data[0], 'e');
    CHECK_EQ_I64(flow_ready(&flow, &plain, &dice, 11), 1);
}

TEST(what_is_delayed_keeps_its_order_and_its_distance)
{
    struct shape slow = {.delay_ns = 100};
    begin();
    put(&slow, "abc", 10);
    put(&slow, "de", 50);
    CHECK_EQ_I64(flow_due_ns(&flow), 110);
    CHECK_EQ_I64(flow_ready(&flow, &slow, &dice, 109), 0);
    CHECK_EQ_I64(flow_ready(&flow, &slow, &dice, 110), 3);
    CHECK_EQ_I64(flow_ready(&flow, &slow, &dice, 150), 5);
}

TEST(what_is_merged_waits_for_its_lot)
{
    struct shape merged = {.merge_ns = 100};
    begin();
    put(&merged, "abc", 10);
    put(&merged, "de", 60);
    CHECK_EQ_I64(flow_ready(&flow, &merged, &dice, 109), 0);
    CHECK_EQ_I64(flow_ready(&flow, &merged, &dice, 110), 5);
}

TEST(pieces_are_of_one_to_so_many_bytes)
{
    struct shape split = {.split_bytes = 3};
    bool seen[4] = {0};
    begin();
    put(&split, "abcdefgh", 1);
    for (int i = 0; i < 100; i++) {
        size_t piece = flow_ready(&flow, &split, &dice, 1);
        CHECK(piece >= 1 && piece <= 3);
        seen[piece & 3] = true;
    }
    CHECK(seen[1] && seen[2] && seen[3]);
}

TEST(drops_fall_one_by_one_at_their_rate)
{
    struct shape drip = {.drip_per_s = 4};
    begin();
    put(&drip, "abc", 0);
    CHECK_EQ_I64(flow_ready(&flow, &drip, &dice, 0), 1);
    flow_wrote(&flow, &drip, 1, 0);
    CHECK_EQ_I64(flow_ready(&flow, &drip, &dice, TD_NS_PER_S / 4 - 1), 0);
    CHECK_EQ_I64(flow_due_ns(&flow), TD_NS_PER_S / 4);
    CHECK_EQ_I64(flow_ready(&flow, &drip, &dice, TD_NS_PER_S / 4), 1);
}

TEST(a_full_flow_reads_no_more)
{
    struct shape plain = {0};
    begin();
    for (int i = 0; i < FLOW_PARCELS; i++) {
        CHECK(flow_room(&flow) > 0);
        put(&plain, "x", i);
    }
    CHECK_EQ_I64(flow_room(&flow), 0);
    flow_drop(&flow);
    CHECK_EQ_I64(flow_room(&flow), FLOW_BYTES);
}
