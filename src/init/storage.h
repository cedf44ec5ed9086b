/* The card's partitions in use: found, the owner's mounted, the data's grown and mounted, tried again for ever. Steps that a failing card
   can hold run aside (loop.h). */
#ifndef TD_INIT_STORAGE_H
#define TD_INIT_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "init/card.h"

/* Waits for the card. False: none came in time; storage_turn looks on. */
bool storage_find(int64_t seconds);
/* NULL: none was found. */
const struct card *storage_card(void);
/* INIT_CARD. */
void storage_mount_config(void);
/* INIT_DATA; the first time on a fresh card it grows to the whole card. */
bool storage_mount_data(void);
/* Why the data partition is not mounted; NULL: it is. Static text. */
const char *storage_trouble(void);
/* What happens to the data partition over time. Without it: it is tried again now and then. One that the kernel shut, for the card refused a
   write, is lost; once the recorder is gone it is let go and mounted anew. One that cannot be let go: the machine is restarted. */
enum storage_event { STORAGE_AS_BEFORE, STORAGE_LOST, STORAGE_MOUNTED };
enum storage_event storage_turn(int64_t now_ns, bool recorder_gone);

#endif
