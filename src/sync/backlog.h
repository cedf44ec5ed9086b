/* What still waits here: segments below a folder without a mark for the destination. Folders are walked, nothing is kept: a million segments cost
   no memory. */
#ifndef TD_SYNC_BACKLOG_H
#define TD_SYNC_BACKLOG_H

#include "base/os.h"

struct backlog {
    int64_t segments, bytes;
    int64_t oldest_ns; /* begin of the receive hour of the oldest; 0 none, or its path tells none */
};

/* stopped: asked now and then, ends the walk with TD_E_AGAIN; NULL never. A folder that is not there has none. TD_E_IO, TD_E_RANGE. */
td_err backlog_count(const struct td_disk *disk, const char *folder, const char *to,
                     bool (*stopped)(void *arg), void *arg, struct backlog *out);

#endif
