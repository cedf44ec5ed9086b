/* zstd over blocks: one window that stays open from block to block, in contexts of fixed size. Caller's memory (aligned to 64);
   one thread per object. */
#ifndef TD_JOURNAL_PACK_H
#define TD_JOURNAL_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct journal_packer;
struct journal_unpacker;

/* Levels 1..19; others are moved to the nearest. */
size_t journal_packer_footprint(int level);
struct journal_packer *journal_packer_init(void *mem, int level);
/* The next block starts a new zstd frame. */
void journal_packer_restart(struct journal_packer *packer);
/* Packs raw[0..bytes) so that it can be unpacked at once; returns packed bytes. out_room: JOURNAL_PACKED_MAX always does. */
size_t journal_packer_block(struct journal_packer *packer, const void *raw, size_t bytes, void *out,
                            size_t out_room);
/* The same as a zstd frame of its own, faster: between two restarts. */
size_t journal_packer_alone(struct journal_packer *packer, const void *raw, size_t bytes, void *out,
                            size_t out_room);

size_t journal_unpacker_footprint(void);
struct journal_unpacker *journal_unpacker_init(void *mem);
void journal_unpacker_restart(struct journal_unpacker *unpacker);
/* packed[0..bytes) -> exactly raw_bytes at raw; TD_E_JOURNAL_CORRUPT for anything else (restart before the next try). */
td_err journal_unpacker_block(struct journal_unpacker *unpacker, const void *packed, size_t bytes,
                              void *raw, size_t raw_bytes);

#endif
