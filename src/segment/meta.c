#include "segment/meta.h"

#include <string.h>

#include "base/err.h"

static size_t links_bytes(uint32_t blocks)
{
    return ((size_t)blocks * sizeof(uint32_t) + 63) & ~(size_t)63;
}

size_t meta_footprint(uint32_t blocks)
{
    return links_bytes(blocks) + (size_t)blocks * META_BLOCK_BYTES;
}

void meta_init(struct meta_pool *pool, void *mem, uint32_t blocks)
{
    pool->count = blocks;
    pool->next = mem;
    pool->memory = (unsigned char *)mem + links_bytes(blocks);
    for (uint32_t i = 0; i < blocks; i++)
        pool->next[i] = i + 1 < blocks ? i + 1 : META_NONE;
    pool->first_free = blocks ? 0 : META_NONE;
    pool->free = blocks;
}

/* A chunk as it is kept: of the wide tables there are thousands. */
struct record {
    uint32_t dict_bytes, data_bytes, uncompressed, nulls;
    uint8_t encoding, has_stats, min_bytes, max_bytes;
};

enum { FIRST_OFFSET = 4 }; /* behind the file's magic */

uint32_t meta_blocks_for(unsigned columns)
{
    size_t bytes = 4 + columns * (sizeof(struct record) + sizeof(struct chunk_stats));
    return (uint32_t)(bytes / META_BLOCK_BYTES + 2);
}

static void extend(struct meta_pool *pool, struct meta_list *list)
{
    uint32_t block = pool->first_free;
    TD_ASSERT(block != META_NONE, "room was made before the group was written");
    pool->first_free = pool->next[block];
    pool->free--;
    pool->next[block] = META_NONE;
    if (list->blocks++)
        pool->next[list->last] = block;
    else
        list->first = block;
    list->last = block;
    list->used = 0;
}

static void append(struct meta_pool *pool, struct meta_list *list, const void *data, size_t bytes)
{
    const unsigned char *from = data;
    while (bytes) {
        if (!list->blocks || list->used == META_BLOCK_BYTES)
            extend(pool, list);
        size_t room = META_BLOCK_BYTES - list->used;
        size_t part = bytes < room ? bytes : room;
        memcpy(pool->memory + (size_t)list->last * META_BLOCK_BYTES + list->used, from, part);
        list->used += (uint32_t)part;
        from += part;
        bytes -= part;
    }
}

void meta_add_group(struct meta_pool *pool, struct meta_list *list, uint32_t rows)
{
    append(pool, list, &rows, sizeof rows);
}

void meta_add_chunk(struct meta_pool *pool, struct meta_list *list, const struct chunk_meta *meta,
                    const struct chunk_stats *stats)
{
    if (!list->end)
        list->end = FIRST_OFFSET;
    int64_t start = meta->dict_offset ? meta->dict_offset : meta->data_offset;
    TD_ASSERT(start == list->end, "a chunk begins where the one before it ends");
    struct record record = {.dict_bytes = (uint32_t)(meta->data_offset - start),
                            .data_bytes = meta->data_bytes,
                            .uncompressed = meta->uncompressed,
                            .nulls = meta->nulls,
                            .encoding = meta->encoding,
                            .has_stats = meta->has_stats,
                            .min_bytes = meta->min_bytes,
                            .max_bytes = meta->max_bytes};
    list->end += meta->compressed;
    append(pool, list, &record, sizeof record);
    append(pool, list, stats->min, meta->min_bytes);
    append(pool, list, stats->max, meta->max_bytes);
}

void meta_clear(struct meta_pool *pool, struct meta_list *list)
{
    if (list->blocks) {
        pool->next[list->last] = pool->first_free;
        pool->first_free = list->first;
        pool->free += list->blocks;
    }
    *list = (struct meta_list){0};
}

struct meta_cursor meta_begin(const struct meta_pool *pool, const struct meta_list *list)
{
    return (struct meta_cursor){pool, list->first, 0, FIRST_OFFSET};
}

static void read(struct meta_cursor *cursor, void *out, size_t bytes)
{
    unsigned char *to = out;
    while (bytes) {
        if (cursor->at == META_BLOCK_BYTES) {
            cursor->block = cursor->pool->next[cursor->block];
            cursor->at = 0;
        }
        size_t room = META_BLOCK_BYTES - cursor->at;
        size_t part = bytes < room ? bytes : room;
        memcpy(to, cursor->pool->memory + (size_t)cursor->block * META_BLOCK_BYTES + cursor->at,
               part);
        cursor->at += (uint32_t)part;
        to += part;
        bytes -= part;
    }
}

uint32_t meta_next_group(struct meta_cursor *cursor)
{
    uint32_t rows;
    read(cursor, &rows, sizeof rows);
    return rows;
}

void meta_next_chunk(struct meta_cursor *cursor, struct chunk_meta *meta, struct chunk_stats *stats)
{
    struct record record;
    read(cursor, &record, sizeof record);
    *meta = (struct chunk_meta){.dict_offset = record.dict_bytes ? cursor->offset : 0,
                                .data_offset = cursor->offset + record.dict_bytes,
                                .data_bytes = record.data_bytes,
                                .compressed = record.dict_bytes + record.data_bytes,
                                .uncompressed = record.uncompressed,
                                .nulls = record.nulls,
                                .encoding = record.encoding,
                                .has_stats = record.has_stats,
                                .min_bytes = record.min_bytes,
                                .max_bytes = record.max_bytes};
    cursor->offset += meta->compressed;
    read(cursor, stats->min, meta->min_bytes);
    read(cursor, stats->max, meta->max_bytes);
}
