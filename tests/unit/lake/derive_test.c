#include "lake/derive.h"

#include "lake/window_columns.h"
#include "test.h"

TEST(lists_of_numbers)
{
    int out[3];
    CHECK_EQ_U64(derive_numbers("x", NULL, "60,300,900", 3600, 3, out), 3);
    CHECK_EQ_I64(out[0], 60);
    CHECK_EQ_I64(out[2], 900);
    CHECK_EQ_U64(derive_numbers("x", "3600", "60", 3600, 3, out), 1);
    CHECK_EQ_I64(out[0], 3600);
}

TEST(what_is_no_such_list)
{
    static const char *const bad[] = {"",  "0",      "-5",  "60,60",   "300,60", "3601",
                                      "a", "60,,90", "6 0", "1,2,3,4", "1.5"};
    int out[3];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQ_U64(derive_numbers("x", bad[i], "60", 3600, 3, out), 0);
}

/* Ids follow from the window alone, so that files of other windows can stand beside each other. */
TEST(window_columns_keep_their_ids)
{
    static const struct column fixed[] = {{21, "a", COLUMN_INT64, COLUMN_PLAIN, false, 0, 0, 0, 0}};
    static const struct table table = {"t", 0, 1, fixed};
    static const struct window_column each[] = {{"vwap_", COLUMN_DOUBLE}, {"n_", COLUMN_INT64}};
    static struct window_columns all, some;
    const int three[] = {60, 300, 900}, other[] = {7, 300};
    window_columns_set(&all, &table, each, 2, three, 3);
    window_columns_set(&some, &table, each, 2, other, 2);
    CHECK_EQ_U64(all.table.column_count, 7);
    CHECK_EQ_STR(all.table.column[1].name, "vwap_60s");
    CHECK_EQ_STR(all.table.column[4].name, "n_300s");
    CHECK_EQ_I64(all.table.column[4].field_id, some.table.column[4].field_id);
    CHECK_EQ_I64(some.table.column[1].field_id, 2056);
    CHECK_EQ_STR(some.table.column[1].name, "vwap_7s");
}
