/* How long to wait before a failed operation is asked again, and when it is given up (SPEC Y4). Pure: time and chance come in as numbers. One
   an operation; the caller resolves what may have happened (HEAD) before it sends anything twice. */
#ifndef TD_STORE_RETRY_H
#define TD_STORE_RETRY_H

#include "store/op.h"

/* All zero is the start. */
struct retry {
    uint32_t tries;    /* failed ones */
    uint32_t patience; /* of those, answered by AGAIN */
};

enum { RETRY_TRIES = 3, RETRY_PATIENCE = 8 };

/* Milliseconds until the next try, or -1: given up (or not worth one: DENIED, REFUSED ...). LOST and DAMAGED: RETRY_TRIES further tries after 1, 2, 4 s;
   AGAIN: RETRY_PATIENCE after 1, 2, 4 ... 60 s; full jitter (a chance of 0 .. the time, at least 100 ms), never below retry_after_ms. `random` any 32 bits. */
int64_t retry_wait_ms(struct retry *retry, const struct store_result *result, uint32_t random);

#endif
