/* What a run did: frames by bucket, rows by table, gaps by kind, books by state, seconds, messages a second, peak memory. */
#ifndef TD_APP_REPORT_H
#define TD_APP_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "app/deck.h"

struct report {
    struct deck *deck; /* stopped */
    double seconds;
};

void report_print(const struct report *report, FILE *out, bool json);

/* Words of enumerations, as stored. */
const char *report_bucket_word(enum td_bucket bucket);
const char *report_gap_word(enum td_gap_kind kind);
const char *report_state_word(enum td_book_state state);

#endif
