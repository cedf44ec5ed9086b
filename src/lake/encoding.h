/* The value encodings the reader knows, over buffers that may be hostile: bytes in, values out, no
   memory of their own. Every function either fills exactly `count` values or returns TD_E_PARQUET.
 */
#ifndef TD_LAKE_ENCODING_H
#define TD_LAKE_ENCODING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Runs and bit-packed groups of values `width` bits wide (0..32): levels, dictionary indices,
 * booleans. */
td_err encoding_hybrid(const uint8_t *data, size_t bytes, unsigned width, uint32_t *out,
                       size_t count);

/* DELTA_BINARY_PACKED; bits 32 or 64: sums wrap at that width. */
td_err encoding_delta(const uint8_t *data, size_t bytes, unsigned bits, int64_t *out, size_t count);

#endif
