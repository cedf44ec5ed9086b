/* Thread bodies. Each loop: look, do a round of work, sleep on a doorbell that is rung when there is more. */
#include "app/threads.h"

#include "app/deck_parts.h"

/* deck_stop waits for all of them, with a deadline. */
static void *done(struct deck *deck)
{
    atomic_fetch_add(&deck->threads_done, 1);
    td_doorbell_ring(&deck->done_bell);
    return NULL;
}

void *thread_journal(void *arg)
{
    struct deck *deck = arg;
    struct td_doorbell *bell = framelog_bell_appended(deck->log);
    while (!deck_journal_finished(deck)) {
        uint32_t seen = td_doorbell_seen(bell);
        int wait_ms = deck_journal_turn(deck);
        if (!deck_journal_finished(deck))
            td_doorbell_wait(bell, seen, wait_ms);
    }
    return done(deck);
}

void *thread_sync(void *arg)
{
    struct deck *deck = arg;
    for (;;) {
        uint32_t seen = td_doorbell_seen(&deck->flushed_bell);
        if (deck_sync_turn(deck))
            return done(deck);
        td_doorbell_wait(&deck->flushed_bell, seen, -1);
    }
}

void *thread_core(void *arg)
{
    struct deck *deck = arg;
    struct td_doorbell *bell = framelog_bell_appended(deck->log);
    while (!deck_core_finished(deck)) {
        uint32_t seen = td_doorbell_seen(bell);
        if (!deck_core_turn(deck) && !deck_core_finished(deck))
            td_doorbell_wait(bell, seen, 1000);
    }
    writer_finish(deck->writer);
    return done(deck);
}

void *thread_disk(void *arg)
{
    struct deck *deck = arg;
    writer_run(deck->writer);
    return done(deck);
}

void *thread_wire(void *arg)
{
    struct deck *deck = arg;
    wire_run(deck->wire);
    return done(deck);
}
