#include "update/apply.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "update/slot.h"

struct work {
    const struct apply *apply;
    struct bundle_file from;
    struct bundle bundle;
    struct apply_result *result;
    int64_t done, all, autoboot_at;
};

static void on_progress(void *arg, int64_t bytes)
{
    struct work *work = arg;
    work->done += bytes;
    if (work->apply->progress)
        work->apply->progress(work->apply->arg, work->done, work->all);
}

static td_err fails(struct apply_result *result, td_err err, const char *why)
{
    result->why = why;
    return err;
}

/* ---- may it be applied? ---------------------------------------------------------------------- */

static bool is_image(const struct boot_update *update, const struct bundle *bundle)
{
    return update->version[0] &&
           memcmp(update->image, bundle->image_sha256, sizeof update->image) == 0;
}

static bool has_failed(const struct boot_update *failed, const uint8_t before[BOOT_IMAGE_BYTES],
                       const struct bundle *bundle)
{
    return is_image(failed, bundle) || memcmp(before, bundle->image_sha256, BOOT_IMAGE_BYTES) == 0;
}

static td_err check_newer(struct work *work, const char *than)
{
    td_err err;
    int order = bundle_version_compare(work->bundle.version, than, &err);
    if (err < 0)
        return fails(work->result, TD_E_UPDATE_OLD,
                     "it cannot be compared with the version of what runs");
    return order > 0 ? 0 : fails(work->result, TD_E_UPDATE_OLD, "it is not newer than what runs");
}

static td_err check_system(struct work *work)
{
    const struct boot_record *record = work->apply->record;
    if (has_failed(&record->failed, record->failed_before, &work->bundle))
        return fails(work->result, TD_E_UPDATE_FAILED,
                     "it was tried and did not prove itself, so it is not tried again");
    if (work->bundle.image_bytes > work->apply->slot_bytes)
        return fails(work->result, TD_E_UPDATE_SIZE, "it is larger than its place on the card");
    if (record->recorder_trial)
        return fails(work->result, TD_E_BUSY,
                     "a new recorder is on trial; it must prove itself first");
    return 0;
}

static td_err path_of(const struct apply *apply, const char *version, const char *end,
                      char path[APPLY_PATH_MAX])
{
    int bytes = snprintf(path, APPLY_PATH_MAX, "%s/%s%s", apply->updates_dir, version, end);
    return bytes > 0 && bytes < APPLY_PATH_MAX ? 0 : TD_E_RANGE;
}

/* One that somebody deleted may come again: nothing else would bring it back. */
static bool is_gone(const struct apply *apply, const char *version)
{
    const struct td_disk *disk = apply->card.disk;
    char path[APPLY_PATH_MAX];
    if (apply->updates_dir == NULL || path_of(apply, version, ".tdu", path) < 0)
        return false;
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    if (file >= 0)
        disk->close(disk->ctx, file);
    return file == TD_E_MISSING;
}

static td_err check_recorder(struct work *work)
{
    const struct boot_record *record = work->apply->record;
    if (record->recorder.version[0] && !is_gone(work->apply, record->recorder.version))
        TD_TRY(check_newer(work, record->recorder.version));
    if (has_failed(&record->recorder_failed, record->recorder_failed_before, &work->bundle))
        return fails(work->result, TD_E_UPDATE_FAILED,
                     "it was tried and did not prove itself, so it is not tried again");
    if (work->bundle.image_bytes > APPLY_RECORDER_MAX)
        return fails(work->result, TD_E_UPDATE_SIZE, "it is too large for a recorder");
    if (work->apply->updates_dir == NULL)
        return fails(work->result, TD_E_IO, "the data partition, where it is kept, is not there");
    return 0;
}

/* Head, signature and what they say; the payload has not been read. */
static td_err look(struct work *work)
{
    const struct boot_record *record = work->apply->record;
    TD_TRY(bundle_open(&work->from, work->apply->key_pem, &work->bundle, &work->result->why));
    work->result->kind = work->bundle.kind;
    memcpy(work->result->version, work->bundle.version, sizeof work->result->version);
    if (strcmp(work->bundle.board, APPLY_BOARD) != 0)
        return fails(work->result, TD_E_UPDATE_BOARD, "it is for another board");
    TD_TRY(check_newer(work, work->apply->running_version));
    TD_TRY(work->bundle.kind == BUNDLE_SYSTEM ? check_system(work) : check_recorder(work));
    if (record->trial != BOOT_TRIAL_NONE || record->active != work->apply->booted)
        return fails(work->result, TD_E_BUSY,
                     "what runs is on trial itself and must prove itself first");
    return 0;
}

static struct work begin(const struct apply *apply, int bundle, struct apply_result *result)
{
    *result = (struct apply_result){.why = ""};
    return (struct work){
        .apply = apply, .from = {.disk = apply->card.disk, .file = bundle}, .result = result};
}

/* ---- a system: into the slot that is not running --------------------------------------------- */

/* Nothing may lead to the slot while it is no slot: autoboot.txt names the running one. */
static td_err guard(struct work *work)
{
    const struct boot_card *card = &work->apply->card;
    enum boot_slot told = boot_other(work->apply->booted);
    td_err err = autoboot_read(card->disk, card->file, work->autoboot_at, &told);
    TD_FAIL_IF(err < 0 && err != TD_E_SYNTAX, err);
    if (told != work->apply->booted)
        TD_TRY(autoboot_switch(card->disk, card->file, work->autoboot_at, work->apply->booted));
    memset(work->apply->record->slot_version[boot_other(work->apply->booted)], 0, BOOT_VERSION_MAX);
    return boot_record_write(card->disk, card->file, work->apply->record);
}

static td_err fill_slot(struct work *work)
{
    struct slot slot = {.disk = work->apply->card.disk,
                        .file = work->apply->card.file,
                        .start = work->apply->slot_start};
    TD_TRY(slot_begin(&slot));
    TD_TRY(bundle_unpack(&work->from, &work->bundle, slot_take, &slot, &work->result->why));
    TD_TRY(slot_finish(&slot));
    return slot_check(&slot, &work->bundle, on_progress, work);
}

static struct boot_update about(const struct bundle *bundle)
{
    struct boot_update update = {0};
    memcpy(update.version, bundle->version, sizeof update.version);
    memcpy(update.image, bundle->image_sha256, sizeof update.image);
    return update;
}

/* The record says first what is meant, then the firmware is told, then the record says that it was: see boot.h. */
static td_err begin_trial(struct work *work)
{
    const struct boot_card *card = &work->apply->card;
    struct boot_record *record = work->apply->record;
    struct boot_update update = about(&work->bundle);
    boot_try_other(record, work->apply->booted, &update);
    TD_TRY(boot_record_write(card->disk, card->file, record));
    TD_TRY(autoboot_switch(card->disk, card->file, work->autoboot_at,
                           boot_other(work->apply->booted)));
    record->trial = BOOT_TRIAL_TOLD;
    return boot_record_write(card->disk, card->file, record);
}

static td_err put_system(struct work *work)
{
    td_err err = guard(work);
    if (err == 0)
        err = fill_slot(work);
    if (err == 0)
        err = begin_trial(work);
    if (err < 0 && work->result->why[0] == 0)
        work->result->why = "the card did not take it";
    return err;
}

static td_err find_autoboot(struct work *work)
{
    const struct boot_card *card = &work->apply->card;
    td_err err = autoboot_find(card->disk, card->file, card->fat_start, &work->autoboot_at);
    if (err < 0)
        work->result->why = "autoboot.txt on the card is not as it was flashed";
    return err == TD_E_MISSING ? TD_E_CARD : err;
}

/* ---- a recorder: beside the slots, on the data partition ------------------------------------- */

static td_err copy(struct work *work, int to)
{
    static _Alignas(4096) uint8_t piece[64 << 10];
    const struct td_disk *disk = work->from.disk;
    int64_t all = work->bundle.payload_at + work->bundle.payload_bytes;
    for (int64_t done = 0; done < all;) {
        int64_t left = all - done;
        size_t bytes = left < (int64_t)sizeof piece ? (size_t)left : sizeof piece;
        int64_t got = disk->read_at(disk->ctx, work->from.file, piece, bytes, done);
        TD_TRY(got);
        TD_FAIL_IF(got == 0, TD_E_IO);
        TD_TRY(disk->write_at(disk->ctx, to, piece, (size_t)got, done));
        done += got;
        on_progress(work, got);
    }
    return disk->sync_data(disk->ctx, to);
}

/* What arrived is read again from the disk, all of it. */
static td_err check_copy(struct work *work, int file)
{
    struct bundle_file copied = work->from;
    struct bundle again;
    copied.file = file;
    copied.disk->drop_cache(copied.disk->ctx, file);
    TD_TRY(bundle_open(&copied, work->apply->key_pem, &again, &work->result->why));
    return bundle_check_payload(&copied, &again, &work->result->why);
}

static td_err store(struct work *work)
{
    const struct td_disk *disk = work->from.disk;
    char fresh[APPLY_PATH_MAX], path[APPLY_PATH_MAX];
    TD_TRY(path_of(work->apply, work->bundle.version, ".new", fresh));
    TD_TRY(path_of(work->apply, work->bundle.version, ".tdu", path));
    TD_TRY(disk->make_dirs(disk->ctx, work->apply->updates_dir));
    int to = disk->open(disk->ctx, fresh, O_RDWR | O_CREAT | O_TRUNC, 0644);
    TD_TRY(to);
    td_err err = copy(work, to);
    if (err == 0)
        err = check_copy(work, to);
    if (err == 0)
        err = disk->rename(disk->ctx, fresh, path);
    if (err == 0)
        err = disk->sync_all(disk->ctx, to);
    disk->close(disk->ctx, to);
    if (err < 0)
        disk->unlink(disk->ctx, fresh);
    return err;
}

struct stale {
    char keep[BOOT_VERSION_MAX + 8];
    char found[APPLY_NAME_MAX];
};

static int find_stale(void *arg, const char *name, bool is_dir)
{
    struct stale *stale = arg;
    return !is_dir && strcmp(name, stale->keep) != 0 &&
           td_text_copy(stale->found, sizeof stale->found, name, strlen(name));
}

/* The update before is not needed any more; what cannot be removed only takes room. */
static void remove_stale(const struct apply *apply, const char *version)
{
    const struct td_disk *disk = apply->card.disk;
    struct stale stale;
    char path[APPLY_PATH_MAX];
    snprintf(stale.keep, sizeof stale.keep, "%s.tdu", version);
    while (disk->list(disk->ctx, apply->updates_dir, find_stale, &stale) == 1)
        if (path_of(apply, stale.found, "", path) < 0 || disk->unlink(disk->ctx, path) < 0)
            return;
}

static td_err put_recorder(struct work *work)
{
    struct boot_update update = about(&work->bundle);
    const struct boot_card *card = &work->apply->card;
    td_err err = store(work);
    if (err == 0) {
        boot_try_recorder(work->apply->record, &update);
        err = boot_record_write(card->disk, card->file, work->apply->record);
    }
    if (err == 0)
        remove_stale(work->apply, update.version);
    else if (work->result->why[0] == 0)
        work->result->why = "there is no room for it, or the card did not take it";
    return err;
}

/* ---- all of it ------------------------------------------------------------------------------- */

td_err apply_bundle(const struct apply *apply, int bundle, struct apply_result *result)
{
    struct work work = begin(apply, bundle, result);
    TD_TRY(look(&work));
    bool system = work.bundle.kind == BUNDLE_SYSTEM;
    if (system)
        TD_TRY(find_autoboot(&work));
    work.from.progress = on_progress;
    work.from.arg = &work;
    int64_t payload = work.bundle.payload_bytes, image = work.bundle.image_bytes;
    work.all = system ? payload + 3 * image : work.bundle.payload_at + 3 * payload + image;
    TD_TRY(bundle_check_payload(&work.from, &work.bundle, &result->why));
    TD_TRY(bundle_unpack(&work.from, &work.bundle, NULL, NULL, &result->why));
    return system ? put_system(&work) : put_recorder(&work);
}

/* ---- which of several ------------------------------------------------------------------------ */

struct search {
    const struct apply *apply;
    const char *folder;
    char name[APPLY_NAME_MAX];  /* of the best so far */
    struct apply_result result; /* of it */
    td_err err;                 /* its verdict; TD_E_MISSING: none seen */
};

static bool is_bundle_name(const char *name)
{
    size_t bytes = strlen(name);
    return name[0] != '.' && bytes > 4 && bytes < APPLY_NAME_MAX &&
           td_text_equal_nocase(name + bytes - 4, ".tdu");
}

/* One that may be applied beats all that may not, the newer the older, and a reason to be told one that says only "old". */
static bool is_better(const struct search *search, const struct apply_result *result, td_err err)
{
    td_err unread;
    if (search->err == TD_E_MISSING)
        return true;
    if (err != 0 || search->err != 0)
        return err == 0 || (search->err == TD_E_UPDATE_OLD && err != TD_E_UPDATE_OLD);
    int order = bundle_version_compare(result->version, search->result.version, &unread);
    return order > 0 || (order == 0 && result->kind < search->result.kind);
}

static int open_named(const struct apply *apply, const char *folder, const char *name)
{
    char path[APPLY_PATH_MAX];
    int bytes = snprintf(path, sizeof path, "%s/%s", folder, name);
    TD_FAIL_IF(bytes < 0 || bytes >= (int)sizeof path, TD_E_RANGE);
    return apply->card.disk->open(apply->card.disk->ctx, path, O_RDONLY, 0);
}

static int consider(void *arg, const char *name, bool is_dir)
{
    struct search *search = arg;
    const struct td_disk *disk = search->apply->card.disk;
    struct apply_result result;
    if (is_dir || !is_bundle_name(name))
        return 0;
    int bundle = open_named(search->apply, search->folder, name);
    struct work work = begin(search->apply, bundle, &result);
    td_err err = bundle < 0 ? fails(&result, bundle, "the bundle cannot be read") : look(&work);
    if (bundle >= 0)
        disk->close(disk->ctx, bundle);
    if (is_better(search, &result, err)) {
        search->result = result;
        search->err = err;
        td_text_copy(search->name, sizeof search->name, name, strlen(name));
    }
    return 0;
}

td_err apply_folder(const struct apply *apply, const char *folder, char name[APPLY_NAME_MAX],
                    struct apply_result *result)
{
    const struct td_disk *disk = apply->card.disk;
    struct search search = {
        .apply = apply, .folder = folder, .err = TD_E_MISSING, .result = {.why = ""}};
    int listed = disk->list(disk->ctx, folder, consider, &search);
    *result = search.result;
    td_text_copy(name, APPLY_NAME_MAX, search.name, strlen(search.name));
    TD_TRY(listed);
    TD_TRY(search.err);
    int bundle = open_named(apply, folder, name);
    TD_TRY(bundle);
    td_err err = apply_bundle(apply, bundle, result);
    disk->close(disk->ctx, bundle);
    return err;
}

/* ---- the recorder that shall run ------------------------------------------------------------- */

struct unpacking {
    const struct td_disk *disk;
    int file;
};

static td_err write_piece(void *arg, int64_t offset, const uint8_t *data, size_t bytes)
{
    const struct unpacking *to = arg;
    int64_t put = to->disk->write_at(to->disk->ctx, to->file, data, bytes, offset);
    return put < 0 ? (td_err)put : 0;
}

static td_err unpack_to(struct work *work, const char *path)
{
    const struct td_disk *disk = work->from.disk;
    disk->unlink(disk->ctx, path); /* an old one may still run: its file is not written over */
    struct unpacking to = {disk, disk->open(disk->ctx, path, O_WRONLY | O_CREAT | O_EXCL, 0755)};
    TD_TRY(to.file);
    td_err err = bundle_unpack(&work->from, &work->bundle, write_piece, &to, &work->result->why);
    disk->close(disk->ctx, to.file);
    if (err < 0)
        disk->unlink(disk->ctx, path);
    return err;
}

static td_err check_stored(struct work *work)
{
    const struct boot_update *want = &work->apply->record->recorder;
    const char **why = &work->result->why;
    TD_TRY(bundle_open(&work->from, work->apply->key_pem, &work->bundle, why));
    if (work->bundle.kind != BUNDLE_RECORDER || work->bundle.image_bytes > APPLY_RECORDER_MAX ||
        strcmp(work->bundle.board, APPLY_BOARD) != 0 || !is_image(want, &work->bundle))
        return fails(work->result, TD_E_UPDATE_DAMAGED,
                     "the stored recorder is another than it was");
    return bundle_check_payload(&work->from, &work->bundle, why);
}

td_err apply_recorder(const struct apply *apply, const char *to, const char **why)
{
    const struct td_disk *disk = apply->card.disk;
    const char *version = apply->record->recorder.version;
    struct apply_result result;
    char path[APPLY_PATH_MAX];
    td_err err = 0;
    *why = "";
    apply->record->recorder_runs = false;
    TD_FAIL_IF(version[0] == 0, TD_E_MISSING);
    if (bundle_version_compare(version, apply->running_version, &err) <= 0 && err == 0)
        return TD_E_MISSING;
    *why = "the data partition, where the updated recorder is kept, is not there";
    TD_FAIL_IF(apply->updates_dir == NULL, TD_E_IO);
    TD_TRY(path_of(apply, version, ".tdu", path));
    int bundle = disk->open(disk->ctx, path, O_RDONLY, 0);
    *why = "the stored recorder cannot be read";
    TD_FAIL_IF(bundle == TD_E_MISSING, TD_E_IO);
    TD_TRY(bundle);
    struct work work = begin(apply, bundle, &result);
    err = check_stored(&work);
    if (err == 0)
        err = unpack_to(&work, to);
    disk->close(disk->ctx, bundle);
    apply->record->recorder_runs = err == 0;
    *why = result.why;
    return err;
}
