/* Reads a journal folder (or one file) front to back: every frame in order, damage reported and skipped to the next zstd frame
   start. Hostile input: every length is checked. Caller's memory; any thread of its own. */
#ifndef TD_JOURNAL_READER_H
#define TD_JOURNAL_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"
#include "base/os.h"

struct journal_reader;

struct journal_damage {
    char file[64];
    int64_t offset;
    td_err err;
    uint64_t frame_before, frame_after; /* numbers around the hole; 0 = unknown */
};

size_t journal_reader_footprint(void);
/* from_frame: first number wanted (0: all). mem: aligned to 64. folder: kept, or the path of one .tdj file. Reads what stands there
   when each file's turn comes; to see what is written later, open again. A writer may be at work in the same folder.
   TD_E_MISSING, TD_E_IO, TD_E_NO_ROOM. */
td_err journal_reader_open(void *mem, const struct td_disk *disk, const char *folder,
                           uint64_t from_frame, struct journal_reader **reader);

/* 1 and *frame (payload valid until the next call); 0 at the end; TD_E_JOURNAL_CORRUPT and *damage for a hole (reading may go on).
   Numbers always rise. A block that a killed writer left half done is a hole only when frames are missing because of it, and what
   is half done behind the last whole block is the end: there may be a writer at work on it. */
int journal_reader_next(struct journal_reader *reader, struct td_frame *frame,
                        struct journal_damage *damage);
/* After the end: 1 and *damage (frame_after 0) when something stands behind the last whole block that was meant to be a block: torn by
   a cut, damaged since, or being written just now; 0 when there is nothing. */
int journal_reader_tail(const struct journal_reader *reader, struct journal_damage *damage);
void journal_reader_close(struct journal_reader *reader);

#endif
