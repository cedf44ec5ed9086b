/* A Parquet file's footer, parsed from memory that may be hostile: columns, row groups, chunks with
   statistics, key-values. Everything it points to lives in the footer's bytes or in the arena. */
#ifndef TD_LAKE_FOOTER_H
#define TD_LAKE_FOOTER_H

#include <stdbool.h>
#include <stdint.h>

#include "lake/alloc.h"
#include "lake/unthrift.h"

/* parquet.thrift Type */
enum pq_type {
    PQ_BOOLEAN = 0,
    PQ_INT32 = 1,
    PQ_INT64 = 2,
    PQ_INT96 = 3,
    PQ_FLOAT = 4,
    PQ_DOUBLE = 5,
    PQ_BYTE_ARRAY = 6,
    PQ_FIXED = 7,
    PQ_TYPES
};

/* What the annotations say, logical type first, converted type where there is no logical one. */
enum pq_logical {
    PQ_PLAIN = 0,
    PQ_STRING,
    PQ_TIMESTAMP, /* unit_ns, utc */
    PQ_INTEGER,   /* bits, is_signed */
    PQ_DECIMAL,   /* scale, precision */
    PQ_DATE,
    PQ_OTHER /* known to the format, shown as its plain value */
};

struct pq_column {
    const char *name;   /* leaf; "list.element" style path where nested */
    const char *nested; /* NULL, or why the reader refuses it: "nested column" */
    uint8_t type;       /* enum pq_type */
    uint8_t logical;    /* enum pq_logical */
    bool optional;
    bool has_field_id, has_logical, has_converted;
    bool utc, is_signed;
    uint8_t bits;
    int32_t converted, field_id;
    int32_t fixed_bytes, scale, precision;
    int32_t unit_ns; /* 1, 1,000 or 1,000,000 */
};

struct pq_stats {
    struct unthrift_bytes min, max; /* plain encoding; at == NULL: not given */
    int64_t null_count;             /* -1: not given */
    int8_t min_exact, max_exact;    /* -1: not said */
};

struct pq_chunk {
    int32_t type, codec;
    int64_t values; /* nulls count */
    int64_t uncompressed_bytes, compressed_bytes;
    int64_t data_at, dictionary_at; /* file offsets; dictionary 0: none */
    struct pq_stats stats;
    bool has_meta, elsewhere; /* elsewhere: the chunk is in another file */
};

struct pq_group {
    int64_t rows;
    struct pq_chunk *chunk; /* column_count of them */
};

struct pq_key_value {
    const char *key, *value; /* value "" where none */
};

struct pq_meta {
    int32_t version;
    int64_t rows;
    const char *created_by; /* "" where none */
    uint32_t column_count, group_count, key_count;
    struct pq_column *column;
    struct pq_group *group;
    struct pq_key_value *key;
};

enum {
    PQ_COLUMNS_MAX = 4096,
    PQ_GROUPS_MAX = 32767, /* the ordinal is an int16 */
    PQ_KEYS_MAX = 1024
};

/* 0; TD_E_PARQUET: damaged or beyond the limits above (*why says which); TD_E_NO_MEMORY: beyond the
 * arena. */
td_err footer_parse(struct lake_arena *arena, const uint8_t *data, size_t bytes,
                    struct pq_meta *meta, const char **why);

/* Index of the column, -1 when there is none. */
int footer_column(const struct pq_meta *meta, const char *name);
/* Value of a file-wide key, NULL when there is none. */
const char *footer_key(const struct pq_meta *meta, const char *key);
/* "BYTE_ARRAY" ... */
const char *footer_type_name(int type);

#endif
