/* One column chunk in the making: what the parts of the column encoder share. Inside segment only; disk thread. */
#ifndef TD_SEGMENT_CHUNK_H
#define TD_SEGMENT_CHUNK_H

#include "segment/column.h"
#include "segment/page.h"

struct encoder {
    struct encoder_params params;
    struct page_packer packer;
    struct dict dict;
    struct values values;
    unsigned char *raw; /* a page before compression */
    size_t raw_max;
    int64_t least, greatest; /* of the last INT64 column */
    bool has_range;
};

/* What encode_column hands down to its parts. */
struct chunk {
    struct encoder *encoder;
    const struct group_view *view;
    const struct column *column;
    const struct file_constants *constants;
    struct out *out;
    struct chunk_meta *meta;
    struct chunk_stats *stats;
};

/* Levels of an optional column at the start of the raw buffer: length, then the hybrid of 0 and 1; nothing for a required one.
   Returns their bytes. */
size_t chunk_levels(const struct chunk *chunk);

/* A data page of the first `bytes` of the raw buffer. */
struct page chunk_data_page(const struct chunk *chunk, enum parquet_encoding encoding,
                            size_t bytes);
/* The page that was packed last goes to the file. */
void chunk_append(const struct chunk *chunk, const struct page *page);
/* A dictionary page of them; the data page of the dictionary's indices: levels, width byte, hybrid. */
struct page chunk_dict_page(const struct chunk *chunk, uint32_t entries, bool sorted, size_t bytes);
struct page chunk_index_page(const struct chunk *chunk);
/* Packs and appends. */
void chunk_write_data(const struct chunk *chunk, enum parquet_encoding encoding, size_t bytes);
void chunk_write_dict(const struct chunk *chunk, uint32_t entries, bool sorted, size_t bytes);
void chunk_write_indices(const struct chunk *chunk);
/* The same where every row has the dictionary's only entry. */
void chunk_write_one_run(const struct chunk *chunk);

/* Exact or not at all: longer than META_STAT_MAX is left out. */
void chunk_note_stats(const struct chunk *chunk, const void *min, size_t min_bytes, const void *max,
                      size_t max_bytes);

/* column_number.c: gathered values of an INT32, INT64, FLOAT, DOUBLE or BOOLEAN column; one value for every row. */
void chunk_numbers(const struct chunk *chunk);
void chunk_constant_number(const struct chunk *chunk, int32_t number);
/* column_text.c: gathered texts; words of a list; one text for every row. */
void chunk_texts(const struct chunk *chunk);
void chunk_bytes(const struct chunk *chunk);
void chunk_words(const struct chunk *chunk);
void chunk_constant_text(const struct chunk *chunk, const char *text);

#endif
