#include "segment/column.h"

#include <string.h>

#include "base/err.h"
#include "segment/column_from.h"
#include "segment/encode.h"
#include "segment/page.h"

struct encoder {
    struct encoder_params params;
    struct page_packer packer;
    struct dict dict;
    struct values values;
    unsigned char *raw; /* a page before compression */
    size_t raw_max;
    int64_t least, greatest; /* of the last INT64 column */
    bool has_range;
};

/* What encode_column hands down to its parts. */
struct chunk {
    struct encoder *encoder;
    const struct group_view *view;
    const struct column *column;
    const struct file_constants *constants;
    struct out *out;
    struct chunk_meta *meta;
    struct chunk_stats *stats;
};

static size_t align(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* The larger of 8-byte values under the worst delta blocks and all texts with their lengths, after the levels. */
static size_t raw_bytes_max(uint32_t rows_max)
{
    size_t levels = 4 + encode_hybrid_bound(rows_max, 1);
    size_t numbers = encode_delta_bound(rows_max);
    size_t texts = (size_t)rows_max * 4 + (GROUP_TEXT_PAGES + 1) * (size_t)TD_PAGE_BYTES;
    return levels + (numbers > texts ? numbers : texts) + TD_TEXT_MAX;
}

size_t encoder_footprint(const struct encoder_params *params)
{
    size_t raw_max = raw_bytes_max(params->rows_max);
    return align(sizeof(struct encoder)) + align((size_t)params->rows_max * 8) +
           align(params->rows_max) + align(dict_footprint(params->rows_max)) + align(raw_max) +
           page_packer_footprint(params->zstd_level, raw_max);
}

td_err encoder_init(void *mem, const struct encoder_params *params, struct encoder **encoder)
{
    struct encoder *self = mem;
    unsigned char *at = (unsigned char *)mem + align(sizeof *self);
    memset(self, 0, sizeof *self);
    self->params = *params;
    self->raw_max = raw_bytes_max(params->rows_max);
    self->values.value = (uint64_t *)(void *)at;
    at += align((size_t)params->rows_max * 8);
    self->values.level = at;
    at += align(params->rows_max);
    dict_init(&self->dict, at, params->rows_max);
    at += align(dict_footprint(params->rows_max));
    self->raw = at;
    at += align(self->raw_max);
    TD_TRY(page_packer_init(&self->packer, at, params->zstd_level, self->raw_max));
    *encoder = self;
    return 0;
}

/* ---- pages ------------------------------------------------------------------------------------ */

/* Definition levels of an optional column: length, then the hybrid of 0 and 1. Nothing for a required one. */
static size_t put_levels(const struct chunk *chunk)
{
    if (!chunk->column->optional)
        return 0;
    struct encoder *encoder = chunk->encoder;
    uint32_t rows = chunk->view->rows;
    unsigned char *at = encoder->raw + 4;
    size_t bytes;
    if (chunk->meta->nulls == 0 || chunk->meta->nulls == rows) {
        bytes = encode_run(chunk->meta->nulls == 0, rows, 1, at);
    } else {
        /* The hash table is free here: levels come before or after a dictionary's making, never within. */
        uint32_t *level = encoder->dict.slot;
        for (uint32_t i = 0; i < rows; i++)
            level[i] = encoder->values.level[i];
        bytes = encode_hybrid(level, rows, 1, at);
    }
    uint32_t length = (uint32_t)bytes;
    memcpy(encoder->raw, &length, 4);
    return 4 + bytes;
}

static struct page data_page(const struct chunk *chunk, enum parquet_encoding encoding,
                             size_t bytes)
{
    TD_ASSERT(bytes <= chunk->encoder->raw_max, "a page stays within its bound");
    return (struct page){.kind = PARQUET_DATA_PAGE,
                         .encoding = encoding,
                         .values = chunk->view->rows,
                         .raw = chunk->encoder->raw,
                         .raw_bytes = bytes};
}

/* The page that was packed last goes to the file. */
static void append_page(const struct chunk *chunk, const struct page *page)
{
    struct chunk_meta *meta = chunk->meta;
    int64_t offset = chunk->out->offset;
    struct page_size size = page_append(&chunk->encoder->packer, page, chunk->out);
    if (page->kind == PARQUET_DICTIONARY_PAGE) {
        meta->dict_offset = offset;
    } else {
        meta->data_offset = offset;
        meta->data_bytes = size.compressed;
        meta->encoding = (uint8_t)page->encoding;
    }
    meta->compressed += size.compressed;
    meta->uncompressed += size.uncompressed;
}

static void write_page(const struct chunk *chunk, const struct page *page)
{
    page_pack(&chunk->encoder->packer, page);
    append_page(chunk, page);
}

static void write_data_page(const struct chunk *chunk, enum parquet_encoding encoding, size_t bytes)
{
    struct page page = data_page(chunk, encoding, bytes);
    write_page(chunk, &page);
}

static void write_dict_page(const struct chunk *chunk, uint32_t entries, bool sorted, size_t bytes)
{
    write_page(chunk, &(struct page){.kind = PARQUET_DICTIONARY_PAGE,
                                     .encoding = PARQUET_PLAIN,
                                     .values = entries,
                                     .sorted = sorted,
                                     .raw = chunk->encoder->raw,
                                     .raw_bytes = bytes});
}

/* Up to 16 entries the narrowest width and runs; above that whole bytes in one packed run, the form zstd packs best. */
static unsigned index_width(uint32_t entries)
{
    if (entries <= 16)
        return entries <= 2 ? 1 : entries <= 4 ? 2 : entries <= 8 ? 3 : 4;
    return entries <= 256 ? 8 : 16;
}

_Static_assert(TD_GROUP_ROWS_MAX <= 65536, "two bytes hold any index");

/* Data page of indices: levels, width byte, hybrid. */
static void write_indices(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    size_t used = put_levels(chunk);
    unsigned width = index_width(encoder->dict.count);
    encoder->raw[used++] = (unsigned char)width;
    const uint32_t *id = encoder->dict.id;
    uint32_t count = encoder->values.count;
    used += width < 8 ? encode_hybrid(id, count, width, encoder->raw + used)
                      : encode_packed(id, count, width, encoder->raw + used);
    write_data_page(chunk, PARQUET_RLE_DICTIONARY, used);
}

/* ---- statistics ------------------------------------------------------------------------------- */

static void set_stats(const struct chunk *chunk, const void *min, size_t min_bytes, const void *max,
                      size_t max_bytes)
{
    if (min_bytes > META_STAT_MAX || max_bytes > META_STAT_MAX)
        return;
    chunk->meta->has_stats = true;
    chunk->meta->min_bytes = (uint8_t)min_bytes;
    chunk->meta->max_bytes = (uint8_t)max_bytes;
    memcpy(chunk->stats->min, min, min_bytes);
    memcpy(chunk->stats->max, max, max_bytes);
}

static size_t number_bytes(const struct column *column)
{
    return column->physical == COLUMN_INT32 ? 4 : column->physical == COLUMN_BOOLEAN ? 1 : 8;
}

static bool number_less(const struct column *column, uint64_t a, uint64_t b)
{
    if (column->physical != COLUMN_DOUBLE)
        return (int64_t)a < (int64_t)b;
    double x, y;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
    return x < y;
}

/* A zero among doubles is stated as -0 below and +0 above, as the format asks. */
static void set_number_stats(const struct chunk *chunk, uint64_t least, uint64_t greatest)
{
    size_t bytes = number_bytes(chunk->column);
    if (chunk->column->physical == COLUMN_INT64) {
        chunk->encoder->has_range = true;
        chunk->encoder->least = (int64_t)least;
        chunk->encoder->greatest = (int64_t)greatest;
    }
    if (chunk->column->physical == COLUMN_DOUBLE && least == 0)
        least = UINT64_C(1) << 63;
    set_stats(chunk, &least, bytes, &greatest, bytes);
}

static void scan_number_stats(const struct chunk *chunk)
{
    const struct values *values = &chunk->encoder->values;
    if (!values->count)
        return;
    uint64_t least = values->value[0], greatest = least;
    for (uint32_t i = 1; i < values->count; i++) {
        if (number_less(chunk->column, values->value[i], least))
            least = values->value[i];
        if (number_less(chunk->column, greatest, values->value[i]))
            greatest = values->value[i];
    }
    set_number_stats(chunk, least, greatest);
}

struct span {
    const char *at;
    size_t bytes;
};

static bool span_less(struct span a, struct span b)
{
    int order = memcmp(a.at, b.at, a.bytes < b.bytes ? a.bytes : b.bytes);
    return order ? order < 0 : a.bytes < b.bytes;
}

static void set_span_stats(const struct chunk *chunk, struct span least, struct span greatest)
{
    set_stats(chunk, least.at, least.bytes, greatest.at, greatest.bytes);
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static size_t put_plain(const struct chunk *chunk, const uint64_t *value, size_t count,
                        unsigned char *at)
{
    switch (chunk->column->physical) {
    case COLUMN_INT32:
        return encode_plain_32(value, count, at);
    case COLUMN_BOOLEAN:
        return encode_plain_bits(value, count, at);
    default:
        return encode_plain_64(value, count, at);
    }
}

static void write_number_dict(const struct chunk *chunk)
{
    const struct dict *dict = &chunk->encoder->dict;
    size_t bytes = put_plain(chunk, dict->key, dict->count, chunk->encoder->raw);
    write_dict_page(chunk, dict->count, true, bytes);
    set_number_stats(chunk, dict->key[0], dict->key[dict->count - 1]);
    write_indices(chunk);
}

static struct page delta_page(const struct chunk *chunk)
{
    const struct values *values = &chunk->encoder->values;
    size_t used = put_levels(chunk);
    used += encode_delta(values->value, values->count, chunk->encoder->raw + used);
    return data_page(chunk, PARQUET_DELTA_BINARY_PACKED, used);
}

static struct page plain_page(const struct chunk *chunk)
{
    const struct values *values = &chunk->encoder->values;
    size_t used = put_levels(chunk);
    used += put_plain(chunk, values->value, values->count, chunk->encoder->raw + used);
    return data_page(chunk, PARQUET_PLAIN, used);
}

/* Values that stand in long runs, as the times of a batched feed do. */
static bool in_long_runs(const struct values *values)
{
    enum { RUN_MEAN = 8 };
    uint32_t runs = 1;
    for (uint32_t i = 1; i < values->count; i++)
        runs += values->value[i] != values->value[i - 1];
    return (uint64_t)runs * RUN_MEAN <= values->count;
}

/* Deltas win wherever values keep changing. Repeats zstd may see better in the values themselves (by 7 to 20 %): there both forms are
   packed and the smaller one stays. */
static void write_rising(const struct chunk *chunk)
{
    struct page_packer *packer = &chunk->encoder->packer;
    struct page page = delta_page(chunk);
    scan_number_stats(chunk);
    size_t delta = page_pack(packer, &page);
    if (in_long_runs(&chunk->encoder->values)) {
        page = plain_page(chunk);
        if (page_pack(packer, &page) >= delta) {
            page = delta_page(chunk);
            page_pack(packer, &page);
        }
    }
    append_page(chunk, &page);
}

/* Most entries with which a dictionary and its indices still take fewer bytes than the values themselves: indices of one
   byte reach 256 entries, those of two reach all that a group can hold. */
static uint32_t dict_entries_max(uint32_t count, size_t value_bytes)
{
    uint64_t narrow = ((uint64_t)count * (value_bytes - 1) - 1) / value_bytes;
    uint64_t wide = ((uint64_t)count * (value_bytes - 2) - 1) / value_bytes;
    return (uint32_t)(wide > 256 ? wide : narrow < 256 ? narrow : 256);
}

static void write_plain_numbers(const struct chunk *chunk)
{
    struct page page = plain_page(chunk);
    scan_number_stats(chunk);
    write_page(chunk, &page);
}

static void encode_number(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    const struct values *values = &encoder->values;
    bool is_double = chunk->column->physical == COLUMN_DOUBLE;
    if (!values->count || chunk->column->physical == COLUMN_BOOLEAN) {
        write_plain_numbers(chunk);
    } else if (chunk->column->physical == COLUMN_INT64 && !encoder->params.compat) {
        write_rising(chunk);
    } else if (chunk->column->from == FROM_ROW_U8) {
        dict_small(&encoder->dict, values->value, values->count);
        write_number_dict(chunk);
    } else if (dict_numbers(&encoder->dict, values->value, values->count,
                            is_double ? DICT_DOUBLE : DICT_SIGNED,
                            dict_entries_max(values->count, number_bytes(chunk->column)))) {
        write_number_dict(chunk);
    } else {
        write_plain_numbers(chunk);
    }
}

/* ---- texts ------------------------------------------------------------------------------------ */

static size_t put_span(struct span span, unsigned char *at)
{
    uint32_t length = (uint32_t)span.bytes;
    memcpy(at, &length, 4);
    memcpy(at + 4, span.at, span.bytes);
    return 4 + span.bytes;
}

static struct span text_span(const struct chunk *chunk, uint64_t place)
{
    struct span span = {"", 0};
    if (place)
        span.at = group_view_text(chunk->view, (row_text)place, &span.bytes);
    return span;
}

/* Texts of the given places, one after the other; statistics on the way. */
static size_t put_texts(const struct chunk *chunk, const uint64_t *place, uint32_t count,
                        unsigned char *at)
{
    struct span least = {NULL, 0}, greatest = {NULL, 0};
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct span span = text_span(chunk, place[i]);
        used += put_span(span, at + used);
        if (!least.at || span_less(span, least))
            least = span;
        if (!greatest.at || span_less(greatest, span))
            greatest = span;
    }
    if (count)
        set_span_stats(chunk, least, greatest);
    return used;
}

/* A dictionary must halve the number of texts, else its indices are not worth a second page. */
static void encode_text(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    const struct values *values = &encoder->values;
    if (values->count >= 2 &&
        dict_texts(&encoder->dict, chunk->view, values->value, values->count, values->count / 2)) {
        size_t bytes = put_texts(chunk, encoder->dict.key, encoder->dict.count, encoder->raw);
        write_dict_page(chunk, encoder->dict.count, false, bytes);
        write_indices(chunk);
    } else {
        size_t used = put_levels(chunk);
        used += put_texts(chunk, values->value, values->count, encoder->raw + used);
        write_data_page(chunk, PARQUET_PLAIN, used);
    }
}

static void encode_words(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    unsigned count;
    const char *const *words = schema_words(chunk->column->aux, &count);
    struct span least = {NULL, 0}, greatest = {NULL, 0};
    size_t used = 0;
    dict_small(&encoder->dict, encoder->values.value, encoder->values.count);
    for (uint32_t i = 0; i < encoder->dict.count; i++) {
        TD_ASSERT(encoder->dict.key[i] < count, "the number names a word of the list");
        const char *word = words[encoder->dict.key[i]];
        struct span span = {word, strlen(word)};
        used += put_span(span, encoder->raw + used);
        if (!least.at || span_less(span, least))
            least = span;
        if (!greatest.at || span_less(greatest, span))
            greatest = span;
    }
    set_span_stats(chunk, least, greatest);
    write_dict_page(chunk, encoder->dict.count, false, used);
    write_indices(chunk);
}

/* ---- columns of one value --------------------------------------------------------------------- */

static const char *constant_text(const struct chunk *chunk)
{
    switch (chunk->column->from) {
    case FROM_DECK:
        return chunk->constants->deck;
    case FROM_EXCHANGE:
        return chunk->constants->exchange;
    default:
        return chunk->constants->symbol;
    }
}

static int32_t constant_number(const struct chunk *chunk)
{
    switch (chunk->column->from) {
    case FROM_YEAR:
        return chunk->constants->year;
    case FROM_MONTH:
        return chunk->constants->month;
    case FROM_DAY:
        return chunk->constants->day;
    case FROM_HOUR:
        return chunk->constants->hour;
    default:
        return SCHEMA_VERSION;
    }
}

/* A dictionary of one entry and one run: a few bytes whatever the number of rows. */
static void encode_constant(const struct chunk *chunk)
{
    unsigned char *raw = chunk->encoder->raw;
    size_t bytes;
    if (chunk->column->physical == COLUMN_BYTE_ARRAY) {
        const char *text = constant_text(chunk);
        struct span span = {text, strlen(text)};
        bytes = put_span(span, raw);
        set_span_stats(chunk, span, span);
    } else {
        uint64_t number = (uint64_t)(int64_t)constant_number(chunk);
        bytes = encode_plain_32(&number, 1, raw);
        set_number_stats(chunk, number, number);
    }
    write_dict_page(chunk, 1, true, bytes);
    raw[0] = 1;
    bytes = 1 + encode_run(0, chunk->view->rows, 1, raw + 1);
    write_data_page(chunk, PARQUET_RLE_DICTIONARY, bytes);
}

static void encode_nothing(const struct chunk *chunk)
{
    chunk->encoder->values.count = 0;
    chunk->meta->nulls = chunk->view->rows;
    write_data_page(chunk, PARQUET_PLAIN, put_levels(chunk));
}

/* ---- the column ------------------------------------------------------------------------------- */

static bool is_words(const struct column *column)
{
    return column->from == FROM_HEAD_ENUM || column->from == FROM_ROW_ENUM ||
           column->from == FROM_ROW_ENUM_SET;
}

void encode_column(struct encoder *encoder, const struct group_view *view,
                   const struct column *column, const struct file_constants *constants,
                   struct out *out, struct chunk_meta *meta, struct chunk_stats *stats)
{
    struct chunk chunk = {encoder, view, column, constants, out, meta, stats};
    memset(meta, 0, sizeof *meta); /* padding too: the record is kept as bytes */
    encoder->has_range = false;
    if (column->from == FROM_NOTHING) {
        encode_nothing(&chunk);
        return;
    }
    if (gather_is_constant(column)) {
        encode_constant(&chunk);
        return;
    }
    gather(view, column, &encoder->values);
    meta->nulls = encoder->values.nulls;
    if (!encoder->values.count)
        encode_nothing(&chunk);
    else if (is_words(column))
        encode_words(&chunk);
    else if (column->physical == COLUMN_BYTE_ARRAY)
        encode_text(&chunk);
    else
        encode_number(&chunk);
}

bool encoder_last_range(const struct encoder *encoder, int64_t *least, int64_t *greatest)
{
    *least = encoder->least;
    *greatest = encoder->greatest;
    return encoder->has_range;
}
