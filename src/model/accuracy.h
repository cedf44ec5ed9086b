/* How good the last predictions were: a ring of (probability, prediction, label) with counts and a sum of squares that are exact, so that
   nothing drifts. Fixed memory, pure; one thread. */
#ifndef TD_MODEL_ACCURACY_H
#define TD_MODEL_ACCURACY_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

struct accuracy_pair {
    double probability; /* of label 1, 0..1 */
    int8_t prediction, label;
};

struct accuracy {
    uint32_t window, least; /* least: pairs below which nothing is said */
    uint32_t first, count;
    uint32_t labels[2], matches[2]; /* by label */
    unsigned __int128 squares;      /* sum of (probability - label)^2 in units of 2^-112 */
    struct accuracy_pair *pair;
};

size_t accuracy_footprint(const struct model_params *params); /* a multiple of 16 */
void accuracy_init(struct accuracy *accuracy, void *mem, const struct model_params *params);
void accuracy_clear(struct accuracy *accuracy);
/* The oldest leaves when the window is full. */
void accuracy_add(struct accuracy *accuracy, const struct accuracy_pair *pair);

/* Fills accuracy, balanced_accuracy, brier and base_rate; NAN below `least` pairs. */
void accuracy_fill(const struct accuracy *accuracy, struct model_stats *stats);

void accuracy_state(struct accuracy *accuracy, struct td_state *state);
size_t accuracy_state_bytes(const struct model_params *params);

#endif
