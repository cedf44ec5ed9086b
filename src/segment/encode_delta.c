#include "segment/encode.h"

#include <string.h>

enum { BLOCK = 128, MINIBLOCKS = 4, MINIBLOCK = BLOCK / MINIBLOCKS };

size_t encode_delta_bound(size_t count)
{
    /* Header, then for each block the least delta (10), widths (4) and 128 values of up to 64 bits. */
    return 32 + (count / BLOCK + 1) * (14 + BLOCK * 8);
}

static size_t put_varint(uint64_t value, unsigned char *out)
{
    size_t used = 0;
    for (; value >= 0x80; value >>= 7)
        out[used++] = (unsigned char)(value | 0x80);
    out[used++] = (unsigned char)value;
    return used;
}

static uint64_t zigzag(uint64_t value)
{
    return value << 1 ^ (uint64_t)((int64_t)value >> 63);
}

/* 32 values of `width` bits; 4 * width bytes. */
static size_t pack_miniblock(const uint64_t *value, unsigned width, unsigned char *out)
{
    uint64_t bits = 0;
    unsigned filled = 0;
    unsigned char *at = out;
    if (!width)
        return 0;
    for (unsigned i = 0; i < MINIBLOCK; i++) {
        bits |= value[i] << filled;
        filled += width;
        if (filled >= 64) {
            memcpy(at, &bits, 8);
            at += 8;
            filled -= 64;
            bits = filled ? value[i] >> (width - filled) : 0;
        }
    }
    memcpy(at, &bits, filled / 8); /* 32 * width bits are whole bytes */
    return (size_t)MINIBLOCK / 8 * width;
}

/* delta[0..count) -> least delta, four widths, packed values. Unused miniblocks have width 0 and no bytes. */
static size_t put_block(uint64_t *delta, size_t count, unsigned char *out)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < count; i++)
        if ((int64_t)delta[i] < least)
            least = (int64_t)delta[i];
    for (size_t i = 0; i < count; i++)
        delta[i] -= (uint64_t)least;
    memset(delta + count, 0, (BLOCK - count) * sizeof *delta);
    size_t used = put_varint(zigzag((uint64_t)least), out);
    unsigned char *widths = out + used;
    used += MINIBLOCKS;
    for (unsigned m = 0; m < MINIBLOCKS; m++) {
        uint64_t all = 0;
        for (unsigned i = 0; i < MINIBLOCK; i++)
            all |= delta[m * MINIBLOCK + i];
        widths[m] = (unsigned char)(all ? 64 - __builtin_clzll(all) : 0);
        used += pack_miniblock(delta + m * MINIBLOCK, widths[m], out + used);
    }
    return used;
}

size_t encode_delta(const uint64_t *value, size_t count, unsigned char *out)
{
    size_t used = put_varint(BLOCK, out);
    used += put_varint(MINIBLOCKS, out + used);
    used += put_varint(count, out + used);
    used += put_varint(zigzag(count ? value[0] : 0), out + used);
    uint64_t delta[BLOCK];
    for (size_t i = 1; i < count; i += BLOCK) {
        size_t in_block = count - i < BLOCK ? count - i : BLOCK;
        for (size_t k = 0; k < in_block; k++)
            delta[k] = value[i + k] - value[i + k - 1]; /* wraps, and unwraps on reading */
        used += put_block(delta, in_block, out + used);
    }
    return used;
}
