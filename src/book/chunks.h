/* Sorted store of far levels: one tree of chunks a side, chunks taken from the pool that all books
   share. Levels are (key, size) with the smallest key best: the price of an ask, ~price of a bid
   (exact for every int64). Thread: core only. No allocation; a failed call changes nothing. */
#ifndef TD_BOOK_CHUNKS_H
#define TD_BOOK_CHUNKS_H

#include <stdbool.h>
#include <stdint.h>

#include "book/chunk.h"

struct chunk_tree {
    uint32_t root, first; /* first: the best leaf, the same one as long as the tree holds levels */
    uint32_t height;      /* inner chunks above a leaf */
    uint32_t levels;
    /* The leaf of the last search and the keys it answers for, so that neighbours in a message skip
     * the way down. */
    uint32_t finger;
    int64_t finger_low, finger_high; /* inclusive */
};

void chunk_tree_init(struct chunk_tree *tree);
/* All chunks go back to the pool. */
void chunk_tree_clear(struct chunk_tree *tree, struct book_pool *pool);

/* enum book_change, or TD_E_BOOK_FULL. size 0 deletes. *was: the size before, 0 when absent. */
int chunk_tree_set(struct chunk_tree *tree, struct book_pool *pool, int64_t key, int64_t size,
                   int64_t *was);
/* 0 when absent. */
int64_t chunk_tree_size(const struct chunk_tree *tree, const struct book_pool *pool, int64_t key);
bool chunk_tree_worst(const struct chunk_tree *tree, const struct book_pool *pool, int64_t *key,
                      int64_t *size);

/* Will `levels` new keys from `low` to `high` (inclusive) fit for certain? */
bool chunk_tree_takes(const struct chunk_tree *tree, const struct book_pool *pool, int64_t low,
                      int64_t high, uint32_t levels);

/* Repack into full chunks when that frees at least a tenth of them; true when it did. */
bool chunk_tree_pack(struct chunk_tree *tree, struct book_pool *pool);

/* A place in a tree; leaf CHUNK_NONE = past the end. Any change of the tree ends it. */
struct chunk_at {
    uint32_t leaf, index;
};
struct chunk_at chunk_tree_first(const struct chunk_tree *tree);
/* The first level whose key is not below `key`. */
struct chunk_at chunk_tree_from(const struct chunk_tree *tree, const struct book_pool *pool,
                                int64_t key);

/* Sum of the sizes of keys from `low` to `high`, inclusive; low <= high. */
__int128 chunk_tree_sum(const struct chunk_tree *tree, const struct book_pool *pool, int64_t low,
                        int64_t high);

static inline void chunk_at_step(struct chunk_at *at, const struct book_pool *pool)
{
    const struct chunk *leaf = &pool->chunk[at->leaf];

    if (++at->index < leaf->count)
        return;
    at->leaf = leaf->next;
    at->index = 0;
}

/* Multiply keys' prices and sizes; the caller has checked that every level fits. bid: keys are
 * ~price. */
void chunk_tree_rescale(struct chunk_tree *tree, struct book_pool *pool, bool bid,
                        int64_t price_factor, int64_t size_factor);

#endif
