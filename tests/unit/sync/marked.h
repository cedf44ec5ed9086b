/* A mark as a job makes it, in one go. */
#ifndef TD_TESTS_SYNC_MARKED_H
#define TD_TESTS_SYNC_MARKED_H

#include "sync/mark.h"

static inline td_err mark_whole(const struct td_disk *disk, const char *segment, const char *to,
                                const struct store_identity *identity, int64_t wall_ns)
{
    TD_TRY(mark_put(disk, segment, to, identity, wall_ns));
    TD_TRY(mark_sync(disk, segment));
    return mark_place(disk, segment);
}

#endif
