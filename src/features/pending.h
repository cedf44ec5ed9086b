/* Trades that wait for a book event of their time or later, in the order they arrived (SPEC 2.8: trades first). Core thread. */
#ifndef TD_FEATURES_PENDING_H
#define TD_FEATURES_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "features/features.h"

enum { PENDING_TRADES = 1024, PENDING_STATE_BYTES = PENDING_TRADES * 32 + 64 };

struct pending {
    uint32_t first, count;
    struct feature_trade trade[PENDING_TRADES];
};

void pending_clear(struct pending *p);
/* Room there must be. */
void pending_add(struct pending *p, const struct feature_trade *trade);
bool pending_full(const struct pending *p);
struct feature_trade pending_take_oldest(struct pending *p);
/* Hands out those of at most now_ns; the others stay in their order. */
void pending_drain(struct pending *p, int64_t now_ns,
                   void (*use)(void *arg, const struct feature_trade *trade), void *arg);
/* False: something no longer fits. */
bool pending_rescale(struct pending *p, int64_t price_factor, int64_t size_factor);
void pending_state(struct pending *p, struct td_state *state);

#endif
