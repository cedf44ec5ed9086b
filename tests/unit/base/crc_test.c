#include "test.h"

#include "base/crc.h"

static uint32_t bit_by_bit(uint32_t polynomial, const unsigned char *at, size_t bytes)
{
    uint32_t sum = ~0u;
    for (; bytes; at++, bytes--) {
        sum ^= *at;
        for (int bit = 0; bit < 8; bit++)
            sum = (sum >> 1) ^ (sum & 1 ? polynomial : 0);
    }
    return ~sum;
}

static unsigned char noise[600];

static void make_noise(void)
{
    uint32_t state = 12345;
    for (size_t i = 0; i < sizeof noise; i++) {
        state = state * 1664525 + 1013904223;
        noise[i] = (unsigned char)(state >> 24);
    }
}

TEST(check_values)
{
    CHECK_EQ_U64(td_crc32(0, "123456789", 9), 0xCBF43926);
    CHECK_EQ_U64(td_crc32c(0, "123456789", 9), 0xE3069283);
    CHECK_EQ_U64(td_crc32c_portable(0, "123456789", 9), 0xE3069283);
    CHECK_EQ_U64(td_crc32(0, "", 0), 0);
    CHECK_EQ_U64(td_crc32c(0, "", 0), 0);
}

/* Every length around the eight-byte steps, at every alignment. */
TEST(equal_to_bit_by_bit)
{
    make_noise();
    for (size_t start = 0; start < 8; start++)
        for (size_t bytes = 0; bytes < 80; bytes++) {
            const unsigned char *at = noise + start;
            CHECK_EQ_U64(td_crc32(0, at, bytes), bit_by_bit(0xEDB88320u, at, bytes));
            CHECK_EQ_U64(td_crc32c(0, at, bytes), bit_by_bit(0x82F63B78u, at, bytes));
            CHECK_EQ_U64(td_crc32c_portable(0, at, bytes), bit_by_bit(0x82F63B78u, at, bytes));
        }
}

TEST(goes_on_from_a_part)
{
    make_noise();
    for (size_t cut = 0; cut <= sizeof noise; cut += 7) {
        CHECK_EQ_U64(td_crc32(td_crc32(0, noise, cut), noise + cut, sizeof noise - cut),
                     td_crc32(0, noise, sizeof noise));
        CHECK_EQ_U64(td_crc32c(td_crc32c(0, noise, cut), noise + cut, sizeof noise - cut),
                     td_crc32c(0, noise, sizeof noise));
    }
}
