#include "features/ticker_features.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "test.h"

#define S TD_NS_PER_S

static struct ticker_features *make(uint32_t most, int scale)
{
    static void *memory;
    struct ticker_features_params params = {most, scale, {60, 300, 900}};
    free(memory);
    memory = malloc(ticker_features_footprint(&params));
    return ticker_features_init(memory, &params);
}

static struct ticker_feature_row add(struct ticker_features *f, int64_t ts_ns, int64_t bid,
                                     int64_t ask)
{
    struct ticker_feature_row row;
    struct ticker_quote quote = {ts_ns, true, true, bid, ask, 3, 1};
    ticker_features_add(f, &quote, &row);
    return row;
}

TEST(a_row_s_own_values)
{
    struct ticker_feature_row row = add(make(8, 2), 0, 9999, 10001);
    CHECK_EQ_F64(row.spread, 0.02);
    CHECK_EQ_F64(row.mid_price, 100.0);
    CHECK_EQ_F64(row.relative_spread, 0.0002);
    CHECK_EQ_F64(row.volume_imbalance, 0.5);
    CHECK_EQ_F64(row.window[0].mid_price_mean, 100.0);
    CHECK(isnan(row.window[0].mid_price_std));
}

TEST(sizes_of_nothing_have_no_imbalance)
{
    struct ticker_feature_row row;
    struct ticker_quote quote = {0, true, true, 10, 12, 0, 0};
    ticker_features_add(make(8, 0), &quote, &row);
    CHECK(isnan(row.volume_imbalance));
    CHECK(isnan(row.window[0].vol_imbalance_mean));
    CHECK_EQ_F64(row.window[0].spread_mean, 2.0);
}

TEST(what_is_missing_is_null_and_left_out)
{
    struct ticker_features *f = make(8, 0);
    struct ticker_feature_row row;
    struct ticker_quote none = {.ts_ns = 5};
    add(f, 0, 10, 14);
    ticker_features_add(f, &none, &row);
    CHECK(isnan(row.spread));
    CHECK(isnan(row.mid_price));
    CHECK(isnan(row.volume_imbalance));
    CHECK_EQ_F64(row.window[0].mid_price_mean, 12.0);
    CHECK_EQ_F64(row.window[0].vol_imbalance_mean, 0.5);
}

TEST(means_and_deviation_of_the_window)
{
    struct ticker_features *f = make(64, 1);
    add(f, 0, 100, 104);
    add(f, 10 * S, 110, 114);
    struct ticker_feature_row row = add(f, 20 * S, 120, 124);
    CHECK_NEAR_F64(row.window[0].mid_price_mean, 11.2, 1e-12);
    CHECK_NEAR_F64(row.window[0].mid_price_std, 1.0, 1e-12);
    row = add(f, 60 * S, 130, 136);
    CHECK_NEAR_F64(row.window[0].mid_price_mean, 12.233333333333333, 1e-12);
    CHECK_NEAR_F64(row.window[0].spread_mean, (0.4 + 0.4 + 0.6) / 3, 1e-12);
    CHECK_NEAR_F64(row.window[1].mid_price_mean, (10.2 + 11.2 + 12.2 + 13.3) / 4, 1e-12);
}

/* Correction of SPEC 2.7: a running deviation with removal drifts; here a flat window is flat whatever went through it. */
TEST(a_flat_window_is_flat_after_wild_ones)
{
    struct ticker_features *f = make(64, 8);
    for (int i = 0; i < 1000; i++)
        add(f, i * S, INT64_C(1000000000000000) + i * INT64_C(123456789012),
            INT64_C(1000000000000002) + i * INT64_C(123456789012));
    struct ticker_feature_row row = {0};
    for (int i = 0; i < 40; i++)
        row = add(f, (5000 + i) * S, 7, 9);
    CHECK_EQ_F64(row.window[0].mid_price_std, 0.0);
    CHECK_EQ_F64(row.window[0].mid_price_mean, 8e-8);
    CHECK(ticker_features_short(f) > 0);
}
