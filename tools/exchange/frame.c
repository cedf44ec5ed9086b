#include "exchange/frame.h"

#include <mbedtls/base64.h>
#include <mbedtls/sha1.h>
#include <string.h>

#include "base/err.h"

static uint64_t big_endian(const unsigned char *at, unsigned bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | *at++;
    return value;
}

int64_t frame_take(struct frame *frame, char *at, size_t bytes)
{
    const unsigned char *head = (const unsigned char *)at;
    if (bytes < 2)
        return 0;
    unsigned extra = (head[1] & 127) == 126 ? 2 : (head[1] & 127) == 127 ? 8 : 0;
    size_t start = 2 + extra + 4;
    if (!(head[1] & 128) || head[0] & 0x70)
        return -1;
    if (bytes < start)
        return 0;
    uint64_t length = extra ? big_endian(head + 2, extra) : head[1] & 127u;
    if (length > (uint64_t)1 << 40)
        return -1;
    if (bytes - start < length)
        return 0;
    *frame = (struct frame){head[0] & 15, head[0] & 128, at + start, length};
    for (size_t i = 0; i < length; i++)
        at[start + i] ^= at[start - 4 + i % 4];
    return (int64_t)(start + length);
}

size_t frame_head(char head[FRAME_HEAD_MAX], enum frame_opcode opcode, bool final, size_t bytes)
{
    unsigned extra = bytes < 126 ? 0 : bytes < 65536 ? 2 : 8;
    head[0] = (char)((final ? 0x80u : 0) | (unsigned)opcode);
    head[1] = (char)(extra == 0 ? bytes : extra == 2 ? 126 : 127);
    for (unsigned i = 0; i < extra; i++)
        head[2 + i] = (char)(bytes >> 8 * (extra - 1 - i));
    return 2 + extra;
}

void frame_accept(const char *key, size_t key_bytes, char accept[FRAME_ACCEPT_BYTES])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char text[128], digest[20], out[FRAME_ACCEPT_BYTES + 1];
    size_t bytes;
    if (key_bytes > sizeof text - sizeof guid)
        key_bytes = sizeof text - sizeof guid;
    memcpy(text, key, key_bytes);
    memcpy(text + key_bytes, guid, sizeof guid - 1);
    int result = mbedtls_sha1(text, key_bytes + sizeof guid - 1, digest);
    TD_ASSERT(result == 0, "SHA-1 of a short text cannot fail");
    result = mbedtls_base64_encode(out, sizeof out, &bytes, digest, sizeof digest);
    TD_ASSERT(result == 0 && bytes == FRAME_ACCEPT_BYTES, "20 bytes are 28 characters");
    memcpy(accept, out, FRAME_ACCEPT_BYTES);
}
