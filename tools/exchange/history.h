/* The last changes of all true books in one ring, each with what stood there before: the book at an earlier moment is the present
   one with the later changes taken back. */
#ifndef EXCHANGE_HISTORY_H
#define EXCHANGE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "exchange/levels.h"

struct change {
    int64_t price_steps, old_steps, new_steps;
    uint64_t seq;
    int64_t time_us; /* INT64_MAX until the message that carries it has a time */
    uint64_t before; /* number of the same book's change before this one, 0 = none */
    bool ask;
};

struct history {
    struct change *ring;
    uint64_t cap, next; /* next number, from 1 on */
};

/* A moment of one book: changes later than either bound are taken back. */
struct moment {
    uint64_t seq;
    int64_t time_us;
};

void history_init(struct history *history, struct change *memory, uint64_t cap);

/* `last` is the book's newest number; it is moved on. */
void history_add(struct history *history, uint64_t *last, struct change change);

/* NULL: none, or overwritten since. */
struct change *history_at(const struct history *history, uint64_t number);

/* Takes the sides [bids, asks] back to the moment. False when the ring does not reach so far. */
bool history_rewind(const struct history *history, uint64_t last, struct moment moment,
                    struct levels side[2]);

#endif
