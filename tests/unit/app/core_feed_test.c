/* Where the core begins, and how it starts over: whatever of its past is damaged, the files are what the journal makes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/checkpoint.h"
#include "app/deck_parts.h"
#include "base/log.h"
#include "deck_feed.h"
#include "drained.h"
#include "journal/reader.h"
#include "rig.h"

/* ---- a stepped deck on a clock of its own, and a card that refuses segments --------------------------------------------- */

enum { HANDLES = 1024 };

static int64_t now_ns;
static bool in_active[HANDLES], in_journal[HANDLES], in_checkpoint[HANDLES], refuses;
static unsigned unread_checkpoints, unread_blocks; /* so many reads fail first */

static int64_t read_clock(void *ctx)
{
    (void)ctx;
    return now_ns;
}

static void idle(void *arg)
{
    (void)arg;
    now_ns += 100 * TD_NS_PER_MS;
}

static int open_and_note(void *ctx, const char *path, int flags, int mode)
{
    int file = td_os_linux()->disk.open(ctx, path, flags, mode);
    CHECK(file < HANDLES);
    if (file >= 0) {
        in_active[file] = strstr(path, "/active/") != NULL;
        in_journal[file] = strstr(path, "/journal/") != NULL;
        in_checkpoint[file] = strstr(path, "/checkpoint/") != NULL;
    }
    return file;
}

static int64_t read_or_fail(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    if (in_checkpoint[file] && unread_checkpoints > 0)
        return unread_checkpoints--, TD_E_IO;
    if (in_journal[file] && unread_blocks > 0)
        return unread_blocks--, TD_E_IO;
    return td_os_linux()->disk.read_at(ctx, file, data, bytes, offset);
}

static int64_t write_or_refuse(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    return refuses && in_active[file]
               ? TD_E_IO
               : td_os_linux()->disk.write_at(ctx, file, data, bytes, offset);
}

static struct deck_params stepped(const char *dir)
{
    static struct td_os os;
    static char shm[512];
    struct deck_params params = rig_params(dir, true, symbols, SYMBOLS);
    td_log_setup(2, TD_LOG_OFF, NULL);
    os = *td_os_linux();
    os.clock = (struct td_clock){.wall_ns = read_clock, .mono_ns = read_clock};
    os.disk.open = open_and_note;
    os.disk.write_at = write_or_refuse;
    os.disk.read_at = read_or_fail;
    snprintf(shm, sizeof shm, "%s/frame.log", dir);
    params.os = &os;
    params.shm_path = shm;
    params.stepped = true;
    params.idle = idle;
    params.journal_sync_ms = 1000;
    return params;
}

static void start(struct deck *deck, const struct deck_params *params)
{
    CHECK_EQ_I64(deck_open(deck, params), 0);
    deck_start(deck, now_ns, TD_ORIGIN_SIM);
}

/* Returns the most often that the core had to start over without a success between. */
static unsigned feed(struct deck *deck, int from, int end)
{
    unsigned rebuilds = 0;
    for (int i = from; i < end; i++) {
        struct td_frame frame = made(i)->frame;
        now_ns = frame.recv_ns > now_ns ? frame.recv_ns : now_ns;
        deck_feed(deck, &frame);
        deck_turn(deck);
        rebuilds = deck->feed.rebuilds > rebuilds ? deck->feed.rebuilds : rebuilds;
    }
    return rebuilds;
}

static void finish(struct deck *deck, struct deck_params *params, bool orderly)
{
    if (orderly)
        CHECK_EQ_I64(deck_stop(deck, now_ns), 0);
    else
        deck_abandon(deck);
    deck_close(deck);
    free(params->instruments);
}

static void check_function_of_journal(const char *dir)
{
    const char *out = test_tmpdir();
    check_drained(dir, out, stepped(out));
}

/* Number of the first frame that the journal holds. */
static uint64_t first_in_journal(const char *dir)
{
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame got = {0};
    void *mem = aligned_alloc(64, (journal_reader_footprint() + 63) & ~(size_t)63);
    CHECK_EQ_I64(journal_reader_open(mem, &td_os_linux()->disk, below(dir, "journal"), 0, &reader),
                 0);
    CHECK_EQ_I64(journal_reader_next(reader, &got, &damage), 1);
    journal_reader_close(reader);
    free(mem);
    return got.number;
}

/* ---- tests --------------------------------------------------------------------------------------------------------------- */

/* The card refuses segments for a while, not the journal: recording goes on, and what was dropped is made again. */
TEST(a_writer_that_failed_starts_over)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    now_ns = start_ns;
    refuses = false;
    start(&deck, &params);
    CHECK_EQ_U64(feed(&deck, 0, 1500), 0);
    refuses = true;
    CHECK(feed(&deck, 1500, 2600) >= 2); /* once more while it still refuses */
    refuses = false;
    feed(&deck, 2600, FRAMES);
    CHECK_EQ_U64(deck.feed.rebuilds, 0);
    CHECK(!deck.feed.from_files);
    CHECK_EQ_I64(writer_stats(deck.writer).last_err, 0);
    finish(&deck, &params, true);
    check_function_of_journal(dir);
}

/* Behind the hour's seal it begins from the checkpoint of this run. */
TEST(a_writer_that_failed_behind_a_checkpoint_starts_over_from_it)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    now_ns = start_ns;
    refuses = false;
    start(&deck, &params);
    CHECK_EQ_U64(feed(&deck, 0, 3650), 0);
    uint64_t checkpoint = atomic_load(&deck.checkpoint.last);
    CHECK(checkpoint > 3000);
    refuses = true;
    deck_note(&deck, TD_FRAME_SEAL, "test", 4);
    CHECK(feed(&deck, 3650, 3850) >= 1);
    refuses = false;
    feed(&deck, 3850, FRAMES);
    for (int i = 0; i < 100; i++) {
        now_ns += 100 * TD_NS_PER_MS;
        deck_turn(&deck);
    }
    CHECK_EQ_U64(deck.feed.checkpoint_frame, checkpoint);
    CHECK_EQ_I64(writer_stats(deck.writer).last_err, 0);
    finish(&deck, &params, true);
    check_function_of_journal(dir);
}

/* Reads fail for a while, of the checkpoints and of the journal: what they will give again is waited for. */
TEST(a_card_that_does_not_give_what_it_holds_is_asked_again)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    now_ns = start_ns;
    refuses = false;
    start(&deck, &params);
    CHECK_EQ_U64(feed(&deck, 0, 3650), 0);
    uint64_t checkpoint = atomic_load(&deck.checkpoint.last);
    CHECK(checkpoint > 3000);
    refuses = true;
    deck_note(&deck, TD_FRAME_SEAL, "test", 4);
    unread_checkpoints = 4;
    unread_blocks = 3;
    CHECK(feed(&deck, 3650, 3850) >= 1);
    refuses = false;
    feed(&deck, 3850, FRAMES);
    for (int i = 0; i < 200; i++) {
        now_ns += 100 * TD_NS_PER_MS;
        deck_turn(&deck);
    }
    CHECK_EQ_U64(unread_checkpoints, 0);
    CHECK_EQ_U64(unread_blocks, 0);
    CHECK_EQ_U64(deck.feed.checkpoint_frame, checkpoint);
    CHECK_EQ_U64(deck.feed.lost, 0);
    finish(&deck, &params, true);
    check_function_of_journal(dir);
}

/* Whole by its sum, and yet nothing that core or writer can read: another program's, say. */
TEST(a_checkpoint_that_does_not_load_costs_time_only)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    uint64_t previous;
    now_ns = start_ns;
    refuses = false;
    start(&deck, &params);
    feed(&deck, 0, 3700);
    struct checkpoint nonsense = {atomic_load(&deck.checkpoint.last), "nonsense", 8};
    CHECK(nonsense.frame > 3000);
    finish(&deck, &params, false);
    CHECK_EQ_I64(checkpoint_write(&td_os_linux()->disk, dir, &nonsense, &previous), 0);
    params = stepped(dir);
    start(&deck, &params);
    feed(&deck, 3700, FRAMES);
    CHECK_EQ_U64(deck.feed.checkpoint_frame, 0);
    CHECK_EQ_U64(deck.feed.first_frame, 1);
    finish(&deck, &params, true);
    check_function_of_journal(dir);
}

/* The journal is lost, a checkpoint stands: the numbers it has seen are not given to other frames. */
TEST(a_journal_that_is_shorter_than_the_checkpoint)
{
    static struct deck deck;
    static struct tree before, after;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    char command[600];
    now_ns = start_ns;
    refuses = false;
    start(&deck, &params);
    feed(&deck, 0, 3700);
    uint64_t checkpoint = atomic_load(&deck.checkpoint.last);
    CHECK(checkpoint > 3000);
    finish(&deck, &params, false);
    tree_read(&before, below(dir, "ready"));
    snprintf(command, sizeof command, "rm -rf '%s/journal' '%s/frame.log'", dir, dir);
    CHECK_EQ_I64(system(command), 0);
    params = stepped(dir);
    start(&deck, &params);
    CHECK_EQ_U64(deck.recovery.last_frame, checkpoint - 1);
    feed(&deck, 3700, FRAMES);
    CHECK_EQ_U64(deck.feed.checkpoint_frame, checkpoint);
    finish(&deck, &params, true);
    CHECK_EQ_U64(first_in_journal(dir), checkpoint);
    tree_read(&after, below(dir, "ready"));
    CHECK(after.count > before.count);
    tree_check_holds(&after, &before);
}

/* Killed between the block's write and the release of the log: what both hold is taken once. */
TEST(frames_that_journal_and_frame_log_both_hold)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    now_ns = start_ns;
    refuses = false;
    start(&deck, &params);
    feed(&deck, 0, 990);
    CHECK_EQ_I64(journal_flush(deck.journal), 0);
    finish(&deck, &params, false);
    params = stepped(dir);
    start(&deck, &params);
    CHECK_EQ_I64(deck.recovery.note.cause, START_CRASH);
    CHECK_EQ_U64(deck.recovery.taken_over, 0);
    CHECK(deck.recovery.last_frame >= 990);
    feed(&deck, 990, 1200);
    finish(&deck, &params, true);
    check_function_of_journal(dir);
}
