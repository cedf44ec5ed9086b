#include "lake/verb.h"
#include "wide.h"

static struct wide_told told;

TEST(both_tables_are_as_the_schema_says)
{
    for (int compat = 0; compat < 2; compat++) {
        struct rig rig;
        wide_open(&rig, NULL, compat);
        sample_features(rig.groups, wide_streams(&rig, ROW_FEATURES), 1000);
        sample_predictions(rig.groups, wide_streams(&rig, ROW_PREDICTIONS), 500);
        struct verify v = wide_verify(&rig, &told);
        CHECK_EQ_STR(told.text, "");
        CHECK_EQ_I64(v.rows, 1500);
    }
}

/* Any of the listed columns may be off, the first, the last, whole sets: the rest keeps its order. */
TEST(columns_that_are_off_are_absent)
{
    struct feature_mask on = {{0}};
    struct rig rig;
    for (unsigned f = 0; f < FEATURES; f++)
        if (f % 5 != 0 && f + 1 < FEATURES && feature_at(f)->set != FEATURE_SET_LEVELS)
            feature_mask_add(&on, f);
    wide_open(&rig, &on, false);
    sample_features(rig.groups, wide_streams(&rig, ROW_FEATURES), 100);
    wide_verify(&rig, &told);
    CHECK_EQ_STR(told.text, "");
}

TEST(no_feature_at_all_is_a_file_of_heads)
{
    struct feature_mask on = {{0}};
    struct rig rig;
    wide_open(&rig, &on, false);
    sample_features(rig.groups, wide_streams(&rig, ROW_FEATURES), 10);
    struct verify v = wide_verify(&rig, &told);
    CHECK_EQ_STR(told.text, "");
    CHECK_EQ_I64(v.rows, 10);
}

/* One file's column list, changed as a broken writer might: verify_schema is fed by hand. */
static void check_changed(uint32_t count, struct pq_column *column, const char *expected)
{
    struct verify v = {.tell = wide_hear, .ctx = &told};
    struct pq_meta meta = {.column_count = count, .column = column};
    struct verify_file f = {
        .v = &v, .path = "x", .meta = &meta, .table = schema_table(ROW_FEATURES)};
    told.text[0] = 0;
    verify_schema(&f);
    if (expected)
        CHECK(strstr(told.text, expected) != NULL);
    else
        CHECK_EQ_STR(told.text, "");
}

static uint32_t columns_as_declared(struct pq_column *column)
{
    const struct table *table = schema_table(ROW_FEATURES);
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct column *c = &table->column[i];
        bool text = c->logical == COLUMN_STRING, time = c->logical == COLUMN_TIMESTAMP_US;
        bool whole = c->logical >= COLUMN_UINT8, is_signed = c->logical == COLUMN_INT16;
        column[i] = (struct pq_column){.name = c->name,
                                       .type = c->physical,
                                       .optional = c->optional,
                                       .has_field_id = true,
                                       .field_id = c->field_id,
                                       .has_logical = text || time || whole,
                                       .has_converted = text || time || whole,
                                       .utc = time,
                                       .unit_ns = 1000,
                                       .is_signed = is_signed,
                                       .logical = text    ? PQ_STRING
                                                  : time  ? PQ_TIMESTAMP
                                                  : whole ? PQ_INTEGER
                                                          : PQ_PLAIN,
                                       .bits = c->logical == COLUMN_UINT8 ? 8 : 16,
                                       .converted = text                         ? 0
                                                    : time                       ? 10
                                                    : is_signed                  ? 16
                                                    : c->logical == COLUMN_UINT8 ? 11
                                                                                 : 12};
    }
    return table->column_count;
}

TEST(what_is_not_a_subset_in_order_is_told)
{
    static struct pq_column column[FEATURES + 32];
    uint32_t count = columns_as_declared(column);
    check_changed(count, column, NULL);
    check_changed(count - 20, column, NULL); /* the last ones off */
    check_changed(10, column, "10 columns instead of ");
    struct pq_column first = column[30];
    column[30] = column[31];
    column[31] = first;
    check_changed(count, column, "columns instead of");
    columns_as_declared(column);
    column[7].name = "ts_other";
    check_changed(count, column, "column ts_other stands where ts_recv belongs");
    columns_as_declared(column);
    column[40].type = PQ_FLOAT;
    check_changed(count, column, "has type FLOAT");
    columns_as_declared(column);
    column[count - 1].name = "surplus";
    check_changed(count, column, "columns instead of");
}
