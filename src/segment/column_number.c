#include <string.h>

#include "base/err.h"
#include "segment/chunk.h"
#include "segment/column_from.h"
#include "segment/encode.h"

static size_t number_bytes(const struct column *column)
{
    bool four = column->physical == COLUMN_INT32 || column->physical == COLUMN_FLOAT;
    return four ? 4 : column->physical == COLUMN_BOOLEAN ? 1 : 8;
}

/* Held as doubles, those of FLOAT columns too. */
static bool is_real(const struct column *column)
{
    return column->physical == COLUMN_DOUBLE || column->physical == COLUMN_FLOAT;
}

static bool number_less(const struct column *column, uint64_t a, uint64_t b)
{
    if (!is_real(column))
        return (int64_t)a < (int64_t)b;
    double x, y;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
    return x < y;
}

/* Bytes of a real in the file: the double, or the float of the same value. */
static void narrow(const struct column *column, uint64_t *value)
{
    double wide;
    float real;
    if (column->physical != COLUMN_FLOAT)
        return;
    memcpy(&wide, value, sizeof wide);
    real = (float)wide;
    memcpy(value, &real, sizeof real);
}

/* A zero among reals is stated as -0 below and +0 above, as the format asks. */
static void set_number_stats(const struct chunk *chunk, uint64_t least, uint64_t greatest)
{
    size_t bytes = number_bytes(chunk->column);
    if (chunk->column->physical == COLUMN_INT64) {
        chunk->encoder->has_range = true;
        chunk->encoder->least = (int64_t)least;
        chunk->encoder->greatest = (int64_t)greatest;
    }
    if (is_real(chunk->column) && least == 0)
        least = UINT64_C(1) << 63;
    narrow(chunk->column, &least);
    narrow(chunk->column, &greatest);
    chunk_note_stats(chunk, &least, bytes, &greatest, bytes);
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

static size_t put_plain(const struct chunk *chunk, const uint64_t *value, size_t count,
                        unsigned char *at)
{
    switch (chunk->column->physical) {
    case COLUMN_INT32:
        return encode_plain_32(value, count, at);
    case COLUMN_BOOLEAN:
        return encode_plain_bits(value, count, at);
    case COLUMN_FLOAT:
        return encode_plain_floats(value, count, at);
    default:
        return encode_plain_64(value, count, at);
    }
}

static void write_number_dict(const struct chunk *chunk)
{
    const struct dict *dict = &chunk->encoder->dict;
    size_t bytes = put_plain(chunk, dict->key, dict->count, chunk->encoder->raw);
    chunk_write_dict(chunk, dict->count, true, bytes);
    set_number_stats(chunk, dict->key[0], dict->key[dict->count - 1]);
    chunk_write_indices(chunk);
}

static struct page delta_page(const struct chunk *chunk)
{
    const struct values *values = &chunk->encoder->values;
    size_t used = chunk_levels(chunk);
    used += encode_delta(values->value, values->count, chunk->encoder->raw + used);
    return chunk_data_page(chunk, PARQUET_DELTA_BINARY_PACKED, used);
}

static struct page plain_page(const struct chunk *chunk)
{
    const struct values *values = &chunk->encoder->values;
    size_t used = chunk_levels(chunk);
    used += put_plain(chunk, values->value, values->count, chunk->encoder->raw + used);
    return chunk_data_page(chunk, PARQUET_PLAIN, used);
}

static struct page split_page(const struct chunk *chunk)
{
    const struct values *values = &chunk->encoder->values;
    size_t used = chunk_levels(chunk);
    used += encode_split(values->value, values->count, number_bytes(chunk->column),
                         chunk->encoder->raw + used);
    return chunk_data_page(chunk, PARQUET_BYTE_STREAM_SPLIT, used);
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
    chunk_append(chunk, &page);
}

/* Most entries that a dictionary may have. With indices of one byte (256 entries): as long as both together are fewer bytes than
   the values. With wider ones: two fifths of the values, for entries that are used once or twice cost more than they save once
   zstd is done, although the bytes it gets are fewer. */
static uint32_t dict_entries_max(uint32_t count, size_t value_bytes)
{
    uint64_t narrow = ((uint64_t)count * (value_bytes - 1) - 1) / value_bytes;
    uint64_t wide = (uint64_t)count * 2 / 5;
    return (uint32_t)(wide > 256 ? wide : narrow < 256 ? narrow : 256);
}

static void write_plain_numbers(const struct chunk *chunk)
{
    struct page page = plain_page(chunk);
    scan_number_stats(chunk);
    page_pack(&chunk->encoder->packer, &page);
    chunk_append(chunk, &page);
}

static struct page dict_entries_page(const struct chunk *chunk)
{
    const struct dict *dict = &chunk->encoder->dict;
    return chunk_dict_page(chunk, dict->count, true,
                           put_plain(chunk, dict->key, dict->count, chunk->encoder->raw));
}

/* Bytes of both pages of the dictionary form; the second one's header counts, for it is what the other forms do not have. */
static size_t dict_bytes(const struct chunk *chunk)
{
    enum { HEADER_BYTES = 60 };
    struct page_packer *packer = &chunk->encoder->packer;
    struct page page = dict_entries_page(chunk);
    size_t bytes = page_pack(packer, &page) + HEADER_BYTES;
    page = chunk_index_page(chunk);
    return bytes + page_pack(packer, &page);
}

/* Reals of the wide tables differ too much for one rule (prices that repeat, ratios that never do), and rows are few: every form is packed
   and the smallest stays. Old readers do not know the split one. */
static void write_smallest(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    const struct values *values = &encoder->values;
    struct page page = plain_page(chunk);
    size_t plain = page_pack(&encoder->packer, &page), split = SIZE_MAX, dict = SIZE_MAX;
    if (!encoder->params.compat) {
        page = split_page(chunk);
        split = page_pack(&encoder->packer, &page);
    }
    if (dict_numbers(&encoder->dict, values->value, values->count, DICT_DOUBLE,
                     values->count / 2 + 1))
        dict = dict_bytes(chunk);
    if (dict < plain && dict < split) {
        write_number_dict(chunk);
        return;
    }
    page = split < plain ? split_page(chunk) : plain_page(chunk);
    scan_number_stats(chunk);
    page_pack(&encoder->packer, &page);
    chunk_append(chunk, &page);
}

/* Tables of the core's own values. */
static bool is_wide(enum row_table table)
{
    return table == ROW_FEATURES || table == ROW_PREDICTIONS;
}

void chunk_numbers(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    const struct values *values = &encoder->values;
    if (!values->count || chunk->column->physical == COLUMN_BOOLEAN) {
        write_plain_numbers(chunk);
    } else if (is_real(chunk->column) && is_wide(chunk->view->table)) {
        write_smallest(chunk);
    } else if (chunk->column->physical == COLUMN_INT64 && !encoder->params.compat) {
        write_rising(chunk);
    } else if (chunk->column->from == FROM_ROW_U8) {
        dict_small(&encoder->dict, values->value, values->count);
        write_number_dict(chunk);
    } else if (dict_numbers(&encoder->dict, values->value, values->count,
                            is_real(chunk->column) ? DICT_DOUBLE : DICT_SIGNED,
                            dict_entries_max(values->count, number_bytes(chunk->column)))) {
        write_number_dict(chunk);
    } else {
        write_plain_numbers(chunk);
    }
}

/* A dictionary of one entry and one run: a few bytes whatever the number of rows. */
void chunk_constant_number(const struct chunk *chunk, int32_t number)
{
    uint64_t wide = (uint64_t)(int64_t)number;
    size_t bytes = encode_plain_32(&wide, 1, chunk->encoder->raw);
    set_number_stats(chunk, wide, wide);
    chunk_write_dict(chunk, 1, true, bytes);
    chunk_write_one_run(chunk);
}
