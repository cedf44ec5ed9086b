#include "segment/page.h"

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "base/crc.h"
#include "segment/thrift.h"

static size_t workspace_bytes(int zstd_level)
{
    return (ZSTD_estimateCCtxSize(zstd_level) + 63) & ~(size_t)63;
}

size_t page_packer_footprint(int zstd_level, size_t raw_max)
{
    return workspace_bytes(zstd_level) + ((ZSTD_compressBound(raw_max) + 63) & ~(size_t)63);
}

td_err page_packer_init(struct page_packer *packer, void *mem, int zstd_level, size_t raw_max)
{
    TD_FAIL_IF(zstd_level < 1 || zstd_level > 19, TD_E_RANGE);
    size_t workspace = workspace_bytes(zstd_level);
    ZSTD_CCtx *zstd = ZSTD_initStaticCCtx(mem, workspace);
    TD_FAIL_IF(!zstd, TD_E_NO_MEMORY);
    size_t set = ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, zstd_level);
    TD_FAIL_IF(ZSTD_isError(set), TD_E_RANGE);
    packer->zstd = zstd;
    packer->packed = (unsigned char *)mem + workspace;
    packer->packed_cap = ZSTD_compressBound(raw_max);
    return 0;
}

static void put_header(const struct page *page, uint32_t packed_bytes, uint32_t crc,
                       struct out *out)
{
    struct thrift header = thrift_to(out_sink, out);
    thrift_i32(&header, 1, page->kind);
    thrift_i32(&header, 2, (int32_t)page->raw_bytes);
    thrift_i32(&header, 3, (int32_t)packed_bytes);
    thrift_i32(&header, 4, (int32_t)crc);
    if (page->kind == PARQUET_DATA_PAGE) {
        thrift_struct(&header, 5);
        thrift_i32(&header, 1, (int32_t)page->values);
        thrift_i32(&header, 2, page->encoding);
        thrift_i32(&header, 3, PARQUET_RLE);
        thrift_i32(&header, 4, PARQUET_RLE);
        thrift_end(&header);
    } else {
        thrift_struct(&header, 7);
        thrift_i32(&header, 1, (int32_t)page->values);
        thrift_i32(&header, 2, page->encoding);
        thrift_bool(&header, 3, page->sorted);
        thrift_end(&header);
    }
    thrift_end(&header);
}

struct page_size page_write(struct page_packer *packer, const struct page *page, struct out *out)
{
    size_t packed =
        ZSTD_compress2(packer->zstd, packer->packed, packer->packed_cap, page->raw, page->raw_bytes);
    TD_ASSERT(!ZSTD_isError(packed), "a page fits the encoder's buffers");
    int64_t start = out->offset;
    put_header(page, (uint32_t)packed, td_crc32(0, packer->packed, packed), out);
    uint32_t header_bytes = (uint32_t)(out->offset - start);
    out_put(out, packer->packed, packed);
    return (struct page_size){header_bytes + (uint32_t)packed,
                              header_bytes + (uint32_t)page->raw_bytes};
}
