#include "features/volume_bars.h"

#include <math.h>

#include "base/event.h"
#include "base/limits.h"
#include "test.h"

struct seen {
    unsigned count;
    struct volume_bar bar[64];
};

static void keep(void *arg, const struct volume_bar *bar)
{
    struct seen *seen = arg;
    CHECK(seen->count < 64);
    seen->bar[seen->count++] = *bar;
}

static void add(struct volume_bars *bars, struct seen *seen, int64_t ts_s, int64_t price,
                int64_t size, uint8_t taker)
{
    struct bar_trade trade = {ts_s * TD_NS_PER_S, price, size, taker};
    volume_bars_add(bars, &trade, keep, seen);
}

TEST(a_large_trade_closes_several)
{
    struct volume_bars bars;
    struct volume_bar open;
    struct seen seen = {0};
    volume_bars_init(&bars, 100, 0, 0);
    add(&bars, &seen, 1, 10, 60, TD_TAKER_SELL);
    CHECK_EQ_U64(seen.count, 0);
    add(&bars, &seen, 2, 12, 350, TD_TAKER_BUY);
    CHECK_EQ_U64(seen.count, 4);
    for (int i = 0; i < 4; i++)
        CHECK_EQ_F64(seen.bar[i].volume, 100.0);
    CHECK_EQ_F64(seen.bar[0].path.open, 10.0);
    CHECK_EQ_F64(seen.bar[0].path.close, 12.0);
    CHECK_EQ_F64(seen.bar[0].buy_volume, 40.0);
    CHECK_EQ_F64(seen.bar[0].sell_volume, 60.0);
    CHECK_EQ_F64(seen.bar[0].buy_ratio, 0.4);
    CHECK_EQ_F64(seen.bar[0].vwap, (600.0 + 480) / 100);
    CHECK_EQ_U64(seen.bar[0].trades, 2);
    CHECK_EQ_I64(seen.bar[0].end_ns - seen.bar[0].start_ns, TD_NS_PER_S);
    CHECK_EQ_F64(seen.bar[1].path.open, 12.0);
    CHECK_EQ_U64(seen.bar[1].trades, 1);
    CHECK_EQ_I64(seen.bar[1].start_ns, seen.bar[1].end_ns);
    CHECK(volume_bars_open(&bars, &open));
    CHECK_EQ_F64(open.volume, 10.0);
}

TEST(a_trade_that_fills_exactly_leaves_nothing_open)
{
    struct volume_bars bars;
    struct volume_bar open;
    struct seen seen = {0};
    volume_bars_init(&bars, 100, 0, 0);
    add(&bars, &seen, 1, 10, 100, TD_TAKER_BUY);
    CHECK_EQ_U64(seen.count, 1);
    CHECK(!volume_bars_open(&bars, &open));
    add(&bars, &seen, 9, 7, 1, TD_TAKER_BUY);
    CHECK(volume_bars_open(&bars, &open));
    CHECK_EQ_I64(open.start_ns, 9 * TD_NS_PER_S);
    CHECK_EQ_F64(open.path.open, 7.0);
}

TEST(volume_is_conserved_to_the_step)
{
    struct volume_bars bars;
    struct volume_bar open;
    struct seen seen = {0};
    int64_t total = 0;
    volume_bars_init(&bars, 100003, 2, 8);
    for (int i = 0; i < 500; i++) {
        int64_t size = 1 + (i * INT64_C(7919)) % 20011;
        total += size;
        add(&bars, &seen, i, 6412345 + i % 13, size, i % 3 ? TD_TAKER_BUY : TD_TAKER_SELL);
    }
    CHECK_EQ_U64(seen.count, (uint64_t)(total / 100003));
    CHECK(volume_bars_open(&bars, &open));
    CHECK_NEAR_F64(open.volume * 1e8, (double)(total % 100003), 1e-6);
    for (unsigned i = 0; i < seen.count; i++)
        CHECK_NEAR_F64((seen.bar[i].buy_volume + seen.bar[i].sell_volume) * 1e8, 100003, 1e-6);
}

TEST(without_a_known_side_there_is_no_ratio)
{
    struct volume_bars bars;
    struct seen seen = {0};
    volume_bars_init(&bars, 5, 0, 0);
    add(&bars, &seen, 1, 10, 5, TD_TAKER_UNKNOWN);
    CHECK_EQ_U64(seen.count, 1);
    CHECK(isnan(seen.bar[0].buy_ratio));
}

TEST(a_trade_s_return_counts_once)
{
    struct volume_bars bars;
    struct seen seen = {0};
    volume_bars_init(&bars, 10, 0, 0);
    add(&bars, &seen, 1, 100, 5, TD_TAKER_BUY);
    add(&bars, &seen, 2, 110, 2, TD_TAKER_BUY);
    add(&bars, &seen, 3, 100, 30, TD_TAKER_BUY);
    CHECK_EQ_U64(seen.count, 3);
    double up = log(1.1), mean = 0;
    CHECK_NEAR_F64(seen.bar[0].path.realized_variance, 2 * (up - mean) * (up - mean), 1e-15);
    CHECK(isnan(seen.bar[1].path.realized_variance));
    CHECK(isnan(seen.bar[2].path.realized_variance));
}
