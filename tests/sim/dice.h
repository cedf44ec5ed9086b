/* Seeded random numbers of the simulator; every part has a state of its own, so that one more throw here moves nothing there. */
#ifndef TD_SIM_DICE_H
#define TD_SIM_DICE_H

#include <math.h>

#include "exchange/dice.h"

static inline uint64_t dice_between(uint64_t *state, uint64_t low, uint64_t high)
{
    return low + dice_below(state, high - low + 1);
}

/* True once in `times`. */
static inline int dice_once_in(uint64_t *state, uint64_t times)
{
    return dice_below(state, times) == 0;
}

/* Time to the next of events that come by chance, `mean` on average; at least 1. */
static inline int64_t dice_wait(uint64_t *state, int64_t mean)
{
    double share = (double)(1 + dice_below(state, 1u << 24)) / (1u << 24);
    return 1 + (int64_t)(-log(share) * (double)mean);
}

#endif
