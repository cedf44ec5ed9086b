/* Packed frames for tests, made by hand: there is no compressor here. */
#ifndef TEST_VENUE_PACKED_H
#define TEST_VENUE_PACKED_H

#include <string.h>

#include "base/crc.h"
#include "test.h"

/* {"ping":1492420473027} as a compressor packs it, without gzip's frame around it. */
__attribute__((unused)) static const unsigned char packed_ping[] = {
    0xab, 0x56, 0x2a, 0xc8, 0xcc, 0x4b, 0x57, 0xb2, 0x32, 0x34, 0xb1, 0x34,
    0x32, 0x31, 0x32, 0x30, 0x31, 0x37, 0x36, 0x30, 0x32, 0xaf, 0x05, 0x00};
#define PACKED_PING_TEXT "{\"ping\":1492420473027}"

/* 4 MiB of the letter x (1028 times as long as this), or one more. */
enum { PACKED_BOMB_BYTES = 4080, PACKED_BOMB_TEXT = 4 << 20, PACKED_STORED_MAX = 65535 };

static inline size_t packed_bomb(unsigned char *out, bool one_more)
{
    static const unsigned char head[] = {0xed, 0xc1, 0x01, 0x01, 0x00, 0x00, 0x00, 0x82,
                                         0xa0, 0xdb, 0xce, 0x6f, 0x48, 0x40, 0x01};
    memset(out, 0, PACKED_BOMB_BYTES);
    memcpy(out, head, sizeof head);
    out[PACKED_BOMB_BYTES - 2] = one_more ? 0x9c : 0x7c;
    out[PACKED_BOMB_BYTES - 1] = 0x1b;
    return PACKED_BOMB_BYTES;
}

/* One stored block: deflate without any packing. */
static inline size_t packed_stored(const void *text, size_t bytes, unsigned char *out)
{
    const unsigned char head[] = {1, bytes & 255, bytes >> 8 & 255, ~bytes & 255,
                                  ~bytes >> 8 & 255};
    CHECK(bytes <= PACKED_STORED_MAX);
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, text, bytes);
    return sizeof head + bytes;
}

static inline void packed_u32(unsigned char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = value >> 8 * i & 255;
}

/* gzip's frame around what is packed; checksum and length are of the text. */
static inline size_t packed_gzip(const unsigned char *deflated, size_t bytes, uint32_t crc,
                                 size_t text_bytes, unsigned char *out)
{
    static const unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, deflated, bytes);
    packed_u32(out + sizeof head + bytes, crc);
    packed_u32(out + sizeof head + bytes + 4, (uint32_t)text_bytes);
    return sizeof head + bytes + 8;
}

/* A gzip member of any short text. */
static inline size_t packed_text(const char *text, unsigned char *out)
{
    static unsigned char stored[PACKED_STORED_MAX + 16];
    size_t text_bytes = strlen(text), bytes = packed_stored(text, text_bytes, stored);
    return packed_gzip(stored, bytes, td_crc32(0, text, text_bytes), text_bytes, out);
}

#endif
