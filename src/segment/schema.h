/* The tables' columns: name, field id, types, nullability, and where in a row the value comes from. The one source for the writer, for
   `tape verify` and for the schema test. SPEC 3.1-3.8: order and ids never change meaning. */
#ifndef TD_SEGMENT_SCHEMA_H
#define TD_SEGMENT_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "segment/row.h"

enum column_physical {
    COLUMN_BOOLEAN = 0,
    COLUMN_INT32 = 1,
    COLUMN_INT64 = 2,
    COLUMN_FLOAT = 4,
    COLUMN_DOUBLE = 5,
    COLUMN_BYTE_ARRAY = 6,
    COLUMN_FIXED = 7
}; /* numbers of parquet.thrift Type */
enum column_logical {
    COLUMN_PLAIN,
    COLUMN_STRING,
    COLUMN_TIMESTAMP_US,
    COLUMN_UINT8,
    COLUMN_INT16,
    COLUMN_UINT16
};

struct column {
    int16_t field_id;
    const char *name;
    uint8_t physical, logical;
    bool optional;
    uint8_t fixed_bytes; /* COLUMN_FIXED only */
    uint8_t
        from; /* enum column_from of schema.c's own: how the value is taken from head, row or stream */
    uint16_t offset; /* in the row struct, where `from` needs it; of a feature its index */
    uint8_t aux;     /* presence bit, offset class, enum list ... as `from` needs */
};

struct table {
    const char *name;   /* "book": folder name */
    uint16_t row_bytes; /* of what groups_append gives out */
    unsigned column_count;
    const struct column *column;
};

enum {
    SCHEMA_VERSION = 1,
    SCHEMA_FEATURE_VERSION = 1 /* of the formulas: column feature_version */
};

const struct table *schema_table(enum row_table table);
const struct table *schema_find(const char *name);
/* The column of that name, NULL none; may_be_absent: a file of the table may lack it, for it was off. */
const struct column *schema_column(const struct table *table, const char *name);
bool schema_may_be_absent(const struct column *column);
/* Table features with the columns that are on and no others, in `table`; its columns in `column`, which has room for those of
   schema_table(ROW_FEATURES). */
void schema_features_on(const struct feature_mask *on, struct column *column, struct table *table);

#endif
