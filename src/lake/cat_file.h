/* Rows of one file to stdout, as `tape cat` asks for them. */
#ifndef TD_LAKE_CAT_FILE_H
#define TD_LAKE_CAT_FILE_H

#include "lake/show.h"

enum { CAT_HEADER_MAX = 64 << 10 };

struct cat_request {
    enum show_format format;
    const char *columns;           /* "a,b", "all" or NULL */
    const char *symbol, *exchange; /* NULL: any */
    bool has_from, has_to;
    int64_t from_us, to_us; /* from <= ts_recv < to */
    int64_t rows_left;
    bool exact;

    /* Kept from file to file: the header printed last, and counters. */
    char header[CAT_HEADER_MAX];
    uint64_t groups_read, groups_pruned, inexact;
};

/* Exit code; what went wrong is on stderr. */
int cat_file(struct cat_request *request, const char *path);

#endif
