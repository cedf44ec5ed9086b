/* The companion's only source of memory. Two shapes: a buffer that grows, and an arena whose pieces
   live and die together and that never passes its limit. Failure is a value (a file may ask for
   anything), never an abort. Not for the recorder. One thread. */
#ifndef TD_LAKE_ALLOC_H
#define TD_LAKE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Start from {0}. data is NULL while room is 0; the caller owns it until lake_buffer_free(). */
struct lake_buffer {
    uint8_t *data;
    size_t bytes, room;
};

/* At least `room` bytes; what was there stays, new bytes are not set. TD_E_NO_MEMORY: unchanged. */
td_err lake_reserve(struct lake_buffer *buffer, size_t room);
/* Adds bytes at the end; room grows by halves. TD_E_NO_MEMORY. */
td_err lake_append(struct lake_buffer *buffer, const void *data, size_t bytes);
void lake_buffer_free(struct lake_buffer *buffer);

struct lake_block;

/* Start from {.limit = bytes}. */
struct lake_arena {
    struct lake_block *block;
    size_t used, limit;
};

/* `count` zeroed elements, aligned for any type; NULL beyond the limit or without memory. Never
   NULL for 0 bytes. */
void *lake_take(struct lake_arena *arena, size_t count, size_t element_bytes);
/* A NUL-terminated copy; NULL as above. */
char *lake_text(struct lake_arena *arena, const void *text, size_t bytes);
void lake_arena_free(struct lake_arena *arena);

#endif
