/* How the last ten closes came to a level (SPEC 2.13, Approach). Pure. */
#ifndef TD_FEATURES_APPROACH_H
#define TD_FEATURES_APPROACH_H

#include <stdbool.h>

#include "features/minute.h"

enum { APPROACH_CLOSES = 10 };
struct approach {
    bool known;      /* two closes or more */
    double velocity; /* price steps a close; > 0: toward the level */
    double distance; /* price steps, >= 0 */
    unsigned bars;   /* latest consecutive closes that moved toward the level */
};
/* sign: +1 when the level lies above, else -1. */
struct approach approach_to(const struct minutes *minutes, double sign);

#endif
