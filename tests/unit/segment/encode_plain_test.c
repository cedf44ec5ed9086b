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

TEST(floats_are_narrowed_and_bytes_of_reals_split)
{
    double value[2] = {1.0, -2.5};
    uint64_t bits[2];
    unsigned char out[16];
    memcpy(bits, value, sizeof bits);
    CHECK_EQ_U64(encode_plain_floats(bits, 2, out), 8);
    CHECK_EQ_MEM(out, "\0\0\x80\x3F\0\0\x20\xC0", 8);
    CHECK_EQ_U64(encode_split(bits, 2, 4, out), 8);
    CHECK_EQ_MEM(out, "\0\0\0\0\x80\x20\x3F\xC0", 8);
    CHECK_EQ_U64(encode_split(bits, 2, 8, out), 16);
    CHECK_EQ_MEM(out, "\0\0\0\0\0\0\0\0\0\0\0\0\xF0\x04\x3F\xC0", 16);
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
