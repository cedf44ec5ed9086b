/* What was read back from a store that has no sums of its own: so that a later run need not read it again. One empty file each, below
   <state_dir>/seen/, named by destination, key and identity. Segments of a folder have marks instead (sync/mark.h). */
#ifndef TD_SYNC_SEEN_H
#define TD_SYNC_SEEN_H

#include "store/op.h"

struct seen_of {
    const char *state_dir, *to, *key; /* to: the store's name */
    struct store_identity identity;
};

bool seen_has(const struct td_disk *disk, const struct seen_of *of);
/* Lost by a power cut it is only read once more: not synced. */
td_err seen_add(const struct td_disk *disk, const struct seen_of *of);

#endif
