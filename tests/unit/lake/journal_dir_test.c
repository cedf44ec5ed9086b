/* Several files: which blocks, frames and times are whose. */
#include "lake/journal_dir.h"

#include <stdlib.h>

#include "journal/journal.h"
#include "test.h"

enum { FRAMES = 200, PAYLOAD_BYTES = 16 << 10 };

/* Payloads that do not shrink: 3.2 MB go into files of 256 KiB. */
static void write_journal(const char *folder)
{
    static char payload[PAYLOAD_BYTES];
    struct journal_params params = {.disk = &td_os_linux()->disk,
                                    .folder = folder,
                                    .file_bytes = JOURNAL_FILE_BYTES_MIN,
                                    .max_bytes = 32 * JOURNAL_FILE_BYTES_MIN,
                                    .level = JOURNAL_LEVEL,
                                    .zstd_frame_blocks = JOURNAL_ZSTD_FRAME_BLOCKS};
    struct journal *journal;
    uint64_t random = 88172645463325252u;
    void *mem = aligned_alloc(64, (journal_footprint(&params) + 63) / 64 * 64);
    CHECK_EQ_I64(journal_open(mem, &params, &journal), 0);
    for (uint64_t number = 1; number <= FRAMES; number++) {
        for (int i = 0; i < PAYLOAD_BYTES; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            payload[i] = (char)random;
        }
        struct td_frame frame = {.number = number,
                                 .recv_ns = (int64_t)number * 1000,
                                 .payload = payload,
                                 .bytes = PAYLOAD_BYTES,
                                 .kind = TD_FRAME_WS_BINARY};
        CHECK_EQ_I64(journal_append(journal, &frame), 0);
    }
    CHECK_EQ_I64(journal_close(journal), 0);
    free(mem);
}

TEST(files_share_out_blocks_and_frames)
{
    char folder[] = "/tmp/journal_dir_test_XXXXXX";
    struct journal_dir dir = {0};
    struct td_frame frame;
    struct journal_damage damage;
    uint64_t block = 1, number = 1;
    CHECK(mkdtemp(folder) != NULL);
    write_journal(folder);
    CHECK_EQ_I64(journal_dir_open(&dir, folder), 0);
    CHECK_EQ_I64(journal_dir_survey(&dir), 0);
    CHECK_EQ_I64(journal_dir_read(&dir, 0), 0);
    while (journal_dir_next(&dir, &frame, &damage) == 1)
        number++;
    CHECK_EQ_I64(number, FRAMES + 1);
    CHECK(dir.folder->count >= 10);
    number = 1;
    for (uint32_t i = 0; i < dir.folder->count; i++) {
        const struct journal_dir_file *file = &dir.file[i];
        CHECK(file->header_whole && !file->unused && file->holes == 0);
        CHECK_EQ_I64(file->block_first, block);
        CHECK_EQ_I64(file->block_last - file->block_first + 1, file->blocks);
        CHECK(file->used_bytes > JOURNAL_PAGE && file->used_bytes <= file->file_bytes);
        block = file->block_last + 1;
        if (file->frames == 0)
            continue;
        CHECK_EQ_I64(file->frame_first, number);
        CHECK_EQ_I64(file->frame_last, file->last_frame);
        CHECK_EQ_I64(file->from_ns, (int64_t)file->frame_first * 1000);
        CHECK_EQ_I64(file->to_ns, (int64_t)file->frame_last * 1000);
        number += file->frames;
    }
    CHECK_EQ_I64(number, FRAMES + 1);
    journal_dir_close(&dir);
    td_os_linux()->disk.remove_tree(td_os_linux()->disk.ctx, folder);
}

TEST(what_is_not_there_is_an_error)
{
    struct journal_dir dir = {0};
    CHECK(journal_dir_open(&dir, "/nowhere/at/all") < 0);
    journal_dir_close(&dir);
}
