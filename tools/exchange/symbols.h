/* Which markets a venue has: its own first ones, or those that were named. */
#ifndef EXCHANGE_SYMBOLS_H
#define EXCHANGE_SYMBOLS_H

#include "exchange/house.h"

/* `list` is a count ("10") or names ("BTC-USD,ETH-USD"). False: not such a text, or too many. */
bool symbols_add(struct house *house, const char *list, uint64_t seed, int64_t time_us);

#endif
