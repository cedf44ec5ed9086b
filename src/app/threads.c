/* Thread bodies. Each loop: look, work, release, sleep on a doorbell that is rung when there is more. */
#include "app/threads.h"

#include <string.h>

#include "app/deck.h"
#include "base/log.h"
#include "base/metrics.h"

enum {
    FRAMES_BETWEEN_RELEASES = 256, /* how long a term may be held by a reader that is busy */
    CORE_STATUS_MS = 250,
    JOURNAL_RETRY_MS = 1000,
    JOURNAL_SAY_TRIES = 60, /* one line a minute while it refuses */
    JOURNAL_STOP_TRIES =
        5, /* then a stop goes on without it: waiting on would leave the rows unsealed as well */
    JOURNAL_HURRY_MS = 10, /* between blocks while the core is held up */
    LOG_FILL_HURRY = 50,   /* percent of the frame log */
    SYNC_QUIET_MS =
        60000, /* ticks alone are synced this often, so that a quiet hour is sealed too */
};

static int64_t mono_ns(const struct deck *deck)
{
    const struct td_clock *clock = &deck->params.os->clock;
    return clock->mono_ns(clock->ctx);
}

/* ---- journal ---------------------------------------------------------------------------------------------------- */

/* At the stop: rows that wait for the journal's promise go without it, and the program's end says so. */
static void give_up(struct deck *deck, td_err err)
{
    int none = 0;
    if (atomic_compare_exchange_strong(&deck->journal_err, &none, err))
        TD_ERROR("journal", "event=given_up error=%s rows=\"sealed without it\"", td_err_name(err));
}

static void say_refused(td_err err, const struct td_frame *frame, unsigned tries)
{
    if (tries % JOURNAL_SAY_TRIES == 0)
        TD_ERROR("journal",
                 "event=append_failed error=%s frame=%llu tries=%u reading=stops "
                 "next=\"make room, raise journal.max_mb or replace the disk\"",
                 td_err_name(err), (unsigned long long)frame->number, tries + 1);
}

/* A journal that refuses a frame is our worst case: nothing counts without it, so the frame is offered again until it is taken. The
   frame log fills meanwhile and the wire stops reading. Only a stop cannot wait for ever; what was given up is then counted. */
static void journal_take(struct deck *deck, const struct td_frame *frame)
{
    struct td_doorbell never = {0};
    td_err err = atomic_load(&deck->journal_err);
    unsigned tries = 0, at_stop = 0;
    while (err == 0 && (err = journal_append(deck->journal, frame)) < 0) {
        if (atomic_load(&deck->stopping) && ++at_stop > JOURNAL_STOP_TRIES) {
            give_up(deck, err);
            break;
        }
        say_refused(err, frame, tries++);
        td_doorbell_wait(&never, 0, JOURNAL_RETRY_MS);
        err = 0;
    }
    if (err < 0)
        atomic_fetch_add(&deck->journal_lost, 1);
    else if (tries > 0)
        TD_WARN("journal", "event=append_again frame=%llu tries=%u",
                (unsigned long long)frame->number, tries);
}

/* Everything that stands in the log now. True when there was more than ticks. */
static bool journal_take_all(struct deck *deck)
{
    struct td_frame frame;
    unsigned held = 0;
    bool data = false;
    while (framelog_read(deck->log, FRAMELOG_JOURNAL, &frame) == 1) {
        journal_take(deck, &frame);
        data |= frame.kind != TD_FRAME_TICK;
        if (++held % FRAMES_BETWEEN_RELEASES == 0)
            framelog_release(deck->log, FRAMELOG_JOURNAL);
    }
    framelog_release(deck->log, FRAMELOG_JOURNAL);
    return data;
}

static void count_journal(const struct deck *deck)
{
    struct journal_stats stats = journal_stats(deck->journal);
    td_metric_set(TD_M_journal_blocks, stats.blocks);
    td_metric_set(TD_M_journal_bytes, stats.written_bytes);
    td_metric_set(TD_M_journal_syncs, stats.syncs);
}

static td_err journal_flush_now(struct deck *deck)
{
    td_err err = journal_flush(deck->journal);
    if (err < 0)
        TD_ERROR("journal", "event=flush_failed error=%s", td_err_name(err));
    count_journal(deck);
    td_doorbell_ring(&deck->flushed_bell);
    return err;
}

/* The log fills although the journal took all of it: the core is behind, most likely waiting for pages of row groups that wait for a sync.
   Then the promise is given early, or each pool of rows would cost a whole gap. */
static int64_t journal_gap_ns(const struct deck *deck)
{
    bool hurry = framelog_fill_percent(deck->log) >= LOG_FILL_HURRY &&
                 deck->params.journal_sync_ms > JOURNAL_HURRY_MS;
    return (hurry ? JOURNAL_HURRY_MS : (int64_t)deck->params.journal_sync_ms) * TD_NS_PER_MS;
}

/* One block a gap; ticks alone wait for the next data, or for the quiet limit. */
void *thread_journal(void *arg)
{
    struct deck *deck = arg;
    int64_t flushed_ns = mono_ns(deck);
    bool data = false;
    while (!framelog_finished(deck->log, FRAMELOG_JOURNAL)) {
        uint32_t seen = td_doorbell_seen(framelog_bell_appended(deck->log));
        data |= journal_take_all(deck);
        int64_t since_ns = mono_ns(deck) - flushed_ns, gap_ns = journal_gap_ns(deck);
        if ((data && since_ns >= gap_ns) || since_ns >= SYNC_QUIET_MS * TD_NS_PER_MS) {
            journal_flush_now(deck);
            flushed_ns += since_ns;
            since_ns = 0;
            data = false;
        }
        int wait_ms = since_ns < gap_ns ? (int)((gap_ns - since_ns) / TD_NS_PER_MS) + 1
                                        : (int)(gap_ns / TD_NS_PER_MS);
        if (!framelog_finished(deck->log, FRAMELOG_JOURNAL))
            td_doorbell_wait(framelog_bell_appended(deck->log), seen, wait_ms);
    }
    td_err err = journal_flush_now(deck);
    if (err < 0)
        give_up(deck, err);
    atomic_store(&deck->journal_done, true);
    td_doorbell_ring(&deck->flushed_bell);
    return NULL;
}

/* The last one, when no other follows. */
static void sync_at_end(struct deck *deck, td_err err)
{
    if (err < 0)
        give_up(deck, err);
    if (atomic_load(&deck->journal_err) == 0)
        return;
    atomic_store_explicit(&deck->synced_frame, UINT64_MAX, memory_order_release);
    td_doorbell_ring(&deck->synced_bell);
}

static td_err sync_now(struct deck *deck)
{
    uint64_t frame = 0;
    TD_TRY(journal_sync(deck->journal, &frame)); /* said there */
    atomic_store_explicit(&deck->synced_frame, frame, memory_order_release);
    td_metric_set(TD_M_journal_frame, frame);
    td_doorbell_ring(&deck->synced_bell);
    return 0;
}

void *thread_sync(void *arg)
{
    struct deck *deck = arg;
    int64_t last_ns = mono_ns(deck);
    for (bool done = false; !done;) {
        uint32_t seen = td_doorbell_seen(&deck->flushed_bell);
        done = atomic_load(&deck->journal_done);
        bool quiet_long = mono_ns(deck) - last_ns > SYNC_QUIET_MS * TD_NS_PER_MS;
        if (done || quiet_long || journal_wants_sync(deck->journal)) {
            td_err err = sync_now(deck);
            if (done)
                sync_at_end(deck, err);
            last_ns = mono_ns(deck);
        }
        if (!done)
            td_doorbell_wait(&deck->flushed_bell, seen, -1);
    }
    return NULL;
}

/* ---- core --------------------------------------------------------------------------------------------------------- */

static void publish_status(struct deck *deck, const struct td_frame *frame)
{
    struct deck_status *status = &deck->status;
    if (pthread_mutex_trylock(&deck->status_lock) != 0)
        return; /* somebody reads: the next one will do */
    status->recv_ns = frame->recv_ns;
    status->frames = frame->number;
    status->pool_percent = groups_pool_percent(deck->groups);
    status->source_count = core_source_count(deck->core);
    for (unsigned s = 0; s < status->source_count; s++)
        status->source[s] = core_source_status(deck->core, s);
    status->book_count = core_book_count(deck->core);
    for (unsigned i = 0; i < status->book_count && i < DECK_STATUS_BOOKS_MAX; i++)
        status->book[i] = core_book_status(deck->core, i);
    pthread_mutex_unlock(&deck->status_lock);
}

/* At each new hour: the journal may forget what was in ready/ an hour ago already. The last hour is kept although it is sealed, so
   that a reader of the journal finds the books' images too. */
static void forget_sealed(struct deck *deck, const struct td_frame *frame)
{
    int64_t hour = frame->recv_ns / TD_NS_PER_HOUR;
    if (deck->journal == NULL || hour == deck->hour)
        return;
    deck->hour = hour;
    journal_keep_from(deck->journal, deck->sealed_before);
    deck->sealed_before = writer_stats(deck->writer).sealed_frame;
}

/* A clock that steps back must not silence the status. */
static bool status_due(int64_t since_ns)
{
    return since_ns < 0 || since_ns >= CORE_STATUS_MS * TD_NS_PER_MS;
}

void *thread_core(void *arg)
{
    struct deck *deck = arg;
    int64_t status_ns = 0;
    while (!framelog_finished(deck->log, FRAMELOG_CORE)) {
        uint32_t seen = td_doorbell_seen(framelog_bell_appended(deck->log));
        struct td_frame frame;
        unsigned held = 0;
        while (framelog_read(deck->log, FRAMELOG_CORE, &frame) == 1) {
            core_step(deck->core, &frame);
            forget_sealed(deck, &frame);
            if (status_due(frame.recv_ns - status_ns) || frame.kind == TD_FRAME_STOP) {
                publish_status(deck, &frame);
                status_ns = frame.recv_ns;
            }
            if (++held % FRAMES_BETWEEN_RELEASES == 0)
                framelog_release(deck->log, FRAMELOG_CORE);
        }
        framelog_release(deck->log, FRAMELOG_CORE);
        if (!framelog_finished(deck->log, FRAMELOG_CORE))
            td_doorbell_wait(framelog_bell_appended(deck->log), seen, 1000);
    }
    writer_finish(deck->writer);
    return NULL;
}

/* ---- disk and wire ---------------------------------------------------------------------------------------------------- */

void *thread_disk(void *arg)
{
    struct deck *deck = arg;
    writer_run(deck->writer);
    return NULL;
}

void *thread_wire(void *arg)
{
    struct deck *deck = arg;
    wire_run(deck->wire);
    return NULL;
}
