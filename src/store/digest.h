/* sha256 and crc32c of bytes, together, in steps. Any thread; a digest belongs to one. */
#ifndef TD_STORE_DIGEST_H
#define TD_STORE_DIGEST_H

#include <mbedtls/sha256.h>

#include "store/op.h"

struct digest {
    mbedtls_sha256_context sha256;
    uint32_t crc32c;
    int64_t bytes;
};

void digest_begin(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t bytes);
struct store_identity digest_end(struct digest *digest);

/* Of [at, at + bytes) of an open file. TD_E_IO, TD_E_END: shorter than that. */
td_err digest_of_file(const struct td_disk *disk, int file, int64_t at, int64_t bytes,
                      struct store_identity *out);
struct store_identity digest_of(const void *data, size_t bytes);

/* Size and both sums. */
bool identity_equal(const struct store_identity *a, const struct store_identity *b);
void identity_hex(const uint8_t sha256[32], char out[65]);
/* False: not 64 hex digits. */
bool identity_from_hex(const char *hex, uint8_t sha256[32]);

#endif
