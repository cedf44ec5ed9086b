#include "segment/column.h"

#include <string.h>

#include "base/err.h"
#include "segment/chunk.h"
#include "segment/column_from.h"
#include "segment/encode.h"

static size_t align(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* The larger of 8-byte values under the worst delta blocks and all texts with their lengths, after the levels. */
static size_t raw_bytes_max(uint32_t rows_max)
{
    size_t levels = 4 + encode_hybrid_bound(rows_max, 1);
    size_t numbers = encode_delta_bound(rows_max);
    size_t texts = (size_t)rows_max * 4 + (GROUP_TEXT_PAGES + 1) * (size_t)TD_PAGE_BYTES;
    return levels + (numbers > texts ? numbers : texts) + TD_TEXT_MAX;
}

size_t encoder_footprint(const struct encoder_params *params)
{
    size_t raw_max = raw_bytes_max(params->rows_max);
    return align(sizeof(struct encoder)) + align((size_t)params->rows_max * 8) +
           align(params->rows_max) + align(dict_footprint(params->rows_max)) + align(raw_max) +
           page_packer_footprint(params->zstd_level, raw_max);
}

td_err encoder_init(void *mem, const struct encoder_params *params, struct encoder **encoder)
{
    struct encoder *self = mem;
    unsigned char *at = (unsigned char *)mem + align(sizeof *self);
    memset(self, 0, sizeof *self);
    self->params = *params;
    self->raw_max = raw_bytes_max(params->rows_max);
    self->values.value = (uint64_t *)(void *)at;
    at += align((size_t)params->rows_max * 8);
    self->values.level = at;
    at += align(params->rows_max);
    dict_init(&self->dict, at, params->rows_max);
    at += align(dict_footprint(params->rows_max));
    self->raw = at;
    at += align(self->raw_max);
    TD_TRY(page_packer_init(&self->packer, at, params->zstd_level, self->raw_max));
    *encoder = self;
    return 0;
}

/* ---- columns of one value --------------------------------------------------------------------- */

static const char *constant_text(const struct chunk *chunk)
{
    switch (chunk->column->from) {
    case FROM_DECK:
        return chunk->constants->deck;
    case FROM_EXCHANGE:
        return chunk->constants->exchange;
    default:
        return chunk->constants->symbol;
    }
}

static int32_t constant_number(const struct chunk *chunk)
{
    switch (chunk->column->from) {
    case FROM_YEAR:
        return chunk->constants->year;
    case FROM_MONTH:
        return chunk->constants->month;
    case FROM_DAY:
        return chunk->constants->day;
    case FROM_HOUR:
        return chunk->constants->hour;
    case FROM_FEATURE_VERSION:
        return SCHEMA_FEATURE_VERSION;
    default:
        return SCHEMA_VERSION;
    }
}

static void encode_constant(const struct chunk *chunk)
{
    if (chunk->column->physical == COLUMN_BYTE_ARRAY)
        chunk_constant_text(chunk, constant_text(chunk));
    else
        chunk_constant_number(chunk, constant_number(chunk));
}

static void encode_nothing(const struct chunk *chunk)
{
    chunk->encoder->values.count = 0;
    chunk->meta->nulls = chunk->view->rows;
    chunk_write_data(chunk, PARQUET_PLAIN, chunk_levels(chunk));
}

/* ---- the column ------------------------------------------------------------------------------- */

static bool is_words(const struct column *column)
{
    return column->from == FROM_HEAD_ENUM || column->from == FROM_ROW_ENUM ||
           column->from == FROM_ROW_ENUM_SET || column->from == FROM_FEATURE_WORD;
}

void encode_column(struct encoder *encoder, const struct group_view *view,
                   const struct column *column, const struct file_constants *constants,
                   struct out *out, struct chunk_meta *meta, struct chunk_stats *stats)
{
    struct chunk chunk = {encoder, view, column, constants, out, meta, stats};
    memset(meta, 0, sizeof *meta); /* padding too: the record is kept as bytes */
    encoder->has_range = false;
    if (column->from == FROM_NOTHING) {
        encode_nothing(&chunk);
        return;
    }
    if (gather_is_constant(column)) {
        encode_constant(&chunk);
        return;
    }
    gather(view, column, &encoder->values);
    meta->nulls = encoder->values.nulls;
    if (!encoder->values.count)
        encode_nothing(&chunk);
    else if (is_words(column))
        chunk_words(&chunk);
    else if (column->from == FROM_ROW_BYTES)
        chunk_bytes(&chunk);
    else if (column->physical == COLUMN_BYTE_ARRAY)
        chunk_texts(&chunk);
    else
        chunk_numbers(&chunk);
}

bool encoder_last_range(const struct encoder *encoder, int64_t *least, int64_t *greatest)
{
    *least = encoder->least;
    *greatest = encoder->greatest;
    return encoder->has_range;
}
