/* Room kept back for the end: a file of nothing, given up when the disk is full, so that what is open can still be sealed and the gap told.
   Any one thread. */
#ifndef TD_APP_RESERVE_H
#define TD_APP_RESERVE_H

#include <stdint.h>

#include "base/os.h"

/* What sealing the open files of a busy deck, receipts and a checkpoint take. */
enum { RESERVE_BYTES = 64 << 20 };

/* <data_dir>/reserve stands with so many bytes, all of them allocated. TD_E_DISK_FULL: there is no room for it, and nothing is left of it. */
td_err reserve_keep(const struct td_disk *disk, const char *data_dir, int64_t bytes);
/* Its room is free now. 0 also when there was none. */
td_err reserve_spend(const struct td_disk *disk, const char *data_dir);

#endif
