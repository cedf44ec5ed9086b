/* One row: every column that is on, from the state as the last event that fired left it. */
#include <math.h>

#include "base/decimal.h"
#include "features/engine.h"
#include "features/features.h"
#include "features/structural.h"

enum { PER_HORIZON = FEATURE_ofi_sum_5s - FEATURE_ofi_sum_1s };

_Static_assert(FEATURE_trade_vol_900s == FEATURE_ofi_sum_1s + PER_HORIZON * WINDOW_HORIZONS - 1,
               "columns of the horizons follow one another");

struct units {
    double price, size; /* steps in one */
};

static struct units units_of(const struct features *f)
{
    return (struct units){(double)td_pow10(f->price_scale), (double)td_pow10(f->size_scale)};
}

double features_mid(const struct features *f)
{
    return (double)f->twice_mid / 2 / units_of(f).price;
}

static double imbalance_of(__int128 buy, __int128 sell)
{
    __int128 total = buy + sell;
    return total > 0 ? wide_narrow(buy - sell) / wide_narrow(total) : NAN;
}

static void horizon_fill(const struct window_sums *sums, double size_unit, unsigned first,
                         struct feature_row *row)
{
    double spread =
        sums->spreads ? wide_narrow((__int128)sums->spread) / (double)sums->spreads : NAN;

    feature_put(row, first, wide_narrow(sums->ofi) / size_unit);
    feature_put(row, first + 1, wide_narrow((__int128)sums->mlofi) * FLOW_UNIT / size_unit);
    feature_put(row, first + 2, moments_deviation(&sums->log_return) * 0x1p-56);
    feature_put(row, first + 3, moments_mean(&sums->log_return) * 0x1p-56);
    feature_put(row, first + 4, spread * 0x1p-60);
    feature_put(row, first + 5, imbalance_of(sums->buy, sums->sell));
    feature_put(row, first + 6, wide_narrow(sums->buy + sums->sell) / size_unit);
}

/* Of one row: those that its columns ask for. */
struct sums {
    struct window_sums of[WINDOW_HORIZONS];
};

static void sums_read(const struct features *f, struct sums *sums)
{
    for (unsigned h = 0; h < WINDOW_HORIZONS; h++) {
        bool single = h == WINDOW_1S || (h == f->window.params.kyle_at && f->wants.kyle);
        bool wanted = f->wants.window && (single || f->wants.set[FEATURE_SET_ROLLING]);
        sums->of[h] = wanted ? window_of(&f->window, h) : (struct window_sums){0};
    }
}

static void rolling_fill(const struct features *f, const struct sums *sums, struct feature_row *row)
{
    double size_unit = units_of(f).size;

    for (unsigned h = 0; h < WINDOW_HORIZONS; h++)
        horizon_fill(&sums->of[h], size_unit, FEATURE_ofi_sum_1s + h * PER_HORIZON, row);
}

static void steps_fill(const struct features *f, struct feature_row *row)
{
    struct units units = units_of(f);

    feature_put(row, FEATURE_log_return, f->log_return);
    feature_put(row, FEATURE_mid_velocity, motion_velocity(&f->motion) / units.price);
    feature_put(row, FEATURE_mid_accel, motion_acceleration(&f->motion) / units.price);
    if (!f->flow_values.have)
        return;
    feature_put(row, FEATURE_ofi, (double)f->flow_values.ofi / units.size);
    feature_put(row, FEATURE_ofi_multi, wide_narrow(f->flow_values.multi) / units.size);
    feature_put(row, FEATURE_mlofi, wide_narrow(f->flow_values.weighted) * FLOW_UNIT / units.size);
}

static void regime_fill(const struct regime *regime, struct feature_row *row)
{
    feature_put(row, FEATURE_spread_percentile, regime->percentile);
    if (regime->now < REGIMES)
        feature_put(row, FEATURE_spread_regime, regime->now);
    feature_put(row, FEATURE_spread_regime_tight_frac, regime_share(regime, REGIME_TIGHT));
    feature_put(row, FEATURE_spread_regime_wide_frac, regime_share(regime, REGIME_WIDE));
}

static void kyle_fill(const struct features *f, const struct sums *sums, struct feature_row *row)
{
    struct kyle_values values = kyle_of(
        &f->window.kyle, &sums->of[f->window.params.kyle_at].log_return, 1 / units_of(f).size);

    feature_put(row, FEATURE_kyle_lambda, values.lambda);
    feature_put(row, FEATURE_kyle_lambda_r2, values.r2);
}

static void slow_fill(const struct features *f, struct feature_row *row)
{
    static const unsigned mean[WINDOW_SLOW] = {
        FEATURE_bid_slope_mean_60s, FEATURE_ask_slope_mean_60s, FEATURE_cog_momentum_mean_60s};
    double size_unit = units_of(f).size;

    for (int i = 0; i < WINDOW_SLOW; i++) {
        const struct moments *moments = &f->window.slow_60s[i];
        double unit = 0x1p-52 / (i == WINDOW_COG ? 1 : size_unit);
        feature_put(row, mean[i], moments_mean(moments) * unit);
        feature_put(row, mean[i] + 1, moments_deviation(moments) * unit);
    }
    feature_put(row, FEATURE_depth_0_5bps_sigma,
                moments_deviation(&f->window.depth_300s) / size_unit);
}

static void dynamic_fill(const struct features *f, const struct sums *sums, struct feature_row *row)
{
    steps_fill(f, row);
    if (f->wants.regime)
        regime_fill(&f->window.regime, row);
    if (f->wants.kyle)
        kyle_fill(f, sums, row);
    if (f->wants.slow)
        slow_fill(f, row);
    feature_put(row, FEATURE_vpin, f->vpin_value);
    feature_put(row, FEATURE_vpin_classified_share, f->vpin_share);
}

/* Columns of the book as it stands. */
static void book_fill(struct features *f, struct feature_row *row)
{
    const bool *set = f->wants.set;

    if (set[FEATURE_SET_LEVELS])
        levels_fill(&f->top, row);
    if (set[FEATURE_SET_STRUCTURAL] || set[FEATURE_SET_OPTIONAL]) {
        top_derive(&f->top);
        structural_fill(&f->top, &f->bands, row);
    }
    if (set[FEATURE_SET_OPTIONAL])
        optional_fill(&f->top, row);
}

void features_row(struct features *f, struct feature_row *row)
{
    const bool *set = f->wants.set;
    struct sums sums;

    feature_row_clear(row);
    if (!f->have_time)
        return;
    sums_read(f, &sums);
    if (f->fresh)
        book_fill(f, row);
    if (set[FEATURE_SET_STRUCTURAL])
        calendar_fill(f->now_ns, row);
    if (set[FEATURE_SET_QUOTEWATCH])
        quotewatch_fill(&f->quotewatch, row);
    if (feature_mask_has(&f->params.on, FEATURE_trade_imbalance))
        feature_put(row, FEATURE_trade_imbalance,
                    imbalance_of(sums.of[WINDOW_1S].buy, sums.of[WINDOW_1S].sell));
    if (set[FEATURE_SET_DYNAMIC])
        dynamic_fill(f, &sums, row);
    if (set[FEATURE_SET_ROLLING])
        rolling_fill(f, &sums, row);
    if (f->mechanics != NULL)
        mechanics_fill(f->mechanics, row);
    for (unsigned i = 0; i < FEATURE_MASK_WORDS; i++)
        row->present.word[i] &= f->params.on.word[i];
}
