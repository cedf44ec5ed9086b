/* Finding segments and receipts under the paths a user names. */
#ifndef TD_LAKE_FILES_H
#define TD_LAKE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lake/alloc.h"

struct file_entry {
    const char *path; /* as walked from what the user gave */
    const char *name; /* last part of path */
    int64_t bytes;
    bool is_receipt; /* _<segment>.json */
    bool is_open;    /* below active/: the recorder is still writing it */
};

/* Start from {0}. */
struct file_list {
    struct lake_arena arena;
    struct lake_buffer entries;
    size_t count;
};

/* Adds a file, or all *.parquet and _*.json below a directory in path order; of a data directory
   only active/ and ready/. 0; TD_E_MISSING, TD_E_IO (errno says why), TD_E_NO_MEMORY. Links to
   directories are not followed below the given path. */
td_err files_collect(struct file_list *list, const char *path);
const struct file_entry *files_at(const struct file_list *list, size_t index);
void files_free(struct file_list *list);

#endif
