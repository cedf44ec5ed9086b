/* Looks on while sync works: a line on the terminal or a line of text now and then, what goes wrong as it does, and status.json for others. */
#ifndef TD_SYNC_WATCH_H
#define TD_SYNC_WATCH_H

#include "lake/progress.h"
#include "sync/backlog.h"
#include "sync/options.h"
#include "sync/scan.h"
#include "sync/status.h"

struct watch {
    const struct td_os *os;
    const struct sync_options *options;
    const struct sync_tally *tally; /* of the pass that runs; NULL between passes */
    const struct scan *scan;        /* what it has seen so far; NULL none */
    struct sync_status status;
    struct sync_status before; /* sums as they were when the pass began */
    struct progress progress;
    int64_t todo_segments, todo_bytes; /* of the backlog when the pass began; -1 not known */
    int64_t proven, proven_bytes;      /* segments of it that have a copy now */
    int64_t marked_seen;               /* tally->marked_before when it was looked at last */
    int64_t listed;                    /* lines of a dry run */
    int64_t failures_said;
    int64_t said_ns, said_sent, turned_ns, written_ns; /* mono */
    bool was_there;                                    /* this destination was sent to before */
    char path[OPTIONS_PATH_MAX];                       /* of status.json; "" a dry run has none */
};

/* Takes up the sums of the status that stands there. */
void watch_begin(struct watch *watch, const struct sync_options *options, const struct td_os *os);
/* A pass begins; `backlog` NULL: not known. The tally is looked at until watch_pass_ended(). */
void watch_pass(struct watch *watch, const struct sync_tally *tally, const struct backlog *backlog);
/* `words`: why it is not fine, "" else. */
void watch_pass_ended(struct watch *watch, enum sync_health health, const char *words);
/* Sync waits until then (wall). */
void watch_waits(struct watch *watch, enum sync_phase phase, int64_t until_ns);
void watch_end(struct watch *watch);

/* For engine_params, arg is the watch. */
void watch_ended(void *watch, const struct sync_item *item, enum job_end end,
                 const struct store_result *why);
void watch_bytes(void *watch, int64_t sent, int64_t got);
bool watch_stopped(void *watch);

#endif
