#include "lake/cursor.h"

#include <string.h>

#include "base/decimal.h"
#include "lake/segment_info.h"
#include "lake/verb.h"

void cursor_open(struct cursor *cursor, const struct lake_stream *stream, enum stream_table table,
                 const char *const *names)
{
    memset(cursor, 0, sizeof *cursor);
    cursor->stream = stream;
    cursor->file = stream->file[table];
    cursor->files_left = stream->files[table];
    cursor->name = names;
    while (names[cursor->columns])
        cursor->columns++;
    TD_ASSERT(cursor->columns <= CURSOR_COLUMNS_MAX, "a cursor of that width");
}

static bool failed(struct cursor *cursor, const char *path, td_err err)
{
    verb_complain("`tape verify` says more.", "%s: %s", path, reader_why(cursor->reader));
    cursor->code = verb_exit(err);
    return false;
}

static bool open_next(struct cursor *cursor)
{
    const struct stream_file *file = cursor->file++;
    cursor->files_left--;
    reader_close(cursor->reader);
    td_err err = reader_open(file->path, NULL, &cursor->reader);
    if (err)
        return failed(cursor, file->path, err);
    const struct pq_meta *meta = reader_meta(cursor->reader);
    uint32_t wanted = 0;
    for (unsigned i = 0; i < cursor->columns; i++) {
        int column = footer_column(meta, cursor->name[i]);
        cursor->at[i] = column < 0 ? -1 : (int)wanted;
        if (column >= 0)
            cursor->wanted[wanted++] = (uint32_t)column;
    }
    cursor->price_scale = file->price_scale;
    cursor->size_scale = file->size_scale;
    cursor->bytes += file->bytes;
    cursor->batch = (struct reader_batch){.reader = cursor->reader,
                                          .column_count = wanted,
                                          .column = cursor->wanted,
                                          .values = cursor->values,
                                          .range_column = -1};
    return true;
}

bool cursor_next(struct cursor *cursor)
{
    if (cursor->code)
        return false;
    if (cursor->reader && ++cursor->row < cursor->batch.rows)
        return true;
    for (;;) {
        int got = cursor->reader ? reader_batch_next(&cursor->batch) : 0;
        if (got < 0)
            return failed(cursor, (cursor->file - 1)->path, got);
        cursor->row = 0;
        if (got && cursor->batch.rows)
            return true;
        if (!got && (!cursor->files_left || !open_next(cursor))) {
            cursor->batch.rows = 0;
            return false;
        }
    }
}

void cursor_close(struct cursor *cursor)
{
    reader_close(cursor->reader);
    for (unsigned i = 0; i < CURSOR_COLUMNS_MAX; i++)
        values_free(&cursor->values[i]);
    cursor->reader = NULL;
}

/* ---- values ---------------------------------------------------------------------------------- */

static const struct pq_values *values_of(const struct cursor *cursor, unsigned column)
{
    int at = cursor->at[column];
    const struct pq_values *values = at < 0 ? NULL : &cursor->values[at];
    return values && values->valid[cursor->row] ? values : NULL;
}

bool cursor_whole(const struct cursor *cursor, unsigned column, int64_t *value)
{
    const struct pq_values *values = values_of(cursor, column);
    if (!values || values->column->type > PQ_INT64)
        return false;
    *value = values->cell[cursor->row].i;
    return true;
}

bool cursor_real(const struct cursor *cursor, unsigned column, double *value)
{
    const struct pq_values *values = values_of(cursor, column);
    if (!values || (values->column->type != PQ_DOUBLE && values->column->type != PQ_FLOAT))
        return false;
    *value = values->cell[cursor->row].f;
    return true;
}

bool cursor_text(const struct cursor *cursor, unsigned column, const char **text, size_t *bytes)
{
    const struct pq_values *values = values_of(cursor, column);
    if (!values || values->column->type != PQ_BYTE_ARRAY)
        return false;
    *text = (const char *)values->heap + values->cell[cursor->row].text.at;
    *bytes = values->cell[cursor->row].text.bytes;
    return true;
}

int cursor_word(const struct cursor *cursor, unsigned column, const char *const *words)
{
    const char *text;
    size_t bytes;
    if (!cursor_text(cursor, column, &text, &bytes))
        return -1;
    for (int i = 0; words[i]; i++)
        if (strlen(words[i]) == bytes && memcmp(words[i], text, bytes) == 0)
            return i;
    return -1;
}

static td_err steps_of(const struct cursor *cursor, unsigned column, unsigned text_column,
                       bool is_price, int64_t *steps)
{
    int file_scale = is_price ? cursor->price_scale : cursor->size_scale;
    int scale = is_price ? cursor->stream->price_scale : cursor->stream->size_scale;
    const char *text;
    size_t bytes;
    double value = 0;
    if (cursor_text(cursor, text_column, &text, &bytes))
        return td_decimal_to_steps(text, bytes, scale, steps);
    cursor_real(cursor, column, &value);
    int64_t coarse = td_double_to_steps(value, file_scale);
    bool over = __builtin_mul_overflow(coarse, td_pow10(scale - file_scale), steps);
    return over ? TD_E_OVERFLOW : 0;
}

bool cursor_steps(struct cursor *cursor, unsigned column, unsigned text_column, bool is_price,
                  int64_t *steps)
{
    td_err err = steps_of(cursor, column, text_column, is_price, steps);
    if (!err)
        return true;
    verb_complain("Its other segments have a finer scale: read it apart from them.",
                  "%s: a value of %s is beyond what its steps can hold", (cursor->file - 1)->path,
                  cursor->name[column]);
    cursor->code = EXIT_FOUND;
    return false;
}
