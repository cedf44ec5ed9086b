/* The first thing each boot does on the card: count itself in the boot record, and put right what a cut left between record and
   autoboot.txt. What stands where, and what a boot makes of it:

     trial   slot that booted   verdict
     none    the proven one     BOOT_GO_ON
     none    the other          BOOT_TRY: chosen by hand; proves itself or goes back like any trial
     begun   the proven one     BOOT_SWITCH_ON: the cut came before autoboot.txt was switched
     begun   the other          BOOT_TRY: the cut came before the record said so
     told    the other          BOOT_TRY; after BOOT_TRIES such boots BOOT_SWITCH_BACK
     told    the proven one     BOOT_GO_ON, the trial is lost: by hand, or cut while switching back

   A slot whose kernel dies before init runs never comes here and is not rolled back: the owner writes the other number into autoboot.txt. */
#ifndef TD_UPDATE_BOOT_H
#define TD_UPDATE_BOOT_H

#include "update/autoboot.h"
#include "update/boot_record.h"

struct boot_card {
    const struct td_disk *disk;
    int file;          /* the whole card, see boot_record.h */
    int64_t fat_start; /* of partition TAPEDECK, bytes */
};

/* Reads the record (a first one is made), counts this boot, writes record and autoboot.txt as the verdict asks, in the order that survives a
   cut. After BOOT_SWITCH_BACK and BOOT_SWITCH_ON the caller reboots. version: of the running system, noted as this slot's. An error: the card
   does not do as told (TD_E_IO) or autoboot.txt is not as flashed (TD_E_CARD, TD_E_MISSING); the caller says so and goes on with what
   booted, *record and *verdict are filled and verdict is BOOT_GO_ON or BOOT_TRY then. */
td_err boot_settle(const struct boot_card *card, enum boot_slot booted, const char *version,
                   struct boot_record *record, enum boot_verdict *verdict);

#endif
