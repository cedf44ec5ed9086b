#include "lake/values.h"

#include <string.h>

#include "lake/encoding.h"
#include "lake/values_plain.h"

void values_free(struct pq_values *values)
{
    lake_buffer_free(&values->cells);
    lake_buffer_free(&values->validity);
    lake_buffer_free(&values->texts);
    lake_buffer_free(&values->dictionary);
    lake_buffer_free(&values->levels);
    *values = (struct pq_values){0};
}

/* Readers of cell, valid and heap see the buffers as they now stand. */
static void publish(struct pq_values *values)
{
    values->cell = (const union pq_cell *)(const void *)values->cells.data;
    values->valid = values->validity.data;
    values->heap = values->texts.data;
}

td_err values_begin(struct pq_values *values, const struct pq_column *column, size_t rows)
{
    values->column = column;
    values->rows = values->nulls = values->dictionary_count = 0;
    values->pages = 0;
    values->has_dictionary = values->page_without_crc = false;
    values->texts.bytes = 0;
    TD_TRY(lake_reserve(&values->cells, (rows + 1) * sizeof(union pq_cell)));
    TD_TRY(lake_reserve(&values->validity, rows + 1));
    publish(values);
    return 0;
}

static union pq_cell *cells(struct lake_buffer *buffer)
{
    return (union pq_cell *)(void *)buffer->data;
}

td_err values_dictionary(struct pq_values *values, const struct page_header *page,
                         const uint8_t *data, size_t bytes, const char **why)
{
    size_t count = (size_t)page->values;
    *why = "a second dictionary, or one of unknown encoding";
    TD_FAIL_IF(values->has_dictionary || values->pages, TD_E_PARQUET);
    TD_FAIL_IF(page->encoding != ENCODING_PLAIN && page->encoding != ENCODING_PLAIN_DICTIONARY,
               TD_E_PARQUET);
    *why = "dictionary page does not hold the values it states";
    TD_FAIL_IF(count > bytes && values->column->type != PQ_BOOLEAN, TD_E_PARQUET);
    TD_FAIL_IF(values->column->type == PQ_BOOLEAN, TD_E_PARQUET);
    TD_TRY(lake_reserve(&values->dictionary, (count + 1) * sizeof(union pq_cell)));
    TD_TRY(values_plain(values, data, bytes, cells(&values->dictionary), count));
    values->dictionary_count = count;
    values->has_dictionary = true;
    publish(values);
    return 0;
}

/* Dictionary indices: a byte of width, then runs. */
static td_err read_indices(struct pq_values *values, const uint8_t *data, size_t bytes,
                           union pq_cell *out, size_t count)
{
    const union pq_cell *dictionary = cells(&values->dictionary);
    TD_FAIL_IF(!values->has_dictionary, TD_E_PARQUET);
    if (count == 0)
        return 0;
    TD_FAIL_IF(bytes < 1, TD_E_PARQUET);
    TD_TRY(lake_reserve(&values->levels, count * sizeof(uint32_t)));
    uint32_t *index = (uint32_t *)(void *)values->levels.data;
    TD_TRY(encoding_hybrid(data + 1, bytes - 1, data[0], index, count));
    for (size_t i = 0; i < count; i++) {
        TD_FAIL_IF(index[i] >= values->dictionary_count, TD_E_PARQUET);
        out[i] = dictionary[index[i]];
    }
    return 0;
}

static td_err read_delta(struct pq_values *values, const uint8_t *data, size_t bytes,
                         union pq_cell *out, size_t count)
{
    _Static_assert(sizeof(union pq_cell) == sizeof(int64_t), "a cell is one 64-bit word");
    unsigned bits = values->column->type == PQ_INT32 ? 32 : 64;
    TD_FAIL_IF(values->column->type != PQ_INT32 && values->column->type != PQ_INT64, TD_E_PARQUET);
    return encoding_delta(data, bytes, bits, &out->i, count);
}

/* Booleans as runs, behind four bytes of length. */
static td_err read_rle_booleans(struct pq_values *values, const uint8_t *data, size_t bytes,
                                union pq_cell *out, size_t count)
{
    uint32_t length;
    TD_FAIL_IF(values->column->type != PQ_BOOLEAN || bytes < 4, TD_E_PARQUET);
    memcpy(&length, data, 4);
    TD_FAIL_IF(length > bytes - 4, TD_E_PARQUET);
    TD_TRY(lake_reserve(&values->levels, (count + 1) * sizeof(uint32_t)));
    uint32_t *bit = (uint32_t *)(void *)values->levels.data;
    TD_TRY(encoding_hybrid(data + 4, length, 1, bit, count));
    for (size_t i = 0; i < count; i++)
        out[i].i = bit[i];
    return 0;
}

static td_err read_values(struct pq_values *values, int encoding, const uint8_t *data, size_t bytes,
                          union pq_cell *out, size_t count, const char **why)
{
    *why = "page does not hold the values it states";
    switch (encoding) {
    case ENCODING_PLAIN:
        return values_plain(values, data, bytes, out, count);
    case ENCODING_PLAIN_DICTIONARY:
    case ENCODING_RLE_DICTIONARY:
        return read_indices(values, data, bytes, out, count);
    case ENCODING_DELTA_BINARY_PACKED:
        return read_delta(values, data, bytes, out, count);
    case ENCODING_RLE:
        return read_rle_booleans(values, data, bytes, out, count);
    case ENCODING_BYTE_STREAM_SPLIT:
        return values_split(values, data, bytes, out, count);
    default:
        *why = page_encoding_name(encoding);
        return TD_E_UNSUPPORTED;
    }
}

/* Definition levels of an optional flat column are its validity. */
static td_err read_levels(struct pq_values *values, const uint8_t *data, size_t bytes, size_t count,
                          size_t *present)
{
    TD_TRY(lake_reserve(&values->levels, (count + 1) * sizeof(uint32_t)));
    uint32_t *level = (uint32_t *)(void *)values->levels.data;
    uint8_t *valid = values->validity.data + values->rows;
    TD_TRY(encoding_hybrid(data, bytes, 1, level, count));
    *present = 0;
    for (size_t i = 0; i < count; i++) {
        valid[i] = (uint8_t)level[i];
        *present += level[i];
    }
    return 0;
}

/* Values stand packed in front; each moves to its row, last first, so that none is overwritten. */
static void spread(union pq_cell *cell, const uint8_t *valid, size_t count, size_t present)
{
    if (count == present)
        return;
    for (size_t row = count; row-- > 0;)
        cell[row] = valid[row] ? cell[--present] : (union pq_cell){.i = 0};
}

/* Cuts the levels off the front of the page's data. */
static td_err cut_levels(struct pq_values *values, const struct page_header *page,
                         const uint8_t **data, size_t *bytes, size_t *present)
{
    size_t count = (size_t)page->values, length;
    if (page->kind == PAGE_DATA_V2) {
        length = (size_t)page->v2_level_bytes;
    } else if (values->column->optional) {
        uint32_t stated;
        TD_FAIL_IF(*bytes < 4 || page->level_encoding != ENCODING_RLE, TD_E_PARQUET);
        memcpy(&stated, *data, 4);
        length = stated;
        *data += 4, *bytes -= 4;
    } else {
        length = 0;
    }
    TD_FAIL_IF(length > *bytes, TD_E_PARQUET);
    *present = count;
    if (values->column->optional)
        TD_TRY(read_levels(values, *data, length, count, present));
    else
        memset(values->validity.data + values->rows, 1, count);
    *data += length, *bytes -= length;
    return 0;
}

td_err values_page(struct pq_values *values, const struct page_header *page, const uint8_t *data,
                   size_t bytes, const char **why)
{
    size_t count = (size_t)page->values, present;
    *why = "a page's definition levels are damaged";
    TD_TRY(cut_levels(values, page, &data, &bytes, &present));
    union pq_cell *out = cells(&values->cells) + values->rows;
    TD_TRY(read_values(values, page->encoding, data, bytes, out, present, why));
    spread(out, values->validity.data + values->rows, count, present);
    values->rows += count;
    values->nulls += count - present;
    values->pages++;
    publish(values);
    return 0;
}
