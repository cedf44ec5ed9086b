#include "lake/verify.h"

#include <string.h>

#include "base/text.h"

#define US_PER_HOUR INT64_C(3600000000)

static void widen(struct verify_range *range, const struct pq_values *v)
{
    for (size_t row = 0; row < v->rows; row++) {
        if (!v->valid[row])
            continue;
        int64_t value = v->cell[row].i;
        range->min = range->any && range->min < value ? range->min : value;
        range->max = range->any && range->max > value ? range->max : value;
        range->any = true;
    }
}

/* ---- path against columns ---- */

static void check_word(struct verify_file *f, const char *want)
{
    const struct pq_values *v = &f->v->values;
    size_t bytes = strlen(want);
    struct pq_text last = {0, UINT32_MAX};
    for (size_t row = 0; row < v->rows; row++) {
        struct pq_text text = v->cell[row].text;
        if (text.at == last.at && text.bytes == last.bytes)
            continue;
        last = text;
        if (!v->valid[row] || text.bytes != bytes ||
            (bytes && memcmp(v->heap + text.at, want, bytes) != 0)) {
            verify_tell(f, VERIFY_PATH, "column %s holds '%.*s' in row %zu, the path says '%s'",
                        v->column->name, text.bytes > 60 ? 60 : (int)text.bytes,
                        (const char *)v->heap + text.at, row, want);
            return;
        }
    }
}

static void check_count(struct verify_file *f, int64_t want)
{
    const struct pq_values *v = &f->v->values;
    for (size_t row = 0; row < v->rows; row++)
        if (!v->valid[row] || v->cell[row].i != want) {
            verify_tell(f, VERIFY_PATH, "column %s holds %lld in row %zu, the path says %lld",
                        v->column->name, (long long)v->cell[row].i, row, (long long)want);
            return;
        }
}

/* Deck: the part of the file's name before the start time and the counter. */
static bool deck_of(const char *name, char *out, size_t cap)
{
    const char *end = name + strlen(name);
    for (int cuts = 0; cuts < 2; cuts++)
        do
            end--;
        while (end > name && *end != '_');
    return end > name && td_text_copy(out, cap, name, (size_t)(end - name));
}

static void check_path(struct verify_file *f, const char *column)
{
    const struct path_partition *p = &f->info.partition;
    const struct {
        const char *name;
        int32_t value;
    } count[] = {{"year", p->year}, {"month", p->month}, {"day", p->day}, {"hour", p->hour}};
    char deck[TD_DECK_NAME_MAX];
    if (strcmp(column, "deck") == 0 && deck_of(f->name, deck, sizeof deck))
        check_word(f, deck);
    if (strcmp(column, "exchange") == 0)
        check_word(f, p->exchange);
    if (strcmp(column, "symbol") == 0)
        check_word(f, p->symbol);
    for (int i = 0; i < 4; i++)
        if (strcmp(column, count[i].name) == 0)
            check_count(f, count[i].value);
}

/* ---- receive time against the hour of the path ---- */

static int64_t hour_us(const struct path_partition *p)
{
    return path_hour_ns(p) / TD_NS_PER_US;
}

static void check_hour(struct verify_file *f)
{
    const struct pq_values *v = &f->v->values;
    int64_t hour = hour_us(&f->info.partition), outside = 0;
    for (size_t row = 0; row < v->rows; row++)
        outside += v->cell[row].i < hour || v->cell[row].i - hour >= US_PER_HOUR;
    if (outside)
        verify_tell(f, VERIFY_PATH, "%lld rows were received outside of the path's hour",
                    (long long)outside);
}

/* ---- one group ---- */

static void check_column(struct verify_file *f, uint32_t group, uint32_t column)
{
    const struct pq_values *v = &f->v->values;
    const char *name = v->column->name;
    verify_statistics(f, group, column);
    if (!f->table)
        return;
    if (v->page_without_crc)
        verify_tell(f, VERIFY_PAGE, "column %s has a page without a checksum in row group %u", name,
                    group);
    verify_rules(f);
    if (f->info.has_partition)
        check_path(f, name);
    if (strcmp(name, "ts_recv") == 0 && v->column->type == PQ_INT64) {
        widen(&f->recv, v);
        if (f->info.has_partition)
            check_hour(f);
    } else if (strcmp(name, "ts_event") == 0 && v->column->type == PQ_INT64) {
        widen(&f->event, v);
    } else if (strcmp(name, "frame") == 0 && v->column->type == PQ_INT64) {
        widen(&f->frame, v);
    }
}

static bool read_column(struct verify_file *f, uint32_t group, uint32_t column,
                        struct pq_values *values)
{
    td_err err = reader_column(f->reader, group, column, values);
    if (!err)
        return true;
    verify_tell(f, verify_kind_of(err, VERIFY_PAGE), "%s", reader_why(f->reader));
    return false;
}

/* Types of our tables are checked against the schema first: a column of another type is not judged.
 */
static const struct column *as_declared(const struct verify_file *f, const struct table *table,
                                        uint32_t column)
{
    const struct pq_column *is = &f->meta->column[column];
    const struct column *declared = table ? schema_column(table, is->name) : NULL;
    return declared && is->type == declared->physical ? declared : NULL;
}

void verify_group(struct verify_file *f, uint32_t group)
{
    const struct table *table = f->table;
    int flags = footer_column(f->meta, "flags");
    f->v->flags.rows = 0;
    if (table && flags >= 0 && f->meta->column[flags].type == PQ_INT32)
        reader_column(f->reader, group, (uint32_t)flags, &f->v->flags); /* told below if it fails */
    for (uint32_t column = 0; column < f->meta->column_count; column++) {
        int64_t before = reader_bytes_read(f->reader);
        f->declared = as_declared(f, table, column);
        f->table = f->declared ? table : NULL;
        if (read_column(f, group, column, &f->v->values))
            check_column(f, group, column);
        if (f->v->moved)
            f->v->moved(f->v->ctx, reader_bytes_read(f->reader) - before);
    }
    f->table = table;
    if (table == schema_table(ROW_PREDICTIONS))
        verify_labels(f, group);
}
