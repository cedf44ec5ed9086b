/* Where a segment stands: <root>/<table>/exchange=X/symbol=Y/year=2026/month=06/day=09/hour=04/<name>. Built and taken
   apart here only, for recorder and `tape` alike. Pure, any thread, memory is the caller's. */
#ifndef TD_SEGMENT_PATH_H
#define TD_SEGMENT_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

enum {
    PATH_VALUE_MAX = TD_SYMBOL_MAX, /* a sanitised partition value with its NUL */
    PATH_NAME_MAX = 64,             /* file name with its NUL */
    PATH_TABLE_MAX = 24,
    PATH_MAX_BYTES = 512 /* a whole path with its NUL */
};

/* One partition of one table: the values as columns hold them. */
struct path_partition {
    char table[PATH_TABLE_MAX];
    char exchange[PATH_VALUE_MAX], symbol[PATH_VALUE_MAX]; /* sanitised */
    int32_t year, month, day, hour;
};

/* Column and path value: / \ : * ? " < > | and % (readers decode it in paths), control characters and bytes that are not UTF-8 become '-';
   empty becomes "unknown"; longer than `cap` - 1 bytes is cut at a character. */
void path_sanitise(const char *text, size_t bytes, char *out, size_t cap);

/* Calendar of the receive hour and sanitised values. */
void path_partition_of(struct path_partition *partition, const char *table, const char *exchange,
                       const char *symbol, int64_t hour_ns);

/* "<root>/<table>/exchange=.../hour=04"; numbers padded to 4 and 2 digits. TD_E_RANGE when it does not fit. */
td_err path_folder(const char *root, const struct path_partition *partition,
                   char out[PATH_MAX_BYTES]);
/* The reverse, of a folder or a file in it (absolute or not): finds the last seven parts. Padded and bare numbers are
   accepted. TD_E_SYNTAX when the parts are not there. */
td_err path_parse(const char *path, struct path_partition *partition);

/* When its hour begins. */
int64_t path_hour_ns(const struct path_partition *partition);

/* "<deck>_20260609T041500Z_00001.parquet" */
td_err path_name(const char *deck, int64_t first_recv_ns, uint32_t counter,
                 char out[PATH_NAME_MAX]);
/* Counter of such a name; 0 when it is none. */
uint32_t path_counter(const char *name);
/* "_<name without .parquet>.json" */
td_err path_receipt(const char *name, char out[PATH_NAME_MAX]);
/* "<folder>/<name>" */
td_err path_join(const char *folder, const char *name, char out[PATH_MAX_BYTES]);

#endif
