#include "update/sector.h"

#include <string.h>

td_err sector_write(const struct td_disk *disk, int file, const void *sector, int64_t at)
{
    _Alignas(BOOT_SECTOR) uint8_t back[BOOT_SECTOR];
    TD_TRY(disk->write_at(disk->ctx, file, sector, BOOT_SECTOR, at));
    TD_TRY(disk->sync_data(disk->ctx, file));
    disk->drop_cache(disk->ctx, file);
    int64_t got = disk->read_at(disk->ctx, file, back, sizeof back, at);
    TD_TRY(got);
    return got == sizeof back && memcmp(sector, back, sizeof back) == 0 ? 0 : TD_E_IO;
}
