#include "segment/encode.h"

#include <stdbool.h>
#include <string.h>

size_t encode_hybrid_bound(size_t count, unsigned width)
{
    /* Packed groups, each possibly with a header of its own, plus a run's header and value. */
    size_t groups = (count + 7) / 8;
    return groups * (width + 6u) + 16;
}

static size_t put_varint(uint64_t value, unsigned char *out)
{
    size_t used = 0;
    for (; value >= 0x80; value >>= 7)
        out[used++] = (unsigned char)(value | 0x80);
    out[used++] = (unsigned char)value;
    return used;
}

size_t encode_run(uint32_t value, size_t count, unsigned width, unsigned char *out)
{
    size_t used = put_varint((uint64_t)count << 1, out);
    size_t value_bytes = (width + 7) / 8;
    memcpy(out + used, &value, value_bytes);
    return used + value_bytes;
}

/* Eight values, `width` bytes. */
static unsigned char *pack_group(const uint32_t *value, unsigned width, unsigned char *out)
{
    uint64_t bits = 0;
    unsigned filled = 0;
    for (unsigned i = 0; i < 8; i++) {
        bits |= (uint64_t)value[i] << filled;
        for (filled += width; filled >= 8; filled -= 8, bits >>= 8)
            *out++ = (unsigned char)bits;
    }
    return out;
}

/* Stored byte by byte: a call of memcpy for two or three bytes took a quarter of the disk thread's time. */
static unsigned char *pack_bytes(const uint32_t *value, size_t count, unsigned bytes,
                                 unsigned char *out)
{
    for (size_t i = 0; i < count; i++, out += bytes)
        for (unsigned byte = 0; byte < bytes; byte++)
            out[byte] = (unsigned char)(value[i] >> 8 * byte);
    return out;
}

/* Header and values of one packed run; only the last run of a page may have a count that is not a multiple of 8. */
static size_t put_packed(const uint32_t *value, size_t count, unsigned width, unsigned char *out)
{
    unsigned char *at = out + put_varint((uint64_t)((count + 7) / 8) << 1 | 1, out);
    size_t whole = count & ~(size_t)7;
    if (width % 8 == 0) {
        at = pack_bytes(value, whole, width / 8, at);
    } else {
        for (size_t i = 0; i < whole; i += 8)
            at = pack_group(value + i, width, at);
    }
    if (whole < count) {
        uint32_t tail[8] = {0};
        memcpy(tail, value + whole, (count - whole) * sizeof *value);
        at = pack_group(tail, width, at);
    }
    return (size_t)(at - out);
}

size_t encode_packed(const uint32_t *value, size_t count, unsigned width, unsigned char *out)
{
    return count ? put_packed(value, count, width, out) : 0;
}

static bool eight_equal(const uint32_t *value)
{
    for (unsigned i = 1; i < 8; i++)
        if (value[i] != value[0])
            return false;
    return true;
}

static size_t run_length(const uint32_t *value, size_t count)
{
    size_t run = 1;
    while (run < count && value[run] == value[0])
        run++;
    return run;
}

/* Values up to the next eight equal ones, or all. */
static size_t mixed_length(const uint32_t *value, size_t count)
{
    size_t length = 8;
    while (length + 8 <= count && !eight_equal(value + length))
        length += 8;
    return length + 8 <= count ? length : count;
}

size_t encode_hybrid(const uint32_t *value, size_t count, unsigned width, unsigned char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < count;) {
        size_t run = run_length(value + i, count - i);
        if (run >= 8 || run == count - i) {
            used += encode_run(value[i], run, width, out + used);
            i += run;
        } else {
            size_t mixed = mixed_length(value + i, count - i);
            used += put_packed(value + i, mixed, width, out + used);
            i += mixed;
        }
    }
    return used;
}
