/* Smoothing over event time (SPEC 2.13): x' <- a x + (1 - a) x' with a = 1 - exp(-dt / tau); a median of the newest values first when asked
   for. tau is a time constant, not a half-life. Plain state, any thread. */
#ifndef TD_FEATURES_SMOOTH_H
#define TD_FEATURES_SMOOTH_H

#include <stdbool.h>
#include <stdint.h>

enum { SMOOTH_MEDIAN_MOST = 10 };
struct smooth {
    double value;
    int64_t at_ns;
    bool any;
    uint8_t newest_count, newest_at;
    double newest[SMOOTH_MEDIAN_MOST]; /* for the median */
};
struct td_state;

/* Share of a new value after dt; 0 when dt <= 0; dt counts at most 600 s. */
double smooth_share(int64_t dt_ns, double tau_s);
/* Takes x at now_ns and returns the smoothed value: x itself at first. median_of: newest values the median is taken of, 0 none,
   <= SMOOTH_MEDIAN_MOST. */
double smooth_add(struct smooth *smooth, double x, int64_t now_ns, double tau_s,
                  unsigned median_of);
void smooth_state(struct smooth *smooth, struct td_state *state);

#endif
