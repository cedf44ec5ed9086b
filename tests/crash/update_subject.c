/* Updates: a card that is given a recorder, a good system and one that never proves itself, and boots until it comes to rest. At each boot a
   firmware of the test's own must find a complete system where autoboot.txt points; whatever was cut, the card ends with the good one
   proven and the bad one remembered. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "crash/crash.h"
#include "unit/update/box.h"

enum { BOOTS_MAX = 16 };

/* ---- planted bugs: what a careless apply would do differently ---------------------------------- */

static const struct td_disk *honest;
static const char *planted = "";
static enum boot_slot running;
static int64_t last_write; /* its place */

static bool is_planted(const char *name)
{
    return strcmp(planted, name) == 0;
}

static bool is_record(int64_t offset)
{
    return offset == BOOT_COPY_A || offset == BOOT_COPY_B;
}

static int64_t start_of(enum boot_slot slot)
{
    return slot == BOOT_SLOT_A ? BOX_SLOT_A : BOX_SLOT_B;
}

static bool in_other_slot(int64_t offset)
{
    int64_t start = start_of(boot_other(running));
    return offset >= start && offset < start + BOX_SLOT_BYTES;
}

static void switch_now(void *ctx, int file, enum boot_slot slot)
{
    char text[AUTOBOOT_BYTES];
    int64_t at;
    autoboot_text(slot, text);
    if (autoboot_find(honest, file, RIG_FAT_START, &at) == 0) {
        honest->write_at(ctx, file, text, sizeof text, at);
        honest->sync_data(ctx, file);
    }
}

/* One byte that the card gets wrong, seen by nobody who does not read it from the card. */
static bool bad_spot(int64_t offset, size_t bytes, size_t *at)
{
    int64_t spot = start_of(boot_other(running)) + 5000;
    *at = (size_t)(spot - offset);
    return offset <= spot && spot < offset + (int64_t)bytes;
}

static int64_t write_wrong(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    static uint8_t copy[BUNDLE_PIECE];
    size_t at;
    if (!bad_spot(offset, bytes, &at))
        return honest->write_at(ctx, file, data, bytes, offset);
    memcpy(copy, data, bytes);
    copy[at] ^= 1;
    return honest->write_at(ctx, file, copy, bytes, offset);
}

/* A sector that was written and has not reached the card: autoboot.txt until the record was written once more; the record, whose sync is
   forgotten, until the sync of something else, in the worst order that this allows. */
static struct {
    bool waits;
    int64_t at;
    uint8_t sector[BOOT_SECTOR];
} held;

static void let_go(void *ctx, int file)
{
    if (held.waits)
        honest->write_at(ctx, file, held.sector, sizeof held.sector, held.at);
    held.waits = false;
}

static bool hold(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    bool is_text = bytes == AUTOBOOT_BYTES && memcmp(data, "[all]", 5) == 0;
    if (!(is_planted("told-early") && is_text) &&
        !(is_planted("record-unsynced") && is_record(offset)))
        return false;
    let_go(ctx, file);
    held.waits = true;
    held.at = offset;
    memcpy(held.sector, data, bytes);
    return true;
}

static int64_t bent_write(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    static const uint8_t zeros[BOOT_SECTOR];
    bool wipes = in_other_slot(offset) && bytes == BOOT_SECTOR && memcmp(data, zeros, bytes) == 0;
    last_write = offset;
    if (hold(ctx, file, data, bytes, offset))
        return (int64_t)bytes;
    if (is_planted("told-early") && is_record(offset) && held.waits) {
        honest->write_at(ctx, file, data, bytes, offset);
        honest->sync_data(ctx, file);
        let_go(ctx, file);
        return (int64_t)bytes;
    }
    if (wipes && is_planted("early-switch"))
        switch_now(ctx, file, boot_other(running));
    if (wipes && is_planted("first-sector-kept"))
        return (int64_t)bytes;
    if (in_other_slot(offset) && is_planted("running-slot"))
        offset += start_of(running) - start_of(boot_other(running));
    if (in_other_slot(offset) && is_planted("no-read-back"))
        return write_wrong(ctx, file, data, bytes, offset);
    return honest->write_at(ctx, file, data, bytes, offset);
}

static int64_t bent_read(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    size_t at;
    if (in_other_slot(offset) && is_planted("running-slot"))
        offset += start_of(running) - start_of(boot_other(running));
    int64_t got = honest->read_at(ctx, file, data, bytes, offset);
    if (held.waits && offset == held.at)
        memcpy(data, held.sector, bytes);
    if (is_planted("no-read-back") && bad_spot(offset, bytes, &at))
        ((uint8_t *)data)[at] ^= 1;
    return got;
}

static int bent_sync(void *ctx, int file)
{
    if (is_planted("record-unsynced") && is_record(last_write))
        return 0;
    int err = is_planted("recorder-renamed-first") ? 0 : honest->sync_data(ctx, file);
    if (is_planted("record-unsynced"))
        let_go(ctx, file);
    return err;
}

static int bent_sync_all(void *ctx, int file)
{
    return is_planted("recorder-renamed-first") ? 0 : honest->sync_all(ctx, file);
}

static const struct td_disk *bent(const struct td_disk *table)
{
    static struct td_disk disk;
    honest = table;
    disk = *table;
    disk.write_at = bent_write;
    disk.read_at = bent_read;
    disk.sync_data = bent_sync;
    disk.sync_all = bent_sync_all;
    return &disk;
}

static void plant(const char *name)
{
    planted = name;
}

/* ---- one boot ---------------------------------------------------------------------------------- */

struct boot {
    struct box box;
    enum boot_slot slot;
    const char *version;
    bool changed; /* something is still on its way */
};

/* What has a first sector is a complete system, whoever may boot it. */
static bool slots_are_whole(const uint8_t *card, struct crash_trial *trial)
{
    for (enum boot_slot slot = BOOT_SLOT_A; slot <= BOOT_SLOT_B; slot++) {
        const uint8_t *at = card + start_of(slot);
        if (at[510] == 0x55 && at[511] == 0xaa && box_system(card, slot) == NULL)
            return crash_fails(trial, "slot %c looks like a system and is none", 'A' + (int)slot);
    }
    return true;
}

static bool power_on(struct sim_disk *disk, struct boot *boot, struct crash_trial *trial)
{
    const uint8_t *card = box_bytes(disk);
    int partition = box_firmware(card);
    *boot = (struct boot){.box = box_open(disk), .version = ""};
    if (partition == 0)
        return crash_fails(trial, "autoboot.txt names nothing");
    boot->slot = partition == 2 ? BOOT_SLOT_A : BOOT_SLOT_B;
    boot->version = box_system(card, boot->slot);
    if (boot->version == NULL)
        return crash_fails(trial, "slot %c boots and is no complete system", 'A' + (int)boot->slot);
    running = boot->slot;
    if (planted[0])
        boot->box.card.disk = bent(boot->box.card.disk);
    return slots_are_whole(card, trial);
}

static bool settle(struct boot *boot, enum boot_verdict *verdict, struct crash_trial *trial)
{
    struct boot_record *record = &boot->box.record;
    td_err err = boot_settle(&boot->box.card, boot->slot, boot->version, record, verdict);
    if (err < 0)
        return crash_fails(trial, "boot_settle: %s", td_err_name(err));
    boot->changed = *verdict != BOOT_GO_ON;
    if (*verdict == BOOT_TRY && strcmp(record->trying.version, boot->version) != 0)
        return crash_fails(trial, "%s boots on trial and the record knows of %s", boot->version,
                           record->trying.version[0] ? record->trying.version : "none");
    return true;
}

/* The recorder that runs is the slot's own or the whole update. */
static bool start_recorder(struct boot *boot, const struct apply *apply, struct crash_trial *trial)
{
    static uint8_t got[BOX_TOOL_BYTES];
    const char *why;
    td_err err = apply_recorder(apply, BOX_RECORDER, &why);
    if (err == TD_E_MISSING)
        return true;
    if (err < 0)
        return crash_fails(trial, "apply_recorder: %s: %s", td_err_name(err), why);
    if (sim_disk_peek(boot->box.sim, BOX_RECORDER, got, sizeof got) != BOX_TOOL_BYTES ||
        memcmp(got, box_texts()->tool, sizeof got) != 0)
        return crash_fails(trial, "another recorder runs than was signed");
    return true;
}

static bool is_fine(td_err err)
{
    return err == 0 || err == TD_E_MISSING || err == TD_E_UPDATE_OLD || err == TD_E_UPDATE_FAILED ||
           err == TD_E_BUSY || err == TD_E_SYNTAX || err == TD_E_UPDATE_DAMAGED;
}

/* What init does of updates between two boots; the bad system never gets its mark. */
static bool run_init(struct boot *boot, struct crash_trial *trial)
{
    char name[APPLY_NAME_MAX];
    struct apply_result result;
    enum boot_verdict verdict;
    const struct boot_card *card = &boot->box.card;
    struct apply apply = box_apply(&boot->box, boot->slot, boot->version);
    if (!settle(boot, &verdict, trial))
        return false;
    if (verdict == BOOT_SWITCH_BACK || verdict == BOOT_SWITCH_ON)
        return true;
    td_err err = apply_folder(&apply, BOX_FOLDER, name, &result);
    if (!is_fine(err))
        return crash_fails(trial, "%s: %s: %s", name, td_err_name(err), result.why);
    boot->changed |= err == 0 || err == TD_E_BUSY;
    if (err == 0 && result.kind == BUNDLE_SYSTEM)
        return true;
    if (!start_recorder(boot, &apply, trial))
        return false;
    if (strcmp(boot->version, "0.7.0") == 0 || !boot_healthy(&boot->box.record, boot->slot))
        return true;
    boot->changed = true;
    err = boot_record_write(card->disk, card->file, &boot->box.record);
    return err == 0 || crash_fails(trial, "the mark: %s", td_err_name(err));
}

/* Boots until nothing changes any more. */
static bool boot_on(struct sim_disk *disk, struct boot *boot, struct crash_trial *trial)
{
    for (unsigned i = 0; i < BOOTS_MAX; i++) {
        if (!power_on(disk, boot, trial))
            return false;
        bool fine = run_init(boot, trial);
        boot->box.card.disk->close(boot->box.card.disk->ctx, boot->box.card.file);
        if (!fine || !boot->changed)
            return fine;
    }
    return crash_fails(trial, "%u boots and it does not come to rest", BOOTS_MAX);
}

/* ---- the run that is cut ----------------------------------------------------------------------- */

static void add(struct sim_disk *disk, const char *name, enum bundle_kind kind, const char *version,
                const uint8_t *image, size_t bytes)
{
    struct box box = {.sim = disk};
    box_add_bundle(&box, name, kind, version, image, bytes);
}

/* A planted bug may leave a card that does not boot: its last state must be cut at too, or it would hang on chance that it is seen. */
static void stand_still(struct sim_disk *disk)
{
    enum { WRITES = 16 };
    const struct td_disk *table = sim_disk_table(disk);
    int file = table->open(table->ctx, BOX_FOLDER "/waits", O_RDWR | O_CREAT, 0644);
    for (int64_t i = 0; i < WRITES; i++) {
        table->write_at(table->ctx, file, "waits", 5, i * 5);
        table->sync_data(table->ctx, file);
    }
    table->close(table->ctx, file);
}

static void reference(struct crash_run *run)
{
    const struct box_texts *texts = box_texts();
    struct crash_trial trial = {0};
    struct boot boot;
    struct box box = box_flash(run->disk);
    box.card.disk->close(box.card.disk->ctx, box.card.file);
    crash_watch(run);
    boot_on(run->disk, &boot, &trial);
    add(run->disk, "tool.tdu", BUNDLE_RECORDER, "0.5.1", texts->tool, BOX_TOOL_BYTES);
    boot_on(run->disk, &boot, &trial);
    add(run->disk, "good.tdu", BUNDLE_SYSTEM, "0.6.0", texts->new_image, BOX_NEW_BYTES);
    boot_on(run->disk, &boot, &trial);
    add(run->disk, "bad.tdu", BUNDLE_SYSTEM, "0.7.0", texts->bad_image, BOX_BAD_BYTES);
    boot_on(run->disk, &boot, &trial);
    if (trial.why[0])
        stand_still(run->disk);
    crash_unwatch(run);
    TD_ASSERT(planted[0] || trial.why[0] == 0, trial.why);
    planted = "";
}

/* ---- judging ----------------------------------------------------------------------------------- */

static bool is_whole(struct sim_disk *disk, const char *name)
{
    const struct td_disk *table = sim_disk_table(disk);
    struct bundle bundle;
    const char *why;
    char path[64];
    snprintf(path, sizeof path, BOX_FOLDER "/%s", name);
    struct bundle_file from = {.disk = table, .file = table->open(table->ctx, path, 0, 0)};
    if (from.file < 0)
        return false;
    td_err err = bundle_open(&from, box_texts()->key.open, &bundle, &why);
    if (err == 0)
        err = bundle_check_payload(&from, &bundle, &why);
    table->close(table->ctx, from.file);
    return err == 0;
}

static bool judge(const struct boot *boot, struct crash_trial *trial)
{
    struct sim_disk *disk = boot->box.sim;
    const struct boot_record *record = &boot->box.record;
    bool good = is_whole(disk, "good.tdu"), bad = is_whole(disk, "bad.tdu");
    const char *want = good ? "0.6.0" : "0.5.0";
    if (strcmp(boot->version, want) != 0)
        return crash_fails(trial, "it ends in %s, not in %s", boot->version, want);
    if (record->active != boot->slot || record->trial != BOOT_TRIAL_NONE)
        return crash_fails(trial, "it ends unproven");
    if (bad && strcmp(record->failed.version, "0.7.0") != 0)
        return crash_fails(trial, "the bad system is not remembered");
    if (!bad && record->failed_trials != 0)
        return crash_fails(trial, "a trial was lost and none was bad");
    if (!good && is_whole(disk, "tool.tdu") && strcmp(record->recorder.version, "0.5.1") != 0)
        return crash_fails(trial, "the recorder is forgotten");
    return true;
}

static bool recover(struct sim_disk *disk, struct crash_trial *trial)
{
    struct boot boot = {0};
    if (trial->run)
        crash_watch(trial->run);
    bool fine = boot_on(disk, &boot, trial);
    if (trial->run)
        crash_unwatch(trial->run);
    return fine && judge(&boot, trial);
}

const struct crash_subject crash_update = {.name = "update",
                                           .memory_bytes = 1,
                                           .reference = reference,
                                           .recover = recover,
                                           .plant = plant};
