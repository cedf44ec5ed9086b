#include "lake/table_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "base/build.h"
#include "base/text.h"
#include "lake/alloc.h"
#include "segment/chunk.h"
#include "segment/column_from.h"
#include "segment/footer.h"

enum { ZSTD_LEVEL = 3, COLUMNS_MAX = 512, CELL_BYTES = 9, GROUP_ROWS_MIN = 512 };

struct table_writer {
    struct table_writer_params params;
    struct lake_buffer own, memory; /* own: this struct */
    struct path_partition partition;
    struct segment_file file;
    struct file_shared shared;
    struct out out;
    struct group_view view;
    uint64_t *value; /* rows_max cells a column */
    uint8_t *level;  /* the same */
    uint32_t rows, rows_max, texts_used;
    unsigned text_pages;
    const unsigned char *text_page[GROUP_TEXT_PAGES + 1];
    row_text last_text[COLUMNS_MAX]; /* a text that repeats is kept once */
    char path[PATH_MAX_BYTES], final_path[PATH_MAX_BYTES];
};

/* ---- memory ---------------------------------------------------------------------------------- */

static uint32_t rows_of_group(const struct table_writer_params *params)
{
    uint64_t rows = params->memory / ((uint64_t)params->table->column_count * CELL_BYTES);
    return rows < GROUP_ROWS_MIN      ? GROUP_ROWS_MIN
           : rows > TD_GROUP_ROWS_MAX ? TD_GROUP_ROWS_MAX
                                      : (uint32_t)rows;
}

static size_t round_up(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

struct parts {
    size_t value, level, texts, encoder, meta, buffer, all;
    uint32_t meta_blocks;
};

static struct parts parts_of(const struct table_writer_params *params, uint32_t rows)
{
    struct encoder_params encoder = {rows, ZSTD_LEVEL, false};
    size_t cells = (size_t)params->table->column_count * rows;
    struct parts parts = {.meta_blocks =
                              meta_blocks_for(params->table->column_count) * TD_SEGMENT_GROUPS_MAX};
    size_t at = 0;
    parts.value = at;
    at += round_up(cells * 8);
    parts.level = at;
    at += round_up(cells);
    parts.texts = at;
    at += (size_t)(GROUP_TEXT_PAGES + 1) * TD_PAGE_BYTES;
    parts.encoder = at;
    at += round_up(encoder_footprint(&encoder));
    parts.buffer = at;
    at += FILE_BUFFER_BYTES;
    parts.meta = at; /* last: most of it is never touched */
    parts.all = at + meta_footprint(parts.meta_blocks);
    return parts;
}

static td_err lay_out(struct table_writer *w)
{
    struct encoder_params encoder = {w->rows_max, ZSTD_LEVEL, false};
    struct parts parts = parts_of(&w->params, w->rows_max);
    TD_TRY(lake_reserve(&w->memory, parts.all));
    unsigned char *memory = w->memory.data;
    w->value = (uint64_t *)(void *)(memory + parts.value);
    w->level = memory + parts.level;
    for (unsigned i = 0; i <= GROUP_TEXT_PAGES; i++)
        w->text_page[i] = memory + parts.texts + (size_t)i * TD_PAGE_BYTES;
    w->view.text_page = w->text_page;
    w->shared.buffer = memory + parts.buffer;
    meta_init(&w->shared.meta, memory + parts.meta, parts.meta_blocks);
    memset(w->level, 0, (size_t)w->params.table->column_count * w->rows_max);
    return encoder_init(memory + parts.encoder, &encoder, &w->shared.encoder);
}

/* ---- opening --------------------------------------------------------------------------------- */

static td_err name_file(struct table_writer *w)
{
    struct td_str path = td_str_on(w->path, sizeof w->path);
    struct td_str last = td_str_on(w->final_path, sizeof w->final_path);
    td_str_add_format(&path, "%s/_%s.tmp", w->params.folder, w->params.name);
    td_str_add_format(&last, "%s/%s", w->params.folder, w->params.name);
    return path.cut || last.cut ? TD_E_RANGE : 0;
}

static void describe(struct table_writer *w)
{
    const struct table_writer_params *p = &w->params;
    struct path_partition *partition = &w->partition;
    struct td_str build = td_str_on(w->shared.build, sizeof w->shared.build);
    td_text_copy(partition->table, sizeof partition->table, p->table->name, strlen(p->table->name));
    td_text_copy(partition->exchange, sizeof partition->exchange, p->exchange, strlen(p->exchange));
    td_text_copy(partition->symbol, sizeof partition->symbol, p->symbol, strlen(p->symbol));
    td_text_copy(w->shared.deck, sizeof w->shared.deck, p->deck, strlen(p->deck));
    td_text_copy(w->shared.config_hash, sizeof w->shared.config_hash, p->config_hash,
                 strlen(p->config_hash));
    td_str_add_format(&build, "tape version %s (build %s)", td_build_version(), td_build_hash());
    w->file.price_scale = (int8_t)p->price_scale;
    w->file.size_scale = (int8_t)p->size_scale;
}

static td_err open_file(struct table_writer *w)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    w->shared.disk = disk;
    TD_TRY(name_file(w));
    TD_TRY(disk->make_dirs(disk->ctx, w->params.folder));
    int file = disk->open(disk->ctx, w->path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    TD_TRY(file);
    mbedtls_sha256_init(&w->file.sha256);
    TD_FAIL_IF(mbedtls_sha256_starts(&w->file.sha256, 0) != 0, TD_E_UNSUPPORTED);
    w->out = (struct out){.disk = disk,
                          .file = file,
                          .sha256 = &w->file.sha256,
                          .buffer = w->shared.buffer,
                          .cap = FILE_BUFFER_BYTES};
    w->file.open = true;
    out_put(&w->out, "PAR1", 4);
    return 0;
}

td_err table_writer_open(struct table_writer **out, const struct table_writer_params *params)
{
    struct lake_buffer own = {0};
    *out = NULL;
    TD_ASSERT(params->table->column_count <= COLUMNS_MAX, "a table of that width");
    TD_TRY(lake_reserve(&own, sizeof(struct table_writer)));
    struct table_writer *w = (struct table_writer *)(void *)own.data;
    memset(w, 0, sizeof *w);
    w->own = own;
    w->params = *params;
    w->rows_max = rows_of_group(params);
    describe(w);
    td_err err = lay_out(w);
    err = err ? err : open_file(w);
    if (err) {
        table_writer_drop(w);
        return err;
    }
    *out = w;
    return 0;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void put(struct table_writer *w, unsigned column, uint64_t value)
{
    TD_ASSERT(column < w->params.table->column_count, "a column of the table");
    size_t at = (size_t)column * w->rows_max + w->rows;
    w->value[at] = value;
    w->level[at] = 1;
}

void table_put_real(struct table_writer *w, unsigned column, double value)
{
    uint64_t bits;
    if (!isfinite(value))
        return;
    if (w->params.table->column[column].physical == COLUMN_FLOAT) {
        value = (double)(float)value;
        if (!isfinite(value))
            return;
    }
    value += 0.0; /* -0 becomes 0: a value has one pattern */
    memcpy(&bits, &value, sizeof bits);
    put(w, column, bits);
}

void table_put_whole(struct table_writer *w, unsigned column, int64_t value)
{
    put(w, column, (uint64_t)value);
}

/* Place of a text in the pages: two bytes of length, then its bytes; none crosses a page. */
static row_text keep_text(struct table_writer *w, const char *text, uint16_t bytes)
{
    if (w->texts_used % TD_PAGE_BYTES + 2u + bytes > TD_PAGE_BYTES)
        w->texts_used = (w->texts_used / TD_PAGE_BYTES + 1) * TD_PAGE_BYTES;
    TD_ASSERT(w->texts_used / TD_PAGE_BYTES <= GROUP_TEXT_PAGES, "a full group was written");
    unsigned char *at = (unsigned char *)w->text_page[0] + w->texts_used;
    memcpy(at, &bytes, 2);
    memcpy(at + 2, text, bytes);
    row_text place = w->texts_used + 1;
    w->texts_used += 2u + bytes;
    return place;
}

void table_put_text(struct table_writer *w, unsigned column, const char *text, size_t bytes)
{
    size_t length = bytes < TD_TEXT_MAX ? bytes : TD_TEXT_MAX, before;
    row_text last = w->last_text[column];
    if (last) {
        const char *kept = group_view_text(&w->view, last, &before);
        if (before != length || memcmp(kept, text, length) != 0)
            last = 0;
    }
    w->last_text[column] = last ? last : keep_text(w, text, (uint16_t)length);
    put(w, column, w->last_text[column]);
}

/* ---- row groups ------------------------------------------------------------------------------ */

/* The column's present values, without holes, as the encoder wants them. */
static void take_column(struct table_writer *w, unsigned column)
{
    struct values *values = &w->shared.encoder->values;
    const uint64_t *value = w->value + (size_t)column * w->rows_max;
    uint8_t *level = w->level + (size_t)column * w->rows_max;
    values->count = 0;
    for (uint32_t i = 0; i < w->rows; i++) {
        values->level[i] = level[i];
        values->value[values->count] = value[i];
        values->count += level[i];
    }
    values->nulls = w->rows - values->count;
    memset(level, 0, w->rows);
    TD_ASSERT(!values->nulls || w->params.table->column[column].optional,
              "a required column has no null");
}

static void encode_values(const struct chunk *chunk)
{
    const struct column *column = chunk->column;
    chunk->meta->nulls = chunk->encoder->values.nulls;
    if (!chunk->encoder->values.count)
        chunk_write_data(chunk, PARQUET_PLAIN, chunk_levels(chunk));
    else if (column->from == FROM_ROW_ENUM || column->from == FROM_FEATURE_WORD)
        chunk_words(chunk);
    else if (column->physical == COLUMN_BYTE_ARRAY)
        chunk_texts(chunk);
    else
        chunk_numbers(chunk);
}

static void encode(struct table_writer *w, unsigned column, struct chunk_meta *meta,
                   struct chunk_stats *stats)
{
    struct file_constants constants = {
        w->shared.deck, w->partition.exchange, w->partition.symbol, 0, 0, 0, 0};
    const struct column *what = &w->params.table->column[column];
    memset(stats, 0, sizeof *stats);
    if (gather_is_constant(what)) {
        encode_column(w->shared.encoder, &w->view, what, &constants, &w->out, meta, stats);
        return;
    }
    struct chunk chunk = {w->shared.encoder, &w->view, what, &constants, &w->out, meta, stats};
    memset(meta, 0, sizeof *meta);
    take_column(w, column);
    encode_values(&chunk);
}

static td_err write_group(struct table_writer *w)
{
    if (!w->rows)
        return w->out.err;
    TD_FAIL_IF(w->file.groups == TD_SEGMENT_GROUPS_MAX, TD_E_NO_ROOM);
    w->view.rows = w->rows;
    meta_add_group(&w->shared.meta, &w->file.meta, w->rows);
    for (unsigned i = 0; i < w->params.table->column_count; i++) {
        struct chunk_meta meta;
        struct chunk_stats stats;
        encode(w, i, &meta, &stats);
        meta_add_chunk(&w->shared.meta, &w->file.meta, &meta, &stats);
    }
    w->file.groups++;
    w->rows = w->texts_used = 0;
    memset(w->last_text, 0, sizeof w->last_text);
    return w->out.err;
}

td_err table_end_row(struct table_writer *w, uint64_t frame)
{
    if (!w->file.rows++ || frame < w->file.frame_first)
        w->file.frame_first = frame;
    if (frame > w->file.frame_last)
        w->file.frame_last = frame;
    w->rows++;
    bool texts_full = w->texts_used > (GROUP_TEXT_PAGES - 1) * (uint32_t)TD_PAGE_BYTES;
    return w->rows == w->rows_max || texts_full ? write_group(w) : w->out.err;
}

uint64_t table_rows(const struct table_writer *w)
{
    return w->file.rows;
}

/* ---- the end --------------------------------------------------------------------------------- */

static td_err finish(struct table_writer *w)
{
    const struct td_disk *disk = w->shared.disk;
    TD_TRY(write_group(w));
    footer_write_table(w->params.table, &w->file, &w->shared, &w->partition, &w->out);
    TD_TRY(out_flush(&w->out));
    TD_TRY(disk->sync_data(disk->ctx, w->out.file));
    return disk->rename(disk->ctx, w->path, w->final_path);
}

static void release(struct table_writer *w)
{
    struct lake_buffer own = w->own;
    mbedtls_sha256_free(&w->file.sha256);
    lake_buffer_free(&w->memory);
    lake_buffer_free(&own);
}

td_err table_writer_close(struct table_writer *w, int64_t *bytes)
{
    td_err err = finish(w);
    if (bytes)
        *bytes = w->out.offset;
    if (err) {
        int kept = errno;
        table_writer_drop(w);
        errno = kept;
        return err;
    }
    w->shared.disk->close(w->shared.disk->ctx, w->out.file);
    release(w);
    return 0;
}

void table_writer_drop(struct table_writer *w)
{
    if (!w)
        return;
    const struct td_disk *disk = w->shared.disk;
    if (w->file.open) {
        disk->close(disk->ctx, w->out.file);
        disk->unlink(disk->ctx, w->path);
    }
    release(w);
}
