#include "lake/footer.h"

#include <string.h>

#include "lake/footer_schema.h"

struct parse {
    struct unthrift t;
    struct lake_arena *arena;
    struct pq_meta *meta;
    const char *why;
    td_err err; /* memory; the format's own errors are in t */
};

static void refuse(struct parse *p, const char *why)
{
    if (!p->why)
        p->why = why;
    unthrift_fail(&p->t);
}

static void *take(struct parse *p, size_t count, size_t bytes)
{
    void *at = lake_take(p->arena, count, bytes);
    if (!at) {
        p->err = TD_E_NO_MEMORY;
        unthrift_fail(&p->t);
    }
    return at;
}

static const char *text(struct parse *p, const struct unthrift_field *field)
{
    struct unthrift_bytes bytes = unthrift_binary(&p->t, field);
    char *copy = lake_text(p->arena, bytes.at, bytes.bytes);
    if (!copy) {
        p->err = TD_E_NO_MEMORY;
        unthrift_fail(&p->t);
    }
    return copy ? copy : "";
}

static void parse_stats(struct parse *p, struct pq_stats *stats)
{
    struct unthrift *t = &p->t;
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        switch (field.id) {
        case 3:
            stats->null_count = unthrift_i64(t, &field);
            break;
        case 5:
            stats->max = unthrift_binary(t, &field);
            break;
        case 6:
            stats->min = unthrift_binary(t, &field);
            break;
        case 7:
            stats->max_exact = unthrift_bool(t, &field);
            break;
        case 8:
            stats->min_exact = unthrift_bool(t, &field);
            break;
        default:
            /* 1 and 2, the old min and max, have no agreed order: never used. */
            unthrift_skip(t, &field);
        }
    }
    unthrift_leave(t);
}

static void parse_chunk_meta(struct parse *p, struct pq_chunk *chunk)
{
    struct unthrift *t = &p->t;
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        switch (field.id) {
        case 1:
            chunk->type = unthrift_i32(t, &field);
            break;
        case 4:
            chunk->codec = unthrift_i32(t, &field);
            break;
        case 5:
            chunk->values = unthrift_i64(t, &field);
            break;
        case 6:
            chunk->uncompressed_bytes = unthrift_i64(t, &field);
            break;
        case 7:
            chunk->compressed_bytes = unthrift_i64(t, &field);
            break;
        case 9:
            chunk->data_at = unthrift_i64(t, &field);
            break;
        case 11:
            chunk->dictionary_at = unthrift_i64(t, &field);
            break;
        case 12:
            unthrift_want(t, &field, UNTHRIFT_STRUCT);
            parse_stats(p, &chunk->stats);
            break;
        default:
            unthrift_skip(t, &field);
        }
    }
    unthrift_leave(t);
    chunk->has_meta = true;
}

static void parse_chunk(struct parse *p, struct pq_chunk *chunk)
{
    struct unthrift *t = &p->t;
    struct unthrift_field field = {0};
    chunk->stats = (struct pq_stats){.null_count = -1, .min_exact = -1, .max_exact = -1};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        if (field.id == 1) {
            unthrift_skip(t, &field);
            chunk->elsewhere = true;
        } else if (field.id == 3) {
            unthrift_want(t, &field, UNTHRIFT_STRUCT);
            parse_chunk_meta(p, chunk);
        } else {
            unthrift_skip(t, &field);
        }
    }
    unthrift_leave(t);
    if (!t->err && !chunk->has_meta)
        refuse(p, "a column chunk without its metadata (encrypted?)");
}

static void parse_chunks(struct parse *p, const struct unthrift_field *field,
                         struct pq_group *group)
{
    uint32_t count = unthrift_list(&p->t, field, UNTHRIFT_STRUCT);
    if (p->t.err)
        return;
    if (count != p->meta->column_count || group->chunk) {
        refuse(p, "a row group whose chunks are not the schema's columns");
        return;
    }
    group->chunk = take(p, count, sizeof *group->chunk);
    for (uint32_t i = 0; i < count && !p->t.err; i++)
        parse_chunk(p, &group->chunk[i]);
}

static void parse_group(struct parse *p, struct pq_group *group)
{
    struct unthrift_field field = {0};
    group->rows = -1;
    unthrift_enter(&p->t);
    while (unthrift_next(&p->t, &field)) {
        if (field.id == 1)
            parse_chunks(p, &field, group);
        else if (field.id == 3)
            group->rows = unthrift_i64(&p->t, &field);
        else
            unthrift_skip(&p->t, &field);
    }
    unthrift_leave(&p->t);
    if (!p->t.err && (!group->chunk || group->rows < 0))
        refuse(p, "a row group without columns or row count");
}

static void parse_groups(struct parse *p, const struct unthrift_field *field)
{
    uint32_t count = unthrift_list(&p->t, field, UNTHRIFT_STRUCT);
    if (count > PQ_GROUPS_MAX || p->meta->group) {
        refuse(p, "too many row groups");
        return;
    }
    if (!p->meta->column) {
        refuse(p, "row groups before the schema");
        return;
    }
    p->meta->group = take(p, count, sizeof *p->meta->group);
    p->meta->group_count = count;
    for (uint32_t i = 0; i < count && !p->t.err; i++)
        parse_group(p, &p->meta->group[i]);
}

static void parse_key(struct parse *p, struct pq_key_value *key)
{
    struct unthrift_field field = {0};
    *key = (struct pq_key_value){"", ""};
    unthrift_enter(&p->t);
    while (unthrift_next(&p->t, &field)) {
        if (field.id == 1)
            key->key = text(p, &field);
        else if (field.id == 2)
            key->value = text(p, &field);
        else
            unthrift_skip(&p->t, &field);
    }
    unthrift_leave(&p->t);
}

static void parse_keys(struct parse *p, const struct unthrift_field *field)
{
    uint32_t count = unthrift_list(&p->t, field, UNTHRIFT_STRUCT);
    if (count > PQ_KEYS_MAX || p->meta->key) {
        refuse(p, "too many key-values");
        return;
    }
    p->meta->key = take(p, count, sizeof *p->meta->key);
    p->meta->key_count = count;
    for (uint32_t i = 0; i < count && !p->t.err; i++)
        parse_key(p, &p->meta->key[i]);
}

static void parse_columns(struct parse *p, const struct unthrift_field *field)
{
    if (p->meta->column) {
        refuse(p, "two schemas");
        return;
    }
    const char *why = footer_schema(&p->t, field, p->arena, p->meta);
    if (why)
        refuse(p, why);
}

static void parse_file(struct parse *p)
{
    struct unthrift *t = &p->t;
    struct unthrift_field field = {0};
    p->meta->rows = -1;
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        switch (field.id) {
        case 1:
            p->meta->version = unthrift_i32(t, &field);
            break;
        case 2:
            parse_columns(p, &field);
            break;
        case 3:
            p->meta->rows = unthrift_i64(t, &field);
            break;
        case 4:
            parse_groups(p, &field);
            break;
        case 5:
            parse_keys(p, &field);
            break;
        case 6:
            p->meta->created_by = text(p, &field);
            break;
        default:
            unthrift_skip(t, &field);
        }
    }
    unthrift_leave(t);
    if (!t->err && (!p->meta->column || !p->meta->group))
        refuse(p, "no schema or no row groups in the footer");
}

static void check_rows(struct parse *p)
{
    int64_t rows = 0;
    for (uint32_t i = 0; i < p->meta->group_count; i++)
        if (__builtin_add_overflow(rows, p->meta->group[i].rows, &rows))
            rows = INT64_MIN;
    if (rows != p->meta->rows)
        refuse(p, "the row groups' rows do not sum to the file's");
}

td_err footer_parse(struct lake_arena *arena, const uint8_t *data, size_t bytes,
                    struct pq_meta *meta, const char **why)
{
    struct parse p = {.t = unthrift_over(data, bytes), .arena = arena, .meta = meta};
    *meta = (struct pq_meta){.created_by = ""};
    parse_file(&p);
    if (!p.t.err)
        check_rows(&p);
    *why = p.why   ? p.why
           : p.err ? "footer needs more memory than its size justifies"
                   : "footer is not readable";
    return p.err ? p.err : p.t.err;
}

int footer_column(const struct pq_meta *meta, const char *name)
{
    for (uint32_t i = 0; i < meta->column_count; i++)
        if (strcmp(meta->column[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *footer_key(const struct pq_meta *meta, const char *key)
{
    for (uint32_t i = 0; i < meta->key_count; i++)
        if (strcmp(meta->key[i].key, key) == 0)
            return meta->key[i].value;
    return NULL;
}

const char *footer_type_name(int type)
{
    static const char *const name[PQ_TYPES] = {
        "BOOLEAN", "INT32",  "INT64",      "INT96",
        "FLOAT",   "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
    return type >= 0 && type < PQ_TYPES ? name[type] : "?";
}
