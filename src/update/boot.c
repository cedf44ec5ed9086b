#include "update/boot.h"

#include <string.h>

#include "base/text.h"

static td_err switch_to(const struct boot_card *card, enum boot_slot slot)
{
    int64_t at;
    TD_TRY(autoboot_find(card->disk, card->file, card->fat_start, &at));
    return autoboot_switch(card->disk, card->file, at, slot);
}

static void note_version(struct boot_record *record, enum boot_slot booted, const char *version)
{
    char *noted = record->slot_version[booted];
    memset(noted, 0, BOOT_VERSION_MAX);
    td_text_copy(noted, BOOT_VERSION_MAX, version, strlen(version));
}

/* Switching comes before the record in both directions. On: the record on the card still says "begun", so a cut finds the same again. Back: it still
   says "told", and the proven slot booting then means that the trial is lost. */
static td_err switch_first(const struct boot_card *card, enum boot_verdict verdict,
                           enum boot_slot booted)
{
    bool needed = verdict == BOOT_SWITCH_BACK || verdict == BOOT_SWITCH_ON;
    return needed ? switch_to(card, boot_other(booted)) : 0;
}

td_err boot_settle(const struct boot_card *card, enum boot_slot booted, const char *version,
                   struct boot_record *record, enum boot_verdict *verdict)
{
    td_err read = boot_record_read(card->disk, card->file, record, booted);
    struct boot_record found = *record;
    *verdict = boot_begin(record, booted);
    note_version(record, booted, version);
    /* A card that cannot be read now may hold a trial: it is not written over. */
    td_err err = read < 0 && read != TD_E_MISSING ? read : switch_first(card, *verdict, booted);
    if (err < 0) {
        *record = found;
        *verdict = found.active == booted ? BOOT_GO_ON : BOOT_TRY;
        return err;
    }
    return boot_record_write(card->disk, card->file, record);
}
