#include "lake/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lake/verb.h"

static const struct {
    const char *name;
    int code;
} kinds[VERIFY_KINDS] = {
    [VERIFY_UNREADABLE] = {"unreadable", EXIT_CORRUPT},
    [VERIFY_PAGE] = {"page", EXIT_CORRUPT},
    [VERIFY_HASH] = {"hash", EXIT_CORRUPT},
    [VERIFY_DISK] = {"disk", EXIT_DISK},
    [VERIFY_NETWORK] = {"network", EXIT_NETWORK},
    [VERIFY_UNSUPPORTED] = {"unsupported", EXIT_FOUND},
    [VERIFY_STATISTICS] = {"statistics", EXIT_FOUND},
    [VERIFY_ROWS] = {"rows", EXIT_FOUND},
    [VERIFY_SCHEMA] = {"schema", EXIT_FOUND},
    [VERIFY_PATH] = {"path", EXIT_FOUND},
    [VERIFY_RANGE] = {"range", EXIT_FOUND},
    [VERIFY_RECEIPT] = {"receipt", EXIT_FOUND},
    [VERIFY_ORPHAN] = {"orphan", EXIT_FOUND},
};

static void tell(struct verify *v, const char *path, enum verify_kind kind, const char *what)
{
    v->problems++;
    v->code = verb_worse(v->code, kinds[kind].code);
    v->tell(v->ctx, path, kinds[kind].name, what);
}

void verify_tell(struct verify_file *f, enum verify_kind kind, const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    tell(f->v, f->path, kind, what);
}

enum verify_kind verify_kind_of(td_err err, enum verify_kind corrupt)
{
    switch (verb_exit(err)) {
    case EXIT_CORRUPT:
        return corrupt;
    case EXIT_FOUND:
        return VERIFY_UNSUPPORTED;
    case EXIT_NETWORK:
        return VERIFY_NETWORK;
    default:
        return VERIFY_DISK;
    }
}

/* The file's own metadata against the path it stands in. */
static void check_keys(struct verify_file *f)
{
    const struct path_partition *p = &f->info.partition;
    const char *const pair[][2] = {
        {"table", p->table}, {"exchange", p->exchange}, {"symbol", p->symbol}};
    for (int i = 0; i < 3; i++) {
        const char *value = footer_key(f->meta, pair[i][0]);
        if (!value || strcmp(value, pair[i][1]) != 0)
            verify_tell(f, VERIFY_PATH, "the file's metadata names %s '%.60s', the path '%s'",
                        pair[i][0], value ? value : "", pair[i][1]);
    }
}

static void look_into(struct verify_file *f)
{
    f->meta = reader_meta(f->reader);
    segment_info_footer(&f->info, f->meta);
    f->v->rows += f->meta->rows;
    f->table = f->info.partition.table[0] ? schema_find(f->info.partition.table) : NULL;
    if (f->table)
        verify_schema(f);
    if (f->table)
        check_keys(f);
    for (uint32_t group = 0; group < f->meta->group_count && !f->v->quick; group++)
        verify_group(f, group);
    f->v->violations += f->violations;
    if (f->violations)
        verify_tell(f, VERIFY_RANGE, "%lld values out of range, the first: %s",
                    (long long)f->violations, f->violation);
    verify_against_receipt(f);
}

void verify_segment(struct verify *v, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct verify_file f = {.v = v, .path = path, .name = slash ? slash + 1 : path};
    segment_info_path(&f.info, path);
    v->files++;
    td_err err =
        v->quick ? reader_open(path, NULL, &f.reader) : reader_open_whole(path, NULL, &f.reader);
    if (err) {
        verify_tell(&f, verify_kind_of(err, VERIFY_UNREADABLE), "%s", reader_why(f.reader));
    } else {
        v->bytes += reader_bytes(f.reader);
        look_into(&f);
    }
    reader_close(f.reader);
}

void verify_receipt_alone(struct verify *v, const char *path)
{
    char segment[4096];
    if (receipt_segment_path(path, segment, sizeof segment) &&
        source_exists(segment) == TD_E_MISSING)
        tell(v, path, VERIFY_ORPHAN, "receipt without its segment");
}

void verify_free(struct verify *v)
{
    values_free(&v->values);
    values_free(&v->flags);
    values_free(&v->beside[0]);
    values_free(&v->beside[1]);
    lake_buffer_free(&v->block);
}
