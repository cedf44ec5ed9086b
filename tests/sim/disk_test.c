/* The card itself: names, bytes, what is there after a cut, and its record done again. */
#include "sim/disk_rig.h"

TEST(the_running_system_sees_its_own_writes)
{
    char back[20] = "";
    fresh();
    int file = made("d/a");
    fill(file, 'x', 4090, 12);
    CHECK_EQ_I64(DISK(size, file), 4102);
    CHECK_EQ_I64(DISK(read_at, file, back, 20, 4088), 14);
    CHECK_EQ_MEM(back, "\0\0xxxxxxxxxxxx", 14);
    CHECK_EQ_I64(DISK(read_at, file, back, 20, 5000), 0);
    CHECK_EQ_I64(DISK(truncate, file, 4092), 0);
    fill(file, 'y', 5000, 1);
    CHECK_EQ_I64(holds("d/a", 4092, 900), 0);
    CHECK_EQ_I64(DISK(close, file), 0);
}

TEST(names_are_made_moved_and_removed)
{
    fresh();
    CHECK_EQ_I64(DISK(open, "d/a", O_RDONLY, 0), TD_E_MISSING);
    CHECK_EQ_I64(DISK(open, "no/a", O_RDWR | O_CREAT, 0), TD_E_MISSING);
    int a = made("d/a"), b = made("d/b");
    fill(a, 'a', 0, 10);
    CHECK_EQ_I64(DISK(open, "d/a", O_RDWR | O_CREAT | O_EXCL, 0), TD_E_EXISTS);
    CHECK_EQ_I64(DISK(rename, "d/a", "d/b"), 0);
    CHECK_EQ_I64(DISK(rename, "d/a", "d/b"), TD_E_MISSING);
    CHECK_EQ_I64(holds("d/b", 0, 10), 'a');
    fill(b, 'b', 0, 10); /* replaced, and still open */
    CHECK_EQ_I64(holds("d/b", 0, 10), 'a');
    CHECK_EQ_I64(DISK(make_dirs, "d/e/f"), 0);
    CHECK_EQ_I64(DISK(open, "d/e", O_RDWR, 0), TD_E_IO);
    CHECK_EQ_I64(DISK(rename, "d/b", "d/e/f/g"), 0);
    CHECK_EQ_I64(DISK(rename, "d/e", "d/h"), 0);
    CHECK_EQ_I64(holds("d/h/f/g", 0, 10), 'a');
    CHECK_EQ_I64(DISK(unlink, "d/h/f"), TD_E_IO);
    CHECK_EQ_I64(DISK(remove_tree, "d/h"), 0);
    CHECK_EQ_I64(DISK(remove_tree, "d/h"), TD_E_MISSING);
    CHECK(!sim_disk_exists(disk, "d/h/f/g"));
    CHECK_EQ_I64(DISK(close, a), 0);
    CHECK_EQ_I64(DISK(close, b), 0);
}

TEST(folders_are_listed)
{
    int count = 0;
    fresh();
    CHECK_EQ_I64(DISK(make_dirs, "d/sub"), 0);
    CHECK_EQ_I64(DISK(close, made("d/file")), 0);
    CHECK_EQ_I64(DISK(list, "d", count_entry, &count), 0);
    CHECK_EQ_I64(count, 2);
    CHECK_EQ_I64(DISK(list, "e", count_entry, &count), TD_E_MISSING);
    for (int i = 0; i < 2000; i++) {
        char path[32];
        snprintf(path, sizeof path, "d/sub/%d", i);
        CHECK_EQ_I64(DISK(close, made(path)), 0);
    }
    CHECK(sim_disk_exists(disk, "d/sub/0") && sim_disk_exists(disk, "d/sub/1999"));
    CHECK_EQ_I64(DISK(remove_tree, "d/sub"), 0);
}

TEST(a_synced_file_outlives_a_cut_when_its_name_was_synced)
{
    for (int named = 0; named < 2; named++) {
        fresh();
        int file = made("d/a");
        fill(file, 'x', 0, 5000);
        CHECK_EQ_I64(DISK(sync_data, file), 0);
        if (named)
            CHECK_EQ_I64(DISK(sync_all, file), 0);
        fill(file, 'y', 0, 5000);
        cut(SIM_CUT_NONE, 1, 0);
        CHECK_EQ_I64(size_of("d/a"), named ? 5000 : -1);
        if (named)
            CHECK_EQ_I64(holds("d/a", 0, 5000), 'x');
    }
}

TEST(a_cut_may_keep_everything)
{
    fresh();
    int file = made("d/a");
    fill(file, 'x', 0, 5000);
    CHECK_EQ_I64(DISK(rename, "d/a", "d/b"), 0);
    cut(SIM_CUT_ALL, 1, 0);
    CHECK_EQ_I64(holds("d/b", 0, 5000), 'x');
    CHECK(!sim_disk_exists(disk, "d/a"));
    CHECK_EQ_U64(sim_disk_counts(disk).handles, 0);
}

TEST(a_prefix_tears_at_sectors)
{
    fresh();
    int file = made("d/a");
    CHECK_EQ_I64(DISK(preallocate, file, 8192), 0);
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    uint32_t before = sim_disk_sequence(disk);
    fill(file, 'x', 0, 8192);
    CHECK_EQ_U64(sim_disk_sequence(disk) - before, 16);
    cut(SIM_CUT_PREFIX, 1, before + 5);
    CHECK_EQ_I64(holds("d/a", 0, 5 * 512), 'x');
    CHECK_EQ_I64(holds("d/a", 5 * 512, 8192 - 5 * 512), 0);
}

TEST(reversed_keeps_the_last)
{
    fresh();
    int file = made("d/a");
    CHECK_EQ_I64(DISK(preallocate, file, 8192), 0);
    CHECK_EQ_I64(DISK(sync_all, file), 0);
    uint32_t before = sim_disk_sequence(disk);
    fill(file, 'x', 0, 8192);
    cut(SIM_CUT_REVERSED, 1, before + 5);
    CHECK_EQ_I64(holds("d/a", 0, 5 * 512), 0);
    CHECK_EQ_I64(holds("d/a", 5 * 512, 8192 - 5 * 512), 'x');
}

TEST(any_part_may_come_through)
{
    int sizes = 0, torn = 0, whole = 0, renamed = 0, gone = 0, both = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        fresh();
        int old = made("d/old"), file = made("d/a");
        CHECK_EQ_I64(DISK(sync_all, old), 0);
        fill(file, 'x', 0, 4096);
        CHECK_EQ_I64(DISK(rename, "d/a", "d/b"), 0);
        CHECK_EQ_I64(DISK(unlink, "d/old"), 0);
        cut(SIM_CUT_RANDOM, seed, 0);
        renamed += sim_disk_exists(disk, "d/b");
        gone += !sim_disk_exists(disk, "d/old");
        both += sim_disk_exists(disk, "d/b") && sim_disk_exists(disk, "d/a");
        const char *name = sim_disk_exists(disk, "d/b") ? "d/b" : "d/a";
        CHECK(sim_disk_exists(disk, name));
        if (size_of(name) != 4096)
            continue;
        int what = holds(name, 0, 4096);
        sizes += what == 0;
        whole += what == 'x';
        torn += what == -1;
    }
    CHECK(sizes > 5 && torn > 5 && whole > 5);
    CHECK(renamed > 20 && renamed < 180 && gone > 20 && gone < 180);
    CHECK_EQ_I64(both, 0);
}

TEST(a_name_needs_its_folder)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        fresh();
        CHECK_EQ_I64(DISK(make_dirs, "d/e"), 0);
        CHECK_EQ_I64(DISK(close, made("d/e/a")), 0);
        cut(SIM_CUT_RANDOM, seed, 0);
        CHECK(sim_disk_exists(disk, "d/e") || !sim_disk_exists(disk, "d/e/a"));
    }
}

/* Everything under the root, as one number. */
static void add_file(void *arg, const char *path, int64_t bytes)
{
    static char data[256 << 10];
    uint64_t *sum = arg, hash = 14695981039346656037u;
    sim_disk_peek(disk, path, data, sizeof data);
    for (const char *at = path; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    for (int64_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)data[i]) * 1099511628211u;
    *sum += hash;
}

static uint64_t sum_of(struct sim_disk *of)
{
    struct sim_disk *kept = disk;
    uint64_t sum = 0;
    disk = of;
    sim_disk_walk(of, "", add_file, &sum);
    disk = kept;
    return sum;
}

/* Calls drawn from a seed; what cannot be done is refused, which is part of it. */
static void live(uint64_t seed, int calls)
{
    char path[16], to[16], data[3000];
    int open[8], opened = 0;
    for (int i = 0; i < calls; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned draw = (unsigned)(seed >> 40);
        snprintf(path, sizeof path, "d/%u", draw % 5);
        snprintf(to, sizeof to, "d/%u", draw / 5 % 7);
        memset(data, (char)draw, sizeof data);
        switch (draw / 100 % 8) {
        case 0:
            if (opened < 8 && (open[opened] = DISK(open, path, O_RDWR | O_CREAT, 0)) >= 0)
                opened++;
            break;
        case 1:
            if (opened > 0)
                DISK(close, open[--opened]);
            break;
        case 2:
            DISK(rename, path, to);
            break;
        case 3:
            DISK(unlink, path);
            break;
        case 4:
            if (opened > 0)
                DISK(sync_data, open[draw % (unsigned)opened]);
            break;
        case 5:
            if (opened > 0 && draw % 3 == 0)
                DISK(sync_all, open[0]);
            break;
        case 6:
            if (opened > 0)
                DISK(truncate, open[0], draw % 9000);
            break;
        default:
            for (int k = 0; k < opened; k++)
                DISK(write_at, open[k], data, draw % sizeof data, draw % 20000);
        }
    }
    while (opened > 0)
        DISK(close, open[--opened]);
}

TEST(a_record_done_again_gives_the_same_card_and_the_same_cuts)
{
    struct sim_disk *before = sim_disk_new(0), *again = sim_disk_new(0);
    for (uint64_t seed = 1; seed < 60; seed++) {
        fresh();
        sim_disk_copy(before, disk);
        sim_disk_record(disk, NULL);
        live(seed, 300);
        sim_disk_copy(again, before);
        for (uint32_t i = 0; i < sim_disk_entries(disk); i++)
            sim_disk_redo(again, disk, i);
        CHECK_EQ_U64(sum_of(again), sum_of(disk));
        CHECK_EQ_U64(sim_disk_sequence(again), sim_disk_sequence(disk));
        struct sim_cut how = {(enum sim_cut_mode)(seed % SIM_CUT_MODES), seed,
                              sim_disk_sequence(disk) / 2};
        sim_disk_copy(before, disk);
        sim_disk_cut(disk, &how);
        sim_disk_cut(again, &how);
        sim_disk_cut(before, &how);
        CHECK_EQ_U64(sum_of(again), sum_of(disk));
        CHECK_EQ_U64(sum_of(before), sum_of(disk));
        uint64_t sum = sum_of(disk);
        sim_disk_cut(disk, &how); /* nothing is left to lose */
        CHECK_EQ_U64(sum_of(disk), sum);
    }
    sim_disk_free(before);
    sim_disk_free(again);
}

TEST(nothing_is_kept_of_what_is_gone)
{
    fresh();
    live(7, 3000);
    CHECK_EQ_I64(DISK(remove_tree, "d"), 0);
    cut(SIM_CUT_ALL, 1, 0);
    CHECK_EQ_I64(sim_disk_counts(disk).used_bytes, 0);
    CHECK_EQ_U64(sim_disk_counts(disk).files, 0);
}
