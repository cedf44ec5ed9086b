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
    const char *
        folder; /* e.g. data/journal; made when missing; the text must live as long as the journal */
    const char
        *deck; /* name of the deck, for tools that look at a file; NULL: none; lives as long */
    int64_t file_bytes; /* 64 MB; a multiple of 4096, at least JOURNAL_FILE_BYTES_MIN */
    int64_t
        max_bytes; /* 1024 MB: TD_E_JOURNAL_FULL at the cap (files behind `keep_from` are reused first); <= 256 files */
    int level;     /* zstd level, 1..19; JOURNAL_LEVEL */
    uint32_t
        zstd_frame_blocks; /* blocks after which a new zstd frame starts (bounds what a flipped bit costs);
                                   JOURNAL_ZSTD_FRAME_BLOCKS */
};

/* Defaults, chosen by tests/bench/journal_bench.c; the figures stand in docs/FORMAT.md. */
enum { JOURNAL_LEVEL = 1, JOURNAL_ZSTD_FRAME_BLOCKS = 4 };

struct journal;

size_t journal_footprint(const struct journal_params *params);
/* Opens the folder, finds the end of what is there (next frame number, next sequence), starts a new epoch. mem: aligned to 64.
   TD_E_RANGE for parameters out of their range; TD_E_IO; TD_E_NO_ROOM for a folder with more than 256 files. */
td_err journal_open(void *mem, const struct journal_params *params, struct journal **journal);

/* Journal thread. Add a frame (numbers rise) to the open block; a block is closed when it is full or by journal_flush.
   After an error the frame is not taken, or not wholly: nothing is lost, call again with the same frame, until it is 0.
   TD_E_JOURNAL_FULL (again after journal_keep_from moved), TD_E_DISK_FULL, TD_E_IO. */
td_err journal_append(struct journal *journal, const struct td_frame *frame);

/* Journal thread. Close and write the open block (nothing when it is empty). Not yet durable. Errors as journal_append: the
   block is kept and the next call writes it again, into a new file. Each block costs at least one 4 KiB page of the card:
   once a second is meant, and only when journal_wants_sync or somebody waits for a frame to be safe. */
td_err journal_flush(struct journal *journal);

/* Make everything written so far durable (one fdatasync). May run on another thread than append/flush: returns in *frame the
   number of the last frame that is safe now. After an error the file is dead and a new one is begun by the next flush; what was
   written since the last good sync must be taken as lost (a gap row), for no later sync can vouch for it.
   The two threads share only the list of files and the positions, under a mutex that is never held over a disk call. One
   thread at a time. */
td_err journal_sync(struct journal *journal, uint64_t *frame);

/* Any thread: after an error of append, flush or sync something that was written and not yet safe is not to be believed any more. Until
   journal_rewind() no sync promises anything. */
bool journal_rewind_due(const struct journal *journal);
/* Journal thread: everything behind the last frame that is safe is forgotten, and is to be appended again. Returns that last frame. A
   frame that was refused is among the forgotten. */
uint64_t journal_rewind(struct journal *journal);

/* Any thread: a frame other than a tick was appended and is not yet safe. */
bool journal_wants_sync(const struct journal *journal);

/* Number of the last frame found at open (0: empty). */
uint64_t journal_last_frame(const struct journal *journal);

/* One more at each opening. */
uint64_t journal_epoch(const struct journal *journal);
/* Lowest frame that the files held whole at open (0: empty): a checkpoint older than it is of no use. */
uint64_t journal_first_frame(const struct journal *journal);

/* Any thread. Bytes of files that may not be reused yet: for the alarm when it passes half of max_bytes. */
int64_t journal_held_bytes(const struct journal *journal);

/* Any thread. First and last frame that failed syncs left in doubt since the last call, cleared by it; 0: none. They read back as
   long as the power stays on, and perhaps later; what a later sync promises does not include them. */
uint64_t journal_doubt(const struct journal *journal, uint64_t *last);

/* Any thread. Frames before this number are no longer needed: their files may be reused. */
void journal_keep_from(struct journal *journal, uint64_t frame);

struct journal_stats {
    uint64_t frames, payload_bytes, blocks, written_bytes, padding_bytes, syncs;
};
/* Journal thread; after journal_close any thread. */
struct journal_stats journal_stats(const struct journal *journal);

/* Flush, sync, close files; the first error of these. No other thread may be inside. */
td_err journal_close(struct journal *journal);

#endif
