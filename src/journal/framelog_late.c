#include "journal/framelog_handle.h"

void framelog_let_go(struct framelog *log, enum framelog_reader who)
{
    log->reader[who].at = FRAMELOG_DETACHED;
    framelog_release(log, who);
}

/* Holds what the journal holds and returns from where on. The journal may move on meanwhile, and the producer behind it: then
   the hold came too late for what it left, and is taken again where it stands now. */
static uint64_t hold_as_journal(struct framelog *log, enum framelog_reader who)
{
    const _Atomic uint64_t *journal = &log->map.page->reader[FRAMELOG_JOURNAL].released;
    uint64_t at, now = atomic_load(journal);
    do {
        at = now;
        atomic_store(&log->map.page->reader[who].released, at);
        now = atomic_load(journal);
    } while (now != at);
    return at;
}

/* Where the frame behind `after` stands or will stand, from the held position `at` on. With nothing committed at `at`, the journal
   cannot have read on from there, so its last number is that of the frame before. */
static uint64_t place_behind(const struct framelog *log, uint64_t at, uint64_t after)
{
    const struct framelog_reader_line *journal = &log->map.page->reader[FRAMELOG_JOURNAL];
    uint64_t last = atomic_load_explicit(&journal->number, memory_order_acquire);
    for (uint32_t bytes; (bytes = committed_bytes(log, at)) != 0; at += bytes) {
        const struct framelog_record *record = record_at(log, at);
        if (record->flags & FRAMELOG_PADDING)
            continue;
        if (record->number > after)
            return record->number == after + 1 ? at : FRAMELOG_DETACHED;
        last = record->number;
    }
    return last == after ? at : FRAMELOG_DETACHED;
}

int framelog_rejoin(struct framelog *log, enum framelog_reader who, uint64_t after_frame)
{
    TD_ASSERT(who != FRAMELOG_JOURNAL, "what the journal lets go of, nobody holds");
    struct reader *reader = &log->reader[who];
    uint64_t held = hold_as_journal(log, who);
    reader->at = held == FRAMELOG_DETACHED ? held : place_behind(log, held, after_frame);
    reader->number = after_frame;
    framelog_release(log, who);
    return reader->at != FRAMELOG_DETACHED;
}

void framelog_core_at(struct framelog *log, uint64_t frame)
{
    atomic_store_explicit(&log->map.page->core_at, frame, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
}

bool framelog_held_up_by(const struct framelog *log, enum framelog_reader who, unsigned percent)
{
    for (unsigned i = 0; i < FRAMELOG_READERS; i++) {
        uint64_t behind = bytes_behind(log, atomic_load(&log->map.page->reader[i].released));
        bool much = behind * 100 > log->ring_bytes * percent;
        if (much != (i == (unsigned)who))
            return false;
    }
    return true;
}
