#include "journal/shelf.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "frames.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "memdisk.h"

enum { FILE_BYTES = 256 << 10, FILES_MOST = 6, FRAMES = 560, FRAME_BYTES = 5000, TRIES = 60 };

struct bench {
    struct memdisk *m;
    const struct td_disk *disk;
    struct journal_params params;
    struct frames frames;
    void *mem, *reader_mem;
    struct journal *j;
    uint64_t safe, kept;
    unsigned refused;
    bool doubtful[FRAMES + 1];
};

static struct bench *setup(const struct td_disk *disk, const char *folder)
{
    struct bench *b = calloc(1, sizeof *b);
    td_log_setup(2, TD_LOG_OFF, NULL);
    b->m = disk ? NULL : memdisk_new();
    b->disk = disk ? disk : &b->m->disk;
    b->params = (struct journal_params){.disk = b->disk,
                                        .folder = folder,
                                        .file_bytes = FILE_BYTES,
                                        .max_bytes = FILES_MOST * FILE_BYTES,
                                        .level = 1,
                                        .zstd_frame_blocks = 3};
    b->frames = (struct frames){7, FRAME_BYTES, malloc(TD_FRAME_BYTES_MAX)};
    b->mem = aligned_alloc(64, (journal_footprint(&b->params) + 63) / 64 * 64);
    b->reader_mem = aligned_alloc(64, (journal_reader_footprint() + 63) / 64 * 64);
    return b;
}

static void teardown(struct bench *b)
{
    if (b->m)
        memdisk_free(b->m);
    free(b->frames.buffer);
    free(b->mem);
    free(b->reader_mem);
    free(b);
}

static void note_doubt(struct bench *b)
{
    uint64_t last, first = journal_doubt(b->j, &last);
    for (uint64_t n = first; first && n <= last; n++)
        b->doubtful[n] = true;
}

static void sync_now(struct bench *b)
{
    uint64_t safe;
    td_err err = journal_sync(b->j, &safe);
    CHECK(safe >= b->safe);
    b->safe = safe;
    b->refused += err < 0;
    note_doubt(b);
}

static void open_now(struct bench *b)
{
    td_err err = TD_E_IO;
    for (int i = 0; i < TRIES && err < 0; i++) {
        err = journal_open(b->mem, &b->params, &b->j);
        b->refused += err < 0;
    }
    CHECK_EQ_I64(err, 0);
}

static void append_now(struct bench *b, uint64_t number)
{
    td_err err = TD_E_IO;
    for (int i = 0; i < TRIES && err < 0; i++) {
        struct td_frame frame = frames_make(&b->frames, number);
        err = journal_append(b->j, &frame);
        b->refused += err < 0;
    }
    CHECK_EQ_I64(err, 0);
}

static void flush_now(struct bench *b)
{
    td_err err = TD_E_IO;
    for (int i = 0; i < TRIES && err < 0; i++) {
        err = journal_flush(b->j);
        b->refused += err < 0;
    }
    CHECK_EQ_I64(err, 0);
}

/* The next frame to be offered: after a rewind all that is not safe comes again. */
static uint64_t next_of(struct bench *b, uint64_t number)
{
    if (!journal_rewind_due(b->j))
        return number + 1;
    CHECK_EQ_U64(journal_rewind(b->j), b->safe);
    CHECK(!journal_rewind_due(b->j));
    return b->safe + 1;
}

/* Appends all frames, a block each ten, a sync each twenty, and keeps the last two hundred. */
static void run(struct bench *b)
{
    open_now(b);
    for (uint64_t n = 1; n <= FRAMES || journal_rewind_due(b->j); n = next_of(b, n)) {
        if (n > FRAMES)
            continue;
        append_now(b, n);
        if (n % 10 == 0)
            flush_now(b);
        if (n % 20 == 0)
            sync_now(b);
        b->kept = n > 200 ? n - 200 : 0;
        if (b->kept > b->safe)
            b->kept = b->safe;
        journal_keep_from(b->j, b->kept);
    }
}

/* What was promised and is not in doubt stands there, byte for byte; nothing else than what was appended does. */
static void check_kept(struct bench *b, uint64_t last)
{
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    bool seen[FRAMES + 1] = {0};
    CHECK_EQ_I64(journal_reader_open(b->reader_mem, b->disk, b->params.folder, 0, &r), 0);
    for (int state; (state = journal_reader_next(r, &frame, &damage)) != 0;) {
        if (state < 0)
            continue;
        struct td_frame expected = frames_make(&b->frames, frame.number);
        CHECK(frame.number <= FRAMES && frames_equal(&frame, &expected));
        seen[frame.number] = true;
    }
    journal_reader_close(r);
    for (uint64_t n = b->kept ? b->kept : 1; n <= last; n++)
        CHECK(seen[n] || b->doubtful[n]);
}

static void close_now(struct bench *b)
{
    b->m->fault.at = 0;
    CHECK_EQ_I64(journal_close(b->j), 0);
}

/* How many calls the run without a fault makes. */
static int changes_of_reference(void)
{
    struct bench *b = setup(NULL, "j");
    run(b);
    CHECK_EQ_U64(b->refused, 0);
    CHECK_EQ_U64(b->safe, FRAMES);
    int changes = b->m->changes;
    check_kept(b, FRAMES);
    CHECK_EQ_I64(journal_close(b->j), 0);
    teardown(b);
    return changes;
}

static void run_with(struct memdisk_fault fault, uint32_t files_most)
{
    struct bench *b = setup(NULL, "j");
    b->m->loses_unsynced = true;
    b->m->fault = fault;
    run(b);
    CHECK(b->m->changes >=
          fault.at); /* not each is refused: the zeros ahead are not wanted by anybody */
    sync_now(b);
    check_kept(b, FRAMES);
    CHECK_EQ_U64(b->safe, FRAMES);
    close_now(b);
    uint32_t files = 0;
    for (int i = 0; i < MEMDISK_FILES; i++)
        files += b->m->file[i] != NULL;
    CHECK(files <= files_most);
    CHECK_EQ_I64(journal_open(b->mem, &b->params, &b->j), 0);
    CHECK_EQ_U64(journal_last_frame(b->j), FRAMES);
    CHECK_EQ_I64(journal_close(b->j), 0);
    teardown(b);
}

TEST(one_fault_at_every_call)
{
    int changes = changes_of_reference();
    CHECK(changes > 80);
    for (int at = 1; at <= changes; at++) {
        run_with((struct memdisk_fault){at, 1, TD_E_IO}, FILES_MOST);
        run_with((struct memdisk_fault){at, 1, TD_E_DISK_FULL}, FILES_MOST);
    }
}

/* As long as the disk stands still nothing is taken; then all goes on, and no room was used up meanwhile. */
TEST(a_disk_that_fails_for_long_from_every_call_on)
{
    int changes = changes_of_reference();
    for (int at = 1; at <= changes; at += 3) {
        run_with((struct memdisk_fault){at, 7, TD_E_IO}, FILES_MOST);
        run_with((struct memdisk_fault){at, 40, TD_E_DISK_FULL}, FILES_MOST);
    }
}

static uint32_t files_there(const struct bench *b)
{
    uint32_t files = 0;
    for (int i = 0; i < MEMDISK_FILES; i++)
        files += b->m->file[i] != NULL;
    return files;
}

TEST(a_disk_that_fails_every_write_uses_up_no_files)
{
    struct bench *b = setup(NULL, "j");
    b->params.max_bytes = 200 * FILE_BYTES;
    open_now(b);
    append_now(b, 1);
    for (int i = 0; i < 300; i++) {
        b->m->writes_until_error = 1 + i % 2; /* the header, or the block behind it */
        CHECK(journal_flush(b->j) < 0);
    }
    CHECK(files_there(b) <= 5);
    b->m->writes_until_error = 0;
    flush_now(b);
    CHECK_EQ_I64(journal_close(b->j), 0);
    check_kept(b, 1);
    teardown(b);
}

/* A file that failed is used again once nobody needs what is in it: else each fault would cost room until the next start. */
TEST(failed_files_come_back_into_use)
{
    struct bench *b = setup(NULL, "j");
    open_now(b);
    unsigned turns = 0;
    for (uint64_t n = 1; n <= FRAMES; n = next_of(b, n)) {
        append_now(b, n);
        flush_now(b);
        b->m->syncs_until_error = ++turns % 3 == 0;
        sync_now(b);
        journal_keep_from(b->j, b->safe > 3 ? b->safe - 3 : 0);
    }
    CHECK(b->refused > FRAMES / 4);
    CHECK(files_there(b) <= FILES_MOST);
    CHECK_EQ_I64(journal_close(b->j), 0);
    teardown(b);
}

TEST(held_bytes_are_those_of_the_files_that_are_needed)
{
    struct bench *b = setup(NULL, "j");
    open_now(b);
    CHECK_EQ_I64(journal_held_bytes(b->j), 0);
    uint64_t n = 0;
    while (files_there(b) < 5) {
        append_now(b, ++n);
        flush_now(b);
    }
    sync_now(b);
    CHECK_EQ_I64(journal_held_bytes(b->j), 5 * FILE_BYTES);
    journal_keep_from(b->j, n);
    CHECK(journal_held_bytes(b->j) <= 2 * FILE_BYTES);
    journal_keep_from(b->j, n + 1);
    CHECK_EQ_I64(journal_held_bytes(b->j), FILE_BYTES);
    CHECK_EQ_I64(journal_close(b->j), 0);
    teardown(b);
}

TEST(first_frame_and_epoch_at_the_opening)
{
    struct bench *b = setup(NULL, "j");
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    open_now(b);
    CHECK_EQ_U64(journal_first_frame(b->j), 0);
    CHECK_EQ_U64(journal_epoch(b->j), 1);
    CHECK_EQ_I64(journal_close(b->j), 0);
    run(b);
    CHECK_EQ_I64(journal_close(b->j), 0);
    open_now(b);
    CHECK_EQ_U64(journal_epoch(b->j), 2);
    CHECK(journal_first_frame(b->j) > 1);
    CHECK_EQ_I64(journal_reader_open(b->reader_mem, b->disk, "j", 0, &r), 0);
    CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 1);
    CHECK_EQ_U64(journal_first_frame(b->j), frame.number);
    journal_reader_close(r);
    CHECK_EQ_I64(journal_close(b->j), 0);
    teardown(b);
}

static uint64_t synced_in_last_header(struct bench *b)
{
    const uint8_t *data = b->m->file[memdisk_find(b->m, "j/000001.tdj")]->data;
    struct journal_block_header header;
    uint64_t synced = 0;
    for (int64_t at = JOURNAL_PAGE;; at += journal_block_bytes(header.packed_bytes)) {
        memcpy(&header, data + at, sizeof header);
        if (header.magic != JOURNAL_BLOCK_MAGIC)
            return synced;
        synced = header.synced_sequence;
    }
}

/* A killed process wrote blocks that no sync has reached: the next one does not vouch for them before its own first sync, which
   reaches for the other files too. */
TEST(what_a_killed_process_had_not_synced_is_synced_by_the_next)
{
    struct bench *b = setup(NULL, "j");
    open_now(b);
    for (uint64_t n = 1; n <= 5; n++) {
        append_now(b, n);
        flush_now(b);
        if (n == 2)
            sync_now(b);
    }
    open_now(b); /* without a close */
    CHECK_EQ_U64(journal_last_frame(b->j), 5);
    append_now(b, 6);
    flush_now(b);
    CHECK_EQ_U64(synced_in_last_header(b), 2);
    b->m->syncs_until_error = 1;
    sync_now(b);
    CHECK_EQ_U64(b->safe, 2);
    CHECK(journal_rewind_due(b->j));
    open_now(b);
    b->m->syncs_of_all = 0;
    sync_now(b);
    CHECK_EQ_I64(b->m->syncs_of_all, 1);
    CHECK_EQ_U64(b->safe, 6);
    append_now(b, 7);
    flush_now(b);
    CHECK_EQ_U64(synced_in_last_header(b), 6);
    CHECK_EQ_I64(journal_close(b->j), 0);
    teardown(b);
}

/* ---- what was synced is not written again ---- */

enum { PAGES = FILE_BYTES / JOURNAL_PAGE };
enum page_state { PAGE_FREE, PAGE_WRITTEN, PAGE_SYNCED };

struct pages {
    uint8_t state[MEMDISK_FILES][PAGES];
    unsigned written;
};

/* Zeros ahead of the blocks are no content. A new header is a new use of the file. */
static void watch_write(struct memdisk *m, int file, const void *data, size_t bytes, int64_t offset)
{
    static const uint8_t zeros[JOURNAL_PAGE];
    struct pages *pages = m->hook;
    CHECK_EQ_I64(offset % JOURNAL_PAGE, 0);
    CHECK_EQ_I64((int64_t)bytes % JOURNAL_PAGE, 0);
    if (offset == 0)
        memset(pages->state[file], PAGE_FREE, PAGES);
    for (size_t done = 0; done < bytes; done += JOURNAL_PAGE) {
        uint8_t *state = &pages->state[file][(offset + (int64_t)done) / JOURNAL_PAGE];
        CHECK(*state != PAGE_SYNCED);
        if (memcmp((const uint8_t *)data + done, zeros, JOURNAL_PAGE) != 0)
            *state = PAGE_WRITTEN;
        pages->written++;
    }
}

static void watch_sync(struct memdisk *m, int file)
{
    struct pages *pages = m->hook;
    for (int i = 0; i < PAGES; i++)
        if (pages->state[file][i] == PAGE_WRITTEN)
            pages->state[file][i] = PAGE_SYNCED;
}

TEST(no_synced_page_is_written_again)
{
    struct bench *b = setup(NULL, "j");
    struct pages *pages = calloc(1, sizeof *pages);
    b->m->hook = pages;
    b->m->on_write = watch_write;
    b->m->on_sync = watch_sync;
    run(b);
    CHECK_EQ_I64(journal_close(b->j), 0);
    open_now(b);
    for (uint64_t n = FRAMES + 1; n <= FRAMES + 100; n++) {
        append_now(b, n);
        flush_now(b);
        sync_now(b);
    }
    CHECK_EQ_I64(journal_close(b->j), 0);
    CHECK(pages->written > 2 * PAGES);
    free(pages);
    teardown(b);
}

/* ---- on a real disk ---- */

static const char *real_folder(char folder[256], const char *name)
{
    snprintf(folder, 256, "%s/%s", test_tmpdir(), name);
    return folder;
}

TEST(a_folder_that_was_taken_away_is_made_again)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char folder[256];
    struct bench *b = setup(disk, real_folder(folder, "gone"));
    open_now(b);
    CHECK_EQ_I64(disk->remove_tree(disk->ctx, folder), 0);
    append_now(b, 1);
    flush_now(b);
    CHECK_EQ_U64(b->refused, 0);
    sync_now(b);
    CHECK_EQ_U64(b->safe, 1);
    CHECK_EQ_I64(disk->remove_tree(disk->ctx, folder), 0);
    append_now(b, 2);
    flush_now(b);
    sync_now(b); /* here it shows that the file has no name any more */
    CHECK_EQ_U64(b->refused, 1);
    CHECK(b->doubtful[1] && b->doubtful[2]);
    for (uint64_t n = next_of(b, 2); n <= FRAMES; n++) {
        append_now(b, n);
        b->doubtful[n] = n == 1;
    }
    flush_now(b);
    sync_now(b);
    CHECK_EQ_U64(b->safe, FRAMES);
    CHECK_EQ_U64(b->refused, 1);
    CHECK_EQ_I64(journal_close(b->j), 0);
    check_kept(b, FRAMES);
    teardown(b);
}

TEST(a_directory_named_like_the_next_file_is_passed_over)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char folder[256], at[300];
    struct bench *b = setup(disk, real_folder(folder, "named"));
    for (int name = 1; name <= 2; name++) {
        snprintf(at, sizeof at, "%s/%06d.tdj", folder, name);
        CHECK_EQ_I64(disk->make_dirs(disk->ctx, at), 0);
    }
    open_now(b);
    append_now(b, 1);
    flush_now(b);
    sync_now(b);
    CHECK_EQ_U64(b->refused, 0);
    CHECK_EQ_U64(b->safe, 1);
    CHECK_EQ_I64(journal_close(b->j), 0);
    CHECK_EQ_I64(disk->remove_tree(disk->ctx, folder), 0);
    teardown(b);
}

TEST(a_file_of_the_listing_that_is_gone_by_the_time_it_is_wanted)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char folder[256], at[300];
    struct bench *b = setup(disk, real_folder(folder, "listed"));
    run(b);
    CHECK_EQ_I64(journal_close(b->j), 0);
    open_now(b);
    for (int name = 1; name < 20; name++) {
        snprintf(at, sizeof at, "%s/%06d.tdj", folder, name);
        unlink(at);
    }
    b->refused = 0;
    journal_keep_from(b->j, FRAMES);
    append_now(b, FRAMES + 1);
    flush_now(b);
    CHECK_EQ_U64(b->refused, 0);
    CHECK_EQ_I64(journal_close(b->j), TD_E_MISSING);
    teardown(b);
}
