/* Numbers, times and ids as venues print them. `out` is a bounded builder (base/text.h). */
#ifndef EXCHANGE_SPELL_H
#define EXCHANGE_SPELL_H

#include <stdint.h>

#include "base/text.h"

/* Exactly `decimals` digits behind the point (none: no point); decimals >= scale; steps >= 0. */
void spell_fixed(struct td_str *out, int64_t steps, int scale, int decimals);
/* No zeros at the end: "12.5", "0". */
void spell_trimmed(struct td_str *out, int64_t steps, int scale);
/* "2026-01-02T03:04:05.678901Z" */
void spell_utc(struct td_str *out, int64_t time_us);
/* Version 4 in looks, made of the seed. */
void spell_uuid(struct td_str *out, uint64_t *dice);

#endif
