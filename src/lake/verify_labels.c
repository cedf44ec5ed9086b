/* Columns of predictions against each other: a label is of the time it claims. */
#include <stddef.h>

#include "lake/verify.h"

/* A row group's column, into `values`; false: absent, damaged (told where every column is read) or of another type. */
static bool fetch(struct verify_file *f, uint32_t group, const char *name, int type,
                  struct pq_values *values)
{
    int column = footer_column(f->meta, name);
    return column >= 0 && f->meta->column[column].type == type &&
           reader_column(f->reader, group, (uint32_t)column, values) == 0;
}

/* No earlier than the horizon after the event, by the receive clock. */
static void check_times(struct verify_file *f)
{
    const struct pq_values *recv = &f->v->beside[0], *horizon = &f->v->beside[1],
                           *labeled = &f->v->values;
    for (size_t row = 0; row < labeled->rows && row < recv->rows && row < horizon->rows; row++) {
        int64_t wait_us = horizon->cell[row].i * 1000, due_us;
        if (labeled->valid[row] && !__builtin_add_overflow(recv->cell[row].i, wait_us, &due_us) &&
            labeled->cell[row].i < due_us)
            verify_violation(f, "labeled_at", (uint32_t)row, "is before the horizon");
    }
}

void verify_labels(struct verify_file *f, uint32_t group)
{
    if (fetch(f, group, "ts_recv", PQ_INT64, &f->v->beside[0]) &&
        fetch(f, group, "horizon_ms", PQ_INT32, &f->v->beside[1]) &&
        fetch(f, group, "labeled_at", PQ_INT64, &f->v->values))
        check_times(f);
}
