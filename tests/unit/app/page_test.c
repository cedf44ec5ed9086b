/* The state page: whole under a racing writer, in bounds for any bytes, and honest about a writer that is gone. */
#include "app/page.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static struct page_view written, seen;

static const char *place(char path[PAGE_PATH_MAX])
{
    CHECK_EQ_I64(page_path(test_tmpdir(), "one", path), 0);
    return path;
}

static void fill(struct page_view *view, uint64_t mark)
{
    memset(view, 0, sizeof *view);
    view->deck.source_count = 1;
    view->deck.book_count = PAGE_BOOKS_MAX;
    view->deck.journal_frame = mark;
    view->source[0].state = PAGE_UP;
    for (unsigned i = 0; i < PAGE_BOOKS_MAX; i++) {
        view->book[i].changes = mark;
        view->book[i].state = TD_BOOK_PROVEN;
        view->book[i].open_kind = view->book[i].latest_kind = PAGE_KIND_NONE;
    }
}

TEST(comes_back_as_it_was)
{
    char path[PAGE_PATH_MAX];
    struct page page;
    struct page_reader reader;
    place(path);
    CHECK_EQ_I64(page_open(&reader, path), TD_E_MISSING);
    CHECK_EQ_I64(page_create(&page, path), 0);
    CHECK_EQ_I64(page_open(&reader, path), 0);
    CHECK_EQ_I64(page_read(&reader, &seen), TD_E_AGAIN); /* nothing published yet */
    fill(&written, 7);
    snprintf(written.deck.deck, sizeof written.deck.deck, "one");
    snprintf(written.book[511].bid, PAGE_NUMBER_MAX, "12345678912345.67890123");
    written.deck.published_mono_ns = 5 * TD_NS_PER_S;
    page_publish(&page, &written);
    CHECK_EQ_I64(page_read(&reader, &seen), 0);
    CHECK_EQ_MEM((const char *)&written, (const char *)&seen, sizeof seen);
    CHECK_EQ_I64(reader.pid, getpid());
    CHECK_EQ_I64(page_life(&reader, &seen, 6 * TD_NS_PER_S), PAGE_ALIVE);
    CHECK_EQ_I64(page_life(&reader, &seen, (6 + PAGE_STALE_MS / 1000) * TD_NS_PER_S), PAGE_STALLED);
    reader.pid_start++; /* another process has its number now */
    CHECK_EQ_I64(page_life(&reader, &seen, 6 * TD_NS_PER_S), PAGE_DEAD);
    page_end(&page, &written, 99);
    CHECK_EQ_I64(page_read(&reader, &seen), 0);
    CHECK_EQ_I64(seen.deck.ended_ns, 99);
    CHECK_EQ_I64(page_life(&reader, &seen, 6 * TD_NS_PER_S), PAGE_ENDED);
    page_publish(&page, &written); /* closed: passed over */
    page_reader_close(&reader);
}

TEST(a_killed_writer_is_told)
{
    char path[PAGE_PATH_MAX];
    struct page_reader reader;
    siginfo_t ended;
    place(path);
    pid_t child = fork();
    if (child == 0) {
        struct page page;
        fill(&written, 1);
        written.deck.published_mono_ns = 1;
        if (page_create(&page, path) < 0)
            _exit(1);
        page_publish(&page, &written);
        kill(getpid(), SIGKILL);
    }
    CHECK_EQ_I64(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
    CHECK_EQ_I64(ended.si_code, CLD_KILLED);
    CHECK_EQ_I64(page_open(&reader, path), 0);
    CHECK_EQ_I64(page_read(&reader, &seen), 0);
    CHECK_EQ_I64(page_life(&reader, &seen, 2), PAGE_DEAD); /* before its parent fetched it */
    CHECK_EQ_I64(waitpid(child, NULL, 0), child);
    CHECK_EQ_I64(page_life(&reader, &seen, 2), PAGE_DEAD);
    page_reader_close(&reader);
}

struct race {
    struct page page;
    atomic_bool stop;
    _Atomic uint64_t looks; /* of the reader, whole or not */
};

/* One look has room for itself: a writer without a pause would let no reader through, as it never does once a second. */
static void wait_for_look(struct race *race)
{
    uint64_t before = atomic_load(&race->looks);
    while (atomic_load(&race->looks) < before + 2 && !atomic_load(&race->stop))
        sched_yield();
}

static void *write_on(void *arg)
{
    static struct page_view view;
    struct race *race = arg;
    for (uint64_t mark = 1; !atomic_load(&race->stop); mark++) {
        fill(&view, mark);
        page_publish(&race->page, &view);
        if (mark % 4 == 0)
            wait_for_look(race);
    }
    return NULL;
}

TEST(no_read_is_torn)
{
    char path[PAGE_PATH_MAX];
    struct race race = {.stop = false};
    struct page_reader reader;
    pthread_t thread;
    unsigned whole = 0;
    place(path);
    CHECK_EQ_I64(page_create(&race.page, path), 0);
    CHECK_EQ_I64(page_open(&reader, path), 0);
    CHECK_EQ_I64(pthread_create(&thread, NULL, write_on, &race), 0);
    uint64_t torn = 0, before = 0, back = 0;
    while (whole < 100) {
        td_err err = page_read(&reader, &seen);
        atomic_fetch_add(&race.looks, 1);
        if (err < 0)
            continue;
        whole++;
        for (unsigned i = 0; i < PAGE_BOOKS_MAX; i++)
            torn += seen.book[i].changes != seen.deck.journal_frame;
        back += seen.deck.journal_frame < before;
        before = seen.deck.journal_frame;
    }
    atomic_store(&race.stop, true);
    pthread_join(thread, NULL);
    CHECK_EQ_U64(torn, 0);
    CHECK_EQ_U64(back, 0);
    page_close(&race.page);
    page_reader_close(&reader);
}

static void overwrite(const char *path, int64_t offset, const void *data, size_t bytes)
{
    int fd = open(path, O_WRONLY);
    CHECK(fd >= 0);
    CHECK_EQ_I64(pwrite(fd, data, bytes, offset), (int64_t)bytes);
    close(fd);
}

static bool ends(const char *text, size_t cap)
{
    return memchr(text, 0, cap) != NULL;
}

TEST(any_bytes_are_in_bounds)
{
    char path[PAGE_PATH_MAX];
    struct page page;
    struct page_reader reader;
    uint64_t seed = 1, even = 2, odd = 3;
    place(path);
    CHECK_EQ_I64(page_create(&page, path), 0);
    page_close(&page);
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof written / 8; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint64_t word = round == 0 ? UINT64_MAX : seed ^ seed >> 29;
            memcpy((char *)&written + 8 * i, &word, 8);
        }
        overwrite(path, 64, &written, sizeof written);
        overwrite(path, 32, &even, 8);
        CHECK_EQ_I64(page_open(&reader, path), 0);
        CHECK_EQ_I64(page_read(&reader, &seen), 0);
        CHECK(seen.deck.source_count <= TD_SOURCES_MAX && seen.deck.book_count <= PAGE_BOOKS_MAX);
        CHECK(ends(seen.deck.build, sizeof seen.deck.build));
        CHECK(isfinite(seen.deck.card.life_years) && isfinite(seen.deck.card.used_share));
        CHECK(seen.deck.board.low_voltage < PAGE_FLAGS && seen.deck.board.throttled < PAGE_FLAGS);
        for (unsigned i = 0; i < seen.deck.book_count; i++) {
            const struct page_book *book = &seen.book[i];
            CHECK(book->state <= TD_BOOK_BROKEN && isfinite(book->completeness_today));
            CHECK(book->open_kind < TD_GAP_KINDS || book->open_kind == PAGE_KIND_NONE);
            CHECK(ends(book->model.id, sizeof book->model.id));
            CHECK(isfinite(book->model.accuracy) && isfinite(book->model.probability) &&
                  isfinite(book->model.base_rate) && isfinite(book->model.brier) &&
                  isfinite(book->model.balanced_accuracy) && isfinite(book->model.ready_percent));
            CHECK(ends(book->symbol, TD_SYMBOL_MAX) && ends(book->ask_size, PAGE_NUMBER_MAX));
            CHECK(seen.deck.source_count == 0 || book->source < seen.deck.source_count);
        }
        page_reader_close(&reader);
    }
    overwrite(path, 32, &odd, 8); /* its writer died in the middle of an update */
    CHECK_EQ_I64(page_open(&reader, path), 0);
    CHECK_EQ_I64(page_read(&reader, &seen), TD_E_AGAIN);
    page_reader_close(&reader);
}

TEST(other_files_are_refused)
{
    char path[PAGE_PATH_MAX];
    struct page page;
    struct page_reader reader;
    uint32_t version = PAGE_VERSION + 1;
    uint64_t zero = 0;
    place(path);
    CHECK_EQ_I64(page_create(&page, path), 0);
    page_close(&page);
    overwrite(path, 8, &version, 4);
    CHECK_EQ_I64(page_open(&reader, path), TD_E_UNSUPPORTED);
    overwrite(path, 0, &zero, 8);
    CHECK_EQ_I64(page_open(&reader, path), TD_E_SYNTAX);
    CHECK(truncate(path, 4096) == 0);
    CHECK_EQ_I64(page_open(&reader, path), TD_E_SYNTAX);
    CHECK(truncate(path, 10) == 0);
    CHECK_EQ_I64(page_open(&reader, path), TD_E_SYNTAX);
    unlink(path);
    CHECK(mkfifo(path, 0600) == 0);
    CHECK_EQ_I64(page_open(&reader, path), TD_E_SYNTAX);
}

TEST(alarms_follow_from_the_figures)
{
    struct page_deck *deck = &written.deck;
    fill(&written, 1);
    deck->book_count = 1;
    deck->clock_state = TD_CLOCK_SYNCED;
    deck->disk_days = -1;
    deck->journal_cap_bytes = 1000;
    deck->published_mono_ns = 100 * TD_NS_PER_S;
    written.source[0].last_mono_ns = 99 * TD_NS_PER_S;
    written.source[0].silence_ms = 2000;
    written.book[0].channels = 1u << TD_CHANNEL_BOOK;
    CHECK_EQ_U64(page_alarms(&written), 0);
    deck->journal_held_bytes = 501;
    CHECK_EQ_U64(page_alarms(&written), 1u << PAGE_ALARM_JOURNAL_HALF);
    deck->journal_held_bytes = 1000;
    CHECK_EQ_U64(page_alarms(&written), 1u << PAGE_ALARM_JOURNAL_FULL);
    deck->journal_held_bytes = 0;
    written.source[0].last_mono_ns = 97 * TD_NS_PER_S;
    CHECK_EQ_U64(page_alarms(&written), 1u << PAGE_ALARM_SOURCE_SILENT);
    written.source[0].state = PAGE_BACKOFF;
    CHECK_EQ_U64(page_alarms(&written), 1u << PAGE_ALARM_SOURCE_DOWN);
    written.source[0] = (struct page_source){.state = PAGE_UP};
    written.book[0].state = TD_BOOK_BROKEN;
    CHECK_EQ_U64(page_alarms(&written), 1u << PAGE_ALARM_BOOK_UNPROVEN);
    written.book[0].channels = 1u << TD_CHANNEL_TRADES;
    CHECK_EQ_U64(page_alarms(&written), 0);
    deck->core_lag_ms = 1001;
    deck->disk_days = 1.5;
    deck->shed_level = TD_SHED_DEPTH;
    CHECK_EQ_U64(page_alarms(&written), 1u << PAGE_ALARM_CORE_LATE | 1u << PAGE_ALARM_DISK_LOW |
                                            1u << PAGE_ALARM_SHEDDING);
    deck->core_lag_ms = deck->shed_level = 0;
    deck->disk_days = -1;
    deck->board.is_hot = deck->card.worn = 1;
    CHECK_EQ_U64(page_alarms(&written), 1u << PAGE_ALARM_HOT | 1u << PAGE_ALARM_CARD_WORN);
    deck->board = (struct page_board){.is_low_voltage = 1, .is_throttled = 1};
    deck->card = (struct page_card){.over_budget = 1};
    CHECK_EQ_U64(page_alarms(&written), 1u << PAGE_ALARM_LOW_VOLTAGE | 1u << PAGE_ALARM_THROTTLED |
                                            1u << PAGE_ALARM_CARD_BUDGET);
    for (unsigned i = 0; i < PAGE_ALARMS; i++)
        CHECK(page_alarm_words[i].what[0] && page_alarm_words[i].next[0]);
}
