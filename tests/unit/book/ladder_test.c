/* Where the ladder stands, and what becomes of its window, seen through the book. */
#include "book/ladder.h"

#include "rig.h"

/* Levels off the unit behind the thousand that decide it: the window moves over them both ways. */
TEST(dust_in_the_window)
{
    struct rig rig = rig_new(60000, 19);

    for (int64_t i = 0; i < 3000; i++) {
        rig_set(&rig, TD_SIDE_ASK, i * 10, 1 + i);
        rig_set(&rig, TD_SIDE_ASK, 20000 + i * 101, 2);
    }
    book_settle(rig.book);
    model_check(rig.model, rig.book);
    for (int64_t i = 0; i < 2900; i++)
        rig_set(&rig, TD_SIDE_ASK, i * 10, 0);
    book_settle(rig.book);
    model_check(rig.model, rig.book);
    for (int64_t i = 0; i < 20000; i++) {
        rig_set(&rig, TD_SIDE_ASK, -i * 30, 3);
        model_check_touch(rig.model, rig.book);
    }
    rig_delete(&rig);
}

TEST(window_at_each_end)
{
    const int64_t from[] = {INT64_MIN,        INT64_MIN + 5, INT64_MAX - 9000,
                            INT64_MAX - 2999, -1500,         INT64_MAX - 3000 * 7};

    for (size_t k = 0; k < sizeof(from) / sizeof(*from); k++) {
        struct rig rig = rig_new(20000, 9);
        int64_t unit = k == 5 ? 7 : 1;
        for (int64_t i = 0; i < 3000; i++) {
            rig_set(&rig, TD_SIDE_ASK, from[k] + i * unit, 1 + i);
            rig_set(&rig, TD_SIDE_BID, from[k] + i * unit, 2 + i);
        }
        book_settle(rig.book);
        model_check(rig.model, rig.book);
        for (int64_t i = 0; i < 2500; i++) {
            rig_set(&rig, TD_SIDE_ASK, from[k] + i * unit, 0);
            rig_set(&rig, TD_SIDE_BID, from[k] + (2999 - i) * unit, 0);
            model_check_touch(rig.model, rig.book);
        }
        rig_delete(&rig);
    }
}

/* ---- rescale ----------------------------------------------------------------------------- */

static void check_rescale(struct rig *rig, int64_t price_factor, int64_t size_factor)
{
    CHECK_EQ_I64(book_rescale(rig->book, price_factor, size_factor), 0);
    for (int side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        for (uint32_t i = 0; i < rig->model->side[side].count; i++) {
            rig->model->side[side].level[i].price_steps *= price_factor;
            rig->model->side[side].level[i].size_steps *= size_factor;
        }
    }
    model_check(rig->model, rig->book);
}

/* Levels fit, the window around them does not: 3,000 ticks under the largest price that may be
 * multiplied. */
TEST(rescale_to_the_end_of_int64)
{
    for (int negative = 0; negative < 2; negative++) {
        struct rig rig = rig_new(20000, 10);
        int64_t largest = INT64_MAX / 1000, sign = negative ? -1 : 1;
        for (int64_t i = 0; i < 3000; i++) {
            rig_set(&rig, TD_SIDE_ASK, sign * (largest - i), 1 + i);
            rig_set(&rig, TD_SIDE_BID, sign * (largest - i), 1 + i);
        }
        book_settle(rig.book);
        CHECK(book_rescale(rig.book, 1001, 1) == TD_E_OVERFLOW);
        model_check(rig.model, rig.book);
        check_rescale(&rig, 1000, 7);
        for (int64_t i = 0; i < 3000; i += 2)
            CHECK(rig_set(&rig, TD_SIDE_ASK, sign * (largest - i) * 1000, 0) == BOOK_DELETED);
        rig_delete(&rig);
    }
}

/* Keys between chunks outlive their levels: deleting the far ends must leave a tree that can still
 * be multiplied. */
TEST(rescale_after_far_ends_went)
{
    struct rig rig = rig_new(40000, 11);

    for (int64_t i = 0; i < 9000; i++) {
        rig_set(&rig, TD_SIDE_ASK, (i - 4500) * (INT64_MAX / 5000), 1);
        rig_set(&rig, TD_SIDE_BID, (i - 4500) * (INT64_MAX / 5000), 1);
    }
    for (int64_t i = 0; i < 9000; i++) {
        if (i >= 4480 && i < 4520)
            continue;
        rig_set(&rig, TD_SIDE_ASK, (i - 4500) * (INT64_MAX / 5000), 0);
        rig_set(&rig, TD_SIDE_BID, (i - 4500) * (INT64_MAX / 5000), 0);
    }
    check_rescale(&rig, 200, 1);
    rig_delete(&rig);
}

TEST(rescale_of_little)
{
    struct rig rig = rig_new(100, 12);

    CHECK_EQ_I64(book_rescale(rig.book, INT64_MAX, INT64_MAX), 0);
    rig_set(&rig, TD_SIDE_BID, -1, 1);
    rig_set(&rig, TD_SIDE_ASK, 1, 1);
    check_rescale(&rig, INT64_MAX, INT64_MAX);
    CHECK(book_rescale(rig.book, 2, 1) == TD_E_OVERFLOW);
    CHECK(book_rescale(rig.book, 1, 2) == TD_E_OVERFLOW);
    model_check(rig.model, rig.book);
    rig_delete(&rig);
}

/* A window that stands where nothing is left. */
TEST(rescale_of_an_empty_window)
{
    struct rig rig = rig_new(1000, 20);

    for (int64_t i = 0; i < 10; i++)
        rig_set(&rig, TD_SIDE_ASK, INT64_MAX / 2 + i, 1);
    book_settle(rig.book);
    for (int64_t i = 0; i < 10; i++)
        rig_set(&rig, TD_SIDE_ASK, INT64_MAX / 2 + i, 0);
    rig_set(&rig, TD_SIDE_ASK, 5, 1);
    check_rescale(&rig, 1000, 1);
    rig_set(&rig, TD_SIDE_ASK, INT64_MAX / 2, 1);
    rig_delete(&rig);
}

/* One level left in a window whose unit cannot be multiplied. */
TEST(rescale_of_one_level_in_a_wide_window)
{
    struct rig rig = rig_new(1000, 13);
    int64_t unit = INT64_C(1) << 48;

    for (int64_t i = 0; i < 10; i++) {
        rig_set(&rig, TD_SIDE_BID, i * unit, 1);
        rig_set(&rig, TD_SIDE_ASK, i * unit, 1);
    }
    book_settle(rig.book);
    for (int64_t i = 1; i < 10; i++) {
        rig_set(&rig, TD_SIDE_BID, i * unit, 0);
        rig_set(&rig, TD_SIDE_ASK, i * unit, 0);
    }
    check_rescale(&rig, INT64_C(1) << 20, 1);
    rig_set(&rig, TD_SIDE_ASK, 12345, 6);
    rig_set(&rig, TD_SIDE_ASK, 0, 0);
    rig_delete(&rig);
}
