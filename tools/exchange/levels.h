/* One side of a true book: a sorted array, worst price first, so that the busy end is the cheap one. Deliberately the plainest
   structure there is: it is the oracle. Memory is the caller's. */
#ifndef EXCHANGE_LEVELS_H
#define EXCHANGE_LEVELS_H

#include <stdbool.h>
#include <stdint.h>

struct level {
    int64_t price_steps, size_steps;
};

struct levels {
    struct level *at;
    uint32_t count, cap;
    bool bids; /* best = highest */
};

void levels_lay_out(struct levels *levels, struct level *memory, uint32_t cap, bool bids);

/* Absolute size; 0 removes. Returns the size before. Full: aborts, callers look at the room first. */
int64_t levels_set(struct levels *levels, int64_t price_steps, int64_t size_steps);
int64_t levels_size(const struct levels *levels, int64_t price_steps);

/* rank 0 is the best; NULL past the worst. */
const struct level *levels_nth(const struct levels *levels, uint32_t rank);

/* `count` levels one tick apart behind the worst one, at most as many as there is room and price for. Returns how many. */
uint32_t levels_deepen(struct levels *levels, uint32_t count, int64_t size_steps);

/* dst has its own memory, of at least the same room. */
void levels_copy(struct levels *dst, const struct levels *src);

#endif
