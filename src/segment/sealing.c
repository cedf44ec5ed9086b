#include "segment/sealing.h"

#include <fcntl.h>
#include <string.h>

#include "base/crc.h"
#include "base/err.h"
#include "segment/receipt.h"
#include "segment/standing.h"

struct places {
    char active[PATH_MAX_BYTES], ready[PATH_MAX_BYTES];
    char active_receipt[PATH_MAX_BYTES], ready_receipt[PATH_MAX_BYTES];
    char folder[PATH_MAX_BYTES]; /* in ready/ */
};

static td_err places_of(const struct file_shared *shared, const struct seal_item *item,
                        struct places *places)
{
    char folder[PATH_MAX_BYTES], receipt[PATH_NAME_MAX];
    TD_TRY(path_folder(shared->active, &item->partition, folder));
    TD_TRY(path_join(folder, item->file->name, places->active));
    TD_TRY(path_receipt(item->file->name, receipt));
    TD_TRY(path_join(folder, receipt, places->active_receipt));
    TD_TRY(path_folder(shared->ready, &item->partition, places->folder));
    TD_TRY(path_join(places->folder, item->file->ready_name, places->ready));
    TD_TRY(path_receipt(item->file->ready_name, receipt));
    return path_join(places->folder, receipt, places->ready_receipt);
}

/* ---- footers and receipts --------------------------------------------------------------------- */

static td_err write_whole(const struct td_disk *disk, const char *path, const char *text,
                          size_t bytes)
{
    int handle = disk->open(disk->ctx, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    TD_TRY(handle);
    int64_t wrote = disk->write_at(disk->ctx, handle, text, bytes, 0);
    int closed = disk->close(disk->ctx, handle);
    TD_FAIL_IF(wrote < 0, (td_err)wrote);
    TD_FAIL_IF((uint64_t)wrote != bytes, TD_E_IO);
    return closed;
}

static td_err finish(struct file_shared *shared, struct seal_item *item)
{
    struct places places;
    char text[RECEIPT_BYTES_MAX];
    TD_TRY(file_finish(item->file, shared, &item->partition));
    TD_TRY(standing_judge(item->file, shared, &item->partition));
    TD_TRY(places_of(shared, item, &places));
    int64_t bytes = receipt_text(item->file, shared, &item->partition, text);
    TD_TRY(bytes);
    return write_whole(shared->disk, places.active_receipt, text, (size_t)bytes);
}

/* One handle is enough: syncfs takes the whole file system. */
static td_err sync_by(const struct td_disk *disk, const char *path)
{
    int handle = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_TRY(handle);
    int synced = disk->sync_all(disk->ctx, handle);
    int closed = disk->close(disk->ctx, handle);
    return synced < 0 ? synced : closed;
}

/* ---- reading back ----------------------------------------------------------------------------- */

static td_err sum_file(struct file_shared *shared, int handle, int64_t bytes, uint32_t *crc)
{
    const struct td_disk *disk = shared->disk;
    for (int64_t at = 0; at < bytes;) {
        int64_t left = bytes - at;
        size_t want = left < FILE_BUFFER_BYTES ? (size_t)left : FILE_BUFFER_BYTES;
        int64_t got = disk->read_at(disk->ctx, handle, shared->buffer, want, at);
        TD_FAIL_IF(got < 0, (td_err)got);
        TD_FAIL_IF(got == 0, TD_E_SEGMENT_VERIFY);
        *crc = td_crc32c(*crc, shared->buffer, (size_t)got);
        at += got;
    }
    return 0;
}

/* The device must give back what was handed to it: size and sum of everything. */
static td_err read_back(struct file_shared *shared, const struct seal_item *item)
{
    const struct td_disk *disk = shared->disk;
    struct places places;
    uint32_t crc = 0;
    TD_TRY(places_of(shared, item, &places));
    int handle = disk->open(disk->ctx, places.active, O_RDONLY, 0);
    TD_TRY(handle);
    disk->drop_cache(disk->ctx,
                     handle); /* a file system without this only makes the check weaker */
    int64_t size = disk->size(disk->ctx, handle);
    td_err err = size < 0 ? (td_err)size : sum_file(shared, handle, item->file->offset, &crc);
    disk->close(disk->ctx, handle);
    TD_TRY(err);
    TD_FAIL_IF(size != item->file->offset || crc != item->file->crc32c, TD_E_SEGMENT_VERIFY);
    return 0;
}

/* ---- publishing ------------------------------------------------------------------------------- */

/* An empty folder may have been taken away in between (retention). */
static td_err move(const struct td_disk *disk, const char *from, const char *to, const char *folder)
{
    td_err err = disk->rename(disk->ctx, from, to);
    if (err != TD_E_MISSING)
        return err;
    TD_TRY(disk->make_dirs(disk->ctx, folder));
    return disk->rename(disk->ctx, from, to);
}

static td_err publish(const struct td_disk *disk, const struct places *places)
{
    TD_TRY(disk->make_dirs(disk->ctx, places->folder));
    TD_TRY(move(disk, places->active_receipt, places->ready_receipt, places->folder));
    return move(disk, places->active, places->ready, places->folder);
}

/* Nothing but names is changed from here on: what they name was synced and, where it is new, read back. A receipt goes over one that stands:
   it is the same one, or it lost its segment. */
static td_err settle(const struct file_shared *shared, const struct seal_item *item)
{
    const struct td_disk *disk = shared->disk;
    struct places places;
    TD_TRY(places_of(shared, item, &places));
    if (item->file->fate == FATE_PUBLISH)
        return publish(disk, &places);
    if (item->file->fate == FATE_STANDS)
        TD_TRY(move(disk, places.active_receipt, places.ready_receipt, places.folder));
    else
        TD_TRY(disk->unlink(disk->ctx, places.active_receipt));
    return disk->unlink(disk->ctx, places.active);
}

td_err seal_batch(struct file_shared *shared, uint32_t count,
                  struct seal_item (*at)(void *arg, uint32_t index), void *arg)
{
    struct seal_item item;
    struct places places;
    if (!count)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        item = at(arg, i);
        TD_TRY(finish(shared, &item));
    }
    TD_TRY(places_of(shared, &item, &places));
    TD_TRY(sync_by(shared->disk, places.active));
    for (uint32_t i = 0; i < count; i++) {
        item = at(arg, i);
        if (item.file->fate == FATE_PUBLISH)
            TD_TRY(read_back(shared, &item));
    }
    for (uint32_t i = 0; i < count; i++) {
        item = at(arg, i);
        TD_TRY(settle(shared, &item));
    }
    return sync_by(shared->disk, places.ready);
}
