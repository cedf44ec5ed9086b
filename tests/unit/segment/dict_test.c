#include "segment/dict.h"

#include <stdlib.h>

#include "segment_rig.h"
#include "test.h"

enum { ROWS = 5000 };

static double as_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

TEST(numbers_are_sorted_and_every_row_finds_its_own)
{
    static uint64_t value[ROWS];
    struct dict dict;
    void *mem = rig_memory(dict_footprint(ROWS));
    dict_init(&dict, mem, ROWS);
    for (int order = DICT_SIGNED; order <= DICT_DOUBLE; order++) {
        for (int i = 0; i < ROWS; i++) {
            double number = (i * 7919 % 1201 - 600) * 0.25;
            if (order == DICT_DOUBLE)
                memcpy(&value[i], &number, 8);
            else
                value[i] = (uint64_t)(int64_t)(number * 4000000);
        }
        CHECK(dict_numbers(&dict, value, ROWS, (enum dict_order)order, ROWS));
        CHECK_EQ_U64(dict.count, 1201);
        for (uint32_t i = 1; i < dict.count; i++)
            CHECK(order == DICT_DOUBLE ? as_double(dict.key[i - 1]) < as_double(dict.key[i])
                                       : (int64_t)dict.key[i - 1] < (int64_t)dict.key[i]);
        for (int i = 0; i < ROWS; i++)
            CHECK_EQ_U64(dict.key[dict.id[i]], value[i]);
        CHECK(!dict_numbers(&dict, value, ROWS, (enum dict_order)order, 1200));
        CHECK(dict_numbers(&dict, value, ROWS, (enum dict_order)order, 1201));
    }
    free(mem);
}

TEST(one_value_and_all_different)
{
    static uint64_t value[ROWS];
    struct dict dict;
    void *mem = rig_memory(dict_footprint(ROWS));
    dict_init(&dict, mem, ROWS);
    for (int i = 0; i < ROWS; i++)
        value[i] = 77;
    CHECK(dict_numbers(&dict, value, ROWS, DICT_SIGNED, 1));
    CHECK_EQ_U64(dict.count, 1);
    CHECK_EQ_U64(dict.key[0], 77);
    for (int i = 0; i < ROWS; i++)
        value[i] = (uint64_t)(ROWS - i) << 40;
    CHECK(dict_numbers(&dict, value, ROWS, DICT_SIGNED, ROWS));
    CHECK_EQ_U64(dict.count, ROWS);
    CHECK_EQ_U64(dict.id[0], ROWS - 1);
    CHECK(!dict_numbers(&dict, value, 0, DICT_SIGNED, 1));
    free(mem);
}

TEST(small_values_need_no_hash)
{
    uint64_t value[6] = {255, 0, 3, 3, 255, 0};
    struct dict dict;
    void *mem = rig_memory(dict_footprint(64));
    dict_init(&dict, mem, 64);
    dict_small(&dict, value, 6);
    CHECK_EQ_U64(dict.count, 3);
    CHECK_EQ_U64(dict.key[2], 255);
    CHECK_EQ_U64(dict.id[0], 2);
    CHECK_EQ_U64(dict.id[2], 1);
    free(mem);
}
