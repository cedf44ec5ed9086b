/* How often each level was touched today (SPEC 2.13: Touch, prior_touches). A table of fixed room: what a day may hold fits. */
#ifndef TD_FEATURES_TOUCHED_H
#define TD_FEATURES_TOUCHED_H

#include <stdbool.h>
#include <stdint.h>

enum { TOUCHED_DAY_MOST = 5000, TOUCHED_SLOTS = 8192 };

struct touched {
    uint32_t today;
    uint64_t refused;              /* beyond the day's limit, since the start */
    uint64_t key[TOUCHED_SLOTS];   /* of kind and price */
    uint16_t count[TOUCHED_SLOTS]; /* 0: free */
};
struct td_state;

void touched_day(struct touched *t);
/* Of the level of this kind and price, whose price is a whole number of steps in quote units. */
uint32_t touched_before(const struct touched *t, uint8_t kind, double price);
/* False: the day is full; counted. */
bool touched_add(struct touched *t, uint8_t kind, double price);
void touched_state(struct touched *t, struct td_state *state);

#endif
