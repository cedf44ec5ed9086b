/* One sync a state folder: two would send everything twice and take each other's parts away. */
#ifndef TD_SYNC_LOCK_H
#define TD_SYNC_LOCK_H

#include <stdint.h>

#include "base/err.h"

/* Holds <state_dir>/lock until the process ends or lock_leave(); the folder stands already. A handle, TD_E_BUSY with the holder's process id in
   *holder (0: not told), TD_E_IO, TD_E_RANGE. */
int lock_take(const char *state_dir, int64_t *holder);
void lock_leave(int lock);

#endif
