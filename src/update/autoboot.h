/* autoboot.txt on the FAT `TAPEDECK`: the firmware's choice of the slot, 512 bytes of fixed length, changed by one write of one sector, so
   that a cut leaves the old or the new choice. `file`: the whole card, see boot_record.h. */
#ifndef TD_UPDATE_AUTOBOOT_H
#define TD_UPDATE_AUTOBOOT_H

#include <stdint.h>

#include "base/err.h"
#include "base/os.h"
#include "update/boot_record.h"

enum { AUTOBOOT_BYTES = 512, AUTOBOOT_PARTITION_A = 2, AUTOBOOT_PARTITION_B = 3 };

/* Not NUL-terminated. */
void autoboot_text(enum boot_slot slot, char out[AUTOBOOT_BYTES]);
/* The slot that such a text names; an editor's CRLF and a changed digit are fine. TD_E_SYNTAX: neither. */
td_err autoboot_parse(const char *text, unsigned bytes, enum boot_slot *slot);
/* Byte offset on the card of the file's only sector, by reading the FAT (12, 16 or 32) at fat_start; nothing is written. TD_E_MISSING: no such
   file; TD_E_CARD: not a FAT, or the file is longer than one sector, or too short for the text. */
td_err autoboot_find(const struct td_disk *disk, int file, int64_t fat_start, int64_t *at);
td_err autoboot_read(const struct td_disk *disk, int file, int64_t at, enum boot_slot *slot);
/* One synced sector, read back; TD_E_IO when it does not hold what was written. */
td_err autoboot_switch(const struct td_disk *disk, int file, int64_t at, enum boot_slot slot);

#endif
