#include "proxy/record.h"

#include "test.h"

/* How many middles the bytes have, and the place of the first. */
static int middles(struct record *record, const uint8_t *data, size_t bytes, size_t *first)
{
    int found = 0;
    for (size_t i = 0; i < bytes; i++)
        if (record_take(record, data[i]) && found++ == 0)
            *first = i;
    return found;
}

TEST(the_middle_of_a_data_record_is_told_once)
{
    struct record record = {0};
    uint8_t data[] = {23, 3, 3, 0, 4, 'a', 'b', 'c', 'd', 23, 3, 3, 0, 1, 'e'};
    size_t first = 0;
    CHECK_EQ_I64(middles(&record, data, sizeof data, &first), 2);
    CHECK_EQ_I64(first, 6);
    CHECK_EQ_I64(record.at, 0);
}

TEST(records_of_other_types_and_empty_ones_have_none)
{
    struct record record = {0};
    uint8_t data[] = {22, 3, 3, 0, 2, 1,  2, 23, 3, 3, 0, 0, 20,
                      3,  3, 0, 1, 1, 23, 3, 3,  0, 2, 7, 8};
    size_t first = 0;
    CHECK_EQ_I64(middles(&record, data, sizeof data, &first), 1);
    CHECK_EQ_I64(first, 23);
}

TEST(the_longest_record_is_counted_to_its_end)
{
    struct record record = {0};
    size_t first = 0;
    static uint8_t data[RECORD_HEAD + 0xffff] = {23, 3, 3, 0xff, 0xff};
    CHECK_EQ_I64(middles(&record, data, sizeof data, &first), 1);
    CHECK_EQ_I64(first, RECORD_HEAD + 0x8000 - 1);
    CHECK_EQ_I64(record.at, 0);
}
