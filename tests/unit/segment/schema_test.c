#include "segment/schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "segment/column_from.h"
#include "test.h"

static const char *const physical_names[] = {
    [COLUMN_BOOLEAN] = "BOOLEAN", [COLUMN_INT32] = "INT32",   [COLUMN_INT64] = "INT64",
    [COLUMN_FLOAT] = "FLOAT",     [COLUMN_DOUBLE] = "DOUBLE", [COLUMN_BYTE_ARRAY] = "BYTE_ARRAY",
    [COLUMN_FIXED] = "FIXED(32)"};
static const char *const logical_names[] = {
    [COLUMN_PLAIN] = "-",     [COLUMN_STRING] = "STRING", [COLUMN_TIMESTAMP_US] = "TIMESTAMP_US",
    [COLUMN_UINT8] = "UINT8", [COLUMN_INT16] = "INT16",   [COLUMN_UINT16] = "UINT16"};

static struct td_str schema_text(char *buffer, size_t cap)
{
    struct td_str str = td_str_on(buffer, cap);
    for (int t = 0; t < ROW_TABLES; t++) {
        const struct table *table = schema_table((enum row_table)t);
        td_str_add_format(&str, "%s\n", table->name);
        for (unsigned c = 0; c < table->column_count; c++) {
            const struct column *column = &table->column[c];
            td_str_add_format(&str, "%d %s %s %s %c\n", column->field_id, column->name,
                              physical_names[column->physical], logical_names[column->logical],
                              column->optional ? 'O' : 'R');
        }
    }
    return str;
}

/* Written down once, from the specification: names, ids, types and nullability never change meaning. A difference is shown at the
   first line that differs; TEST_SCHEMA_PRINT=1 prints the whole for a deliberate addition. */
TEST(columns_are_what_was_promised)
{
    static char now[32768], promised[32768];
    struct td_str text = schema_text(now, sizeof now);
    CHECK(!text.cut);
    if (getenv("TEST_SCHEMA_PRINT"))
        fputs(now, stdout);
    FILE *file = fopen("tests/unit/segment/schema.txt", "r");
    CHECK(file != NULL);
    size_t bytes = fread(promised, 1, sizeof promised - 1, file);
    fclose(file);
    promised[bytes] = 0;
    CHECK_EQ_STR(now, promised);
}

TEST(ids_rise_and_names_are_unique)
{
    for (int t = 0; t < ROW_TABLES; t++) {
        const struct table *table = schema_table((enum row_table)t);
        for (unsigned c = 1; c < table->column_count; c++) {
            CHECK(table->column[c].field_id > table->column[c - 1].field_id);
            for (unsigned d = 0; d < c; d++)
                CHECK(strcmp(table->column[c].name, table->column[d].name) != 0);
        }
    }
}

TEST(tables_are_found_by_name)
{
    CHECK(schema_find("book") == schema_table(ROW_BOOK));
    CHECK(schema_find("instruments") == schema_table(ROW_INSTRUMENTS));
    CHECK(schema_find("clock") == schema_table(ROW_CLOCK));
    CHECK(schema_find("Book") == NULL);
}

TEST(word_lists_match_their_enumerations)
{
    unsigned count;
    CHECK_EQ_STR(schema_words(LIST_GAP_KIND, &count)[TD_GAP_PLANNED], "planned");
    CHECK_EQ_I64(count, TD_GAP_KINDS);
    CHECK_EQ_STR(schema_words(LIST_TICKER_KIND, &count)[TD_TICKER_KIND_LIQUIDATION], "liquidation");
    CHECK_EQ_I64(count, 7);
    CHECK_EQ_STR(schema_words(LIST_BOOK_STATE, &count)[TD_BOOK_BROKEN], "broken");
    CHECK_EQ_STR(schema_words(LIST_BOOK_SIDE, &count)[TD_SIDE_ASK - 1], "ask");
    CHECK_EQ_STR(schema_words(LIST_TAKER, &count)[TD_TAKER_SELL - 1], "sell");
    CHECK_EQ_STR(schema_words(LIST_SOURCE, &count)[TD_ORIGIN_IMPORT], "import");
    CHECK_EQ_STR(schema_words(LIST_GAP_ACTION, &count)[TD_GAP_ACT_RESTART], "restart");
    CHECK_EQ_STR(schema_words(LIST_CHANNEL, &count)[TD_CHANNEL_ALL], "all");
    CHECK_EQ_STR(schema_words(LIST_CLOCK_STATE, &count)[TD_CLOCK_HOLDOVER], "holdover");
    CHECK_EQ_I64(count, 4);
    CHECK_EQ_STR(schema_words(LIST_CLOCK_METHOD, &count)[TD_CLOCK_FLOOR], "floor");
    CHECK_EQ_I64(count, 5);
}
