/* Bytes on their way to the end of one file: gathered in a caller's buffer, counted and summed as they pass.
   Errors are sticky: after the first one nothing more is written. Disk thread. */
#ifndef TD_SEGMENT_OUT_H
#define TD_SEGMENT_OUT_H

#include <stddef.h>
#include <stdint.h>

#include <mbedtls/sha256.h>

#include "base/err.h"
#include "base/os.h"

struct out {
    const struct td_disk *disk;
    int file;
    int64_t offset;                 /* of the next byte, gathered ones included */
    uint32_t crc32c;                /* of the whole file up to there, gathered ones not included */
    mbedtls_sha256_context *sha256; /* of the same */
    unsigned char *buffer;
    size_t cap, used;
    td_err err;
};

void out_put(struct out *out, const void *data, size_t bytes);
/* The same with the signature of a sink (thrift.h). */
void out_sink(void *out, const void *data, size_t bytes);
/* All gathered bytes to the file; the sticky error or 0. */
td_err out_flush(struct out *out);

#endif
