#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "frames.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "journal/shelf.h"
#include "memdisk.h"

enum { FRAMES = 20000 };

struct desk {
    struct journal *journal;
    _Atomic bool stop;
    _Atomic uint64_t safe;
    unsigned syncs;
};

static void *sync_for_ever(void *arg)
{
    struct desk *d = arg;
    while (!atomic_load(&d->stop)) {
        uint64_t before = d->safe, safe = 0;
        CHECK_EQ_I64(journal_sync(d->journal, &safe), 0);
        CHECK(safe >= before);
        d->safe = safe;
        d->syncs++;
    }
    return NULL;
}

/* On a real disk, with files so small that filling, syncing, closing and reusing them overlap all the time. */
TEST(syncs_on_another_thread_while_files_fill_and_are_used_again)
{
    char folder[256];
    snprintf(folder, sizeof folder, "%s/journal", test_tmpdir());
    const struct td_disk *disk = &td_os_linux()->disk;
    struct journal_params params = {.disk = disk,
                                    .folder = folder,
                                    .file_bytes = 256 << 10,
                                    .max_bytes = 64 * (256 << 10),
                                    .level = 1,
                                    .zstd_frame_blocks = 4};
    void *mem = aligned_alloc(64, (journal_footprint(&params) + 63) / 64 * 64);
    struct frames frames = {5, 1500, malloc(1500)};
    struct desk d = {0};
    pthread_t thread;
    CHECK_EQ_I64(journal_open(mem, &params, &d.journal), 0);
    CHECK(pthread_create(&thread, NULL, sync_for_ever, &d) == 0);
    for (uint64_t n = 1; n <= FRAMES; n++) {
        struct td_frame frame = frames_make(&frames, n);
        CHECK_EQ_I64(journal_append(d.journal, &frame), 0);
        if (n % 50 == 0)
            CHECK_EQ_I64(journal_flush(d.journal), 0);
        uint64_t kept = n > 4000 ? n - 4000 : 0; /* a checkpoint is behind what is safe */
        journal_keep_from(d.journal, kept < d.safe ? kept : d.safe);
    }
    atomic_store(&d.stop, true);
    pthread_join(thread, NULL);
    CHECK(d.syncs > 0);
    CHECK_EQ_I64(journal_close(d.journal), 0);
    free(mem);

    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    uint64_t first = 0, last = 0;
    mem = aligned_alloc(64, (journal_reader_footprint() + 63) / 64 * 64);
    CHECK_EQ_I64(journal_reader_open(mem, disk, folder, 0, &r), 0);
    for (int state; (state = journal_reader_next(r, &frame, &damage)) != 0;) {
        if (state != 1)
            FAIL("damage in %s at %lld: %d, frames %llu-%llu", damage.file,
                 (long long)damage.offset, damage.err, (unsigned long long)damage.frame_before,
                 (unsigned long long)damage.frame_after);
        struct td_frame expected = frames_make(&frames, frame.number);
        CHECK(frames_equal(&frame, &expected));
        CHECK(first == 0 || frame.number == last + 1);
        first = first ? first : frame.number;
        last = frame.number;
    }
    journal_reader_close(r);
    CHECK_EQ_U64(last, FRAMES);
    CHECK(first > 1 && first <= FRAMES - 4000);
    free(mem);
    free(frames.buffer);
}

/* ---- a file that begins behind the back of a sync --------------------------------------------------------------------------- */

enum { FILE_BYTES = 256 << 10 };

struct overlap {
    struct memdisk *m;
    struct td_disk disk;
    struct shelf shelf;
    uint64_t block;
    bool begin_one; /* once the next sync has reached the names */
};

static uint8_t pages[FILE_BYTES - JOURNAL_PAGE];

static void fill_one(struct overlap *o)
{
    o->block++;
    CHECK_EQ_I64(shelf_room(&o->shelf, sizeof pages, o->block, o->block), 1);
    CHECK_EQ_I64(shelf_write(&o->shelf, pages, sizeof pages), 0);
    shelf_written(&o->shelf, o->block, o->block, o->block, o->block);
}

static int sync_names(void *ctx, int file)
{
    struct overlap *o = ctx;
    int err = memdisk_sync_all(o->m, file);
    if (o->begin_one)
        fill_one(o);
    o->begin_one = false;
    return err;
}

#define FORWARD(type, name, parameters, ...)                                                       \
    static type forward_##name parameters                                                          \
    {                                                                                              \
        struct overlap *o = ctx;                                                                   \
        return o->m->disk.name(o->m, __VA_ARGS__);                                                 \
    }
FORWARD(int, open, (void *ctx, const char *path, int flags, int mode), path, flags, mode)
FORWARD(int, close, (void *ctx, int file), file)
FORWARD(int64_t, write_at, (void *ctx, int file, const void *data, size_t bytes, int64_t offset),
        file, data, bytes, offset)
FORWARD(int64_t, read_at, (void *ctx, int file, void *data, size_t bytes, int64_t offset), file,
        data, bytes, offset)
FORWARD(int, sync_data, (void *ctx, int file), file)
FORWARD(int, preallocate, (void *ctx, int file, int64_t bytes), file, bytes)
FORWARD(int64_t, size, (void *ctx, int file), file)
FORWARD(int, rename, (void *ctx, const char *from, const char *to), from, to)
FORWARD(int, unlink, (void *ctx, const char *path), path)
FORWARD(int, make_dirs, (void *ctx, const char *path), path)
FORWARD(int, list,
        (void *ctx, const char *path, int (*visit)(void *, const char *, bool), void *arg), path,
        visit, arg)

static struct overlap *overlap_new(void)
{
    struct overlap *o = calloc(1, sizeof *o);
    struct shelf_end end;
    o->m = memdisk_new();
    o->disk = (struct td_disk){.open = forward_open,
                               .close = forward_close,
                               .write_at = forward_write_at,
                               .read_at = forward_read_at,
                               .sync_data = forward_sync_data,
                               .sync_all = sync_names,
                               .preallocate = forward_preallocate,
                               .size = forward_size,
                               .rename = forward_rename,
                               .unlink = forward_unlink,
                               .make_dirs = forward_make_dirs,
                               .list = forward_list,
                               .ctx = o};
    struct shelf_params params = {&o->disk, "j", NULL, FILE_BYTES, 8 * FILE_BYTES};
    CHECK_EQ_I64(shelf_open(&o->shelf, &params, &end), 0);
    return o;
}

static void overlap_free(struct overlap *o)
{
    shelf_close(&o->shelf);
    memdisk_free(o->m);
    free(o);
}

/* Its name was not there when the names were synced: the sync that first vouches for its frames must reach them again. */
TEST(a_file_that_begins_during_a_sync_has_its_name_synced_by_the_next)
{
    struct overlap *o = overlap_new();
    uint64_t safe;
    fill_one(o);
    o->begin_one = true;
    CHECK_EQ_I64(shelf_sync(&o->shelf, &safe), 0);
    CHECK_EQ_U64(safe, 1);
    CHECK_EQ_I64(o->m->syncs_of_all, 1);
    CHECK_EQ_I64(shelf_sync(&o->shelf, &safe), 0);
    CHECK_EQ_U64(safe, 2);
    CHECK_EQ_I64(o->m->syncs_of_all, 2);
    CHECK_EQ_I64(shelf_sync(&o->shelf, &safe), 0);
    CHECK_EQ_I64(o->m->syncs_of_all, 2);
    overlap_free(o);
}

/* What a sync could not do for the names is still to be done. */
TEST(names_that_a_sync_could_not_reach_are_synced_by_the_next)
{
    struct overlap *o = overlap_new();
    uint64_t safe;
    fill_one(o);
    o->m->syncs_until_error = 1;
    CHECK_EQ_I64(shelf_sync(&o->shelf, &safe), TD_E_IO);
    CHECK_EQ_U64(safe, 0);
    CHECK(o->shelf.entry_unsynced);
    CHECK_EQ_I64(o->m->syncs_of_all, 0);
    overlap_free(o);
}

/* Made, and its header not written: the next try finds a file of full size, whose name is no safer for that. */
TEST(a_file_whose_first_write_failed_has_its_name_synced_all_the_same)
{
    struct overlap *o = overlap_new();
    uint64_t safe;
    fill_one(o);
    CHECK_EQ_I64(shelf_sync(&o->shelf, &safe), 0);
    CHECK_EQ_I64(o->m->syncs_of_all, 1);
    o->m->writes_until_error = 1;
    CHECK_EQ_I64(shelf_room(&o->shelf, sizeof pages, 2, 2), TD_E_IO);
    fill_one(o);
    CHECK_EQ_I64(o->m->syncs_of_all, 1);
    CHECK_EQ_I64(shelf_sync(&o->shelf, &safe), 0);
    CHECK_EQ_U64(safe, 2);
    CHECK_EQ_I64(o->m->syncs_of_all, 2);
    overlap_free(o);
}

/* The name of the next file is that of one that failed; the next is an old one that is used again meanwhile. */
TEST(an_old_file_does_not_take_the_name_of_one_that_failed)
{
    struct overlap *o = overlap_new();
    uint64_t safe;
    fill_one(o);
    fill_one(o);
    CHECK_EQ_I64(shelf_sync(&o->shelf, &safe), 0);
    o->m->writes_until_error = 1;
    CHECK_EQ_I64(shelf_room(&o->shelf, sizeof pages, 3, 3), TD_E_IO);
    atomic_store(&o->shelf.keep_from, 2);
    fill_one(o); /* in the place of frame 1 */
    CHECK_EQ_I64(shelf_sync(&o->shelf, &safe), 0);
    CHECK_EQ_U64(safe, 3);
    fill_one(o); /* in the one that failed */
    CHECK_EQ_U64(o->shelf.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        char path[64];
        struct journal_file_header header;
        snprintf(path, sizeof path, "j/%06llu.tdj", (unsigned long long)o->shelf.file[i].name);
        int file = o->disk.open(o, path, 0, 0);
        CHECK(file >= 0);
        CHECK_EQ_I64(o->disk.read_at(o, file, &header, sizeof header, 0), sizeof header);
        CHECK_EQ_U64(header.first_frame, o->shelf.file[i].first_frame);
        o->disk.close(o, file);
    }
    overlap_free(o);
}
