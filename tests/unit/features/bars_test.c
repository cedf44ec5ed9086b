#include "features/bars.h"

#include <math.h>

#include "base/event.h"
#include "base/limits.h"
#include "test.h"

#define S TD_NS_PER_S

static struct book_tick tick_at(int64_t ts_ns, double mid)
{
    struct book_tick tick = {
        .ts_ns = ts_ns, .mid = mid, .log_return = NAN, .ofi = NAN, .mlofi = NAN};
    for (int i = 0; i < BOOK_MEANS; i++)
        tick.value[i] = NAN;
    return tick;
}

TEST(windows_are_aligned_to_the_epoch_and_half_open)
{
    CHECK_EQ_I64(bar_start(60 * S, 60 * S), 60 * S);
    CHECK_EQ_I64(bar_start(60 * S - 1, 60 * S), 0);
    CHECK_EQ_I64(bar_start(-1, 60 * S), -60 * S);
    CHECK_EQ_I64(bar_start(-60 * S, 60 * S), -60 * S);
}

TEST(a_record_at_an_exact_multiple_opens_the_next_bar)
{
    struct book_bars bars;
    struct book_bar bar;
    book_bars_init(&bars, 5 * S);
    struct book_tick a = tick_at(5 * S, 10), b = tick_at(10 * S - 1, 12), c = tick_at(10 * S, 9);
    CHECK(!book_bars_add(&bars, &a, &bar));
    CHECK(!book_bars_add(&bars, &b, &bar));
    CHECK(book_bars_add(&bars, &c, &bar));
    CHECK_EQ_I64(bar.start_ns, 5 * S);
    CHECK_EQ_U64(bar.ticks, 2);
    CHECK_EQ_F64(bar.path.open, 10.0);
    CHECK_EQ_F64(bar.path.close, 12.0);
    CHECK_EQ_F64(bar.path.high, 12.0);
    CHECK_EQ_F64(bar.path.low, 10.0);
    CHECK_NEAR_F64(bar.path.simple_return, 0.2, 1e-15);
    CHECK_NEAR_F64(bar.path.log_return, log(1.2), 1e-15);
    CHECK_NEAR_F64(bar.path.range, 0.2, 1e-15);
    CHECK(book_bars_end(&bars, &bar));
    CHECK_EQ_I64(bar.start_ns, 10 * S);
    CHECK(!book_bars_end(&bars, &bar));
}

TEST(empty_windows_give_no_bar)
{
    struct book_bars bars;
    struct book_bar bar;
    book_bars_init(&bars, S);
    struct book_tick a = tick_at(3 * S, 1), b = tick_at(1000 * S, 2);
    CHECK(!book_bars_add(&bars, &a, &bar));
    CHECK(book_bars_add(&bars, &b, &bar));
    CHECK_EQ_I64(bar.start_ns, 3 * S);
    CHECK(book_bars_end(&bars, &bar));
    CHECK_EQ_I64(bar.start_ns, 1000 * S);
}

TEST(event_time_never_steps_back)
{
    struct book_bars bars;
    struct book_bar bar;
    book_bars_init(&bars, S);
    struct book_tick a = tick_at(7 * S, 1), late = tick_at(2 * S, 2);
    CHECK(!book_bars_add(&bars, &a, &bar));
    CHECK(!book_bars_add(&bars, &late, &bar));
    CHECK(book_bars_end(&bars, &bar));
    CHECK_EQ_U64(bar.ticks, 2);
    CHECK_EQ_I64(bar.start_ns, 7 * S);
}

/* Correction of SPEC 2.11: the source counted a null as 0. */
TEST(nulls_are_left_out_of_means)
{
    struct book_bars bars;
    struct book_bar bar;
    book_bars_init(&bars, 60 * S);
    for (int i = 0; i < 4; i++) {
        struct book_tick tick = tick_at(i * S, 100);
        if (i >= 2)
            tick.value[BOOK_MEAN_SMART_DEPTH_IMBALANCE] = 0.5;
        tick.value[BOOK_MEAN_SPREAD] = i == 1 ? NAN : 1 + i;
        book_bars_add(&bars, &tick, &bar);
    }
    CHECK(book_bars_end(&bars, &bar));
    CHECK_EQ_F64(bar.mean[BOOK_MEAN_SMART_DEPTH_IMBALANCE], 0.5);
    CHECK_EQ_F64(bar.mean[BOOK_MEAN_SPREAD], (1.0 + 3 + 4) / 3);
    CHECK_EQ_F64(bar.min_spread, 1.0);
    CHECK_EQ_F64(bar.max_spread, 4.0);
    CHECK(isnan(bar.mean[BOOK_MEAN_MICROPRICE]));
}

/* Correction of SPEC 2.11: one streaming bar gave out its last tick's MLOFI as the sum. */
TEST(sums_are_sums_not_the_last_tick)
{
    struct book_bars bars;
    struct book_bar bar;
    book_bars_init(&bars, 60 * S);
    for (int i = 0; i < 5; i++) {
        struct book_tick tick = tick_at(i * S, 100);
        tick.ofi = i ? i : NAN;
        tick.mlofi = i ? -2.5 * i : NAN;
        book_bars_add(&bars, &tick, &bar);
    }
    CHECK(book_bars_end(&bars, &bar));
    CHECK_EQ_F64(bar.sum_ofi, 10.0);
    CHECK_EQ_F64(bar.sum_mlofi, -25.0);
    struct book_tick tick = tick_at(100 * S, 100);
    book_bars_add(&bars, &tick, &bar);
    CHECK(book_bars_end(&bars, &bar));
    CHECK(isnan(bar.sum_ofi));
}

/* Correction of SPEC 2.11: variance, volatility and annualised volatility are three things. */
TEST(variance_and_volatility_are_what_their_names_say)
{
    struct book_bars bars;
    struct book_bar bar;
    book_bars_init(&bars, 300 * S);
    const double returns[] = {NAN, 0.001, -0.002, 0.0005};
    double sum = 0, squares = 0;
    for (int i = 0; i < 4; i++) {
        struct book_tick tick = tick_at(i * S, 100);
        tick.log_return = returns[i];
        book_bars_add(&bars, &tick, &bar);
        sum += i ? returns[i] : 0;
        squares += i ? returns[i] * returns[i] : 0;
    }
    CHECK(book_bars_end(&bars, &bar));
    CHECK_NEAR_F64(bar.path.realized_variance, (squares - sum * sum / 3) / 2, 1e-18);
    CHECK_NEAR_F64(bar.realized_vol, sqrt(squares), 1e-15);
    CHECK_NEAR_F64(bar.annualized_vol, sqrt(squares) * sqrt(31536000.0 / 300), 1e-12);
}

TEST(one_tick_has_no_variance)
{
    struct book_bars bars;
    struct book_bar bar;
    book_bars_init(&bars, S);
    struct book_tick tick = tick_at(0, 100);
    tick.log_return = 0.01;
    book_bars_add(&bars, &tick, &bar);
    CHECK(book_bars_end(&bars, &bar));
    CHECK(isnan(bar.path.realized_variance));
    CHECK_NEAR_F64(bar.realized_vol, 0.01, 1e-15);
}

static struct bar_trade trade_at(int64_t ts_ns, int64_t price, int64_t size, uint8_t taker)
{
    return (struct bar_trade){ts_ns, price, size, taker};
}

TEST(trade_bars_add_up_exactly)
{
    struct trade_bars bars;
    struct trade_bar bar;
    trade_bars_init(&bars, 60 * S, 2, 8);
    for (int i = 0; i < 1000; i++) {
        struct bar_trade t =
            trade_at(i, 6412345 + i % 7, 10000001, i % 4 ? TD_TAKER_BUY : TD_TAKER_SELL);
        CHECK(!trade_bars_add(&bars, &t, &bar));
    }
    CHECK(trade_bars_end(&bars, &bar));
    CHECK_EQ_F64(bar.volume, 100.00001);
    CHECK_EQ_F64(bar.buy_volume, 75.0000075);
    CHECK_EQ_F64(bar.sell_volume, 25.0000025);
    CHECK_EQ_F64(bar.imbalance, 0.5);
    CHECK_EQ_U64(bar.trades, 1000);
    CHECK_EQ_F64(bar.path.open, 64123.45);
    CHECK_EQ_F64(bar.path.high, 64123.51);
    CHECK_NEAR_F64(bar.vwap, 64123.48, 0.001);
    CHECK_NEAR_F64(bar.dollar_volume, bar.vwap * bar.volume, 1e-6);
}

TEST(without_a_known_side_there_is_no_imbalance)
{
    struct trade_bars bars;
    struct trade_bar bar;
    trade_bars_init(&bars, S, 0, 0);
    struct bar_trade t = trade_at(0, 10, 4, TD_TAKER_UNKNOWN);
    trade_bars_add(&bars, &t, &bar);
    CHECK(trade_bars_end(&bars, &bar));
    CHECK(isnan(bar.imbalance));
    CHECK_EQ_F64(bar.volume, 4.0);
    CHECK_EQ_F64(bar.buy_volume, 0.0);
}

/* The return of a bar's first trade reaches back to the bar before: returns are the trades' own column. */
TEST(returns_cross_the_edge_of_a_bar)
{
    struct trade_bars bars;
    struct trade_bar bar;
    trade_bars_init(&bars, S, 0, 0);
    const int64_t prices[] = {100, 110, 121};
    for (int i = 0; i < 3; i++) {
        struct bar_trade t = trade_at(i < 1 ? 0 : S, prices[i], 1, TD_TAKER_BUY);
        trade_bars_add(&bars, &t, &bar);
    }
    CHECK(trade_bars_end(&bars, &bar));
    CHECK_NEAR_F64(bar.path.realized_variance, 0.0, 1e-30);
    CHECK_NEAR_F64(bar.path.log_return, log(1.1), 1e-15);
}

TEST(sums_beyond_int64_stay_exact)
{
    struct trade_bars bars;
    struct trade_bar bar;
    trade_bars_init(&bars, S, 8, 8);
    for (int i = 0; i < 4; i++) {
        struct bar_trade t =
            trade_at(0, INT64_C(6000000000000000000), INT64_C(6000000000000000000), TD_TAKER_SELL);
        trade_bars_add(&bars, &t, &bar);
    }
    CHECK(trade_bars_end(&bars, &bar));
    CHECK_EQ_F64(bar.volume, 240000000000.0);
    CHECK_NEAR_F64(bar.vwap, 60000000000.0, 1e-4);
    CHECK_EQ_F64(bar.imbalance, -1.0);
}
