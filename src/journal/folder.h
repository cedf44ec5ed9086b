/* What stands in a journal folder: its files in the order of their file sequence. The header in the file counts, not the name:
   a reused file is renamed first, and a power cut may undo that. Caller's memory; one thread per object. */
#ifndef TD_JOURNAL_FOLDER_H
#define TD_JOURNAL_FOLDER_H

#include <stdint.h>

#include "base/err.h"
#include "base/os.h"
#include "journal/block.h"

enum { JOURNAL_PATH_MAX = 1024, JOURNAL_FILE_NAME_MAX = 32 };

struct journal_file {
    uint64_t name;     /* number in the name: 17 in 000017.tdj */
    uint64_t sequence; /* 0: nothing readable in it */
    uint64_t epoch, first_block, first_frame;
    uint16_t flags;
};

struct journal_folder {
    const struct td_disk *disk;
    const char *path; /* the caller's text, kept */
    uint32_t count;
    bool single; /* path names one file */
    struct journal_file file[JOURNAL_FILES_MAX];
};

/* Lists the folder (or the one file, when path ends in .tdj) and reads each header. TD_E_MISSING, TD_E_IO; TD_E_NO_ROOM for
   more files than JOURNAL_FILES_MAX. */
td_err journal_folder_scan(struct journal_folder *folder, const struct td_disk *disk,
                           const char *path);

/* "000017.tdj", and with the folder before it; TD_E_RANGE when that is too long. */
void journal_file_name(char out[JOURNAL_FILE_NAME_MAX], uint64_t name);
td_err journal_file_path(char out[JOURNAL_PATH_MAX], const struct journal_folder *folder,
                         uint64_t name);

/* Places of blocks in an open file. */
struct journal_place {
    const struct td_disk *disk;
    int handle;
    uint64_t file_sequence;
    int64_t offset;
};

/* Judges what stands at place->offset; *header is filled as far as the file goes (zeros beyond). Negative: TD_E_IO. */
int journal_place_judge(const struct journal_place *place, uint64_t expected,
                        struct journal_block_header *header);

/* Moves place forward, page by page, to the next header of this file with at least this sequence and epoch: 1 and *header; 0 and
   place unmoved when none follows within JOURNAL_SEARCH_BYTES. What cannot be read is passed over; negative (TD_E_IO) when nothing was
   found and something could not be read. */
enum { JOURNAL_SEARCH_BYTES = 8 << 20 };
int journal_place_search(struct journal_place *place, uint64_t sequence, uint64_t epoch,
                         struct journal_block_header *header);

#endif
