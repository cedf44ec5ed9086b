#include "test.h"

#include "base/hash.h"

/* Stored in files: these values never change. */
TEST(values_are_fixed)
{
    CHECK_EQ_U64(td_hash64("", 0, 0), UINT64_C(0xE37F0B0518F7BF2E));
    CHECK_EQ_U64(td_hash64("123456789", 9, 1), UINT64_C(0x2B47B665D3BA129D));
}

TEST(each_bit_and_length_counts)
{
    unsigned char text[24] = "twenty-four bytes of it";
    for (size_t bytes = 1; bytes <= sizeof text; bytes++) {
        uint64_t whole = td_hash64(text, bytes, 0);
        CHECK(whole != td_hash64(text, bytes - 1, 0));
        CHECK(whole != td_hash64(text, bytes, 1));
        for (size_t bit = 0; bit < bytes * 8; bit++) {
            text[bit / 8] ^= (unsigned char)(1 << bit % 8);
            CHECK(whole != td_hash64(text, bytes, 0));
            text[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
    }
}

TEST(zeros_of_different_length_differ)
{
    static const unsigned char zeros[64];
    for (size_t a = 0; a <= sizeof zeros; a++)
        for (size_t b = 0; b < a; b++)
            CHECK(td_hash64(zeros, a, 0) != td_hash64(zeros, b, 0));
}

/* Neighbouring keys spread over a table: 4,096 keys in 4,096 places leave about 1/e of them empty.
 */
TEST(keys_spread)
{
    static unsigned char used[4096];
    unsigned filled = 0;
    for (uint64_t key = 0; key < 4096; key++) {
        unsigned place = td_hash_u64(key * 100) & 4095;
        filled += !used[place];
        used[place] = 1;
    }
    CHECK(filled > 2400 && filled < 2800);
}
