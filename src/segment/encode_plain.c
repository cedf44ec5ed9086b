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

size_t encode_plain_bits(const uint64_t *value, size_t count, unsigned char *out)
{
    size_t bytes = (count + 7) / 8;
    memset(out, 0, bytes);
    for (size_t i = 0; i < count; i++)
        out[i / 8] |= (unsigned char)((value[i] & 1) << (i % 8));
    return bytes;
}
