#include "lake/footer_schema.h"

#include <stdio.h>
#include <string.h>

enum { NEST_MAX = 16, REQUIRED = 0, OPTIONAL = 1, REPEATED = 2, NONE = -1 };

/* parquet.thrift ConvertedType, where it changes how a value is read */
enum {
    CONVERTED_UTF8 = 0,
    CONVERTED_ENUM = 4,
    CONVERTED_DECIMAL = 5,
    CONVERTED_DATE = 6,
    CONVERTED_TIMESTAMP_MILLIS = 9,
    CONVERTED_TIMESTAMP_MICROS = 10,
    CONVERTED_UINT_8 = 11,
    CONVERTED_INT_64 = 18,
    CONVERTED_JSON = 19
};

struct element {
    struct pq_column column;
    struct unthrift_bytes name;
    int32_t repetition, children, type;
};

/* Depth-first walk: how many children each open group still expects. */
struct walk {
    int depth;
    int32_t left[NEST_MAX];
    const char *prefix[NEST_MAX]; /* path down to the group, "" for the root */
    bool repeated;
};

static void parse_unit(struct unthrift *t, struct pq_column *column)
{
    static const int32_t unit_ns[] = {0, 1000000, 1000, 1};
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        if (field.id >= 1 && field.id <= 3)
            column->unit_ns = unit_ns[field.id];
        unthrift_skip(t, &field);
    }
    unthrift_leave(t);
}

static void parse_timestamp(struct unthrift *t, struct pq_column *column)
{
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        if (field.id == 1) {
            column->utc = unthrift_bool(t, &field);
        } else if (field.id == 2) {
            unthrift_want(t, &field, UNTHRIFT_STRUCT);
            parse_unit(t, column);
        } else {
            unthrift_skip(t, &field);
        }
    }
    unthrift_leave(t);
    column->logical = column->unit_ns ? PQ_TIMESTAMP : PQ_OTHER;
}

static void parse_integer(struct unthrift *t, struct pq_column *column)
{
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        if (field.id == 1)
            column->bits = (uint8_t)unthrift_i8(t, &field);
        else if (field.id == 2)
            column->is_signed = unthrift_bool(t, &field);
        else
            unthrift_skip(t, &field);
    }
    unthrift_leave(t);
    column->logical = PQ_INTEGER;
}

static void parse_decimal(struct unthrift *t, struct pq_column *column)
{
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        if (field.id == 1)
            column->scale = unthrift_i32(t, &field);
        else if (field.id == 2)
            column->precision = unthrift_i32(t, &field);
        else
            unthrift_skip(t, &field);
    }
    unthrift_leave(t);
    column->logical = PQ_DECIMAL;
}

static void parse_logical(struct unthrift *t, struct pq_column *column)
{
    struct unthrift_field field = {0};
    unthrift_enter(t);
    column->has_logical = true;
    while (unthrift_next(t, &field)) {
        if (field.id == 8 || field.id == 10 || field.id == 5)
            unthrift_want(t, &field, UNTHRIFT_STRUCT);
        if (field.id == 8) {
            parse_timestamp(t, column);
        } else if (field.id == 10) {
            parse_integer(t, column);
        } else if (field.id == 5) {
            parse_decimal(t, column);
        } else {
            /* 1 STRING, 4 ENUM, 12 JSON, 6 DATE */
            column->logical = field.id == 1 || field.id == 4 || field.id == 12 ? PQ_STRING
                              : field.id == 6                                  ? PQ_DATE
                                                                               : PQ_OTHER;
            unthrift_skip(t, &field);
        }
    }
    unthrift_leave(t);
}

static void apply_converted(struct pq_column *column)
{
    int32_t c = column->converted;
    if (column->has_logical || !column->has_converted)
        return;
    column->logical = PQ_OTHER;
    if (c == CONVERTED_UTF8 || c == CONVERTED_ENUM || c == CONVERTED_JSON) {
        column->logical = PQ_STRING;
    } else if (c == CONVERTED_DECIMAL) {
        column->logical = PQ_DECIMAL;
    } else if (c == CONVERTED_DATE) {
        column->logical = PQ_DATE;
    } else if (c == CONVERTED_TIMESTAMP_MILLIS || c == CONVERTED_TIMESTAMP_MICROS) {
        column->logical = PQ_TIMESTAMP;
        column->unit_ns = c == CONVERTED_TIMESTAMP_MILLIS ? 1000000 : 1000;
        column->utc = true;
    } else if (c >= CONVERTED_UINT_8 && c <= CONVERTED_INT_64) {
        column->logical = PQ_INTEGER;
        column->bits = (uint8_t)(8 << ((c - CONVERTED_UINT_8) & 3));
        column->is_signed = c >= 15;
    }
}

static void parse_element(struct unthrift *t, struct element *e)
{
    struct unthrift_field field = {0};
    *e = (struct element){.repetition = NONE, .children = 0, .type = NONE};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        switch (field.id) {
        case 1:
            e->type = unthrift_i32(t, &field);
            break;
        case 2:
            e->column.fixed_bytes = unthrift_i32(t, &field);
            break;
        case 3:
            e->repetition = unthrift_i32(t, &field);
            break;
        case 4:
            e->name = unthrift_binary(t, &field);
            break;
        case 5:
            e->children = unthrift_i32(t, &field);
            break;
        case 6:
            e->column.converted = unthrift_i32(t, &field);
            e->column.has_converted = true;
            break;
        case 7:
            e->column.scale = unthrift_i32(t, &field);
            break;
        case 8:
            e->column.precision = unthrift_i32(t, &field);
            break;
        case 9:
            e->column.field_id = unthrift_i32(t, &field);
            e->column.has_field_id = true;
            break;
        case 10:
            unthrift_want(t, &field, UNTHRIFT_STRUCT);
            parse_logical(t, &e->column);
            break;
        default:
            unthrift_skip(t, &field);
        }
    }
    unthrift_leave(t);
    apply_converted(&e->column);
}

static const char *path_text(struct lake_arena *arena, const char *prefix,
                             struct unthrift_bytes name)
{
    size_t before = strlen(prefix);
    if (before + name.bytes > 1024)
        return NULL;
    char *path = lake_take(arena, before + name.bytes + 2, 1);
    if (!path)
        return NULL;
    memcpy(path, prefix, before);
    if (before)
        path[before++] = '.';
    if (name.bytes)
        memcpy(path + before, name.at, name.bytes);
    return path;
}

static const char *open_group(struct walk *walk, const struct element *e, const char *path)
{
    if (walk->depth == NEST_MAX || e->children > PQ_COLUMNS_MAX)
        return "schema is nested too deeply";
    walk->left[walk->depth] = e->children;
    walk->prefix[walk->depth++] = path;
    return NULL;
}

static const char *add_leaf(struct pq_meta *meta, const struct walk *walk, struct element *e,
                            const char *path)
{
    if (meta->column_count == PQ_COLUMNS_MAX)
        return "more than 4,096 columns";
    if (e->type < 0 || e->type >= PQ_TYPES || e->repetition < REQUIRED || e->repetition > REPEATED)
        return "a column of unknown type or repetition";
    if (e->type == PQ_FIXED && (e->column.fixed_bytes < 1 || e->column.fixed_bytes > 1 << 16))
        return "a fixed column of impossible width";
    if (e->type == PQ_INT96)
        e->column.fixed_bytes = 12;
    e->column.type = (uint8_t)e->type;
    e->column.name = path;
    e->column.optional = e->repetition == OPTIONAL;
    if (walk->depth > 1 || e->repetition == REPEATED)
        e->column.nested = "nested column";
    meta->column[meta->column_count++] = e->column;
    return NULL;
}

static const char *add_element(struct pq_meta *meta, struct walk *walk, struct element *e,
                               struct lake_arena *arena)
{
    if (walk->depth == 0 || walk->left[walk->depth - 1] == 0)
        return "schema has more elements than its groups hold";
    const char *path = path_text(arena, walk->prefix[walk->depth - 1], e->name);
    if (!path)
        return "a column name is too long";
    if (memchr(e->name.at ? (const char *)e->name.at : "", 0, e->name.bytes))
        return "a column name holds a zero byte";
    walk->left[walk->depth - 1]--;
    const char *why = e->children > 0 ? open_group(walk, e, path) : add_leaf(meta, walk, e, path);
    while (walk->depth > 0 && walk->left[walk->depth - 1] == 0)
        walk->depth--;
    return why;
}

const char *footer_schema(struct unthrift *t, const struct unthrift_field *field,
                          struct lake_arena *arena, struct pq_meta *meta)
{
    uint32_t count = unthrift_list(t, field, UNTHRIFT_STRUCT);
    struct walk walk = {0};
    struct element e;
    if (t->err)
        return NULL;
    if (count < 1 || count > 2 * PQ_COLUMNS_MAX)
        return "schema is empty or too large";
    meta->column = lake_take(arena, count, sizeof *meta->column);
    if (!meta->column)
        return "footer needs more memory than its size justifies";
    parse_element(t, &e);
    const char *why = e.children < 1 ? "schema has no columns" : open_group(&walk, &e, "");
    for (uint32_t i = 1; i < count && !t->err && !why; i++) {
        parse_element(t, &e);
        if (!t->err)
            why = add_element(meta, &walk, &e, arena);
    }
    if (!t->err && !why && walk.depth > 0)
        why = "schema has fewer elements than its groups say";
    return why;
}
