/* `tape journal drain PATH [--out DIR]`: on any host, from a data folder, its journal/, or a card's copy: the recorder's own core replays the
   journal into DIR/ready. What the verb needs of the deck: */
#ifndef TD_APP_DRAIN_H
#define TD_APP_DRAIN_H

#include "app/deck.h"

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
   what it covers and is a row in `gaps`. Lays out and frees its own region. Progress: `moved(arg, frame)` now and then, or NULL.
   TD_E_MISSING: no frames. TD_E_IO, TD_E_NO_MEMORY, TD_E_BUSY as deck_open(). Implemented in app/deck_drain.c. */
td_err deck_replay_journal(const struct deck_params *params, const char *journal_folder,
                           const char *checkpoint_dir, void (*moved)(void *arg, uint64_t frame),
                           void *arg, struct deck_replayed *replayed);

#endif
