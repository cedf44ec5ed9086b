/* UTC calendar and the time texts of SPEC I6. int64 ns since 1970. Any thread, no memory, never reads a clock. */
#ifndef TD_BASE_UTC_H
#define TD_BASE_UTC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct td_utc {
    int year, month, day, hour, minute, second;
    int32_t nanosecond;
    int weekday; /* Monday = 0 */
};

struct td_utc td_utc_from_ns(int64_t ns);
int64_t td_utc_to_ns(const struct td_utc *utc);

/* ISO-8601 with 'T' or space, up to 9 fractional digits, 'Z' or +00:00 or "+0000 UTC ..." (Go). TD_E_SYNTAX; outside
   2000-01-01..2100-01-01: TD_E_RANGE. */
td_err td_utc_parse(const char *text, size_t bytes, int64_t *ns);

/* Bare number without a stated unit: below 1e12 s, 1e15 ms, 1e18 us, else ns; a fraction is kept. Same errors. */
td_err td_epoch_parse(const char *text, size_t bytes, int64_t *ns);

/* "20260921T040000Z" and "2026-09-21T04:00:00.123456Z"; NUL-terminated, returns length. */
enum { TD_UTC_TEXT_MAX = 32 };
size_t td_utc_compact(int64_t ns, char out[TD_UTC_TEXT_MAX]);
size_t td_utc_iso(int64_t ns, char out[TD_UTC_TEXT_MAX]);

/* True from 2000-01-01 up to and without 2100-01-01 (SPEC S11). */
int td_utc_plausible(int64_t ns);

#endif
