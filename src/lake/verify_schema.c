#include "lake/verify.h"

#include <string.h>

/* The annotation a column must carry: both forms, the same meaning. Converted type numbers are
 * parquet.thrift's. */
static const struct annotation {
    uint8_t logical; /* enum pq_logical */
    int converted;   /* -1: none */
    uint8_t bits;
    bool is_signed;
} annotations[] = {
    [COLUMN_PLAIN] = {PQ_PLAIN, -1, 0, false},
    [COLUMN_STRING] = {PQ_STRING, 0, 0, false},
    [COLUMN_TIMESTAMP_US] = {PQ_TIMESTAMP, 10, 0, false},
    [COLUMN_UINT8] = {PQ_INTEGER, 11, 8, false},
    [COLUMN_INT16] = {PQ_INTEGER, 16, 16, true},
    [COLUMN_UINT16] = {PQ_INTEGER, 12, 16, false},
};

static bool annotated(const struct pq_column *is, const struct annotation *want)
{
    if (is->logical != want->logical || is->has_converted != (want->converted >= 0))
        return false;
    if (is->has_converted && is->converted != want->converted)
        return false;
    if (want->logical == PQ_TIMESTAMP && (is->unit_ns != 1000 || !is->utc))
        return false;
    if (want->logical == PQ_INTEGER && (is->bits != want->bits || is->is_signed != want->is_signed))
        return false;
    return is->has_logical == (want->logical != PQ_PLAIN);
}

static void check_column(struct verify_file *f, const struct pq_column *is,
                         const struct column *want)
{
    if (strcmp(is->name, want->name) != 0) {
        verify_tell(f, VERIFY_SCHEMA, "column %s stands where %s belongs", is->name, want->name);
        return;
    }
    if (is->type != want->physical ||
        (want->physical == COLUMN_FIXED && is->fixed_bytes != want->fixed_bytes))
        verify_tell(f, VERIFY_SCHEMA, "column %s has type %s", is->name,
                    footer_type_name(is->type));
    else if (!annotated(is, &annotations[want->logical]))
        verify_tell(f, VERIFY_SCHEMA, "column %s is not annotated as the table says", is->name);
    if (!is->has_field_id || is->field_id != want->field_id)
        verify_tell(f, VERIFY_SCHEMA, "column %s has field id %d instead of %d", is->name,
                    is->has_field_id ? is->field_id : -1, want->field_id);
    if (is->optional != want->optional)
        verify_tell(f, VERIFY_SCHEMA, "column %s is %s", is->name,
                    is->optional ? "OPTIONAL" : "REQUIRED");
}

/* Columns of features that were off are not in the file; the others keep their order. */
void verify_schema(struct verify_file *f)
{
    const struct column *want = f->table->column, *end = want + f->table->column_count;
    unsigned absent = 0, at = 0;
    for (; want < end && at < f->meta->column_count; want++) {
        if (schema_may_be_absent(want) && strcmp(f->meta->column[at].name, want->name) != 0)
            absent++;
        else
            check_column(f, &f->meta->column[at++], want);
    }
    for (; want < end && schema_may_be_absent(want); want++)
        absent++;
    if (f->meta->column_count + absent != f->table->column_count)
        verify_tell(f, VERIFY_SCHEMA, "%u columns instead of %u", f->meta->column_count,
                    f->table->column_count - absent);
}
