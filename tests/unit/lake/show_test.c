#include "lake/show.h"

#include <stdlib.h>

#include "test.h"

static const char *shown_double(double value)
{
    static char out[SHOW_NUMBER_MAX];
    size_t bytes = show_double(value, out);
    CHECK_EQ_U64(bytes, strlen(out));
    return out;
}

TEST(doubles_are_the_shortest_plain_digits)
{
    CHECK_EQ_STR(shown_double(0), "0");
    CHECK_EQ_STR(shown_double(0.1), "0.1");
    CHECK_EQ_STR(shown_double(-64123.45), "-64123.45");
    CHECK_EQ_STR(shown_double(0.00000001), "0.00000001");
    CHECK_EQ_STR(shown_double(6e12), "6000000000000");
    CHECK_EQ_STR(shown_double(12345678912.34), "12345678912.34");
    CHECK_EQ_STR(shown_double(4503599627370.497), "4503599627370.497");
    CHECK_EQ_STR(shown_double(1.0 / 0.0), "inf");
}

TEST(doubles_read_back_bit_for_bit)
{
    uint64_t state = 12345;
    for (int i = 0; i < 20000; i++) {
        double value, back;
        state = state * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &state, 8);
        if (value != value || value - value != 0)
            continue;
        back = strtod(shown_double(value), NULL);
        CHECK_EQ_F64(back, value);
    }
}

/* A column of one cell, shown. */
static const char *cell(enum show_format format, struct pq_column column, union pq_cell value,
                        bool valid, const char *heap, struct show_column how)
{
    static char out[512];
    uint8_t validity = valid;
    struct pq_values values = {.column = &column,
                               .rows = 1,
                               .cell = &value,
                               .valid = &validity,
                               .heap = (const uint8_t *)heap};
    how.values = &values;
    memset(out, 0, sizeof out);
    FILE *stream = fmemopen(out, sizeof out, "w");
    CHECK(stream != NULL);
    show_cell(stream, format, &how, 0, 0);
    fclose(stream);
    return out;
}

TEST(steps_give_every_digit_back)
{
    struct pq_column column = {.name = "price", .type = PQ_DOUBLE};
    struct show_column scaled = {.scale = 8};
    CHECK_EQ_STR(cell(SHOW_CSV, column, (union pq_cell){.f = 0.00023456}, true, "", scaled),
                 "0.00023456");
    CHECK_EQ_STR(
        cell(SHOW_JSONL, column, (union pq_cell){.f = 44999999.12345678}, true, "", scaled),
        "44999999.12345678");
    scaled.quoted = true;
    CHECK_EQ_STR(cell(SHOW_JSONL, column, (union pq_cell){.f = 0.5}, true, "", scaled), "\"0.5\"");
    CHECK_EQ_STR(cell(SHOW_JSONL, column, (union pq_cell){.f = 0.0 / 0.0}, true, "", scaled),
                 "null");
}

TEST(null_is_dash_nothing_or_null)
{
    struct pq_column column = {.name = "seq", .type = PQ_INT64};
    struct show_column how = {.scale = SHOW_NO_SCALE};
    union pq_cell zero = {.i = 0};
    CHECK_EQ_STR(cell(SHOW_TEXT, column, zero, false, "", how), "-");
    CHECK_EQ_STR(cell(SHOW_CSV, column, zero, false, "", how), "");
    CHECK_EQ_STR(cell(SHOW_JSONL, column, zero, false, "", how), "null");
}

TEST(words_are_escaped_for_where_they_go)
{
    struct pq_column column = {.name = "note", .type = PQ_BYTE_ARRAY, .logical = PQ_STRING};
    struct show_column how = {.scale = SHOW_NO_SCALE};
    const char *words = "a\"\x1b[31m,\xff\xc3\xbc";
    union pq_cell value = {.text = {0, (uint32_t)strlen(words)}};
    CHECK_EQ_STR(cell(SHOW_TEXT, column, value, true, words, how), "a\"\\x1b[31m,\\xff\xc3\xbc");
    CHECK_EQ_STR(cell(SHOW_JSONL, column, value, true, words, how),
                 "\"a\\\"\\u001b[31m,\\ufffd\xc3\xbc\"");
    CHECK_EQ_STR(cell(SHOW_CSV, column, value, true, words, how), "\"a\"\"\x1b[31m,\xff\xc3\xbc\"");
    value.text.bytes = 0;
    CHECK_EQ_STR(cell(SHOW_CSV, column, value, true, words, how), "\"\"");
}

TEST(times_are_iso_in_microseconds)
{
    char out[SHOW_NUMBER_MAX];
    show_time_us(INT64_C(1789966798030001), out);
    CHECK_EQ_STR(out, "2026-09-21T04:59:58.030001Z");
    show_time_us(INT64_MAX, out);
    CHECK_EQ_STR(out, "9223372036854775807");
}
