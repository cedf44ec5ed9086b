/* The journal on disk: what was received, in order, before it counts. Blocks of {magic, epoch, sequence, lengths, CRC32C} with
   frames compressed in one zstd window that stays open across blocks; each block padded to 4 KiB so that no synced page is ever
   rewritten; files preallocated, written once, reused. Layout in docs/FORMAT.md. */
#ifndef TD_JOURNAL_JOURNAL_H
#define TD_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"
#include "base/os.h"

struct journal_params {
    const struct td_disk *disk;
    const char *folder;     /* e.g. data/journal; made when missing */
    int64_t file_bytes;     /* 64 MB */
    int64_t max_bytes;      /* 1024 MB: alarm and TD_E_JOURNAL_FULL at the cap (files behind `keep_from` are reused first) */
    int level;              /* zstd level */
    uint32_t zstd_frame_blocks; /* blocks after which a new zstd frame starts (bounds what a flipped bit costs) */
};

struct journal;

size_t journal_footprint(const struct journal_params *params);
/* Opens the folder, finds the end of what is there (next frame number, next sequence), starts a new epoch. */
td_err journal_open(void *mem, const struct journal_params *params, struct journal **journal);

/* Journal thread. Add a frame to the open block; a block is closed when it is full or by journal_flush. */
td_err journal_append(struct journal *journal, const struct td_frame *frame);

/* Close and write the open block (nothing when it is empty). Not yet durable. */
td_err journal_flush(struct journal *journal);

/* Make everything written so far durable (one fdatasync). May run on another thread than append/flush: returns in *frame the
   number of the last frame that is safe now. After an error the file is dead and a new one is begun by the next flush. */
td_err journal_sync(struct journal *journal, uint64_t *frame);

/* Number of the last frame found at open (0: empty). */
uint64_t journal_last_frame(const struct journal *journal);

/* Frames before this number are no longer needed: their files may be reused. */
void journal_keep_from(struct journal *journal, uint64_t frame);

struct journal_stats {
    uint64_t frames, payload_bytes, blocks, written_bytes, padding_bytes, syncs;
};
struct journal_stats journal_stats(const struct journal *journal);

/* Flush, sync, close files. */
td_err journal_close(struct journal *journal);

#endif
