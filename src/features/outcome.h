/* What became of a touch (SPEC 2.13, Outcome labels): for three confirmation windows the way of the price over the following 8 minutes. Fed
   with the trades that follow the touch, in order; used by the tool alone, for it looks forward. Caller's memory, any thread.
   Anchor = start of the touch's bar + window; counted are the minutes that begin in [anchor, anchor + 8 min]: 9 of them. */
#ifndef TD_FEATURES_OUTCOME_H
#define TD_FEATURES_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

enum outcome_window {
    OUTCOME_2MIN,
    OUTCOME_4MIN,
    OUTCOME_8MIN,
    OUTCOME_WINDOWS
}; /* 4 min: the one without suffix */
enum outcome_word { OUTCOME_BREAK, OUTCOME_BOUNCE, OUTCOME_CHOP, OUTCOME_UNDEFINED };

struct outcome_touch {
    int64_t ts_ns; /* end of the touch's bar */
    bool up;       /* direction: the level lies above */
    double level, spot;
    double threshold[2]; /* quote units: outcome1_bps and outcome2_bps of the level */
};

struct outcome_path {
    bool any, has_open;
    double anchor_spot; /* first trade of the anchor's minute, else the last one before */
    double most, least; /* farthest to the break side and back, from the level; break side > 0 */
    double last;
    int64_t break_ns[2], bounce_ns[2]; /* first trade at each threshold; INT64_MAX: none */
};
struct outcome {
    struct outcome_touch touch;
    struct outcome_path path[OUTCOME_WINDOWS];
};

struct outcome_labels {
    uint8_t outcome; /* enum outcome_word */
    bool any;        /* a trade fell in: else all below but confirm_ts_ns and anchor_spot is null */
    int64_t confirm_ts_ns; /* the anchor */
    double anchor_spot, future_price;
    double excursion_max, excursion_min;  /* to the break side and back; break side > 0 */
    double strength_signed, strength_abs; /* the larger of both, signed; its size */
    /* Seconds from the anchor; negative: never. */
    double time_to_break[2], time_to_bounce[2], time_to_threshold[2];
    bool tradeable[2];
};

void outcome_init(struct outcome *o, const struct outcome_touch *touch);
/* Each trade after the touch, ts_ns not falling. */
void outcome_trade(struct outcome *o, int64_t ts_ns, double price);
/* From here on nothing changes: all windows are over. A label may be used when this is not past the session's close (SPEC L18). */
int64_t outcome_end_ns(const struct outcome *o);
struct outcome_labels outcome_labels(const struct outcome *o, enum outcome_window window);
const char *outcome_suffix(enum outcome_window window); /* "_2min" ... */
const char *outcome_word(unsigned word);                /* "BREAK" ... */

#endif
