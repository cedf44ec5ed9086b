/* Each fault of the card does what it says. */
#include "sim/disk_rig.h"

static void error_at(enum sim_op op, uint64_t skip, td_err err)
{
    struct sim_fault fault = {
        .kind = SIM_FAULT_ERROR, .ops = 1u << op, .skip = skip, .times = 1, .err = err};
    sim_disk_fault(disk, &fault);
}

static void bend(enum sim_fault_kind kind, enum sim_op op)
{
    struct sim_fault fault = {.kind = kind, .ops = 1u << op, .times = 1};
    sim_disk_fault(disk, &fault);
}

TEST(after_a_failed_sync_a_second_one_vouches_for_nothing)
{
    char back;
    fresh();
    int file = made("d/a");
    CHECK_EQ_I64(DISK(preallocate, file, 4096), 0);
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    error_at(SIM_OP_SYNC_DATA, 0, TD_E_IO);
    fill(file, 'x', 0, 4096);
    CHECK_EQ_I64(DISK(sync_data, file), TD_E_IO);
    CHECK_EQ_I64(DISK(sync_data, file), 0);
    CHECK_EQ_I64(DISK(read_at, file, &back, 1, 0), 1);
    CHECK_EQ_I64(back, 'x'); /* the cache still says so */
    CHECK_EQ_I64(DISK(drop_cache, file), 0);
    CHECK_EQ_I64(DISK(read_at, file, &back, 1, 0), 1);
    CHECK_EQ_I64(back, 0);
    cut(SIM_CUT_ALL, 1, 0);
    CHECK_EQ_I64(holds("d/a", 0, 4096), 0);
}

TEST(dropping_the_cache_keeps_what_is_dirty)
{
    char back;
    fresh();
    int file = made("d/a");
    fill(file, 'x', 0, 4096);
    CHECK_EQ_I64(DISK(drop_cache, file), 0);
    CHECK_EQ_I64(DISK(read_at, file, &back, 1, 0), 1);
    CHECK_EQ_I64(back, 'x');
}

TEST(errors_come_when_they_are_due)
{
    fresh();
    error_at(SIM_OP_WRITE, 1, TD_E_IO);
    error_at(SIM_OP_READ, 0, TD_E_IO);
    error_at(SIM_OP_RENAME, 0, TD_E_DISK_FULL);
    int file = made("d/a");
    char byte = 1;
    CHECK_EQ_I64(DISK(write_at, file, &byte, 1, 0), 1);
    CHECK_EQ_I64(DISK(write_at, file, &byte, 1, 1), TD_E_IO);
    CHECK_EQ_I64(DISK(write_at, file, &byte, 1, 1), 1);
    CHECK_EQ_I64(DISK(read_at, file, &byte, 1, 0), TD_E_IO);
    CHECK_EQ_I64(DISK(read_at, file, &byte, 1, 0), 1);
    CHECK_EQ_I64(DISK(rename, "d/a", "d/b"), TD_E_DISK_FULL);
    CHECK(sim_disk_exists(disk, "d/a"));
    CHECK_EQ_U64(sim_disk_fired(disk, 0), 1);
    sim_disk_read_only(disk, true);
    CHECK_EQ_I64(DISK(write_at, file, &byte, 1, 9), TD_E_IO);
    CHECK_EQ_I64(DISK(unlink, "d/a"), TD_E_IO);
    CHECK_EQ_I64(size_of("d/a"), 2);
}

TEST(a_full_card_takes_what_fits)
{
    fresh();
    sim_disk_capacity(disk, 3 * 4096);
    int file = made("d/a");
    CHECK_EQ_I64(DISK(free_bytes, "d"), 3 * 4096);
    CHECK_EQ_I64(DISK(preallocate, file, 4 * 4096), TD_E_DISK_FULL);
    CHECK_EQ_I64(DISK(preallocate, file, 2 * 4096), 0);
    static char data[4 * 4096];
    CHECK_EQ_I64(DISK(write_at, file, data, sizeof data, 0), TD_E_DISK_FULL);
    CHECK_EQ_I64(size_of("d/a"), 3 * 4096);
    CHECK_EQ_I64(DISK(free_bytes, "d"), 0);
    CHECK_EQ_I64(DISK(unlink, "d/a"), 0);
    CHECK_EQ_I64(DISK(free_bytes, "d"), 0); /* open still */
    CHECK_EQ_I64(DISK(close, file), 0);
    CHECK_EQ_I64(DISK(free_bytes, "d"), 3 * 4096);
}

TEST(a_card_that_lies_loses_more)
{
    static const enum sim_fault_kind kinds[] = {SIM_FAULT_LIE, SIM_FAULT_LATE, SIM_FAULT_PARTIAL};
    for (int i = 0; i < 3; i++) {
        fresh();
        int file = made("d/a");
        CHECK_EQ_I64(DISK(preallocate, file, 8192), 0);
        CHECK_EQ_I64(DISK(sync_all, file), 0);
        bend(kinds[i], SIM_OP_SYNC_DATA);
        fill(file, 'x', 0, 4096);
        fill(file, 'y', 4096, 4096);
        CHECK_EQ_I64(DISK(sync_data, file), 0);
        cut(SIM_CUT_NONE, 1, 0);
        CHECK_EQ_I64(holds("d/a", 0, 4096), kinds[i] == SIM_FAULT_PARTIAL ? 'x' : 0);
        CHECK_EQ_I64(holds("d/a", 4096, 4096), 0);
    }
}

TEST(a_late_sync_is_one_behind)
{
    fresh();
    int file = made("d/a");
    CHECK_EQ_I64(DISK(preallocate, file, 8192), 0);
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    struct sim_fault fault = {.kind = SIM_FAULT_LATE, .ops = 1u << SIM_OP_SYNC_DATA};
    sim_disk_fault(disk, &fault);
    fill(file, 'x', 0, 4096);
    CHECK_EQ_I64(DISK(sync_data, file), 0);
    fill(file, 'y', 4096, 4096);
    CHECK_EQ_I64(DISK(sync_data, file), 0);
    cut(SIM_CUT_NONE, 1, 0);
    CHECK_EQ_I64(holds("d/a", 0, 4096), 'x');
    CHECK_EQ_I64(holds("d/a", 4096, 4096), 0);
}

TEST(an_honest_sync_makes_up_for_a_late_one)
{
    fresh();
    int file = made("d/a");
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    bend(SIM_FAULT_LATE, SIM_OP_SYNC_DATA);
    fill(file, 'x', 0, 4096);
    CHECK_EQ_I64(DISK(sync_data, file), 0);
    CHECK_EQ_I64(DISK(sync_data, file), 0);
    cut(SIM_CUT_NONE, 1, 0);
    CHECK_EQ_I64(holds("d/a", 0, 4096), 'x');
}

TEST(a_misdirected_page_is_missed_after_the_cache_is_gone)
{
    fresh();
    int file = made("d/a");
    fill(file, 'a', 0, 4 * 4096);
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    bend(SIM_FAULT_MISDIRECT, SIM_OP_SYNC_DATA);
    fill(file, 'b', 0, 4096);
    CHECK_EQ_I64(DISK(sync_data, file), 0);
    CHECK_EQ_I64(holds("d/a", 0, 4096), 'b');
    CHECK_EQ_I64(DISK(drop_cache, file), 0);
    CHECK_EQ_I64(holds("d/a", 0, 4096), 'a');
}

TEST(rot_shows_after_the_cache_is_gone)
{
    fresh();
    int file = made("d/a");
    fill(file, 'a', 0, 4096);
    CHECK(!sim_disk_rot(disk, "d/a", 7, 1));
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    CHECK(sim_disk_rot(disk, "d/a", 7, 1));
    CHECK_EQ_I64(holds("d/a", 7, 1), 'a');
    CHECK_EQ_I64(DISK(drop_cache, file), 0);
    CHECK_EQ_I64(holds("d/a", 7, 1), 'a' ^ 1);
}

TEST(false_capacity_takes_and_forgets)
{
    fresh();
    sim_disk_false_capacity(disk, 2 * 4096);
    int file = made("d/a");
    fill(file, 'a', 0, 2 * 4096);
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    fill(file, 'b', 2 * 4096, 4096);
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    CHECK_EQ_I64(DISK(drop_cache, file), 0);
    CHECK_EQ_I64(holds("d/a", 0, 2 * 4096), 'a');
    CHECK_EQ_I64(holds("d/a", 2 * 4096, 4096), 0);
}

static void add_ns(void *arg, int64_t ns)
{
    *(int64_t *)arg += ns;
}

TEST(a_stall_moves_the_clock)
{
    int64_t ns = 0;
    fresh();
    sim_disk_on_stall(disk, add_ns, &ns);
    struct sim_fault fault = {
        .kind = SIM_FAULT_STALL, .ops = 1u << SIM_OP_SYNC_DATA, .stall_ns = 200000000};
    sim_disk_fault(disk, &fault);
    int file = made("d/a");
    CHECK_EQ_I64(DISK(sync_data, file), 0);
    CHECK_EQ_I64(DISK(sync_data, file), 0);
    CHECK_EQ_I64(ns, 400000000);
}

TEST(a_folder_may_vanish)
{
    fresh();
    int file = made("d/a");
    CHECK(sim_disk_vanish(disk, "d"));
    CHECK_EQ_I64(DISK(list, "d", count_entry, NULL), TD_E_MISSING);
    fill(file, 'x', 0, 10); /* whoever has it open writes on */
    cut(SIM_CUT_ALL, 1, 0);
    CHECK(!sim_disk_exists(disk, "d"));
}
