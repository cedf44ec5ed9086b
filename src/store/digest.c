#include "store/digest.h"

#include <string.h>

#include "base/crc.h"

void digest_begin(struct digest *digest)
{
    mbedtls_sha256_init(&digest->sha256);
    TD_ASSERT(mbedtls_sha256_starts(&digest->sha256, 0) == 0, "SHA-256 needs nothing");
    digest->crc32c = 0;
    digest->bytes = 0;
}

void digest_add(struct digest *digest, const void *data, size_t bytes)
{
    if (bytes == 0)
        return; /* data may be NULL then */
    TD_ASSERT(mbedtls_sha256_update(&digest->sha256, data, bytes) == 0, "SHA-256 needs nothing");
    digest->crc32c = td_crc32c(digest->crc32c, data, bytes);
    digest->bytes += (int64_t)bytes;
}

struct store_identity digest_end(struct digest *digest)
{
    struct store_identity identity = {.bytes = digest->bytes, .crc32c = digest->crc32c};
    TD_ASSERT(mbedtls_sha256_finish(&digest->sha256, identity.sha256) == 0,
              "SHA-256 needs nothing");
    mbedtls_sha256_free(&digest->sha256);
    return identity;
}

td_err digest_of_file(const struct td_disk *disk, int file, int64_t at, int64_t bytes,
                      struct store_identity *out)
{
    char room[32 << 10];
    struct digest digest;
    td_err err = 0;
    digest_begin(&digest);
    while (bytes > 0 && err == 0) {
        size_t want = bytes < (int64_t)sizeof room ? (size_t)bytes : sizeof room;
        int64_t got = disk->read_at(disk->ctx, file, room, want, at);
        if (got <= 0) {
            err = got < 0 ? (td_err)got : TD_E_END;
            break;
        }
        digest_add(&digest, room, (size_t)got);
        at += got;
        bytes -= got;
    }
    *out = digest_end(&digest);
    return err;
}

struct store_identity digest_of(const void *data, size_t bytes)
{
    struct digest digest;
    digest_begin(&digest);
    digest_add(&digest, data, bytes);
    return digest_end(&digest);
}

bool identity_equal(const struct store_identity *a, const struct store_identity *b)
{
    return a->bytes == b->bytes && a->crc32c == b->crc32c &&
           memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

void identity_hex(const uint8_t sha256[32], char out[65])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = digits[sha256[i] >> 4];
        out[2 * i + 1] = digits[sha256[i] & 15];
    }
    out[64] = 0;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool identity_from_hex(const char *hex, uint8_t sha256[32])
{
    uint8_t made[32];
    if (strnlen(hex, 65) != 64)
        return false;
    for (size_t i = 0; i < 32; i++) {
        int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        made[i] = (uint8_t)(high * 16 + low);
    }
    memcpy(sha256, made, sizeof made);
    return true;
}
