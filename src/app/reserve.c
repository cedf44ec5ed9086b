#include "app/reserve.h"

#include <fcntl.h>

#include "segment/path.h"

static td_err fill(const struct td_disk *disk, int file, int64_t bytes)
{
    int64_t size = disk->size(disk->ctx, file);
    if (size == bytes)
        return 0;
    TD_FAIL_IF(size < 0, (td_err)size);
    if (size > bytes)
        TD_TRY(disk->truncate(disk->ctx, file, bytes));
    TD_TRY(disk->preallocate(disk->ctx, file, bytes));
    return disk->sync_data(disk->ctx, file);
}

td_err reserve_keep(const struct td_disk *disk, const char *data_dir, int64_t bytes)
{
    char path[PATH_MAX_BYTES];
    TD_TRY(path_join(data_dir, "reserve", path));
    int file = disk->open(disk->ctx, path, O_RDWR | O_CREAT, 0644);
    TD_TRY(file);
    td_err err = fill(disk, file, bytes);
    td_err closed = disk->close(disk->ctx, file);
    err = err < 0 ? err : closed;
    if (err < 0) /* half a reserve would be taken for a whole one */
        disk->unlink(disk->ctx, path);
    return err < 0 ? err : 0;
}

td_err reserve_spend(const struct td_disk *disk, const char *data_dir)
{
    char path[PATH_MAX_BYTES];
    TD_TRY(path_join(data_dir, "reserve", path));
    td_err err = disk->unlink(disk->ctx, path);
    return err == TD_E_MISSING ? 0 : err;
}
