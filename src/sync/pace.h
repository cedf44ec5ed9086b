/* When sync may work and how fast: quiet hours of the day and a cap of bytes a second, as the configuration and the command line write them.
   Pure, any thread, no memory. */
#ifndef TD_SYNC_PACE_H
#define TD_SYNC_PACE_H

#include <stdint.h>

#include "base/err.h"

enum { PACE_MINUTES = 24 * 60 };

/* A bit a minute of the day, UTC. */
struct pace_hours {
    uint8_t quiet[PACE_MINUTES / 8];
};

/* What is said when they are not sound. */
#define PACE_HOURS_FORM                                                                            \
    "write HH:MM-HH:MM (UTC), commas between, not the whole day, such as 08:00-20:00"
#define PACE_BYTES_FORM "write bytes a second, such as 500K, 2M or 1500000"

/* "08:00-20:00, 22:30-01:15": from the first minute up to and without the second one, past midnight too; "" none. TD_E_SYNTAX: it is not
   that; TD_E_RANGE: no such time, or no minute of the day is left. */
td_err pace_hours_parse(struct pace_hours *hours, const char *text);

/* Nanoseconds until work may go on; 0 now. */
int64_t pace_quiet_ns(const struct pace_hours *hours, int64_t wall_ns);

/* "2M": whole, K, M, G are thousands; "" and 0: no limit, 0. TD_E_SYNTAX; TD_E_RANGE: below 1K
   or too large. */
td_err pace_bytes_parse(const char *text, int64_t *bytes_per_s);

#endif
