/* autoboot.txt on the FAT `TAPEDECK`: the firmware's choice of the slot, 512 bytes of fixed length, changed by one write of one sector, so
   that a cut leaves the old or the new choice. */
#ifndef TD_UPDATE_AUTOBOOT_H
#define TD_UPDATE_AUTOBOOT_H

#include <stdint.h>

#include "base/err.h"
#include "update/boot_record.h"

enum { AUTOBOOT_BYTES = 512, AUTOBOOT_PARTITION_A = 2, AUTOBOOT_PARTITION_B = 3 };

void autoboot_text(enum boot_slot slot, char out[AUTOBOOT_BYTES]);
/* Byte offset on the disk of the file's only sector, by reading the FAT at fat_start; nothing is written. TD_E_MISSING: no such file;
   TD_E_CARD: not a FAT, or the file is not one sector in one piece. */
td_err autoboot_find(int disk_fd, int64_t fat_start, int64_t *at);
td_err autoboot_read(int disk_fd, int64_t at, enum boot_slot *slot);
/* One synced sector, read back. */
td_err autoboot_switch(int disk_fd, int64_t at, enum boot_slot slot);

#endif
