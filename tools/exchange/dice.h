/* Seeded random numbers, the same on every machine (splitmix64). */
#ifndef EXCHANGE_DICE_H
#define EXCHANGE_DICE_H

#include <stdint.h>

static inline uint64_t dice_throw(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

/* 0 .. sides-1; 0 for no sides. */
static inline uint64_t dice_below(uint64_t *state, uint64_t sides)
{
    return sides ? dice_throw(state) % sides : 0;
}

#endif
