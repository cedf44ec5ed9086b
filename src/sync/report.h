/* What a pass came to (SPEC Y5): a table for a person, one JSON object for a program. docs/OPERATE.md names the keys. */
#ifndef TD_SYNC_REPORT_H
#define TD_SYNC_REPORT_H

#include <stdio.h>

#include "sync/options.h"
#include "sync/status.h"

struct report {
    const struct sync_options *options;
    const struct sync_tally *tally;
    const struct sync_status *status; /* backlog, health and words of the end */
    int64_t duration_ns;
    bool interrupted; /* a signal or quiet hours ended it early */
    int exit_code;
};

void report_words(FILE *out, const struct report *report);
/* One line but for a dry run, whose items came before: `out` then stands behind the last of them, or at a line's beginning. */
void report_json(FILE *out, const struct report *report);
/* Before the items of a dry run. */
void report_json_begin(FILE *out);

#endif
