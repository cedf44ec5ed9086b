/* The record outlives every cut of its own writing. */
#include "app/wear.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "test.h"

static struct wear_record record_of(int64_t bytes)
{
    return (struct wear_record){.since_ns = 5,
                                .boot = {1, 2, 3},
                                .major = 179,
                                .disk_sectors = bytes / 512,
                                .device_bytes = bytes,
                                .cuts = 3,
                                .day = {{.day = 20000, .device_bytes = bytes, .syncs = 9}}};
}

static const struct td_disk *real(void)
{
    return &td_os_linux()->disk;
}

static int64_t load(const char *dir)
{
    struct wear_record record;
    td_err err = wear_load(real(), dir, &record);
    return err < 0 ? err : record.device_bytes;
}

TEST(comes_back_newest_first)
{
    const char *dir = test_tmpdir();
    struct wear_record record = record_of(1024), back;
    static const struct wear_record zero;
    memset(&back, 7, sizeof back);
    CHECK_EQ_I64(wear_load(real(), dir, &back), TD_E_MISSING);
    CHECK_EQ_MEM(&back, &zero, sizeof zero);
    for (int64_t bytes = 1024; bytes < 10 * 1024; bytes += 1024) {
        record = record_of(bytes);
        CHECK_EQ_I64(wear_save(real(), dir, &record), 0);
        CHECK_EQ_I64(wear_load(real(), dir, &back), 0);
        CHECK_EQ_MEM(&back, &record, sizeof record);
    }
}

static void overwrite(const char *dir, int64_t offset, const void *data, size_t bytes)
{
    char path[600];
    snprintf(path, sizeof path, "%s/wear", dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0);
    CHECK_EQ_I64(pwrite(fd, data, bytes, offset), (int64_t)bytes);
    close(fd);
}

TEST(any_flipped_byte_falls_back_to_the_other)
{
    const char *dir = test_tmpdir();
    struct wear_record first = record_of(1024), second = record_of(2048);
    char path[600], slot[512];
    CHECK_EQ_I64(wear_save(real(), dir, &first), 0);
    CHECK_EQ_I64(wear_save(real(), dir, &second), 0);
    snprintf(path, sizeof path, "%s/wear", dir);
    int fd = open(path, O_RDONLY);
    CHECK_EQ_I64(pread(fd, slot, sizeof slot, 4096), 512);
    close(fd);
    for (size_t i = 0; i < sizeof slot; i++) {
        char flipped = (char)(slot[i] ^ 0x10);
        overwrite(dir, 4096 + (int64_t)i, &flipped, 1);
        CHECK_EQ_I64(load(dir), 1024);
        overwrite(dir, 4096 + (int64_t)i, &slot[i], 1);
    }
    CHECK_EQ_I64(load(dir), 2048);
}

TEST(rubbish_is_said_and_written_over)
{
    const char *dir = test_tmpdir();
    char path[600], rubbish[8192];
    struct wear_record record = record_of(512);
    memset(rubbish, 0x5a, sizeof rubbish);
    overwrite(dir, 0, rubbish, sizeof rubbish);
    CHECK_EQ_I64(load(dir), TD_E_SYNTAX);
    CHECK_EQ_I64(wear_save(real(), dir, &record), 0);
    CHECK_EQ_I64(load(dir), 512);
    snprintf(path, sizeof path, "%s/wear", dir);
    CHECK(truncate(path, 100) == 0);
    CHECK_EQ_I64(load(dir), TD_E_SYNTAX);
    CHECK(truncate(path, 0) == 0);
    CHECK_EQ_I64(load(dir), TD_E_MISSING);
}

/* A sum alone is no proof of sense. */
TEST(impossible_figures_are_refused)
{
    const char *dir = test_tmpdir();
    struct wear_record record = record_of(512);
    record.device_bytes = -1;
    CHECK_EQ_I64(wear_save(real(), dir, &record), 0);
    CHECK_EQ_I64(load(dir), TD_E_SYNTAX);
    record = record_of(512);
    record.day[7].device_bytes = INT64_MAX;
    CHECK_EQ_I64(wear_save(real(), dir, &record), 0);
    CHECK_EQ_I64(load(dir), TD_E_SYNTAX);
}

/* ---- cuts: a disk whose write stops in the middle, or leaves sectors of something else ---- */

struct torn {
    size_t good;  /* bytes that reach the card */
    bool rubbish; /* the rest of the page is not as before, but spoiled */
};

static int64_t torn_write(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    static char spoiled[4096];
    const struct torn *torn = ctx;
    size_t good = torn->good < bytes ? torn->good : bytes;
    memset(spoiled, 0xee, sizeof spoiled);
    real()->write_at(NULL, file, data, good, offset);
    if (torn->rubbish && good < bytes)
        real()->write_at(NULL, file, spoiled, sizeof spoiled - good, offset + (int64_t)good);
    return TD_E_IO;
}

static td_err save_torn(const char *dir, const struct wear_record *record, size_t good,
                        bool rubbish)
{
    struct torn torn = {good, rubbish};
    struct td_disk disk = *real();
    disk.ctx = &torn;
    disk.write_at = torn_write;
    return wear_save(&disk, dir, record);
}

TEST(a_cut_at_any_byte_leaves_the_old_or_the_new)
{
    const char *dir = test_tmpdir();
    struct wear_record record = record_of(512);
    CHECK_EQ_I64(wear_save(real(), dir, &record), 0);
    int64_t standing = 512;
    for (size_t good = 0; good <= 512; good++) {
        int64_t next = standing + 512;
        record = record_of(next);
        CHECK_EQ_I64(save_torn(dir, &record, good, good % 2), TD_E_IO);
        int64_t seen = load(dir);
        CHECK(seen == standing || (good == 512 && seen == next));
        CHECK_EQ_I64(wear_save(real(), dir, &record), 0); /* the next hour's goes through */
        CHECK_EQ_I64(load(dir), next);
        standing = next;
    }
}
