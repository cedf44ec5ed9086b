/* Room for a start on a full disk: before the recorder's own watch over the disk can begin, files must be opened. Any one thread. */
#ifndef TD_APP_ROOM_H
#define TD_APP_ROOM_H

#include <stdint.h>

#include "base/os.h"

/* Gives up the reserve, and of the finished segments the oldest that a store has, until wanted_free_bytes are free; no other segment is
   deleted. Returns the bytes that became free; *segments: how many are gone. */
int64_t room_make(const struct td_disk *disk, const char *data_dir, int64_t wanted_free_bytes,
                  uint64_t *segments);

#endif
