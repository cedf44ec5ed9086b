/* bundle_unpack: zstd in pieces, on memory of the kernel's that is given back. */
#define ZSTD_STATIC_LINKING_ONLY
#include <mbedtls/sha256.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "update/bundle.h"

enum { INPUT_BYTES = 128 << 10 };

struct unpack {
    const struct bundle_file *from;
    const struct bundle *bundle;
    bundle_take_fn *take;
    void *arg;
    const char **why;
    ZSTD_DStream *zstd;
    uint8_t *input, *piece; /* piece: BUNDLE_PIECE, aligned to pages */
    ZSTD_inBuffer in;
    ZSTD_outBuffer out;
    int64_t read, given;
    mbedtls_sha256_context sum;
};

static td_err damaged(const struct unpack *unpack, const char *text)
{
    *unpack->why = text;
    return TD_E_UPDATE_DAMAGED;
}

static td_err refill(struct unpack *unpack)
{
    const struct bundle_file *from = unpack->from;
    int64_t left = unpack->bundle->payload_bytes - unpack->read;
    size_t bytes = left < INPUT_BYTES ? (size_t)left : INPUT_BYTES;
    int64_t got = from->disk->read_at(from->disk->ctx, from->file, unpack->input, bytes,
                                      unpack->bundle->payload_at + unpack->read);
    if (got != (int64_t)bytes)
        *unpack->why = "the bundle cannot be read";
    TD_TRY(got);
    TD_FAIL_IF(got != (int64_t)bytes, TD_E_UPDATE_DAMAGED);
    unpack->in = (ZSTD_inBuffer){unpack->input, bytes, 0};
    unpack->read += got;
    return 0;
}

/* The piece goes on its way. */
static td_err give(struct unpack *unpack)
{
    size_t bytes = unpack->out.pos;
    unpack->out.pos = 0;
    if (bytes == 0)
        return 0;
    if (unpack->given + (int64_t)bytes > unpack->bundle->image_bytes)
        return damaged(unpack, "the bundle's image is larger than it says");
    int bad = mbedtls_sha256_update(&unpack->sum, unpack->piece, bytes);
    TD_ASSERT(!bad, "SHA-256 in software does not fail");
    if (unpack->take)
        TD_TRY(unpack->take(unpack->arg, unpack->given, unpack->piece, bytes));
    unpack->given += (int64_t)bytes;
    if (unpack->from->progress)
        unpack->from->progress(unpack->from->arg, (int64_t)bytes);
    return 0;
}

static td_err check_frame(struct unpack *unpack)
{
    TD_TRY(refill(unpack));
    unsigned long long says = ZSTD_getFrameContentSize(unpack->in.src, unpack->in.size);
    if (says != (unsigned long long)unpack->bundle->image_bytes)
        return damaged(unpack, "the bundle's image is not of the size it says");
    return 0;
}

static td_err run(struct unpack *unpack)
{
    TD_TRY(check_frame(unpack));
    for (size_t more = 1; more != 0;) {
        bool last = unpack->read == unpack->bundle->payload_bytes;
        if (unpack->in.pos == unpack->in.size && !last)
            TD_TRY(refill(unpack));
        more = ZSTD_decompressStream(unpack->zstd, &unpack->out, &unpack->in);
        if (ZSTD_isError(more))
            return damaged(unpack, "the bundle's image does not unpack");
        if (unpack->out.pos == unpack->out.size)
            TD_TRY(give(unpack));
        else if (more != 0 && unpack->in.pos == unpack->in.size && last)
            return damaged(unpack, "the bundle's image ends too early");
    }
    TD_TRY(give(unpack));
    if (unpack->in.pos != unpack->in.size || unpack->read != unpack->bundle->payload_bytes)
        return damaged(unpack, "the bundle has something behind its image");
    return unpack->given == unpack->bundle->image_bytes
               ? 0
               : damaged(unpack, "the bundle's image ends too early");
}

static td_err run_and_hash(struct unpack *unpack)
{
    uint8_t hash[32] = {0};
    mbedtls_sha256_init(&unpack->sum);
    int bad = mbedtls_sha256_starts(&unpack->sum, 0);
    td_err err = run(unpack);
    bad = bad || mbedtls_sha256_finish(&unpack->sum, hash);
    mbedtls_sha256_free(&unpack->sum);
    TD_ASSERT(!bad, "SHA-256 in software does not fail");
    TD_TRY(err);
    if (memcmp(hash, unpack->bundle->image_sha256, sizeof hash) != 0)
        return damaged(unpack, "the bundle's image is another than it says");
    return 0;
}

td_err bundle_unpack(const struct bundle_file *from, const struct bundle *bundle,
                     bundle_take_fn *take, void *arg, const char **why)
{
    struct unpack unpack = {.from = from, .bundle = bundle, .take = take, .arg = arg, .why = why};
    size_t zstd_bytes = ZSTD_estimateDStreamSize((size_t)1 << BUNDLE_WINDOW_LOG);
    size_t all = BUNDLE_PIECE + INPUT_BYTES + zstd_bytes;
    *why = "";
    uint8_t *memory = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        *why = "no memory to unpack the bundle";
        return TD_E_NO_MEMORY;
    }
    unpack.piece = memory;
    unpack.input = memory + BUNDLE_PIECE;
    unpack.out = (ZSTD_outBuffer){unpack.piece, BUNDLE_PIECE, 0};
    unpack.zstd = ZSTD_initStaticDStream(unpack.input + INPUT_BYTES, zstd_bytes);
    TD_ASSERT(unpack.zstd != NULL, "zstd fits the memory that it asked for");
    ZSTD_DCtx_setParameter(unpack.zstd, ZSTD_d_windowLogMax, BUNDLE_WINDOW_LOG);
    td_err err = run_and_hash(&unpack);
    munmap(memory, all);
    return err;
}
