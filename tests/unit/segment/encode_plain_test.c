#include "segment/encode.h"

#include "test.h"

TEST(numbers_stand_as_in_memory)
{
    uint64_t value[3] = {1, UINT64_MAX, UINT64_C(0x0102030405060708)};
    unsigned char out[24];
    CHECK_EQ_U64(encode_plain_64(value, 3, out), 24);
    CHECK_EQ_MEM(out, value, 24);
    CHECK_EQ_U64(encode_plain_32(value, 3, out), 12);
    CHECK_EQ_MEM(out, "\x01\0\0\0\xFF\xFF\xFF\xFF\x08\x07\x06\x05", 12);
}

TEST(booleans_are_bits_lowest_first)
{
    uint64_t value[10] = {1, 0, 1, 1, 0, 0, 0, 1, 0, 1};
    unsigned char out[2] = {0xAA, 0xAA};
    CHECK_EQ_U64(encode_plain_bits(value, 10, out), 2);
    CHECK_EQ_I64(out[0], 0x8D);
    CHECK_EQ_I64(out[1], 0x02);
    CHECK_EQ_U64(encode_plain_bits(value, 0, out), 0);
}
