#include "features/motion.h"

#include <math.h>

#include "base/state.h"
#include "features/exact.h"
#include "features/top.h"

void motion_reset(struct motion *motion)
{
    motion->points = 0;
}

void motion_add(struct motion *motion, int64_t twice_mid, int64_t ts_ns)
{
    for (int i = MOTION_POINTS - 1; i > 0; i--) {
        motion->twice_mid[i] = motion->twice_mid[i - 1];
        motion->ts_ns[i] = motion->ts_ns[i - 1];
    }
    motion->twice_mid[0] = twice_mid;
    motion->ts_ns[0] = ts_ns;
    motion->points += motion->points < MOTION_POINTS;
}

double motion_log_return(const struct motion *motion)
{
    if (motion->points < 2)
        return NAN;
    return exact_log_ratio(motion->twice_mid[0], motion->twice_mid[1]);
}

static double seconds(const struct motion *motion, int newer)
{
    return (double)(motion->ts_ns[newer] - motion->ts_ns[newer + 1]) / 1e9;
}

/* Between point `newer` and the one before it. */
static double speed(const struct motion *motion, int newer)
{
    double dt = seconds(motion, newer);
    double steps = (double)(motion->twice_mid[newer] - motion->twice_mid[newer + 1]) / 2;
    return dt > 0 ? steps / dt : NAN;
}

double motion_velocity(const struct motion *motion)
{
    return motion->points < 2 ? NAN : speed(motion, 0);
}

double motion_acceleration(const struct motion *motion)
{
    if (motion->points < 3)
        return NAN;
    return (speed(motion, 0) - speed(motion, 1)) / ((seconds(motion, 0) + seconds(motion, 1)) / 2);
}

/* Twice a mid is at most twice what a book's top may hold. */
static bool mid_good(int64_t twice_mid)
{
    return twice_mid <= 2 * TOP_STEPS_MAX && twice_mid >= -2 * TOP_STEPS_MAX;
}

static bool time_good(int64_t ts_ns)
{
    return ts_ns <= INT64_C(1) << 62 && ts_ns >= -(INT64_C(1) << 62);
}

bool motion_rescale(struct motion *motion, int64_t price_factor)
{
    bool fits = true;

    for (uint32_t i = 0; i < motion->points; i++)
        fits &=
            !__builtin_mul_overflow(motion->twice_mid[i], price_factor, &motion->twice_mid[i]) &&
            mid_good(motion->twice_mid[i]);
    return fits;
}

void motion_state(struct motion *motion, struct td_state *state)
{
    uint32_t points = td_state_count(state, motion->points, MOTION_POINTS);

    for (uint32_t i = 0; i < points; i++) {
        td_state_i64(state, &motion->twice_mid[i]);
        td_state_i64(state, &motion->ts_ns[i]);
        if (mid_good(motion->twice_mid[i]) && time_good(motion->ts_ns[i]))
            continue;
        state->failed = true;
        motion->twice_mid[i] = motion->ts_ns[i] = 0;
    }
    if (state->loading)
        motion->points = points;
}
