/* How long to wait before the next connect (SPEC I8). Pure: time and randomness come in as numbers.
 * One per endpoint. */
#ifndef TD_NET_BACKOFF_H
#define TD_NET_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is the healthy start. Times are of the monotonic clock. */
struct backoff {
    uint32_t failures;        /* since the last reset */
    int64_t outage_ns;        /* when the first of them happened */
    int64_t healthy_since_ns; /* first data frame of the current connection */
    bool healthy;
};

/* The connection failed or ended: delay until the next try, in ns. `random` any 32 bits. 1 s
   doubling to 30 s in the first 5 min of an outage, then doubling on to 300 s; jitter +-20 %, never
   below 1 s, never below retry_after_ns. */
int64_t backoff_failed(struct backoff *backoff, int64_t now_ns, uint32_t random,
                       int64_t retry_after_ns);

/* The stream fell silent: try again after about 1 s, the sequence stays where it is. */
int64_t backoff_silent(struct backoff *backoff, uint32_t random);

/* A data frame came: after 60 s of them the sequence starts anew. */
void backoff_data(struct backoff *backoff, int64_t now_ns);

#endif
