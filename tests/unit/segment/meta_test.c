#include "segment/meta.h"

#include "segment_rig.h"
#include "test.h"

TEST(records_come_back_over_block_ends)
{
    struct meta_pool pool;
    struct meta_list a = {0}, b = {0};
    void *mem = rig_memory(meta_footprint(40));
    meta_init(&pool, mem, 40);
    int64_t at = 4;
    for (uint32_t g = 0; g < 20; g++) {
        meta_add_group(&pool, &a, 100 + g);
        meta_add_group(&pool, &b, g);
        for (unsigned c = 0; c < 45; c++) {
            struct chunk_meta meta = {.dict_offset = c % 3 ? 0 : at,
                                      .data_offset = at + (c % 3 ? 0 : 7),
                                      .data_bytes = 10 + c,
                                      .compressed = 10 + c + (c % 3 ? 0 : 7),
                                      .uncompressed = 1000000 * c,
                                      .nulls = g,
                                      .encoding = 8,
                                      .has_stats = c != 0,
                                      .min_bytes = (uint8_t)(c % 64),
                                      .max_bytes = 8};
            at += meta.compressed;
            struct chunk_stats stats;
            memset(&stats, (int)c, sizeof stats);
            meta_add_chunk(&pool, &a, &meta, &stats);
        }
    }
    at = 4;
    struct meta_cursor cursor = meta_begin(&pool, &a), other = meta_begin(&pool, &b);
    for (uint32_t g = 0; g < 20; g++) {
        CHECK_EQ_U64(meta_next_group(&cursor), 100 + g);
        CHECK_EQ_U64(meta_next_group(&other), g);
        for (unsigned c = 0; c < 45; c++) {
            struct chunk_meta meta;
            struct chunk_stats stats;
            meta_next_chunk(&cursor, &meta, &stats);
            CHECK_EQ_I64(meta.dict_offset, c % 3 ? 0 : at);
            CHECK_EQ_I64(meta.data_offset, at + (c % 3 ? 0 : 7));
            CHECK_EQ_U64(meta.data_bytes, 10 + c);
            CHECK_EQ_U64(meta.compressed, 10 + c + (c % 3 ? 0 : 7));
            CHECK_EQ_U64(meta.uncompressed, 1000000 * c);
            CHECK(meta.nulls == g && meta.encoding == 8 && meta.has_stats == (c != 0));
            at += meta.compressed;
            if (meta.min_bytes)
                CHECK_EQ_I64(stats.min[meta.min_bytes - 1], c);
            CHECK_EQ_I64(stats.max[7], c);
        }
    }
    CHECK_EQ_U64(pool.free, 40 - a.blocks - b.blocks);
    meta_clear(&pool, &a);
    meta_clear(&pool, &b);
    meta_clear(&pool, &b);
    CHECK_EQ_U64(pool.free, 40);
    free(mem);
}

TEST(a_group_never_needs_more_than_was_asked_for)
{
    struct meta_pool pool;
    struct meta_list list = {0};
    uint32_t blocks = meta_blocks_for(45);
    void *mem = rig_memory(meta_footprint(blocks + 1));
    meta_init(&pool, mem, blocks + 1);
    struct chunk_meta meta = {
        .data_offset = 4, .min_bytes = META_STAT_MAX, .max_bytes = META_STAT_MAX};
    struct chunk_stats stats = {{0}, {0}};
    meta_add_group(&pool, &list, 1);
    for (unsigned c = 0; c < 45; c++)
        meta_add_chunk(&pool, &list, &meta, &stats);
    CHECK(list.blocks <= blocks);
    free(mem);
}
