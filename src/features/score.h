/* The break score of a level and the signal made of it (SPEC 2.13, Score). Pure, or plain state. */
#ifndef TD_FEATURES_SCORE_H
#define TD_FEATURES_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "features/barrier.h"
#include "features/smooth.h"

#define SCORE_HOLD_NS (3 * TD_NS_PER_S)
#define SCORE_TAU_S 2.0

enum score_signal { SIGNAL_BREAK, SIGNAL_REJECT, SIGNAL_CONTESTED, SIGNAL_NEUTRAL };
enum score_confidence { CONFIDENCE_HIGH, CONFIDENCE_MEDIUM, CONFIDENCE_LOW };

/* What the tape says of a level; sign: +1 when a break goes up, else -1. */
struct score_tape {
    bool sweep, sweep_up;
    bool has_velocity, has_imbalance;
    double velocity; /* share of the velocity scale: 1 = the scale */
    double imbalance;
};
double score_liquidity(enum barrier_state state, double delta, double thresh);
double score_tape(const struct score_tape *tape, double sign);
/* Both, weighted; 0-100. Options have no part in it yet. */
double score_raw(double liquidity, double tape);
enum score_confidence score_confidence(double barrier, double tape);

/* The signal whose condition holds now. volume: of the tape near the level. */
enum score_signal score_condition(double raw, bool within_touch, enum barrier_state state,
                                  double volume, double contested);

/* A signal begins when its condition held for 3 s, and ends when it was false for 3 s. */
struct score_hold {
    bool begun;
    uint8_t signal, condition; /* enum score_signal */
    int64_t since_ns;          /* of the condition */
    int64_t false_ns; /* since when the signal's condition is false; INT64_MAX: it is true */
};
enum score_signal score_hold(struct score_hold *hold, enum score_signal condition, int64_t now_ns);
void score_hold_state(struct score_hold *hold, struct td_state *state);

#endif
