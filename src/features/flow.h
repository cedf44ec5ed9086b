/* Order flow imbalance: what the last change of the best 10 levels says of who pushes (SPEC 2.8). Core thread. */
#ifndef TD_FEATURES_FLOW_H
#define TD_FEATURES_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "features/top.h"

struct td_state;

/* The best 10 levels of the event before. */
struct flow_side {
    uint32_t count;
    int64_t price[TOP_OFI_LEVELS], size[TOP_OFI_LEVELS];
};
struct flow {
    bool have;     /* a level list to compare with */
    bool moved[2]; /* side was read anew since */
    uint32_t levels;
    int64_t weight[TOP_OFI_LEVELS]; /* of each level, 2^-FLOW_SHIFT */
    struct flow_side side[2];
};

/* Size steps; mlofi in 2^-FLOW_SHIFT of one: fine enough that levels which cancel leave nine digits. */
enum { FLOW_SHIFT = 52 };
#define FLOW_UNIT 0x1p-52
struct flow_values {
    bool have; /* false: first sample */
    int64_t ofi;
    __int128 multi, weighted;
};

/* levels: 1 to TOP_OFI_LEVELS; level i weighs exp(-alpha i), alpha not negative. */
void flow_init(struct flow *flow, uint32_t levels, double alpha);
/* The next event is a first sample. */
void flow_reset(struct flow *flow);
/* Before top_refresh: which sides it will read. */
void flow_note(struct flow *flow, const struct top *top);
/* After it: values of this event; its levels become those before. */
struct flow_values flow_event(struct flow *flow, const struct top *top);
/* False: a price or size no longer fits. */
bool flow_rescale(struct flow *flow, int64_t price_factor, int64_t size_factor);
void flow_state(struct flow *flow, struct td_state *state);

#endif
