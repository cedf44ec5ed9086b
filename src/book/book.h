/* One order book: int64 price and size in instrument steps, full depth, absolute sizes, 0 deletes.
   Near levels live in a ladder of fixed slots around the touch (bitmap + sizes), far ones in sorted chunks taken from a
   pool that all books share. Thread: core only. No allocation; deterministic: the same calls give the same book. */
#ifndef TD_BOOK_BOOK_H
#define TD_BOOK_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"

/* ---- pool of far-level chunks, shared ----------------------------------------------------------------------- */

struct book_pool;

/* levels: how many far levels all books together may hold. */
size_t book_pool_footprint(uint32_t levels);
struct book_pool *book_pool_init(void *mem, uint32_t levels);
/* Levels that still fit when every free chunk fills by half, as growing books fill them at the least. */
uint32_t book_pool_free(const struct book_pool *pool);

/* ---- the book ------------------------------------------------------------------------------------------------ */

struct book;

size_t book_footprint(void);
/* Empty book. The pool stays the caller's and outlives the book. */
struct book *book_init(void *mem, struct book_pool *pool);

/* Empty both sides; chunks go back to the pool. */
void book_clear(struct book *book);

/* Hint before a snapshot's levels come: nothing is needed, but the ladder is laid anew at the first touch that follows.
   (A snapshot is book_clear, book_set..., book_settle.) Settle picks the ladder's unit (greatest common divisor of the prices)
   and centre from what the book holds. Calling it at any other time is harmless. */
void book_settle(struct book *book);

enum book_change {
    BOOK_CHANGED = 0,        /* level added or its size changed */
    BOOK_DELETED = 1,        /* level was there and is gone */
    BOOK_UNKNOWN_DELETE = 2, /* size 0 for a level that was not there */
    BOOK_SAME = 3            /* size was the same already */
};

/* Set the absolute size of a level (side: TD_SIDE_BID/ASK; size_steps >= 0). Returns enum book_change, or TD_E_BOOK_FULL
   when the pool has no chunk left (the book is unchanged then). Any int64 price is a valid key. */
int book_set(struct book *book, uint8_t side, int64_t price_steps, int64_t size_steps);
/* The same; *was_steps: the level's size before the call, 0 when it was absent. */
int book_set_was(struct book *book, uint8_t side, int64_t price_steps, int64_t size_steps,
                 int64_t *was_steps);

/* Size at a price, 0 when the level is absent. */
int64_t book_size(const struct book *book, uint8_t side, int64_t price_steps);

/* Sum of the sizes of a side's levels with from <= price <= to; 0 when from > to. Costs by the levels in the range. */
__int128 book_sum(const struct book *book, uint8_t side, int64_t from_steps, int64_t to_steps);

uint32_t book_levels(const struct book *book, uint8_t side);

/* Best level; false when the side is empty. */
bool book_best(const struct book *book, uint8_t side, int64_t *price_steps, int64_t *size_steps);

/* Best-first copy of up to `count` levels; returns how many. */
uint32_t book_top(const struct book *book, uint8_t side, uint32_t count, struct td_level *out);

/* Best-first walk of a whole side; visit returns false to stop. The book must not change meanwhile. */
void book_walk(const struct book *book, uint8_t side,
               bool (*visit)(void *arg, int64_t price_steps, int64_t size_steps), void *arg);

/* Worst level of a side beyond `depth` levels: true and its price when the side holds more than `depth` levels (it is the one
   farthest from the touch). Feeds of fixed depth prune by asking until false. */
bool book_beyond(const struct book *book, uint8_t side, uint32_t depth, int64_t *price_steps,
                 int64_t *size_steps);

/* Best bid >= best ask. */
bool book_crossed(const struct book *book);

/* Levels and their layout, saved or loaded (into an empty book of a pool that is as large): what was loaded goes on as what was saved,
   up to the level that finds the pool full. After a failed load pool and books are to be laid anew. book_state_point: what a save
   changes of the layout, also where nothing is saved or the save fails. */
struct td_state;
void book_state(struct book *book, struct td_state *state);
void book_state_point(struct book *book);

/* Multiply every price and size (a finer scale, in place). TD_E_OVERFLOW leaves the book unchanged. */
td_err book_rescale(struct book *book, int64_t price_factor, int64_t size_factor);

#endif
