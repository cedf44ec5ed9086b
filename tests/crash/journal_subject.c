/* The journal alone: frames that are a function of their number, a sync now and then, files used again, one orderly reopening. */
#include <stdlib.h>
#include <string.h>

#include "crash/crash.h"
#include "journal/journal.h"
#include "journal/reader.h"

enum {
    FRAMES = 2400,
    MORE = 60,
    NUMBERS = FRAMES + 3 * MORE, /* two recoveries add to them */
    SYNC_EVERY = 17,
    PAYLOAD_MAX = 1200,
    LONG_BYTES = 100 << 10, /* more than a block of these small files holds */
    KEPT_BACK = 700,
};

static const char folder[] = "data/journal";

static struct journal_params params_on(struct sim_disk *disk)
{
    return (struct journal_params){.disk = sim_disk_table(disk),
                                   .folder = folder,
                                   .deck = "crash",
                                   .file_bytes = 256 << 10,
                                   .max_bytes = 16 << 20,
                                   .level = 1,
                                   .zstd_frame_blocks = 4};
}

/* Half words, half noise; one frame in 500 is longer than a block. */
static void make_frame(struct td_frame *frame, uint64_t number)
{
    uint64_t state = number, word = 0;
    uint32_t bytes = (uint32_t)(crash_random(&state) % PAYLOAD_MAX);
    if (number % 500 == 77)
        bytes = LONG_BYTES;
    char *payload = malloc(bytes + 1);
    TD_ASSERT(payload != NULL, "memory for the frames");
    for (uint32_t i = 0; i < bytes; i++) {
        if (i % 8 == 0)
            word = crash_random(&state);
        payload[i] = i % 16 < 8 ? "\"price\":"[i % 8] : (char)(word >> i % 8 * 8);
    }
    *frame = (struct td_frame){.number = number,
                               .recv_ns = (int64_t)number * 1000003,
                               .mono_ns = (int64_t)number * 1000003 - 17,
                               .payload = payload,
                               .bytes = bytes,
                               .conn = (uint32_t)(number % 5),
                               .kind = TD_FRAME_WS_TEXT};
}

static const struct td_frame *frame_of(uint64_t number)
{
    static struct td_frame frames[NUMBERS + 1];
    TD_ASSERT(number >= 1 && number <= NUMBERS, "a frame of the table");
    if (frames[number].number == 0)
        make_frame(&frames[number], number);
    return &frames[number];
}

static void *once(void **memory, size_t bytes)
{
    if (*memory == NULL)
        *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    TD_ASSERT(*memory != NULL, "memory for the subject");
    return *memory;
}

static td_err sync_now(struct journal *journal, struct crash_run *run)
{
    uint64_t safe;
    TD_TRY(journal_flush(journal));
    TD_TRY(journal_sync(journal, &safe));
    if (run)
        run->now.promised = safe;
    return 0;
}

/* Appends first..last and syncs as it goes. */
static td_err record(struct journal *journal, uint64_t first, uint64_t last, struct crash_run *run)
{
    for (uint64_t n = first; n <= last; n++) {
        if (run)
            run->now.taken = n;
        TD_TRY(journal_append(journal, frame_of(n)));
        if (n % SYNC_EVERY == 0)
            TD_TRY(sync_now(journal, run));
        if (n % 100 == 0 && n > KEPT_BACK) {
            journal_keep_from(journal, n - KEPT_BACK);
            if (run)
                run->now.keep = n - KEPT_BACK;
        }
    }
    return sync_now(journal, run);
}

static td_err open_on(struct sim_disk *disk, struct journal **journal)
{
    static void *memory;
    struct journal_params params = params_on(disk);
    return journal_open(once(&memory, journal_footprint(&params)), &params, journal);
}

static void reference(struct crash_run *run)
{
    struct journal *journal;
    crash_watch(run);
    for (uint64_t part = 0; part < 2; part++) {
        td_err err = open_on(run->disk, &journal);
        if (err == 0)
            err = record(journal, part * FRAMES / 2 + 1, (part + 1) * FRAMES / 2, run);
        if (err == 0)
            err = journal_close(journal);
        TD_ASSERT(err == 0, "the reference runs");
    }
    crash_unwatch(run);
}

static bool same(const struct td_frame *got)
{
    if (got->number > NUMBERS)
        return false;
    const struct td_frame *want = frame_of(got->number);
    return got->recv_ns == want->recv_ns && got->mono_ns == want->mono_ns &&
           got->bytes == want->bytes && got->conn == want->conn && got->kind == want->kind &&
           memcmp(got->payload, want->payload, want->bytes) == 0;
}

/* holes: among what was promised. A block that was never synced may be missing before one that came through by chance; the writer
   then goes on behind both. */
struct found {
    uint64_t first, last, holes;
};

/* What recoveries had to leave out of the numbers. */
struct memory {
    unsigned holes;
    struct {
        uint64_t after, next;
    } hole[2];
};

static bool is_known(const struct crash_trial *trial, uint64_t last, uint64_t next)
{
    const struct memory *memory = trial->memory;
    for (unsigned i = 0; i < memory->holes; i++)
        if (last >= memory->hole[i].after && next <= memory->hole[i].next)
            return true;
    return false;
}

static bool read_all(struct sim_disk *disk, struct crash_trial *trial, struct found *found)
{
    static void *memory;
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame frame;
    int got;
    *found = (struct found){0};
    td_err err = journal_reader_open(once(&memory, journal_reader_footprint()),
                                     sim_disk_table(disk), folder, 0, &reader);
    if (err == TD_E_MISSING)
        return true;
    if (err < 0)
        return crash_fails(trial, "the journal does not open: %s", td_err_name(err));
    while ((got = journal_reader_next(reader, &frame, &damage)) != 0) {
        if (got < 0) /* the numbers tell whether anything is missing because of it */
            continue;
        if (found->last != 0 && frame.number != found->last + 1 &&
            frame.number > trial->expect.keep && found->last < trial->expect.promised &&
            !is_known(trial, found->last, frame.number))
            found->holes++;
        if (found->first == 0)
            found->first = frame.number;
        found->last = frame.number;
        if (!same(&frame)) {
            journal_reader_close(reader);
            return crash_fails(trial, "frame %llu is not what was recorded",
                               (unsigned long long)frame.number);
        }
    }
    journal_reader_close(reader);
    return true;
}

static bool holds_promise(struct crash_trial *trial, const struct found *found, const char *when)
{
    const struct crash_note *expect = &trial->expect;
    uint64_t keep = expect->keep ? expect->keep : 1;
    if (found->last < expect->promised)
        return crash_fails(trial, "%s frame %llu is the last, %llu was promised", when,
                           (unsigned long long)found->last, (unsigned long long)expect->promised);
    if (expect->promised >= keep && found->first > keep)
        return crash_fails(trial, "%s frame %llu is the first, %llu was to be kept", when,
                           (unsigned long long)found->first, (unsigned long long)keep);
    if (found->holes)
        return crash_fails(trial, "%s there are %llu holes", when,
                           (unsigned long long)found->holes);
    return true;
}

static bool recover(struct sim_disk *disk, struct crash_trial *trial)
{
    struct found before, after;
    struct journal *journal;
    if (!read_all(disk, trial, &before) || !holds_promise(trial, &before, "before recovery"))
        return false;
    if (before.last > trial->expect.taken)
        return crash_fails(trial, "frame %llu was never given", (unsigned long long)before.last);
    if (trial->run)
        crash_watch(trial->run);
    if (trial->run)
        trial->run->now = (struct crash_note){before.last, trial->expect.taken, trial->expect.keep};
    td_err err = open_on(disk, &journal);
    if (err < 0)
        return crash_fails(trial, "journal_open: %s", td_err_name(err));
    uint64_t last = journal_last_frame(journal);
    if (last < before.last || last > trial->expect.taken)
        return crash_fails(trial, "the writer found frame %llu, the reader %llu",
                           (unsigned long long)last, (unsigned long long)before.last);
    struct memory *memory = trial->memory;
    memory->hole[memory->holes].after = before.last;
    memory->hole[memory->holes++].next = last + 1;
    err = record(journal, last + 1, last + MORE, trial->run);
    if (last + MORE > KEPT_BACK + 100) /* it may have given up more by itself */
        trial->expect.keep = (last + MORE) / 100 * 100 - KEPT_BACK;
    td_err closed = journal_close(journal);
    if (trial->run)
        crash_unwatch(trial->run);
    if (err < 0 || closed < 0)
        return crash_fails(trial, "recording on: %s", td_err_name(err < 0 ? err : closed));
    if (!read_all(disk, trial, &after) || !holds_promise(trial, &after, "after recovery"))
        return false;
    uint64_t end = last + MORE;
    return after.last == end ||
           crash_fails(trial, "frame %llu is the last, not %llu", (unsigned long long)after.last,
                       (unsigned long long)end);
}

const struct crash_subject crash_journal = {.name = "journal",
                                            .memory_bytes = sizeof(struct memory),
                                            .reference = reference,
                                            .recover = recover};
