#include "lake/thrift.h"

struct thrift thrift_over(const void *data, size_t bytes)
{
    const uint8_t *at = data;
    return (struct thrift){.at = at, .end = at + bytes};
}

void thrift_fail(struct thrift *t)
{
    t->err = TD_E_PARQUET;
    t->at = t->end;
}

static size_t left(const struct thrift *t)
{
    return (size_t)(t->end - t->at);
}

static uint8_t byte(struct thrift *t)
{
    if (t->at == t->end) {
        thrift_fail(t);
        return 0;
    }
    return *t->at++;
}

static uint64_t varint(struct thrift *t)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = byte(t);
        if (shift == 63 && b > 1)
            break;
        value |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return t->err ? 0 : value;
    }
    thrift_fail(t);
    return 0;
}

static int64_t zigzag(struct thrift *t)
{
    uint64_t value = varint(t);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

void thrift_enter(struct thrift *t)
{
    if (++t->depth > THRIFT_DEPTH_MAX)
        thrift_fail(t);
}

void thrift_leave(struct thrift *t)
{
    t->depth--;
}

bool thrift_next(struct thrift *t, struct thrift_field *field)
{
    if (t->err)
        return false;
    uint8_t head = byte(t);
    if (t->err || head == THRIFT_STOP)
        return false;
    int64_t id = head >> 4 ? field->id + (head >> 4) : zigzag(t);
    if (id < 0 || id > INT16_MAX || (head & 15) > THRIFT_STRUCT || (head & 15) == THRIFT_STOP)
        thrift_fail(t);
    field->id = (int16_t)id;
    field->type = head & 15;
    return !t->err;
}

void thrift_want(struct thrift *t, const struct thrift_field *field, enum thrift_type type)
{
    if (field->type != type)
        thrift_fail(t);
}

bool thrift_bool(struct thrift *t, const struct thrift_field *field)
{
    if (field->type != THRIFT_TRUE && field->type != THRIFT_FALSE)
        thrift_fail(t);
    return field->type == THRIFT_TRUE;
}

int32_t thrift_i8(struct thrift *t, const struct thrift_field *field)
{
    thrift_want(t, field, THRIFT_BYTE);
    return (int8_t)byte(t);
}

int32_t thrift_i32(struct thrift *t, const struct thrift_field *field)
{
    if (field->type != THRIFT_I32 && field->type != THRIFT_I16)
        thrift_fail(t);
    int64_t value = zigzag(t);
    if (value < INT32_MIN || value > INT32_MAX)
        thrift_fail(t);
    return t->err ? 0 : (int32_t)value;
}

int64_t thrift_i64(struct thrift *t, const struct thrift_field *field)
{
    thrift_want(t, field, THRIFT_I64);
    return zigzag(t);
}

struct thrift_bytes thrift_binary_element(struct thrift *t)
{
    uint64_t bytes = varint(t);
    if (t->err || bytes > left(t) || bytes > UINT32_MAX) {
        thrift_fail(t);
        return (struct thrift_bytes){0};
    }
    struct thrift_bytes text = {t->at, (uint32_t)bytes};
    t->at += bytes;
    return text;
}

struct thrift_bytes thrift_binary(struct thrift *t, const struct thrift_field *field)
{
    thrift_want(t, field, THRIFT_BINARY);
    return thrift_binary_element(t);
}

static uint32_t list_head(struct thrift *t, uint8_t *type)
{
    uint8_t head = byte(t);
    uint64_t count = head >> 4 == 15 ? varint(t) : head >> 4;
    *type = head & 15;
    if (count > left(t))
        thrift_fail(t);
    return t->err ? 0 : (uint32_t)count;
}

uint32_t thrift_list(struct thrift *t, const struct thrift_field *field, enum thrift_type type)
{
    uint8_t met;
    thrift_want(t, field, THRIFT_LIST);
    uint32_t count = list_head(t, &met);
    if (count && met != type)
        thrift_fail(t);
    return t->err ? 0 : count;
}

static void skip_value(struct thrift *t, uint8_t type);

static void skip_list(struct thrift *t)
{
    uint8_t type;
    uint32_t count = list_head(t, &type);
    thrift_enter(t);
    for (uint32_t i = 0; i < count && !t->err; i++)
        thrift_skip_element(t, type);
    thrift_leave(t);
}

static void skip_map(struct thrift *t)
{
    uint64_t count = varint(t);
    if (count == 0)
        return;
    uint8_t types = byte(t);
    if (count > left(t))
        thrift_fail(t);
    thrift_enter(t);
    for (uint64_t i = 0; i < count && !t->err; i++) {
        thrift_skip_element(t, types >> 4);
        thrift_skip_element(t, types & 15);
    }
    thrift_leave(t);
}

static void skip_struct(struct thrift *t)
{
    struct thrift_field field = {0};
    thrift_enter(t);
    while (thrift_next(t, &field))
        skip_value(t, field.type);
    thrift_leave(t);
}

static void skip_value(struct thrift *t, uint8_t type)
{
    if (t->err)
        return;
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
        break;
    case THRIFT_BYTE:
        byte(t);
        break;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        varint(t);
        break;
    case THRIFT_DOUBLE:
        if (left(t) < 8)
            thrift_fail(t);
        else
            t->at += 8;
        break;
    case THRIFT_BINARY:
        thrift_binary_element(t);
        break;
    case THRIFT_LIST:
    case THRIFT_SET:
        skip_list(t);
        break;
    case THRIFT_MAP:
        skip_map(t);
        break;
    case THRIFT_STRUCT:
        skip_struct(t);
        break;
    default:
        thrift_fail(t);
    }
}

void thrift_skip(struct thrift *t, const struct thrift_field *field)
{
    skip_value(t, field->type);
}

void thrift_skip_element(struct thrift *t, enum thrift_type type)
{
    /* Inside a list a boolean is a byte of its own. */
    if (type == THRIFT_TRUE || type == THRIFT_FALSE)
        byte(t);
    else
        skip_value(t, (uint8_t)type);
}
