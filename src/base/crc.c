#include "base/crc.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "eight bytes are taken in one little-endian load"
#endif

/* Both polynomials bit-reversed, as the reflected algorithm wants them. */
#define POLYNOMIAL_IEEE 0xEDB88320u
#define POLYNOMIAL_CASTAGNOLI 0x82F63B78u

/* table[k][b]: what byte b does to the sum when k more bytes follow it. Filled before main() so
   that they are constant for every thread; 16 KiB in the file would buy nothing. */
struct tables {
    uint32_t at[8][256];
};

static struct tables ieee, castagnoli;
static bool has_crc32c_instruction;

static void fill(struct tables *tables, uint32_t polynomial)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t sum = byte;
        for (int bit = 0; bit < 8; bit++)
            sum = (sum >> 1) ^ (sum & 1 ? polynomial : 0);
        tables->at[0][byte] = sum;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables->at[k - 1][byte];
            tables->at[k][byte] = (before >> 8) ^ tables->at[0][before & 0xFF];
        }
}

__attribute__((constructor)) static void prepare(void)
{
    fill(&ieee, POLYNOMIAL_IEEE);
    fill(&castagnoli, POLYNOMIAL_CASTAGNOLI);
#if defined(__x86_64__)
    __builtin_cpu_init();
    has_crc32c_instruction = __builtin_cpu_supports("sse4.2");
#elif defined(__ARM_FEATURE_CRC32)
    has_crc32c_instruction = true;
#endif
}

static uint32_t by_table(const struct tables *tables, uint32_t sum, const uint8_t *at, size_t bytes)
{
    for (; bytes >= 8; at += 8, bytes -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        word ^= sum;
        sum = tables->at[7][word & 0xFF] ^ tables->at[6][(word >> 8) & 0xFF] ^
              tables->at[5][(word >> 16) & 0xFF] ^ tables->at[4][(word >> 24) & 0xFF] ^
              tables->at[3][(word >> 32) & 0xFF] ^ tables->at[2][(word >> 40) & 0xFF] ^
              tables->at[1][(word >> 48) & 0xFF] ^ tables->at[0][word >> 56];
    }
    for (; bytes; at++, bytes--)
        sum = (sum >> 8) ^ tables->at[0][(sum ^ *at) & 0xFF];
    return sum;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t sum, const uint8_t *at,
                                                                 size_t bytes)
{
    uint64_t wide = sum;
    for (; bytes >= 8; at += 8, bytes -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    sum = (uint32_t)wide;
    for (; bytes; at++, bytes--)
        sum = _mm_crc32_u8(sum, *at);
    return sum;
}
#elif defined(__ARM_FEATURE_CRC32)
static uint32_t by_instruction(uint32_t sum, const uint8_t *at, size_t bytes)
{
    for (; bytes >= 8; at += 8, bytes -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sum = __crc32cd(sum, word);
    }
    for (; bytes; at++, bytes--)
        sum = __crc32cb(sum, *at);
    return sum;
}
#else
static uint32_t by_instruction(uint32_t sum, const uint8_t *at, size_t bytes)
{
    return by_table(&castagnoli, sum, at, bytes);
}
#endif

uint32_t td_crc32(uint32_t crc, const void *data, size_t bytes)
{
    return ~by_table(&ieee, ~crc, data, bytes);
}

uint32_t td_crc32c(uint32_t crc, const void *data, size_t bytes)
{
    if (has_crc32c_instruction)
        return ~by_instruction(~crc, data, bytes);
    return td_crc32c_portable(crc, data, bytes);
}

uint32_t td_crc32c_portable(uint32_t crc, const void *data, size_t bytes)
{
    return ~by_table(&castagnoli, ~crc, data, bytes);
}
