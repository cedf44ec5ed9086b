#include "journal/reader.h"

#include <stdio.h>

#include "base/log.h"
#include "frames.h"
#include "journal/block.h"
#include "journal/journal.h"
#include "memdisk.h"

/* The fuzz target, so that its inputs run here too. */
#define read_all fuzz_read_all
#include "fuzz/journal_reader_fuzz.c"
#undef read_all

enum { BLOCKS = 14, FRAMES_A_BLOCK = 10, FRAMES = BLOCKS * FRAMES_A_BLOCK, RESTART_EACH = 4 };

struct desk {
    struct memdisk *m;
    struct frames frames;
    struct journal_params params;
    void *mem, *reader_mem;
};

static void write_frames(struct desk *d, uint64_t from, uint64_t to)
{
    struct journal *j;
    CHECK_EQ_I64(journal_open(d->mem, &d->params, &j), 0);
    for (uint64_t n = from; n <= to; n++) {
        struct td_frame frame = frames_make(&d->frames, n);
        CHECK_EQ_I64(journal_append(j, &frame), 0);
        if (n % FRAMES_A_BLOCK == 0)
            CHECK_EQ_I64(journal_flush(j), 0);
    }
    CHECK_EQ_I64(journal_close(j), 0);
}

static struct desk setup(int64_t file_bytes, uint32_t bytes_most)
{
    struct desk d = {.m = memdisk_new(), .frames = {3, bytes_most, malloc(TD_FRAME_BYTES_MAX)}};
    d.params = (struct journal_params){.disk = &d.m->disk,
                                       .folder = "j",
                                       .file_bytes = file_bytes,
                                       .max_bytes = file_bytes * 200,
                                       .level = 1,
                                       .zstd_frame_blocks = RESTART_EACH};
    td_log_setup(2, TD_LOG_OFF, NULL);
    d.mem = aligned_alloc(64, (journal_footprint(&d.params) + 63) / 64 * 64);
    d.reader_mem = aligned_alloc(64, (journal_reader_footprint() + 63) / 64 * 64);
    return d;
}

static void teardown(struct desk *d)
{
    memdisk_free(d->m);
    free(d->frames.buffer);
    free(d->mem);
    free(d->reader_mem);
}

/* What a reading gives: every frame right, numbers rising, every step in the numbers told beforehand. */
struct reading {
    uint64_t frames, last, holes;
    struct journal_damage damage; /* the last one, the torn tail if there is one */
    bool tail;
};

static struct reading read_all(struct desk *d)
{
    struct reading got = {0};
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    uint64_t told_to = 0;
    CHECK_EQ_I64(journal_reader_open(d->reader_mem, &d->m->disk, "j", 0, &r), 0);
    for (int state; (state = journal_reader_next(r, &frame, &damage)) != 0;) {
        if (state < 0) {
            CHECK_EQ_U64(damage.frame_before, got.last);
            CHECK(damage.frame_after == 0 || damage.frame_after > got.last);
            got.damage = damage;
            got.holes++;
            told_to = damage.frame_after;
            continue;
        }
        struct td_frame expected = frames_make(&d->frames, frame.number);
        CHECK(frames_equal(&frame, &expected));
        CHECK(frame.number == got.last + 1 || frame.number == told_to);
        got.last = frame.number;
        got.frames++;
    }
    got.tail = journal_reader_tail(r, &damage) == 1;
    if (got.tail) {
        CHECK_EQ_U64(damage.frame_before, got.last);
        CHECK_EQ_U64(damage.frame_after, 0);
        got.damage = damage;
    }
    CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 0);
    journal_reader_close(r);
    return got;
}

static uint8_t *bytes_of(struct desk *d, const char *path)
{
    int at = memdisk_find(d->m, path);
    CHECK(at >= 0);
    return d->m->file[at]->data;
}

/* Where block n (from 0) of a file stands. */
static int64_t block_offset(const uint8_t *file, int n)
{
    int64_t at = JOURNAL_PAGE;
    for (struct journal_block_header header; n > 0; n--) {
        memcpy(&header, file + at, sizeof header);
        at += journal_block_bytes(header.packed_bytes);
    }
    return at;
}

/* A flipped bit costs its block and those up to the next zstd frame, and that is told; in the last block it looks like one that a
   writer is at just now. */
TEST(flipped_bit_at_every_region_of_every_block)
{
    struct desk d = setup(1 << 20, 2000);
    write_frames(&d, 1, FRAMES);
    uint8_t *file = bytes_of(&d, "j/000001.tdj");
    for (int n = 0; n < BLOCKS; n++) {
        struct journal_block_header header;
        int64_t at = block_offset(file, n);
        memcpy(&header, file + at, sizeof header);
        int64_t filled = (int64_t)sizeof header + header.packed_bytes;
        int next_restart = (n / RESTART_EACH + 1) * RESTART_EACH;
        uint64_t lost =
            (uint64_t)((next_restart < BLOCKS ? next_restart : BLOCKS) - n) * FRAMES_A_BLOCK;
        for (int64_t i = 0; i < filled; i += i < (int64_t)sizeof header ? 1 : 97) {
            file[at + i] ^= (uint8_t)(1 << (i % 8));
            struct reading got = read_all(&d);
            CHECK_EQ_U64(got.holes, n + 1 < BLOCKS);
            CHECK(got.tail == (n + 1 == BLOCKS));
            CHECK_EQ_I64(got.damage.offset, at);
            CHECK_EQ_STR(got.damage.file, "000001.tdj");
            CHECK_EQ_U64(got.damage.frame_before, (uint64_t)n * FRAMES_A_BLOCK);
            CHECK_EQ_U64(got.damage.frame_after,
                         next_restart < BLOCKS ? (uint64_t)next_restart * FRAMES_A_BLOCK + 1 : 0);
            CHECK_EQ_U64(got.frames, FRAMES - lost);
            file[at + i] ^= (uint8_t)(1 << (i % 8));
        }
        file[at + filled] ^= 1; /* padding */
        CHECK_EQ_U64(read_all(&d).frames, FRAMES);
        file[at + filled] ^= 1;
    }
    teardown(&d);
}

TEST(flipped_bit_in_the_files_header_costs_nothing)
{
    struct desk d = setup(1 << 20, 2000);
    write_frames(&d, 1, FRAMES);
    uint8_t *file = bytes_of(&d, "j/000001.tdj");
    for (size_t i = 0; i < sizeof(struct journal_file_header); i++) {
        file[i] ^= 4;
        struct reading got = read_all(&d);
        CHECK_EQ_U64(got.frames, FRAMES);
        CHECK_EQ_U64(got.holes, 0);
        file[i] ^= 4;
    }
    teardown(&d);
}

/* Cut anywhere: the frames of the whole blocks before the cut, nothing else, and a cut block is told. */
TEST(truncated_at_sampled_offsets)
{
    struct desk d = setup(1 << 20, 2000);
    write_frames(&d, 1, FRAMES);
    int at = memdisk_find(d.m, "j/000001.tdj");
    uint8_t *whole = malloc(1 << 20);
    memcpy(whole, d.m->file[at]->data, 1 << 20);
    int64_t end = block_offset(whole, BLOCKS);
    for (int64_t cut = end; cut > 0; cut -= cut % 4096 == 0 ? 1 : cut % 4096 > 200 ? 777 : 13) {
        memdisk_resize(d.m->file[at], cut);
        uint64_t blocks = 0;
        struct journal_block_header header;
        for (int64_t o = JOURNAL_PAGE; o < end; o += journal_block_bytes(header.packed_bytes)) {
            memcpy(&header, whole + o, sizeof header);
            blocks += o + (int64_t)sizeof header + header.packed_bytes <= cut;
        }
        struct reading got = read_all(&d);
        CHECK_EQ_U64(got.frames, blocks * FRAMES_A_BLOCK);
        CHECK_EQ_U64(got.last, blocks * FRAMES_A_BLOCK);
    }
    free(whole);
    teardown(&d);
}

TEST(missing_file_is_told)
{
    struct desk d = setup(256 << 10, 60000);
    write_frames(&d, 1, FRAMES);
    CHECK(memdisk_find(d.m, "j/000005.tdj") >= 0);
    memdisk_unlink(d.m, "j/000003.tdj");
    struct reading got = read_all(&d);
    CHECK_EQ_U64(got.holes, 1);
    CHECK(got.damage.frame_after > got.damage.frame_before + 1);
    CHECK_EQ_U64(got.frames, FRAMES - (got.damage.frame_after - got.damage.frame_before - 1));
    CHECK_EQ_U64(got.last, FRAMES);
    teardown(&d);
}

/* The writer was killed in the middle of a block; the next process gives its frames their numbers again. */
TEST(torn_tail_that_was_written_again_is_no_hole)
{
    struct desk d = setup(1 << 20, 2000);
    write_frames(&d, 1, FRAMES);
    uint8_t *file = bytes_of(&d, "j/000001.tdj");
    int64_t at = block_offset(file, BLOCKS - 1);
    memset(file + at + 2000, 0, 100);
    write_frames(&d, FRAMES - FRAMES_A_BLOCK + 1, FRAMES + 5);
    struct reading got = read_all(&d);
    CHECK_EQ_U64(got.holes, 0);
    CHECK_EQ_U64(got.frames, FRAMES + 5);
    teardown(&d);
}

/* Blocks that an earlier epoch left behind the new end do not replay, though file and sequence fit. */
TEST(blocks_of_an_earlier_epoch_do_not_replay)
{
    struct desk d = setup(1 << 20, 2000);
    write_frames(&d, 1, FRAMES);
    uint8_t *file = bytes_of(&d, "j/000001.tdj");
    int64_t at = block_offset(file, BLOCKS - 2), last = block_offset(file, BLOCKS - 1);
    uint8_t *copy = malloc(1 << 20);
    memcpy(copy, file, 1 << 20);
    memset(file + at, 0, (1 << 20) - (size_t)at);
    write_frames(&d, FRAMES - 2 * FRAMES_A_BLOCK + 1, FRAMES - FRAMES_A_BLOCK);
    file = bytes_of(&d, "j/000001.tdj");
    CHECK_EQ_I64(block_offset(file, BLOCKS - 1), last);
    memcpy(file + last, copy + last, (1 << 20) - (size_t)last);
    CHECK_EQ_U64(read_all(&d).last, FRAMES - FRAMES_A_BLOCK);
    free(copy);
    teardown(&d);
}

TEST(one_file_can_be_read_by_itself)
{
    struct desk d = setup(256 << 10, 60000);
    write_frames(&d, 1, FRAMES);
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    uint64_t frames = 0;
    CHECK_EQ_I64(journal_reader_open(d.reader_mem, &d.m->disk, "j/000002.tdj", 0, &r), 0);
    for (int state; (state = journal_reader_next(r, &frame, &damage)) != 0; frames++) {
        CHECK_EQ_I64(state, 1);
        struct td_frame expected = frames_make(&d.frames, frame.number);
        CHECK(frames_equal(&frame, &expected));
    }
    CHECK(frames > 0 && frames < FRAMES);
    journal_reader_close(r);
    CHECK_EQ_I64(journal_reader_open(d.reader_mem, &d.m->disk, "j/999999.tdj", 0, &r),
                 TD_E_MISSING);
    teardown(&d);
}

TEST(thousands_of_mutated_files)
{
    struct desk d = setup(256 << 10, 300);
    d.params.zstd_frame_blocks = 2;
    write_frames(&d, 1, 60);
    size_t bytes = (size_t)block_offset(bytes_of(&d, "j/000001.tdj"), 6);
    uint8_t *input = malloc(bytes + 1);
    uint64_t state = 11;
    for (int run = 0; run < 3000; run++) {
        memcpy(input + 1, bytes_of(&d, "j/000001.tdj"), bytes);
        input[0] = (uint8_t)(run % 3);
        for (uint64_t flips = 1 + frames_random(&state) % 8; flips > 0; flips--)
            input[1 + frames_random(&state) % bytes] = (uint8_t)frames_random(&state);
        size_t cut = run % 5 ? bytes : frames_random(&state) % bytes;
        size_t from = run % 3 == 1 ? JOURNAL_PAGE : 0;
        input[from] = input[0];
        LLVMFuzzerTestOneInput(input + from, cut > from ? cut + 1 - from : 0);
    }
    free(input);
    teardown(&d);
}

/* Right checksums around raw streams of noise and of records with one byte changed. */
TEST(thousands_of_hostile_raw_streams)
{
    uint8_t input[600];
    uint64_t state = 5;
    for (int run = 0; run < 3000; run++) {
        size_t bytes = 2 + frames_random(&state) % (sizeof input - 2);
        for (size_t i = 0; i < bytes; i++)
            input[i] =
                run % 2 ? (uint8_t)frames_random(&state) : (uint8_t)(frames_random(&state) % 5);
        input[0] = 2;
        LLVMFuzzerTestOneInput(input, bytes);
    }
}
