/* Numbers of parquet.thrift that the writer uses. */
#ifndef TD_SEGMENT_PARQUET_H
#define TD_SEGMENT_PARQUET_H

enum parquet_encoding {
    PARQUET_PLAIN = 0,
    PARQUET_RLE = 3,
    PARQUET_DELTA_BINARY_PACKED = 5,
    PARQUET_RLE_DICTIONARY = 8,
    PARQUET_BYTE_STREAM_SPLIT = 9
};

enum parquet_page { PARQUET_DATA_PAGE = 0, PARQUET_DICTIONARY_PAGE = 2 };

enum { PARQUET_CODEC_ZSTD = 6, PARQUET_REQUIRED = 0, PARQUET_OPTIONAL = 1 };

enum parquet_converted {
    PARQUET_UTF8 = 0,
    PARQUET_TIMESTAMP_MICROS = 10,
    PARQUET_UINT_8 = 11,
    PARQUET_UINT_16 = 12,
    PARQUET_INT_16 = 16
};

#endif
