#include "exchange/gzip.h"

#include <stdint.h>
#include <string.h>

#include "base/crc.h"

enum { HEAD = 10, BLOCK_HEAD = 5, TAIL = 8, BLOCK_MAX = 65535 };

size_t gzip_bound(size_t bytes)
{
    return HEAD + (bytes / BLOCK_MAX + 1) * BLOCK_HEAD + bytes + TAIL;
}

static char *put_little_endian(char *to, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *to++ = (char)(value >> 8 * i);
    return to;
}

size_t gzip_pack(const void *data, size_t bytes, char *out)
{
    static const char head[HEAD] = {0x1F, (char)0x8B, 8, 0, 0, 0, 0, 0, 0, (char)0xFF};
    const char *from = data;
    char *to = out + HEAD;
    size_t left = bytes;
    memcpy(out, head, HEAD);
    do {
        uint32_t block = left < BLOCK_MAX ? (uint32_t)left : BLOCK_MAX;
        *to++ = block == left; /* the last one */
        to = put_little_endian(to, block | ~block << 16, 4);
        memcpy(to, from, block);
        to += block;
        from += block;
        left -= block;
    } while (left > 0);
    to = put_little_endian(to, td_crc32(0, data, bytes), 4);
    to = put_little_endian(to, (uint32_t)bytes, 4);
    return (size_t)(to - out);
}
