/* A deck from the first frame to the files: its journal is what was fed, and what was fed makes its files. */
#include "app/deck.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/seal.h"
#include "deck_feed.h"
#include "journal/reader.h"
#include "rig.h"
#include "tree.h"

/* ---- decks ---------------------------------------------------------------------------------------------------------- */

static struct deck_params params_of(const char *data_dir, bool journal)
{
    return rig_params(data_dir, journal, symbols, SYMBOLS);
}

static void feed(struct deck *deck, int from, int end)
{
    for (int i = from; i < end; i++) {
        struct td_frame frame = made(i)->frame;
        deck_feed(deck, &frame);
    }
}

/* Frames from..end-1 through a deck on data_dir. */
static void run(const char *data_dir, bool journal, int from, int end)
{
    static struct deck deck;
    struct deck_params params = params_of(data_dir, journal);
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    deck_start(&deck, start_ns + from * step_ns, TD_ORIGIN_SIM);
    feed(&deck, from, end);
    CHECK_EQ_I64(deck_stop(&deck, start_ns + end * step_ns), 0);
    deck_close(&deck);
    free(params.instruments);
}

static const char *below(const char *folder, const char *name)
{
    static char path[2][512];
    static unsigned turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* ---- the journal read back -------------------------------------------------------------------------------------------- */

static struct journal_reader *journal_of(const char *data_dir, void **mem)
{
    static char folder[512];
    struct journal_reader *reader = NULL;
    snprintf(folder, sizeof folder, "%s/journal", data_dir);
    *mem = aligned_alloc(64, (journal_reader_footprint() + 63) & ~(size_t)63);
    CHECK_EQ_I64(journal_reader_open(*mem, &td_os_linux()->disk, folder, 0, &reader), 0);
    return reader;
}

static void check_same(const struct td_frame *got, const struct td_frame *want, uint64_t number)
{
    CHECK_EQ_U64(got->number, number);
    CHECK_EQ_I64(got->recv_ns, want->recv_ns);
    CHECK_EQ_I64(got->mono_ns, want->mono_ns);
    CHECK_EQ_I64(got->kind, want->kind);
    CHECK_EQ_I64(got->origin, want->origin);
    CHECK_EQ_I64(got->source, want->source);
    CHECK_EQ_I64(got->status, want->status);
    CHECK_EQ_I64(got->conn, want->conn);
    CHECK_EQ_I64(got->bytes, want->bytes);
    CHECK_EQ_MEM(got->payload, want->payload, want->bytes);
}

/* The next frame is that kind with that text, stamped so. */
static void check_device(struct journal_reader *reader, uint64_t number, enum td_frame_kind kind,
                         int64_t ns, const char *text)
{
    struct td_frame frame;
    struct journal_damage damage;
    CHECK_EQ_I64(journal_reader_next(reader, &frame, &damage), 1);
    CHECK_EQ_U64(frame.number, number);
    CHECK_EQ_I64(frame.kind, kind);
    CHECK_EQ_I64(frame.recv_ns, ns);
    CHECK_EQ_I64(frame.source, TD_SOURCE_NONE);
    CHECK(frame.bytes >= strlen(text)); /* START says more below its first line */
    CHECK_EQ_MEM(frame.payload, text, strlen(text));
}

/* START, CONFIG, the frames from..end-1; the number of the last. */
static uint64_t check_run(struct journal_reader *reader, uint64_t first, int from, int end)
{
    struct td_frame frame;
    struct journal_damage damage;
    check_device(reader, first, TD_FRAME_START, start_ns + from * step_ns, deck_build());
    check_device(reader, first + 1, TD_FRAME_CONFIG, start_ns + from * step_ns,
                 "[deck]\nid = test\n");
    first += 2;
    for (int i = from; i < end; i++) {
        CHECK_EQ_I64(journal_reader_next(reader, &frame, &damage), 1);
        check_same(&frame, &made(i)->frame, first++);
    }
    return first - 1;
}

static void check_end(struct journal_reader *reader)
{
    struct td_frame frame;
    struct journal_damage damage;
    CHECK_EQ_I64(journal_reader_next(reader, &frame, &damage), 0);
}

TEST(the_journal_holds_what_was_fed)
{
    const char *dir = test_tmpdir();
    void *mem;
    run(dir, true, 0, FRAMES);
    CHECK_EQ_U64(td_seal_violations(), 0);
    struct journal_reader *reader = journal_of(dir, &mem);
    uint64_t last = check_run(reader, 1, 0, FRAMES);
    check_device(reader, last + 1, TD_FRAME_STOP, start_ns + FRAMES * step_ns, "");
    check_end(reader);
    journal_reader_close(reader);
    free(mem);
}

/* ---- replay makes the same files ----------------------------------------------------------------------------------------- */

/* The journalled frames between CONFIG and STOP through a deck without a journal. */
static void replay(const char *from_dir, const char *to_dir)
{
    static struct deck deck;
    struct deck_params params = params_of(to_dir, false);
    struct td_frame frame;
    struct journal_damage damage;
    void *mem;
    struct journal_reader *reader = journal_of(from_dir, &mem);
    CHECK_EQ_I64(journal_reader_next(reader, &frame, &damage), 1);
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    deck_start(&deck, frame.recv_ns, (enum td_origin)frame.origin);
    CHECK_EQ_I64(journal_reader_next(reader, &frame, &damage), 1);
    for (;;) {
        CHECK_EQ_I64(journal_reader_next(reader, &frame, &damage), 1);
        if (frame.kind == TD_FRAME_STOP)
            break;
        uint64_t number = frame.number;
        deck_feed(&deck, &frame);
        CHECK_EQ_U64(frame.number, number);
    }
    CHECK_EQ_I64(deck_stop(&deck, frame.recv_ns), 0);
    deck_close(&deck);
    journal_reader_close(reader);
    free(mem);
    free(params.instruments);
}

static unsigned segments_of(const struct tree *tree, const char *table, const char *hour)
{
    unsigned found = 0;
    for (unsigned i = 0; i < tree->count; i++) {
        const char *path = tree->file[i].path;
        bool segment = strstr(path, ".parquet") != NULL && strstr(path, ".json") == NULL;
        found += segment && strncmp(path, table, strlen(table)) == 0 && strstr(path, hour) != NULL;
    }
    return found;
}

TEST(replay_of_the_journal_gives_the_same_files)
{
    static struct tree live, again;
    char live_dir[256], again_dir[256];
    snprintf(live_dir, sizeof live_dir, "%s", test_tmpdir());
    snprintf(again_dir, sizeof again_dir, "%s", test_tmpdir());
    run(live_dir, true, 0, FRAMES);
    replay(live_dir, again_dir);
    tree_read(&live, below(live_dir, "ready"));
    tree_read(&again, below(again_dir, "ready"));
    CHECK_EQ_I64(segments_of(&live, "book/", "hour=22"), SYMBOLS);
    CHECK_EQ_I64(segments_of(&live, "book/", "hour=23"), SYMBOLS);
    CHECK_EQ_I64(segments_of(&live, "trades/", "hour=23"), SYMBOLS);
    CHECK(segments_of(&live, "gaps/", "hour=22") >= 2);
    tree_check_holds(&live, &again);
    tree_check_holds(&again, &live);
    tree_read(&live, below(live_dir, "active"));
    CHECK_EQ_I64(live.count, 0);
}

/* ---- a deck that is killed ------------------------------------------------------------------------------------------------- */

/* In the child: feeds, waits for the journal's promise, tells it, feeds on and is killed in the middle. */
static void feed_and_die(const char *dir, int report_fd)
{
    static struct deck deck;
    struct deck_params params = params_of(dir, true);
    if (deck_open(&deck, &params) < 0)
        _exit(1);
    deck_start(&deck, start_ns, TD_ORIGIN_SIM);
    feed(&deck, 0, FRAMES / 2);
    uint64_t synced, wanted = 2 + FRAMES / 2;
    for (;;) {
        uint32_t seen = td_doorbell_seen(&deck.synced_bell);
        synced = atomic_load(&deck.synced_frame);
        if (synced >= wanted)
            break;
        td_doorbell_wait(&deck.synced_bell, seen, -1);
    }
    if (write(report_fd, &synced, sizeof synced) != sizeof synced)
        _exit(1);
    feed(&deck, FRAMES / 2, FRAMES);
    raise(SIGKILL);
}

static uint64_t promised_before_death(const char *dir)
{
    int pipe_fd[2], status = 0;
    uint64_t promised = 0;
    CHECK(pipe(pipe_fd) == 0);
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        feed_and_die(dir, pipe_fd[1]);
        _exit(1);
    }
    close(pipe_fd[1]);
    ssize_t got = read(pipe_fd[0], &promised, sizeof promised);
    close(pipe_fd[0]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQ_I64(got, sizeof promised);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return promised;
}

TEST(a_killed_deck_keeps_its_promise)
{
    const char *dir = test_tmpdir();
    struct td_frame frame;
    struct journal_damage damage;
    void *mem;
    uint64_t promised = promised_before_death(dir);
    CHECK(promised >= 2 + FRAMES / 2);
    struct journal_reader *reader = journal_of(dir, &mem);
    uint64_t number = check_run(reader, 1, 0, (int)promised - 2);
    int got;
    while ((got = journal_reader_next(reader, &frame, &damage)) ==
           1) { /* more than promised may stand, nothing else */
        check_same(&frame, &made((int)number - 2)->frame, number + 1);
        number++;
    }
    CHECK_EQ_I64(got, 0);
    CHECK(number <= 2 + FRAMES);
    journal_reader_close(reader);
    free(mem);
}

/* ---- a journal that is full ------------------------------------------------------------------------------------------------- */

/* Twelve hours of 200 kB go through a journal of 1 MB: what was sealed an hour before makes room. */
TEST(the_journal_forgets_sealed_hours)
{
    enum { HOURS = 12, FRAMES_AN_HOUR = 2 };
    static struct deck deck;
    const char *dir = test_tmpdir();
    struct deck_params params = params_of(dir, true);
    params.journal_file_bytes = 256 << 10;
    params.journal_max_bytes = 1 << 20;
    params.log_term_bytes = 1 << 20;
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    deck_start(&deck, start_ns, TD_ORIGIN_SIM);
    for (int hour = 0; hour < HOURS; hour++) {
        uint64_t last = feed_noise(&deck, FRAMES_AN_HOUR, start_ns + hour * TD_NS_PER_HOUR);
        while (hour > 0 && writer_stats(deck.writer).sealed_frame + FRAMES_AN_HOUR <= last)
            sched_yield(); /* the hour before is being sealed */
    }
    CHECK_EQ_I64(deck_stop(&deck, start_ns + HOURS * TD_NS_PER_HOUR), 0);
    CHECK(journal_stats(deck.journal).payload_bytes > 2 * (uint64_t)params.journal_max_bytes);
    deck_close(&deck);
    free(params.instruments);
}

/* ---- folders ------------------------------------------------------------------------------------------------------------------ */

TEST(a_folder_has_one_deck)
{
    static struct deck first, second;
    const char *dir = test_tmpdir();
    struct deck_params params = params_of(dir, false), other = params_of(dir, false);
    CHECK_EQ_I64(deck_open(&first, &params), 0);
    CHECK_EQ_I64(deck_open(&second, &other), TD_E_BUSY);
    deck_close(&second);
    CHECK_EQ_I64(deck_open(&second, &other), TD_E_BUSY); /* the refused one took nothing away */
    deck_close(&second);
    deck_close(&first);
    CHECK_EQ_I64(deck_open(&second, &other), 0);
    deck_close(&second);
    free(params.instruments);
    free(other.instruments);
}

TEST(a_restart_in_the_hour_replaces_no_file)
{
    static struct tree before, after;
    const char *dir = test_tmpdir();
    void *mem;
    run(dir, true, 0, 1000);
    tree_read(&before, below(dir, "ready"));
    CHECK_EQ_I64(segments_of(&before, "book/", "hour=22"), SYMBOLS);
    run(dir, true, 1000, 2000);
    tree_read(&after, below(dir, "ready"));
    tree_check_holds(&after, &before);
    CHECK(segments_of(&after, "book/", "hour=22") >= 2 * SYMBOLS);
    struct journal_reader *reader = journal_of(dir, &mem);
    uint64_t last = check_run(reader, 1, 0, 1000);
    check_device(reader, last + 1, TD_FRAME_STOP, start_ns + 1000 * step_ns, "");
    last = check_run(reader, last + 2, 1000, 2000); /* numbers go on */
    check_device(reader, last + 1, TD_FRAME_STOP, start_ns + 2000 * step_ns, "");
    check_end(reader);
    journal_reader_close(reader);
    free(mem);
}

/* A clock that was set back: the second run has the stamps of the first. */
TEST(a_restart_with_the_same_stamps_replaces_no_file)
{
    static struct tree before, after;
    const char *dir = test_tmpdir();
    run(dir, false, 0, 500);
    tree_read(&before, below(dir, "ready"));
    run(dir, false, 0, 600);
    tree_read(&after, below(dir, "ready"));
    tree_check_holds(&after, &before);
    CHECK_EQ_I64(segments_of(&after, "book/", "hour=22"), 2 * SYMBOLS);
}

/* ---- readers beside the core ---------------------------------------------------------------------------------------------------- */

static struct {
    struct deck deck;
    _Atomic bool done;
    _Atomic uint64_t looks, wrong;
} watched;

/* What is shown never runs back, and every trade is one that the feed made. */
static void *watch(void *arg)
{
    static struct deck_status status;
    static struct trade_kept kept[TRADE_RECENT];
    uint64_t frames = 0;
    (void)arg;
    while (!atomic_load(&watched.done)) {
        deck_status_copy(&watched.deck, &status);
        if (status.frames < frames)
            atomic_fetch_add(&watched.wrong, 1);
        frames = status.frames;
        uint32_t count =
            trade_ring_recent(core_trades_of(watched.deck.core, 0), TRADE_RECENT, kept);
        for (uint32_t i = 0; i < count; i++)
            if (kept[i].trade_id < 1000 || kept[i].size_scale != 4 ||
                (i > 0 && kept[i].trade_id >= kept[i - 1].trade_id))
                atomic_fetch_add(&watched.wrong, 1);
        atomic_fetch_add(&watched.looks, 1);
    }
    return NULL;
}

TEST(readers_beside_the_core_see_whole_things)
{
    struct deck_params params = params_of(test_tmpdir(), true);
    pthread_t thread;
    static struct deck_status last;
    CHECK_EQ_I64(deck_open(&watched.deck, &params), 0);
    CHECK(pthread_create(&thread, NULL, watch, NULL) == 0);
    while (atomic_load(&watched.looks) == 0)
        continue;
    deck_start(&watched.deck, start_ns, TD_ORIGIN_SIM);
    feed(&watched.deck, 0, FRAMES);
    CHECK_EQ_I64(deck_stop(&watched.deck, start_ns + FRAMES * step_ns), 0);
    atomic_store(&watched.done, true);
    pthread_join(thread, NULL);
    CHECK_EQ_U64(atomic_load(&watched.wrong), 0);
    deck_status_copy(&watched.deck, &last);
    CHECK(last.frames > 0 && last.frames <= FRAMES + 3);
    CHECK_EQ_I64(last.book_count, SYMBOLS);
    CHECK_EQ_STR(last.book[0].symbol, symbols[0]);
    deck_close(&watched.deck);
    free(params.instruments);
}
