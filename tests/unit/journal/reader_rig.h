/* A journal on a disk in memory, and a reading of it that checks every frame. */
#ifndef TD_TEST_READER_RIG_H
#define TD_TEST_READER_RIG_H

#include "base/log.h"
#include "frames.h"
#include "journal/block.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "memdisk.h"

enum { BLOCKS = 14, FRAMES_A_BLOCK = 10, FRAMES = BLOCKS * FRAMES_A_BLOCK, RESTART_EACH = 4 };

struct desk {
    struct memdisk *m;
    struct frames frames;
    struct journal_params params;
    void *mem, *reader_mem;
};

static inline void write_frames(struct desk *d, uint64_t from, uint64_t to)
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

static inline struct desk setup(int64_t file_bytes, uint32_t bytes_most)
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

static inline void teardown(struct desk *d)
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

static inline struct reading read_all(struct desk *d)
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

static inline uint8_t *bytes_of(struct desk *d, const char *path)
{
    int at = memdisk_find(d->m, path);
    CHECK(at >= 0);
    return d->m->file[at]->data;
}

/* Where block n (from 0) of a file stands. */
static inline int64_t block_offset(const uint8_t *file, int n)
{
    int64_t at = JOURNAL_PAGE;
    for (struct journal_block_header header; n > 0; n--) {
        memcpy(&header, file + at, sizeof header);
        at += journal_block_bytes(header.packed_bytes);
    }
    return at;
}

#endif
