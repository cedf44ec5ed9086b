#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "features/structural.h"

/* Sizes rising, by insertion: they are 20 at most. */
static void sort_sizes(const struct top_side *side, int64_t sorted[TOP_LEVELS])
{
    for (uint32_t i = 0; i < side->count; i++) {
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > side->size[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = side->size[i];
    }
}

/* Sum of (2 i - n - 1) q_i over n sum of q, i from 1, sizes rising. */
static double gini_of(const struct top_side *side)
{
    int64_t sorted[TOP_LEVELS], n = side->count;
    __int128 sum = 0, weighed = 0;

    sort_sizes(side, sorted);
    for (int64_t i = 0; i < n; i++) {
        sum += sorted[i];
        weighed += (__int128)(2 * i + 1 - n) * sorted[i];
    }
    return (double)weighed / ((double)n * (double)sum);
}

/* Minus the slope of ln(q) on the index. */
static double decay_of(const struct top_side *side)
{
    double n = side->count, mean = (n - 1) / 2, xy = 0, xx = 0;

    for (uint32_t i = 0; i < side->count; i++) {
        xy += (i - mean) * log((double)side->size[i]);
        xx += (i - mean) * (i - mean);
    }
    return xx > 0 ? -xy / xx : NAN;
}

static uint32_t wall_of(const struct top_side *side)
{
    uint32_t wall = 0;

    for (uint32_t i = 1; i < side->count; i++)
        wall = side->size[i] > side->size[wall] ? i : wall;
    return wall;
}

static double depth_of(const struct top_side *side, uint32_t levels)
{
    __int128 sum = 0;

    for (uint32_t i = 0; i < side->count && i < levels; i++)
        sum += side->size[i];
    return (double)sum;
}

/* Mean price of the first levels, from the best one; steps. */
static double gravity_of(const struct top_side *side, uint32_t levels)
{
    __int128 moment = 0;

    for (uint32_t i = 0; i < side->count && i < levels; i++)
        moment += (__int128)(side->price[i] - side->price[0]) * side->size[i];
    return (double)moment / depth_of(side, levels);
}

static void side_fill(const struct top *top, unsigned side, struct feature_row *row)
{
    const struct top_side *at = &top->side[side];
    double best = td_steps_to_double(at->price[0], top->price_scale);

    feature_put(row, FEATURE_bid_gini + side, gini_of(at));
    feature_put(row, FEATURE_bid_exp_decay_rate + side, decay_of(at));
    feature_put(row, FEATURE_bid_wall_level + side, wall_of(at));
    feature_put(row, FEATURE_bid_depth_L5 + side,
                depth_of(at, 5) / (double)td_pow10(top->size_scale));
    feature_put(row, FEATURE_bid_cog + side,
                best + gravity_of(at, TOP_LEVELS) / (double)td_pow10(top->price_scale));
}

void optional_fill(const struct top *top, struct feature_row *row)
{
    const struct top_side *bid = &top->side[0], *ask = &top->side[1];
    double bids = depth_of(bid, 5), asks = depth_of(ask, 5);
    int sign = (bid->size[0] > ask->size[0]) - (bid->size[0] < ask->size[0]);

    side_fill(top, 0, row);
    side_fill(top, 1, row);
    if (top->twice_mid > 0)
        feature_put(row, FEATURE_slippage_proxy, gravity_of(ask, 5) * 2 / (double)top->twice_mid);
    feature_put(row, FEATURE_imb_signed, (bids - asks) / (bids + asks) * sign);
}
