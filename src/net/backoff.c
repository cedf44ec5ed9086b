#include "net/backoff.h"

#include "base/limits.h"

#define FLOOR_NS TD_NS_PER_S
#define EARLY_CAP_NS (30 * TD_NS_PER_S)
#define LATE_CAP_NS (300 * TD_NS_PER_S)
#define EARLY_NS (300 * TD_NS_PER_S)
#define EARLY_FAILURES 6 /* 2^6 s is the first delay beyond the early cap */
#define LATE_FAILURES 9  /* and 2^9 s is beyond the late one */
#define HEALTHY_NS (60 * TD_NS_PER_S)

/* delay * (0.8 .. 1.2), at least the floor */
static int64_t jittered(int64_t delay_ns, uint32_t random)
{
    int64_t spread_ns = delay_ns / 5;
    int64_t jitter_ns =
        (int64_t)((unsigned __int128)(uint64_t)(2 * spread_ns) * random / UINT32_MAX) - spread_ns;
    int64_t result_ns = delay_ns + jitter_ns;
    return result_ns < FLOOR_NS ? FLOOR_NS : result_ns;
}

int64_t backoff_failed(struct backoff *backoff, int64_t now_ns, uint32_t random,
                       int64_t retry_after_ns)
{
    if (backoff->failures == 0)
        backoff->outage_ns = now_ns;
    bool early = now_ns - backoff->outage_ns < EARLY_NS;
    int64_t cap_ns = early ? EARLY_CAP_NS : LATE_CAP_NS;
    int64_t delay_ns = FLOOR_NS << backoff->failures;
    /* However many tries the early phase took, the late one doubles on from its cap. */
    if (backoff->failures < (early ? EARLY_FAILURES : LATE_FAILURES))
        backoff->failures++;
    backoff->healthy = false;
    delay_ns = jittered(delay_ns < cap_ns ? delay_ns : cap_ns, random);
    return delay_ns > retry_after_ns ? delay_ns : retry_after_ns;
}

int64_t backoff_silent(struct backoff *backoff, uint32_t random)
{
    backoff->healthy = false;
    return jittered(FLOOR_NS, random);
}

void backoff_data(struct backoff *backoff, int64_t now_ns)
{
    if (!backoff->healthy) {
        backoff->healthy = true;
        backoff->healthy_since_ns = now_ns;
    }
    if (now_ns - backoff->healthy_since_ns >= HEALTHY_NS)
        backoff->failures = 0;
}
