/* The wish to stop: SIGTERM and SIGINT. The first one ends sync in order within seconds, a second one at once. */
#ifndef TD_SYNC_STOP_H
#define TD_SYNC_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* From now on they are heard. Main thread. */
void stop_listen(void);
bool stop_wished(void);
/* Sleeps until then (monotonic clock) or until a stop is wished, at most a second longer than that. */
void stop_sleep_until(int64_t mono_ns);

#endif
