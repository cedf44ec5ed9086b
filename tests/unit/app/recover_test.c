/* Killed at any frame, the next start goes on: nothing received is lost, and the files are what the journal makes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/deck_parts.h"
#include "deck_feed.h"
#include "drained.h"
#include "journal/reader.h"
#include "rig.h"

/* ---- a stepped deck on a clock of its own ------------------------------------------------------------------------------ */

static int64_t now_ns;

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

/* A disk that takes nothing for a while. */
static bool refuses;

static int64_t write_or_refuse(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    return refuses ? TD_E_DISK_FULL : td_os_linux()->disk.write_at(ctx, file, data, bytes, offset);
}

static int preallocate_or_refuse(void *ctx, int file, int64_t bytes)
{
    return refuses ? TD_E_DISK_FULL : td_os_linux()->disk.preallocate(ctx, file, bytes);
}

static struct deck_params stepped(const char *dir)
{
    static struct td_os os;
    static char shm[512];
    struct deck_params params = rig_params(dir, true, symbols, SYMBOLS);
    os = *td_os_linux();
    os.clock = (struct td_clock){.wall_ns = read_clock, .mono_ns = read_clock};
    os.disk.write_at = write_or_refuse;
    os.disk.preallocate = preallocate_or_refuse;
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

/* Frames from..end-1; the deck works every few frames only, so that a kill finds it at all stages. */
static void feed(struct deck *deck, int from, int end, int work_every)
{
    for (int i = from; i < end; i++) {
        struct td_frame frame = made(i)->frame;
        now_ns = frame.recv_ns;
        deck_feed(deck, &frame);
        if (i % work_every == 0)
            deck_turn(deck);
    }
}

static void kill_deck(struct deck *deck)
{
    deck_abandon(deck);
    deck_close(deck);
}

static void stop(struct deck *deck)
{
    CHECK_EQ_I64(deck_stop(deck, now_ns), 0);
    deck_close(deck);
}

/* ---- what must hold ------------------------------------------------------------------------------------------------------ */

/* Every frame fed is there, in order, byte for byte; the recorder's own stand between. */
static void check_journal(const char *dir, int frames)
{
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame got;
    void *mem = aligned_alloc(64, (journal_reader_footprint() + 63) & ~(size_t)63);
    uint64_t number = 0;
    int next = 0;
    CHECK_EQ_I64(journal_reader_open(mem, &td_os_linux()->disk, below(dir, "journal"), 0, &reader),
                 0);
    while (journal_reader_next(reader, &got, &damage) == 1) {
        CHECK_EQ_U64(got.number, ++number);
        if (got.kind == TD_FRAME_START || got.kind == TD_FRAME_STOP || got.kind == TD_FRAME_CONFIG)
            continue;
        const struct made *want = made(next++);
        CHECK_EQ_I64(got.recv_ns, want->frame.recv_ns);
        CHECK_EQ_I64(got.bytes, want->frame.bytes);
        CHECK(memcmp(got.payload, want->payload, got.bytes) == 0);
    }
    CHECK_EQ_I64(next, frames);
    journal_reader_close(reader);
    free(mem);
}

static void check_function_of_journal(const char *dir)
{
    const char *out = test_tmpdir();
    check_drained(dir, out, stepped(out));
}

static unsigned causes_in(const char *dir, const char *word)
{
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame got;
    void *mem = aligned_alloc(64, (journal_reader_footprint() + 63) & ~(size_t)63);
    unsigned count = 0;
    CHECK_EQ_I64(journal_reader_open(mem, &td_os_linux()->disk, below(dir, "journal"), 0, &reader),
                 0);
    while (journal_reader_next(reader, &got, &damage) == 1)
        count +=
            got.kind == TD_FRAME_START && start_read(got.payload, got.bytes).cause ==
                                              (strcmp(word, "crash") == 0        ? START_CRASH
                                               : strcmp(word, "power_loss") == 0 ? START_POWER_LOSS
                                               : strcmp(word, "stop") == 0       ? START_STOP
                                                                                 : START_FIRST);
    journal_reader_close(reader);
    free(mem);
    return count;
}

/* ---- tests ------------------------------------------------------------------------------------------------------------------ */

TEST(a_stepped_run_without_a_kill)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    now_ns = start_ns;
    start(&deck, &params);
    feed(&deck, 0, FRAMES, 7);
    stop(&deck);
    free(params.instruments);
    check_journal(dir, FRAMES);
    check_function_of_journal(dir);
}

TEST(killed_at_many_frames_nothing_is_lost)
{
    static struct deck deck;
    const int kills[] = {1, 2, 3, 60, 500, 1999, 3499, 3501, 3502, 3700};
    const char *dir = test_tmpdir();
    int from = 0;
    now_ns = start_ns;
    for (unsigned k = 0; k <= sizeof kills / sizeof kills[0]; k++) {
        bool last = k == sizeof kills / sizeof kills[0];
        struct deck_params params = stepped(dir);
        int end = last ? FRAMES : kills[k];
        start(&deck, &params);
        CHECK_EQ_I64(deck.recovery.note.cause, k == 0 ? START_FIRST : START_CRASH);
        feed(&deck, from, end, 5 + (int)k);
        if (last)
            stop(&deck);
        else
            kill_deck(&deck);
        free(params.instruments);
        from = end;
    }
    check_journal(dir, FRAMES);
    check_function_of_journal(dir);
    CHECK_EQ_I64(causes_in(dir, "crash"), 10);
}

/* Without the frame log only what the journal has written is there: a power cut. */
TEST(a_power_cut_keeps_what_was_written)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    now_ns = start_ns;
    start(&deck, &params);
    feed(&deck, 0, 1000, 1);
    uint64_t promised = atomic_load(&deck.synced_frame);
    CHECK(promised > 500);
    kill_deck(&deck);
    CHECK_EQ_I64(remove(params.shm_path), 0);
    free(params.instruments);
    params = stepped(dir);
    start(&deck, &params);
    CHECK_EQ_I64(deck.recovery.note.cause, START_POWER_LOSS);
    CHECK(deck.recovery.last_frame >= promised);
    stop(&deck);
    free(params.instruments);
    check_function_of_journal(dir);
}

TEST(an_orderly_stop_is_known_as_one)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    now_ns = start_ns;
    for (int run = 0; run < 3; run++) {
        struct deck_params params = stepped(dir);
        start(&deck, &params);
        CHECK_EQ_I64(deck.recovery.note.cause, run == 0 ? START_FIRST : START_STOP);
        feed(&deck, run * 1000, run * 1000 + 1000, 3);
        stop(&deck);
        free(params.instruments);
    }
    check_journal(dir, 3000);
    check_function_of_journal(dir);
}

/* The core died twice at the same frame: the third run leaves it out. */
TEST(a_frame_that_kills_twice_is_set_aside)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    now_ns = start_ns;
    for (int run = 0; run < 3; run++) {
        struct deck_params params = stepped(dir);
        start(&deck, &params);
        CHECK_EQ_I64(deck.recovery.note.aside_count, run == 2 ? 1 : 0);
        if (run == 0)
            feed(&deck, 0, 100, 1);
        framelog_core_at(deck.log, 40);
        if (run < 2)
            kill_deck(&deck);
        else
            stop(&deck);
        free(params.instruments);
    }
    check_journal(dir, 100);
    check_function_of_journal(dir);
}

/* A core that does nothing for a while lets go of the log, reads on from the journal's files and comes back. */
TEST(a_late_core_rejoins)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    bool let_go = false;
    now_ns = start_ns;
    start(&deck, &params);
    deck_turn(&deck);
    for (int i = 0; i < FRAMES; i++) {
        struct td_frame frame = made(i)->frame;
        now_ns = frame.recv_ns > now_ns ? frame.recv_ns : now_ns;
        while (framelog_append(deck.log, &frame) <
               0) { /* full: the journal works, the core hardly */
            now_ns += TD_NS_PER_S;
            deck_journal_turn(&deck);
            deck_sync_turn(&deck);
            deck_journal_turn(&deck); /* releases what is safe */
            deck_core_turn(&deck);
            let_go |= deck.feed.from_files;
        }
    }
    CHECK(let_go);
    stop(&deck);
    free(params.instruments);
    check_journal(dir, FRAMES);
    check_function_of_journal(dir);
}

/* ---- a disk that refuses ------------------------------------------------------------------------------------------------ */

/* A frame that went into the open block is not taken yet: the trouble lasts from the first refusal to the first block that was written. */
TEST(a_journal_that_refuses_is_one_trouble)
{
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = stepped(dir);
    unsigned begins = 0, ends = 0;
    params.log_term_bytes = 1 << 20; /* nobody need wait */
    now_ns = start_ns;
    start(&deck, &params);
    feed(&deck, 0, 200, 1);
    refuses = true;
    for (int i = 200, before = 0; i < 1000; i++) {
        feed(&deck, i, i + 1, 1);
        int err = atomic_load(&deck.journal_err);
        begins += err < 0 && before == 0;
        ends += err == 0 && before < 0;
        before = err;
    }
    CHECK_EQ_I64(begins, 1);
    CHECK_EQ_I64(ends, 0);
    CHECK(deck.journal_work.tries >= 5);
    refuses = false;
    feed(&deck, 1000, 1300, 1);
    CHECK_EQ_I64(atomic_load(&deck.journal_err), 0);
    stop(&deck);
    free(params.instruments);
    check_journal(dir, 1300);
    check_function_of_journal(dir);
}

/* ---- a stop that cannot end ----------------------------------------------------------------------------------------------- */

/* The threads of such a stop still run: the process must end, here a child. What the journal did not take stands in the frame log, and the
   next start, with more room, brings it in. */
static void stop_in_child(const struct deck_params *params)
{
    static struct deck deck;
    CHECK_EQ_I64(deck_open(&deck, params), 0);
    deck_start(&deck, start_ns, TD_ORIGIN_SIM);
    for (int i = 0; i < 1000; i++) {
        struct td_frame frame = made(i)->frame;
        deck_feed(&deck, &frame);
    }
    feed_noise(&deck, 8, start_ns + 1000 * step_ns);
    if (deck_stop(&deck, start_ns + 1001 * step_ns) == TD_E_AGAIN)
        kill(getpid(), SIGKILL); /* as bluntly as may be */
    _exit(1);
}

TEST(a_stop_with_a_full_journal_ends_at_its_deadline_and_loses_nothing)
{
    static struct deck deck;
    static char shm[512];
    const char *dir = test_tmpdir();
    int status = -1;
    snprintf(shm, sizeof shm, "%s/frame.log", dir);
    struct deck_params params = rig_params(dir, true, symbols, SYMBOLS);
    params.journal_file_bytes = params.journal_max_bytes = 256 << 10;
    params.log_term_bytes = 1 << 20; /* takes all of it, so that the feeder need not wait */
    params.shm_path = shm;
    params.stop_ms = 1500;
    pid_t child = fork();
    if (child == 0)
        stop_in_child(&params);
    CHECK_EQ_I64(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    params.journal_max_bytes = 16 << 20;
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    CHECK_EQ_I64(deck.recovery.note.cause, START_STOP); /* its STOP frame stood in the log too */
    CHECK_EQ_I64(deck.recovery.last_frame, 2 + 1000 + 8 + 1);
    CHECK(deck.recovery.taken_over > 0);
    deck_start(&deck, start_ns + 1002 * step_ns, TD_ORIGIN_SIM);
    CHECK_EQ_I64(deck_stop(&deck, start_ns + 1003 * step_ns), 0);
    deck_close(&deck);
    free(params.instruments);
}

/* The log itself is full: there is no room even for STOP. */
static void stop_with_full_log_in_child(const struct deck_params *params)
{
    static struct deck deck;
    static char noise[24 << 10];
    struct td_frame frame = made(1)->frame;
    frame.payload = noise, frame.bytes = sizeof noise;
    alarm(60);
    CHECK_EQ_I64(deck_open(&deck, params), 0);
    deck_start(&deck, start_ns, TD_ORIGIN_SIM);
    for (uint64_t state = 88172645463325252u; framelog_append(deck.log, &frame) == 0;)
        for (size_t i = 0; i < sizeof noise; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            noise[i] = (char)state;
        }
    frame.bytes = 0;
    while (framelog_append(deck.log, &frame) == 0)
        ; /* what was too small for the others */
    if (deck_stop(&deck, start_ns + step_ns) == TD_E_AGAIN)
        kill(getpid(), SIGKILL);
    _exit(1);
}

static int64_t refuse_write(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    (void)ctx, (void)file, (void)data, (void)bytes, (void)offset;
    return TD_E_DISK_FULL;
}

TEST(a_stop_without_room_for_its_frame_ends_at_its_deadline)
{
    static struct deck deck;
    static char shm[512];
    const char *dir = test_tmpdir();
    struct td_os full = *td_os_linux();
    int status = -1;
    snprintf(shm, sizeof shm, "%s/frame.log", dir);
    struct deck_params params = rig_params(dir, true, symbols, SYMBOLS);
    full.disk.write_at = refuse_write;
    params.os = &full;
    params.shm_path = shm;
    params.stop_ms = 500;
    pid_t child = fork();
    if (child == 0)
        stop_with_full_log_in_child(&params);
    CHECK_EQ_I64(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    params.os = td_os_linux();
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    CHECK_EQ_I64(deck.recovery.note.cause, START_CRASH);
    CHECK(deck.recovery.last_frame > 5 && deck.recovery.taken_over == deck.recovery.last_frame);
    deck_start(&deck, start_ns + 2 * step_ns, TD_ORIGIN_SIM);
    CHECK_EQ_I64(deck_stop(&deck, start_ns + 3 * step_ns), 0);
    deck_close(&deck);
    free(params.instruments);
}
