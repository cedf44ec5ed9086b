#include "features/structural.h"

#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"

/* What several columns need of one side. Sums over the first n levels at [n]; all exact until a quotient is taken. */
struct side_sums {
    uint32_t count;
    __int128 size[TOP_LEVELS + 1];
    double whole;  /* size[count] */
    double offset; /* of the vwap of 5 from the best price, away from the mid is positive; steps */
    double smart;
};

struct fill {
    const struct top *top;
    struct feature_row *row;
    double price_unit, size_unit; /* steps in one */
    double mid, spread_steps;
    struct side_sums side[2];
};

void levels_fill(const struct top *top, struct feature_row *row)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct top_side *at = &top->side[side];
        for (uint32_t i = 0; i < at->count; i++) {
            unsigned first = FEATURE_bid_price_L0 + 4 * i + 2 * side;
            feature_put(row, first, td_steps_to_double(at->price[i], top->price_scale));
            feature_put(row, first + 1, td_steps_to_double(at->size[i], top->size_scale));
        }
    }
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* How far the mean price of the first levels lies behind the best one. */
static double vwap_offset(const struct top_side *side)
{
    uint32_t count = side->count < 5 ? side->count : 5;
    __int128 moment = 0, size = 0;

    for (uint32_t i = 0; i < count; i++) {
        moment += (__int128)llabs(side->price[i] - side->price[0]) * side->size[i];
        size += side->size[i];
    }
    return (double)moment / (double)size;
}

static double smart_depth(const struct top_side *side, int64_t twice_mid)
{
    double decay = -100 / (double)twice_mid, sum = 0;

    for (uint32_t i = 0; i < side->count; i++)
        sum += (double)side->size[i] * exp(decay * (double)llabs(twice_mid - 2 * side->price[i]));
    return sum;
}

static void side_sum(struct side_sums *sums, const struct top_side *side, int64_t twice_mid)
{
    sums->count = side->count;
    sums->size[0] = 0;
    for (uint32_t i = 0; i < side->count; i++)
        sums->size[i + 1] = sums->size[i] + side->size[i];
    sums->whole = (double)sums->size[side->count];
    sums->offset = vwap_offset(side);
    sums->smart = twice_mid > 0 ? smart_depth(side, twice_mid) : NAN;
}

static double first_size(const struct side_sums *sums, uint32_t levels)
{
    return (double)sums->size[levels < sums->count ? levels : sums->count];
}

/* NAN, that is null, when both are 0. */
static double balance(double bid, double ask)
{
    return (bid - ask) / (bid + ask);
}

/* ---- columns --------------------------------------------------------------------------------- */

static void put_best(const struct fill *f)
{
    const struct top_side *bid = &f->top->side[0], *ask = &f->top->side[1];
    double bid_size = (double)bid->size[0], ask_size = (double)ask->size[0];
    /* b0 A0 + a0 B0 over B0 + A0 is the mid and half the spread weighed by the sizes. */
    double micro = balance(bid_size, ask_size) * f->spread_steps / 2 / f->price_unit;

    feature_put(f->row, FEATURE_best_bid, td_steps_to_double(bid->price[0], f->top->price_scale));
    feature_put(f->row, FEATURE_best_ask, td_steps_to_double(ask->price[0], f->top->price_scale));
    feature_put(f->row, FEATURE_mid_price, f->mid);
    feature_put(f->row, FEATURE_spread, f->spread_steps / f->price_unit);
    feature_put(f->row, FEATURE_best_bid_size, bid_size / f->size_unit);
    feature_put(f->row, FEATURE_best_ask_size, ask_size / f->size_unit);
    if (f->top->twice_mid > 0)
        feature_put(f->row, FEATURE_relative_spread,
                    f->spread_steps * 2 / (double)f->top->twice_mid);
    feature_put(f->row, FEATURE_microprice, f->mid + micro);
    feature_put(f->row, FEATURE_micro_minus_mid, micro);
}

static void put_depth(const struct fill *f)
{
    static const struct {
        uint8_t levels;
        uint16_t feature;
    } imbalance[] = {{1, FEATURE_imbalance_L1},
                     {3, FEATURE_imbalance_L3},
                     {5, FEATURE_imbalance_L5},
                     {10, FEATURE_imbalance_L10},
                     {TOP_LEVELS, FEATURE_total_imbalance}};
    const struct side_sums *bid = &f->side[0], *ask = &f->side[1];

    for (unsigned i = 0; i < sizeof imbalance / sizeof imbalance[0]; i++)
        feature_put(
            f->row, imbalance[i].feature,
            balance(first_size(bid, imbalance[i].levels), first_size(ask, imbalance[i].levels)));
    feature_put(f->row, FEATURE_total_bid_depth, bid->whole / f->size_unit);
    feature_put(f->row, FEATURE_total_ask_depth, ask->whole / f->size_unit);
    feature_put(f->row, FEATURE_smart_bid_depth, bid->smart / f->size_unit);
    feature_put(f->row, FEATURE_smart_ask_depth, ask->smart / f->size_unit);
    feature_put(f->row, FEATURE_smart_depth_imbalance, balance(bid->smart, ask->smart));
}

static void put_prices(const struct fill *f)
{
    const struct side_sums *bid = &f->side[0], *ask = &f->side[1];
    const struct top *top = f->top;

    feature_put(f->row, FEATURE_vwap_bid_5,
                td_steps_to_double(top->side[0].price[0], top->price_scale) -
                    bid->offset / f->price_unit);
    feature_put(f->row, FEATURE_vwap_ask_5,
                td_steps_to_double(top->side[1].price[0], top->price_scale) +
                    ask->offset / f->price_unit);
    feature_put(f->row, FEATURE_vwap_spread,
                (f->spread_steps + ask->offset + bid->offset) / f->price_unit);
    feature_put(f->row, FEATURE_center_of_gravity, f->mid + top->cog_steps / f->price_unit);
    feature_put(f->row, FEATURE_cog_vs_mid, top->cog_bps);
}

/* Slopes, decay, concentration, half depth: columns that stand side by side, bid then ask. */
static void put_shape(const struct fill *f, unsigned side)
{
    const struct top_side *at = &f->top->side[side];
    const struct side_sums *sums = &f->side[side];
    double squares = 0;
    uint32_t half = 0;

    if (at->count >= 5) {
        feature_put(f->row, FEATURE_bid_slope_simple + side,
                    (double)llabs(at->price[0] - at->price[4]) / f->price_unit /
                        (first_size(sums, 5) / f->size_unit));
        feature_put(f->row, FEATURE_bid_depth_decay_5 + side,
                    (double)at->size[4] / (double)at->size[0]);
    }
    feature_put(f->row, FEATURE_bid_slope_regression + side,
                f->top->slope_steps[side] / f->size_unit);
    for (uint32_t i = 0; i < at->count; i++)
        squares += (double)at->size[i] * (double)at->size[i];
    feature_put(f->row, FEATURE_bid_concentration + side, squares / (sums->whole * sums->whole));
    while (2 * sums->size[half + 1] < sums->size[sums->count])
        half++;
    feature_put(f->row, FEATURE_bid_50pct_depth_levels + side, half);
}

static void put_pairs(const struct fill *f)
{
    const struct top_side *bid = &f->top->side[0], *ask = &f->top->side[1];
    const double *slope = f->top->slope_steps;

    if (slope[1] > 0)
        feature_put(f->row, FEATURE_slope_asymmetry, slope[0] / slope[1]);
    if (bid->count >= 5 && ask->count >= 5)
        feature_put(f->row, FEATURE_avg_depth_decay_5,
                    ((double)bid->size[4] / (double)bid->size[0] +
                     (double)ask->size[4] / (double)ask->size[0]) /
                        2);
}

static void put_bands(const struct fill *f, const struct bands *bands)
{
    double spread = f->spread_steps / f->price_unit;
    double within[BANDS]; /* both sides */

    if (!bands->valid)
        return;
    for (int i = 0; i < BANDS; i++) {
        double bid = (double)(bands->within[0][i] - (i > 0 ? bands->within[0][i - 1] : 0));
        double ask = (double)(bands->within[1][i] - (i > 0 ? bands->within[1][i - 1] : 0));
        feature_put(f->row, FEATURE_bid_vol_band_0_5bps + (unsigned)i, bid / f->size_unit);
        feature_put(f->row, FEATURE_ask_vol_band_0_5bps + (unsigned)i, ask / f->size_unit);
        feature_put(f->row, FEATURE_imb_band_0_5bps + (unsigned)i, balance(bid, ask));
        within[i] = (double)(bands->within[0][i] + bands->within[1][i]);
    }
    feature_put(f->row, FEATURE_lambda_like, spread / (within[0] / f->size_unit));
    feature_put(f->row, FEATURE_amihud_like, spread / (within[1] / f->size_unit));
    feature_put(f->row, FEATURE_book_convexity, within[0] / within[3]);
}

void structural_fill(const struct top *top, const struct bands *bands, struct feature_row *row)
{
    struct fill f = {.top = top,
                     .row = row,
                     .price_unit = (double)td_pow10(top->price_scale),
                     .size_unit = (double)td_pow10(top->size_scale),
                     .mid = td_steps_to_double(top->twice_mid, top->price_scale) / 2,
                     .spread_steps = (double)(top->side[1].price[0] - top->side[0].price[0])};

    for (unsigned side = 0; side < 2; side++)
        side_sum(&f.side[side], &top->side[side], top->twice_mid);
    put_best(&f);
    put_depth(&f);
    put_prices(&f);
    for (unsigned side = 0; side < 2; side++)
        put_shape(&f, side);
    put_pairs(&f);
    put_bands(&f, bands);
}
