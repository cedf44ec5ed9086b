#include <math.h>

#include "features/quotewatch.h"

/* 100 up to low, 0 from high on. */
static double falling(double value, double low, double high)
{
    if (value <= low)
        return 100;
    if (value >= high)
        return 0;
    return 100 * (high - value) / (high - low);
}

double stability_score(double spread_bps, double imbalance, double volatility)
{
    return 0.4 * falling(spread_bps, 1, 10) + 0.3 * falling(fabs(imbalance), 0, 1) +
           0.3 * falling(volatility, 0.5, 5);
}

enum stability stability_category(double score)
{
    return score >= 70 ? STABILITY_STABLE : score >= 40 ? STABILITY_MODERATE : STABILITY_UNSTABLE;
}
