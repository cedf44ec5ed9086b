/* What struct mechanics is made of, and one look at a level: for mechanics.c, mechanics_view.c, mechanics_row.c and mechanics_state.c alone. */
#ifndef TD_FEATURES_MECHANICS_PARTS_H
#define TD_FEATURES_MECHANICS_PARTS_H

#include "features/attempts.h"
#include "features/barrier.h"
#include "features/level.h"
#include "features/mechanics.h"
#include "features/minute.h"
#include "features/score.h"
#include "features/smooth.h"
#include "features/tape.h"
#include "features/touched.h"
#include "features/volume_curve.h"

/* Scores and EWMAs are stepped at the first book event of each such span, so that they do not depend on when a row is asked for. */
#define MECHANICS_STEP_NS (250 * TD_NS_PER_MS)

struct mechanics {
    struct mechanics_params params;
    uint64_t symbol_hash;
    void (*touched)(void *arg, const struct touch *touch);
    void *touched_arg;
    int price_scale, size_scale; /* -1: none yet */
    double unit, size_unit;      /* steps in one quote unit, in one base unit */
    int64_t now_ns;              /* event time, never falling */
    bool proven;
    double mid; /* at the last book event, quote units */
    int64_t book_ns;
    int64_t step_ns; /* INT64_MIN: none yet */
    struct minutes minutes;
    struct levels levels;
    struct volume_curve volumes;
    struct barrier barrier;
    struct tape tape;
    struct tape_near near[LEVEL_SLOTS]; /* told by the tape: neither saved nor scaled */
    struct touched touched_levels;
    struct attempts attempts;
    struct smooth smooth[LEVEL_SLOTS];
    struct score_hold hold[LEVEL_SLOTS];
    struct touch touch; /* room for the one that is told */
};

/* One level as it stands at a time, the price being `spot`. */
struct mechanics_view {
    int64_t at_ns;
    double spot, sign; /* sign: +1 when the level lies above the spot */
    unsigned slot;
    const struct level *level;
    const struct tape_flow *flow;
    bool has_barrier;
    struct barrier_reading barrier;
    bool has_imbalance;
    double buys, sells, imbalance;
    double velocity_share; /* of the velocity scale */
    double raw;            /* with has_barrier */
    enum score_signal condition;
};
struct tape_flow mechanics_flow(struct mechanics *m, int64_t at_ns);
struct mechanics_view mechanics_look(struct mechanics *m, unsigned slot, int64_t at_ns, double spot,
                                     const struct tape_flow *flow);
/* The slot nearest to the spot within the monitor band; LEVEL_SLOTS: none. */
unsigned mechanics_nearest(const struct mechanics *m, double spot);

/* Columns that need no level; those of the level. */
void mechanics_row_common(struct mechanics *m, int64_t at_ns, double spot,
                          const struct tape_flow *flow, struct feature_row *row);
void mechanics_row_level(struct mechanics *m, const struct mechanics_view *view,
                         struct feature_row *row);

static inline double mechanics_band(double price, double bps)
{
    return price * bps / 1e4;
}

#endif
