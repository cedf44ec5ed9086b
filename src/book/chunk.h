/* One chunk: 1 KiB of sorted entries; and the pool it comes from. Trees of chunks: chunks.h. Core thread. */
#ifndef TD_BOOK_CHUNK_H
#define TD_BOOK_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "book/book.h"

/* 63 entries and the header make 1 KiB. */
enum { CHUNK_ENTRIES = 63 };

/* A leaf holds levels (key, size); an inner chunk holds children (smallest key of the child, its
   number). Unused keys are INT64_MAX so that the search needs no count; key[0] of an inner chunk
   counts as the smallest int64. */
struct chunk {
    int64_t key[CHUNK_ENTRIES];
    int64_t value[CHUNK_ENTRIES];
    uint32_t count;
    uint32_t next; /* leaf: the next worse leaf; free chunk: the next free one */
    uint64_t pad;
};

struct book_pool {
    uint32_t chunks, free_chunks;
    uint32_t free_head; /* a chunk that was in use once */
    uint32_t fresh;     /* chunks from here on were never touched */
    uint8_t pad[48];
    struct chunk chunk[];
};

/* No chunk. */
#define CHUNK_NONE UINT32_MAX

/* Inner chunks above a leaf, at the most, and the leaf: 16^6 levels are more than any pool. */
enum { CHUNK_HEIGHT_MAX = 8 };

/* An empty chunk; the pool has one (the caller has looked). */
uint32_t chunk_take(struct book_pool *pool);
void chunk_give(struct book_pool *pool, uint32_t id);

void chunk_insert(struct chunk *chunk, uint32_t at, int64_t key, int64_t value);
void chunk_erase(struct chunk *chunk, uint32_t at);
/* Move the boundary of two neighbours so that the left one holds `left_count`. */
void chunk_even(struct chunk *left, struct chunk *right, uint32_t left_count);

/* How many keys are below `key`. Six steps without branches: which level a message names cannot be
 * predicted. */
static inline uint32_t chunk_below(const struct chunk *chunk, int64_t key)
{
    const int64_t *base = chunk->key;

    base += (base[31] < key) * 32u;
    base += (base[15] < key) * 16u;
    base += (base[7] < key) * 8u;
    base += (base[3] < key) * 4u;
    base += (base[1] < key) * 2u;
    base += (base[0] < key);
    return (uint32_t)(base - chunk->key);
}

#endif
