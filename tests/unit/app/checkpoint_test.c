#include "app/checkpoint.h"

#include <stdio.h>
#include <sys/stat.h>

#include "../journal/memdisk.h"
#include "test.h"

/* ---- a disk that loses power -------------------------------------------------------------------

   memdisk with a count of operations: from the n-th on nothing works (a write at that point is torn). What was not synced is lost
   when the power comes back: contents of files, names since the last sync of all. */
struct power {
    struct memdisk *m;
    struct td_disk disk;
    int steps, cut_at; /* 0: never */
    struct {
        bool written; /* not synced since */
    } file[MEMDISK_FILES];
    struct {
        char from[128], to[128]; /* to "": it was removed and lies beside under from + ".gone" */
    } moved[16];
    unsigned moved_count;
};

static struct power power;

static bool dead(void)
{
    return power.cut_at != 0 && ++power.steps >= power.cut_at;
}

static int power_open(void *ctx, const char *path, int flags, int mode)
{
    (void)ctx;
    return dead() ? TD_E_IO : memdisk_open(power.m, path, flags, mode);
}

static int64_t power_write(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    (void)ctx;
    power.file[file].written = true;
    bool first = power.steps + 1 == power.cut_at;
    if (!dead())
        return memdisk_write_at(power.m, file, data, bytes, offset);
    if (first)
        memdisk_write_at(power.m, file, data, bytes / 2, offset);
    return TD_E_IO;
}

static int power_sync(void *ctx, int file)
{
    (void)ctx;
    if (dead())
        return TD_E_IO;
    power.file[file].written = false;
    return 0;
}

static int power_sync_all(void *ctx, int file)
{
    (void)ctx, (void)file;
    if (dead())
        return TD_E_IO;
    memset(power.file, 0, sizeof power.file);
    power.moved_count = 0;
    return 0;
}

static void remember_move(const char *from, const char *to)
{
    CHECK(power.moved_count < 16);
    snprintf(power.moved[power.moved_count].from, 128, "%s", from);
    snprintf(power.moved[power.moved_count++].to, 128, "%s", to);
}

static void set_aside(const char *path)
{
    char gone[160];
    snprintf(gone, sizeof gone, "gone%u-%s", power.moved_count, path);
    memdisk_rename(power.m, path, gone);
    remember_move(path, gone);
}

static int power_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    if (dead())
        return TD_E_IO;
    if (memdisk_find(power.m, to) >= 0)
        set_aside(to);
    remember_move(from, to);
    return memdisk_rename(power.m, from, to);
}

static int power_unlink(void *ctx, const char *path)
{
    (void)ctx;
    if (dead())
        return TD_E_IO;
    if (memdisk_find(power.m, path) < 0)
        return TD_E_MISSING;
    set_aside(path);
    return 0;
}

static int power_truncate(void *ctx, int file, int64_t bytes)
{
    (void)ctx;
    return dead() ? TD_E_IO : memdisk_truncate(power.m, file, bytes);
}

static int64_t power_read(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    (void)ctx;
    return memdisk_read_at(power.m, file, data, bytes, offset);
}

static int power_list(void *ctx, const char *path, int (*visit)(void *, const char *, bool),
                      void *arg)
{
    (void)ctx;
    return memdisk_list(power.m, path, visit, arg);
}

static int power_make_dirs(void *ctx, const char *path)
{
    (void)ctx, (void)path;
    return dead() ? TD_E_IO : 0;
}

static int power_close(void *ctx, int file)
{
    (void)ctx, (void)file;
    return 0;
}

static int64_t power_size(void *ctx, int file)
{
    (void)ctx;
    return memdisk_size(power.m, file);
}

static void power_on(void)
{
    memset(&power, 0, sizeof power);
    power.m = memdisk_new();
    power.disk = (struct td_disk){.open = power_open,
                                  .close = power_close,
                                  .write_at = power_write,
                                  .read_at = power_read,
                                  .sync_data = power_sync,
                                  .sync_all = power_sync_all,
                                  .truncate = power_truncate,
                                  .size = power_size,
                                  .rename = power_rename,
                                  .unlink = power_unlink,
                                  .make_dirs = power_make_dirs,
                                  .list = power_list};
}

/* lose: what was not synced did not reach the disk. */
static void power_back(bool lose)
{
    for (int i = 0; lose && i < MEMDISK_FILES; i++)
        if (power.m->file[i] != NULL && power.file[i].written)
            memset(power.m->file[i]->data, 0, (size_t)power.m->file[i]->bytes);
    while (lose && power.moved_count > 0) {
        power.moved_count--;
        memdisk_rename(power.m, power.moved[power.moved_count].to,
                       power.moved[power.moved_count].from);
    }
    power.cut_at = power.steps = 0;
    power.moved_count = 0;
}

/* ---- helpers ---- */

enum { STATE_MAX = 4096 };
static unsigned char state_bytes[STATE_MAX], loaded_bytes[STATE_MAX];

/* Another state for each frame. */
static struct checkpoint checkpoint_of(uint64_t frame)
{
    size_t count = 100 + frame * 37 % 3000;
    for (size_t i = 0; i < count; i++)
        state_bytes[i] = (unsigned char)(frame * 31 + i * 7 + i / 251);
    return (struct checkpoint){.frame = frame, .bytes = state_bytes, .count = count};
}

static td_err write_one(uint64_t frame, uint64_t *previous)
{
    struct checkpoint checkpoint = checkpoint_of(frame);
    return checkpoint_write(&power.disk, "d", &checkpoint, previous);
}

static void must_write(uint64_t frame, uint64_t previous)
{
    uint64_t got = 12345;
    CHECK_EQ_I64(write_one(frame, &got), 0);
    CHECK_EQ_U64(got, previous);
}

/* Frame that is found, 0 none; what was found is whole. */
static uint64_t found(uint64_t oldest, uint64_t newest)
{
    struct checkpoint loaded = {0};
    td_err err =
        checkpoint_load(&power.disk, "d", oldest, newest, loaded_bytes, STATE_MAX, &loaded);
    if (err == TD_E_MISSING)
        return 0;
    CHECK_EQ_I64(err, 0);
    struct checkpoint wanted = checkpoint_of(loaded.frame);
    CHECK_EQ_U64(loaded.count, wanted.count);
    CHECK_EQ_MEM(loaded.bytes, wanted.bytes, wanted.count);
    return loaded.frame;
}

static unsigned files(void)
{
    unsigned count = 0;
    for (int i = 0; i < MEMDISK_FILES; i++)
        count += power.m->file[i] != NULL && strncmp(power.m->file[i]->path, "d/", 2) == 0;
    return count;
}

static struct memdisk_file *file_of(uint64_t frame)
{
    char path[64];
    snprintf(path, sizeof path, "d/checkpoint/%020llu.ckp", (unsigned long long)frame);
    int at = memdisk_find(power.m, path);
    CHECK(at >= 0);
    return power.m->file[at];
}

static void power_off(void)
{
    memdisk_free(power.m);
}

/* ---- tests ---- */

TEST(two_are_kept_and_the_newest_is_found)
{
    power_on();
    CHECK_EQ_U64(found(0, UINT64_MAX), 0);
    must_write(9, 0);
    must_write(10, 9);
    must_write(1000, 10);
    CHECK_EQ_U64(files(), 2);
    CHECK_EQ_U64(found(0, UINT64_MAX), 1000);
    CHECK_EQ_U64(found(10, 1000), 1000);
    CHECK_EQ_U64(found(1001, 2000), 0);
    power_off();
}

TEST(the_same_frame_again_replaces_it)
{
    power_on();
    must_write(5, 0);
    must_write(7, 5);
    must_write(7, 5);
    CHECK_EQ_U64(files(), 2);
    CHECK_EQ_U64(found(0, 100), 7);
    power_off();
}

TEST(names_sort_as_their_numbers)
{
    power_on();
    must_write(UINT64_MAX - 1, 0);
    CHECK(memdisk_find(power.m, "d/checkpoint/18446744073709551614.ckp") >= 0);
    CHECK_EQ_U64(found(0, UINT64_MAX), UINT64_MAX - 1);
    power_off();
    power_on();
    must_write(9, 0);
    CHECK(memdisk_find(power.m, "d/checkpoint/00000000000000000009.ckp") >= 0);
    power_off();
}

/* Their frames were lost with the journal's end, and others will take the numbers. */
TEST(those_beyond_the_end_are_removed)
{
    power_on();
    must_write(50, 0);
    must_write(90, 50);
    CHECK_EQ_U64(found(0, 60), 50);
    CHECK_EQ_U64(found(0, 100), 50);
    power_off();
}

TEST(any_flipped_bit_makes_it_unusable_and_the_one_before_serves)
{
    power_on();
    must_write(3, 0);
    must_write(4, 3);
    struct memdisk_file *file = file_of(4);
    for (int64_t at = 0; at < file->bytes; at++)
        for (unsigned bit = 0; bit < 8; bit += at < 64 ? 1 : 5) {
            file->data[at] ^= (uint8_t)(1u << bit);
            CHECK_EQ_U64(found(0, 100), 3);
            file->data[at] ^= (uint8_t)(1u << bit);
        }
    CHECK_EQ_U64(found(0, 100), 4);
    power_off();
}

TEST(any_other_length_makes_it_unusable)
{
    power_on();
    must_write(3, 0);
    must_write(4, 3);
    struct memdisk_file *file = file_of(4);
    int64_t whole = file->bytes;
    for (int64_t bytes = 0; bytes < whole; bytes++) {
        file->bytes = bytes;
        CHECK_EQ_U64(found(0, 100), 3);
    }
    file->bytes = whole;
    memdisk_resize(file, whole + 1);
    CHECK_EQ_U64(found(0, 100), 3);
    power_off();
}

TEST(another_version_frame_or_a_foreign_file_is_passed_over)
{
    power_on();
    must_write(3, 0);
    must_write(4, 3);
    memdisk_rename(power.m, "d/checkpoint/00000000000000000004.ckp",
                   "d/checkpoint/00000000000000000005.ckp"); /* it speaks of frame 4 */
    int file = memdisk_open(power.m, "d/checkpoint/00000000000000000006.ckp", O_CREAT, 0644);
    memdisk_write_at(power.m, file, "PAR1", 4, 0);
    memdisk_open(power.m, "d/checkpoint/00000000000000000007.ckp", O_CREAT, 0644);
    memdisk_open(power.m, "d/checkpoint/notes.txt", O_CREAT, 0644);
    memdisk_open(power.m, "d/checkpoint/99999999999999999999.ckp", O_CREAT, 0644);
    memdisk_open(power.m, "d/checkpoint/0000000000000000000x.ckp", O_CREAT, 0644);
    CHECK_EQ_U64(found(0, 100), 3);
    power_off();
}

TEST(larger_than_the_memory_is_said_and_a_smaller_one_taken)
{
    struct checkpoint loaded;
    power_on();
    must_write(80, 0);
    must_write(81, 80);
    size_t small = checkpoint_of(80).count, large = checkpoint_of(81).count;
    CHECK(small < large);
    CHECK_EQ_I64(checkpoint_load(&power.disk, "d", 0, 100, loaded_bytes, large - 1, &loaded), 0);
    CHECK_EQ_U64(loaded.frame, 80);
    CHECK_EQ_I64(checkpoint_load(&power.disk, "d", 0, 100, loaded_bytes, small - 1, &loaded),
                 TD_E_NO_ROOM);
    power_off();
}

static int64_t no_read(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    (void)ctx, (void)file, (void)data, (void)bytes, (void)offset;
    return TD_E_IO;
}

/* Not missing: the caller may ask again. */
TEST(what_the_card_does_not_give_is_not_missing)
{
    struct checkpoint loaded;
    power_on();
    must_write(80, 0);
    struct td_disk deaf = power.disk;
    deaf.read_at = no_read;
    CHECK_EQ_I64(checkpoint_load(&deaf, "d", 0, 100, loaded_bytes, STATE_MAX, &loaded), TD_E_IO);
    CHECK_EQ_I64(checkpoint_load(&deaf, "d", 81, 100, loaded_bytes, STATE_MAX, &loaded),
                 TD_E_MISSING);
    CHECK_EQ_U64(found(0, 100), 80);
    power_off();
}

/* Whatever step fails, and whether or not the disk kept what was not synced: one that was promised before is found, or the new one. */
TEST(a_cut_at_any_step_leaves_one_that_is_whole)
{
    unsigned cuts = 0, new_ones = 0;
    for (int lose = 0; lose < 2; lose++)
        for (int cut = 1, done = false; !done; cut++, cuts++) {
            uint64_t previous;
            power_on();
            must_write(10, 0);
            must_write(20, 10);
            power.steps = 0;
            power.cut_at = cut;
            td_err err = write_one(30, &previous);
            done = err == 0 && power.steps < cut;
            power_back(lose);
            uint64_t got = found(0, 100);
            CHECK(got == 30 || got == 20);
            CHECK(err < 0 || got == 30); /* a promise is kept */
            new_ones += got == 30;
            must_write(40, got); /* and the next one is as if nothing had been */
            CHECK_EQ_U64(files(), 2);
            CHECK_EQ_U64(found(0, 100), 40);
            power_off();
        }
    CHECK(cuts >= 16 && new_ones >= 4);
}

TEST(a_refused_write_or_sync_is_an_error_and_leaves_the_old_ones)
{
    power_on();
    uint64_t previous;
    must_write(10, 0);
    power.m->writes_until_error = 2;
    CHECK_EQ_I64(write_one(20, &previous), TD_E_IO);
    CHECK_EQ_U64(files(), 1);
    CHECK_EQ_U64(found(0, 100), 10);
    must_write(20, 10);
    power_off();
}

static bool place_folder(const char *dir, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/checkpoint", dir);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/checkpoint/%s", dir, name);
    return mkdir(path, 0755) == 0;
}

TEST(a_folder_in_its_place_is_no_checkpoint)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    const char *dir = test_tmpdir();
    struct checkpoint loaded, checkpoint = checkpoint_of(6);
    uint64_t previous = 1;
    CHECK(place_folder(dir, "00000000000000000007.ckp"));
    CHECK_EQ_I64(checkpoint_load(disk, dir, 0, 100, loaded_bytes, STATE_MAX, &loaded),
                 TD_E_MISSING);
    CHECK_EQ_I64(checkpoint_write(disk, dir, &checkpoint, &previous), 0);
    CHECK_EQ_U64(previous, 0);
    CHECK_EQ_I64(checkpoint_load(disk, dir, 0, 100, loaded_bytes, STATE_MAX, &loaded), 0);
    CHECK_EQ_U64(loaded.frame, 6);
    checkpoint = checkpoint_of(7);
    CHECK(checkpoint_write(disk, dir, &checkpoint, &previous) < 0);
    CHECK_EQ_I64(checkpoint_load(disk, dir, 0, 100, loaded_bytes, STATE_MAX, &loaded), 0);
    CHECK_EQ_U64(loaded.frame, 6);
}

TEST(a_file_in_the_folders_place_is_an_error)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    const char *dir = test_tmpdir();
    char path[512];
    uint64_t previous;
    struct checkpoint loaded, checkpoint = checkpoint_of(6);
    snprintf(path, sizeof path, "%s/checkpoint", dir);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fclose(file);
    CHECK(checkpoint_write(disk, dir, &checkpoint, &previous) < 0);
    CHECK_EQ_I64(checkpoint_load(disk, dir, 0, 100, loaded_bytes, STATE_MAX, &loaded),
                 TD_E_MISSING);
}
