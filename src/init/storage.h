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
/* Without data: tries again now and then. True: it is mounted since this turn. */
bool storage_turn(int64_t now_ns);

#endif
