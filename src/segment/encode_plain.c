#include "segment/encode.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "values are copied as they stand in memory");

size_t encode_plain_64(const uint64_t *value, size_t count, unsigned char *out)
{
    memcpy(out, value, count * 8);
    return count * 8;
}

size_t encode_plain_32(const uint64_t *value, size_t count, unsigned char *out)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t low = (uint32_t)value[i];
        memcpy(out + i * 4, &low, 4);
    }
    return count * 4;
}

static uint32_t float_bits(uint64_t double_bits)
{
    double wide;
    uint32_t bits;
    memcpy(&wide, &double_bits, sizeof wide);
    float real = (float)wide;
    memcpy(&bits, &real, sizeof bits);
    return bits;
}

size_t encode_plain_floats(const uint64_t *value, size_t count, unsigned char *out)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = float_bits(value[i]);
        memcpy(out + i * 4, &bits, 4);
    }
    return count * 4;
}

size_t encode_split(const uint64_t *value, size_t count, size_t value_bytes, unsigned char *out)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = value_bytes == 4 ? float_bits(value[i]) : value[i];
        for (size_t k = 0; k < value_bytes; k++)
            out[k * count + i] = (unsigned char)(bits >> 8 * k);
    }
    return count * value_bytes;
}

size_t encode_plain_bits(const uint64_t *value, size_t count, unsigned char *out)
{
    size_t bytes = (count + 7) / 8;
    memset(out, 0, bytes);
    for (size_t i = 0; i < count; i++)
        out[i / 8] |= (unsigned char)((value[i] & 1) << (i % 8));
    return bytes;
}
