#include "update/boot_record.h"

#include "unit/test.h"
#include "update/rig.h"

enum { CARD_BYTES = 2 << 20 };

static const struct boot_update update = {"0.6.0", {7, 7, 7}};

static struct boot_record full_record(void)
{
    struct boot_record record = {.boots = 12345678901,
                                 .active = BOOT_SLOT_B,
                                 .trial = BOOT_TRIAL_TOLD,
                                 .trial_boots = 2,
                                 .failed_trials = 9,
                                 .trying = {"1.2.3", {1}},
                                 .failed = {"1.2.2", {2}},
                                 .slot_version = {"1.2.3", "1.2.0"},
                                 .recorder = {"1.2.1", {3}},
                                 .recorder_failed = {"1.1.9", {4}},
                                 .failed_before = {5},
                                 .recorder_failed_before = {6},
                                 .recorder_trial = 1,
                                 .recorder_trial_boots = 3};
    record.trying.image[31] = 0xff;
    record.failed_before[31] = 0xfe;
    record.recorder_failed_before[31] = 0xfd;
    return record;
}

static void check_equal(const struct boot_record *a, const struct boot_record *b)
{
    CHECK_EQ_U64(a->sequence, b->sequence);
    CHECK_EQ_U64(a->boots, b->boots);
    CHECK_EQ_I64(a->active, b->active);
    CHECK_EQ_I64(a->trial, b->trial);
    CHECK_EQ_I64(a->trial_boots, b->trial_boots);
    CHECK_EQ_I64(a->failed_trials, b->failed_trials);
    CHECK_EQ_MEM(&a->trying, &b->trying, sizeof a->trying);
    CHECK_EQ_MEM(&a->failed, &b->failed, sizeof a->failed);
    CHECK_EQ_MEM(a->slot_version, b->slot_version, sizeof a->slot_version);
    CHECK_EQ_MEM(&a->recorder, &b->recorder, sizeof a->recorder);
    CHECK_EQ_MEM(&a->recorder_failed, &b->recorder_failed, sizeof a->recorder_failed);
    CHECK_EQ_MEM(a->failed_before, b->failed_before, sizeof a->failed_before);
    CHECK_EQ_MEM(a->recorder_failed_before, b->recorder_failed_before,
                 sizeof a->recorder_failed_before);
    CHECK_EQ_I64(a->recorder_trial, b->recorder_trial);
    CHECK_EQ_I64(a->recorder_trial_boots, b->recorder_trial_boots);
}

/* ---- on the card ----------------------------------------------------------------------------- */

TEST(a_fresh_card_has_no_record)
{
    struct boot_card card = rig_card(rig_disk(), CARD_BYTES);
    struct boot_record record;
    CHECK_EQ_I64(boot_record_read(card.disk, card.file, &record, BOOT_SLOT_B), TD_E_MISSING);
    CHECK_EQ_I64(record.active, BOOT_SLOT_B);
    CHECK_EQ_I64(record.trial, BOOT_TRIAL_NONE);
    CHECK_EQ_U64(record.sequence, 0);
}

TEST(every_field_comes_back)
{
    struct boot_card card = rig_card(rig_disk(), CARD_BYTES);
    struct boot_record record = full_record(), back;
    for (unsigned i = 0; i < 3; i++) {
        record.boots++;
        CHECK_EQ_I64(boot_record_write(card.disk, card.file, &record), 0);
        CHECK_EQ_I64(boot_record_read(card.disk, card.file, &back, BOOT_SLOT_A), 0);
        check_equal(&record, &back);
    }
    CHECK_EQ_U64(back.sequence, 3);
}

/* Any byte of the newer copy wrong: the older one counts; of both: none. */
TEST(a_damaged_copy_is_no_copy)
{
    struct boot_card card = rig_card(rig_disk(), CARD_BYTES);
    struct boot_record record = full_record(), back;
    uint8_t copy[BOOT_SECTOR];
    CHECK_EQ_I64(boot_record_write(card.disk, card.file, &record), 0);
    CHECK_EQ_I64(boot_record_write(card.disk, card.file, &record), 0);
    CHECK_EQ_I64(card.disk->read_at(card.disk->ctx, card.file, copy, BOOT_SECTOR, BOOT_COPY_A),
                 BOOT_SECTOR);
    for (unsigned i = 0; i < BOOT_SECTOR; i++) {
        copy[i] ^= 1u << (i % 8);
        rig_put(&card, copy, BOOT_SECTOR, BOOT_COPY_A);
        CHECK_EQ_I64(boot_record_read(card.disk, card.file, &back, BOOT_SLOT_A), 0);
        CHECK_EQ_U64(back.sequence, 1);
        copy[i] ^= 1u << (i % 8);
    }
    rig_put(&card, "x", 1, BOOT_COPY_A);
    rig_put(&card, "x", 1, BOOT_COPY_B);
    CHECK_EQ_I64(boot_record_read(card.disk, card.file, &back, BOOT_SLOT_A), TD_E_MISSING);
}

TEST(a_write_spares_the_newer_copy)
{
    struct sim_disk *disk = rig_disk();
    struct boot_card card = rig_card(disk, CARD_BYTES);
    struct boot_record record = full_record(), back;
    CHECK_EQ_I64(boot_record_write(card.disk, card.file, &record), 0);
    for (unsigned i = 0; i < 4; i++) {
        struct sim_fault fault = {
            .kind = SIM_FAULT_ERROR, .ops = 1u << SIM_OP_SYNC_DATA, .times = 1, .err = TD_E_IO};
        sim_disk_fault(disk, &fault);
        uint64_t sound = record.sequence;
        CHECK_EQ_I64(boot_record_write(card.disk, card.file, &record), TD_E_IO);
        sim_disk_cut(disk, &(struct sim_cut){.mode = SIM_CUT_NONE});
        card.file = card.disk->open(card.disk->ctx, "card", O_RDWR, 0);
        CHECK_EQ_I64(boot_record_read(card.disk, card.file, &back, BOOT_SLOT_A), 0);
        CHECK_EQ_U64(back.sequence, sound);
        record = back;
        CHECK_EQ_I64(boot_record_write(card.disk, card.file, &record), 0);
    }
}

TEST(a_card_that_cannot_be_read_is_not_a_fresh_one)
{
    struct sim_disk *disk = rig_disk();
    struct boot_card card = rig_card(disk, CARD_BYTES);
    struct boot_record record;
    struct sim_fault fault = {.kind = SIM_FAULT_ERROR, .ops = 1u << SIM_OP_READ, .err = TD_E_IO};
    sim_disk_fault(disk, &fault);
    CHECK_EQ_I64(boot_record_read(card.disk, card.file, &record, BOOT_SLOT_A), TD_E_IO);
}

/* ---- what a boot makes of it ----------------------------------------------------------------- */

TEST(the_proven_slot_goes_on)
{
    struct boot_record record = {.active = BOOT_SLOT_B};
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_GO_ON);
    CHECK_EQ_U64(record.boots, 1);
    CHECK(!boot_healthy(&record, BOOT_SLOT_B));
}

TEST(three_boots_without_the_mark_lead_back)
{
    struct boot_record record = {.active = BOOT_SLOT_A};
    boot_try_other(&record, BOOT_SLOT_A, &update);
    CHECK_EQ_STR(record.slot_version[BOOT_SLOT_B], "0.6.0");
    for (unsigned i = 1; i <= BOOT_TRIES; i++) {
        CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_TRY);
        CHECK_EQ_I64(record.trial_boots, i);
    }
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_SWITCH_BACK);
    CHECK_EQ_I64(record.active, BOOT_SLOT_A);
    CHECK_EQ_I64(record.failed_trials, 1);
    CHECK_EQ_MEM(&record.failed, &update, sizeof update);
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_A), BOOT_GO_ON);
    CHECK_EQ_I64(record.failed_trials, 1);
}

TEST(the_mark_ends_the_trial)
{
    struct boot_record record = {.active = BOOT_SLOT_A};
    boot_try_other(&record, BOOT_SLOT_A, &update);
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_TRY);
    CHECK(boot_healthy(&record, BOOT_SLOT_B));
    CHECK(!boot_healthy(&record, BOOT_SLOT_B));
    CHECK_EQ_I64(record.active, BOOT_SLOT_B);
    CHECK_EQ_I64(record.failed_trials, 0);
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_GO_ON);
}

TEST(a_trial_that_only_was_begun_is_switched_on)
{
    struct boot_record record = {.active = BOOT_SLOT_A};
    boot_try_other(&record, BOOT_SLOT_A, &update);
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_A), BOOT_SWITCH_ON);
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_TRY);
}

/* The rescue from a kernel that dies before init: no loop, and the update is not tried again. */
TEST(an_owner_who_chooses_the_proven_slot_ends_the_trial)
{
    struct boot_record record = {.active = BOOT_SLOT_A};
    boot_try_other(&record, BOOT_SLOT_A, &update);
    record.trial = BOOT_TRIAL_TOLD;
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_A), BOOT_GO_ON);
    CHECK_EQ_I64(record.trial, BOOT_TRIAL_NONE);
    CHECK_EQ_MEM(&record.failed, &update, sizeof update);
}

TEST(an_owner_who_chooses_the_other_slot_gets_a_trial)
{
    struct boot_record record = {.active = BOOT_SLOT_A, .failed = {"0.5.9", {1}}};
    for (unsigned i = 0; i < BOOT_TRIES; i++)
        CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_TRY);
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_SWITCH_BACK);
    CHECK_EQ_STR(record.failed.version, "0.5.9");
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_B), BOOT_TRY);
    CHECK(boot_healthy(&record, BOOT_SLOT_B));
    CHECK_EQ_I64(record.active, BOOT_SLOT_B);
}

TEST(a_recorder_has_three_boots_too)
{
    struct boot_record record = {.active = BOOT_SLOT_A};
    boot_try_recorder(&record, &update);
    for (unsigned i = 0; i < BOOT_TRIES; i++) {
        CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_A), BOOT_GO_ON);
        CHECK_EQ_STR(record.recorder.version, "0.6.0");
    }
    CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_A), BOOT_GO_ON);
    CHECK_EQ_STR(record.recorder.version, "");
    CHECK_EQ_MEM(&record.recorder_failed, &update, sizeof update);
    CHECK_EQ_I64(record.failed_trials, 1);
}

TEST(a_recorder_that_is_marked_stays)
{
    struct boot_record record = {.active = BOOT_SLOT_A};
    boot_try_recorder(&record, &update);
    CHECK(!boot_healthy(&record, BOOT_SLOT_A)); /* it did not run: nothing is proven of it */
    CHECK_EQ_I64(record.recorder_trial, 1);
    record.recorder_runs = true;
    CHECK(boot_healthy(&record, BOOT_SLOT_A));
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ_I64(boot_begin(&record, BOOT_SLOT_A), BOOT_GO_ON);
    CHECK_EQ_STR(record.recorder.version, "0.6.0");
}

TEST(a_recorder_can_be_given_up)
{
    struct boot_record record = {.active = BOOT_SLOT_A};
    CHECK(!boot_recorder_lost(&record));
    boot_try_recorder(&record, &update);
    CHECK(boot_recorder_lost(&record));
    CHECK_EQ_STR(record.recorder.version, "");
    CHECK_EQ_I64(record.recorder_trial, 0);
    CHECK_EQ_MEM(&record.recorder_failed, &update, sizeof update);
    CHECK(!boot_recorder_lost(&record));
}
