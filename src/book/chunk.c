#include "book/chunk.h"

#include <string.h>

#include "base/shift.h"

/* ---- pool -------------------------------------------------------------------------------- */

/* A quarter more chunks than full ones need: trees run about 80 % full, and packing reaches 90 %.
 */
static uint32_t pool_chunks(uint32_t levels)
{
    return (uint32_t)((uint64_t)levels * 5 / 4 / CHUNK_ENTRIES) + 8;
}

size_t book_pool_footprint(uint32_t levels)
{
    return sizeof(struct book_pool) + (size_t)pool_chunks(levels) * sizeof(struct chunk);
}

struct book_pool *book_pool_init(void *mem, uint32_t levels)
{
    struct book_pool *pool = mem;

    *pool = (struct book_pool){.chunks = pool_chunks(levels), .free_head = CHUNK_NONE};
    pool->free_chunks = pool->chunks;
    return pool;
}

/* Half of each free chunk, and one in 16 left for inner chunks. */
uint32_t book_pool_free(const struct book_pool *pool)
{
    uint32_t spare = CHUNK_HEIGHT_MAX + pool->free_chunks / 16;

    return pool->free_chunks > spare ? (pool->free_chunks - spare) * (CHUNK_ENTRIES / 2) : 0;
}

uint32_t chunk_take(struct book_pool *pool)
{
    uint32_t id = pool->free_head;

    TD_ASSERT(pool->free_chunks > 0, "callers check for room before they change anything");
    if (id != CHUNK_NONE)
        pool->free_head = pool->chunk[id].next;
    else
        id = pool->fresh++;
    pool->free_chunks--;
    struct chunk *chunk = &pool->chunk[id];
    for (int i = 0; i < CHUNK_ENTRIES; i++)
        chunk->key[i] = INT64_MAX;
    chunk->count = 0;
    chunk->next = CHUNK_NONE;
    return id;
}

void chunk_give(struct book_pool *pool, uint32_t id)
{
    pool->chunk[id].next = pool->free_head;
    pool->free_head = id;
    pool->free_chunks++;
}

/* ---- entries ----------------------------------------------------------------------------- */

void chunk_insert(struct chunk *chunk, uint32_t at, int64_t key, int64_t value)
{
    td_shift_in(&chunk->key[at], chunk->count - at, key);
    td_shift_in(&chunk->value[at], chunk->count - at, value);
    chunk->count++;
}

void chunk_erase(struct chunk *chunk, uint32_t at)
{
    chunk->count--;
    td_shift_out(&chunk->key[at], chunk->count - at);
    td_shift_out(&chunk->value[at], chunk->count - at);
    chunk->key[chunk->count] = INT64_MAX;
}

/* Cut a chunk to `count` entries. */
static void chunk_cut(struct chunk *chunk, uint32_t count)
{
    for (uint32_t i = count; i < chunk->count; i++)
        chunk->key[i] = INT64_MAX;
    chunk->count = count;
}

/* Move the boundary of two neighbours so that the left one holds `left_count`. */
void chunk_even(struct chunk *left, struct chunk *right, uint32_t left_count)
{
    uint32_t total = left->count + right->count;
    size_t word = sizeof(int64_t);

    if (left_count > left->count) {
        uint32_t moved = left_count - left->count;
        memcpy(&left->key[left->count], right->key, moved * word);
        memcpy(&left->value[left->count], right->value, moved * word);
        memmove(right->key, &right->key[moved], (right->count - moved) * word);
        memmove(right->value, &right->value[moved], (right->count - moved) * word);
        left->count = left_count;
        chunk_cut(right, total - left_count);
        return;
    }
    uint32_t moved = left->count - left_count;
    memmove(&right->key[moved], right->key, right->count * word);
    memmove(&right->value[moved], right->value, right->count * word);
    memcpy(right->key, &left->key[left_count], moved * word);
    memcpy(right->value, &left->value[left_count], moved * word);
    right->count = total - left_count;
    chunk_cut(left, left_count);
}
