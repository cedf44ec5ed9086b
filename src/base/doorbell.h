/* A futex that wakes sleepers: "something moved, look again". Waiters re-check their condition; a ring that comes between
   look and sleep is never lost because the waiter passes the count it saw. Works across processes when placed in a
   shared mapping. */
#ifndef TD_BASE_DOORBELL_H
#define TD_BASE_DOORBELL_H

#include <stdatomic.h>
#include <stdint.h>

struct td_doorbell {
    _Atomic uint32_t count;
    _Atomic uint32_t sleepers;
};

uint32_t td_doorbell_seen(const struct td_doorbell *bell); /* take before checking the condition */
void td_doorbell_ring(
    struct td_doorbell *bell); /* any thread; a system call only when somebody sleeps */
/* Sleep until rung after `seen`, or timeout_ms (negative: for ever). */
void td_doorbell_wait(struct td_doorbell *bell, uint32_t seen, int timeout_ms);

#endif
