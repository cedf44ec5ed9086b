/* Marks in a text that is told to many: each listener is sent its own number and its own channel in their place. */
#ifndef EXCHANGE_MARK_H
#define EXCHANGE_MARK_H

#include "exchange/house.h"

/* house->text carries a number. */
bool mark_is_numbered(const struct house *house);

/* The text to one listener, `seq` in place of its mark. As listener->say. */
bool mark_deliver(struct listener *listener, const char *text, size_t bytes, enum fault_kind how,
                  uint64_t seq);

#endif
