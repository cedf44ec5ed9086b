#include "app/room.h"

#include <fcntl.h>
#include <stdio.h>

#include "app/reserve.h"
#include "segment/path.h"
#include "sim/disk.h"
#include "test.h"

enum { MIB = 1 << 20 };
/* 2026-06-09 00:00:00 UTC */
#define DAY_NS (INT64_C(1780963200) * TD_NS_PER_S)

static struct sim_disk *card;
static const struct td_disk *disk;

static void put(const char *folder, const char *name, int bytes)
{
    static const char nothing[MIB];
    char path[PATH_MAX_BYTES];
    CHECK_EQ_I64(path_join(folder, name, path), 0);
    int file = disk->open(disk->ctx, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(file >= 0);
    CHECK_EQ_I64(disk->write_at(disk->ctx, file, nothing, (size_t)bytes, 0), bytes);
    CHECK_EQ_I64(disk->close(disk->ctx, file), 0);
}

/* A segment of 1 MiB an hour, the even ones marked as being in a store. */
static void fill(int hours)
{
    if (card == NULL)
        card = sim_disk_new(1 << 28);
    sim_disk_reset(card);
    sim_disk_capacity(card, 16 * MIB);
    disk = sim_disk_table(card);
    for (int hour = 0; hour < hours; hour++) {
        struct path_partition partition;
        char folder[PATH_MAX_BYTES];
        path_partition_of(&partition, "trades", "x", "A-B", DAY_NS + hour * TD_NS_PER_HOUR);
        CHECK_EQ_I64(path_folder("data/ready", &partition, folder), 0);
        CHECK_EQ_I64(disk->make_dirs(disk->ctx, folder), 0);
        put(folder, "d_00001.parquet", MIB);
        if (hour % 2 == 0)
            put(folder, "_d_00001.done", 1);
    }
}

TEST(the_reserve_and_what_a_store_has_make_room_and_nothing_else)
{
    uint64_t segments = 0;
    fill(6);
    CHECK_EQ_I64(reserve_keep(disk, "data", 2 * MIB), 0);
    int64_t before = disk->free_bytes(disk->ctx, "data");
    int64_t made = room_make(disk, "data", 15 * MIB, &segments);
    CHECK_EQ_I64((int64_t)segments, 3);
    CHECK_EQ_I64(disk->free_bytes(disk->ctx, "data") - before, made);
    CHECK(made >= 5 * MIB);
    CHECK(sim_disk_peek(card, "data/reserve", NULL, 0) < 0);
}

TEST(no_more_goes_than_is_wanted)
{
    uint64_t segments = 9;
    fill(6);
    CHECK_EQ_I64(reserve_keep(disk, "data", 2 * MIB), 0);
    int64_t free_now = disk->free_bytes(disk->ctx, "data");
    CHECK(room_make(disk, "data", free_now + MIB, &segments) >= 2 * MIB);
    CHECK_EQ_I64((int64_t)segments, 0);
}

TEST(nothing_to_give)
{
    uint64_t segments = 9;
    fill(0);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, "data"), 0);
    CHECK_EQ_I64(room_make(disk, "data", 15 * MIB, &segments), 0);
    CHECK_EQ_I64((int64_t)segments, 0);
}
