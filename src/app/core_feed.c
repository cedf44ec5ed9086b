/* Where the core's frames come from: the frame log while it keeps up, the journal's files while it recovers or is late. And how it starts
   over when the segment writer failed. */
#include <string.h>
#include <sys/mman.h>

#include "app/checkpoint.h"
#include "app/deck_parts.h"
#include "base/log.h"
#include "base/metrics.h"

enum {
    FRAMES_A_TURN = 256, /* how long a term may be held by a reader that is busy */
    CORE_STATUS_MS = 250,
    LET_GO_PERCENT = 75, /* the log is so full because of the core alone */
    REBUILD_WAIT_S_MAX = 60,
    READ_TRIES = 30, /* a second apart, before what cannot be read is taken for lost */
    PAGE_BYTES = 4096,
};

void deck_give_back(void *mem, size_t bytes)
{
    uintptr_t first = ((uintptr_t)mem + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
    uintptr_t end = ((uintptr_t)mem + bytes) & ~(uintptr_t)(PAGE_BYTES - 1);
    if (end > first)
        madvise((void *)first, end - first, MADV_DONTNEED);
}

/* ---- status ------------------------------------------------------------------------------------------------------- */

static void publish_status(struct deck *deck, const struct td_frame *frame)
{
    struct deck_status *status = &deck->status;
    if (pthread_mutex_trylock(&deck->status_lock) != 0)
        return; /* somebody reads: the next one will do */
    status->recv_ns = frame->recv_ns;
    status->frames = frame->number;
    status->from_files = deck->feed.from_files;
    status->device = core_device_status(deck->core);
    status->pool_percent = groups_pool_percent(deck->groups);
    status->source_count = core_source_count(deck->core);
    for (unsigned s = 0; s < status->source_count; s++)
        status->source[s] = core_source_status(deck->core, s);
    status->book_count = 0;
    for (unsigned i = 0; i < core_book_count(deck->core); i++) {
        struct core_book_status book = core_book_status(deck->core, i);
        if (book.recorded && status->book_count < DECK_STATUS_BOOKS_MAX)
            status->book[status->book_count] = book;
        status->book_count += book.recorded;
    }
    pthread_mutex_unlock(&deck->status_lock);
}

/* A clock that steps back must not silence the status. */
static bool status_due(int64_t since_ns)
{
    return since_ns < 0 || since_ns >= CORE_STATUS_MS * TD_NS_PER_MS;
}

static void step(struct deck *deck, const struct td_frame *frame)
{
    framelog_core_at(deck->log, frame->number);
    core_step(deck->core, frame);
    if (__builtin_expect(frame->kind == TD_FRAME_HTTP, 0) && deck->params.heard != NULL &&
        frame->number > deck->recovery.last_frame)
        deck->params.heard(deck->params.heard_arg, frame);
    if (status_due(frame->recv_ns - deck->feed.status_ns) || frame->kind == TD_FRAME_STOP) {
        publish_status(deck, frame);
        deck->feed.status_ns = frame->recv_ns;
    }
}

/* ---- starting, and starting over ------------------------------------------------------------------------------------ */

/* The checkpoint to begin from: the newest that the journal goes on from; a drain wants all it can get and takes the older of the two. */
static td_err find_checkpoint(struct deck *deck, struct checkpoint *checkpoint)
{
    const struct td_disk *disk = &deck->params.os->disk;
    bool drain = deck->params.drain_folder != NULL;
    const char *dir = drain ? deck->params.drain_checkpoints : deck->params.data_dir;
    uint64_t oldest = deck->recovery.first_frame, newest = deck->recovery.last_frame + 1;
    TD_FAIL_IF(dir == NULL, TD_E_MISSING);
    TD_TRY(
        checkpoint_load(disk, dir, oldest, newest, deck->state_mem, deck->state_cap, checkpoint));
    newest = checkpoint->frame;
    if (drain && checkpoint_load(disk, dir, oldest, newest - 1, deck->state_mem, deck->state_cap,
                                 checkpoint) == TD_E_MISSING)
        return checkpoint_load(disk, dir, newest, newest, deck->state_mem, deck->state_cap,
                               checkpoint);
    return 0;
}

/* A card may fail for a while. Rows made without what it will give again would stand beside those that were made with it. True: wait. */
static bool try_again(struct deck *deck, const char *what)
{
    struct deck_feed *feed = &deck->feed;
    if (feed->tries == READ_TRIES)
        return false;
    feed->tries++;
    feed->patient_ns = deck_mono_ns(deck) + TD_NS_PER_S;
    TD_WARN("deck", "event=read_again what=%s try=%u of=%d", what, feed->tries, READ_TRIES);
    return true;
}

/* Into core and writer. Without one the core begins empty at the journal's first frame. */
static td_err load(struct deck *deck)
{
    struct checkpoint checkpoint = {0};
    td_err err = find_checkpoint(deck, &checkpoint);
    if (err == TD_E_IO && try_again(deck, "checkpoint"))
        return TD_E_BUSY;
    deck->feed.tries = 0;
    if (err < 0) {
        writer_names_from_start(deck->writer); /* the replay gives the same names again */
        return err == TD_E_MISSING ? 0 : err;
    }
    struct td_state state = td_state_load(checkpoint.bytes, checkpoint.count);
    core_state(deck->core, &state);
    writer_state(deck->writer, &state);
    TD_FAIL_IF(state.failed, TD_E_SYNTAX);
    deck->feed.checkpoint_frame = checkpoint.frame;
    TD_INFO("deck", "event=checkpoint_loaded frame=%llu bytes=%zu",
            (unsigned long long)checkpoint.frame, checkpoint.count);
    return 0;
}

static void fresh_core(struct deck *deck)
{
    struct core_params params = deck_live_core_params(deck);
    memset(deck->core_mem, 0, deck->core_bytes);
    groups_reset(deck->groups);
    deck->core = core_init(deck->core_mem, &params);
}

/* A checkpoint that does not load leaves core and writer half filled: both begin anew without it. TD_E_BUSY: to be called again. */
static td_err begin(struct deck *deck)
{
    bool has_past = deck->journal != NULL || deck->params.drain_folder != NULL;
    td_err err = has_past ? load(deck) : 0;
    deck_give_back(deck->state_mem, deck->state_cap);
    if (err == TD_E_BUSY) {
        framelog_let_go(deck->log, FRAMELOG_CORE);
        return err;
    }
    if (err < 0) {
        TD_ERROR("deck",
                 "event=checkpoint_refused error=%s next=\"all of the journal is replayed\"",
                 td_err_name(err));
        fresh_core(deck);
        TD_TRY(writer_reset(deck->writer));
        writer_names_from_start(deck->writer);
    }
    deck->feed.begun = true;
    deck->feed.from_files = deck->params.drain_folder != NULL || deck->recovery.last_frame > 0;
    if (deck->feed.from_files)
        framelog_let_go(deck->log, FRAMELOG_CORE);
    return 0;
}

static void close_reader(struct deck *deck)
{
    if (deck->feed.reader == NULL)
        return;
    journal_reader_close(deck->feed.reader);
    deck->feed.reader = NULL;
    deck_give_back(deck->reader_mem, journal_reader_footprint());
}

/* The writer failed and dropped what it was given since: the same rows are made again from the last checkpoint on. Recording goes on
   meanwhile, since the core lets go of the log. */
static bool rebuild(struct deck *deck)
{
    struct deck_feed *feed = &deck->feed;
    int64_t now_ns = deck_mono_ns(deck);
    if (feed->rebuild_ns == 0) {
        unsigned wait_s = 1u << (feed->rebuilds < 6 ? feed->rebuilds : 6);
        wait_s = wait_s < REBUILD_WAIT_S_MAX ? wait_s : REBUILD_WAIT_S_MAX;
        feed->rebuild_ns = now_ns + wait_s * TD_NS_PER_S;
        feed->rebuilds++;
        close_reader(deck);
        framelog_let_go(deck->log, FRAMELOG_CORE);
        feed->from_files = true;
        TD_WARN("deck", "event=rebuild_due in_s=%u error=%s", wait_s,
                td_err_name(writer_stats(deck->writer).last_err));
    }
    if (now_ns < feed->rebuild_ns || !groups_queue_empty(deck->groups))
        return false;
    feed->rebuild_ns = 0;
    if (writer_reset(deck->writer) < 0)
        return false; /* said there; the next turn waits longer */
    if (core_frame(deck->core) > feed->asked_frame)
        feed->asked_frame = core_frame(deck->core);
    feed->begun = false; /* until a core stands that may be stepped */
    atomic_store(&deck->checkpoint.filled, 0);
    atomic_store(&deck->checkpoint.sealed_cause, 0);
    deck->recovery.last_frame = UINT64_MAX - 1; /* any checkpoint of this run may serve */
    fresh_core(deck);
    return begin(deck) == 0;
}

/* ---- frames from files -------------------------------------------------------------------------------------------------- */

static bool open_reader(struct deck *deck)
{
    const char *folder =
        deck->params.drain_folder != NULL ? deck->params.drain_folder : deck->journal_folder;
    td_err err = journal_reader_open(deck->reader_mem, &deck->params.os->disk, folder,
                                     core_frame(deck->core) + 1, &deck->feed.reader);
    if (err < 0) {
        deck->feed.reader = NULL;
        TD_ERROR("deck", "event=journal_unreadable error=%s frame=%llu", td_err_name(err),
                 (unsigned long long)core_frame(deck->core) + 1);
    }
    return err == 0;
}

/* True when the core is in the log again. A journal that is drained ends here. */
static bool rejoin(struct deck *deck)
{
    close_reader(deck);
    if (deck->params.drain_folder != NULL) {
        groups_seal_all(deck->groups, GROUPS_SEAL_STOP, core_frame(deck->core));
        deck->feed.done = true;
        return true;
    }
    if (!framelog_rejoin(deck->log, FRAMELOG_CORE, core_frame(deck->core)))
        return false;
    deck->feed.from_files = false;
    TD_INFO("deck", "event=core_rejoined frame=%llu", (unsigned long long)core_frame(deck->core));
    return true;
}

static void step_from_file(struct deck *deck, const struct td_frame *frame)
{
    deck->feed.tries = 0;
    if (deck->feed.frames++ == 0)
        deck->feed.first_frame = frame->number;
    step(deck, frame);
}

/* What the journal has lost for good (the numbers jump) the core sees by itself; here it is only said. */
static void say_damage(struct deck *deck, const struct journal_damage *damage)
{
    bool known = damage->frame_before != 0 && damage->frame_after > damage->frame_before;
    deck->feed.lost += known ? damage->frame_after - damage->frame_before - 1 : 1;
    TD_ERROR("deck", "event=journal_damaged file=%s offset=%lld frames=%llu-%llu", damage->file,
             (long long)damage->offset, (unsigned long long)damage->frame_before,
             (unsigned long long)damage->frame_after);
}

static bool turn_files(struct deck *deck)
{
    struct td_frame frame;
    struct journal_damage damage;
    if (deck->feed.reader == NULL && !open_reader(deck))
        return false;
    for (unsigned n = 0; n < FRAMES_A_TURN; n++) {
        int got = journal_reader_next(deck->feed.reader, &frame, &damage);
        if (got == 1)
            step_from_file(deck, &frame);
        else if (got == TD_E_JOURNAL_CORRUPT && damage.err == TD_E_IO &&
                 try_again(deck, "journal")) {
            close_reader(deck);
            return n > 0;
        } else if (got == TD_E_JOURNAL_CORRUPT)
            say_damage(deck, &damage);
        else
            return rejoin(deck) || n > 0;
    }
    framelog_core_at(deck->log, 0);
    return true;
}

/* ---- frames from the log -------------------------------------------------------------------------------------------------- */

/* Only the core is late: it lets go and reads on where everything is written anyway. */
static bool let_go_if_late(struct deck *deck)
{
    if (deck->journal == NULL || !framelog_held_up_by(deck->log, FRAMELOG_CORE, LET_GO_PERCENT))
        return false;
    framelog_let_go(deck->log, FRAMELOG_CORE);
    deck->feed.from_files = true;
    td_metric_add(TD_M_core_let_go, 1);
    TD_WARN("deck", "event=core_late frame=%llu next=\"it reads on from the journal's files\"",
            (unsigned long long)core_frame(deck->core));
    return true;
}

static bool turn_log(struct deck *deck)
{
    struct td_frame frame;
    unsigned n = 0;
    if (let_go_if_late(deck))
        return true;
    while (n < FRAMES_A_TURN && framelog_read(deck->log, FRAMELOG_CORE, &frame) == 1) {
        step(deck, &frame);
        n++;
    }
    if (n == 0)
        return false;
    framelog_core_at(deck->log, 0);
    framelog_release(deck->log, FRAMELOG_CORE);
    return true;
}

bool deck_core_turn(struct deck *deck)
{
    struct deck_feed *feed = &deck->feed;
    if (deck_mono_ns(deck) < feed->patient_ns)
        return false;
    feed->patient_ns = 0;
    if (!feed->begun && begin(deck) < 0)
        return false;
    if (deck->journal != NULL && writer_stats(deck->writer).last_err < 0 &&
        !atomic_load(&deck->stopping))
        return rebuild(deck);
    if (feed->rebuilds > 0 && !feed->from_files)
        feed->rebuilds = 0;
    return feed->from_files ? turn_files(deck) : turn_log(deck);
}

bool deck_core_finished(const struct deck *deck)
{
    if (deck->params.drain_folder != NULL)
        return deck->feed.done;
    return !deck->feed.from_files && framelog_finished(deck->log, FRAMELOG_CORE);
}
