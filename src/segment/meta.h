/* What the footers of the open files need of their column chunks, kept as packed records in blocks of one shared pool: an open
   file costs what its row groups cost, and hundreds of quiet streams cost a block each. When the pool is empty a file is
   sealed early (sealing.h); groups arrive in an order that rows decide, so that is deterministic too. Disk thread. */
#ifndef TD_SEGMENT_META_H
#define TD_SEGMENT_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Statistics longer than this are left out (null count stays): they would be exact or nothing. */
enum { META_STAT_MAX = 64, META_BLOCK_BYTES = 4096 };

/* Chunks of a file follow each other without a gap, so offsets are not kept. */
struct chunk_meta {
    int64_t dict_offset; /* 0 = no dictionary page */
    int64_t data_offset;
    uint32_t data_bytes;               /* data page with its header, as in the file */
    uint32_t compressed, uncompressed; /* all pages with headers */
    uint32_t nulls;
    uint8_t encoding; /* of the data page */
    bool has_stats;
    uint8_t min_bytes, max_bytes;
};

struct chunk_stats {
    unsigned char min[META_STAT_MAX], max[META_STAT_MAX];
};

/* Records of one file, in the order of writing: groups outer, columns inner; before each group its row count. */
struct meta_list {
    uint32_t first, last, blocks; /* first, last are valid while blocks > 0 */
    uint32_t used;                /* bytes of the last block */
    int64_t end;                  /* offset behind the last chunk */
};

#define META_NONE UINT32_MAX

struct meta_pool {
    uint32_t count, free, first_free;
    uint32_t *next;
    unsigned char *memory;
};

size_t meta_footprint(uint32_t blocks);
void meta_init(struct meta_pool *pool, void *mem, uint32_t blocks);
/* Blocks that a group of `columns` may need at most. */
uint32_t meta_blocks_for(unsigned columns);

void meta_add_group(struct meta_pool *pool, struct meta_list *list, uint32_t rows);
void meta_add_chunk(struct meta_pool *pool, struct meta_list *list, const struct chunk_meta *meta,
                    const struct chunk_stats *stats);
void meta_clear(struct meta_pool *pool, struct meta_list *list);

struct meta_cursor {
    const struct meta_pool *pool;
    uint32_t block, at;
    int64_t offset; /* of the next chunk */
};
struct meta_cursor meta_begin(const struct meta_pool *pool, const struct meta_list *list);
uint32_t meta_next_group(struct meta_cursor *cursor); /* rows */
void meta_next_chunk(struct meta_cursor *cursor, struct chunk_meta *meta,
                     struct chunk_stats *stats);

#endif
