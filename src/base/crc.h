/* CRC32 (IEEE, zlib's: Parquet pages, Kraken and OKX books) and CRC32C (Castagnoli: journal blocks, receipts).
   Start with 0, feed the result back in to continue. Any thread; tables are constant. */
#ifndef TD_BASE_CRC_H
#define TD_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t td_crc32(uint32_t crc, const void *data, size_t bytes);
uint32_t td_crc32c(uint32_t crc, const void *data, size_t bytes);
/* The same sum without CRC instructions: what td_crc32c falls back to, and its oracle. */
uint32_t td_crc32c_portable(uint32_t crc, const void *data, size_t bytes);

#endif
