#include "features/confluence.h"

#include <math.h>

#define HIGH_VOLUME 1.3

static double weight_of(uint8_t kind)
{
    static const double weight[LEVEL_KINDS] = {
        [LEVEL_PD_HIGH] = 1.0, [LEVEL_PD_LOW] = 1.0,       [LEVEL_OR_HIGH] = 0.9,
        [LEVEL_OR_LOW] = 0.9,  [LEVEL_SMA_200] = 0.8,      [LEVEL_SMA_400] = 0.8,
        [LEVEL_VWAP] = 0.7,    [LEVEL_SESSION_HIGH] = 0.6, [LEVEL_SESSION_LOW] = 0.6,
    };
    return weight[kind];
}

struct confluence confluence_of(const struct level levels[LEVEL_SLOTS], unsigned slot, double band)
{
    struct confluence c = {0};

    for (unsigned i = 0; i < LEVEL_SLOTS; i++) {
        double distance = fabs(levels[i].price - levels[slot].price);
        if (i == slot || !levels[i].on || distance > band)
            continue;
        c.nearest = c.count == 0 || distance < c.nearest ? distance : c.nearest;
        c.count++;
        c.score += weight_of(levels[i].kind) * (1 - distance / band);
    }
    c.pressure = c.score / CONFLUENCE_WEIGHTS;
    return c;
}

int confluence_alignment(const struct confluence_averages *a, double spot, double sign)
{
    bool below = spot < a->sma_200 && spot < a->sma_400;
    bool above = spot > a->sma_200 && spot > a->sma_400;
    bool falling = a->slope_200 < 0 && a->slope_400 < 0;
    bool rising = a->slope_200 > 0 && a->slope_400 > 0;
    double difference = a->slope_200 - a->slope_400;

    if (sign > 0)
        return below && falling && difference > 0 ? 1 : above && rising && difference < 0 ? -1 : 0;
    return above && rising && difference > 0 ? 1 : below && falling && difference < 0 ? -1 : 0;
}

bool confluence_sma_close(const struct confluence_averages *a, double spot)
{
    return fabs(spot - a->sma_200) <= 0.005 * fabs(a->sma_200) &&
           fabs(spot - a->sma_400) <= 0.005 * fabs(a->sma_400);
}

enum confluence_breakout confluence_breakout(const struct level levels[LEVEL_SLOTS], double spot)
{
    const struct level *at = levels;
    if (!at[LEVEL_PD_HIGH].on || !at[LEVEL_PD_LOW].on || !at[LEVEL_OR_HIGH].on ||
        !at[LEVEL_OR_LOW].on)
        return BREAKOUT_UNKNOWN;
    int above = (spot > at[LEVEL_PD_HIGH].price) + (spot > at[LEVEL_OR_HIGH].price);
    int below = (spot < at[LEVEL_PD_LOW].price) + (spot < at[LEVEL_OR_LOW].price);
    if (above == 2)
        return BREAKOUT_ABOVE;
    if (below == 2)
        return BREAKOUT_BELOW;
    return above + below > 0 ? BREAKOUT_PARTIAL : BREAKOUT_INSIDE;
}

/* The rows that want gamma exposure (1, 2, 4, 8) cannot occur until options exist. */
int confluence_level(enum confluence_breakout breakout, int sma_close, bool first_hour,
                     bool volume_known, double volume_ratio)
{
    if (breakout == BREAKOUT_UNKNOWN)
        return 0;
    if (breakout == BREAKOUT_INSIDE)
        return 10;
    if (breakout == BREAKOUT_PARTIAL)
        return 9;
    if (sma_close < 0)
        return 0;
    if (first_hour)
        return sma_close ? 3 : 5;
    if (!sma_close)
        return 7;
    if (!volume_known)
        return 0;
    return volume_ratio >= HIGH_VOLUME ? 6 : 7;
}
