/* `tape journal drain PATH [--out DIR]`: on any host, from a data folder, its journal/, or a card's copy: the recorder's own core replays the
   journal into DIR/ready. The verb is lake's; the replay is the deck's and comes from the program. */
#ifndef TD_APP_DRAIN_H
#define TD_APP_DRAIN_H

#include "app/deck.h"
#include "lake/verb.h"

/* What a replay of a journal met. */
struct deck_replayed {
    uint64_t first_frame, last_frame; /* stepped; 0 none */
    uint64_t
        checkpoint_frame; /* began from the checkpoint before this frame; 0: from the journal's start */
    uint64_t frames,
        lost; /* stepped; holes in the journal, in frames where the numbers tell, else 1 a hole */
    uint64_t segments, remade, differs;
};

/* Replays everything the journal in `journal_folder` holds into params->data_dir/ready: params as deck_open takes them, with journal
   false, no shm_path, no endpoints; instruments filled from the first CONFIG frame. `checkpoint_dir`: data folder whose
   checkpoint/ may be used, NULL: none, the whole journal. The core is the recorder's own; its requests are discarded; damage costs
   what it covers and is a row in `gaps`. Lays out and frees its own region. `moved` is called now and then, NULL: not wanted. TD_E_MISSING: no frames. TD_E_IO, TD_E_NO_MEMORY,
   TD_E_BUSY as deck_open(). */
typedef td_err deck_replay_journal_fn(const struct deck_params *params, const char *journal_folder,
                                      const char *checkpoint_dir,
                                      void (*moved)(void *arg, uint64_t frame), void *arg,
                                      struct deck_replayed *replayed);
deck_replay_journal_fn deck_replay_journal;

/* The whole verb: finds the journal, makes the parameters from its first CONFIG frame (or request->config), replays, says what came of
   it. Exit code: 0; 1 nothing to drain, or a segment differs from the one that stood there; 3 no configuration; 5; 6 frames were lost. */
int drain_journal(const struct journal_drain *request, deck_replay_journal_fn *replay);

#endif
