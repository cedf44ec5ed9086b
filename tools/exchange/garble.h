/* Faults that change the text that is just told (house->text). */
#ifndef EXCHANGE_GARBLE_H
#define EXCHANGE_GARBLE_H

#include "exchange/house.h"

/* Cut short or with bits turned, by turns. */
void garble_any(struct house *house);
/* False: the text holds no checksum, or no place for a level. */
bool garble_checksum(struct house *house);
bool garble_level(struct house *house);

#endif
