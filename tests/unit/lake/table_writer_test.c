#include "lake/table_writer.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "lake/reader.h"
#include "lake/segment_info.h"
#include "segment/column_from.h"
#include "test.h"

static const struct column columns[] = {
    {1, "deck", COLUMN_BYTE_ARRAY, COLUMN_STRING, false, 0, FROM_DECK, 0, 0},
    {21, "id", COLUMN_INT64, COLUMN_PLAIN, false, 0, FROM_ROW_I64, 0, 0},
    {22, "price", COLUMN_DOUBLE, COLUMN_PLAIN, true, 0, FROM_ROW_I64, 0, 0},
    {23, "ratio", COLUMN_FLOAT, COLUMN_PLAIN, true, 0, FROM_ROW_I64, 0, 0},
    {24, "word", COLUMN_BYTE_ARRAY, COLUMN_STRING, true, 0, FROM_ROW_I64, 0, 0},
    {25, "flag", COLUMN_BOOLEAN, COLUMN_PLAIN, false, 0, FROM_ROW_I64, 0, 0},
    {26, "side", COLUMN_BYTE_ARRAY, COLUMN_STRING, true, 0, FROM_ROW_ENUM, 0, LIST_BOOK_SIDE},
    {27, "count", COLUMN_INT32, COLUMN_PLAIN, true, 0, FROM_ROW_I64, 0, 0},
};
static const struct table table = {"things", 0, sizeof columns / sizeof columns[0], columns};

static struct table_writer_params params_of(const char *folder)
{
    return (struct table_writer_params){.table = &table,
                                        .folder = folder,
                                        .name = "a.parquet",
                                        .deck = "deck1",
                                        .exchange = "x",
                                        .symbol = "A-B",
                                        .config_hash = "",
                                        .price_scale = 3,
                                        .size_scale = 4,
                                        .memory = 1};
}

enum { ROWS = 2000 }; /* several groups of the least size */

static void put_row(struct table_writer *w, int i)
{
    char word[16];
    int bytes = snprintf(word, sizeof word, "w%d", i % 700);
    table_put_whole(w, 1, i * INT64_C(1000000007));
    if (i % 3)
        table_put_real(w, 2, i / 8.0);
    table_put_real(w, 3, i % 5 ? i / 3.0 : NAN);
    if (i % 2)
        table_put_text(w, 4, word, (size_t)bytes);
    table_put_whole(w, 5, i % 4 == 0);
    if (i % 7)
        table_put_whole(w, 6, i % 2);
    if (i > 1500)
        table_put_whole(w, 7, i - 3000);
    CHECK_EQ_I64(table_end_row(w, (uint64_t)(100 + i)), 0);
}

static void check_group(struct reader *reader, uint32_t group, int first)
{
    struct pq_values values[8] = {{0}};
    for (uint32_t c = 0; c < 8; c++)
        CHECK_EQ_I64(reader_column(reader, group, c, &values[c]), 0);
    for (size_t r = 0; r < values[0].rows; r++) {
        int i = first + (int)r;
        char word[16];
        int bytes = snprintf(word, sizeof word, "w%d", i % 700);
        CHECK_EQ_I64(values[1].cell[r].i, i * INT64_C(1000000007));
        CHECK_EQ_I64(values[2].valid[r], i % 3 != 0);
        if (i % 3)
            CHECK_EQ_F64(values[2].cell[r].f, i / 8.0);
        CHECK_EQ_I64(values[3].valid[r], i % 5 != 0);
        if (i % 5)
            CHECK_EQ_F64(values[3].cell[r].f, (double)(float)(i / 3.0));
        CHECK_EQ_I64(values[4].valid[r], i % 2);
        if (i % 2) {
            CHECK_EQ_U64(values[4].cell[r].text.bytes, (uint64_t)bytes);
            CHECK_EQ_MEM(values[4].heap + values[4].cell[r].text.at, word, (size_t)bytes);
        }
        CHECK_EQ_I64(values[5].cell[r].i, i % 4 == 0);
        CHECK_EQ_I64(values[6].valid[r], i % 7 != 0);
        CHECK_EQ_I64(values[7].valid[r], i > 1500);
    }
    for (int c = 0; c < 8; c++)
        values_free(&values[c]);
}

TEST(what_was_put_is_read_back)
{
    char path[512];
    const char *folder = test_tmpdir();
    struct table_writer_params params = params_of(folder);
    struct table_writer *w;
    struct reader *reader;
    int64_t bytes, number;
    CHECK_EQ_I64(table_writer_open(&w, &params), 0);
    for (int i = 0; i < ROWS; i++)
        put_row(w, i);
    CHECK_EQ_U64(table_rows(w), ROWS);
    CHECK_EQ_I64(table_writer_close(w, &bytes), 0);
    snprintf(path, sizeof path, "%s/a.parquet", folder);
    CHECK_EQ_I64(reader_open(path, NULL, &reader), 0);
    const struct pq_meta *meta = reader_meta(reader);
    CHECK_EQ_I64(meta->rows, ROWS);
    CHECK_EQ_I64(reader_bytes(reader), bytes);
    CHECK(meta->group_count > 2);
    CHECK_EQ_I64(meta->column[3].field_id, 23);
    CHECK_EQ_I64(segment_price_scale(meta), 3);
    CHECK(segment_number(meta, "journal_first_frame", &number));
    CHECK_EQ_I64(number, 100);
    CHECK(segment_number(meta, "journal_last_frame", &number));
    CHECK_EQ_I64(number, 100 + ROWS - 1);
    int first = 0;
    for (uint32_t g = 0; g < meta->group_count; g++) {
        check_group(reader, g, first);
        first += (int)meta->group[g].rows;
    }
    reader_close(reader);
}

TEST(long_texts_fill_groups_of_their_own)
{
    char path[512], text[256];
    const char *folder = test_tmpdir();
    struct table_writer_params params = params_of(folder);
    struct table_writer *w;
    struct reader *reader;
    struct pq_values values = {0};
    params.name = "long.parquet";
    params.memory = 64 << 20;
    CHECK_EQ_I64(table_writer_open(&w, &params), 0);
    for (int i = 0; i < 5000; i++) {
        memset(text, 'a' + i % 26, sizeof text);
        snprintf(text, 16, "%015d", i);
        table_put_whole(w, 1, i);
        table_put_whole(w, 5, 0);
        table_put_text(w, 4, text, sizeof text);
        CHECK_EQ_I64(table_end_row(w, 1), 0);
    }
    CHECK_EQ_I64(table_writer_close(w, NULL), 0);
    snprintf(path, sizeof path, "%s/long.parquet", folder);
    CHECK_EQ_I64(reader_open(path, NULL, &reader), 0);
    int row = 0;
    for (uint32_t g = 0; g < reader_meta(reader)->group_count; g++) {
        CHECK_EQ_I64(reader_column(reader, g, 4, &values), 0);
        for (size_t r = 0; r < values.rows; r++, row++) {
            memset(text, 'a' + row % 26, sizeof text);
            snprintf(text, 16, "%015d", row);
            CHECK_EQ_U64(values.cell[r].text.bytes, sizeof text);
            CHECK_EQ_MEM(values.heap + values.cell[r].text.at, text, sizeof text);
        }
    }
    CHECK_EQ_I64(row, 5000);
    values_free(&values);
    reader_close(reader);
}

TEST(a_file_that_is_dropped_leaves_nothing)
{
    char path[512];
    const char *folder = test_tmpdir();
    struct table_writer_params params = params_of(folder);
    struct table_writer *w;
    params.name = "gone.parquet";
    CHECK_EQ_I64(table_writer_open(&w, &params), 0);
    put_row(w, 1);
    snprintf(path, sizeof path, "%s/_gone.parquet.tmp", folder);
    CHECK_EQ_I64(access(path, F_OK), 0);
    table_writer_drop(w);
    CHECK(access(path, F_OK) != 0);
    snprintf(path, sizeof path, "%s/gone.parquet", folder);
    CHECK(access(path, F_OK) != 0);
}

TEST(a_folder_that_cannot_be_made_is_said)
{
    struct table_writer_params params = params_of("/dev/null/x");
    struct table_writer *w;
    CHECK(table_writer_open(&w, &params) < 0);
    CHECK(w == NULL);
}
