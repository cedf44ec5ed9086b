/* Pressures toward a break (SPEC 2.13, Pressure), each in [-1, 1]. Pure. */
#ifndef TD_FEATURES_PRESSURE_H
#define TD_FEATURES_PRESSURE_H

/* scale: size that counts as large, >= 0. */
double pressure_liquidity(double delta, double scale, double wall);
/* velocity: share of the velocity scale. */
double pressure_tape(double sign, double imbalance, double velocity);
/* mean: of the available mean_reversion_pressure_*. */
double pressure_reversion(double sign, double mean);
/* Parts that are null count 0. */
double pressure_net(double liquidity, double tape, double reversion, double confluence);

#endif
