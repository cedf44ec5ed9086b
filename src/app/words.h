/* Figures in words for people: the status screen, and the appliance's report. Pure. */
#ifndef TD_APP_WORDS_H
#define TD_APP_WORDS_H

#include <stdint.h>

enum { WORDS_MAX = 40 };
/* "12 s", "4 min", "3 h 4 min", "142 days"; "-" for what is negative. All return out. */
const char *words_span(int64_t ms, char out[WORDS_MAX]);
/* "24.1 GB" */
const char *words_bytes(int64_t bytes, char out[WORDS_MAX]);
/* "2026-11-22 02:14 UTC"; "an unknown time" before 2000. */
const char *words_moment(int64_t ns, char out[WORDS_MAX]);
/* "99.9987 %", rounded down: 100 is only what is whole. */
const char *words_share(double share, char out[WORDS_MAX]);

#endif
