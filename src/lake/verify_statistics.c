/* Statistics are recomputed from the values and compared: a reader that skips row groups by wrong
   ones loses rows silently. */
#include <math.h>
#include <string.h>

#include "lake/verify.h"
#include "segment/meta.h"

struct bounds {
    bool any;
    union pq_cell min, max;
};

static bool is_unsigned(const struct pq_column *column)
{
    return column->logical == PQ_INTEGER && !column->is_signed;
}

static int compare_text(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes)
{
    size_t common = a_bytes < b_bytes ? a_bytes : b_bytes;
    int order = common ? memcmp(a, b, common) : 0;
    return order ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static int compare(const struct pq_values *v, union pq_cell a, union pq_cell b)
{
    switch (v->column->type) {
    case PQ_FLOAT:
    case PQ_DOUBLE:
        return (a.f > b.f) - (a.f < b.f);
    case PQ_BYTE_ARRAY:
        return compare_text(v->heap + a.text.at, a.text.bytes, v->heap + b.text.at, b.text.bytes);
    default:
        if (is_unsigned(v->column)) {
            uint64_t mask = v->column->type == PQ_INT32 ? UINT32_MAX : UINT64_MAX;
            uint64_t x = (uint64_t)a.i & mask, y = (uint64_t)b.i & mask;
            return (x > y) - (x < y);
        }
        return (a.i > b.i) - (a.i < b.i);
    }
}

static struct bounds bounds_of(const struct pq_values *v)
{
    struct bounds bounds = {0};
    bool real = v->column->type == PQ_FLOAT || v->column->type == PQ_DOUBLE;
    union pq_cell last = {.i = 0};
    for (size_t row = 0; row < v->rows; row++) {
        union pq_cell cell = v->cell[row];
        /* Equal words make equal runs: most rows need no comparison. */
        if (!v->valid[row] || (bounds.any && cell.i == last.i) || (real && isnan(cell.f)))
            continue;
        last = cell;
        if (!bounds.any || compare(v, cell, bounds.min) < 0)
            bounds.min = cell;
        if (!bounds.any || compare(v, cell, bounds.max) > 0)
            bounds.max = cell;
        bounds.any = true;
    }
    return bounds;
}

/* A stated bound against a value: -1, 0, 1; 2 when the bound is not of the column's width. */
static int against(const struct pq_values *v, struct unthrift_bytes stated, union pq_cell value)
{
    union pq_cell cell = {.i = 0};
    static const uint8_t width[] = {1, 4, 8, 12, 4, 8};
    unsigned type = v->column->type;
    if (type == PQ_BYTE_ARRAY)
        return compare_text(stated.at, stated.bytes, v->heap + value.text.at, value.text.bytes);
    if (stated.bytes != width[type])
        return 2;
    int32_t word = 0;
    float real = 0;
    if (width[type] == 4) {
        memcpy(&word, stated.at, 4);
        memcpy(&real, stated.at, 4);
    }
    if (type == PQ_BOOLEAN)
        cell.i = stated.at[0];
    else if (type == PQ_INT32)
        cell.i = word;
    else if (type == PQ_FLOAT)
        cell.f = real;
    else
        memcpy(&cell, stated.at, 8);
    return compare(v, cell, value);
}

/* Numbers must be met exactly; words may be cut unless the file calls them exact. */
static bool bound_holds(const struct pq_values *v, struct unthrift_bytes stated, int exact,
                        union pq_cell value, int side)
{
    int order = against(v, stated, value);
    if (order == 0)
        return true;
    bool may_be_wide = exact == 0 || (exact < 0 && v->column->type == PQ_BYTE_ARRAY);
    return may_be_wide && order != 2 && (side < 0 ? order < 0 : order > 0);
}

/* Texts beyond META_STAT_MAX have none in our files. */
static bool must_have_bounds(const struct pq_values *v, const struct bounds *is)
{
    bool text = v->column->type == PQ_BYTE_ARRAY;
    return is->any &&
           !(text && (is->min.text.bytes > META_STAT_MAX || is->max.text.bytes > META_STAT_MAX));
}

static void check_bounds(struct verify_file *f, uint32_t group, const struct pq_stats *stats)
{
    const struct pq_values *v = &f->v->values;
    struct bounds is = bounds_of(v);
    if (stats->min.at && (!is.any || !bound_holds(v, stats->min, stats->min_exact, is.min, -1)))
        verify_tell(f, VERIFY_STATISTICS, "min of column %s is wrong in row group %u",
                    v->column->name, group);
    if (stats->max.at && (!is.any || !bound_holds(v, stats->max, stats->max_exact, is.max, 1)))
        verify_tell(f, VERIFY_STATISTICS, "max of column %s is wrong in row group %u",
                    v->column->name, group);
    if (f->table && must_have_bounds(v, &is) && (!stats->min.at || !stats->max.at))
        verify_tell(f, VERIFY_STATISTICS, "column %s has no min and max in row group %u",
                    v->column->name, group);
}

void verify_statistics(struct verify_file *f, uint32_t group, uint32_t column)
{
    const struct pq_stats *stats = &f->meta->group[group].chunk[column].stats;
    const struct pq_values *v = &f->v->values;
    unsigned type = v->column->type;
    bool ordered = type != PQ_FIXED && type != PQ_INT96 &&
                   !(type == PQ_BYTE_ARRAY && v->column->logical == PQ_DECIMAL);
    if (stats->null_count >= 0 && stats->null_count != (int64_t)v->nulls)
        verify_tell(f, VERIFY_STATISTICS,
                    "null count of column %s is %lld, there are %zu in row group %u",
                    v->column->name, (long long)stats->null_count, v->nulls, group);
    if (f->table && stats->null_count < 0)
        verify_tell(f, VERIFY_STATISTICS, "column %s has no null count in row group %u",
                    v->column->name, group);
    if (ordered)
        check_bounds(f, group, stats);
}
