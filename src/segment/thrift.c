#include "segment/thrift.h"

#include <string.h>

#include "base/err.h"

static void put_nowhere(void *sink, const void *data, size_t bytes)
{
    (void)sink, (void)data, (void)bytes;
}

struct thrift thrift_to(void (*put)(void *sink, const void *data, size_t bytes), void *sink)
{
    return (struct thrift){.put = put, .sink = sink};
}

struct thrift thrift_count(void)
{
    return thrift_to(put_nowhere, NULL);
}

static void put(struct thrift *out, const void *data, size_t bytes)
{
    out->put(out->sink, data, bytes);
    out->bytes += bytes;
}

static void put_byte(struct thrift *out, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put(out, &byte, 1);
}

static void put_varint(struct thrift *out, uint64_t value)
{
    uint8_t text[10];
    size_t used = 0;
    for (; value >= 0x80; value >>= 7)
        text[used++] = (uint8_t)(value | 0x80);
    text[used++] = (uint8_t)value;
    put(out, text, used);
}

static void put_zigzag(struct thrift *out, int64_t value)
{
    put_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static void put_field(struct thrift *out, int16_t id, enum thrift_type type)
{
    int16_t *last = &out->last_id[out->depth];
    int step = id - *last;
    TD_ASSERT(step > 0, "fields are written in rising order");
    if (step <= 15) {
        put_byte(out, (unsigned)step << 4 | type);
    } else {
        put_byte(out, type);
        put_zigzag(out, id);
    }
    *last = id;
}

static void push(struct thrift *out)
{
    TD_ASSERT(out->depth + 1 < THRIFT_DEPTH_MAX, "structs nest too deep");
    out->last_id[++out->depth] = 0;
}

void thrift_bool(struct thrift *out, int16_t id, bool value)
{
    put_field(out, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_byte(struct thrift *out, int16_t id, int8_t value)
{
    put_field(out, id, THRIFT_BYTE);
    put_byte(out, (uint8_t)value);
}

void thrift_i16(struct thrift *out, int16_t id, int16_t value)
{
    put_field(out, id, THRIFT_I16);
    put_zigzag(out, value);
}

void thrift_i32(struct thrift *out, int16_t id, int32_t value)
{
    put_field(out, id, THRIFT_I32);
    put_zigzag(out, value);
}

void thrift_i64(struct thrift *out, int16_t id, int64_t value)
{
    put_field(out, id, THRIFT_I64);
    put_zigzag(out, value);
}

void thrift_binary(struct thrift *out, int16_t id, const void *data, size_t bytes)
{
    put_field(out, id, THRIFT_BINARY);
    thrift_item_binary(out, data, bytes);
}

void thrift_text(struct thrift *out, int16_t id, const char *text)
{
    thrift_binary(out, id, text, strlen(text));
}

void thrift_struct(struct thrift *out, int16_t id)
{
    put_field(out, id, THRIFT_STRUCT);
    push(out);
}

void thrift_end(struct thrift *out)
{
    put_byte(out, 0);
    out->last_id[out->depth] = 0;
    if (out->depth > 0)
        out->depth--;
}

void thrift_list(struct thrift *out, int16_t id, enum thrift_type item, uint32_t count)
{
    put_field(out, id, THRIFT_LIST);
    if (count < 15) {
        put_byte(out, count << 4 | item);
    } else {
        put_byte(out, 0xF0u | item);
        put_varint(out, count);
    }
}

void thrift_item_struct(struct thrift *out)
{
    push(out);
}

void thrift_item_bool(struct thrift *out, bool value)
{
    put_byte(out, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_item_int(struct thrift *out, int64_t value)
{
    put_zigzag(out, value);
}

void thrift_item_binary(struct thrift *out, const void *data, size_t bytes)
{
    put_varint(out, bytes);
    put(out, data, bytes);
}
