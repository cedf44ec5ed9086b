#include "segment/encode.h"

#include <stdlib.h>

#include "test.h"

static uint64_t varint(const unsigned char **at)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return value;
    }
}

/* A reader of its own: bit by bit. */
static size_t decode(const unsigned char *at, const unsigned char *end, unsigned width,
                     uint32_t *out, size_t room)
{
    size_t count = 0;
    while (at < end) {
        uint64_t header = varint(&at);
        size_t run = header & 1 ? (header >> 1) * 8 : header >> 1;
        for (size_t i = 0; i < run && count < room; i++) {
            uint32_t value = 0;
            for (unsigned b = 0; b < width; b++) {
                size_t bit = header & 1 ? i * width + b : b;
                value |= (uint32_t)(at[bit / 8] >> (bit % 8) & 1) << b;
            }
            out[count++] = value;
        }
        at += header & 1 ? (header >> 1) * width : (width + 7) / 8;
    }
    CHECK(at == end);
    return count;
}

typedef size_t encode_fn(const uint32_t *value, size_t count, unsigned width, unsigned char *out);

static void round_trip(encode_fn *encode, const uint32_t *value, size_t count, unsigned width)
{
    size_t bound = encode_hybrid_bound(count, width);
    unsigned char *bytes = malloc(bound);
    uint32_t *back = malloc((count + 8) * sizeof *back);
    size_t used = encode(value, count, width, bytes);
    CHECK(used <= bound);
    CHECK_EQ_U64(decode(bytes, bytes + used, width, back, count), count);
    CHECK_EQ_MEM(back, value, count * sizeof *value);
    free(bytes);
    free(back);
}

static uint32_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

TEST(runs_and_packed_values_come_back)
{
    static uint32_t value[2000];
    uint64_t seed = 1;
    for (unsigned width = 1; width <= 24; width++) {
        for (int round = 0; round < 40; round++) {
            size_t count = next(&seed) % 2000;
            unsigned change = 1 + next(&seed) % 40;
            uint32_t now = 0;
            for (size_t i = 0; i < count; i++) {
                if (next(&seed) % change == 0)
                    now = next(&seed) & ((1u << width) - 1);
                value[i] = now;
            }
            round_trip(encode_hybrid, value, count, width);
            round_trip(encode_packed, value, count, width);
        }
    }
}

TEST(alternating_short_runs_stay_within_the_bound)
{
    static uint32_t value[4096];
    for (size_t i = 0; i < 4096; i++)
        value[i] = i % 16 < 9 ? 1 : i & 1;
    for (size_t count = 0; count < 4096; count += 37)
        round_trip(encode_hybrid, value, count, 1);
}

TEST(a_constant_is_one_run)
{
    unsigned char out[16];
    uint32_t value[100] = {0};
    CHECK_EQ_U64(encode_run(1, 65536, 1, out), 4);
    CHECK_EQ_MEM(out, "\x80\x80\x08\x01", 4);
    CHECK_EQ_U64(encode_hybrid(value, 100, 1, out), 3);
    CHECK_EQ_MEM(out, "\xC8\x01\x00", 3);
}

TEST(whole_byte_widths_are_plain_numbers)
{
    uint32_t value[8] = {1, 2, 3, 4, 5, 6, 7, 0x1234};
    unsigned char out[32];
    CHECK_EQ_U64(encode_packed(value, 8, 16, out), 17);
    CHECK_EQ_MEM(out, "\x03\x01\0\x02\0\x03\0\x04\0\x05\0\x06\0\x07\0\x34\x12", 17);
}
