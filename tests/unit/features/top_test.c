#include "features/top.h"

#include <math.h>

#include "book_rig.h"

static void check_side(const struct book_rig *rig, uint8_t side)
{
    const struct top_side *at = &rig->top.side[side - TD_SIDE_BID];
    struct td_level level[TOP_LEVELS];

    CHECK_EQ_U64(at->count, book_top(rig->book, side, TOP_LEVELS, level));
    for (uint32_t i = 0; i < at->count; i++) {
        CHECK_EQ_I64(at->price[i], level[i].price_steps);
        CHECK_EQ_I64(at->size[i], level[i].size_steps);
    }
}

/* By the definition, in long double: normal equations of cumulative size on distance in bps. */
static long double plain_slope(const struct top_side *side, uint32_t count, int64_t twice_mid)
{
    long double n = count, x = 0, y = 0, xx = 0, xy = 0, cumulative = 0, mid = twice_mid / 2.0L;

    for (uint32_t i = 0; i < count; i++) {
        long double distance = fabsl(side->price[i] - mid) / mid * 10000;
        cumulative += side->size[i];
        x += distance;
        y += cumulative;
        xx += distance * distance;
        xy += distance * cumulative;
    }
    return (n * xy - x * y) / (n * xx - x * x);
}

static long double plain_cog(const struct top *top, uint32_t count)
{
    long double weighed = 0, size = 0, mid = top->twice_mid / 2.0L;

    for (int side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < count; i++) {
            weighed += (long double)top->side[side].price[i] * top->side[side].size[i];
            size += top->side[side].size[i];
        }
    }
    return (weighed / size - mid) / mid * 10000;
}

static void check_derived(const struct top *top)
{
    uint32_t bids = top->side[0].count, asks = top->side[1].count;
    uint32_t count = bids < asks ? bids : asks, points = count < 10 ? count : 10;

    for (int side = 0; side < 2; side++) {
        CHECK(isnan(top->slope_steps[side]) == (points < 3));
        if (points < 3)
            continue;
        double plain = (double)plain_slope(&top->side[side], points, top->twice_mid);
        CHECK_NEAR_F64(top->slope_steps[side], plain, 1e-9 * fabs(plain));
    }
    double cog = (double)plain_cog(top, count);
    CHECK_NEAR_F64(top->cog_bps, cog, 1e-9 * fabs(cog) + 1e-12);
}

/* Refreshed after every event, it is what the book says. */
TEST(follows_the_book)
{
    struct book_rig rig = book_rig_new(1);
    int64_t middle = 6000000;
    int two_sided = 0;

    for (int event = 0; event < 20000; event++) {
        if (rig_below(&rig, 500) == 0)
            book_rig_clear(&rig);
        middle += (int64_t)rig_below(&rig, 3) - 1;
        book_rig_pass(&rig, TD_SIDE_BID, middle);
        book_rig_pass(&rig, TD_SIDE_ASK, middle);
        for (uint64_t changes = 1 + rig_below(&rig, 3); changes > 0; changes--)
            book_rig_change(&rig, middle, 3000);
        bool said = book_rig_settle(&rig);
        check_side(&rig, TD_SIDE_BID);
        check_side(&rig, TD_SIDE_ASK);
        CHECK(said == (rig.top.side[0].count > 0 && rig.top.side[1].count > 0));
        if (!said)
            continue;
        two_sided++;
        CHECK_EQ_I64(rig.top.twice_mid, rig.top.side[0].price[0] + rig.top.side[1].price[0]);
        check_derived(&rig.top);
    }
    CHECK(two_sided > 15000);
    book_rig_delete(&rig);
}

/* A change behind the levels kept costs no reading; one among them, or while there are fewer, does. */
TEST(reads_only_what_was_touched)
{
    struct book_rig rig = book_rig_new(2);

    for (int64_t i = 0; i < TOP_KEPT; i++) {
        CHECK(rig.top.side[0].stale);
        book_rig_set(&rig, TD_SIDE_BID, 1000 - i, 5);
        book_rig_set(&rig, TD_SIDE_ASK, 1001 + i, 5);
        CHECK(book_rig_settle(&rig));
        book_rig_set(&rig, TD_SIDE_BID, 500, 0);
    }
    CHECK(book_rig_settle(&rig));
    CHECK(!rig.top.side[0].stale && !rig.top.side[1].stale && !rig.top.derived_stale);
    book_rig_set(&rig, TD_SIDE_BID, 1000 - TOP_KEPT, 7);
    book_rig_set(&rig, TD_SIDE_ASK, 1001 + TOP_KEPT, 7);
    CHECK(!rig.top.side[0].stale && !rig.top.side[1].stale);
    book_rig_set(&rig, TD_SIDE_BID, 1000 - TOP_KEPT + 1, 7);
    CHECK(rig.top.side[0].stale && !rig.top.side[1].stale);
    book_rig_set(&rig, TD_SIDE_ASK, 1001 + TOP_KEPT - 1, 0);
    CHECK(rig.top.side[1].stale);
    CHECK(book_rig_settle(&rig));
    CHECK_EQ_I64(rig.top.side[1].price[TOP_KEPT - 1], 1001 + TOP_KEPT);
    CHECK_EQ_I64(rig.top.side[0].size[TOP_KEPT - 1], 7);
    book_rig_delete(&rig);
}

/* Told by level the top equals the book's, and the book is seldom asked. */
TEST(follows_the_book_by_its_changes)
{
    struct book_rig rig = book_rig_new(12), fresh = book_rig_new(12);
    uint64_t reads = 0, changes = 0;

    for (int i = 0; i < 60000; i++) {
        uint8_t side = rig_below(&rig, 2) ? TD_SIDE_BID : TD_SIDE_ASK;
        int64_t off = 1 + (int64_t)rig_below(&rig, i / 4000 % 3 == 0 ? 12 : 90);
        int64_t price = side == TD_SIDE_BID ? 1000 - off : 1000 + off;
        int64_t size = rig_below(&rig, 2) ? (int64_t)rig_below(&rig, 50) : 0;
        CHECK(book_set(rig.book, side, price, size) >= 0);
        bool stale = rig.top.side[0].stale || rig.top.side[1].stale;
        top_level(&rig.top, side, price, size);
        reads += !stale && (rig.top.side[0].stale || rig.top.side[1].stale);
        changes++;
        if (rig_below(&rig, 3))
            continue;
        top_init(&fresh.top);
        bool whole = top_refresh(&fresh.top, rig.book, RIG_PRICE_SCALE, RIG_SIZE_SCALE);
        CHECK_EQ_I64(top_refresh(&rig.top, rig.book, RIG_PRICE_SCALE, RIG_SIZE_SCALE), whole);
        for (int k = 0; k < 2; k++) {
            const struct top_side *a = &rig.top.side[k], *b = &fresh.top.side[k];
            CHECK_EQ_U64(a->count, b->count);
            CHECK_EQ_MEM(a->price, b->price, a->count * sizeof a->price[0]);
            CHECK_EQ_MEM(a->size, b->size, a->count * sizeof a->size[0]);
        }
        if (!whole)
            continue;
        top_derive(&rig.top);
        top_derive(&fresh.top);
        CHECK_EQ_F64(rig.top.slope_steps[0], fresh.top.slope_steps[0]);
        CHECK_EQ_F64(rig.top.slope_steps[1], fresh.top.slope_steps[1]);
        CHECK_EQ_F64(rig.top.cog_bps, fresh.top.cog_bps);
    }
    CHECK(reads < changes / 20);
    book_rig_delete(&rig);
    book_rig_delete(&fresh);
}

TEST(withholds)
{
    struct book_rig rig = book_rig_new(3);

    CHECK(!book_rig_settle(&rig));
    book_rig_set(&rig, TD_SIDE_BID, 1000, 5);
    CHECK(!book_rig_settle(&rig));
    book_rig_set(&rig, TD_SIDE_ASK, 1000, 5); /* locked */
    CHECK(!book_rig_settle(&rig));
    book_rig_set(&rig, TD_SIDE_ASK, 999, 5); /* crossed */
    CHECK(!book_rig_settle(&rig));
    book_rig_set(&rig, TD_SIDE_ASK, 1000, 0);
    book_rig_set(&rig, TD_SIDE_ASK, 999, 0);
    book_rig_set(&rig, TD_SIDE_ASK, 1001, 5);
    CHECK(book_rig_settle(&rig));
    book_rig_set(&rig, TD_SIDE_ASK, 1002, TOP_STEPS_MAX);
    CHECK(book_rig_settle(&rig));
    book_rig_set(&rig, TD_SIDE_ASK, 1002, TOP_STEPS_MAX + 1);
    CHECK(!book_rig_settle(&rig));
    book_rig_set(&rig, TD_SIDE_ASK, 1002, 0);
    book_rig_set(&rig, TD_SIDE_BID, INT64_MIN, 1);
    CHECK(!book_rig_settle(&rig));
    book_rig_set(&rig, TD_SIDE_BID, INT64_MIN, 0);
    CHECK(book_rig_settle(&rig));
    book_rig_delete(&rig);
}

/* The largest numbers that pass are summed without overflow. */
TEST(sums_at_the_limits)
{
    struct book_rig rig = book_rig_new(4);

    for (int64_t i = 0; i < TOP_LEVELS; i++) {
        book_rig_set(&rig, TD_SIDE_BID, -TOP_STEPS_MAX + i, TOP_STEPS_MAX);
        book_rig_set(&rig, TD_SIDE_ASK, TOP_STEPS_MAX - i, TOP_STEPS_MAX);
    }
    CHECK(book_rig_settle(&rig));
    CHECK(isnan(rig.top.cog_bps)); /* the mid is 0 */
    CHECK_EQ_F64(rig.top.cog_steps, 0.0);
    book_rig_set(&rig, TD_SIDE_BID, TOP_STEPS_MAX - 100, TOP_STEPS_MAX);
    CHECK(book_rig_settle(&rig));
    check_derived(&rig.top);
    book_rig_delete(&rig);
}

/* Without a mid above 0 there are no bps. */
TEST(slopes_need_a_price)
{
    struct book_rig rig = book_rig_new(5);

    for (int64_t i = 0; i < 5; i++) {
        book_rig_set(&rig, TD_SIDE_BID, -3 - i, 5 + i);
        book_rig_set(&rig, TD_SIDE_ASK, 1 + i, 5);
    }
    CHECK(book_rig_settle(&rig));
    CHECK(isnan(rig.top.slope_steps[0]) && isnan(rig.top.slope_steps[1]));
    CHECK(isnan(rig.top.cog_bps));
    CHECK(isfinite(rig.top.cog_steps));
    book_rig_delete(&rig);
}
