#include "segment/out.h"

#include <string.h>

#include "base/crc.h"

static void write_through(struct out *out, const void *data, size_t bytes, int64_t offset)
{
    if (out->err || !bytes)
        return;
    int64_t wrote = out->disk->write_at(out->disk->ctx, out->file, data, bytes, offset);
    if (wrote < 0)
        out->err = (td_err)wrote;
    else if ((uint64_t)wrote != bytes)
        out->err = TD_E_IO;
    else if (mbedtls_sha256_update(out->sha256, data, bytes) != 0)
        out->err = TD_E_UNSUPPORTED;
    else
        out->crc32c = td_crc32c(out->crc32c, data, bytes);
}

td_err out_flush(struct out *out)
{
    write_through(out, out->buffer, out->used, out->offset - (int64_t)out->used);
    out->used = 0;
    return out->err;
}

void out_put(struct out *out, const void *data, size_t bytes)
{
    if (bytes > out->cap - out->used)
        out_flush(out);
    if (bytes > out->cap) {
        write_through(out, data, bytes, out->offset);
    } else if (bytes) {
        memcpy(out->buffer + out->used, data, bytes);
        out->used += bytes;
    }
    out->offset += (int64_t)bytes;
}

void out_sink(void *out, const void *data, size_t bytes)
{
    out_put(out, data, bytes);
}
