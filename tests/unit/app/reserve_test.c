#include "app/reserve.h"

#include "sim/disk.h"
#include "test.h"

enum { MIB = 1 << 20 };

static struct sim_disk *card;
static const struct td_disk *disk;

static void open_card(int64_t capacity)
{
    if (card == NULL)
        card = sim_disk_new(1 << 28);
    sim_disk_reset(card);
    sim_disk_capacity(card, capacity);
    disk = sim_disk_table(card);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, "data"), 0);
}

static int64_t free_now(void)
{
    return disk->free_bytes(disk->ctx, "data");
}

TEST(a_reserve_takes_its_room_and_gives_it_back)
{
    open_card(16 * MIB);
    int64_t before = free_now();
    CHECK_EQ_I64(reserve_keep(disk, "data", 4 * MIB), 0);
    CHECK(free_now() <= before - 4 * MIB);
    CHECK_EQ_I64(sim_disk_peek(card, "data/reserve", NULL, 0), 4 * MIB);
    CHECK_EQ_I64(reserve_keep(disk, "data", 4 * MIB), 0); /* nothing to do */
    CHECK_EQ_I64(reserve_keep(disk, "data", MIB), 0);
    CHECK_EQ_I64(sim_disk_peek(card, "data/reserve", NULL, 0), MIB);
    CHECK_EQ_I64(reserve_spend(disk, "data"), 0);
    CHECK_EQ_I64(free_now(), before);
    CHECK_EQ_I64(reserve_spend(disk, "data"), 0);
}

TEST(no_half_reserve_is_left_where_there_is_no_room)
{
    open_card(2 * MIB);
    CHECK_EQ_I64(reserve_keep(disk, "data", 4 * MIB), TD_E_DISK_FULL);
    CHECK(!sim_disk_exists(card, "data/reserve"));
    CHECK_EQ_I64(reserve_keep(disk, "data", MIB), 0);
}

TEST(each_failing_call_is_told)
{
    for (uint64_t at = 0;; at++) {
        open_card(16 * MIB);
        struct sim_fault fault = {
            .kind = SIM_FAULT_ERROR, .ops = ~0u, .skip = at, .times = 1, .err = TD_E_IO};
        int index = sim_disk_fault(card, &fault);
        td_err err = reserve_keep(disk, "data", MIB);
        if (sim_disk_fired(card, index) == 0)
            break;
        CHECK_EQ_I64(err, TD_E_IO);
        CHECK(!sim_disk_exists(card, "data/reserve"));
        CHECK(at < 10);
    }
}
