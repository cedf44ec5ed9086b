/* The whole deck without threads: three venues over two hours, hour seals, checkpoints, size seals, a stop. After a cut it is opened on what
   is left, goes on with the feed, and stops. */
#include <stdlib.h>
#include <string.h>

#include "app/deck.h"
#include "crash/crash.h"
#include "crash/deck_rig.h"
#include "crash/feed.h"
#include "crash/ready.h"
#include "journal/reader.h"

enum { MORE = 48, ALL_THE_REST = 32, TOLD_AGAIN = 48, RUNS_MAX = 4 };

static const char config_text[] = RIG_CONFIG;
static const char *log_path;
static int64_t now_stopped;

/* ---- a deck -------------------------------------------------------------------------------------------------------------- */

static void turn(struct deck *deck)
{
    while (deck_turn(deck))
        continue;
}

/* Frames from..end-1; run: keeps its notes. */
static void feed(struct deck *deck, int from, int end, struct crash_run *run)
{
    for (int i = from; i < end; i++) {
        struct td_frame frame = *feed_frame(i);
        rig_now_ns = frame.recv_ns > rig_now_ns ? frame.recv_ns : rig_now_ns;
        deck_feed(deck, &frame);
        if (run)
            run->now.taken = frame.number;
        if (!feed_pauses_after(i) && i % 5 != 0)
            continue;
        rig_now_ns += feed_pauses_after(i) ? 1200 * TD_NS_PER_MS : 0;
        turn(deck);
    }
}

static int64_t start_before(int first)
{
    return feed_time(first) - 200 * TD_NS_PER_MS;
}

static void begin(struct deck *deck, int first, struct crash_run *run)
{
    rig_now_ns = start_before(first);
    if (run)
        run->promised = &deck->synced_frame;
    deck_start(deck, rig_now_ns, TD_ORIGIN_SIM);
    if (run)
        run->now.taken = deck->first_frame + 1;
}

static td_err end(struct deck *deck, struct crash_run *run)
{
    rig_now_ns += 100 * TD_NS_PER_MS;
    if (run)
        run->now.taken++; /* STOP */
    now_stopped = rig_now_ns;
    td_err err = deck_stop(deck, rig_now_ns);
    if (run) {
        run->now.promised = atomic_load(&deck->synced_frame);
        run->promised = NULL;
    }
    return err;
}

static void reference(struct crash_run *run)
{
    static struct deck deck;
    static struct td_os os;
    struct deck_params params = rig_params(sim_disk_table(run->disk), &os, log_path);
    crash_watch(run);
    rig_now_ns = feed_time(0) - TD_NS_PER_S;
    td_err err = deck_open(&deck, &params);
    TD_ASSERT(err == 0, "the reference opens");
    begin(&deck, 0, run);
    feed(&deck, 0, FEED_FRAMES, run);
    err = end(&deck, run);
    TD_ASSERT(err == 0, "the reference stops");
    crash_unwatch(run);
    deck_close(&deck);
}

/* ---- what the journal must hold ------------------------------------------------------------------------------------------------ */

/* One run of the recorder: START and CONFIG, then frames of the feed from `feed_first` on, STOP when it came so far. */
struct told {
    uint64_t start;
    int feed_first;
    int64_t start_ns;
    struct start_note note;
};

struct memory {
    unsigned runs;
    struct told run[RUNS_MAX];
    unsigned
        holes; /* numbers that were given to blocks that a cut left without those before them */
    struct {
        uint64_t after, next;
    } hole[RUNS_MAX];
};

static struct told *told_of(struct memory *memory, uint64_t number)
{
    unsigned at = memory->runs;
    while (at > 0 && memory->run[at - 1].start > number)
        at--;
    return at ? &memory->run[at - 1] : NULL;
}

static int feed_index(const struct told *told, uint64_t number)
{
    return told->feed_first + (int)(number - told->start) - 2;
}

static bool same(struct memory *memory, const struct td_frame *got)
{
    const struct told *told = told_of(memory, got->number);
    if (!told)
        return false;
    if (got->number == told->start)
        return got->kind == TD_FRAME_START;
    if (got->number == told->start + 1)
        return got->kind == TD_FRAME_CONFIG && got->bytes == sizeof config_text - 1;
    if (got->kind == TD_FRAME_STOP)
        return got->bytes == 0;
    int index = feed_index(told, got->number);
    if (index >= FEED_FRAMES)
        return false;
    const struct td_frame *want = feed_frame(index);
    return got->recv_ns == want->recv_ns && got->mono_ns == want->mono_ns &&
           got->bytes == want->bytes && got->kind == want->kind && got->source == want->source &&
           got->conn == want->conn && got->status == want->status &&
           (want->bytes == 0 || memcmp(got->payload, want->payload, want->bytes) == 0);
}

static bool is_known_hole(const struct memory *memory, uint64_t after, uint64_t next)
{
    for (unsigned i = 0; i < memory->holes; i++)
        if (after >= memory->hole[i].after && next <= memory->hole[i].next)
            return true;
    return false;
}

struct found {
    uint64_t first, last;
    bool stopped;
};

static bool read_journal(struct sim_disk *disk, struct crash_trial *trial, struct found *found)
{
    static void *mem;
    struct memory *memory = trial->memory;
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame frame;
    int got;
    if (!mem)
        mem = aligned_alloc(64, (journal_reader_footprint() + 63) & ~(size_t)63);
    *found = (struct found){0};
    td_err err = journal_reader_open(mem, sim_disk_table(disk), "data/journal", 0, &reader);
    if (err == TD_E_MISSING)
        return true;
    if (err < 0)
        return crash_fails(trial, "the journal does not open: %s", td_err_name(err));
    bool good = true;
    while (good && (got = journal_reader_next(reader, &frame, &damage)) != 0) {
        if (got < 0) /* the numbers tell whether anything is missing because of it */
            continue;
        if (found->first == 0)
            found->first = frame.number;
        else if (frame.number != found->last + 1 && found->last < trial->expect.promised &&
                 !is_known_hole(memory, found->last, frame.number))
            good = crash_fails(trial, "frames %llu to %llu are missing",
                               (unsigned long long)found->last + 1,
                               (unsigned long long)frame.number - 1);
        found->last = frame.number;
        found->stopped = frame.kind == TD_FRAME_STOP;
        if (!same(memory, &frame))
            good = crash_fails(trial, "frame %llu is not what was recorded",
                               (unsigned long long)frame.number);
    }
    journal_reader_close(reader);
    return good;
}

/* ---- recovery ----------------------------------------------------------------------------------------------------------------------- */

static enum start_cause cause_of(const struct crash_trial *trial, const struct found *found)
{
    if (trial->point->kill && trial->expect.taken > 0 && !found->stopped)
        return START_CRASH;
    return found->last == 0 ? START_FIRST : found->stopped ? START_STOP : START_POWER_LOSS;
}

/* Where the feed goes on after frame `last`; runs that left nothing are forgotten. */
static int next_of_feed(struct memory *memory, uint64_t last)
{
    while (memory->runs > 0 && memory->run[memory->runs - 1].start > last)
        memory->runs--;
    if (memory->runs == 0)
        return 0;
    const struct told *told = &memory->run[memory->runs - 1];
    int next = feed_index(told, last + 1);
    next = next > told->feed_first ? next : told->feed_first;
    return next < FEED_FRAMES ? next : FEED_FRAMES;
}

/* ---- segments are a function of the frames ---------------------------------------------------------------------------------------------- */

static void feed_device(struct deck *deck, enum td_frame_kind kind, int64_t ns, const char *text)
{
    struct td_frame frame = {.recv_ns = ns,
                             .payload = text,
                             .bytes = (uint32_t)strlen(text),
                             .source = TD_SOURCE_NONE,
                             .kind = (uint8_t)kind,
                             .origin = TD_ORIGIN_SIM};
    deck_feed(deck, &frame);
}

/* The frames that the journal holds now, through a deck that knows neither cuts nor checkpoints. */
static td_err tell_again(const struct memory *memory, struct sim_disk *disk, int until,
                         int64_t stop_ns)
{
    static struct deck deck;
    static struct td_os os;
    char text[START_TEXT_MAX];
    struct deck_params params = rig_params(sim_disk_table(disk), &os, log_path);
    params.journal = false;
    params.shm_path = NULL;
    TD_TRY(deck_open(&deck, &params));
    for (unsigned i = 0; i < memory->runs; i++) {
        const struct told *told = &memory->run[i];
        int end = i + 1 < memory->runs ? feed_index(told, memory->run[i + 1].start) : until;
        if (i == 0) {
            deck_start(&deck, told->start_ns, TD_ORIGIN_SIM);
        } else {
            start_text(&told->note, deck_build(), text);
            feed_device(&deck, TD_FRAME_START, told->start_ns, text);
            feed_device(&deck, TD_FRAME_CONFIG, told->start_ns, config_text);
        }
        feed(&deck, told->feed_first, end, NULL);
    }
    td_err err = deck_stop(&deck, stop_ns);
    deck_close(&deck);
    return err;
}

/* Where runs ended in the middle of START and CONFIG, with a STOP, or with a hole, the frames are not told again here. */
static bool can_tell_again(const struct memory *memory)
{
    for (unsigned i = 0; i + 1 < memory->runs; i++) {
        int end = feed_index(&memory->run[i], memory->run[i + 1].start);
        if (end < memory->run[i].feed_first || end > FEED_FRAMES ||
            memory->run[i + 1].note.cause == START_STOP)
            return false;
    }
    return memory->holes == 0 && memory->run[0].start == 1;
}

static bool check_again(struct sim_disk *disk, struct crash_trial *trial, int until,
                        int64_t stop_ns)
{
    static struct sim_disk *fresh;
    const struct memory *memory = trial->memory;
    if (trial->point->number % TOLD_AGAIN != 0 || !can_tell_again(memory))
        return true;
    if (!fresh)
        fresh = sim_disk_new(0);
    sim_disk_reset(fresh);
    td_err err = tell_again(memory, fresh, until, stop_ns);
    if (err < 0)
        return crash_fails(trial, "told again, the frames end with %s", td_err_name(err));
    return ready_check_same(disk, fresh, trial);
}

static bool check_end(struct deck *deck, struct sim_disk *disk, struct crash_trial *trial,
                      uint64_t last)
{
    struct found found;
    struct writer_stats stats = writer_stats(deck->writer);
    enum start_cause cause = deck->recovery.note.cause;
    uint64_t lost = core_gaps_by_kind(deck->core, TD_GAP_POWER_LOSS) +
                    core_gaps_by_kind(deck->core, TD_GAP_CRASH);
    if (stats.differs)
        return crash_fails(trial, "%llu files were made again otherwise",
                           (unsigned long long)stats.differs);
    if (lost != (cause == START_POWER_LOSS || cause == START_CRASH) + (uint64_t)0 && !trial->second)
        return crash_fails(trial, "the ledger has %llu rows of a loss", (unsigned long long)lost);
    if (!read_journal(disk, trial, &found))
        return false;
    if (found.last != last)
        return crash_fails(trial, "frame %llu is the last, not %llu",
                           (unsigned long long)found.last, (unsigned long long)last);
    return ready_check_after(disk, trial);
}

static bool go_on(struct deck *deck, struct sim_disk *disk, struct crash_trial *trial)
{
    struct memory *memory = trial->memory;
    uint64_t last = deck->recovery.last_frame;
    int from = next_of_feed(memory, last);
    bool rest = trial->point->number % ALL_THE_REST == 0;
    int until = rest || from + MORE > FEED_FRAMES ? FEED_FRAMES : from + MORE;
    TD_ASSERT(memory->runs < RUNS_MAX, "few recoveries in a row");
    memory->run[memory->runs++] =
        (struct told){last + 1, from, start_before(from), deck->recovery.note};
    begin(deck, from, trial->run);
    feed(deck, from, until, trial->run);
    td_err err = end(deck, trial->run);
    int64_t stop_ns = now_stopped;
    if (trial->run)
        crash_unwatch(trial->run);
    if (err < 0)
        return crash_fails(trial, "the deck stopped with %s", td_err_name(err));
    return check_end(deck, disk, trial, last + 3 + (uint64_t)(until - from)) &&
           check_again(disk, trial, until, stop_ns);
}

static bool opened(struct deck *deck, struct sim_disk *disk, struct crash_trial *trial,
                   const struct found *found)
{
    struct memory *memory = trial->memory;
    uint64_t last = deck->recovery.last_frame;
    enum start_cause want = cause_of(trial, found), got = deck->recovery.note.cause;
    if (last < trial->expect.promised || last > trial->expect.taken)
        return crash_fails(trial, "frame %llu was found last; %llu promised, %llu given",
                           (unsigned long long)last, (unsigned long long)trial->expect.promised,
                           (unsigned long long)trial->expect.taken);
    if (got != want && (last == found->last || (trial->point->kill && last < FEED_FRAMES + 3)))
        return crash_fails(trial, "the cause is %s, not %s", start_cause_words[got],
                           start_cause_words[want]);
    if (last > found->last && !trial->point->kill) {
        memory->hole[memory->holes].after = found->last;
        memory->hole[memory->holes++].next = last + 1;
    }
    return go_on(deck, disk, trial);
}

static bool recover(struct sim_disk *disk, struct crash_trial *trial)
{
    static struct deck deck;
    static struct td_os os;
    struct memory *memory = trial->memory;
    struct found found;
    if (memory->runs == 0)
        memory->run[memory->runs++] = (struct told){1, 0, start_before(0), {0}};
    if (!ready_check_before(disk, trial) || !read_journal(disk, trial, &found))
        return false;
    struct deck_params params = rig_params(sim_disk_table(disk), &os, log_path);
    if (trial->run)
        crash_watch(trial->run);
    if (trial->run)
        trial->run->now = (struct crash_note){found.last, trial->expect.taken, 0};
    rig_now_ns =
        feed_time(next_of_feed(&(struct memory){.runs = 1, .run = {{.start = 1}}}, found.last));
    td_err err = deck_open(&deck, &params);
    bool good = err == 0 ? opened(&deck, disk, trial, &found)
                         : crash_fails(trial, "deck_open: %s", td_err_name(err));
    deck_close(&deck);
    return good;
}

static void set_log_path(const char *path)
{
    log_path = path;
}

const struct crash_subject crash_deck = {.name = "deck",
                                         .memory_bytes = sizeof(struct memory),
                                         .reference = reference,
                                         .recover = recover,
                                         .set_log_path = set_log_path};
