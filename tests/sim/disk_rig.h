/* One card and short words for what is done to it, for the card's own tests. */
#ifndef TD_SIM_DISK_RIG_H
#define TD_SIM_DISK_RIG_H

#include "sim/disk.h"

#include <fcntl.h>
#include <stdio.h>

#include "unit/test.h"

#define DISK(call, ...) table->call(table->ctx, __VA_ARGS__)

static struct sim_disk *disk;
static const struct td_disk *table;

static inline void fresh(void)
{
    if (!disk)
        disk = sim_disk_new(0);
    sim_disk_reset(disk);
    sim_disk_capacity(disk, 1 << 30);
    sim_disk_on_stall(disk, NULL, NULL);
    sim_disk_seed(disk, 1);
    table = sim_disk_table(disk);
    CHECK_EQ_I64(DISK(make_dirs, "d"), 0);
    int folder = DISK(open, "d", O_RDONLY, 0);
    CHECK(folder >= 0);
    CHECK_EQ_I64(DISK(sync_all, folder), 0);
    CHECK_EQ_I64(DISK(close, folder), 0);
}

static inline int made(const char *path)
{
    int file = DISK(open, path, O_RDWR | O_CREAT | O_EXCL, 0644);
    CHECK(file >= 0);
    return file;
}

static inline void fill(int file, char what, int64_t offset, int64_t bytes)
{
    static char data[64 << 10];
    memset(data, what, (size_t)bytes);
    CHECK_EQ_I64(DISK(write_at, file, data, (size_t)bytes, offset), bytes);
}

static inline void cut(enum sim_cut_mode mode, uint64_t seed, uint32_t upto)
{
    struct sim_cut how = {mode, seed, upto};
    sim_disk_cut(disk, &how);
}

/* What every byte of the range is, -1: not one thing. */
static inline int holds(const char *path, int64_t offset, int64_t bytes)
{
    static char data[256 << 10];
    int64_t size = sim_disk_peek(disk, path, data, sizeof data);
    CHECK(size >= offset + bytes);
    for (int64_t i = 1; i < bytes; i++)
        if (data[offset + i] != data[offset])
            return -1;
    return (unsigned char)data[offset];
}

static inline int64_t size_of(const char *path)
{
    return sim_disk_peek(disk, path, NULL, 0);
}

static inline int count_entry(void *arg, const char *name, bool is_dir)
{
    int *count = arg;
    *count += strcmp(name, is_dir ? "sub" : "file") == 0;
    return 0;
}

#endif
