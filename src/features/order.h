/* A multiset of int64 keys that knows how many lie below one: sorted blocks under a sorted directory, so that each call costs about the same
   whatever it holds. Capacity is fixed. Core thread. */
#ifndef TD_FEATURES_ORDER_H
#define TD_FEATURES_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct order;

size_t order_footprint(uint32_t capacity); /* keys */
struct order *order_init(void *mem, uint32_t capacity);
void order_clear(struct order *order);
uint32_t order_count(const struct order *order);
/* Adds a key (there must be room) and returns how many keys are strictly below it. */
uint32_t order_insert(struct order *order, int64_t key);
/* Takes one such key out; it must be there. */
void order_remove(struct order *order, int64_t key);
uint32_t order_below(const struct order *order, int64_t key);

#endif
