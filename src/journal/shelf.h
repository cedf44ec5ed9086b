/* The journal's files as the writer sees them: which is being written, which may be used again, what a sync has to reach.
   The journal thread calls everything but shelf_sync, which runs on a thread of its own. What both touch is guarded by a mutex
   that is never held over a disk call. Caller's memory. */
#ifndef TD_JOURNAL_SHELF_H
#define TD_JOURNAL_SHELF_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "journal/folder.h"

struct shelf_params {
    const struct td_disk *disk;
    const char *folder, *deck;
    int64_t file_bytes, max_bytes;
};

struct shelf_file {
    uint64_t name, sequence;
    uint64_t first_frame,
        last_frame; /* lowest and highest number that have bytes in it, 0: none; guarded */
    int handle;     /* -1: closed */
    uint16_t flags;
    uint16_t failures;            /* since a block was last written to it */
    bool unsynced, syncing, dead; /* guarded, like the handle */
};

struct shelf {
    struct shelf_params params;
    struct journal_folder folder; /* paths; the listing of the opening */
    struct shelf_file file[JOURNAL_FILES_MAX];
    uint32_t count;
    int current; /* index of the file being written, -1: none yet; changed under the lock */
    uint64_t epoch, next_sequence; /* a new file is named after its sequence */
    int64_t offset, zeroed; /* in the current file: next block, end of what was written once */
    _Atomic uint64_t keep_from;
    pthread_mutex_t lock;
    /* guarded: */
    uint64_t written_block, written_frame, written_mark;
    uint64_t synced_block, synced_frame, synced_mark;
    bool rewound; /* the next file begins with frames that were written before */
    bool
        rewind_due; /* something that was written is not to be believed: no sync promises anything before shelf_rewind */
    uint64_t doubt_first, doubt_last; /* frames that a failed sync left in doubt, 0: none */
    uint64_t syncs;
    bool entry_unsynced; /* a file was created: its name must be made durable too */
};

/* What the opening found; first_frame: lowest that is whole, 0: none. */
struct shelf_end {
    uint64_t last_block, last_frame, first_frame;
};

/* Reads what is there and places the writer behind its end. TD_E_RANGE, TD_E_IO. */
td_err shelf_open(struct shelf *shelf, const struct shelf_params *params, struct shelf_end *end);

/* Makes sure that `bytes` fit into the current file: 1 when that is a new one (or the first use of an old one by this process),
   0 when it is the one of the last write. TD_E_JOURNAL_FULL, TD_E_DISK_FULL, TD_E_IO. */
int shelf_room(struct shelf *shelf, int64_t bytes, uint64_t first_block, uint64_t first_frame);

/* Writes whole pages behind the last ones. An error makes the current file dead. */
td_err shelf_write(struct shelf *shelf, const void *pages, int64_t bytes);
/* Says what the last write held; mark is any rising count of the caller's, handed to shelf_synced_mark. last_begun: highest
   frame with bytes in it; last_whole: highest that is complete. */
void shelf_written(struct shelf *shelf, uint64_t block, uint64_t last_begun, uint64_t last_whole,
                   uint64_t mark);
/* The current file is used for the first time and its zeros do not reach far enough. */
bool shelf_wants_zeros(const struct shelf *shelf);
/* Writes up to `step` zeros ahead into a file that is used for the first time; zeros: `step` bytes of 0. */
td_err shelf_zero_ahead(struct shelf *shelf, const void *zeros, int64_t step);

uint64_t shelf_file_sequence(const struct shelf *shelf);
uint64_t shelf_synced_block(struct shelf *shelf);
uint64_t shelf_synced_mark(struct shelf *shelf);
uint64_t shelf_syncs(struct shelf *shelf);

/* Bytes of the files that may not be used again yet. Any thread. */
int64_t shelf_held_bytes(struct shelf *shelf);
/* Journal thread: what is not synced by now is written again by the caller, behind the frame returned. */
uint64_t shelf_rewind(struct shelf *shelf);
bool shelf_rewind_due(struct shelf *shelf);

/* First frame that failed syncs left in doubt since the last call, 0: none. Any thread. */
uint64_t shelf_doubt(struct shelf *shelf, uint64_t *last);

/* Any one thread at a time. *frame: last whole frame that is on the device, also after an error. */
td_err shelf_sync(struct shelf *shelf, uint64_t *frame);

/* No other thread may be inside. */
void shelf_close(struct shelf *shelf);

#endif
