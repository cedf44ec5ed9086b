/* Attempts at a level (SPEC 2.13, Attempts): touches of one day, kind and direction that follow each other within 15 min at about one price
   are a cluster. Plain state. */
#ifndef TD_FEATURES_ATTEMPTS_H
#define TD_FEATURES_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "features/mechanics.h"

#define ATTEMPTS_GAP_NS (15 * 60 * INT64_C(1000000000))

/* What the trends are of. */
struct attempt_values {
    bool has_barrier, has_velocity, has_imbalance;
    double replenishment, delta, velocity, imbalance;
};
struct attempt {
    uint32_t cluster, index; /* both from 1; 0: none yet today */
    int64_t ts_ns;           /* of the last attempt */
    double price;            /* of the last attempt */
    struct attempt_values first;
};
struct attempts {
    struct attempt at[LEVEL_KINDS][2]; /* UP, DOWN */
};
struct td_state;

void attempts_day(struct attempts *a);
/* band: quote units; a price farther than that from the last attempt's begins a cluster. */
void attempts_add(struct attempts *a, uint8_t kind, bool up, int64_t ts_ns, double price,
                  double band, const struct attempt_values *values);
void attempts_state(struct attempts *a, struct td_state *state);

#endif
