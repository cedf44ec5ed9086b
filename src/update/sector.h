/* One sector of the card that decides what boots: written, synced, and read back past the page cache. */
#ifndef TD_UPDATE_SECTOR_H
#define TD_UPDATE_SECTOR_H

#include <stdint.h>

#include "base/os.h"
#include "update/boot_record.h"

/* sector: BOOT_SECTOR bytes on a multiple of BOOT_SECTOR, as direct writes want it. TD_E_IO: the card does not hold what was written. */
td_err sector_write(const struct td_disk *disk, int file, const void *sector, int64_t at);

#endif
