/* Parquet files, read without trust: every count, length and offset of the file is checked, page
   checksums always, and what is not supported is refused by name. Flat REQUIRED or OPTIONAL
   columns; pages V1 and V2; zstd or uncompressed; PLAIN, dictionary, RLE booleans,
   DELTA_BINARY_PACKED, BYTE_STREAM_SPLIT on reals. One thread a reader. */
#ifndef TD_LAKE_READER_H
#define TD_LAKE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lake/footer.h"
#include "lake/source.h"
#include "lake/values.h"

/* What one file may ask for. A group of 16 Mi rows is 16 times what the lake writes. */
struct reader_limits {
    int64_t group_rows_max;
    int64_t page_bytes_max;  /* decompressed */
    int64_t chunk_bytes_max; /* compressed; also all its pages decompressed */
    int64_t footer_bytes_max;
};
extern const struct reader_limits reader_limits_default;

struct reader;

/* Opens a file, or bytes that outlive the reader. On error *out is still a reader (unless
   TD_E_NO_MEMORY) that only answers reader_why() and must be closed: TD_E_PARQUET,
   TD_E_UNSUPPORTED, and those of source_open(). limits NULL: the default. */
td_err reader_open(const char *path, const struct reader_limits *limits, struct reader **out);
/* By source_open_whole(). */
td_err reader_open_whole(const char *path, const struct reader_limits *limits, struct reader **out);
td_err reader_open_memory(const void *data, size_t bytes, const struct reader_limits *limits,
                          struct reader **out);
void reader_close(struct reader *reader); /* NULL is fine */

/* Last error in words: "unsupported codec SNAPPY in column price"; "" when there was none. */
const char *reader_why(const struct reader *reader);
const struct pq_meta *reader_meta(const struct reader *reader);
int64_t reader_bytes(const struct reader *reader);      /* of the file */
struct source *reader_source(struct reader *reader);    /* whose bytes they are */
int64_t reader_bytes_read(const struct reader *reader); /* chunks fetched so far */

/* Reads one column of one row group. `values` starts from {0}, is reused, and is freed by
   values_free(). TD_E_UNSUPPORTED, TD_E_PARQUET, TD_E_PARQUET_CRC, TD_E_NO_MEMORY, those of source_read(). */
td_err reader_column(struct reader *reader, uint32_t group, uint32_t column,
                     struct pq_values *values);

/* ---- batches: one row group at a time, chosen columns, groups ruled out by statistics skipped ---- */

struct reader_batch {
    struct reader *reader;
    uint32_t column_count;
    const uint32_t *column;   /* wanted ones */
    struct pq_values *values; /* as many; the caller's, from {0} */
    int range_column;         /* INT64 column with from <= value < to, or -1 */
    int64_t from, to;
    uint32_t next;          /* start from 0 */
    uint32_t group;         /* the one just read */
    uint32_t groups_pruned; /* counter */
    size_t rows;            /* of the group just read */
};

/* 1: a group was read; 0: no more; negative: error as reader_column(). */
int reader_batch_next(struct reader_batch *batch);

#endif
