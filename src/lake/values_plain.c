#include "lake/values_plain.h"

#include <string.h>

static td_err numbers(const uint8_t *data, size_t bytes, unsigned type, union pq_cell *out,
                      size_t count)
{
    size_t width = type == PQ_INT32 || type == PQ_FLOAT ? 4 : 8;
    TD_FAIL_IF(count > bytes / width, TD_E_PARQUET);
    if (width == 8) {
        if (count)
            memcpy(out, data, count * 8);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t word;
        float real;
        memcpy(&word, data + 4 * i, 4);
        memcpy(&real, data + 4 * i, 4);
        out[i] = type == PQ_FLOAT ? (union pq_cell){.f = real} : (union pq_cell){.i = word};
    }
    return 0;
}

static td_err booleans(const uint8_t *data, size_t bytes, union pq_cell *out, size_t count)
{
    TD_FAIL_IF((count + 7) / 8 > bytes, TD_E_PARQUET);
    for (size_t i = 0; i < count; i++)
        out[i].i = data[i / 8] >> (i % 8) & 1;
    return 0;
}

/* The page's bytes are kept whole in the heap; cells point behind each length. */
static td_err texts(struct pq_values *values, const uint8_t *data, size_t bytes, union pq_cell *out,
                    size_t count)
{
    size_t base = values->texts.bytes, at = 0;
    TD_FAIL_IF(bytes > UINT32_MAX - base, TD_E_PARQUET);
    TD_TRY(lake_append(&values->texts, data, bytes));
    for (size_t i = 0; i < count; i++) {
        uint32_t length;
        TD_FAIL_IF(bytes - at < 4, TD_E_PARQUET);
        memcpy(&length, data + at, 4);
        at += 4;
        TD_FAIL_IF(length > bytes - at, TD_E_PARQUET);
        out[i].text = (struct pq_text){(uint32_t)(base + at), length};
        at += length;
    }
    return 0;
}

static td_err fixed(struct pq_values *values, const uint8_t *data, size_t bytes, union pq_cell *out,
                    size_t count)
{
    size_t width = (size_t)values->column->fixed_bytes, base = values->texts.bytes;
    TD_FAIL_IF(count > bytes / width || bytes > UINT32_MAX - base, TD_E_PARQUET);
    TD_TRY(lake_append(&values->texts, data, count * width));
    for (size_t i = 0; i < count; i++)
        out[i].text = (struct pq_text){(uint32_t)(base + i * width), (uint32_t)width};
    return 0;
}

td_err values_plain(struct pq_values *values, const uint8_t *data, size_t bytes, union pq_cell *out,
                    size_t count)
{
    switch (values->column->type) {
    case PQ_BOOLEAN:
        return booleans(data, bytes, out, count);
    case PQ_BYTE_ARRAY:
        return texts(values, data, bytes, out, count);
    case PQ_FIXED:
    case PQ_INT96:
        return fixed(values, data, bytes, out, count);
    default:
        return numbers(data, bytes, values->column->type, out, count);
    }
}

td_err values_split(struct pq_values *values, const uint8_t *data, size_t bytes, union pq_cell *out,
                    size_t count)
{
    unsigned type = values->column->type;
    size_t width = type == PQ_FLOAT ? 4 : 8;
    TD_FAIL_IF(type != PQ_FLOAT && type != PQ_DOUBLE, TD_E_UNSUPPORTED);
    /* Streams are as long as the page has values: their length comes from the bytes, not from
     * `count`. */
    size_t stream = bytes / width;
    TD_FAIL_IF(count > stream, TD_E_PARQUET);
    for (size_t i = 0; i < count; i++) {
        uint8_t raw[8];
        for (size_t k = 0; k < width; k++)
            raw[k] = data[k * stream + i];
        TD_TRY(numbers(raw, width, type, &out[i], 1));
    }
    return 0;
}
