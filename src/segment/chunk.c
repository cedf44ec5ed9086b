#include "segment/chunk.h"

#include <string.h>

#include "base/err.h"
#include "segment/encode.h"

size_t chunk_levels(const struct chunk *chunk)
{
    if (!chunk->column->optional)
        return 0;
    struct encoder *encoder = chunk->encoder;
    uint32_t rows = chunk->view->rows;
    unsigned char *at = encoder->raw + 4;
    size_t bytes;
    if (chunk->meta->nulls == 0 || chunk->meta->nulls == rows) {
        bytes = encode_run(chunk->meta->nulls == 0, rows, 1, at);
    } else {
        /* The hash table is free here: levels come before or after a dictionary's making, never within. */
        uint32_t *level = encoder->dict.slot;
        for (uint32_t i = 0; i < rows; i++)
            level[i] = encoder->values.level[i];
        bytes = encode_hybrid(level, rows, 1, at);
    }
    uint32_t length = (uint32_t)bytes;
    memcpy(encoder->raw, &length, 4);
    return 4 + bytes;
}

struct page chunk_data_page(const struct chunk *chunk, enum parquet_encoding encoding, size_t bytes)
{
    TD_ASSERT(bytes <= chunk->encoder->raw_max, "a page stays within its bound");
    return (struct page){.kind = PARQUET_DATA_PAGE,
                         .encoding = encoding,
                         .values = chunk->view->rows,
                         .raw = chunk->encoder->raw,
                         .raw_bytes = bytes};
}

/* The page that was packed last goes to the file. */
void chunk_append(const struct chunk *chunk, const struct page *page)
{
    struct chunk_meta *meta = chunk->meta;
    int64_t offset = chunk->out->offset;
    struct page_size size = page_append(&chunk->encoder->packer, page, chunk->out);
    if (page->kind == PARQUET_DICTIONARY_PAGE) {
        meta->dict_offset = offset;
    } else {
        meta->data_offset = offset;
        meta->data_bytes = size.compressed;
        meta->encoding = (uint8_t)page->encoding;
    }
    meta->compressed += size.compressed;
    meta->uncompressed += size.uncompressed;
}

static void write_page(const struct chunk *chunk, const struct page *page)
{
    page_pack(&chunk->encoder->packer, page);
    chunk_append(chunk, page);
}

void chunk_write_data(const struct chunk *chunk, enum parquet_encoding encoding, size_t bytes)
{
    struct page page = chunk_data_page(chunk, encoding, bytes);
    write_page(chunk, &page);
}

struct page chunk_dict_page(const struct chunk *chunk, uint32_t entries, bool sorted, size_t bytes)
{
    return (struct page){.kind = PARQUET_DICTIONARY_PAGE,
                         .encoding = PARQUET_PLAIN,
                         .values = entries,
                         .sorted = sorted,
                         .raw = chunk->encoder->raw,
                         .raw_bytes = bytes};
}

void chunk_write_dict(const struct chunk *chunk, uint32_t entries, bool sorted, size_t bytes)
{
    struct page page = chunk_dict_page(chunk, entries, sorted, bytes);
    write_page(chunk, &page);
}

/* Up to 16 entries the narrowest width and runs; above that whole bytes in one packed run, the form zstd packs best. */
static unsigned index_width(uint32_t entries)
{
    if (entries <= 16)
        return entries <= 2 ? 1 : entries <= 4 ? 2 : entries <= 8 ? 3 : 4;
    return entries <= 256 ? 8 : 16;
}

_Static_assert(TD_GROUP_ROWS_MAX <= 65536, "two bytes hold any index");

struct page chunk_index_page(const struct chunk *chunk)
{
    struct encoder *encoder = chunk->encoder;
    size_t used = chunk_levels(chunk);
    unsigned width = index_width(encoder->dict.count);
    encoder->raw[used++] = (unsigned char)width;
    const uint32_t *id = encoder->dict.id;
    uint32_t count = encoder->values.count;
    used += width < 8 ? encode_hybrid(id, count, width, encoder->raw + used)
                      : encode_packed(id, count, width, encoder->raw + used);
    return chunk_data_page(chunk, PARQUET_RLE_DICTIONARY, used);
}

void chunk_write_indices(const struct chunk *chunk)
{
    struct page page = chunk_index_page(chunk);
    write_page(chunk, &page);
}

void chunk_note_stats(const struct chunk *chunk, const void *min, size_t min_bytes, const void *max,
                      size_t max_bytes)
{
    if (min_bytes > META_STAT_MAX || max_bytes > META_STAT_MAX)
        return;
    chunk->meta->has_stats = true;
    chunk->meta->min_bytes = (uint8_t)min_bytes;
    chunk->meta->max_bytes = (uint8_t)max_bytes;
    memcpy(chunk->stats->min, min, min_bytes);
    memcpy(chunk->stats->max, max, max_bytes);
}

void chunk_write_one_run(const struct chunk *chunk)
{
    unsigned char *raw = chunk->encoder->raw;
    raw[0] = 1; /* width */
    size_t bytes = 1 + encode_run(0, chunk->view->rows, 1, raw + 1);
    chunk_write_data(chunk, PARQUET_RLE_DICTIONARY, bytes);
}
