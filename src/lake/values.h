/* One column of one row group in memory: a cell a row, whatever the physical type, and a byte a row
   that says whether there is a value. Reused from group to group; memory grows to the largest. */
#ifndef TD_LAKE_VALUES_H
#define TD_LAKE_VALUES_H

#include "lake/alloc.h"
#include "lake/footer.h"
#include "lake/page.h"

/* Bytes inside the column's heap. */
struct pq_text {
    uint32_t at, bytes;
};

/* i: BOOLEAN, INT32, INT64. f: FLOAT, DOUBLE. text: BYTE_ARRAY, FIXED, INT96. A null's cell is
 * zero. */
union pq_cell {
    int64_t i;
    double f;
    struct pq_text text;
};

struct pq_values {
    const struct pq_column *column;
    size_t rows, nulls;
    const union pq_cell *cell; /* rows of them */
    const uint8_t *valid;      /* rows of them: 1 = a value, 0 = null */
    const uint8_t *heap;
    uint32_t pages; /* data pages met */
    bool page_without_crc;

    /* The reader's own. */
    struct lake_buffer cells, validity, texts, dictionary, levels;
    size_t dictionary_count;
    bool has_dictionary;
};

void values_free(struct pq_values *values);

/* ---- for the reader: filling page by page ---- */

/* Forget the last chunk and make room for `rows` rows of `column`. TD_E_NO_MEMORY. */
td_err values_begin(struct pq_values *values, const struct pq_column *column, size_t rows);
/* One page, decompressed (a V2 page with its levels in front). `why` gets a static text with the
 * error. */
td_err values_dictionary(struct pq_values *values, const struct page_header *page,
                         const uint8_t *data, size_t bytes, const char **why);
td_err values_page(struct pq_values *values, const struct page_header *page, const uint8_t *data,
                   size_t bytes, const char **why);

#endif
