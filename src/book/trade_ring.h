/* The newest trades of one symbol. One thread adds and clears; any number of threads read beside it
   without a lock: a copy is whole or it is not given. Memory is the caller's, the writer never
   waits. Newest means last added; times may run back, so no question relies on their order. */
#ifndef TD_BOOK_TRADE_RING_H
#define TD_BOOK_TRADE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"

enum { TRADE_UID_MAX = 40, TRADE_RECENT = 100 /* what a reader asks for who has no wish */ };

/* A trade carries its own scales: those of an instrument may become finer while it is kept. */
struct trade_kept {
    int64_t time_ns; /* of the venue */
    int64_t price_steps, size_steps;
    int64_t trade_id; /* valid when uid_bytes == 0; -1 none */
    int8_t price_scale, size_scale;
    uint8_t taker; /* enum td_taker */
    uint8_t uid_bytes;
    char uid[TRADE_UID_MAX]; /* first bytes of an id that is not an integer; zeros behind them */
};

struct trade_ring;

/* capacity: trades kept, at least 1. mem: aligned to 8. */
size_t trade_ring_footprint(uint32_t capacity);
struct trade_ring *trade_ring_init(void *mem, uint32_t capacity);

/* ---- the writer's thread ---- */

/* The oldest makes room. `trade` as the decoder gives it; its texts are copied. */
void trade_ring_add(struct trade_ring *ring, const struct td_trade *trade, int64_t time_ns,
                    int price_scale, int size_scale);
void trade_ring_clear(struct trade_ring *ring);

/* True when a kept trade has the id of this one, integer or text; false for one that has none. What
   it costs does not depend on how many are kept. */
bool trade_ring_has(const struct trade_ring *ring, const struct td_trade *trade);

/* Saved or loaded, trades and room for the next; into a ring as large that nobody has read yet. */
struct td_state;
void trade_ring_state(struct trade_ring *ring, struct td_state *state);

/* ---- any thread ---- */

/* Copies the newest `n` trades, newest first; returns how many. A trade that the writer replaced
   meanwhile, and all older ones, are left out. */
uint32_t trade_ring_recent(const struct trade_ring *ring, uint32_t n, struct trade_kept *out);

/* The same for trades strictly later than since_ns, at most n of them. */
uint32_t trade_ring_since(const struct trade_ring *ring, int64_t since_ns, uint32_t n,
                          struct trade_kept *out);

/* True when the kept trades reach back to this integer id and it is not among them: no repeat, a trade that came late. */
bool trade_ring_lacks(const struct trade_ring *ring, int64_t trade_id);

/* (buys - sells) / (buys + sells) by size, taker side, over times in (now_ns - window_ns, now_ns].
   Trades of unknown side count for neither. The sums are exact. Undefined, and value 0: nothing
   bought or sold, or sums beyond 128 bits. */
struct trade_imbalance {
    bool defined;
    double value; /* -1..1 */
};
struct trade_imbalance trade_ring_imbalance(const struct trade_ring *ring, int64_t now_ns,
                                            int64_t window_ns);

#endif
