#include "store/retry.h"

enum { FIRST_MS = 1000, LOST_MS_MAX = 4000, AGAIN_MS_MAX = 60000, LEAST_MS = 100 };

/* 1, 2, 4 ... s behind the first, second, third failure. */
static int64_t longest_ms(uint32_t failures, int64_t most_ms)
{
    int64_t wait_ms = FIRST_MS;
    for (; failures > 1 && wait_ms < most_ms; failures--)
        wait_ms *= 2;
    return wait_ms < most_ms ? wait_ms : most_ms;
}

int64_t retry_wait_ms(struct retry *retry, const struct store_result *result, uint32_t random)
{
    int64_t most_ms;
    switch (result->outcome) {
    case STORE_AGAIN:
        retry->tries++;
        if (++retry->patience > RETRY_PATIENCE)
            return -1;
        most_ms = longest_ms(retry->patience, AGAIN_MS_MAX);
        break;
    case STORE_LOST:
    case STORE_DAMAGED:
        retry->tries++;
        if (retry->tries - retry->patience > RETRY_TRIES)
            return -1;
        most_ms = longest_ms(retry->tries - retry->patience, LOST_MS_MAX);
        break;
    default:
        return -1;
    }
    int64_t wait_ms = (int64_t)((uint64_t)random * (uint64_t)most_ms >> 32);
    if (wait_ms < LEAST_MS)
        wait_ms = LEAST_MS;
    return wait_ms < result->retry_after_ms ? result->retry_after_ms : wait_ms;
}
