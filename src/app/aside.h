/* Frames that stopped the recorder: journal/aside, a text of lines "suspect N run E" and "aside N". The core was at N when the process died: once is a
   suspicion, twice sets the frame aside for ever. Durable before the recorder starts, since it shapes what a replay makes. Start-up thread. */
#ifndef TD_APP_ASIDE_H
#define TD_APP_ASIDE_H

#include "app/start.h"
#include "base/err.h"
#include "base/os.h"

/* A run died at this frame (0: at none, which ends a suspicion). run: what tells it from others (its last frame), so that a death that is
   found twice, because a start failed in between, counts once. TD_E_IO, TD_E_DISK_FULL. */
td_err aside_suspect(const struct td_disk *disk, const char *folder, uint64_t frame, uint64_t run);
/* note->aside, rising; at most START_ASIDE_MAX (the oldest go). A file that cannot be read counts as none and is said. */
td_err aside_read(const struct td_disk *disk, const char *folder, struct start_note *note);

#endif
