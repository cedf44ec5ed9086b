/* Where a file's blocks end: the place from which a new process goes on writing. */
#ifndef TD_JOURNAL_TAIL_H
#define TD_JOURNAL_TAIL_H

#include <stdint.h>

#include "journal/folder.h"

struct journal_tail {
    uint64_t last_block,
        last_frame; /* of the last whole block; from the file's header when there is none */
    uint64_t synced_block,
        synced_frame; /* known to have been on the device; the rest may be in the page cache only */
    uint64_t epoch;   /* highest seen */
    int64_t offset;   /* behind the last whole block */
};

/* Headers are hopped over; payloads are read only where no later block knows them to have been synced, since a killed or cut
   writer may have left one half done there. A bad spot on the card is passed over: it must not keep the recorder from starting. */
void journal_tail_find(struct journal_tail *tail, const struct td_disk *disk, int handle,
                       const struct journal_file *file);

#endif
