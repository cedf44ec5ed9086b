#include "update/slot.h"

#include <mbedtls/sha256.h>
#include <string.h>

enum { CHECK_PIECE = 256 << 10 };

static td_err write_synced(const struct slot *slot, const void *data, size_t bytes, int64_t offset)
{
    TD_TRY(slot->disk->write_at(slot->disk->ctx, slot->file, data, bytes, slot->start + offset));
    return slot->disk->sync_data(slot->disk->ctx, slot->file);
}

td_err slot_begin(struct slot *slot)
{
    memset(slot->first, 0, BOOT_SECTOR);
    return write_synced(slot, slot->first, BOOT_SECTOR, 0);
}

td_err slot_take(void *arg, int64_t offset, const uint8_t *data, size_t bytes)
{
    struct slot *slot = arg;
    TD_ASSERT(bytes % BOOT_SECTOR == 0, "an image is whole sectors");
    if (offset > 0)
        return write_synced(slot, data, bytes, offset);
    memcpy(slot->first, data, BOOT_SECTOR);
    return bytes == BOOT_SECTOR
               ? 0
               : write_synced(slot, data + BOOT_SECTOR, bytes - BOOT_SECTOR, BOOT_SECTOR);
}

td_err slot_finish(struct slot *slot)
{
    return write_synced(slot, slot->first, BOOT_SECTOR, 0);
}

static td_err hash_slot(const struct slot *slot, int64_t image_bytes, mbedtls_sha256_context *sum,
                        void (*progress)(void *arg, int64_t bytes), void *arg)
{
    static _Alignas(4096) uint8_t piece[CHECK_PIECE];
    for (int64_t done = 0; done < image_bytes; done += CHECK_PIECE) {
        int64_t left = image_bytes - done;
        size_t bytes = left < CHECK_PIECE ? (size_t)left : CHECK_PIECE;
        int64_t got =
            slot->disk->read_at(slot->disk->ctx, slot->file, piece, bytes, slot->start + done);
        TD_TRY(got);
        TD_FAIL_IF(got != (int64_t)bytes, TD_E_IO);
        int bad = mbedtls_sha256_update(sum, piece, bytes);
        TD_ASSERT(!bad, "SHA-256 in software does not fail");
        if (progress)
            progress(arg, got);
    }
    return 0;
}

td_err slot_check(const struct slot *slot, const struct bundle *bundle,
                  void (*progress)(void *arg, int64_t bytes), void *arg)
{
    mbedtls_sha256_context sum;
    uint8_t hash[32] = {0};
    slot->disk->drop_cache(slot->disk->ctx, slot->file);
    mbedtls_sha256_init(&sum);
    int bad = mbedtls_sha256_starts(&sum, 0);
    td_err err = hash_slot(slot, bundle->image_bytes, &sum, progress, arg);
    bad = bad || mbedtls_sha256_finish(&sum, hash);
    mbedtls_sha256_free(&sum);
    TD_ASSERT(!bad, "SHA-256 in software does not fail");
    TD_TRY(err);
    return memcmp(hash, bundle->image_sha256, sizeof hash) == 0 ? 0 : TD_E_IO;
}
