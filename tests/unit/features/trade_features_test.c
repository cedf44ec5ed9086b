#include "features/trade_features.h"

#include <math.h>
#include <stdlib.h>

#include "base/event.h"
#include "base/limits.h"
#include "test.h"

#define S TD_NS_PER_S

static struct trade_features *make(uint32_t most, int price_scale, int size_scale)
{
    static void *memory;
    struct trade_features_params params = {most, price_scale, size_scale, {60, 300, 900}};
    free(memory);
    memory = malloc(trade_features_footprint(&params));
    return trade_features_init(memory, &params);
}

static struct trade_feature_row add(struct trade_features *f, int64_t ts_ns, int64_t price,
                                    int64_t size, uint8_t taker)
{
    struct trade_feature_row row;
    struct bar_trade trade = {ts_ns, price, size, taker};
    trade_features_add(f, &trade, &row);
    return row;
}

TEST(the_first_trade_has_no_return)
{
    struct trade_feature_row row = add(make(16, 1, 2), 0, 105, 250, TD_TAKER_BUY);
    CHECK(isnan(row.log_return));
    CHECK_EQ_F64(row.is_buy, 1.0);
    CHECK_EQ_F64(row.dollar_volume, 26.25);
    CHECK_EQ_F64(row.signed_volume, 2.5);
    CHECK(isnan(row.window[0].realized_var));
    CHECK_EQ_F64(row.window[0].vwap, 10.5);
}

TEST(an_unknown_side_is_null_and_no_sell)
{
    struct trade_features *f = make(16, 0, 0);
    struct trade_feature_row row = add(f, 0, 10, 3, TD_TAKER_UNKNOWN);
    CHECK(isnan(row.is_buy));
    CHECK(isnan(row.signed_volume));
    CHECK(isnan(row.window[0].buy_ratio));
    row = add(f, 1, 10, 3, TD_TAKER_SELL);
    CHECK_EQ_F64(row.is_buy, 0.0);
    CHECK_EQ_F64(row.signed_volume, -3.0);
    CHECK_EQ_F64(row.window[0].buy_ratio, 0.0);
    row = add(f, 2, 10, 3, TD_TAKER_BUY);
    CHECK_EQ_F64(row.window[0].buy_ratio, 0.5);
    CHECK_EQ_U64(row.window[0].trades, 3);
}

/* Correction of SPEC 2.9: windows are of the row, not joined on equal whole seconds: no row is without one. */
TEST(every_row_has_its_windows_whatever_its_stamp)
{
    struct trade_features *f = make(1024, 2, 3);
    for (int i = 0; i < 500; i++) {
        struct trade_feature_row row =
            add(f, i * INT64_C(777777777), 1000 + i % 9, 1 + i % 5, TD_TAKER_BUY);
        for (int w = 0; w < ROW_WINDOWS; w++) {
            CHECK(row.window[w].trades > 0);
            CHECK(!isnan(row.window[w].vwap));
            CHECK(i < 2 || !isnan(row.window[w].realized_var));
        }
    }
}

TEST(a_window_is_open_at_its_old_end)
{
    struct trade_features *f = make(16, 0, 0);
    add(f, 0, 10, 1, TD_TAKER_BUY);
    CHECK_EQ_U64(add(f, 60 * S - 1, 10, 2, TD_TAKER_BUY).window[0].trades, 2);
    struct trade_feature_row row = add(f, 60 * S, 10, 4, TD_TAKER_BUY);
    CHECK_EQ_U64(row.window[0].trades, 2);
    CHECK_EQ_F64(row.window[0].volume, 6.0);
    CHECK_EQ_F64(row.window[1].volume, 7.0);
    CHECK_EQ_U64(add(f, 2000 * S, 10, 4, TD_TAKER_BUY).window[2].trades, 1);
}

TEST(windows_equal_brute_force)
{
    enum { N = 700 };
    static int64_t ts[N], price[N], size[N];
    struct trade_features *f = make(1024, 2, 4);
    const int64_t length[] = {60 * S, 300 * S, 900 * S};
    for (int i = 0; i < N; i++) {
        ts[i] = i * 2 * S + (i * INT64_C(7919) % 13) * S / 13;
        price[i] = 50000 + (i * INT64_C(104729) % 41);
        size[i] = 1 + i * INT64_C(15485863) % 9973;
        struct trade_feature_row row =
            add(f, ts[i], price[i], size[i], i % 3 ? TD_TAKER_BUY : TD_TAKER_SELL);
        for (int w = 0; w < ROW_WINDOWS && i % 37 == 0; w++) {
            double q = 0, d = 0, n = 0, buys = 0, sum = 0, squares = 0, returns = 0;
            for (int k = 0; k <= i; k++) {
                if (ts[k] <= ts[i] - length[w])
                    continue;
                q += (double)size[k];
                d += (double)price[k] * (double)size[k];
                n++;
                buys += k % 3 != 0;
                if (k == 0)
                    continue;
                double r = log((double)price[k] / (double)price[k - 1]);
                sum += r;
                squares += r * r;
                returns++;
            }
            CHECK_NEAR_F64(row.window[w].volume, q / 1e4, 1e-9);
            CHECK_NEAR_F64(row.window[w].vwap, d / q / 100, 1e-9);
            CHECK_EQ_F64(row.window[w].buy_ratio, buys / n);
            if (returns >= 2)
                CHECK_NEAR_F64(row.window[w].realized_var,
                               (squares - sum * sum / returns) / (returns - 1), 1e-15);
        }
    }
}

TEST(a_full_window_lets_the_oldest_go_and_says_so)
{
    struct trade_features *f = make(4, 0, 0);
    for (int i = 0; i < 4; i++)
        CHECK(!add(f, i, 10, 1, TD_TAKER_BUY).window_short);
    struct trade_feature_row row = add(f, 4, 10, 1, TD_TAKER_BUY);
    CHECK(row.window_short);
    CHECK_EQ_U64(row.window[2].trades, 4);
    CHECK_EQ_U64(trade_features_short(f), 1);
    CHECK(!add(f, 4000 * S, 10, 1, TD_TAKER_BUY).window_short);
}

TEST(late_trades_count_at_the_newest_time)
{
    struct trade_features *f = make(16, 0, 0);
    add(f, 1000 * S, 10, 1, TD_TAKER_BUY);
    CHECK_EQ_U64(add(f, 5 * S, 10, 1, TD_TAKER_BUY).window[0].trades, 2);
}
