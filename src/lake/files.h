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
    struct lake_buffer sorted; /* of files_have(): paths */
    size_t count;
    size_t ahead; /* of files_ahead(): what comes from here on was not fetched */
};

/* Adds a file, or all *.parquet and _*.json below a directory in path order; of a data directory
   only active/ and ready/, of a store's prefix that holds one bronze/ too. 0; TD_E_MISSING, TD_E_IO, TD_E_NO_MEMORY; of a store also
   TD_E_NET_* and TD_E_CONFIG; files_why() says why. Links to directories are not followed below the given path. */
td_err files_collect(struct file_list *list, const char *path);
const char *files_why(const char *path, td_err err);
/* The same, complained of; exit code. */
int files_collect_or_complain(struct file_list *list, const char *path);
/* For who opens the sealed files of the list one after the other, called before each: of a store the ends of the next ones are fetched at
   once. */
enum files_part { FILES_SEGMENTS, FILES_RECEIPTS, FILES_BOTH };
void files_ahead(struct file_list *list, size_t index, enum files_part part);
/* A line on stderr: what the stores were asked for; nothing where none was. */
void files_tell_asked(void);
/* Whether a path is in the list. The first question sorts. TD_E_NO_MEMORY: asked of the disk or store instead. */
bool files_have(struct file_list *list, const char *path);
const struct file_entry *files_at(const struct file_list *list, size_t index);
void files_free(struct file_list *list);

#endif
