/* The traffic that a deck records while it is cut: frame i is the same whenever it is asked for. */
#ifndef TD_CRASH_FEED_H
#define TD_CRASH_FEED_H

#include <stdbool.h>

#include "base/event.h"

enum { FEED_FRAMES = 3000, FEED_VENUES = 3 };

const struct td_frame *feed_frame(int index); /* number 0: not given yet */
int64_t feed_time(int index);                 /* of its receipt; beyond the last one too */
bool feed_pauses_after(int index);            /* the next one comes half a minute later */

#endif
