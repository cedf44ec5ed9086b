#include "app/page.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/start.h"
#include "base/text.h"

enum { WORD = sizeof(uint64_t), READ_TRIES = 1000 };
#define PAGE_MAGIC UINT64_C(0x6567617064746470) /* "pdtdpage" */

/* The file. The view is moved in 64-bit words, each of them stored with release and loaded with acquire: who sees a word of an update
   sees its odd sequence too. Fences would do the same, but the thread sanitizer does not know them. */
struct page_map {
    uint64_t magic;
    uint32_t version, pid;
    uint64_t view_bytes, pid_start;
    _Atomic uint64_t sequence; /* odd: an update is on its way */
    uint64_t rest[3];
    _Atomic uint64_t word[sizeof(struct page_view) / WORD];
};

_Static_assert(sizeof(struct page_view) % WORD == 0, "the view is whole words");
_Static_assert(sizeof(struct page_deck) % WORD == 0 && sizeof(struct page_source) % WORD == 0 &&
                   sizeof(struct page_book) % WORD == 0,
               "so are its parts");
_Static_assert(sizeof(struct page_map) == 64 + sizeof(struct page_view), "no padding in the file");

const struct page_alarm_words page_alarm_words[PAGE_ALARMS] = {
#define X(name, red, what, next) {red, #name, what, next},
#include "app/page_alarms.def"
#undef X
};

td_err page_path(const char *shm_dir, const char *deck, char out[PAGE_PATH_MAX])
{
    struct td_str path = td_str_on(out, PAGE_PATH_MAX);
    td_str_add_format(&path, "%s/tapedeck-%s.page", shm_dir, deck);
    return path.cut ? TD_E_RANGE : 0;
}

/* ---- alarms ---- */

enum { LAG_MS = 1000, QUEUE_PERCENT = 80, CLOCK_ERROR_NS = 100000000, DAYS_LOW = 2 };

static uint64_t bit(enum page_alarm alarm, bool is)
{
    return is ? UINT64_C(1) << alarm : 0;
}

static uint64_t stream_alarms(const struct page_view *view)
{
    uint64_t alarms = 0;
    int64_t now = view->deck.published_mono_ns;
    for (uint32_t i = 0; i < view->deck.source_count; i++) {
        const struct page_source *source = &view->source[i];
        int64_t quiet_ms = source->last_mono_ns ? (now - source->last_mono_ns) / TD_NS_PER_MS : 0;
        bool silent = source->silence_ms > 0 && quiet_ms > source->silence_ms;
        alarms |= bit(PAGE_ALARM_SOURCE_DOWN, source->state != PAGE_UP);
        alarms |= bit(PAGE_ALARM_SOURCE_SILENT, source->state == PAGE_UP && silent);
    }
    for (uint32_t i = 0; i < view->deck.book_count; i++)
        alarms |= bit(PAGE_ALARM_BOOK_UNPROVEN, (view->book[i].channels & 1u << TD_CHANNEL_BOOK) &&
                                                    view->book[i].state != TD_BOOK_PROVEN);
    return alarms;
}

uint64_t page_alarms(const struct page_view *view)
{
    const struct page_deck *deck = &view->deck;
    bool full = deck->journal_cap_bytes > 0 && deck->journal_held_bytes >= deck->journal_cap_bytes;
    bool half = deck->journal_held_bytes > deck->journal_cap_bytes / 2;
    bool unsynced = deck->clock_state == TD_CLOCK_UNSYNCED || deck->clock_error_ns > CLOCK_ERROR_NS;
    return stream_alarms(view) | bit(PAGE_ALARM_CORE_LATE, deck->core_lag_ms > LAG_MS) |
           bit(PAGE_ALARM_QUEUE_FULL, deck->queue_percent > QUEUE_PERCENT) |
           bit(PAGE_ALARM_JOURNAL_HALF, deck->journal_cap_bytes > 0 && half && !full) |
           bit(PAGE_ALARM_JOURNAL_FULL, full) |
           bit(PAGE_ALARM_DISK_ERROR, deck->writer_error[0] || deck->journal_error[0]) |
           bit(PAGE_ALARM_DISK_LOW, deck->disk_days >= 0 && deck->disk_days < DAYS_LOW) |
           bit(PAGE_ALARM_SHEDDING, deck->shed_level > TD_SHED_NONE) |
           bit(PAGE_ALARM_CLOCK, unsynced) | bit(PAGE_ALARM_DIFFERS, deck->segments_differ > 0) |
           bit(PAGE_ALARM_ALLOCATION, deck->allocations > 0) |
           bit(PAGE_ALARM_HOT, deck->board.is_hot == 1) |
           bit(PAGE_ALARM_LOW_VOLTAGE, deck->board.is_low_voltage == 1) |
           bit(PAGE_ALARM_THROTTLED, deck->board.is_throttled == 1) |
           bit(PAGE_ALARM_CARD_BUDGET, deck->card.over_budget == 1) |
           bit(PAGE_ALARM_CARD_WORN, deck->card.worn == 1);
}

/* ---- processes ---- */

/* Field 22 of /proc/<pid>/stat: ticks since boot at which it began; 0 when there is no such process, or only what its parent has not
   fetched yet. A process's name may hold anything but a slash, so counting begins behind the last bracket. */
static uint64_t process_start(uint32_t pid)
{
    char path[48], text[1024];
    enum { FIELDS_BEHIND_NAME = 20 };
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = 0;
    char *at = strrchr(text, ')');
    if (at && at[1] == ' ' && (at[2] == 'Z' || at[2] == 'X'))
        return 0;
    for (int field = 0; at && field < FIELDS_BEHIND_NAME; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at + 1, NULL, 10) : 0;
}

/* ---- writing ---- */

static td_err map_file(int fd, int protection, struct page_map **map)
{
    void *at = mmap(NULL, sizeof **map, protection, MAP_SHARED, fd, 0);
    TD_FAIL_IF(at == MAP_FAILED, TD_E_IO);
    *map = at;
    return 0;
}

static td_err fill_file(struct page *page, int fd)
{
    TD_FAIL_IF(ftruncate(fd, sizeof *page->map) < 0, TD_E_IO);
    TD_TRY(map_file(fd, PROT_READ | PROT_WRITE, &page->map));
    page->map->version = PAGE_VERSION;
    page->map->pid = (uint32_t)getpid();
    page->map->view_bytes = sizeof(struct page_view);
    page->map->pid_start = process_start(page->map->pid);
    page->map->magic = PAGE_MAGIC;
    return 0;
}

td_err page_create(struct page *page, const char *path)
{
    char beside[PAGE_PATH_MAX + 8];
    struct td_str name = td_str_on(beside, sizeof beside);
    page->map = NULL;
    td_str_add_format(&name, "%s.new", path);
    unlink(beside);
    int fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    TD_FAIL_IF(fd < 0 || name.cut, TD_E_IO);
    td_err err = fill_file(page, fd);
    close(fd);
    if (err == 0 && rename(beside, path) < 0)
        err = TD_E_IO;
    if (err < 0) {
        unlink(beside);
        page_close(page);
    }
    return err;
}

static void store(_Atomic uint64_t *to, const void *from, size_t bytes)
{
    for (size_t i = 0; i < bytes / WORD; i++) {
        uint64_t word;
        memcpy(&word, (const char *)from + i * WORD, WORD);
        atomic_store_explicit(&to[i], word, memory_order_release);
    }
}

static uint32_t at_most(uint32_t count, uint32_t most)
{
    return count < most ? count : most;
}

/* deck, sources, books: each part's place in words, and how much of it is filled. */
struct part {
    size_t offset, bytes;
};
static void parts_of(uint32_t sources, uint32_t books, struct part part[3])
{
    part[0] = (struct part){0, sizeof(struct page_deck)};
    part[1] = (struct part){offsetof(struct page_view, source),
                            at_most(sources, TD_SOURCES_MAX) * sizeof(struct page_source)};
    part[2] = (struct part){offsetof(struct page_view, book),
                            at_most(books, PAGE_BOOKS_MAX) * sizeof(struct page_book)};
}

void page_publish(struct page *page, const struct page_view *view)
{
    struct page_map *map = page->map;
    struct part part[3];
    if (!map)
        return;
    uint64_t sequence = atomic_load_explicit(&map->sequence, memory_order_relaxed);
    atomic_store_explicit(&map->sequence, sequence + 1, memory_order_relaxed);
    parts_of(view->deck.source_count, view->deck.book_count, part);
    for (int i = 0; i < 3; i++)
        store(&map->word[part[i].offset / WORD], (const char *)view + part[i].offset,
              part[i].bytes);
    atomic_store_explicit(&map->sequence, sequence + 2, memory_order_release);
}

void page_end(struct page *page, struct page_view *view, int64_t now_ns)
{
    view->deck.ended_ns = now_ns;
    page_publish(page, view);
    page_close(page);
}

void page_close(struct page *page)
{
    if (page->map)
        munmap(page->map, sizeof *page->map);
    page->map = NULL;
}

/* ---- reading ---- */

/* A file that is cut shorter later would turn a read into a signal, so its writer never does: a new page is a new file. */
td_err page_open(struct page_reader *reader, const char *path)
{
    struct stat st;
    *reader = (struct page_reader){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    TD_FAIL_IF(fd < 0, errno == ENOENT ? TD_E_MISSING : TD_E_IO);
    td_err err = fstat(fd, &st) < 0                              ? TD_E_IO
                 : !S_ISREG(st.st_mode) || st.st_size < 64       ? TD_E_SYNTAX
                 : (size_t)st.st_size != sizeof(struct page_map) ? TD_E_UNSUPPORTED
                                                                 : 0;
    uint64_t magic = 0;
    if (err == TD_E_UNSUPPORTED && (pread(fd, &magic, WORD, 0) != WORD || magic != PAGE_MAGIC))
        err = TD_E_SYNTAX;
    if (err == 0)
        err = map_file(fd, PROT_READ, &reader->map);
    close(fd);
    TD_TRY(err);
    const struct page_map *map = reader->map;
    if (map->magic != PAGE_MAGIC)
        err = TD_E_SYNTAX;
    else if (map->version != PAGE_VERSION || map->view_bytes != sizeof(struct page_view))
        err = TD_E_UNSUPPORTED;
    reader->pid = map->pid;
    reader->pid_start = map->pid_start;
    if (err < 0)
        page_reader_close(reader);
    return err;
}

static void load(void *to, _Atomic uint64_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes / WORD; i++) {
        uint64_t word = atomic_load_explicit(&from[i], memory_order_acquire);
        memcpy((char *)to + i * WORD, &word, WORD);
    }
}

/* The counts of a half-written page may be anything; they only bound what is copied. */
static bool try_read(struct page_map *map, struct page_view *view)
{
    struct part part[3];
    uint64_t before = atomic_load_explicit(&map->sequence, memory_order_acquire);
    load(&view->deck, map->word, sizeof view->deck);
    parts_of(view->deck.source_count, view->deck.book_count, part);
    for (int i = 1; i < 3; i++)
        load((char *)view + part[i].offset, &map->word[part[i].offset / WORD], part[i].bytes);
    uint64_t after = atomic_load_explicit(&map->sequence, memory_order_relaxed);
    return before == after && before % 2 == 0 && before > 0;
}

static void bound(uint32_t *value, uint32_t count, uint32_t instead)
{
    if (*value >= count)
        *value = instead;
}

/* Ended, and without what a terminal would act upon. */
static void end_text(char *text, size_t cap)
{
    text[cap - 1] = 0;
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

static void bound_real(double *value, double instead)
{
    if (!isfinite(*value))
        *value = instead;
}

static void clean_deck(struct page_deck *deck)
{
    end_text(deck->build, sizeof deck->build);
    end_text(deck->deck, sizeof deck->deck);
    end_text(deck->data_dir, sizeof deck->data_dir);
    end_text(deck->writer_error, sizeof deck->writer_error);
    end_text(deck->journal_error, sizeof deck->journal_error);
    deck->source_count = at_most(deck->source_count, TD_SOURCES_MAX);
    deck->book_count = at_most(deck->book_count, PAGE_BOOKS_MAX);
    bound(&deck->start_cause, START_CAUSES, START_FIRST);
    bound(&deck->shed_level, TD_SHED_LEVELS, TD_SHED_NONE);
    bound(&deck->clock_state, TD_CLOCK_HOLDOVER + 1, TD_CLOCK_UNSYNCED);
    bound(&deck->clock_method, TD_CLOCK_FLOOR + 1, TD_CLOCK_NONE);
    bound_real(&deck->syncs_per_s, 0);
    bound_real(&deck->disk_days, -1);
    bound_real(&deck->card.life_years, -1);
    bound_real(&deck->card.used_share, -1);
    bound(&deck->board.low_voltage, PAGE_FLAGS, PAGE_FLAG_UNKNOWN);
    bound(&deck->board.throttled, PAGE_FLAGS, PAGE_FLAG_UNKNOWN);
}

static void clean_source(struct page_source *source)
{
    end_text(source->name, sizeof source->name);
    end_text(source->error, sizeof source->error);
    bound(&source->state, PAGE_SOURCE_STATES, PAGE_CONNECTING);
    bound_real(&source->frames_per_s, 0);
    bound_real(&source->bytes_per_s, 0);
}

static void clean_model(struct page_model *model)
{
    end_text(model->id, sizeof model->id);
    bound_real(&model->ready_percent, 0);
    bound_real(&model->accuracy, -1);
    bound_real(&model->balanced_accuracy, -1);
    bound_real(&model->brier, -1);
    bound_real(&model->base_rate, -1);
    bound_real(&model->probability, -1);
}

static void clean_book(struct page_book *book, uint32_t sources)
{
    end_text(book->exchange, sizeof book->exchange);
    end_text(book->symbol, sizeof book->symbol);
    end_text(book->bid, sizeof book->bid);
    end_text(book->ask, sizeof book->ask);
    end_text(book->bid_size, sizeof book->bid_size);
    end_text(book->ask_size, sizeof book->ask_size);
    bound(&book->source, sources, 0);
    bound(&book->state, TD_BOOK_BROKEN + 1, TD_BOOK_SYNCING);
    bound(&book->open_kind, TD_GAP_KINDS, PAGE_KIND_NONE);
    bound(&book->open_channel, TD_CHANNEL_ALL + 1, TD_CHANNEL_ALL);
    bound(&book->latest_kind, TD_GAP_KINDS, PAGE_KIND_NONE);
    bound_real(&book->completeness_today, -1);
    clean_model(&book->model);
}

td_err page_read(struct page_reader *reader, struct page_view *view)
{
    int tries = 0;
    while (!try_read(reader->map, view))
        if (++tries == READ_TRIES)
            return TD_E_AGAIN;
    clean_deck(&view->deck);
    for (uint32_t i = 0; i < view->deck.source_count; i++)
        clean_source(&view->source[i]);
    for (uint32_t i = 0; i < view->deck.book_count; i++)
        clean_book(&view->book[i], view->deck.source_count);
    return 0;
}

enum page_life page_life(const struct page_reader *reader, const struct page_view *view,
                         int64_t mono_ns)
{
    if (view->deck.ended_ns)
        return PAGE_ENDED;
    uint64_t start = process_start(reader->pid);
    if (start == 0 || start != reader->pid_start)
        return PAGE_DEAD;
    int64_t age_ns;
    bool late = __builtin_sub_overflow(mono_ns, view->deck.published_mono_ns, &age_ns) ||
                age_ns > PAGE_STALE_MS * TD_NS_PER_MS;
    return late ? PAGE_STALLED : PAGE_ALIVE;
}

void page_reader_close(struct page_reader *reader)
{
    if (reader->map)
        munmap(reader->map, sizeof *reader->map);
    reader->map = NULL;
}
