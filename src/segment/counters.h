/* Numbers in the names of segments: one counter a partition (table, exchange, symbol as the path spells them), rising for ever over hours
   and restarts, so that no name comes twice. Streams that are spelled alike share one. Disk thread; memory is the caller's. */
#ifndef TD_SEGMENT_COUNTERS_H
#define TD_SEGMENT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/state.h"
#include "segment/path.h"

struct counter {
    char table[PATH_TABLE_MAX], exchange[PATH_VALUE_MAX], symbol[PATH_VALUE_MAX];
    uint32_t last; /* number given out last */
    bool asked;    /* by this process: its stream is configured */
};

struct counters {
    struct counter *at;
    uint32_t cap, count;
    uint32_t
        floor; /* what a counter that is new here starts behind: the highest of those that were forgotten */
};

/* Room for `streams` and for as many names again of streams that are no longer configured. */
size_t counters_footprint(uint32_t streams);
void counters_init(struct counters *counters, void *mem, uint32_t streams);

/* The number given out last for this partition, to be raised by the caller. A new one begins; when there is no room one that nobody asked for
   is forgotten, and its number kept as the floor. */
uint32_t *counters_of(struct counters *counters, const struct path_partition *partition);

/* Saved or loaded; loading replaces all. */
void counters_state(struct counters *counters, struct td_state *state);

#endif
