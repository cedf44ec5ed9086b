/* One pass: both ends are opened anew (names and keys may have changed), what waits is counted, everything that is found is carried. */
#ifndef TD_SYNC_PASS_H
#define TD_SYNC_PASS_H

#include "sync/watch.h"

struct pass_end {
    int code;                    /* exit code of `tape`, as if this pass were all */
    bool interrupted;            /* a stop was wished, or quiet hours began, before its end */
    enum sync_health health;     /* of the pass as a whole */
    char words[STORE_WORDS_MAX]; /* why it is not fine; "" else */
    int64_t duration_ns;
};

/* `tally` begins at zero here. Complaints about keys, places and folders go to stderr. */
void pass_run(const struct sync_options *options, const struct td_os *os, struct watch *watch,
              struct sync_tally *tally, struct pass_end *end);

#endif
