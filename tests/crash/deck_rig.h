/* A small deck without threads for the feed's three venues, on any disk, with a clock that its user moves. */
#ifndef TD_CRASH_DECK_RIG_H
#define TD_CRASH_DECK_RIG_H

#include "app/deck.h"

#define RIG_CONFIG "[deck]\nname = crash\n"

extern int64_t rig_now_ns; /* both clocks */

/* Its folder is data/. os: filled, and lives as long as the deck. log_path: the frame log's file, NULL: none. One deck at a time is opened
   with them (the symbols stand in one place). */
struct deck_params rig_params(const struct td_disk *disk, struct td_os *os, const char *log_path);

#endif
