/* A source folder walked for what goes there: the oldest hours first, and what an interrupted deletion left. Nothing is kept of what
   stands there but one folder's names, some at a time. */
#ifndef TD_SYNC_WALK_H
#define TD_SYNC_WALK_H

#include "base/os.h"
#include "sync/item.h"

enum { OLDEST_BATCH = 64, OLDEST_NAME_MAX = 128, WALK_PATH_MAX = 1536 };

/* Marked segments, all of an hour before the next hour. */
struct oldest {
    const struct td_disk *disk;
    const char *from_dir, *from_prefix,
        *to_prefix;             /* as scan's: what is below the one goes below the other */
    int64_t hour_ns;            /* of the folder; INT64_MIN: none yet */
    char folder[WALK_PATH_MAX]; /* with from_dir; "" none of this hour yet */
    char last[OLDEST_NAME_MAX]; /* of it, told */
    char name[OLDEST_BATCH][OLDEST_NAME_MAX]; /* the next ones, in their order */
    unsigned names, at;
};

void oldest_begin(struct oldest *oldest, const struct td_disk *disk, const char *from_dir,
                  const char *from_prefix, const char *to_prefix);
/* 1 and the item, 0 no more. */
int oldest_next(struct oldest *oldest, struct sync_item *item);

/* Marks whose segment is gone, with its receipt: a deletion was interrupted. Counts them. */
int64_t walk_leftovers(const struct td_disk *disk, const char *from_dir, const char *from_prefix);

#endif
