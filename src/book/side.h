/* One side of a book: ladder and chunk tree, and the decision where the ladder stands. A key is in
   the ladder exactly when it is the ladder's (ladder.h), so that the ladder's place is a matter of
   speed alone. Thread: core only. */
#ifndef TD_BOOK_SIDE_H
#define TD_BOOK_SIDE_H

#include "base/state.h"
#include "book/chunks.h"
#include "book/ladder.h"

struct book_side {
    struct chunk_tree tree;
    uint32_t misses,
        off_grid; /* changes past the ladder since it was last looked at; of those in its window */
    uint32_t patience; /* misses until it is looked at again: what the last look cost */
    struct ladder ladder;
};

void side_init(struct book_side *side);
void side_clear(struct book_side *side, struct book_pool *pool);

/* Set a key that is not the ladder's. enum book_change or TD_E_BOOK_FULL; *was: the size before. */
int side_set_far(struct book_side *side, struct book_pool *pool, int64_t key, int64_t size,
                 int64_t *was);

/* Choose unit and place of the ladder from what the side holds. */
void side_settle(struct book_side *side, struct book_pool *pool);

/* Levels and layout, so that what is loaded goes on as what was saved. */
void side_state(struct book_side *side, struct book_pool *pool, struct td_state *state);

bool side_best(const struct book_side *side, const struct book_pool *pool, int64_t *key,
               int64_t *size);
bool side_worst(const struct book_side *side, const struct book_pool *pool, int64_t *key,
                int64_t *size);

static inline uint32_t side_levels(const struct book_side *side)
{
    return side->ladder.levels + side->tree.levels;
}

/* Best-first walk: side_next gives the level and steps on; false at the end. Any change of the side
 * ends it. */
struct side_walk {
    const struct book_side *side;
    const struct book_pool *pool;
    struct chunk_at far;
    uint32_t slot;
};
struct side_walk side_walk_begin(const struct book_side *side, const struct book_pool *pool);
bool side_next(struct side_walk *walk, int64_t *key, int64_t *size);

#endif
