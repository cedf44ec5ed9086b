#include "lake/unthrift.h"

#include "test.h"

TEST(fields_by_delta_and_by_number)
{
    /* 1: i32 -3 · 3: true · 100 (long form): "hi" · stop */
    const uint8_t data[] = {0x15, 5, 0x21, 0x08, 0xc8, 1, 2, 'h', 'i', 0};
    struct unthrift t = unthrift_over(data, sizeof data);
    struct unthrift_field field = {0};
    unthrift_enter(&t);
    CHECK(unthrift_next(&t, &field));
    CHECK_EQ_I64(unthrift_i32(&t, &field), -3);
    CHECK(unthrift_next(&t, &field));
    CHECK_EQ_I64(field.id, 3);
    CHECK(unthrift_bool(&t, &field));
    CHECK(unthrift_next(&t, &field));
    CHECK_EQ_I64(field.id, 100);
    struct unthrift_bytes text = unthrift_binary(&t, &field);
    CHECK_EQ_U64(text.bytes, 2);
    CHECK_EQ_MEM(text.at, "hi", 2);
    CHECK(!unthrift_next(&t, &field));
    unthrift_leave(&t);
    CHECK_EQ_I64(t.err, 0);
}

static td_err skip_all(const uint8_t *data, size_t bytes)
{
    struct unthrift t = unthrift_over(data, bytes);
    struct unthrift_field field = {0};
    unthrift_enter(&t);
    while (unthrift_next(&t, &field))
        unthrift_skip(&t, &field);
    unthrift_leave(&t);
    return t.err;
}

TEST(structs_nested_without_end_are_refused)
{
    uint8_t data[100000];
    memset(data, 0x1c, sizeof data); /* field of type struct, in itself, and again */
    CHECK_EQ_I64(skip_all(data, sizeof data), TD_E_PARQUET);
    memset(data, 0x19, sizeof data); /* lists of lists */
    CHECK_EQ_I64(skip_all(data, sizeof data), TD_E_PARQUET);
}

TEST(counts_beyond_the_bytes_are_refused)
{
    const uint8_t list[] = {0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f, 0};
    const uint8_t text[] = {0x18, 0xff, 0xff, 0xff, 0xff, 0x0f, 0};
    const uint8_t map[] = {0x1b, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x55, 0};
    CHECK_EQ_I64(skip_all(list, sizeof list), TD_E_PARQUET);
    CHECK_EQ_I64(skip_all(text, sizeof text), TD_E_PARQUET);
    CHECK_EQ_I64(skip_all(map, sizeof map), TD_E_PARQUET);
}

TEST(a_field_of_another_type_is_refused)
{
    const uint8_t data[] = {0x18, 0, 0};
    struct unthrift t = unthrift_over(data, sizeof data);
    struct unthrift_field field = {0};
    CHECK(unthrift_next(&t, &field));
    CHECK_EQ_I64(unthrift_i32(&t, &field), 0);
    CHECK_EQ_I64(t.err, TD_E_PARQUET);
    CHECK(!unthrift_next(&t, &field));
}

TEST(every_cut_is_an_error)
{
    const uint8_t data[] = {0x15, 5, 0x18, 2, 'h', 'i', 0x1c, 0x15, 2, 0,
                            0x17, 1, 2,    3, 4,   5,   6,    7,    8, 0};
    CHECK_EQ_I64(skip_all(data, sizeof data), 0);
    for (size_t cut = 0; cut < sizeof data; cut++)
        CHECK_EQ_I64(skip_all(data, cut), TD_E_PARQUET);
}
