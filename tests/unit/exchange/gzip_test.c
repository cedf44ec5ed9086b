#include "exchange/gzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "test.h"

static uint32_t little_endian(const unsigned char *at, unsigned bytes)
{
    uint32_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | at[bytes];
    return value;
}

/* Reads stored blocks back, by the format's own description. */
static void check_bytes(size_t bytes)
{
    unsigned char *data = malloc(bytes + 1), *out = malloc(gzip_bound(bytes)),
                  *back = malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (unsigned char)(i * 7 + i / 251);
    size_t packed = gzip_pack(data, bytes, (char *)out), at = 10, got = 0;
    CHECK(packed <= gzip_bound(bytes));
    CHECK(out[0] == 0x1F && out[1] == 0x8B && out[2] == 8 && out[3] == 0);
    for (bool last = false; !last;) {
        uint32_t block = little_endian(out + at + 1, 2);
        last = out[at] & 1;
        CHECK_EQ_U64(out[at] & 6, 0);
        CHECK_EQ_U64(block ^ little_endian(out + at + 3, 2), 0xFFFF);
        CHECK(got + block <= bytes);
        memcpy(back + got, out + at + 5, block);
        got += block;
        at += 5 + block;
    }
    CHECK_EQ_U64(got, bytes);
    CHECK(memcmp(back, data, bytes) == 0);
    CHECK_EQ_U64(little_endian(out + at, 4), td_crc32(0, data, bytes));
    CHECK_EQ_U64(little_endian(out + at + 4, 4), bytes);
    CHECK_EQ_U64(at + 8, packed);
    free(data);
    free(out);
    free(back);
}

TEST(members_read_back)
{
    static const size_t sizes[] = {0, 1, 100, 65534, 65535, 65536, 131070, 300000};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_bytes(sizes[i]);
}
