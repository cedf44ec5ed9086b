/* How wide the spread is beside the last 300 s: its rank, the regime that follows, and how long each regime lasted (SPEC 2.7, 2.8). The window
   tells what enters and leaves it. Core thread. */
#ifndef TD_FEATURES_REGIME_H
#define TD_FEATURES_REGIME_H

#include <stdbool.h>
#include <stdint.h>

#include "features/order.h"

enum { REGIME_TIGHT, REGIME_NORMAL, REGIME_WIDE, REGIMES, REGIME_NONE = REGIMES };

struct regime_params {
    bool dynamic;
    double tight_percentile, wide_percentile; /* dynamic */
    double tight_ratio;                       /* static */
};

struct regime {
    struct regime_params params;
    struct order *spreads; /* NULL in static mode */
    uint8_t now;           /* of the last update */
    double percentile;     /* of the last update, NAN null */
    int64_t lasted_ns[REGIMES];
};

size_t regime_footprint(const struct regime_params *params, uint32_t capacity);
void regime_init(struct regime *r, void *mem, const struct regime_params *params,
                 uint32_t capacity);
void regime_clear(struct regime *r);
/* A new update: the time since the one before counts for the regime that stood, which is returned (the window keeps it to tell when the
   update leaves). spread: relative, NAN null. */
uint8_t regime_update(struct regime *r, int64_t since_ns, double spread);
/* The same from a checkpoint: `was` and what follows are known. */
void regime_restore(struct regime *r, int64_t since_ns, double spread, uint8_t was);
void regime_leave(struct regime *r, int64_t since_ns, double spread, uint8_t was);
/* Share of time; NAN while none has passed. */
double regime_share(const struct regime *r, int which);

#endif
