#include "base/doorbell.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Not FUTEX_PRIVATE: the bell may lie in a mapping that two processes share. */
static void futex(const _Atomic uint32_t *word, int operation, uint32_t value,
                  const struct timespec *timeout)
{
    syscall(SYS_futex, (const void *)word, operation, value, timeout, NULL, 0);
}

uint32_t td_doorbell_seen(const struct td_doorbell *bell)
{
    return atomic_load_explicit(&bell->count, memory_order_acquire);
}

/* Count up, then look for sleepers; the sleeper announces itself, then lets the kernel compare the
   count. Both orders are sequentially consistent, so one of the two always sees the other. */
void td_doorbell_ring(struct td_doorbell *bell)
{
    atomic_fetch_add(&bell->count, 1);
    if (atomic_load(&bell->sleepers))
        futex(&bell->count, FUTEX_WAKE, INT_MAX, NULL);
}

/* Every end of the futex call (rung, count already moved, timeout, signal) means the same to the
   caller: look again. A process killed in its sleep leaves `sleepers` too high, which costs
   needless wake calls and nothing else. */
void td_doorbell_wait(struct td_doorbell *bell, uint32_t seen, int timeout_ms)
{
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    atomic_fetch_add(&bell->sleepers, 1);
    if (atomic_load(&bell->count) == seen)
        futex(&bell->count, FUTEX_WAIT, seen, timeout_ms < 0 ? NULL : &timeout);
    atomic_fetch_sub(&bell->sleepers, 1);
}
