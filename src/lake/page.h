/* Header of one page, parsed from bytes that may be hostile. */
#ifndef TD_LAKE_PAGE_H
#define TD_LAKE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum page_kind { PAGE_DATA = 0, PAGE_INDEX = 1, PAGE_DICTIONARY = 2, PAGE_DATA_V2 = 3 };

/* parquet.thrift Encoding */
enum page_encoding {
    ENCODING_PLAIN = 0,
    ENCODING_PLAIN_DICTIONARY = 2,
    ENCODING_RLE = 3,
    ENCODING_BIT_PACKED = 4,
    ENCODING_DELTA_BINARY_PACKED = 5,
    ENCODING_RLE_DICTIONARY = 8,
    ENCODING_BYTE_STREAM_SPLIT = 9
};

struct page_header {
    int32_t kind;
    int32_t uncompressed_bytes, compressed_bytes; /* without the header; never negative */
    uint32_t crc;
    bool has_crc;
    int32_t values; /* nulls count; never negative */
    int32_t encoding, level_encoding;
    int32_t v2_level_bytes, v2_repeat_bytes; /* PAGE_DATA_V2 */
    bool v2_plain;                           /* PAGE_DATA_V2: values are not compressed */
    size_t header_bytes;
};

/* TD_E_PARQUET: not a page header, or sizes that cannot be. */
td_err page_header_parse(const uint8_t *data, size_t bytes, struct page_header *page);

const char *page_encoding_name(int encoding);

#endif
