/* A page: its raw bytes compressed, its header with sizes and CRC32, both appended to the file. Disk thread. */
#ifndef TD_SEGMENT_PAGE_H
#define TD_SEGMENT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "segment/out.h"
#include "segment/parquet.h"

struct page_packer {
    void *zstd; /* ZSTD_CCtx in fixed memory */
    int level;
    unsigned char *packed;
    size_t packed_cap, packed_bytes;
};

/* Room for the zstd context at that level and for the compressed form of a page of raw_max bytes. */
size_t page_packer_footprint(int zstd_level, size_t raw_max);
td_err page_packer_init(struct page_packer *packer, void *mem, int zstd_level, size_t raw_max);

struct page {
    enum parquet_page kind;
    enum parquet_encoding encoding;
    uint32_t values; /* rows for a data page, entries for a dictionary */
    bool sorted;     /* dictionary */
    const unsigned char *raw;
    size_t raw_bytes;
};

struct page_size {
    uint32_t compressed, uncompressed; /* header included in both */
};
/* Compresses the page's raw bytes into the packer; returns the compressed size, so that two forms can be compared. */
size_t page_pack(struct page_packer *packer, const struct page *page);
/* Header and the bytes packed last, which must be this page's. */
struct page_size page_append(const struct page_packer *packer, const struct page *page,
                             struct out *out);

#endif
