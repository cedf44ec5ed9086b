/* The hardware watchdog. Once open it stays armed: whatever stops init from feeding resets the machine. */
#ifndef TD_INIT_WATCHDOG_H
#define TD_INIT_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/* Opens /dev/watchdog0 and sets its timeout. False: there is none (asked again is fine). */
bool watchdog_open(int64_t timeout_s);
bool watchdog_is_open(void);
/* Feeds, unless starved; may be called as often as one likes. */
void watchdog_feed(void);
/* No feeding from now on. */
void watchdog_starve(void);

#endif
