#include "journal/journal.h"

#include <stdio.h>

#include "base/log.h"
#include "frames.h"
#include "journal/reader.h"
#include "memdisk.h"

/* One journal in memory, its frames and its reader. */
struct bench {
    struct memdisk *m;
    struct journal_params params;
    struct frames frames, expected;
    void *mem, *reader_mem;
    struct journal *j;
};

static struct bench setup(int64_t file_bytes, int64_t max_bytes, uint32_t bytes_most)
{
    struct bench b = {.m = memdisk_new()};
    td_log_setup(2, TD_LOG_OFF, NULL);
    b.params = (struct journal_params){.disk = &b.m->disk,
                                       .folder = "j",
                                       .deck = "deck-1",
                                       .file_bytes = file_bytes,
                                       .max_bytes = max_bytes,
                                       .level = 1,
                                       .zstd_frame_blocks = 3};
    b.frames = (struct frames){7, bytes_most, malloc(TD_FRAME_BYTES_MAX)};
    b.expected = (struct frames){7, bytes_most, malloc(TD_FRAME_BYTES_MAX)};
    b.mem = aligned_alloc(64, (journal_footprint(&b.params) + 63) / 64 * 64);
    b.reader_mem = aligned_alloc(64, (journal_reader_footprint() + 63) / 64 * 64);
    CHECK_EQ_I64(journal_open(b.mem, &b.params, &b.j), 0);
    return b;
}

static void teardown(struct bench *b)
{
    if (b->j)
        CHECK_EQ_I64(journal_close(b->j), 0);
    memdisk_free(b->m);
    free(b->frames.buffer);
    free(b->expected.buffer);
    free(b->mem);
    free(b->reader_mem);
}

static void append(struct bench *b, uint64_t from, uint64_t to, uint64_t flush_each)
{
    for (uint64_t n = from; n <= to; n++) {
        struct td_frame frame = frames_make(&b->frames, n);
        CHECK_EQ_I64(journal_append(b->j, &frame), 0);
        if (n % flush_each == 0)
            CHECK_EQ_I64(journal_flush(b->j), 0);
    }
    CHECK_EQ_I64(journal_flush(b->j), 0);
}

static void reopen(struct bench *b)
{
    if (b->j)
        CHECK_EQ_I64(journal_close(b->j), 0);
    CHECK_EQ_I64(journal_open(b->mem, &b->params, &b->j), 0);
}

/* What a reading of the folder gives. */
struct reading {
    uint64_t frames, first, last, holes, frames_in_holes;
    struct journal_damage damage; /* the last one */
};

/* Reads everything; each frame must be the one of its number, numbers rise, and every step in the numbers is a told hole. */
static struct reading read_all(struct bench *b, uint64_t from)
{
    struct reading got = {0};
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    uint64_t told_to = 0;
    CHECK_EQ_I64(journal_reader_open(b->reader_mem, &b->m->disk, "j", from, &r), 0);
    for (int state; (state = journal_reader_next(r, &frame, &damage)) != 0;) {
        if (state < 0) {
            CHECK_EQ_I64(state, TD_E_JOURNAL_CORRUPT);
            got.holes++;
            got.damage = damage;
            told_to = damage.frame_after;
            continue;
        }
        struct td_frame expected = frames_make(&b->expected, frame.number);
        CHECK(frames_equal(&frame, &expected));
        CHECK(frame.number > got.last);
        if (got.last && frame.number != got.last + 1) {
            CHECK_EQ_U64(frame.number, told_to);
            got.frames_in_holes += frame.number - got.last - 1;
        }
        got.first = got.first ? got.first : frame.number;
        got.last = frame.number;
        got.frames++;
    }
    journal_reader_close(r);
    return got;
}

static void expect(struct bench *b, uint64_t from, uint64_t first, uint64_t last)
{
    struct reading got = read_all(b, from);
    CHECK_EQ_U64(got.holes, 0);
    CHECK_EQ_U64(got.first, first);
    CHECK_EQ_U64(got.last, last);
    CHECK_EQ_U64(got.frames, last ? last - first + 1 : 0);
}

TEST(empty_folder_is_an_empty_journal)
{
    struct bench b = setup(1 << 20, 8 << 20, 300);
    CHECK_EQ_U64(journal_last_frame(b.j), 0);
    CHECK_EQ_I64(journal_flush(b.j), 0);
    CHECK_EQ_I64(b.m->writes, 0);
    expect(&b, 0, 0, 0);
    teardown(&b);
}

TEST(frames_come_back_over_blocks_and_files)
{
    struct bench b = setup(256 << 10, 32 << 20, 3000);
    append(&b, 1, 6000, 17);
    expect(&b, 0, 1, 6000);
    CHECK(journal_stats(b.j).blocks > 300);
    CHECK(memdisk_find(b.m, "j/000002.tdj") >= 0);
    teardown(&b);
}

TEST(reading_from_a_number_starts_there)
{
    struct bench b = setup(256 << 10, 32 << 20, 3000);
    append(&b, 1, 3000, 17);
    const uint64_t from[] = {1, 2, 17, 18, 500, 1499, 2500, 2999, 3000};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        expect(&b, from[i], from[i], 3000);
    expect(&b, 3001, 0, 0);
    teardown(&b);
}

TEST(largest_and_empty_payloads)
{
    struct bench b = setup(4 << 20, 128 << 20, 0);
    const uint32_t bytes[] = {0,       TD_FRAME_BYTES_MAX, 0,       (1 << 20) - 64,
                              1 << 20, (1 << 20) + 1,      5 << 20, 1};
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    for (uint64_t n = 1; n <= 8; n++) {
        frames_fill(b.frames.buffer, bytes[n - 1], n);
        frame = (struct td_frame){
            .number = n, .kind = 1, .payload = b.frames.buffer, .bytes = bytes[n - 1]};
        CHECK_EQ_I64(journal_append(b.j, &frame), 0);
    }
    CHECK_EQ_I64(journal_flush(b.j), 0);
    CHECK_EQ_I64(journal_reader_open(b.reader_mem, &b.m->disk, "j", 0, &r), 0);
    for (uint64_t n = 1; n <= 8; n++) {
        CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 1);
        frames_fill(b.frames.buffer, bytes[n - 1], n);
        CHECK_EQ_U64(frame.number, n);
        CHECK_EQ_U64(frame.bytes, bytes[n - 1]);
        CHECK(memcmp(frame.payload, b.frames.buffer, bytes[n - 1]) == 0);
    }
    CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 0);
    journal_reader_close(r);
    frame = (struct td_frame){
        .number = 9, .payload = b.frames.buffer, .bytes = TD_FRAME_BYTES_MAX + 1u};
    CHECK_EQ_I64(journal_append(b.j, &frame), TD_E_RANGE);
    teardown(&b);
}

TEST(reopening_goes_on_with_the_numbers_in_the_same_file)
{
    struct bench b = setup(1 << 20, 8 << 20, 300);
    for (uint64_t run = 0; run < 20; run++) {
        CHECK_EQ_U64(journal_last_frame(b.j), run * 50);
        append(&b, run * 50 + 1, run * 50 + 50, 20);
        reopen(&b);
    }
    expect(&b, 0, 1, 1000);
    CHECK(memdisk_find(b.m, "j/000002.tdj") < 0);
    struct td_frame frame = frames_make(&b.frames, 1000);
    CHECK_EQ_I64(journal_append(b.j, &frame), TD_E_RANGE);
    teardown(&b);
}

static unsigned files_there(struct bench *b)
{
    unsigned count = 0;
    for (int i = 0; i < MEMDISK_FILES; i++)
        count += b->m->file[i] != NULL;
    return count;
}

TEST(at_the_cap_it_says_full_and_old_files_are_used_again)
{
    struct bench b = setup(256 << 10, 1 << 20, 3000);
    struct td_frame frame;
    uint64_t n = 0, frame_safe;
    td_err err;
    do {
        frame = frames_make(&b.frames, ++n);
        err = journal_append(b.j, &frame);
    } while (err == 0);
    CHECK_EQ_I64(err, TD_E_JOURNAL_FULL);
    CHECK_EQ_U64(files_there(&b), 4);
    CHECK_EQ_I64(journal_append(b.j, &frame), TD_E_JOURNAL_FULL);
    CHECK_EQ_I64(journal_sync(b.j, &frame_safe), 0);
    for (int lap = 0; lap < 12; lap++) {
        journal_keep_from(b.j, n - 20);
        do {
            frame = frames_make(&b.frames, n);
            err = journal_append(b.j, &frame);
            n += err == 0;
        } while (err == 0);
        CHECK_EQ_I64(err, TD_E_JOURNAL_FULL);
    }
    CHECK_EQ_U64(files_there(&b), 4);
    journal_keep_from(b.j, n - 20);
    CHECK_EQ_I64(journal_append(b.j, &frame), 0);
    CHECK_EQ_I64(journal_flush(b.j), 0);
    struct reading got = read_all(&b, 0);
    CHECK_EQ_U64(got.holes, 0);
    CHECK_EQ_U64(got.last, n);
    CHECK(got.first > 1 && got.first < n);
    reopen(&b);
    CHECK_EQ_U64(journal_last_frame(b.j), n);
    teardown(&b);
}

TEST(a_reused_file_whose_rename_was_undone_reads_the_same)
{
    struct bench b = setup(256 << 10, 512 << 10, 3000);
    uint64_t n = 0;
    while (!(memdisk_find(b.m, "j/000003.tdj") >= 0)) {
        journal_keep_from(b.j, n);
        n++;
        append(&b, n, n, 1);
    }
    append(&b, n + 1, n + 10, 5);
    CHECK_EQ_I64(memdisk_rename(b.m, "j/000003.tdj", "j/000001.tdj"), 0);
    struct reading got = read_all(&b, 0);
    CHECK_EQ_U64(got.holes, 0);
    CHECK_EQ_U64(got.last, n + 10);
    CHECK_EQ_I64(memdisk_rename(b.m, "j/000001.tdj", "j/000003.tdj"), 0);
    teardown(&b);
}

TEST(failed_write_is_done_again_in_a_new_file)
{
    for (int nth = 1; nth <= 12; nth++) {
        struct bench b = setup(256 << 10, 8 << 20, 90000);
        unsigned failures = 0;
        b.m->writes_until_error = nth;
        for (uint64_t n = 1; n <= 40;) {
            struct td_frame frame = frames_make(&b.frames, n);
            td_err err = journal_append(b.j, &frame);
            n += err == 0;
            failures += err < 0;
        }
        while (journal_flush(b.j) < 0)
            failures++;
        CHECK(failures <= 1);
        CHECK_EQ_I64(b.m->writes_until_error, 0);
        expect(&b, 0, 1, 40);
        teardown(&b);
    }
}

TEST(after_a_failed_sync_a_new_file_is_begun)
{
    struct bench b = setup(1 << 20, 8 << 20, 300);
    uint64_t safe = 99;
    append(&b, 1, 100, 50);
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0);
    CHECK_EQ_U64(safe, 100);
    append(&b, 101, 150, 50);
    b.m->syncs_until_error = 1;
    CHECK_EQ_I64(journal_sync(b.j, &safe), TD_E_IO);
    CHECK_EQ_U64(safe, 100);
    CHECK(journal_wants_sync(b.j));
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0); /* nothing left to sync: no promise either */
    CHECK_EQ_U64(safe, 100);
    CHECK_EQ_U64(journal_rewind(b.j), 100);
    append(&b, 101, 200, 50);
    CHECK(memdisk_find(b.m, "j/000002.tdj") >= 0);
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0);
    CHECK_EQ_U64(safe, 200);
    expect(&b, 0, 1, 200);
    teardown(&b);
}

/* What is written again and again in vain takes no room: else a disk that comes back would find the journal full for ever. */
TEST(syncs_that_fail_for_long_use_up_no_files)
{
    struct bench b = setup(1 << 20, 8 << 20, 300);
    uint64_t safe = 0;
    append(&b, 1, 20, 20);
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0);
    for (unsigned turns = 0; turns < 300; turns++) {
        append(&b, 21, 40, 20);
        b.m->syncs_until_error = 1;
        CHECK_EQ_I64(journal_sync(b.j, &safe), TD_E_IO);
        CHECK_EQ_U64(journal_rewind(b.j), 20);
    }
    append(&b, 21, 40, 20);
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0);
    CHECK_EQ_U64(safe, 40);
    expect(&b, 0, 1, 40);
    teardown(&b);
}

TEST(syncs_only_when_something_was_written_and_wanted_only_for_news)
{
    struct bench b = setup(1 << 20, 8 << 20, 300);
    uint64_t safe;
    struct td_frame tick = {.number = 1, .kind = TD_FRAME_TICK},
                    text = {.number = 2, .kind = TD_FRAME_WS_TEXT};
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0);
    CHECK_EQ_I64(b.m->syncs, 0);
    CHECK(!journal_wants_sync(b.j));
    CHECK_EQ_I64(journal_append(b.j, &tick), 0);
    CHECK(!journal_wants_sync(b.j));
    CHECK_EQ_I64(journal_append(b.j, &text), 0);
    CHECK(journal_wants_sync(b.j));
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0);
    CHECK(journal_wants_sync(b.j));
    CHECK_EQ_U64(safe, 0);
    CHECK_EQ_I64(journal_flush(b.j), 0);
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0);
    CHECK_EQ_U64(safe, 2);
    CHECK(!journal_wants_sync(b.j));
    CHECK_EQ_I64(b.m->syncs, 1);
    CHECK_EQ_I64(b.m->syncs_of_all, 1);
    CHECK_EQ_I64(journal_sync(b.j, &safe), 0);
    CHECK_EQ_I64(b.m->syncs, 1);
    CHECK_EQ_U64(journal_stats(b.j).syncs, 1);
    teardown(&b);
}

TEST(a_new_file_is_zeroed_ahead_a_reused_one_is_not)
{
    struct bench b = setup(4 << 20, 8 << 20, 300);
    append(&b, 1, 1, 1);
    CHECK_EQ_I64(b.m->writes, 3); /* file header, block, one step of zeros */
    append(&b, 2, 20, 1);
    CHECK_EQ_I64(b.m->writes, 3 + 19 + 3);
    teardown(&b);
}

TEST(parameters_out_of_range_are_refused)
{
    struct bench b = setup(1 << 20, 8 << 20, 300);
    struct journal *j;
    struct journal_params p = b.params;
    p.file_bytes = 4096;
    CHECK_EQ_I64(journal_open(b.mem, &p, &j), TD_E_RANGE);
    p = b.params;
    p.max_bytes = p.file_bytes - 1;
    CHECK_EQ_I64(journal_open(b.mem, &p, &j), TD_E_RANGE);
    p = b.params;
    p.zstd_frame_blocks = 0;
    CHECK_EQ_I64(journal_open(b.mem, &p, &j), TD_E_RANGE);
    b.j = NULL;
    teardown(&b);
}

TEST(same_frames_give_the_same_bytes)
{
    struct bench a = setup(1 << 20, 8 << 20, 300), b = setup(1 << 20, 8 << 20, 300);
    append(&a, 1, 500, 50);
    append(&b, 1, 500, 50);
    CHECK_EQ_I64(a.m->file[0]->bytes, b.m->file[0]->bytes);
    CHECK(memcmp(a.m->file[0]->data, b.m->file[0]->data, (size_t)a.m->file[0]->bytes) == 0);
    teardown(&a);
    teardown(&b);
}

TEST(more_levels_than_one)
{
    for (int level = 1; level <= 6; level++) {
        struct bench b = setup(1 << 20, 8 << 20, 300);
        CHECK_EQ_I64(journal_close(b.j), 0);
        free(b.mem);
        b.params.level = level;
        b.mem = aligned_alloc(64, (journal_footprint(&b.params) + 63) / 64 * 64);
        b.j = NULL;
        reopen(&b);
        append(&b, 1, 300, 50);
        expect(&b, 0, 1, 300);
        teardown(&b);
    }
}
