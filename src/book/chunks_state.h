/* State of one tree of far levels (base/state.h). Core thread. */
#ifndef TD_BOOK_CHUNKS_STATE_H
#define TD_BOOK_CHUNKS_STATE_H

#include "base/state.h"
#include "book/chunks.h"
#include "book/ladder.h"

/* The keys between children as a load would set them: a tree that goes on after a save then splits and merges as the loaded one. */
void chunk_tree_settle(struct chunk_tree *tree, struct book_pool *pool);

/* ladder: of the same side; no level of the tree may be the ladder's. Loading takes chunks from the pool; after a failed load the pool
   is to be laid anew. */
void chunk_tree_state(struct chunk_tree *tree, struct book_pool *pool, const struct ladder *ladder,
                      struct td_state *state);

#endif
