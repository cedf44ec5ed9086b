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

static void add_new(void)
{
    box_add_bundle(&box, "new.tdu", BUNDLE_SYSTEM, "0.6.0", box_texts()->new_image, BOX_NEW_BYTES);
}

static td_err apply_as(enum boot_slot booted, const char *version)
{
    struct apply apply = box_apply(&box, booted, version);
    return apply_folder(&apply, BOX_FOLDER, name, &result);
}

static td_err apply_now(void)
{
    return apply_as(BOOT_SLOT_A, "0.5.0");
}

static uint64_t written(void)
{
    return sim_disk_counts(box.sim).written_bytes;
}

/* The error, a reason, and not one byte written. */
static void check_refused(td_err want)
{
    uint64_t before = written();
    CHECK_EQ_I64(apply_now(), want);
    CHECK(result.why[0] != 0);
    CHECK_EQ_U64(written(), before);
    CHECK_EQ_I64(box.record.trial, BOOT_TRIAL_NONE);
}

/* ---- a system -------------------------------------------------------------------------------- */

TEST(a_system_goes_into_the_other_slot)
{
    static uint8_t before[BOX_CARD_BYTES];
    struct boot_record record;
    fresh();
    add_new();
    memcpy(before, box_bytes(box.sim), sizeof before);
    CHECK_EQ_I64(apply_now(), 0);
    CHECK_EQ_I64(result.kind, BUNDLE_SYSTEM);
    CHECK_EQ_STR(result.version, "0.6.0");
    CHECK_EQ_STR(result.why, "");
    CHECK_EQ_STR(name, "new.tdu");
    const uint8_t *card = box_bytes(box.sim);
    CHECK_EQ_I64(box_firmware(card), 3);
    CHECK_EQ_STR(box_system(card, BOOT_SLOT_A), "0.5.0");
    CHECK_EQ_STR(box_system(card, BOOT_SLOT_B), "0.6.0");
    CHECK_EQ_I64(boot_record_read(box.card.disk, box.card.file, &record, BOOT_SLOT_A), 0);
    CHECK_EQ_I64(record.trial, BOOT_TRIAL_TOLD);
    CHECK_EQ_STR(record.trying.version, "0.6.0");
    CHECK_EQ_STR(record.slot_version[BOOT_SLOT_B], "0.6.0");
    /* Nothing else changed: neither in front of the slot, but for record and text, nor behind its image. */
    CHECK_EQ_MEM(card, before, BOOT_COPY_A);
    CHECK_EQ_MEM(card + BOX_SLOT_A, before + BOX_SLOT_A, BOX_SLOT_BYTES);
    CHECK_EQ_MEM(card + BOX_SLOT_B + BOX_NEW_BYTES, before + BOX_SLOT_B + BOX_NEW_BYTES,
                 BOX_CARD_BYTES - BOX_SLOT_B - BOX_NEW_BYTES);
}

TEST(what_runs_or_is_older_is_refused)
{
    fresh();
    add_new();
    CHECK_EQ_I64(apply_as(BOOT_SLOT_A, "0.6.0"), TD_E_UPDATE_OLD);
    CHECK_EQ_I64(apply_as(BOOT_SLOT_A, "0.7"), TD_E_UPDATE_OLD);
    CHECK_EQ_I64(apply_as(BOOT_SLOT_A, "0.10.0"), TD_E_UPDATE_OLD);
    CHECK_EQ_I64(apply_as(BOOT_SLOT_A, "unknown"), TD_E_UPDATE_OLD);
    CHECK_EQ_STR(box_system(box_bytes(box.sim), BOOT_SLOT_B), "0.5.0");
    CHECK_EQ_I64(apply_as(BOOT_SLOT_A, "0.5.9"), 0);
}

TEST(one_that_lost_its_trial_is_not_tried_again)
{
    fresh();
    add_new();
    CHECK_EQ_I64(apply_now(), 0);
    for (unsigned i = 0; i < BOOT_TRIES; i++)
        CHECK_EQ_I64(boot_begin(&box.record, BOOT_SLOT_B), BOOT_TRY);
    CHECK_EQ_I64(boot_begin(&box.record, BOOT_SLOT_B), BOOT_SWITCH_BACK);
    check_refused(TD_E_UPDATE_FAILED);
    /* Mended, it is another image, even under the same version. */
    box_add_bundle(&box, "new.tdu", BUNDLE_SYSTEM, "0.6.0", box_texts()->old_image, BOX_OLD_BYTES);
    CHECK_EQ_I64(apply_now(), 0);
}

TEST(nothing_is_applied_during_a_trial)
{
    fresh();
    add_new();
    CHECK_EQ_I64(apply_now(), 0);
    CHECK_EQ_I64(boot_begin(&box.record, BOOT_SLOT_B), BOOT_TRY);
    box_add_bundle(&box, "newer.tdu", BUNDLE_SYSTEM, "0.7.0", box_texts()->new_image,
                   BOX_NEW_BYTES);
    CHECK_EQ_I64(apply_as(BOOT_SLOT_B, "0.6.0"), TD_E_BUSY);
    CHECK_EQ_STR(box_system(box_bytes(box.sim), BOOT_SLOT_A), "0.5.0");
    CHECK(boot_healthy(&box.record, BOOT_SLOT_B));
    CHECK_EQ_I64(apply_as(BOOT_SLOT_B, "0.6.0"), 0);
    CHECK_EQ_STR(box_system(box_bytes(box.sim), BOOT_SLOT_A), "0.6.0");
    CHECK_EQ_I64(box_firmware(box_bytes(box.sim)), 2);
}

TEST(an_image_larger_than_the_slot_is_refused)
{
    static uint8_t large[BOX_SLOT_BYTES + 512];
    fresh();
    box_add_bundle(&box, "large.tdu", BUNDLE_SYSTEM, "0.6.0", large, sizeof large);
    check_refused(TD_E_UPDATE_SIZE);
    box_add_bundle(&box, "large.tdu", BUNDLE_SYSTEM, "0.6.0", large, BOX_SLOT_BYTES);
    CHECK_EQ_I64(apply_now(), 0);
}

static void add_signed(struct bundle bundle, const void *payload, const char *secret)
{
    static uint8_t file[64 << 10];
    box_put_file(box.sim, BOX_FOLDER "/new.tdu", file, made_sign(&bundle, secret, payload, file));
}

TEST(another_board_and_another_key_are_refused)
{
    static const uint8_t image[512] = {1};
    uint8_t payload[1024];
    size_t packed = ZSTD_compress(payload, sizeof payload, image, sizeof image, 1);
    struct bundle bundle = {.version = "0.6.0",
                            .board = "rpi5",
                            .image_bytes = sizeof image,
                            .payload_bytes = (int64_t)packed};
    mbedtls_sha256(image, sizeof image, bundle.image_sha256, 0);
    fresh();
    add_signed(bundle, payload, box_texts()->key.secret);
    check_refused(TD_E_UPDATE_BOARD);
    memcpy(bundle.board, "rpi4", 5);
    struct made_key other = made_key(77);
    add_signed(bundle, payload, other.secret);
    check_refused(TD_E_UPDATE_SIGNATURE);
    add_signed(bundle, payload, box_texts()->key.secret);
    struct apply apply = box_apply(&box, BOOT_SLOT_A, "0.5.0");
    apply.key_pem = NULL;
    CHECK_EQ_I64(apply_folder(&apply, BOX_FOLDER, name, &result), TD_E_UPDATE_SIGNATURE);
    CHECK_EQ_I64(apply_now(), 0);
}

/* Signed and sound to look at: all is unpacked once before the first byte is written. */
TEST(a_bomb_and_a_wrong_image_are_refused_before_writing)
{
    static const uint8_t image[8192];
    uint8_t payload[1024];
    struct bundle bundle = {.version = "0.6.0", .board = "rpi4", .image_bytes = 512};
    bundle.payload_bytes = (int64_t)ZSTD_compress(payload, sizeof payload, image, sizeof image, 1);
    mbedtls_sha256(image, 512, bundle.image_sha256, 0);
    fresh();
    add_signed(bundle, payload, box_texts()->key.secret);
    check_refused(TD_E_UPDATE_DAMAGED);
    bundle.image_bytes = sizeof image;
    add_signed(bundle, payload, box_texts()->key.secret);
    check_refused(TD_E_UPDATE_DAMAGED);
}

TEST(damage_anywhere_is_refused_before_writing)
{
    static uint8_t file[BOX_NEW_BYTES + 4096];
    fresh();
    size_t made = made_bundle(BUNDLE_SYSTEM, "0.6.0", box_texts()->new_image, 1024,
                              box_texts()->key.secret, file, sizeof file);
    for (size_t at = 0; at < made; at += 5) {
        file[at] ^= 1u << (at % 8);
        box_put_file(box.sim, BOX_FOLDER "/new.tdu", file, made);
        uint64_t before = written();
        CHECK(apply_now() < 0);
        CHECK_EQ_U64(written(), before);
        file[at] ^= 1u << (at % 8);
    }
    for (size_t bytes = 0; bytes < made; bytes += 7) {
        box_put_file(box.sim, BOX_FOLDER "/new.tdu", file, bytes);
        check_refused(bytes < BUNDLE_HEAD_BYTES ? TD_E_SYNTAX : TD_E_UPDATE_DAMAGED);
    }
    box_put_file(box.sim, BOX_FOLDER "/new.tdu", file, made);
    CHECK_EQ_I64(apply_now(), 0);
}

TEST(an_autoboot_that_is_not_as_flashed_is_refused)
{
    fresh();
    add_new();
    rig_put(&box.card, "X", 1, RIG_FAT_START + 6 * 512 + 64);
    check_refused(TD_E_CARD);
}

/* Somebody's hand chose the other slot while this one ran: it is not filled while the firmware would boot it. */
TEST(autoboot_names_the_running_slot_before_the_other_is_written)
{
    char text[AUTOBOOT_BYTES];
    int64_t at;
    fresh();
    add_new();
    CHECK_EQ_I64(autoboot_find(box.card.disk, box.card.file, RIG_FAT_START, &at), 0);
    autoboot_text(BOOT_SLOT_B, text);
    rig_put(&box.card, text, sizeof text, at);
    sim_disk_fault(box.sim, &(struct sim_fault){.kind = SIM_FAULT_ERROR,
                                                .ops = 1u << SIM_OP_WRITE,
                                                .skip = 4,
                                                .err = TD_E_IO});
    CHECK_EQ_I64(apply_now(), TD_E_IO);
    CHECK_EQ_I64(box_firmware(box_bytes(box.sim)), 2);
    CHECK(box_system(box_bytes(box.sim), BOOT_SLOT_B) == NULL);
}

/* ---- a card that does not do as told ---------------------------------------------------------- */

/* Which write or sync it may be that fails: the firmware boots a complete system, and the next boot gets on with it. */
TEST(each_write_and_sync_may_fail)
{
    static const enum sim_op ops[] = {SIM_OP_WRITE, SIM_OP_SYNC_DATA};
    for (unsigned op = 0; op < 2; op++)
        for (unsigned skip = 0;; skip++) {
            fresh();
            add_new();
            sim_disk_fault(box.sim, &(struct sim_fault){.kind = SIM_FAULT_ERROR,
                                                        .ops = 1u << ops[op],
                                                        .skip = skip,
                                                        .times = 1,
                                                        .err = TD_E_IO});
            td_err err = apply_now();
            sim_disk_faults_clear(box.sim);
            const uint8_t *card = box_bytes(box.sim);
            int slot = box_firmware(card);
            CHECK(slot != 0 && box_system(card, slot == 2 ? BOOT_SLOT_A : BOOT_SLOT_B) != NULL);
            if (err == 0 && skip > 6)
                break;
            CHECK_EQ_I64(err, TD_E_IO);
            CHECK(result.why[0] != 0);
        }
}

TEST(what_the_card_did_not_keep_is_not_booted)
{
    fresh();
    add_new();
    sim_disk_fault(
        box.sim,
        &(struct sim_fault){.kind = SIM_FAULT_MISDIRECT, .ops = 1u << SIM_OP_SYNC_DATA, .skip = 2});
    CHECK_EQ_I64(apply_now(), TD_E_IO);
    CHECK_EQ_I64(box_firmware(box_bytes(box.sim)), 2);
}

/* ---- a recorder ------------------------------------------------------------------------------- */

static void add_tool(const char *version, size_t bytes)
{
    box_add_bundle(&box, "tool.tdu", BUNDLE_RECORDER, version, box_texts()->tool, bytes);
}

static td_err recorder(const char *running, const char **why)
{
    struct apply apply = box_apply(&box, BOOT_SLOT_A, running);
    return apply_recorder(&apply, BOX_RECORDER, why);
}

static void check_recorder(size_t bytes)
{
    static uint8_t got[BOX_TOOL_BYTES];
    CHECK_EQ_I64(sim_disk_peek(box.sim, BOX_RECORDER, got, sizeof got), (int64_t)bytes);
    CHECK_EQ_MEM(got, box_texts()->tool, bytes);
}

TEST(a_recorder_is_stored_and_unpacked)
{
    const char *why;
    fresh();
    CHECK_EQ_I64(recorder("0.5.0", &why), TD_E_MISSING);
    add_tool("0.5.1", BOX_TOOL_BYTES);
    CHECK_EQ_I64(apply_now(), 0);
    CHECK_EQ_I64(result.kind, BUNDLE_RECORDER);
    CHECK_EQ_STR(box.record.recorder.version, "0.5.1");
    CHECK_EQ_I64(box.record.recorder_trial, 1);
    CHECK_EQ_I64(recorder("0.5.0", &why), 0);
    check_recorder(BOX_TOOL_BYTES);
    CHECK_EQ_STR(box_system(box_bytes(box.sim), BOOT_SLOT_B), "0.5.0");
    CHECK_EQ_I64(box_firmware(box_bytes(box.sim)), 2);
    CHECK_EQ_I64(apply_now(), TD_E_UPDATE_OLD);
    CHECK_EQ_I64(recorder("0.5.1", &why), TD_E_MISSING); /* a newer system has come */
}

TEST(the_recorder_before_is_removed)
{
    const char *why;
    fresh();
    add_tool("0.5.1", 5000);
    CHECK_EQ_I64(apply_now(), 0);
    add_tool("0.5.0.9", 6000);
    CHECK_EQ_I64(apply_now(), TD_E_UPDATE_OLD);
    add_tool("0.5.2", 7777);
    CHECK_EQ_I64(apply_now(), 0);
    CHECK(!sim_disk_exists(box.sim, BOX_UPDATES "/0.5.1.tdu"));
    CHECK(sim_disk_exists(box.sim, BOX_UPDATES "/0.5.2.tdu"));
    CHECK_EQ_I64(recorder("0.5.0", &why), 0);
    check_recorder(7777);
}

TEST(a_recorder_that_failed_is_not_applied_again)
{
    fresh();
    add_tool("0.5.1", 5000);
    CHECK_EQ_I64(apply_now(), 0);
    CHECK(boot_recorder_lost(&box.record));
    check_refused(TD_E_UPDATE_FAILED);
    add_tool("0.5.2", 5001);
    CHECK_EQ_I64(apply_now(), 0);
}

TEST(a_stored_recorder_that_rotted_does_not_run)
{
    const char *why;
    fresh();
    add_tool("0.5.1", 5000);
    CHECK_EQ_I64(apply_now(), 0);
    int64_t bytes = sim_disk_peek(box.sim, BOX_UPDATES "/0.5.1.tdu", NULL, 0);
    for (int64_t at = 0; at < bytes; at += 101) {
        uint8_t was, wrong;
        int file = box.card.disk->open(box.card.disk->ctx, BOX_UPDATES "/0.5.1.tdu", O_RDWR, 0);
        box.card.disk->read_at(box.card.disk->ctx, file, &was, 1, at);
        wrong = was ^ 0x10;
        box.card.disk->write_at(box.card.disk->ctx, file, &wrong, 1, at);
        CHECK(recorder("0.5.0", &why) < 0 && why[0] != 0);
        CHECK(!sim_disk_exists(box.sim, BOX_RECORDER));
        box.card.disk->write_at(box.card.disk->ctx, file, &was, 1, at);
        box.card.disk->close(box.card.disk->ctx, file);
    }
    CHECK_EQ_I64(recorder("0.5.0", &why), 0);
    CHECK(box.record.recorder_runs);
    sim_disk_vanish(box.sim, BOX_UPDATES "/0.5.1.tdu");
    CHECK_EQ_I64(recorder("0.5.0", &why), TD_E_IO);
    CHECK(!box.record.recorder_runs);
}

TEST(a_stored_recorder_that_was_deleted_comes_back_from_its_bundle)
{
    const char *why;
    fresh();
    add_tool("0.5.1", 5000);
    CHECK_EQ_I64(apply_now(), 0);
    check_refused(TD_E_UPDATE_OLD);
    sim_disk_vanish(box.sim, BOX_UPDATES "/0.5.1.tdu");
    CHECK_EQ_I64(apply_now(), 0);
    CHECK_EQ_I64(recorder("0.5.0", &why), 0);
    check_recorder(5000);
}

/* Another sound bundle in its place is not what was put on trial. */
TEST(a_stored_recorder_is_the_one_of_the_record)
{
    const char *why;
    fresh();
    add_tool("0.5.1", 5000);
    CHECK_EQ_I64(apply_now(), 0);
    box.record.recorder.image[0] ^= 1;
    CHECK_EQ_I64(recorder("0.5.0", &why), TD_E_UPDATE_DAMAGED);
}

TEST(a_full_disk_leaves_all_as_it_was)
{
    fresh();
    add_tool("0.5.1", BOX_TOOL_BYTES);
    sim_disk_capacity(box.sim, sim_disk_counts(box.sim).used_bytes + (8 << 10));
    CHECK_EQ_I64(apply_now(), TD_E_DISK_FULL);
    CHECK_EQ_STR(box.record.recorder.version, "");
    CHECK(!sim_disk_exists(box.sim, BOX_UPDATES "/0.5.1.new"));
    CHECK(!sim_disk_exists(box.sim, BOX_UPDATES "/0.5.1.tdu"));
}

TEST(without_a_data_partition_no_recorder_is_taken)
{
    const char *why;
    fresh();
    add_tool("0.5.1", 5000);
    struct apply apply = box_apply(&box, BOOT_SLOT_A, "0.5.0");
    apply.updates_dir = NULL;
    CHECK_EQ_I64(apply_folder(&apply, BOX_FOLDER, name, &result), TD_E_IO);
    CHECK_EQ_I64(apply_now(), 0);
    CHECK_EQ_I64(apply_recorder(&apply, BOX_RECORDER, &why), TD_E_IO);
    CHECK_EQ_STR(box.record.recorder.version, "0.5.1");
}

TEST(a_system_waits_for_the_recorders_trial)
{
    const char *why;
    fresh();
    add_tool("0.5.1", 5000);
    CHECK_EQ_I64(apply_now(), 0);
    add_new();
    CHECK_EQ_I64(apply_now(), TD_E_BUSY);
    CHECK_EQ_I64(recorder("0.5.0", &why), 0);
    CHECK(boot_healthy(&box.record, BOOT_SLOT_A));
    CHECK_EQ_I64(apply_now(), 0);
    CHECK_EQ_I64(result.kind, BUNDLE_SYSTEM);
}
