/* Trading sessions: the UTC day, or regular hours in New York (09:30-16:00, with daylight saving by the rules of 2007 on; before them those
   of 1987). Pure, any thread. */
#ifndef TD_FEATURES_SESSION_H
#define TD_FEATURES_SESSION_H

#include <stdbool.h>
#include <stdint.h>

enum session_kind { SESSION_UTC_DAY, SESSION_RTH_ET };

/* The session that `ns` belongs to, or the next one when it lies between two. [open, close); premarket 04:00-09:30 ET (utc_day: empty:
   premarket_ns = open_ns). Saturdays and Sundays have no rth_et session; holidays are not known. */
struct session {
    int64_t open_ns, close_ns, premarket_ns;
    int32_t date; /* YYYYMMDD of the session */
};
struct session session_of(enum session_kind kind, int64_t ns);
bool session_open(enum session_kind kind, int64_t ns);
int session_find(const char *name); /* "utc_day", "rth_et"; -1 */

#endif
