#include "features/vpin.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/state.h"
#include "features/features.h"
#include "test.h"

enum { SCALE = 2 }; /* 100 steps are a unit */

static struct vpin vpin_new(double bucket, bool auto_size, uint32_t buckets)
{
    struct vpin_params params = {bucket, auto_size, buckets};
    struct vpin v;
    vpin_init(&v, malloc(vpin_footprint(&params)), &params);
    return v;
}

static void trade_at(struct vpin *v, int64_t event_ns, int64_t price, int64_t size, uint8_t taker,
                     int64_t twice_mid)
{
    struct feature_trade trade = {event_ns, price, size, taker};
    vpin_trade(v, &trade, SCALE, twice_mid);
}

static void trade(struct vpin *v, int64_t price, int64_t size, uint8_t taker, int64_t twice_mid)
{
    trade_at(v, 0, price, size, taker, twice_mid);
}

TEST(a_trade_fills_buckets_one_after_the_other)
{
    struct vpin v = vpin_new(1.0, false, 50);
    CHECK_EQ_F64(vpin_value(&v), NAN);
    trade(&v, 1000, 350, TD_TAKER_BUY, 0);
    CHECK_EQ_U64(v.count, 3);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ_I64(v.full[i].imbalance, 200);
        CHECK_EQ_I64(v.full[i].size, 100);
    }
    CHECK_EQ_I64(v.open.filled, 50);
    CHECK_EQ_I64(v.open.buy, 100); /* half steps */
    CHECK_EQ_I64(v.open.sell, 0);
    CHECK_EQ_F64(vpin_value(&v), 1.0);
    trade(&v, 1000, 50, TD_TAKER_SELL, 0);
    CHECK_EQ_F64(vpin_value(&v), 0.75);
    free(v.full);
}

/* Volume that went in stands in the ring and the open bucket. */
TEST(volume_is_conserved)
{
    struct vpin v = vpin_new(1.37, false, 500);
    uint64_t random = 5;
    int64_t sent = 0;
    for (int i = 0; i < 400; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        int64_t size = 1 + (int64_t)(random >> 40) % 150;
        sent += size;
        trade(&v, 1000 + (int64_t)(random >> 50) % 5, size, (uint8_t)(random >> 61) % 3, 2003);
    }
    CHECK(v.count < 500);
    CHECK_EQ_I64((int64_t)v.volume + v.open.filled, sent);
    CHECK_EQ_I64(v.open.buy + v.open.sell, 2 * v.open.filled);
    CHECK_EQ_I64((int64_t)v.traded, sent);
    CHECK_EQ_I64((int64_t)v.volume, (int64_t)v.count * 137);
    free(v.full);
}

TEST(only_the_last_buckets_count)
{
    struct vpin v = vpin_new(1.0, false, 4);
    trade(&v, 1000, 1000, TD_TAKER_BUY, 0);
    CHECK_EQ_U64(v.count, 4);
    for (int i = 0; i < 4; i++) {
        trade(&v, 1000, 50, TD_TAKER_BUY, 0);
        trade(&v, 1000, 50, TD_TAKER_SELL, 0);
        CHECK_EQ_F64(vpin_value(&v), (3.0 - i) / 4);
    }
    free(v.full);
}

/* A trade as large as a step count may be passes at once. */
TEST(a_huge_trade_ends)
{
    struct vpin v = vpin_new(0.01, false, 50), w = vpin_new(0.01, false, 50);
    trade(&v, 1000, INT64_MAX, TD_TAKER_SELL, 0);
    CHECK_EQ_F64(vpin_value(&v), 1.0);
    trade(&w, 1000, 60, TD_TAKER_SELL, 0);
    CHECK_EQ_I64(v.open.filled, 0);
    CHECK_EQ_U64(w.count, 50);
    CHECK_EQ_I64((int64_t)v.imbalance, (int64_t)w.imbalance);
    free(v.full);
    free(w.full);
}

TEST(unknown_sides_by_quote_then_tick)
{
    struct vpin v = vpin_new(1.0, false, 50);
    trade(&v, 1000, 10, TD_TAKER_UNKNOWN, 0); /* first: half each */
    CHECK_EQ_I64(v.open.buy, 10);
    CHECK_EQ_F64(vpin_told_share(&v), 0.0);
    trade(&v, 1001, 10, TD_TAKER_UNKNOWN, 0); /* up: buy */
    CHECK_EQ_I64(v.open.buy, 30);
    trade(&v, 1000, 10, TD_TAKER_UNKNOWN, 0); /* down: sell */
    CHECK_EQ_I64(v.open.sell, 30);
    trade(&v, 1000, 10, TD_TAKER_UNKNOWN,
          1999); /* above the mid of 999.5: buy, whatever the tick */
    CHECK_EQ_I64(v.open.buy, 50);
    trade(&v, 999, 10, TD_TAKER_UNKNOWN, 1999);
    CHECK_EQ_I64(v.open.sell, 50);
    trade(&v, 1000, 10, TD_TAKER_UNKNOWN, 2000); /* at the mid: up from 999 */
    CHECK_EQ_I64(v.open.buy, 70);
    trade(&v, 1000, 40, TD_TAKER_BUY, 2000); /* known: nothing told by rule */
    CHECK_EQ_F64(vpin_told_share(&v), 0.5);
    free(v.full);
}

TEST(a_price_that_is_not_positive_is_ignored)
{
    struct vpin v = vpin_new(1.0, false, 50);
    trade(&v, 0, 500, TD_TAKER_BUY, 0);
    trade(&v, -3, 500, TD_TAKER_BUY, 0);
    trade(&v, 3, 0, TD_TAKER_BUY, 0);
    CHECK_EQ_U64(v.count, 0);
    CHECK_EQ_F64(vpin_told_share(&v), NAN);
    free(v.full);
}

TEST(a_bucket_is_at_least_a_step)
{
    struct vpin v = vpin_new(0.0001, false, 50);
    trade(&v, 1, 3, TD_TAKER_BUY, 0);
    CHECK_EQ_U64(v.count, 3);
    free(v.full);
}

/* Sizes follow the volume of the 1,440 minutes before the trade; the first is the configured one. */
TEST(auto_bucket)
{
    int64_t minute = 60 * TD_NS_PER_S;
    struct vpin v = vpin_new(1.0, true, 10);
    trade_at(&v, 0, 1000, 100, TD_TAKER_BUY, 0);
    CHECK_EQ_I64(v.full[0].size, 100);
    trade_at(&v, minute, 1000, 5, TD_TAKER_BUY, 0); /* 100 / 10 */
    CHECK_EQ_I64(v.open.size, 10);
    trade_at(&v, 2 * minute, 1000, 5, TD_TAKER_SELL, 0);
    CHECK_EQ_I64(v.full[1].size, 10);
    CHECK_EQ_F64(vpin_value(&v), 100.0 / 110.0);
    trade_at(&v, 1439 * minute, 1000, 1, TD_TAKER_BUY, 0); /* (100 + 5 + 5) / 10 */
    CHECK_EQ_I64(v.open.size, 11);
    trade_at(&v, 1440 * minute, 1000, 10, TD_TAKER_BUY, 0); /* the first minute is out */
    CHECK_EQ_I64(v.open.size, 0);
    trade_at(&v, 1440 * minute, 1000, 1, TD_TAKER_BUY, 0); /* 5 + 5 + 1 + 10 = 21: 2 */
    CHECK_EQ_I64(v.open.size, 2);
    trade_at(&v, 9000 * minute, 1000, 1, TD_TAKER_BUY, 0);
    trade_at(&v, 9000 * minute, 1000, 1, TD_TAKER_BUY, 0); /* 1 / 10: a step */
    CHECK_EQ_I64((int64_t)v.day, 2);
    free(v.full);
}

TEST(state_goes_on)
{
    for (int auto_size = 0; auto_size < 2; auto_size++) {
        struct vpin v = vpin_new(0.5, auto_size, 7), w = vpin_new(0.5, auto_size, 7);
        struct vpin_params params = v.params;
        size_t room = vpin_state_bytes(&params);
        unsigned char *bytes = malloc(room);
        for (int i = 0; i < 300; i++)
            trade_at(&v, i * 7 * TD_NS_PER_S, 1000 + i % 3, 1 + i % 40, (uint8_t)(i % 3), 2001);
        struct td_state save = td_state_save(bytes, room);
        vpin_state(&v, &save);
        CHECK(!save.failed);
        struct td_state load = td_state_load(bytes, save.used);
        vpin_state(&w, &load);
        CHECK(!load.failed);
        for (int i = 300; i < 400; i++) {
            trade_at(&v, i * 7 * TD_NS_PER_S, 1000 + i % 3, 1 + i % 40, (uint8_t)(i % 3), 2001);
            trade_at(&w, i * 7 * TD_NS_PER_S, 1000 + i % 3, 1 + i % 40, (uint8_t)(i % 3), 2001);
            CHECK_EQ_F64(vpin_value(&v), vpin_value(&w));
            CHECK_EQ_F64(vpin_told_share(&v), vpin_told_share(&w));
        }
        free(bytes);
        free(v.full);
        free(w.full);
    }
}

TEST(a_finer_scale_changes_nothing_but_the_steps)
{
    struct vpin v = vpin_new(1.0, false, 5);
    for (int i = 0; i < 50; i++)
        trade(&v, 1000 + i % 4, 1 + i * 13 % 70, (uint8_t)(i % 3), 2003);
    double value = vpin_value(&v), share = vpin_told_share(&v);
    CHECK(vpin_rescale(&v, 10, 1000));
    CHECK_EQ_F64(vpin_value(&v), value);
    CHECK_EQ_F64(vpin_told_share(&v), share);
    CHECK_EQ_I64(v.open.size, 100000);
    CHECK(!vpin_rescale(&v, 1, INT64_MAX / 2));
    CHECK_EQ_F64(vpin_value(&v), NAN);
    free(v.full);
}
