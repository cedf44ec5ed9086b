/* The names in one folder, of a disk or of a store, sorted by their bytes; folders and files alike. */
#ifndef TD_LAKE_FOLDER_H
#define TD_LAKE_FOLDER_H

#include <stdbool.h>

#include "lake/alloc.h"

/* Start from {0}. */
struct folder {
    struct lake_arena arena;
    struct lake_buffer names;
    size_t count;
};

/* TD_E_MISSING: there is none (of a store: nothing below the name); TD_E_IO (errno), TD_E_NO_MEMORY; of a store those of lake/stores.h.
   Whatever it says, folder_free() follows. */
td_err folder_read(struct folder *folder, const char *path);
const char *folder_name(const struct folder *folder, size_t index);
bool folder_has(const struct folder *folder, const char *name);
void folder_free(struct folder *folder);

#endif
