#include "features/pressure.h"

#include <math.h>

static double clip(double value)
{
    return fmax(-1, fmin(1, value));
}

double pressure_liquidity(double delta, double scale, double wall)
{
    double gone = delta == 0 ? 0 : tanh(-delta / scale); /* scale 0: any change is the largest */
    return clip((gone + clip(1 - wall / 2)) / 2);
}

double pressure_tape(double sign, double imbalance, double velocity)
{
    return clip(sign * (imbalance + clip(velocity)) / 2);
}

double pressure_reversion(double sign, double mean)
{
    return tanh(-sign * mean);
}

double pressure_net(double liquidity, double tape, double reversion, double confluence)
{
    return clip((liquidity + tape + reversion + confluence) / 4);
}
