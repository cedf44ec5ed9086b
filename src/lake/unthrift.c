#include "lake/unthrift.h"

struct unthrift unthrift_over(const void *data, size_t bytes)
{
    const uint8_t *at = data;
    return (struct unthrift){.at = at, .end = at + bytes};
}

void unthrift_fail(struct unthrift *t)
{
    t->err = TD_E_PARQUET;
    t->at = t->end;
}

static size_t left(const struct unthrift *t)
{
    return (size_t)(t->end - t->at);
}

static uint8_t byte(struct unthrift *t)
{
    if (t->at == t->end) {
        unthrift_fail(t);
        return 0;
    }
    return *t->at++;
}

static uint64_t varint(struct unthrift *t)
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
    unthrift_fail(t);
    return 0;
}

static int64_t zigzag(struct unthrift *t)
{
    uint64_t value = varint(t);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

void unthrift_enter(struct unthrift *t)
{
    if (++t->depth > UNTHRIFT_DEPTH_MAX)
        unthrift_fail(t);
}

void unthrift_leave(struct unthrift *t)
{
    t->depth--;
}

bool unthrift_next(struct unthrift *t, struct unthrift_field *field)
{
    if (t->err)
        return false;
    uint8_t head = byte(t);
    if (t->err || head == UNTHRIFT_STOP)
        return false;
    int64_t id = head >> 4 ? field->id + (head >> 4) : zigzag(t);
    if (id < 0 || id > INT16_MAX || (head & 15) > UNTHRIFT_STRUCT || (head & 15) == UNTHRIFT_STOP)
        unthrift_fail(t);
    field->id = (int16_t)id;
    field->type = head & 15;
    return !t->err;
}

void unthrift_want(struct unthrift *t, const struct unthrift_field *field, enum unthrift_type type)
{
    if (field->type != type)
        unthrift_fail(t);
}

bool unthrift_bool(struct unthrift *t, const struct unthrift_field *field)
{
    if (field->type != UNTHRIFT_TRUE && field->type != UNTHRIFT_FALSE)
        unthrift_fail(t);
    return field->type == UNTHRIFT_TRUE;
}

int32_t unthrift_i8(struct unthrift *t, const struct unthrift_field *field)
{
    unthrift_want(t, field, UNTHRIFT_BYTE);
    return (int8_t)byte(t);
}

int32_t unthrift_i32(struct unthrift *t, const struct unthrift_field *field)
{
    if (field->type != UNTHRIFT_I32 && field->type != UNTHRIFT_I16)
        unthrift_fail(t);
    int64_t value = zigzag(t);
    if (value < INT32_MIN || value > INT32_MAX)
        unthrift_fail(t);
    return t->err ? 0 : (int32_t)value;
}

int64_t unthrift_i64(struct unthrift *t, const struct unthrift_field *field)
{
    unthrift_want(t, field, UNTHRIFT_I64);
    return zigzag(t);
}

struct unthrift_bytes unthrift_binary_element(struct unthrift *t)
{
    uint64_t bytes = varint(t);
    if (t->err || bytes > left(t) || bytes > UINT32_MAX) {
        unthrift_fail(t);
        return (struct unthrift_bytes){0};
    }
    struct unthrift_bytes text = {t->at, (uint32_t)bytes};
    t->at += bytes;
    return text;
}

struct unthrift_bytes unthrift_binary(struct unthrift *t, const struct unthrift_field *field)
{
    unthrift_want(t, field, UNTHRIFT_BINARY);
    return unthrift_binary_element(t);
}

static uint32_t list_head(struct unthrift *t, uint8_t *type)
{
    uint8_t head = byte(t);
    uint64_t count = head >> 4 == 15 ? varint(t) : head >> 4;
    *type = head & 15;
    if (count > left(t))
        unthrift_fail(t);
    return t->err ? 0 : (uint32_t)count;
}

uint32_t unthrift_list(struct unthrift *t, const struct unthrift_field *field,
                       enum unthrift_type type)
{
    uint8_t met;
    unthrift_want(t, field, UNTHRIFT_LIST);
    uint32_t count = list_head(t, &met);
    if (count && met != type)
        unthrift_fail(t);
    return t->err ? 0 : count;
}

static void skip_value(struct unthrift *t, uint8_t type);

static void skip_list(struct unthrift *t)
{
    uint8_t type;
    uint32_t count = list_head(t, &type);
    unthrift_enter(t);
    for (uint32_t i = 0; i < count && !t->err; i++)
        unthrift_skip_element(t, type);
    unthrift_leave(t);
}

static void skip_map(struct unthrift *t)
{
    uint64_t count = varint(t);
    if (count == 0)
        return;
    uint8_t types = byte(t);
    if (count > left(t))
        unthrift_fail(t);
    unthrift_enter(t);
    for (uint64_t i = 0; i < count && !t->err; i++) {
        unthrift_skip_element(t, types >> 4);
        unthrift_skip_element(t, types & 15);
    }
    unthrift_leave(t);
}

static void skip_struct(struct unthrift *t)
{
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field))
        skip_value(t, field.type);
    unthrift_leave(t);
}

static void skip_value(struct unthrift *t, uint8_t type)
{
    if (t->err)
        return;
    switch (type) {
    case UNTHRIFT_TRUE:
    case UNTHRIFT_FALSE:
        break;
    case UNTHRIFT_BYTE:
        byte(t);
        break;
    case UNTHRIFT_I16:
    case UNTHRIFT_I32:
    case UNTHRIFT_I64:
        varint(t);
        break;
    case UNTHRIFT_DOUBLE:
        if (left(t) < 8)
            unthrift_fail(t);
        else
            t->at += 8;
        break;
    case UNTHRIFT_BINARY:
        unthrift_binary_element(t);
        break;
    case UNTHRIFT_LIST:
    case UNTHRIFT_SET:
        skip_list(t);
        break;
    case UNTHRIFT_MAP:
        skip_map(t);
        break;
    case UNTHRIFT_STRUCT:
        skip_struct(t);
        break;
    default:
        unthrift_fail(t);
    }
}

void unthrift_skip(struct unthrift *t, const struct unthrift_field *field)
{
    skip_value(t, field->type);
}

void unthrift_skip_element(struct unthrift *t, enum unthrift_type type)
{
    /* Inside a list a boolean is a byte of its own. */
    if (type == UNTHRIFT_TRUE || type == UNTHRIFT_FALSE)
        byte(t);
    else
        skip_value(t, (uint8_t)type);
}
