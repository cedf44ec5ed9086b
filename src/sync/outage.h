/* Nobody answers: noticed once for all jobs. Then one try at a time, with growing waits, until something answers or patience is over. Pure. */
#ifndef TD_SYNC_OUTAGE_H
#define TD_SYNC_OUTAGE_H

#include "store/op.h"

enum { OUTAGE_AFTER = 3, OUTAGE_PROBES = 8 };

/* All zero is the start. */
struct outage {
    unsigned lost; /* in a row */
    unsigned probes;
    int64_t next_ns; /* mono: the next try, while it is on */
};

/* A call came back. chance: any 32 bits. */
void outage_note(struct outage *outage, enum store_outcome outcome, int64_t now_ns,
                 uint32_t chance);
bool outage_is_on(const struct outage *outage);
/* So many tries of one at a time went for nothing: this pass is over. */
bool outage_is_too_long(const struct outage *outage);

#endif
