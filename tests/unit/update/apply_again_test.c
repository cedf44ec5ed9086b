#include "update/apply.h"

#include "unit/test.h"
#include "update/box.h"

static struct box box;
static struct apply_result result;
static char name[APPLY_NAME_MAX];

static void fresh(void)
{
    box = box_flash(rig_disk());
}

static td_err apply_now(void)
{
    struct apply apply = box_apply(&box, BOOT_SLOT_A, "0.5.0");
    return apply_folder(&apply, BOX_FOLDER, name, &result);
}

/* ---- which of several -------------------------------------------------------------------------- */

TEST(an_empty_folder_has_none)
{
    fresh();
    CHECK_EQ_I64(apply_now(), TD_E_MISSING);
    box_put_file(box.sim, BOX_FOLDER "/STATUS.txt", "x", 1);
    box_put_file(box.sim, BOX_FOLDER "/._new.tdu", "x", 1);
    CHECK_EQ_I64(apply_now(), TD_E_MISSING);
    CHECK_EQ_STR(result.why, "");
}

TEST(the_newest_that_may_be_applied_is_taken)
{
    fresh();
    box_put_file(box.sim, BOX_FOLDER "/aaa.tdu", "nonsense", 8);
    box_add_bundle(&box, "b.tdu", BUNDLE_SYSTEM, "0.5.7", box_texts()->old_image, BOX_OLD_BYTES);
    box_add_bundle(&box, "C.TDU", BUNDLE_SYSTEM, "0.6.0", box_texts()->new_image, BOX_NEW_BYTES);
    box_add_bundle(&box, "d.tdu", BUNDLE_RECORDER, "0.5.9", box_texts()->tool, 5000);
    box_add_bundle(&box, "e.tdu", BUNDLE_SYSTEM, "0.4.0", box_texts()->old_image, BOX_OLD_BYTES);
    CHECK_EQ_I64(apply_now(), 0);
    CHECK_EQ_STR(name, "C.TDU");
    CHECK_EQ_STR(result.version, "0.6.0");
}

TEST(a_reason_to_be_told_beats_one_that_is_only_old)
{
    fresh();
    box_add_bundle(&box, "a.tdu", BUNDLE_SYSTEM, "0.4.0", box_texts()->old_image, BOX_OLD_BYTES);
    CHECK_EQ_I64(apply_now(), TD_E_UPDATE_OLD);
    CHECK_EQ_STR(name, "a.tdu");
    box_put_file(box.sim, BOX_FOLDER "/b.tdu", "nonsense", 8);
    CHECK_EQ_I64(apply_now(), TD_E_SYNTAX);
    CHECK_EQ_STR(name, "b.tdu");
}

/* ---- two that failed --------------------------------------------------------------------------- */

static void lose_trial(void)
{
    while (boot_begin(&box.record, BOOT_SLOT_B) != BOOT_SWITCH_BACK)
        ;
}

/* The older one, left lying beside its successor, would be tried again for ever, and the successor after it. */
TEST(of_two_bad_systems_neither_brings_the_other_back)
{
    fresh();
    box_add_bundle(&box, "a.tdu", BUNDLE_SYSTEM, "0.6.0", box_texts()->new_image, BOX_NEW_BYTES);
    CHECK_EQ_I64(apply_now(), 0);
    lose_trial();
    CHECK_EQ_I64(apply_now(), TD_E_UPDATE_FAILED);
    box_add_bundle(&box, "b.tdu", BUNDLE_SYSTEM, "0.6.1", box_texts()->old_image, BOX_OLD_BYTES);
    CHECK_EQ_I64(apply_now(), 0);
    lose_trial();
    CHECK_EQ_I64(box.record.failed_trials, 2);
    CHECK_EQ_I64(apply_now(), TD_E_UPDATE_FAILED);
}

TEST(nor_of_two_bad_recorders)
{
    fresh();
    box_add_bundle(&box, "a.tdu", BUNDLE_RECORDER, "0.5.1", box_texts()->tool, 5000);
    CHECK_EQ_I64(apply_now(), 0);
    CHECK(boot_recorder_lost(&box.record));
    box_add_bundle(&box, "b.tdu", BUNDLE_RECORDER, "0.5.2", box_texts()->tool, 5001);
    CHECK_EQ_I64(apply_now(), 0);
    CHECK(boot_recorder_lost(&box.record));
    CHECK_EQ_I64(apply_now(), TD_E_UPDATE_FAILED);
}

/* ---- progress ---------------------------------------------------------------------------------- */

struct watched {
    int64_t done, all;
};

static void on_progress(void *arg, int64_t done, int64_t all)
{
    struct watched *watched = arg;
    CHECK(done > watched->done && done <= all);
    CHECK(watched->all == 0 || watched->all == all);
    *watched = (struct watched){done, all};
}

TEST(progress_rises_to_the_end)
{
    static const char *const kinds[] = {"system", "recorder"};
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct watched watched = {0};
        fresh();
        if (i == 0)
            box_add_bundle(&box, "new.tdu", BUNDLE_SYSTEM, "0.6.0", box_texts()->new_image,
                           BOX_NEW_BYTES);
        else
            box_add_bundle(&box, "tool.tdu", BUNDLE_RECORDER, "0.5.1", box_texts()->tool,
                           BOX_TOOL_BYTES);
        struct apply apply = box_apply(&box, BOOT_SLOT_A, "0.5.0");
        apply.progress = on_progress;
        apply.arg = &watched;
        CHECK_EQ_I64(apply_folder(&apply, BOX_FOLDER, name, &result), 0);
        CHECK(watched.all > 0 && watched.done > watched.all * 9 / 10);
    }
}

/* ---- the real disk ------------------------------------------------------------------------------ */

/* As on the card: past the page cache, so every access is whole sectors at aligned memory. */
TEST(through_the_real_disk_past_its_cache)
{
    const struct box_texts *texts = box_texts();
    const struct td_disk *disk = &td_os_linux()->disk;
    static uint8_t card[BOX_CARD_BYTES];
    char path[300], folder[256], bundle[300];
    snprintf(folder, sizeof folder, "%s", test_tmpdir());
    snprintf(path, sizeof path, "%s/card", folder);
    box = (struct box){
        .card = {disk, disk->open(disk->ctx, path, O_RDWR | O_CREAT, 0600), RIG_FAT_START},
        .record = {.active = BOOT_SLOT_A}};
    CHECK_EQ_I64(disk->truncate(disk->ctx, box.card.file, BOX_CARD_BYTES), 0);
    rig_make_fat(&box.card, &rig_fat12, BOOT_SLOT_A);
    rig_put(&box.card, texts->old_image, BOX_OLD_BYTES, BOX_SLOT_A);
    disk->close(disk->ctx, box.card.file);
    size_t made = made_bundle(BUNDLE_SYSTEM, "0.6.0", texts->new_image, BOX_NEW_BYTES,
                              texts->key.secret, card, sizeof card);
    snprintf(bundle, sizeof bundle, "%s/new.tdu", folder);
    int file = disk->open(disk->ctx, bundle, O_WRONLY | O_CREAT, 0600);
    CHECK_EQ_I64(disk->write_at(disk->ctx, file, card, made, 0), (int64_t)made);
    disk->close(disk->ctx, file);

    box.card.file = disk->open(disk->ctx, path, O_RDWR | O_DIRECT, 0);
    if (box.card.file < 0)
        SKIP("no O_DIRECT in %s", folder);
    struct apply apply = box_apply(&box, BOOT_SLOT_A, "0.5.0");
    CHECK_EQ_I64(apply_folder(&apply, folder, name, &result), 0);
    disk->close(disk->ctx, box.card.file);
    file = disk->open(disk->ctx, path, O_RDONLY, 0);
    CHECK_EQ_I64(disk->read_at(disk->ctx, file, card, sizeof card, 0), BOX_CARD_BYTES);
    disk->close(disk->ctx, file);
    CHECK_EQ_I64(box_firmware(card), 3);
    CHECK_EQ_STR(box_system(card, BOOT_SLOT_B), "0.6.0");
    CHECK_EQ_STR(box_system(card, BOOT_SLOT_A), "0.5.0");
}
