#include "sync/outage.h"

enum { WAIT_MS_MAX = 60000, WAIT_MS_FIRST = 1000, WAIT_MS_LEAST = 100 };

bool outage_is_on(const struct outage *outage)
{
    return outage->lost >= OUTAGE_AFTER;
}

void outage_note(struct outage *outage, enum store_outcome outcome, int64_t now_ns, uint32_t chance)
{
    if (outcome != STORE_LOST) {
        *outage = (struct outage){0};
        return;
    }
    /* Under way since before it was known: no try of its own. */
    bool is_late = outage_is_on(outage) && now_ns < outage->next_ns;
    if (++outage->lost < OUTAGE_AFTER || is_late)
        return;
    uint64_t most = WAIT_MS_MAX;
    if (outage->probes < 6)
        most = (uint64_t)WAIT_MS_FIRST << outage->probes;
    /* Half of it for sure: many decks come back at once, but not in one second. */
    int64_t wait_ms = (int64_t)(most / 2 + (most / 2 * chance >> 32));
    outage->next_ns = now_ns + (wait_ms > WAIT_MS_LEAST ? wait_ms : WAIT_MS_LEAST) * 1000000;
    outage->probes++;
}

bool outage_is_too_long(const struct outage *outage)
{
    return outage->probes > OUTAGE_PROBES;
}
