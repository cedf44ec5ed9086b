#include "update/boot.h"

#include "unit/test.h"
#include "update/rig.h"

enum { CARD_BYTES = 4 << 20 };

static const struct boot_update update = {"0.6.0", {7}};

static struct sim_disk *disk;
static struct boot_card card;
static int64_t autoboot_at;

static void fresh(enum boot_slot slot)
{
    disk = rig_disk();
    card = rig_card(disk, CARD_BYTES);
    autoboot_at = rig_make_fat(&card, &rig_fat12, slot);
    CHECK_EQ_I64(card.disk->sync_all(card.disk->ctx, card.file), 0);
}

static enum boot_slot told(void)
{
    enum boot_slot slot;
    CHECK_EQ_I64(autoboot_read(card.disk, card.file, autoboot_at, &slot), 0);
    return slot;
}

static enum boot_verdict settle(enum boot_slot booted, struct boot_record *record)
{
    enum boot_verdict verdict;
    CHECK_EQ_I64(boot_settle(&card, booted, "0.5.0", record, &verdict), 0);
    return verdict;
}

TEST(a_fresh_card_gets_its_record)
{
    struct boot_record record, back;
    fresh(BOOT_SLOT_A);
    CHECK_EQ_I64(settle(BOOT_SLOT_A, &record), BOOT_GO_ON);
    CHECK_EQ_I64(boot_record_read(card.disk, card.file, &back, BOOT_SLOT_B), 0);
    CHECK_EQ_I64(back.active, BOOT_SLOT_A);
    CHECK_EQ_U64(back.boots, 1);
    CHECK_EQ_STR(back.slot_version[BOOT_SLOT_A], "0.5.0");
}

static void begin_trial(enum boot_trial how)
{
    struct boot_record record;
    settle(BOOT_SLOT_A, &record);
    boot_try_other(&record, BOOT_SLOT_A, &update);
    record.trial = how;
    CHECK_EQ_I64(boot_record_write(card.disk, card.file, &record), 0);
}

/* The record's view times what autoboot.txt says: what each boots, and where it leads to. */
TEST(all_combinations_of_record_and_autoboot)
{
    struct boot_record record;
    fresh(BOOT_SLOT_A);
    begin_trial(BOOT_TRIAL_BEGUN);
    CHECK_EQ_I64(settle(BOOT_SLOT_A, &record), BOOT_SWITCH_ON);
    CHECK_EQ_I64(told(), BOOT_SLOT_B);
    CHECK_EQ_I64(settle(BOOT_SLOT_B, &record), BOOT_TRY);

    fresh(BOOT_SLOT_B);
    begin_trial(BOOT_TRIAL_BEGUN);
    CHECK_EQ_I64(settle(BOOT_SLOT_B, &record), BOOT_TRY);
    CHECK_EQ_I64(told(), BOOT_SLOT_B);
    CHECK_EQ_I64(record.trial, BOOT_TRIAL_TOLD);

    fresh(BOOT_SLOT_A);
    begin_trial(BOOT_TRIAL_TOLD);
    CHECK_EQ_I64(settle(BOOT_SLOT_A, &record), BOOT_GO_ON);
    CHECK_EQ_I64(told(), BOOT_SLOT_A);
    CHECK_EQ_I64(record.failed_trials, 1);

    fresh(BOOT_SLOT_B);
    begin_trial(BOOT_TRIAL_TOLD);
    for (unsigned i = 0; i < BOOT_TRIES; i++)
        CHECK_EQ_I64(settle(BOOT_SLOT_B, &record), BOOT_TRY);
    CHECK_EQ_I64(settle(BOOT_SLOT_B, &record), BOOT_SWITCH_BACK);
    CHECK_EQ_I64(told(), BOOT_SLOT_A);
    CHECK_EQ_I64(settle(BOOT_SLOT_A, &record), BOOT_GO_ON);
    CHECK_EQ_I64(record.failed_trials, 1);
}

TEST(a_card_that_refuses_lets_the_boot_go_on)
{
    struct boot_record record;
    enum boot_verdict verdict;
    fresh(BOOT_SLOT_B);
    begin_trial(BOOT_TRIAL_TOLD);
    for (unsigned i = 0; i < BOOT_TRIES; i++)
        settle(BOOT_SLOT_B, &record);
    sim_disk_read_only(disk, true);
    CHECK_EQ_I64(boot_settle(&card, BOOT_SLOT_B, "0.5.0", &record, &verdict), TD_E_IO);
    CHECK_EQ_I64(verdict, BOOT_TRY);
    CHECK_EQ_I64(record.trial_boots, BOOT_TRIES);
    sim_disk_read_only(disk, false);
}

/* A trial whose record cannot be read is not forgotten by writing a first record over it. */
TEST(a_record_that_cannot_be_read_is_not_replaced)
{
    struct boot_record record;
    enum boot_verdict verdict;
    fresh(BOOT_SLOT_B);
    begin_trial(BOOT_TRIAL_TOLD);
    struct sim_fault fault = {
        .kind = SIM_FAULT_ERROR, .ops = 1u << SIM_OP_READ, .times = 2, .err = TD_E_IO};
    sim_disk_fault(disk, &fault);
    CHECK_EQ_I64(boot_settle(&card, BOOT_SLOT_B, "0.5.0", &record, &verdict), TD_E_IO);
    CHECK_EQ_I64(settle(BOOT_SLOT_B, &record), BOOT_TRY);
    CHECK_EQ_I64(record.active, BOOT_SLOT_A);
}
