#include "lake/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "base/crc.h"
#include "lake/source.h"

const struct reader_limits reader_limits_default = {
    .group_rows_max = 1 << 24,
    .page_bytes_max = 256 << 20,
    .chunk_bytes_max = 1 << 30,
    .footer_bytes_max = 64 << 20,
};

enum { CODEC_NONE = 0, CODEC_ZSTD = 6, TAIL_BYTES = 8, MAGIC_BYTES = 4, WHY_MAX = 240 };

struct reader {
    struct lake_arena arena; /* the footer and the reader itself */
    struct reader_limits limits;
    struct source source;
    struct pq_meta meta;
    int64_t footer_at, bytes_read, unpacked_bytes;
    struct lake_buffer chunk, page, workspace;
    ZSTD_DCtx *
        context; /* in workspace, made at the first page: making one costs more than a small page */
    char why[WHY_MAX];
};

__attribute__((format(printf, 3, 4))) static td_err fail(struct reader *r, td_err err,
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->why, sizeof r->why, format, args);
    va_end(args);
    return err;
}

static const char *codec_name(int codec)
{
    static const char *const name[] = {"UNCOMPRESSED", "SNAPPY", "GZIP", "LZO",
                                       "BROTLI",       "LZ4",    "ZSTD", "LZ4_RAW"};
    return codec >= 0 && codec < (int)(sizeof name / sizeof name[0]) ? name[codec]
                                                                     : "of unknown number";
}

/* ---- opening ---- */

static td_err read_source(struct reader *r, int64_t at, void *out, size_t bytes)
{
    td_err err = source_read(&r->source, at, out, bytes);
    return err ? fail(r, err, "reading failed: %s", source_error()) : 0;
}

static td_err read_footer(struct reader *r)
{
    uint8_t tail[TAIL_BYTES], head[MAGIC_BYTES];
    uint32_t length;
    int64_t size = r->source.bytes;
    if (size < MAGIC_BYTES + TAIL_BYTES)
        return fail(r, TD_E_PARQUET, "not a Parquet file: only %lld bytes", (long long)size);
    /* Of an object the first bytes are not worth a request of their own: pages have checksums. */
    bool head_too = source_has(&r->source, 0, sizeof head);
    if (head_too)
        TD_TRY(read_source(r, 0, head, sizeof head));
    TD_TRY(read_source(r, size - TAIL_BYTES, tail, sizeof tail));
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return fail(r, TD_E_UNSUPPORTED, "encrypted footer");
    if (head_too && memcmp(head, "PAR1", 4) != 0)
        return fail(r, TD_E_PARQUET, "not a Parquet file: it does not start with PAR1");
    if (memcmp(tail + 4, "PAR1", 4) != 0)
        return fail(r, TD_E_PARQUET, "torn: it does not end with PAR1, so there is no footer");
    memcpy(&length, tail, 4);
    if (length > size - MAGIC_BYTES - TAIL_BYTES || length > r->limits.footer_bytes_max)
        return fail(r, TD_E_PARQUET, "footer of %u bytes does not fit", length);
    r->footer_at = size - TAIL_BYTES - length;
    if (lake_reserve(&r->chunk, (size_t)length + 1) < 0)
        return fail(r, TD_E_NO_MEMORY, "no memory for a footer of %u bytes", length);
    return read_source(r, r->footer_at, r->chunk.data, length);
}

static td_err parse_footer(struct reader *r)
{
    const char *why;
    TD_TRY(read_footer(r));
    size_t length = (size_t)(r->source.bytes - TAIL_BYTES - r->footer_at);
    /* Statistics point into the footer, so it moves to the arena. A chunk of 60 bytes becomes 150:
       the limit lets honest files through and stops counts that the bytes do not back. */
    r->arena.limit = 16 * length + (1 << 20);
    const uint8_t *copy = (const uint8_t *)lake_text(&r->arena, r->chunk.data, length);
    if (!copy)
        return fail(r, TD_E_NO_MEMORY, "no memory for a footer of %zu bytes", length);
    td_err err = footer_parse(&r->arena, copy, length, &r->meta, &why);
    return err ? fail(r, err, "%s", why) : 0;
}

static td_err new_reader(const struct reader_limits *limits, struct reader **out)
{
    struct lake_arena arena = {.limit = 1 << 20};
    struct reader *r = lake_take(&arena, 1, sizeof *r);
    *out = r;
    TD_FAIL_IF(!r, TD_E_NO_MEMORY);
    r->arena = arena;
    r->limits = limits ? *limits : reader_limits_default;
    r->source.fd = -1;
    return 0;
}

static td_err open_by(td_err (*open)(struct source *, const char *), const char *path,
                      const struct reader_limits *limits, struct reader **out)
{
    TD_TRY(new_reader(limits, out));
    td_err err = open(&(*out)->source, path);
    return err ? fail(*out, err, "%s", source_error()) : parse_footer(*out);
}

td_err reader_open(const char *path, const struct reader_limits *limits, struct reader **out)
{
    return open_by(source_open, path, limits, out);
}

td_err reader_open_whole(const char *path, const struct reader_limits *limits, struct reader **out)
{
    return open_by(source_open_whole, path, limits, out);
}

td_err reader_open_memory(const void *data, size_t bytes, const struct reader_limits *limits,
                          struct reader **out)
{
    TD_TRY(new_reader(limits, out));
    (*out)->source = source_memory(data, bytes);
    return parse_footer(*out);
}

void reader_close(struct reader *reader)
{
    if (!reader)
        return;
    source_close(&reader->source);
    lake_buffer_free(&reader->chunk);
    lake_buffer_free(&reader->page);
    lake_buffer_free(&reader->workspace);
    /* The reader lives in its own arena. */
    struct lake_arena arena = reader->arena;
    lake_arena_free(&arena);
}

const char *reader_why(const struct reader *reader)
{
    return reader ? reader->why : "out of memory";
}

const struct pq_meta *reader_meta(const struct reader *reader)
{
    return &reader->meta;
}

int64_t reader_bytes(const struct reader *reader)
{
    return reader->source.bytes;
}

struct source *reader_source(struct reader *reader)
{
    return &reader->source;
}

int64_t reader_bytes_read(const struct reader *reader)
{
    return reader->bytes_read;
}

/* ---- one chunk ---- */

struct spot {
    struct reader *r;
    uint32_t group;
    const struct pq_column *column;
    const struct pq_chunk *chunk;
    struct pq_values *values;
};

static td_err fail_at(const struct spot *p, td_err err, const char *what, const char *detail)
{
    return fail(p->r, err, "%s%s in column %s, row group %u", what, detail, p->column->name,
                p->group);
}

static td_err check_chunk(const struct spot *p)
{
    const struct pq_chunk *c = p->chunk;
    int64_t rows = p->r->meta.group[p->group].rows;
    if (p->column->nested)
        return fail(p->r, TD_E_UNSUPPORTED, "%s %s", p->column->nested, p->column->name);
    if (c->elsewhere)
        return fail_at(p, TD_E_UNSUPPORTED, "values kept in another file", "");
    if (c->codec != CODEC_NONE && c->codec != CODEC_ZSTD)
        return fail_at(p, TD_E_UNSUPPORTED, "unsupported codec ", codec_name(c->codec));
    if (c->type != p->column->type)
        return fail_at(p, TD_E_PARQUET, "chunk and schema disagree on the type", "");
    if (rows > p->r->limits.group_rows_max)
        return fail_at(p, TD_E_UNSUPPORTED, "too many rows for one row group", "");
    if (c->values != rows)
        return fail_at(p, TD_E_PARQUET, "value count is not the row group's row count", "");
    return 0;
}

static int64_t chunk_at(const struct pq_chunk *c)
{
    return c->dictionary_at > 0 && c->dictionary_at < c->data_at ? c->dictionary_at : c->data_at;
}

static bool lies_within(const struct reader *r, const struct pq_chunk *c)
{
    int64_t from = chunk_at(c), bytes = c->compressed_bytes;
    return from >= MAGIC_BYTES && from <= r->footer_at && bytes >= 0 &&
           bytes <= r->footer_at - from;
}

static td_err fetch_chunk(const struct spot *p)
{
    const struct pq_chunk *c = p->chunk;
    struct reader *r = p->r;
    int64_t from = chunk_at(c), bytes = c->compressed_bytes;
    if (!lies_within(r, c))
        return fail_at(p, TD_E_PARQUET, "chunk lies outside of the file", "");
    if (bytes > r->limits.chunk_bytes_max)
        return fail_at(p, TD_E_UNSUPPORTED, "chunk is too large", "");
    if (lake_reserve(&r->chunk, (size_t)bytes + 1) < 0)
        return fail_at(p, TD_E_NO_MEMORY, "no memory for a chunk", "");
    td_err err = source_read(&r->source, from, r->chunk.data, (size_t)bytes);
    if (err)
        return fail_at(p, err, "reading failed: ", source_error());
    r->chunk.bytes = (size_t)bytes;
    r->bytes_read += bytes;
    r->unpacked_bytes = 0;
    return 0;
}

static td_err unpack(const struct spot *p, const uint8_t *from, size_t bytes, uint8_t *to,
                     size_t want)
{
    struct lake_buffer *workspace = &p->r->workspace;
    if (lake_reserve(workspace, ZSTD_estimateDCtxSize()) < 0)
        return fail_at(p, TD_E_NO_MEMORY, "no memory to decompress", "");
    if (p->r->context == NULL)
        p->r->context = ZSTD_initStaticDCtx(workspace->data, workspace->room);
    TD_ASSERT(p->r->context, "workspace is as large as the library asked for");
    size_t got = ZSTD_decompressDCtx(p->r->context, to, want, from, bytes);
    if (ZSTD_isError(got))
        return fail_at(p, TD_E_PARQUET, "zstd: ", ZSTD_getErrorName(got));
    return got == want ? 0 : fail_at(p, TD_E_PARQUET, "page is shorter than its header says", "");
}

/* Gives the page's data uncompressed: in place where it is stored so, else in the page buffer. */
static td_err open_page(const struct spot *p, const struct page_header *page, const uint8_t **data,
                        size_t *bytes)
{
    size_t stored = (size_t)page->compressed_bytes, want = (size_t)page->uncompressed_bytes;
    size_t levels = page->kind == PAGE_DATA_V2 ? (size_t)page->v2_level_bytes : 0;
    bool packed = p->chunk->codec == CODEC_ZSTD && !(page->kind == PAGE_DATA_V2 && page->v2_plain);
    if (page->v2_repeat_bytes)
        return fail_at(p, TD_E_PARQUET, "repetition levels in a flat column", "");
    if (levels > stored || levels > want || (!packed && stored != want))
        return fail_at(p, TD_E_PARQUET, "page sizes contradict each other", "");
    *bytes = want;
    if (!packed)
        return 0;
    p->r->unpacked_bytes += page->uncompressed_bytes;
    if (page->uncompressed_bytes > p->r->limits.page_bytes_max ||
        p->r->unpacked_bytes > p->r->limits.chunk_bytes_max)
        return fail_at(p, TD_E_UNSUPPORTED, "page is too large", "");
    if (lake_reserve(&p->r->page, want + 1) < 0)
        return fail_at(p, TD_E_NO_MEMORY, "no memory for a page", "");
    if (levels)
        memcpy(p->r->page.data, *data, levels);
    /* An empty V2 value part may be stored as no bytes at all. */
    if (stored > levels || want > levels)
        TD_TRY(unpack(p, *data + levels, stored - levels, p->r->page.data + levels, want - levels));
    *data = p->r->page.data;
    return 0;
}

static td_err take_page(const struct spot *p, const struct page_header *page, const uint8_t *data)
{
    const char *why = "";
    size_t bytes = 0;
    td_err err;
    if (page->kind == PAGE_INDEX)
        return 0;
    TD_TRY(open_page(p, page, &data, &bytes));
    if (page->kind == PAGE_DICTIONARY) {
        err = values_dictionary(p->values, page, data, bytes, &why);
    } else {
        if (page->values > p->chunk->values - (int64_t)p->values->rows)
            return fail_at(p, TD_E_PARQUET, "pages hold more values than the chunk states", "");
        err = values_page(p->values, page, data, bytes, &why);
    }
    if (err == TD_E_UNSUPPORTED)
        return fail_at(p, err, "unsupported encoding ", why);
    return err ? fail_at(p, err, err == TD_E_NO_MEMORY ? "no memory for values" : why, "") : 0;
}

/* One page at `at`; *used = header and data. */
static td_err read_page(const struct spot *p, size_t at, size_t *used)
{
    const uint8_t *data = p->r->chunk.data + at;
    size_t left = p->r->chunk.bytes - at;
    struct page_header page;
    if (page_header_parse(data, left, &page) < 0)
        return fail_at(p, TD_E_PARQUET, "damaged page header", "");
    if (page.kind > PAGE_DATA_V2)
        return fail_at(p, TD_E_UNSUPPORTED, "page of unknown kind", "");
    data += page.header_bytes;
    left -= page.header_bytes;
    if ((size_t)page.compressed_bytes > left)
        return fail_at(p, TD_E_PARQUET, "page runs past its chunk", "");
    if (!page.has_crc)
        p->values->page_without_crc = true;
    else if (td_crc32(0, data, (size_t)page.compressed_bytes) != page.crc)
        return fail_at(p, TD_E_PARQUET_CRC, "page checksum does not match", "");
    *used = page.header_bytes + (size_t)page.compressed_bytes;
    return take_page(p, &page, data);
}

td_err reader_column(struct reader *r, uint32_t group, uint32_t column, struct pq_values *values)
{
    TD_ASSERT(group < r->meta.group_count && column < r->meta.column_count,
              "group and column are of this file");
    struct spot p = {r, group, &r->meta.column[column], &r->meta.group[group].chunk[column],
                     values};
    TD_TRY(check_chunk(&p));
    if (values_begin(values, p.column, (size_t)p.chunk->values) < 0)
        return fail_at(&p, TD_E_NO_MEMORY, "no memory for values", "");
    /* An empty group may have no pages, and offsets that mean nothing. */
    if (p.chunk->values == 0)
        return 0;
    TD_TRY(fetch_chunk(&p));
    for (size_t at = 0; at < r->chunk.bytes && (int64_t)values->rows < p.chunk->values;) {
        size_t used = 0;
        if (values->texts.bytes > (size_t)r->limits.chunk_bytes_max)
            return fail_at(&p, TD_E_UNSUPPORTED, "too much text for one row group", "");
        TD_TRY(read_page(&p, at, &used));
        at += used;
    }
    if ((int64_t)values->rows != p.chunk->values)
        return fail_at(&p, TD_E_PARQUET, "pages hold fewer values than the chunk states", "");
    return 0;
}

/* ---- batches ---- */

static bool ruled_out(const struct reader_batch *batch, uint32_t group)
{
    if (batch->range_column < 0)
        return false;
    const struct pq_stats *stats =
        &batch->reader->meta.group[group].chunk[batch->range_column].stats;
    int64_t min, max;
    if (stats->min.bytes != 8 || stats->max.bytes != 8)
        return false;
    memcpy(&min, stats->min.at, 8);
    memcpy(&max, stats->max.at, 8);
    return max < batch->from || min >= batch->to;
}

/* A store is told what all that is to come will read. */
static void expect(const struct reader_batch *batch)
{
    struct reader *r = batch->reader;
    struct lake_buffer ranges = {0};
    if (!source_is_far(&r->source))
        return;
    for (uint32_t group = batch->next; group < r->meta.group_count; group++) {
        for (uint32_t i = 0; i < batch->column_count && !ruled_out(batch, group); i++) {
            const struct pq_chunk *chunk = &r->meta.group[group].chunk[batch->column[i]];
            struct object_range range = {chunk_at(chunk), chunk->compressed_bytes};
            if (lies_within(r, chunk) && lake_append(&ranges, &range, sizeof range) < 0)
                break;
        }
    }
    source_expect(&r->source, (const struct object_range *)(void *)ranges.data,
                  ranges.bytes / sizeof(struct object_range));
    lake_buffer_free(&ranges);
}

/* The wanted column whose chunk follows that of `last` in the file (-1: the first), or -1: columns are read as they lie there. */
static int follows(const struct reader_batch *batch, int last)
{
    const struct pq_chunk *chunk = batch->reader->meta.group[batch->group].chunk;
    int best = -1;
    int64_t last_at = last < 0 ? INT64_MIN : chunk_at(&chunk[batch->column[last]]), best_at = 0;
    for (int i = 0; i < (int)batch->column_count; i++) {
        int64_t at = chunk_at(&chunk[batch->column[i]]);
        bool behind = at > last_at || (at == last_at && i > last);
        if (behind && (best < 0 || at < best_at)) {
            best = i;
            best_at = at;
        }
    }
    return best;
}

int reader_batch_next(struct reader_batch *batch)
{
    const struct pq_meta *meta = &batch->reader->meta;
    if (batch->next == 0)
        expect(batch);
    while (batch->next < meta->group_count && ruled_out(batch, batch->next)) {
        batch->next++;
        batch->groups_pruned++;
    }
    if (batch->next >= meta->group_count)
        return 0;
    batch->group = batch->next++;
    batch->rows = (size_t)meta->group[batch->group].rows;
    for (int i = follows(batch, -1); i >= 0; i = follows(batch, i))
        TD_TRY(reader_column(batch->reader, batch->group, batch->column[i], &batch->values[i]));
    return 1;
}
