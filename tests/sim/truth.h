/* What is true: every change of every true book in its order, and every trade. The position of a book is the count of changes that were
   told; a walker holds the book at one position and is moved on. What all have passed is forgotten. */
#ifndef TD_SIM_TRUTH_H
#define TD_SIM_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "exchange/house.h"

struct truth_change {
    int64_t price_steps, size_steps;
    uint64_t seq;
    bool ask;
};

struct truth { /* of one market */
    struct market *market;
    uint64_t seen;        /* number of the last change that was taken from the history */
    uint64_t first, next; /* positions that are kept: first .. next-1 lead from first to next */
    struct truth_change *change;
    uint64_t cap; /* a power of two */
    /* the walker */
    uint64_t at, at_seq;
    struct levels side[2];
};

void truth_init(struct truth *truth, struct market *market);
/* Takes what the market has told since; its position then. */
uint64_t truth_collect(struct truth *truth);
/* The walker goes on to a position (never back), or to the last change with a number of at most `seq`. False: it is past that. */
bool truth_walk(struct truth *truth, uint64_t position);
bool truth_walk_seq(struct truth *truth, uint64_t seq);

#endif
