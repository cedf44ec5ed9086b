/* Checkpoints on disk: checkpoint/<frame>.ckp under the data folder, the state of core and writer as it was before that frame. Written beside,
   synced, renamed, synced; two are kept. Hostile input on loading: checksummed, every field bounded. */
#ifndef TD_APP_CHECKPOINT_H
#define TD_APP_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/os.h"

enum { CHECKPOINT_PATH_MAX = 512 };

struct checkpoint {
    uint64_t frame;    /* first frame that it has not seen */
    const void *bytes; /* state: the caller's on writing, in the caller's memory after loading */
    size_t count;
};

/* Durable when it returns 0. Older ones but one are removed after that. *previous: frame of the one that is kept before it, 0 none. TD_E_IO, TD_E_DISK_FULL. */
td_err checkpoint_write(const struct td_disk *disk, const char *data_dir,
                        const struct checkpoint *checkpoint, uint64_t *previous);

/* The newest that is whole, with oldest_frame <= frame <= newest_frame (the frames that the journal can give, and the one behind its
   end), read into mem. TD_E_MISSING: none; damaged ones are named in the log and passed over. TD_E_NO_ROOM: none fits cap, but one is
   whole. TD_E_IO: none could be had, but one that the card did not give may be whole: worth another try. Those beyond newest_frame are removed: they tell of frames that the disk has lost, and would be found when other frames have
   taken their numbers. So a caller that cannot use what it got asks again with newest_frame one below it. */
td_err checkpoint_load(const struct td_disk *disk, const char *data_dir, uint64_t oldest_frame,
                       uint64_t newest_frame, void *mem, size_t cap, struct checkpoint *checkpoint);

#endif
