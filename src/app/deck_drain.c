/* A journal made into segments by the recorder's own core, on any host: one thread, no wire, nothing recorded. */
#include "app/drain.h"

#include "app/deck_parts.h"

static td_err all_of_it(struct deck *deck, void (*moved)(void *arg, uint64_t frame), void *arg)
{
    uint64_t said = 0;
    deck_start(deck, 0, TD_ORIGIN_WS);
    while (!deck_core_finished(deck)) {
        deck_turn(deck);
        td_err err = writer_stats(deck->writer).last_err;
        TD_FAIL_IF(err < 0, err);
        if (moved != NULL && core_frame(deck->core) != said)
            moved(arg, said = core_frame(deck->core));
    }
    return deck_drain(deck);
}

td_err deck_replay_journal(const struct deck_params *params, const char *journal_folder,
                           const char *checkpoint_dir, void (*moved)(void *arg, uint64_t frame),
                           void *arg, struct deck_replayed *replayed)
{
    static struct deck deck; /* one at a time; too large for the stack */
    struct deck_params drain = *params;
    drain.journal = false;
    drain.shm_path = NULL;
    drain.endpoint_count = 0;
    drain.stepped = true;
    drain.drain_folder = journal_folder;
    drain.drain_checkpoints = checkpoint_dir;
    *replayed = (struct deck_replayed){0};
    td_err err = deck_open(&deck, &drain);
    if (err == 0)
        err = all_of_it(&deck, moved, arg);
    if (deck.core != NULL) {
        struct writer_stats written = writer_stats(deck.writer);
        *replayed = (struct deck_replayed){.first_frame = deck.feed.first_frame,
                                           .last_frame = core_frame(deck.core),
                                           .checkpoint_frame = deck.feed.checkpoint_frame,
                                           .frames = deck.feed.frames,
                                           .lost = deck.feed.lost,
                                           .segments = written.segments,
                                           .remade = written.remade,
                                           .differs = written.differs};
    }
    deck_close(&deck);
    return err == 0 && replayed->frames == 0 ? TD_E_MISSING : err;
}
