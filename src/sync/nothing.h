/* A store that holds nothing: what a folder is that a real run would make. Every question is answered "absent"; what would write is refused. */
#ifndef TD_SYNC_NOTHING_H
#define TD_SYNC_NOTHING_H

#include "store/store.h"

/* One at a time; name as the store's. */
struct store nothing_store(const char *name);

#endif
