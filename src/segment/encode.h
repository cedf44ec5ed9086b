/* Parquet's encodings, each from an array to bytes at a given place. The caller states room by the _bound functions; every
   function returns the bytes written. Pure, any thread. */
#ifndef TD_SEGMENT_ENCODE_H
#define TD_SEGMENT_ENCODE_H

#include <stddef.h>
#include <stdint.h>

/* ---- PLAIN ---- */
size_t encode_plain_64(const uint64_t *value, size_t count,
                       unsigned char *out); /* INT64, DOUBLE bits: 8 bytes each */
size_t encode_plain_32(const uint64_t *value, size_t count,
                       unsigned char *out); /* INT32: low 4 bytes of each */
size_t encode_plain_bits(const uint64_t *value, size_t count,
                         unsigned char *out); /* BOOLEAN: a bit each, rounded up to bytes */

size_t encode_plain_floats(const uint64_t *value, size_t count,
                           unsigned char *out); /* FLOAT: 4 bytes each, out of DOUBLE bits */

/* ---- BYTE_STREAM_SPLIT: all first bytes, all second bytes ...; value_bytes 4: FLOAT out of DOUBLE bits, 8: DOUBLE ---- */
size_t encode_split(const uint64_t *value, size_t count, size_t value_bytes, unsigned char *out);

/* ---- RLE / bit-packing hybrid, values below 2^width, width 1..24 ---- */
size_t encode_hybrid_bound(size_t count, unsigned width);
/* Runs of 8 and more equal values as runs, the rest packed. */
size_t encode_hybrid(const uint32_t *value, size_t count, unsigned width, unsigned char *out);
/* One packed run of everything: with a width of whole bytes the values stand as plain little-endian numbers, which suits zstd. */
size_t encode_packed(const uint32_t *value, size_t count, unsigned width, unsigned char *out);
/* One value `count` times. */
size_t encode_run(uint32_t value, size_t count, unsigned width, unsigned char *out);

/* ---- DELTA_BINARY_PACKED, INT64: blocks of 128, 4 miniblocks of 32 ---- */
size_t encode_delta_bound(size_t count);
size_t encode_delta(const uint64_t *value, size_t count, unsigned char *out);

#endif
