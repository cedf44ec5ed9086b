#include "lake/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 << 10, ALIGN = 16 };

struct lake_block {
    struct lake_block *next;
    size_t used, room;
    _Alignas(ALIGN) unsigned char data[];
};

td_err lake_reserve(struct lake_buffer *buffer, size_t room)
{
    if (room <= buffer->room)
        return 0;
    uint8_t *data = realloc(buffer->data, room);
    TD_FAIL_IF(!data, TD_E_NO_MEMORY);
    buffer->data = data;
    buffer->room = room;
    return 0;
}

td_err lake_append(struct lake_buffer *buffer, const void *data, size_t bytes)
{
    TD_FAIL_IF(bytes > SIZE_MAX / 4 || buffer->bytes > SIZE_MAX / 4, TD_E_NO_MEMORY);
    size_t need = buffer->bytes + bytes;
    if (need > buffer->room)
        TD_TRY(lake_reserve(buffer, need + need / 2 + 64));
    if (bytes)
        memcpy(buffer->data + buffer->bytes, data, bytes);
    buffer->bytes = need;
    return 0;
}

void lake_buffer_free(struct lake_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct lake_buffer){0};
}

static struct lake_block *new_block(struct lake_arena *arena, size_t bytes)
{
    size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct lake_block *block = calloc(1, sizeof *block + room);
    if (!block)
        return NULL;
    block->room = room;
    block->next = arena->block;
    arena->block = block;
    return block;
}

void *lake_take(struct lake_arena *arena, size_t count, size_t element_bytes)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, element_bytes, &bytes) || bytes > arena->limit)
        return NULL;
    bytes = (bytes + ALIGN) & ~(size_t)(ALIGN - 1);
    if (bytes > arena->limit - (arena->used < arena->limit ? arena->used : arena->limit))
        return NULL;
    struct lake_block *block = arena->block;
    if (!block || block->room - block->used < bytes)
        block = new_block(arena, bytes);
    if (!block)
        return NULL;
    void *at = block->data + block->used;
    block->used += bytes;
    arena->used += bytes;
    return at;
}

char *lake_text(struct lake_arena *arena, const void *text, size_t bytes)
{
    char *copy = lake_take(arena, bytes + 1, 1);
    if (copy && bytes)
        memcpy(copy, text, bytes);
    return copy;
}

void lake_arena_free(struct lake_arena *arena)
{
    while (arena->block) {
        struct lake_block *next = arena->block->next;
        free(arena->block);
        arena->block = next;
    }
    arena->used = 0;
}
