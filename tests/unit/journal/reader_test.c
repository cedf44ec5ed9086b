#include "journal/reader.h"

#include <stdio.h>

#include "base/log.h"
#include "frames.h"
#include "journal/block.h"
#include "journal/journal.h"
#include "memdisk.h"
#include "reader_rig.h"

/* The fuzz target, so that its inputs run here too. */
#define read_all fuzz_read_all
#include "fuzz/journal_reader_fuzz.c"
#undef read_all

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

/* ---- beside a writer ---- */

enum { WRITES_MAX = 400 };

/* What the writer did, to be done again piece by piece. */
struct tape {
    struct {
        char path[128];
        int64_t offset;
        size_t bytes;
        uint8_t *data;
    } write[WRITES_MAX];
    int count, at;
    size_t done; /* bytes of the write at hand */
    uint64_t random;
};

static void tape_write(struct memdisk *m, int file, const void *data, size_t bytes, int64_t offset)
{
    struct tape *t = m->hook;
    CHECK(t->count < WRITES_MAX);
    snprintf(t->write[t->count].path, sizeof t->write->path, "%s", m->file[file]->path);
    t->write[t->count].offset = offset;
    t->write[t->count].bytes = bytes;
    t->write[t->count].data = malloc(bytes);
    memcpy(t->write[t->count].data, data, bytes);
    t->count++;
}

/* Before each read: some bytes more, not always, and sometimes the whole rest of a block and the next. */
static void play_a_piece(struct memdisk *m)
{
    struct tape *t = m->hook;
    uint64_t bits = frames_random(&t->random);
    size_t bytes = bits % 4 == 0 ? 0 : bits % 4 == 1 ? 60000 : (bits >> 8) % 5000;
    while (bytes > 0 && t->at < t->count) {
        size_t left = t->write[t->at].bytes - t->done, take = bytes < left ? bytes : left;
        int file = memdisk_open(m, t->write[t->at].path, O_CREAT, 0644);
        memdisk_preallocate(m, file, 256 << 10);
        memdisk_write_at(m, file, t->write[t->at].data + t->done, take,
                         t->write[t->at].offset + (int64_t)t->done);
        bytes -= take;
        t->done += take;
        if (t->done == t->write[t->at].bytes) {
            t->at++;
            t->done = 0;
        }
    }
}

/* Reads again and again until all is written and read. */
static void follow(struct desk *d, struct tape *t, bool seek)
{
    struct memdisk *m = memdisk_new();
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    uint64_t last = 0;
    m->hook = t;
    m->on_read = play_a_piece;
    t->at = 0, t->done = 0;
    while (last < FRAMES) {
        bool all = t->at == t->count;
        uint64_t before = seek ? last : 0;
        CHECK_EQ_I64(journal_reader_open(d->reader_mem, &m->disk, "j", seek ? last + 1 : 0, &r), 0);
        while (journal_reader_next(r, &frame, &damage) == 1) {
            CHECK_EQ_U64(frame.number, ++before);
            struct td_frame expected = frames_make(&d->frames, frame.number);
            CHECK(frames_equal(&frame, &expected));
        }
        CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 0);
        journal_reader_close(r);
        CHECK(before >= last);
        last = before;
        CHECK(!all || last == FRAMES);
        play_a_piece(m);
    }
    memdisk_free(m);
}

TEST(beside_a_writer_a_half_written_block_is_the_end_and_no_damage)
{
    struct desk d = setup(256 << 10, 40000);
    struct tape *t = calloc(1, sizeof *t);
    d.m->hook = t;
    d.m->on_write = tape_write;
    for (uint64_t n = 1; n <= FRAMES; n += FRAMES_A_BLOCK * 5) /* epochs change in mid file */
        write_frames(&d, n,
                     n + FRAMES_A_BLOCK * 5 - 1 < FRAMES ? n + FRAMES_A_BLOCK * 5 - 1 : FRAMES);
    d.m->on_write = NULL;
    for (t->random = 1; t->random < 120; t->random = t->random % 1000 + 1) {
        uint64_t seed = t->random;
        follow(&d, t, seed % 2);
        t->random = seed;
    }
    for (int i = 0; i < t->count; i++)
        free(t->write[i].data);
    free(t);
    teardown(&d);
}

/* ---- what does not belong there ---- */

static struct reading read_some(struct desk *d, uint64_t least)
{
    struct reading got = read_all(d);
    CHECK(got.frames >= least);
    return got;
}

/* A whole block in the place of another one: of a later or an earlier one, or of another file. Never a frame that is wrong, twice,
   or out of order (read_all sees to that); what it covers is told. */
TEST(misdirected_blocks_never_replay)
{
    struct desk d = setup(256 << 10, 40000);
    write_frames(&d, 1, FRAMES);
    uint8_t *first = bytes_of(&d, "j/000001.tdj"), *second = bytes_of(&d, "j/000002.tdj");
    uint8_t *saved = malloc(256 << 10);
    memcpy(saved, first, 256 << 10);
    struct reading whole = read_some(&d, FRAMES);
    CHECK_EQ_U64(whole.holes, 0);
    for (int from = 0; from < 4; from++) {
        for (int to = 0; to < 3; to++) {
            const uint8_t *source = from == 3 ? second : saved;
            int64_t at = block_offset(source, from == 3 ? 0 : from);
            struct journal_block_header header;
            memcpy(&header, source + at, sizeof header);
            int64_t bytes = journal_block_bytes(header.packed_bytes), put = block_offset(saved, to);
            if (put + bytes > 256 << 10 || (from == to && from < 3))
                continue;
            memcpy(first + put, source + at, (size_t)bytes);
            struct reading got = read_some(&d, 1);
            CHECK(got.holes >= 1 && got.frames < FRAMES);
            memcpy(first, saved, 256 << 10);
        }
    }
    CHECK_EQ_U64(read_all(&d).frames, FRAMES);
    free(saved);
    teardown(&d);
}

/* The same stale blocks as above, but the reader seeks: it must not land on one of them. */
TEST(seeking_never_lands_on_an_earlier_epoch)
{
    struct desk d = setup(1 << 20, 2000);
    d.params.zstd_frame_blocks = 1;
    write_frames(&d, 1, FRAMES);
    uint8_t *file = bytes_of(&d, "j/000001.tdj");
    int64_t at = block_offset(file, BLOCKS - 2), last = block_offset(file, BLOCKS - 1);
    uint8_t *copy = malloc(1 << 20);
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    memcpy(copy, file, 1 << 20);
    memset(file + at, 0, (1 << 20) - (size_t)at);
    write_frames(&d, FRAMES - 2 * FRAMES_A_BLOCK + 1, FRAMES - FRAMES_A_BLOCK);
    file = bytes_of(&d, "j/000001.tdj");
    memcpy(file + last, copy + last, (1 << 20) - (size_t)last);
    CHECK_EQ_I64(journal_reader_open(d.reader_mem, &d.m->disk, "j", FRAMES - 1, &r), 0);
    CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 0);
    journal_reader_close(r);
    free(copy);
    teardown(&d);
}

/* Damage before the wanted frame is hopped over, and not told. */
TEST(seeking_hops_over_damage)
{
    struct desk d = setup(1 << 20, 2000);
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    write_frames(&d, 1, FRAMES);
    uint8_t *file = bytes_of(&d, "j/000001.tdj");
    memset(file + block_offset(file, 2), 0x5a, 4096);
    CHECK_EQ_I64(journal_reader_open(d.reader_mem, &d.m->disk, "j", 95, &r), 0);
    for (uint64_t n = 95; n <= FRAMES; n++) {
        CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 1);
        CHECK_EQ_U64(frame.number, n);
    }
    CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 0);
    journal_reader_close(r);
    teardown(&d);
}

TEST(empty_files_and_a_gigabyte_of_zeros)
{
    char folder[256], path[300];
    struct desk d = setup(256 << 10, 2000);
    snprintf(folder, sizeof folder, "%s/zeros", test_tmpdir());
    const struct td_disk *disk = &td_os_linux()->disk;
    d.params.disk = disk;
    d.params.folder = folder;
    write_frames(&d, 1, FRAMES);
    snprintf(path, sizeof path, "%s/000001.tdj", folder);
    int file = disk->open(disk->ctx, path, O_RDWR, 0);
    CHECK_EQ_I64(disk->truncate(disk->ctx, file, 1ll << 30), 0); /* as long behind its blocks */
    disk->close(disk->ctx, file);
    const int64_t bytes[] = {0, 1, 100, 4096, 5000, 1ll << 30};
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/%06d.tdj", folder, i + 2);
        file = disk->open(disk->ctx, path, O_RDWR | O_CREAT, 0644);
        CHECK_EQ_I64(disk->truncate(disk->ctx, file, bytes[i]), 0);
        disk->close(disk->ctx, file);
    }
    snprintf(path, sizeof path, "%s/000099.tdj", folder);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, path), 0);
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    CHECK_EQ_I64(journal_reader_open(d.reader_mem, disk, folder, 0, &r), 0);
    for (uint64_t n = 1; n <= FRAMES; n++)
        CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 1);
    CHECK_EQ_I64(journal_reader_next(r, &frame, &damage), 0);
    journal_reader_close(r);
    write_frames(&d, FRAMES + 1, FRAMES + 10); /* and the writer goes on behind the same frame */
    teardown(&d);
}
