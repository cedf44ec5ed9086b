/* A journal as the companion sees it: its files one by one (from their headers), and all frames in order. Read only; a recorder
   may be writing beside it. Start from {0}; one thread. */
#ifndef TD_LAKE_JOURNAL_DIR_H
#define TD_LAKE_JOURNAL_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/event.h"
#include "journal/folder.h"
#include "journal/reader.h"
#include "lake/alloc.h"

struct journal_dir_file {
    char name[sizeof((struct journal_damage *)0)->file];
    uint64_t sequence; /* 0: nothing readable in it */
    bool header_whole; /* its first page; the blocks are found without it */
    bool unused;       /* made, and never begun */
    int64_t file_bytes, used_bytes;
    /* From the headers of its blocks; all 0 without any. */
    uint64_t blocks, block_first, block_last, epoch_first, epoch_last, last_frame;
    /* Of the frames that journal_dir_next() gave so far and that end in this file. */
    uint64_t frames, frame_first, frame_last;
    int64_t from_ns, to_ns;
    uint64_t holes;
};

struct journal_dir {
    char path[JOURNAL_PATH_MAX]; /* of the folder or the one file */
    struct lake_arena arena;
    struct journal_folder *folder;
    struct journal_dir_file *file; /* as many as the folder's, in the same order; after survey */
    struct journal_reader *reader;
    uint32_t at; /* the file of the last frame */
    bool tail_told;
};

/* path: a data directory, its journal folder or one .tdj file. TD_E_MISSING, TD_E_IO, TD_E_RANGE (path too long), TD_E_NO_ROOM
   (more than JOURNAL_FILES_MAX files), TD_E_NO_MEMORY. */
td_err journal_dir_open(struct journal_dir *dir, const char *path);
/* Fills in dir->file by hopping over headers; no payload is read. TD_E_IO, TD_E_NO_MEMORY. */
td_err journal_dir_survey(struct journal_dir *dir);
/* Before the first journal_dir_next(). Errors as journal_dir_open(). */
td_err journal_dir_read(struct journal_dir *dir, uint64_t from_frame);
/* As journal_reader_next(), and the torn tail behind the last whole block is damage too (or a block that a recorder is at just now).
   Counts in dir->file when that is there. */
int journal_dir_next(struct journal_dir *dir, struct td_frame *frame,
                     struct journal_damage *damage);
/* Also after a failed open. */
void journal_dir_close(struct journal_dir *dir);

#endif
