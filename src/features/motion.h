/* The mid's last three points, for its speed and how that changes (SPEC 2.8). Core thread. */
#ifndef TD_FEATURES_MOTION_H
#define TD_FEATURES_MOTION_H

#include <stdbool.h>
#include <stdint.h>

struct td_state;

enum { MOTION_POINTS = 3 };

struct motion {
    uint32_t points; /* since the reset; newest first below */
    int64_t twice_mid[MOTION_POINTS], ts_ns[MOTION_POINTS];
};

void motion_reset(struct motion *motion);
void motion_add(struct motion *motion, int64_t twice_mid, int64_t ts_ns);
/* ln(m / m before); NAN: first sample, or a mid that is not positive. */
double motion_log_return(const struct motion *motion);
/* Price steps a second, and a second squared; NAN null. */
double motion_velocity(const struct motion *motion);
double motion_acceleration(const struct motion *motion);
bool motion_rescale(struct motion *motion, int64_t price_factor);
void motion_state(struct motion *motion, struct td_state *state);

#endif
