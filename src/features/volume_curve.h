/* Cumulative volume of a session by the minute, beside the last 7 sessions up to the same instant (SPEC 2.13, rel_vol_ratio). */
#ifndef TD_FEATURES_VOLUME_CURVE_H
#define TD_FEATURES_VOLUME_CURVE_H

#include <stdbool.h>
#include <stdint.h>

enum { VOLUME_CURVE_SESSIONS = 7, VOLUME_CURVE_MINUTES = 24 * 60 };

struct volume_curve {
    bool running;                      /* a session has begun */
    uint32_t minute;                   /* whole minutes of it that are over for the curve */
    uint32_t sessions, next;           /* held; slot of the next */
    int64_t volume;                    /* so far, size steps, saturated */
    int64_t now[VOLUME_CURVE_MINUTES]; /* at the end of each minute, up to `minute` */
    int64_t past[VOLUME_CURVE_SESSIONS][VOLUME_CURVE_MINUTES];
};
struct td_state;

/* A session begins; the one that ran is past. */
void volume_curve_session(struct volume_curve *c);
/* minute: whole minutes since the session's open, not falling. */
void volume_curve_trade(struct volume_curve *c, uint32_t minute, int64_t size);
/* Volume of the first `minutes` whole minutes / mean of the same of past sessions; false: no minute, no session or no volume before. */
bool volume_curve_ratio(const struct volume_curve *c, uint32_t minutes, double *ratio);

bool volume_curve_rescale(struct volume_curve *c, int64_t size_factor);
void volume_curve_state(struct volume_curve *c, struct td_state *state);

#endif
