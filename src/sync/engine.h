/* A pass over many items: up to `workers` jobs at a time over two stores, retries with back-off, an outage noticed once for all, quiet hours,
   statistics. One thread. Memory is fixed: workers x job; the items come one by one. */
#ifndef TD_SYNC_ENGINE_H
#define TD_SYNC_ENGINE_H

#include "base/os.h"
#include "store/store.h"
#include "sync/job.h"
#include "sync/tally.h"

enum { SYNC_WORKERS_MAX = 32 };

/* Where items come from: 1 and the item, 0 no more, negative: cannot be listed. Called when a worker is free. */
struct sync_source {
    int (*next)(void *arg, struct sync_item *item);
    void *arg;
};

struct engine_params {
    const struct td_os *os;
    struct store *from, *to;
    struct sync_source source;
    unsigned workers;      /* 1..SYNC_WORKERS_MAX */
    const char *state_dir; /* records of multipart uploads, spool of remote sources; on os->disk */
    const char *
        from_dir; /* the source's folder when it is one: marks are written beside its segments; NULL: remote, no marks */
    bool marks;   /* write marks, and pass over what is marked for this destination */
    bool
        may_delete; /* after marked: what is older than keep_ns, or the oldest first while less than free_bytes are free */
    int64_t keep_ns;    /* age by the end of the segment's receive hour; INT64_MAX: never by age */
    int64_t free_bytes; /* 0: never by room */
    const char *from_prefix, *to_prefix; /* as scan's; where the oldest are looked for; NULL "" */
    bool dry_run;   /* told, not done: nothing is asked of the destination but HEAD */
    bool read_back; /* verify by reading back even where the store has a sum of its own */
    bool plain;     /* SYNC_PLAIN items too */
    int64_t single_bytes, part_bytes; /* 0: STORE_SINGLE_MAX and STORE_PART_BYTES */
    /* Told at each change of a job's state, for progress and logs; NULL nobody. */
    void (*moved)(void *arg, const struct sync_item *item, enum job_state state);
    void (*ended)(void *arg, const struct sync_item *item, enum job_end end,
                  const struct store_result *why);
    void (*bytes)(void *arg, int64_t sent, int64_t got); /* since the last call */
    void *arg;
    /* Asked between calls: stop soon (signal, deadline); wait so many ms before anything new begins (quiet hours), 0 go on. */
    bool (*stopped)(void *arg);
    int64_t (*pause_ms)(void *arg);
    /* Waits when no call is under way; NULL: the real world's. */
    void (*sleep_ms)(void *arg, int64_t ms);
};

/* Until the source is at its end and all jobs have ended, or stopped. Statistics are added to. TD_E_NO_MEMORY, TD_E_IO (state_dir cannot be
   written), the source's error; single items' failures are in the tally alone. */
td_err engine_run(const struct engine_params *params, struct sync_tally *tally);

#endif
