#include "update/boot_record.h"

#include <string.h>

#include "base/crc.h"
#include "base/text.h"
#include "update/sector.h"

/* One copy: little-endian, at fixed places; docs/FORMAT.md draws it. */
enum {
    AT_MAGIC = 0,
    AT_FORMAT = 8,
    AT_SEQUENCE = 16,
    AT_BOOTS = 24,
    AT_ACTIVE = 32,
    AT_TRIAL = 36,
    AT_TRIAL_BOOTS = 40,
    AT_FAILED_TRIALS = 44,
    AT_RECORDER_TRIAL = 48,
    AT_RECORDER_TRIAL_BOOTS = 52,
    AT_SLOT_VERSION = 64,
    AT_UPDATES = 128, /* trying, failed, recorder, recorder_failed: 64 bytes each */
    UPDATE_BYTES = BOOT_VERSION_MAX + BOOT_IMAGE_BYTES,
    UPDATES = 4,
    AT_FAILED_BEFORE = AT_UPDATES + UPDATES * UPDATE_BYTES,
    AT_RECORDER_FAILED_BEFORE = AT_FAILED_BEFORE + BOOT_IMAGE_BYTES,
    AT_CRC = BOOT_SECTOR - 4,
    RECORD_FORMAT = 1
};
static const char magic[8] = "TDBOOTRC";

/* ---- bytes ----------------------------------------------------------------------------------- */

static void put(uint8_t *sector, unsigned at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        sector[at + i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *sector, unsigned at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)sector[at + i] << (8 * i);
    return value;
}

static void put_text(uint8_t *sector, unsigned at, const char text[BOOT_VERSION_MAX])
{
    size_t bytes = strnlen(text, BOOT_VERSION_MAX - 1);
    memcpy(sector + at, text, bytes);
}

static void get_text(const uint8_t *sector, unsigned at, char text[BOOT_VERSION_MAX])
{
    memcpy(text, sector + at, BOOT_VERSION_MAX);
    text[BOOT_VERSION_MAX - 1] = 0;
}

static struct boot_update *update_at(struct boot_record *record, unsigned i)
{
    struct boot_update *const updates[UPDATES] = {&record->trying, &record->failed,
                                                  &record->recorder, &record->recorder_failed};
    return updates[i];
}

static void encode(struct boot_record *record, uint8_t sector[BOOT_SECTOR])
{
    memset(sector, 0, BOOT_SECTOR);
    memcpy(sector + AT_MAGIC, magic, sizeof magic);
    put(sector, AT_FORMAT, RECORD_FORMAT, 4);
    put(sector, AT_SEQUENCE, record->sequence, 8);
    put(sector, AT_BOOTS, record->boots, 8);
    put(sector, AT_ACTIVE, record->active, 4);
    put(sector, AT_TRIAL, record->trial, 4);
    put(sector, AT_TRIAL_BOOTS, record->trial_boots, 4);
    put(sector, AT_FAILED_TRIALS, record->failed_trials, 4);
    put(sector, AT_RECORDER_TRIAL, record->recorder_trial, 4);
    put(sector, AT_RECORDER_TRIAL_BOOTS, record->recorder_trial_boots, 4);
    for (unsigned slot = 0; slot < 2; slot++)
        put_text(sector, AT_SLOT_VERSION + slot * BOOT_VERSION_MAX, record->slot_version[slot]);
    for (unsigned i = 0; i < UPDATES; i++) {
        const struct boot_update *update = update_at(record, i);
        unsigned at = AT_UPDATES + i * UPDATE_BYTES;
        put_text(sector, at, update->version);
        memcpy(sector + at + BOOT_VERSION_MAX, update->image, BOOT_IMAGE_BYTES);
    }
    memcpy(sector + AT_FAILED_BEFORE, record->failed_before, BOOT_IMAGE_BYTES);
    memcpy(sector + AT_RECORDER_FAILED_BEFORE, record->recorder_failed_before, BOOT_IMAGE_BYTES);
    put(sector, AT_CRC, td_crc32c(0, sector, AT_CRC), 4);
}

static bool decode(const uint8_t sector[BOOT_SECTOR], struct boot_record *record)
{
    if (memcmp(sector + AT_MAGIC, magic, sizeof magic) != 0 ||
        get(sector, AT_FORMAT, 4) != RECORD_FORMAT ||
        get(sector, AT_CRC, 4) != td_crc32c(0, sector, AT_CRC) ||
        get(sector, AT_ACTIVE, 4) > BOOT_SLOT_B || get(sector, AT_TRIAL, 4) > BOOT_TRIAL_TOLD ||
        get(sector, AT_RECORDER_TRIAL, 4) > 1)
        return false;
    *record = (struct boot_record){
        .sequence = get(sector, AT_SEQUENCE, 8),
        .boots = get(sector, AT_BOOTS, 8),
        .active = (uint32_t)get(sector, AT_ACTIVE, 4),
        .trial = (uint32_t)get(sector, AT_TRIAL, 4),
        .trial_boots = (uint32_t)get(sector, AT_TRIAL_BOOTS, 4),
        .failed_trials = (uint32_t)get(sector, AT_FAILED_TRIALS, 4),
        .recorder_trial = (uint32_t)get(sector, AT_RECORDER_TRIAL, 4),
        .recorder_trial_boots = (uint32_t)get(sector, AT_RECORDER_TRIAL_BOOTS, 4),
    };
    for (unsigned slot = 0; slot < 2; slot++)
        get_text(sector, AT_SLOT_VERSION + slot * BOOT_VERSION_MAX, record->slot_version[slot]);
    for (unsigned i = 0; i < UPDATES; i++) {
        struct boot_update *update = update_at(record, i);
        unsigned at = AT_UPDATES + i * UPDATE_BYTES;
        get_text(sector, at, update->version);
        memcpy(update->image, sector + at + BOOT_VERSION_MAX, BOOT_IMAGE_BYTES);
    }
    memcpy(record->failed_before, sector + AT_FAILED_BEFORE, BOOT_IMAGE_BYTES);
    memcpy(record->recorder_failed_before, sector + AT_RECORDER_FAILED_BEFORE, BOOT_IMAGE_BYTES);
    return true;
}

/* ---- the two copies -------------------------------------------------------------------------- */

/* The copy that this sequence number belongs to. */
static int64_t place(uint64_t sequence)
{
    return sequence % 2 == 0 ? BOOT_COPY_A : BOOT_COPY_B;
}

/* 1 sound, 0 not, or what reading it said. */
static td_err read_copy(const struct td_disk *disk, int file, int64_t at,
                        struct boot_record *record)
{
    _Alignas(BOOT_SECTOR) uint8_t sector[BOOT_SECTOR];
    int64_t got = disk->read_at(disk->ctx, file, sector, sizeof sector, at);
    TD_TRY(got);
    return got == sizeof sector && decode(sector, record) && place(record->sequence) == at;
}

td_err boot_record_read(const struct td_disk *disk, int file, struct boot_record *record,
                        enum boot_slot booted)
{
    struct boot_record a, b;
    td_err sound_a = read_copy(disk, file, BOOT_COPY_A, &a);
    td_err sound_b = read_copy(disk, file, BOOT_COPY_B, &b);
    *record = (struct boot_record){.active = booted};
    if (sound_a == 1 && (sound_b != 1 || a.sequence > b.sequence))
        *record = a;
    else if (sound_b == 1)
        *record = b;
    else
        return sound_a < 0 ? sound_a : sound_b < 0 ? sound_b : TD_E_MISSING;
    return 0;
}

td_err boot_record_write(const struct td_disk *disk, int file, struct boot_record *record)
{
    _Alignas(BOOT_SECTOR) uint8_t sector[BOOT_SECTOR];
    record->sequence++;
    encode(record, sector);
    return sector_write(disk, file, sector, place(record->sequence));
}

/* ---- what it means --------------------------------------------------------------------------- */

static void end_trial(struct boot_record *record)
{
    record->trial = BOOT_TRIAL_NONE;
    record->trial_boots = 0;
    record->trying = (struct boot_update){0};
}

static void note_failed(struct boot_update *failed, uint8_t before[BOOT_IMAGE_BYTES],
                        const struct boot_update *update)
{
    if (memcmp(failed->image, update->image, BOOT_IMAGE_BYTES) != 0)
        memcpy(before, failed->image, BOOT_IMAGE_BYTES);
    *failed = *update;
}

static void lose_trial(struct boot_record *record)
{
    record->failed_trials++;
    if (record->trying.version[0])
        note_failed(&record->failed, record->failed_before, &record->trying);
    end_trial(record);
}

static void begin_recorder(struct boot_record *record)
{
    if (!record->recorder_trial)
        return;
    if (record->recorder_trial_boots >= BOOT_TRIES)
        boot_recorder_lost(record);
    else
        record->recorder_trial_boots++;
}

enum boot_verdict boot_begin(struct boot_record *record, enum boot_slot booted)
{
    bool proven = record->active == booted;
    record->boots++;
    begin_recorder(record);
    if (proven && record->trial == BOOT_TRIAL_BEGUN) {
        record->trial = BOOT_TRIAL_TOLD;
        return BOOT_SWITCH_ON;
    }
    if (proven) {
        if (record->trial != BOOT_TRIAL_NONE)
            lose_trial(record);
        return BOOT_GO_ON;
    }
    if (record->trial_boots >= BOOT_TRIES) {
        lose_trial(record);
        return BOOT_SWITCH_BACK;
    }
    record->trial = BOOT_TRIAL_TOLD;
    record->trial_boots++;
    return BOOT_TRY;
}

bool boot_healthy(struct boot_record *record, enum boot_slot booted)
{
    bool changed = record->recorder_runs && record->recorder_trial != 0;
    if (changed) {
        record->recorder_trial = 0;
        record->recorder_trial_boots = 0;
    }
    if (record->active != booted) {
        record->active = booted;
        end_trial(record);
        changed = true;
    }
    return changed;
}

void boot_try_other(struct boot_record *record, enum boot_slot booted,
                    const struct boot_update *update)
{
    enum boot_slot other = boot_other(booted);
    TD_ASSERT(record->active == booted, "only a proven slot begins a trial of the other");
    end_trial(record);
    record->trial = BOOT_TRIAL_BEGUN;
    record->trying = *update;
    memcpy(record->slot_version[other], update->version, BOOT_VERSION_MAX);
}

void boot_try_recorder(struct boot_record *record, const struct boot_update *update)
{
    record->recorder = *update;
    record->recorder_runs = false;
    record->recorder_trial = 1;
    record->recorder_trial_boots = 0;
}

bool boot_recorder_lost(struct boot_record *record)
{
    if (!record->recorder.version[0])
        return false;
    record->failed_trials += record->recorder_trial;
    note_failed(&record->recorder_failed, record->recorder_failed_before, &record->recorder);
    record->recorder = (struct boot_update){0};
    record->recorder_runs = false;
    record->recorder_trial = 0;
    record->recorder_trial_boots = 0;
    return true;
}
