#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "frames.h"
#include "journal/journal.h"
#include "journal/reader.h"

enum { FRAMES = 20000 };

struct desk {
    struct journal *journal;
    _Atomic bool stop;
    uint64_t safe;
    unsigned syncs;
};

static void *sync_for_ever(void *arg)
{
    struct desk *d = arg;
    while (!atomic_load(&d->stop)) {
        uint64_t before = d->safe;
        CHECK_EQ_I64(journal_sync(d->journal, &d->safe), 0);
        CHECK(d->safe >= before);
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
        journal_keep_from(d.journal, n > 4000 ? n - 4000 : 0);
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
        CHECK_EQ_I64(state, 1);
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
