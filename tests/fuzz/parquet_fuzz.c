/* Fuzz target of the Parquet reader: any bytes at all are opened, and every column of every group is
   read. Links as a libFuzzer target; tests/unit/lake/reader_test.c drives the same function. */
#include <stddef.h>
#include <stdint.h>

#include "lake/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Small enough that what a hostile header asks for cannot hide a slow or greedy path. */
static const struct reader_limits fuzz_limits = {
    .group_rows_max = 1 << 16,
    .page_bytes_max = 1 << 20,
    .chunk_bytes_max = 4 << 20,
    .footer_bytes_max = 1 << 20,
};

/* A value's bytes lie in the column's heap. */
static void check_texts(const struct pq_values *values)
{
    unsigned type = values->column->type;
    if (type != PQ_BYTE_ARRAY && type != PQ_FIXED && type != PQ_INT96)
        return;
    for (size_t row = 0; row < values->rows; row++) {
        struct pq_text text = values->cell[row].text;
        TD_ASSERT((uint64_t)text.at + text.bytes <= values->texts.bytes, "text lies in the heap");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct reader *reader = NULL;
    struct pq_values values = {0};
    if (reader_open_memory(data, bytes, &fuzz_limits, &reader) == 0) {
        const struct pq_meta *meta = reader_meta(reader);
        /* A few dozen chunks show as much as thousands. */
        for (uint32_t group = 0; group < meta->group_count && group < 8; group++)
            for (uint32_t column = 0; column < meta->column_count && column < 32; column++)
                if (reader_column(reader, group, column, &values) == 0)
                    check_texts(&values);
    }
    values_free(&values);
    reader_close(reader);
    return 0;
}
