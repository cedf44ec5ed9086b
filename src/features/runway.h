/* The next level strictly beyond one, in the direction of a break (SPEC 2.13, Runway). Pure. */
#ifndef TD_FEATURES_RUNWAY_H
#define TD_FEATURES_RUNWAY_H

#include <stdbool.h>

#include "features/level.h"

struct runway {
    bool found;
    bool
        obstructed; /* a strong level (session high or low, VWAP) stands up to and at the next one */
    uint8_t kind;   /* of the next level: of several at one price, the first kind */
    double price, distance;
};
/* sign: +1 up, -1 down. */
struct runway runway_from(const struct level levels[LEVEL_SLOTS], double price, double sign);

#endif
