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

static uint64_t unzigzag(uint64_t value)
{
    return value >> 1 ^ (0 - (value & 1));
}

/* A reader of its own, bit by bit; returns the end. */
static const unsigned char *decode(const unsigned char *at, uint64_t *out, size_t count)
{
    CHECK_EQ_U64(varint(&at), 128);
    CHECK_EQ_U64(varint(&at), 4);
    CHECK_EQ_U64(varint(&at), count);
    uint64_t last = unzigzag(varint(&at));
    if (count)
        out[0] = last;
    for (size_t i = 1; i < count;) {
        uint64_t least = unzigzag(varint(&at));
        const unsigned char *widths = at;
        at += 4;
        for (unsigned m = 0; m < 4; m++) {
            if (i >= count)
                CHECK_EQ_I64(widths[m], 0);
            for (unsigned k = 0; k < 32 && i < count; k++, i++) {
                uint64_t delta = 0;
                for (unsigned b = 0; b < widths[m]; b++) {
                    size_t bit = (size_t)k * widths[m] + b;
                    delta |= (uint64_t)(at[bit / 8] >> (bit % 8) & 1) << b;
                }
                out[i] = last += least + delta;
            }
            at += 4 * (size_t)widths[m];
        }
    }
    return at;
}

static void round_trip(const uint64_t *value, size_t count)
{
    size_t bound = encode_delta_bound(count);
    unsigned char *bytes = malloc(bound);
    uint64_t *back = malloc((count + 1) * sizeof *back);
    size_t used = encode_delta(value, count, bytes);
    CHECK(used <= bound);
    CHECK(decode(bytes, back, count) == bytes + used);
    CHECK_EQ_MEM(back, value, count * sizeof *value);
    free(bytes);
    free(back);
}

TEST(values_of_every_width_come_back)
{
    static uint64_t value[1000];
    uint64_t seed = 7, now = 0;
    for (unsigned width = 0; width <= 64; width++) {
        for (size_t i = 0; i < 1000; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1;
            uint64_t noise = seed ^ seed >> 29;
            now += width == 0 ? 0 : width == 64 ? noise : noise & ((UINT64_C(1) << width) - 1);
            value[i] = now;
        }
        round_trip(value, 1000);
    }
}

TEST(counts_around_a_block_come_back)
{
    static uint64_t value[400];
    for (size_t i = 0; i < 400; i++)
        value[i] = i * i * 1000;
    for (size_t count = 0; count <= 400; count++)
        round_trip(value, count);
}

TEST(extremes_wrap_and_come_back)
{
    uint64_t value[6] = {
        0, (uint64_t)INT64_MIN, (uint64_t)INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX, 1};
    round_trip(value, 6);
}

TEST(equal_steps_cost_nothing_per_value)
{
    static uint64_t value[65536];
    for (size_t i = 0; i < 65536; i++)
        value[i] = 5000000000 + i;
    unsigned char *bytes = malloc(encode_delta_bound(65536));
    CHECK(encode_delta(value, 65536, bytes) < 65536 / 128 * 6 + 20);
    free(bytes);
}
