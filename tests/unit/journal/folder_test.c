#include "journal/folder.h"

#include "reader_rig.h"

static uint64_t last_frame_found(struct desk *d)
{
    struct journal *j;
    CHECK_EQ_I64(journal_open(d->mem, &d->params, &j), 0);
    uint64_t last = journal_last_frame(j);
    CHECK_EQ_I64(journal_close(j), 0);
    return last;
}

/* A bad spot anywhere costs what stands there and no more, and the recorder starts: with the right numbers, unless the spot is in the
   last block itself. */
TEST(a_spot_that_cannot_be_read)
{
    struct desk d = setup(1 << 20, 2000);
    write_frames(&d, 1, FRAMES);
    const uint8_t *file = bytes_of(&d, "j/000001.tdj");
    d.m->bad_path = "j/000001.tdj";
    for (int n = -1; n < BLOCKS; n++) {
        d.m->bad_from = n < 0 ? 0 : block_offset(file, n);
        d.m->bad_to = d.m->bad_from + JOURNAL_PAGE;
        struct reading got = read_all(&d);
        CHECK_EQ_U64(got.holes, n >= 0);
        CHECK(got.frames >= FRAMES - RESTART_EACH * FRAMES_A_BLOCK);
        CHECK_EQ_U64(last_frame_found(&d), n + 1 < BLOCKS ? FRAMES : FRAMES - FRAMES_A_BLOCK);
    }
    teardown(&d);
}

/* First page and first block spoilt: the file is known by the blocks behind, and its numbers are not given again. */
TEST(a_file_is_known_by_any_of_its_blocks)
{
    struct desk d = setup(1 << 20, 2000);
    write_frames(&d, 1, FRAMES);
    uint8_t *file = bytes_of(&d, "j/000001.tdj");
    memset(file, 0, (size_t)block_offset(file, 1));
    CHECK_EQ_U64(last_frame_found(&d), FRAMES);
    struct reading got = {0};
    struct journal_reader *r;
    struct td_frame frame;
    struct journal_damage damage;
    CHECK_EQ_I64(journal_reader_open(d.reader_mem, &d.m->disk, "j", 0, &r), 0);
    for (int state; (state = journal_reader_next(r, &frame, &damage)) != 0;)
        got.frames += state == 1;
    journal_reader_close(r);
    CHECK_EQ_U64(got.frames, FRAMES - RESTART_EACH * FRAMES_A_BLOCK);
    teardown(&d);
}

/* Nothing of a file can be read: to go on as if it were empty would number other frames like those in it. */
TEST(a_file_that_cannot_be_read_at_all_is_no_empty_one)
{
    struct desk d = setup(1 << 20, 2000);
    struct journal *j;
    write_frames(&d, 1, FRAMES);
    d.m->bad_path = "j/000001.tdj";
    d.m->bad_to = 1 << 20;
    CHECK_EQ_I64(journal_open(d.mem, &d.params, &j), TD_E_IO);
    teardown(&d);
}
