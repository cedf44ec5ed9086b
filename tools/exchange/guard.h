/* What a venue demands of its clients: not too many texts and subscriptions, an answer when asked, a sign of life. */
#ifndef EXCHANGE_GUARD_H
#define EXCHANGE_GUARD_H

#include "exchange/house.h"

/* The client says something. False: it said too much and is closed. */
bool guard_hear(struct listener *listener);
/* Once a second: asks it, closes who did not answer or sleeps or was told so. */
void guard_beat(struct listener *listener);
/* Tells all that they will be closed so long from now, who knows it already keeps its time. False: the venue has no word for it, or nobody
   listens. */
bool guard_notice(struct house *house, int64_t ms);

#endif
