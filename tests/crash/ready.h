/* What ready/ holds: before a recovery nothing but whole files that the run before made; after it, each with a receipt that fits. */
#ifndef TD_CRASH_READY_H
#define TD_CRASH_READY_H

#include "crash/crash.h"

/* Of the card as it was found: each file is byte for byte what the run that was cut made of it; none is missing whose rename a sync had
   covered. */
bool ready_check_before(struct sim_disk *disk, struct crash_trial *trial);
/* After the stop: what was there is untouched, each segment opens, has a receipt, and that one tells the truth. */
bool ready_check_after(struct sim_disk *disk, struct crash_trial *trial);
/* Both hold the same files with the same bytes. */
bool ready_check_same(struct sim_disk *disk, struct sim_disk *again, struct crash_trial *trial);

#endif
