/* What sync says of itself: <state dir>/status.json, one flat JSON object, for `tapedeck status`, STATUS.txt and whoever watches the box.
   docs/FORMAT.md has its keys. No secret is in it. Reader and writer are here; the writer names it by rename, so that a reader meets the
   old one or the new one, whole. Not synced to the card: after a power cut an old one may stand there, its time says so. */
#ifndef TD_SYNC_STATUS_H
#define TD_SYNC_STATUS_H

#include "base/os.h"
#include "sync/tally.h"

enum { STATUS_VERSION = 1, STATUS_TEXT_MAX = 256, STATUS_BYTES_MAX = 8192 };

enum sync_phase {
    SYNC_PHASE_PASS,  /* objects are looked at and sent */
    SYNC_PHASE_WAIT,  /* until next_ns */
    SYNC_PHASE_QUIET, /* quiet hours, until next_ns */
    SYNC_PHASE_ENDED, /* in order; a process that was killed says something else for ever: see pid and updated_ns */
    SYNC_PHASES
};
extern const char *const sync_phase_words[SYNC_PHASES];

struct sync_status {
    char from[STATUS_TEXT_MAX], to[STATUS_TEXT_MAX]; /* as a person writes them */
    int64_t pid;
    enum sync_phase phase;
    enum sync_health health;
    char words[STORE_WORDS_MAX]; /* why it is not fine; "" else */
    char advice[STATUS_TEXT_MAX];
    int64_t started_ns, updated_ns, next_ns; /* wall; next_ns 0: not waiting */
    int64_t backlog_segments, backlog_bytes; /* without a proven copy at `to`; -1: not counted */
    int64_t oldest_backlog_ns;               /* its receive hour; 0 none */
    int64_t last_verified_ns;                /* 0 never */
    int64_t failed, blocked, conflicts;      /* of the last pass */
    /* Over restarts, as long as the file stands. */
    int64_t passes, sent_total, sent_bytes_total, removed_total;
};

/* "<state_dir>/status.json". False: too long. */
bool sync_status_path(const char *state_dir, char *out, size_t cap);

/* Length of the text, NUL-terminated. */
size_t sync_status_text(const struct sync_status *status, char out[STATUS_BYTES_MAX]);
/* Unknown keys are passed over, absent ones are 0, "" and -1. TD_E_SYNTAX; TD_E_UNSUPPORTED: a newer version. */
td_err sync_status_parse(const char *text, size_t bytes, struct sync_status *out);

td_err sync_status_write(const struct td_disk *disk, const char *path,
                         const struct sync_status *status);
/* TD_E_MISSING: sync has never run there. */
td_err sync_status_read(const struct td_disk *disk, const char *path, struct sync_status *out);

#endif
