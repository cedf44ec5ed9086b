#include "segment/footer.h"

#include <string.h>

#include "base/text.h"
#include "segment/parquet.h"
#include "segment/thrift.h"

enum {
    BOUNDARY_ASCENDING = 1
}; /* with one page a chunk any order is true; this one lets readers search */

struct footer {
    const struct segment_file *file;
    const struct file_shared *shared;
    const struct path_partition *partition;
    const struct table *table;
    int64_t column_index_at, offset_index_at; /* of the next chunk's */
};

/* ---- page indexes ----------------------------------------------------------------------------- */

static bool has_column_index(const struct chunk_meta *meta, uint32_t rows)
{
    return meta->has_stats || meta->nulls == rows;
}

static void put_column_index(struct thrift *out, const struct chunk_meta *meta,
                             const struct chunk_stats *stats, uint32_t rows)
{
    thrift_list(out, 1, THRIFT_TRUE, 1);
    thrift_item_bool(out, meta->nulls == rows);
    thrift_list(out, 2, THRIFT_BINARY, 1);
    thrift_item_binary(out, stats->min, meta->min_bytes);
    thrift_list(out, 3, THRIFT_BINARY, 1);
    thrift_item_binary(out, stats->max, meta->max_bytes);
    thrift_i32(out, 4, BOUNDARY_ASCENDING);
    thrift_list(out, 5, THRIFT_I64, 1);
    thrift_item_int(out, meta->nulls);
    thrift_end(out);
}

static void put_offset_index(struct thrift *out, const struct chunk_meta *meta)
{
    thrift_list(out, 1, THRIFT_STRUCT, 1);
    thrift_item_struct(out);
    thrift_i64(out, 1, meta->data_offset);
    thrift_i32(out, 2, (int32_t)meta->data_bytes);
    thrift_i64(out, 3, 0);
    thrift_end(out);
    thrift_end(out);
}

static uint32_t column_index_bytes(const struct chunk_meta *meta, const struct chunk_stats *stats,
                                   uint32_t rows)
{
    if (!has_column_index(meta, rows))
        return 0;
    struct thrift count = thrift_count();
    put_column_index(&count, meta, stats, rows);
    return (uint32_t)count.bytes;
}

static uint32_t offset_index_bytes(const struct chunk_meta *meta)
{
    struct thrift count = thrift_count();
    put_offset_index(&count, meta);
    return (uint32_t)count.bytes;
}

/* All indexes of one kind stand together, in the order of the chunks. */
static void put_indexes(const struct footer *footer, struct out *out, bool of_columns)
{
    struct meta_cursor cursor = meta_begin(&footer->shared->meta, &footer->file->meta);
    for (uint32_t g = 0; g < footer->file->groups; g++) {
        uint32_t rows = meta_next_group(&cursor);
        for (unsigned c = 0; c < footer->table->column_count; c++) {
            struct chunk_meta meta;
            struct chunk_stats stats;
            struct thrift thrift = thrift_to(out_sink, out);
            meta_next_chunk(&cursor, &meta, &stats);
            if (!of_columns)
                put_offset_index(&thrift, &meta);
            else if (has_column_index(&meta, rows))
                put_column_index(&thrift, &meta, &stats, rows);
        }
    }
}

/* ---- schema ----------------------------------------------------------------------------------- */

static int converted_type(const struct column *column)
{
    switch ((enum column_logical)column->logical) {
    case COLUMN_STRING:
        return PARQUET_UTF8;
    case COLUMN_TIMESTAMP_US:
        return PARQUET_TIMESTAMP_MICROS;
    case COLUMN_UINT8:
        return PARQUET_UINT_8;
    case COLUMN_UINT16:
        return PARQUET_UINT_16;
    case COLUMN_INT16:
        return PARQUET_INT_16;
    case COLUMN_PLAIN:
        break;
    }
    return -1;
}

static void put_integer_type(struct thrift *out, int8_t bits, bool is_signed)
{
    thrift_struct(out, 10); /* INTEGER */
    thrift_byte(out, 1, bits);
    thrift_bool(out, 2, is_signed);
    thrift_end(out);
}

static void put_timestamp_type(struct thrift *out)
{
    thrift_struct(out, 8); /* TIMESTAMP */
    thrift_bool(out, 1, true);
    thrift_struct(out, 2); /* unit */
    thrift_struct(out, 2); /* MICROS */
    thrift_end(out);
    thrift_end(out);
    thrift_end(out);
}

static void put_logical_type(struct thrift *out, const struct column *column)
{
    if (column->logical == COLUMN_PLAIN)
        return;
    thrift_struct(out, 10);
    if (column->logical == COLUMN_STRING) {
        thrift_struct(out, 1);
        thrift_end(out);
    } else if (column->logical == COLUMN_TIMESTAMP_US) {
        put_timestamp_type(out);
    } else if (column->logical == COLUMN_INT16) {
        put_integer_type(out, 16, true);
    } else {
        put_integer_type(out, column->logical == COLUMN_UINT8 ? 8 : 16, false);
    }
    thrift_end(out);
}

static void put_schema(struct thrift *out, const struct table *table)
{
    thrift_list(out, 2, THRIFT_STRUCT, table->column_count + 1);
    thrift_item_struct(out);
    thrift_text(out, 4, table->name);
    thrift_i32(out, 5, (int32_t)table->column_count);
    thrift_end(out);
    for (unsigned c = 0; c < table->column_count; c++) {
        const struct column *column = &table->column[c];
        thrift_item_struct(out);
        thrift_i32(out, 1, column->physical);
        if (column->fixed_bytes)
            thrift_i32(out, 2, column->fixed_bytes);
        thrift_i32(out, 3, column->optional ? PARQUET_OPTIONAL : PARQUET_REQUIRED);
        thrift_text(out, 4, column->name);
        if (converted_type(column) >= 0)
            thrift_i32(out, 6, converted_type(column));
        thrift_i32(out, 9, column->field_id);
        put_logical_type(out, column);
        thrift_end(out);
    }
}

/* ---- row groups ------------------------------------------------------------------------------- */

static void put_statistics(struct thrift *out, const struct chunk_meta *meta,
                           const struct chunk_stats *stats)
{
    thrift_struct(out, 12);
    thrift_i64(out, 3, meta->nulls);
    if (meta->has_stats) {
        thrift_binary(out, 5, stats->max, meta->max_bytes);
        thrift_binary(out, 6, stats->min, meta->min_bytes);
        thrift_bool(out, 7, true);
        thrift_bool(out, 8, true);
    }
    thrift_end(out);
}

/* Every encoding of the chunk: levels are RLE, dictionary pages PLAIN. */
static void put_encodings(struct thrift *out, const struct chunk_meta *meta)
{
    bool dict = meta->dict_offset != 0;
    bool other = meta->encoding != PARQUET_PLAIN;
    thrift_list(out, 2, THRIFT_I32, 1u + other + (dict || !other));
    if (dict || !other)
        thrift_item_int(out, PARQUET_PLAIN);
    thrift_item_int(out, PARQUET_RLE);
    if (other)
        thrift_item_int(out, meta->encoding);
}

static void put_encoding_stats(struct thrift *out, const struct chunk_meta *meta)
{
    bool dict = meta->dict_offset != 0;
    thrift_list(out, 13, THRIFT_STRUCT, 1u + dict);
    for (int data = !dict; data <= 1; data++) {
        thrift_item_struct(out);
        thrift_i32(out, 1, data ? PARQUET_DATA_PAGE : PARQUET_DICTIONARY_PAGE);
        thrift_i32(out, 2, data ? meta->encoding : PARQUET_PLAIN);
        thrift_i32(out, 3, 1);
        thrift_end(out);
    }
}

static int64_t chunk_start(const struct chunk_meta *meta)
{
    return meta->dict_offset ? meta->dict_offset : meta->data_offset;
}

static void put_chunk_metadata(struct thrift *out, const struct column *column,
                               const struct chunk_meta *meta, const struct chunk_stats *stats,
                               uint32_t rows)
{
    thrift_struct(out, 3);
    thrift_i32(out, 1, column->physical);
    put_encodings(out, meta);
    thrift_list(out, 3, THRIFT_BINARY, 1);
    thrift_item_binary(out, column->name, strlen(column->name));
    thrift_i32(out, 4, PARQUET_CODEC_ZSTD);
    thrift_i64(out, 5, rows);
    thrift_i64(out, 6, meta->uncompressed);
    thrift_i64(out, 7, meta->compressed);
    thrift_i64(out, 9, meta->data_offset);
    if (meta->dict_offset)
        thrift_i64(out, 11, meta->dict_offset);
    put_statistics(out, meta, stats);
    put_encoding_stats(out, meta);
    thrift_end(out);
}

static void put_chunk(struct footer *footer, struct thrift *out, const struct column *column,
                      const struct chunk_meta *meta, const struct chunk_stats *stats, uint32_t rows)
{
    uint32_t column_index = column_index_bytes(meta, stats, rows);
    uint32_t offset_index = offset_index_bytes(meta);
    thrift_item_struct(out);
    thrift_i64(out, 2, 0); /* file_offset: no copy of the metadata stands beside the chunk */
    put_chunk_metadata(out, column, meta, stats, rows);
    thrift_i64(out, 4, footer->offset_index_at);
    thrift_i32(out, 5, (int32_t)offset_index);
    if (column_index) {
        thrift_i64(out, 6, footer->column_index_at);
        thrift_i32(out, 7, (int32_t)column_index);
    }
    thrift_end(out);
    footer->column_index_at += column_index;
    footer->offset_index_at += offset_index;
}

struct group_sums {
    int64_t start, uncompressed, compressed;
};

/* Chunks come before the sums in the message, so `cursor` is read by a copy for them first. */
static struct group_sums sum_group(const struct footer *footer, struct meta_cursor cursor)
{
    struct group_sums sums = {0, 0, 0};
    for (unsigned c = 0; c < footer->table->column_count; c++) {
        struct chunk_meta meta;
        struct chunk_stats stats;
        meta_next_chunk(&cursor, &meta, &stats);
        if (c == 0)
            sums.start = chunk_start(&meta);
        sums.uncompressed += meta.uncompressed;
        sums.compressed += meta.compressed;
    }
    return sums;
}

static void put_group(struct footer *footer, struct thrift *out, struct meta_cursor *cursor,
                      uint32_t ordinal)
{
    uint32_t rows = meta_next_group(cursor);
    struct group_sums sums = sum_group(footer, *cursor);
    thrift_item_struct(out);
    thrift_list(out, 1, THRIFT_STRUCT, footer->table->column_count);
    for (unsigned c = 0; c < footer->table->column_count; c++) {
        struct chunk_meta meta;
        struct chunk_stats stats;
        meta_next_chunk(cursor, &meta, &stats);
        put_chunk(footer, out, &footer->table->column[c], &meta, &stats, rows);
    }
    thrift_i64(out, 2, sums.uncompressed);
    thrift_i64(out, 3, rows);
    thrift_i64(out, 5, sums.start);
    thrift_i64(out, 6, sums.compressed);
    thrift_i16(out, 7, (int16_t)ordinal);
    thrift_end(out);
}

static void put_groups(struct footer *footer, struct thrift *out)
{
    struct meta_cursor cursor = meta_begin(&footer->shared->meta, &footer->file->meta);
    thrift_list(out, 4, THRIFT_STRUCT, footer->file->groups);
    for (uint32_t g = 0; g < footer->file->groups; g++)
        put_group(footer, out, &cursor, g);
}

/* ---- key-values and the whole ----------------------------------------------------------------- */

static void put_pair(struct thrift *out, const char *key, const char *value)
{
    thrift_item_struct(out);
    thrift_text(out, 1, key);
    thrift_text(out, 2, value);
    thrift_end(out);
}

static void put_number_pair(struct thrift *out, const char *key, uint64_t number)
{
    char text[24];
    struct td_str str = td_str_on(text, sizeof text);
    td_str_add_format(&str, "%llu", (unsigned long long)number);
    put_pair(out, key, text);
}

static void put_key_values(const struct footer *footer, struct thrift *out)
{
    const struct segment_file *file = footer->file;
    thrift_list(out, 5, THRIFT_STRUCT, 11);
    put_number_pair(out, "schema_version", SCHEMA_VERSION);
    put_pair(out, "table", footer->table->name);
    put_pair(out, "exchange", footer->partition->exchange);
    put_pair(out, "symbol", footer->partition->symbol);
    put_pair(out, "deck", footer->shared->deck);
    put_pair(out, "build", footer->shared->build);
    put_pair(out, "config_hash", footer->shared->config_hash);
    put_number_pair(out, "journal_first_frame", file->frame_first);
    put_number_pair(out, "journal_last_frame", file->frame_last);
    put_number_pair(out, "price_scale", (uint64_t)file->price_scale);
    put_number_pair(out, "size_scale", (uint64_t)file->size_scale);
}

static void put_column_orders(struct thrift *out, unsigned columns)
{
    thrift_list(out, 7, THRIFT_STRUCT, columns);
    for (unsigned c = 0; c < columns; c++) {
        thrift_item_struct(out);
        thrift_struct(out, 1); /* TypeDefinedOrder */
        thrift_end(out);
        thrift_end(out);
    }
}

void footer_write_table(const struct table *table, const struct segment_file *file,
                        const struct file_shared *shared, const struct path_partition *partition,
                        struct out *out)
{
    struct footer footer = {file, shared, partition, table, 0, 0};
    footer.column_index_at = out->offset;
    put_indexes(&footer, out, true);
    footer.offset_index_at = out->offset;
    put_indexes(&footer, out, false);
    struct thrift thrift = thrift_to(out_sink, out);
    thrift_i32(&thrift, 1, 1);
    put_schema(&thrift, footer.table);
    thrift_i64(&thrift, 3, (int64_t)file->rows);
    put_groups(&footer, &thrift);
    put_key_values(&footer, &thrift);
    thrift_text(&thrift, 6, shared->build);
    put_column_orders(&thrift, footer.table->column_count);
    thrift_end(&thrift);
    uint32_t length = (uint32_t)thrift.bytes;
    out_put(out, &length, 4);
    out_put(out, "PAR1", 4);
}

void footer_write(const struct segment_file *file, const struct file_shared *shared,
                  const struct path_partition *partition, struct out *out)
{
    footer_write_table(file_table(shared, partition->table), file, shared, partition, out);
}
