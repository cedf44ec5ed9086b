/* What the journal and the sync thread do, a round at a time. */
#include <string.h>

#include "app/deck_parts.h"
#include "base/log.h"
#include "base/metrics.h"

enum {
    JOURNAL_RETRY_MS = 1000,
    JOURNAL_SAY_TRIES = 60, /* one line a minute while it refuses */
    JOURNAL_HURRY_MS = 10,  /* between blocks while the core is held up */
    LOG_FILL_HURRY = 50,    /* percent of the frame log */
    SYNC_QUIET_MS =
        60000, /* ticks alone are synced this often, so that a quiet hour is sealed too */
};

static void count_journal(const struct deck *deck)
{
    struct journal_stats stats = journal_stats(deck->journal);
    td_metric_set(TD_M_journal_blocks, stats.blocks);
    td_metric_set(TD_M_journal_bytes, stats.written_bytes);
    td_metric_set(TD_M_journal_syncs, stats.syncs);
}

/* A journal that refuses is our worst case: nothing counts without it, so the frame is offered again until it is taken. The frame log
   fills meanwhile and the wire stops reading; nothing is thrown away. */
static void refused(struct deck *deck, td_err err, uint64_t frame)
{
    struct deck_journal_work *work = &deck->journal_work;
    work->retry_ns = deck_mono_ns(deck) + JOURNAL_RETRY_MS * TD_NS_PER_MS;
    atomic_store(&deck->journal_err, err);
    if (err == TD_E_JOURNAL_FULL) /* one checkpoint is enough in need */
        journal_keep_from(deck->journal, atomic_load(&deck->checkpoint.last));
    if (work->tries++ % JOURNAL_SAY_TRIES == 0)
        TD_ERROR("journal",
                 "event=refused error=%s frame=%llu tries=%u next=\"make room, raise "
                 "journal.max_mb or replace the disk\"",
                 td_err_name(err), (unsigned long long)frame, work->tries);
}

/* The trouble is over when something is safe again and nothing waits. */
static void taken_again(struct deck *deck)
{
    struct deck_journal_work *work = &deck->journal_work;
    if (work->has_pending || atomic_load(&deck->journal_err) == 0)
        return;
    TD_WARN("journal", "event=taken_again tries=%u", work->tries);
    work->tries = 0;
    atomic_store(&deck->journal_err, 0);
}

/* Something that was written is not to be believed: all that is not safe is read from the log and written again, once a second. False:
   not yet. */
static bool rewind_if_due(struct deck *deck)
{
    struct deck_journal_work *work = &deck->journal_work;
    int64_t now_ns = deck_mono_ns(deck);
    if (!journal_rewind_due(deck->journal))
        return true;
    if (now_ns < work->rewind_ns)
        return false;
    work->rewind_ns = now_ns + JOURNAL_RETRY_MS * TD_NS_PER_MS;
    work->rewound_to = journal_rewind(deck->journal);
    framelog_rewind(deck->log, FRAMELOG_JOURNAL);
    work->mark_count = 0;
    work->has_pending = work->large = false;
    work->data = true;
    TD_WARN("journal", "event=rewound to_frame=%llu next=\"what is not safe is written again\"",
            (unsigned long long)work->rewound_to);
    return true;
}

static bool offer(struct deck *deck, const struct td_frame *frame)
{
    struct deck_journal_work *work = &deck->journal_work;
    td_err err = frame->number > work->rewound_to ? journal_append(deck->journal, frame) : 0;
    if (err < 0) {
        if (!work->has_pending)
            work->pending = *frame;
        work->has_pending = true;
        refused(deck, err, frame->number);
        return false;
    }
    work->has_pending = false;
    work->data |= frame->kind != TD_FRAME_TICK;
    work->large |= frame->bytes > deck->params.log_term_bytes / 2;
    return true;
}

/* Everything that stands in the log now, as far as the journal takes it. */
static void take_all(struct deck *deck)
{
    struct deck_journal_work *work = &deck->journal_work;
    struct td_frame frame;
    if (work->tries > 0 && deck_mono_ns(deck) < work->retry_ns)
        return;
    if (!rewind_if_due(deck))
        return;
    if (work->has_pending && !offer(deck, &work->pending))
        return;
    while (framelog_read(deck->log, FRAMELOG_JOURNAL, &frame) == 1)
        if (!offer(deck, &frame) || work->large)
            return;
}

/* What is written survives the process, what is synced the power: then the log may forget it. */
static void release_synced(struct deck *deck)
{
    struct deck_journal_work *work = &deck->journal_work;
    uint64_t synced = atomic_load_explicit(&deck->synced_frame, memory_order_acquire);
    unsigned n = 0;
    while (n < work->mark_count && work->mark[n].number <= synced)
        n++;
    if (n == 0)
        return;
    framelog_release_to(deck->log, FRAMELOG_JOURNAL, work->mark[n - 1]);
    work->mark_count -= n;
    memmove(work->mark, work->mark + n, work->mark_count * sizeof work->mark[0]);
    if (!journal_rewind_due(deck->journal))
        taken_again(deck);
}

static void add_mark(struct deck *deck)
{
    struct deck_journal_work *work = &deck->journal_work;
    work->mark_count -= work->mark_count == DECK_MARKS_MAX;
    work->mark[work->mark_count++] = framelog_mark(deck->log, FRAMELOG_JOURNAL);
}

static td_err flush(struct deck *deck)
{
    struct deck_journal_work *work = &deck->journal_work;
    td_err err = journal_flush(deck->journal);
    if (err < 0) {
        refused(deck, err, 0);
        return err;
    }
    if (!work->has_pending)
        add_mark(deck);
    work->data = work->large = false;
    count_journal(deck);
    td_doorbell_ring(&deck->flushed_bell);
    return 0;
}

/* The log fills although the journal took all of it: the core is behind, most likely waiting for pages of row groups that wait for a sync.
   Then the promise is given early, or each pool of rows would cost a whole gap. */
static int64_t gap_ns(const struct deck *deck)
{
    bool hurry = framelog_fill_percent(deck->log) >= LOG_FILL_HURRY &&
                 deck->params.journal_sync_ms > JOURNAL_HURRY_MS;
    return (hurry ? JOURNAL_HURRY_MS : (int64_t)deck->params.journal_sync_ms) * TD_NS_PER_MS;
}

static int wait_ms(int64_t left_ns)
{
    return left_ns <= 0 ? 0 : (int)(left_ns / TD_NS_PER_MS) + 1;
}

/* No frame will come any more and all are written. */
static bool is_last(const struct deck *deck)
{
    return framelog_finished(deck->log, FRAMELOG_JOURNAL) && !deck->journal_work.has_pending &&
           !journal_rewind_due(deck->journal);
}

/* Done when the last block is safe too. */
static void end_if_done(struct deck *deck)
{
    uint64_t synced = atomic_load_explicit(&deck->synced_frame, memory_order_acquire);
    bool all = is_last(deck) && atomic_load(&deck->journal_last) &&
               synced >= framelog_mark(deck->log, FRAMELOG_JOURNAL).number;
    if (!all)
        return;
    atomic_store(&deck->journal_done, true);
    td_doorbell_ring(&deck->flushed_bell);
}

/* One block a gap; ticks alone wait for the next data, or for the quiet limit. A large frame is written at once: its slot is wanted. */
int deck_journal_turn(struct deck *deck)
{
    struct deck_journal_work *work = &deck->journal_work;
    take_all(deck);
    release_synced(deck);
    int64_t now_ns = deck_mono_ns(deck), since_ns = now_ns - work->flushed_ns,
            due_ns = gap_ns(deck);
    if (work->tries > 0 && now_ns < work->retry_ns)
        return wait_ms(work->retry_ns - now_ns);
    bool last = is_last(deck) && !atomic_load(&deck->journal_last);
    if (last || work->large || (work->data && since_ns >= due_ns) ||
        since_ns >= SYNC_QUIET_MS * TD_NS_PER_MS) {
        work->flushed_ns = now_ns;
        since_ns = 0;
        if (flush(deck) == 0 && last)
            atomic_store(&deck->journal_last, true);
        td_doorbell_ring(&deck->flushed_bell);
    }
    end_if_done(deck);
    return wait_ms(since_ns < due_ns ? due_ns - since_ns : due_ns);
}

bool deck_journal_finished(const struct deck *deck)
{
    return atomic_load(&deck->journal_done);
}

/* The journal thread waits for either bell of the log: it releases what is safe now, or writes it again. */
static void sync_now(struct deck *deck)
{
    uint64_t frame = 0;
    td_err err = journal_sync(deck->journal, &frame); /* said there */
    if (err < 0) {
        atomic_store(&deck->journal_err, err);
        atomic_store(&deck->journal_last, false);
    }
    atomic_store_explicit(&deck->synced_frame, frame, memory_order_release);
    td_metric_set(TD_M_journal_frame, frame);
    td_doorbell_ring(&deck->synced_bell);
    td_doorbell_ring(framelog_bell_appended(deck->log));
}

bool deck_sync_turn(struct deck *deck)
{
    int64_t now_ns = deck_mono_ns(deck);
    bool quiet_long = now_ns - deck->synced_at_ns > SYNC_QUIET_MS * TD_NS_PER_MS;
    bool last = atomic_load(&deck->journal_last) && !atomic_load(&deck->journal_done);
    if (last || quiet_long || journal_wants_sync(deck->journal)) {
        deck->synced_at_ns = now_ns;
        sync_now(deck);
    }
    return atomic_load(&deck->journal_done);
}
