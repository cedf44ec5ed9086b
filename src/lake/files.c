#include "lake/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "lake/folder.h"
#include "lake/object.h"
#include "lake/receipt.h"
#include "lake/source.h"
#include "lake/stores.h"
#include "lake/verb.h"

enum { DEPTH_MAX = 24, PATH_BYTES = 4096, NAMES_BYTES_MAX = 256 << 20 };

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), tail = strlen(end);
    return bytes >= tail && strcmp(text + bytes - tail, end) == 0;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool has_part(const char *path, const char *part)
{
    size_t bytes = strlen(part);
    for (const char *at = path; (at = strstr(at, part)) != NULL; at += bytes)
        if ((at == path || at[-1] == '/') && (at[bytes] == '/' || at[bytes] == 0))
            return true;
    return false;
}

static td_err add_file(struct file_list *list, const char *path, int64_t bytes)
{
    struct file_entry entry = {.bytes = bytes};
    entry.path = lake_text(&list->arena, path, strlen(path));
    TD_FAIL_IF(!entry.path, TD_E_NO_MEMORY);
    entry.name = last_part(entry.path);
    entry.is_receipt = entry.name[0] == '_';
    entry.is_open = has_part(path, "active");
    TD_TRY(lake_append(&list->entries, &entry, sizeof entry));
    list->count++;
    return 0;
}

static bool wanted(const char *name)
{
    return name[0] == '_' ? ends_with(name, ".json")
                          : name[0] != '.' && ends_with(name, ".parquet");
}

static td_err walk(struct file_list *list, const char *path, int depth);

static td_err visit(struct file_list *list, const char *dir, const char *name, int depth)
{
    char path[PATH_BYTES];
    struct stat st;
    struct td_str text = td_str_on(path, sizeof path);
    td_str_add(&text, dir);
    if (!ends_with(dir, "/"))
        td_str_add_char(&text, '/');
    td_str_add(&text, name);
    errno = ENAMETOOLONG;
    TD_FAIL_IF(text.cut, TD_E_IO);
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : TD_E_IO; /* sealed and renamed while we walked */
    if (S_ISDIR(st.st_mode))
        return walk(list, path, depth + 1);
    if (S_ISLNK(st.st_mode) && (stat(path, &st) < 0 || !S_ISREG(st.st_mode)))
        return 0;
    return S_ISREG(st.st_mode) && wanted(name) ? add_file(list, path, st.st_size) : 0;
}

static td_err walk(struct file_list *list, const char *path, int depth)
{
    struct folder folder = {0};
    errno = ELOOP;
    TD_FAIL_IF(depth > DEPTH_MAX, TD_E_IO);
    td_err err = folder_read(&folder, path);
    for (size_t i = 0; !err && i < folder.count; i++)
        err = visit(list, path, folder_name(&folder, i), depth);
    folder_free(&folder);
    return err;
}

static bool is_dir_in(const char *path, const char *name)
{
    char full[PATH_BYTES];
    struct stat st;
    struct td_str text = td_str_on(full, sizeof full);
    td_str_add_format(&text, "%s/%s", path, name);
    return !text.cut && stat(full, &st) == 0 && S_ISDIR(st.st_mode);
}

static td_err collect_disk(struct file_list *list, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return errno == ENOENT ? TD_E_MISSING : TD_E_IO;
    if (!S_ISDIR(st.st_mode))
        return add_file(list, path, st.st_size);
    bool active = is_dir_in(path, "active"), ready = is_dir_in(path, "ready");
    if (!active && !ready)
        return walk(list, path, 0);
    if (active)
        TD_TRY(visit(list, path, "active", 0));
    return ready ? visit(list, path, "ready", 0) : 0;
}

/* ---- stores ---- */

/* What of a deck or a lake holds recorded segments, in path order. */
static const char *const layers[] = {"active", "bronze", "ready"};
enum { LAYERS = sizeof layers / sizeof layers[0] };

struct gathering {
    struct file_list *list;
    struct place place; /* the bucket: what stands before a key */
    size_t names;       /* also of objects that are not wanted */
};

static td_err take_name(void *arg, const struct store_entry *entry)
{
    struct gathering *g = arg;
    char path[PATH_BYTES];
    g->names++;
    if (!wanted(last_part(entry->key)))
        return 0;
    TD_FAIL_IF(!place_text(&g->place, entry->key, path, sizeof path), TD_E_RANGE);
    return add_file(g->list, path, entry->bytes);
}

/* Order of paths as a walk has it: what is in a folder comes before a name that goes on where the folder's ends. */
static int by_walk(const void *a, const void *b)
{
    const unsigned char *x = (const void *)((const struct file_entry *)a)->path;
    const unsigned char *y = (const void *)((const struct file_entry *)b)->path;
    for (; *x && *x == *y; x++)
        y++;
    if (*x == *y)
        return 0;
    return (*x == '/' ? 1 : *x ? *x + 1 : 0) < (*y == '/' ? 1 : *y ? *y + 1 : 0) ? -1 : 1;
}

/* From `first` on; what came twice goes. */
static void arrange(struct file_list *list, size_t first)
{
    struct file_entry *entry = (struct file_entry *)(void *)list->entries.data;
    size_t kept = first;
    if (list->count > first)
        qsort(entry + first, list->count - first, sizeof *entry, by_walk);
    for (size_t i = first; i < list->count; i++)
        if (kept == first || strcmp(entry[kept - 1].path, entry[i].path) != 0)
            entry[kept++] = entry[i];
    list->count = kept;
    list->entries.bytes = kept * sizeof *entry;
}

/* TD_E_MISSING: no name below. */
static td_err gather(struct file_list *list, const struct place *place, const char *path)
{
    struct gathering g = {.list = list, .place = *place};
    size_t first = list->count;
    g.place.prefix[0] = 0;
    TD_TRY(stores_list(path, NULL, (struct store_visit){.entry = take_name, .arg = &g}));
    arrange(list, first);
    /* A bucket may be empty. */
    return g.names || !place->prefix[0] ? 0 : TD_E_MISSING;
}

static td_err add_object(struct file_list *list, const char *path)
{
    struct stores_object object;
    TD_TRY(stores_head(path, &object));
    return add_file(list, path, object.bytes);
}

/* Below a layer there are no layers. */
static bool in_layer(const char *key)
{
    for (int i = 0; i < LAYERS; i++)
        if (has_part(key, layers[i]))
            return true;
    return strchr(key, '=') != NULL;
}

static td_err collect_layers(struct file_list *list, const struct place *place, const char *path,
                             bool *any)
{
    struct folder folder = {0};
    *any = false;
    td_err err = folder_read(&folder, path);
    for (int i = 0; i < LAYERS && !err; i++) {
        char below[PATH_BYTES];
        if (!folder_has(&folder, layers[i]))
            continue;
        *any = true;
        err = place_text(place, layers[i], below, sizeof below) ? gather(list, place, below)
                                                                : TD_E_RANGE;
    }
    folder_free(&folder);
    return err == TD_E_MISSING ? 0 : err;
}

static td_err collect_store(struct file_list *list, const char *path)
{
    struct place place;
    bool done = false;
    struct stores_object object;
    if (place_parse(&place, path) < 0)
        return stores_head(path, &object); /* says why not */
    if (wanted(last_part(place.prefix))) {
        td_err err = add_object(list, path);
        if (err != TD_E_MISSING)
            return err;
    }
    if (!in_layer(place.prefix))
        TD_TRY(collect_layers(list, &place, path, &done));
    if (done)
        return 0;
    td_err err = gather(list, &place, path);
    return err == TD_E_MISSING ? add_object(list, path) : err;
}

td_err files_collect(struct file_list *list, const char *path)
{
    list->arena.limit = NAMES_BYTES_MAX;
    return place_is_remote(path) ? collect_store(list, path) : collect_disk(list, path);
}

/* ---- for the verbs ---- */

const char *files_why(const char *path, td_err err)
{
    if (err == TD_E_NO_MEMORY)
        return td_err_text(err);
    return place_is_remote(path) ? stores_why() : strerror(errno);
}

int files_collect_or_complain(struct file_list *list, const char *path)
{
    td_err err = files_collect(list, path);
    if (!err)
        return EXIT_FINE;
    const char *advice = place_is_remote(path) ? stores_advice() : NULL;
    verb_complain(advice ? advice
                         : "Name a data directory, its ready/, a folder below or a .parquet file.",
                  "%s: %s", path, files_why(path, err));
    return err == TD_E_SYNTAX ? EXIT_USAGE : verb_exit(err);
}

void files_ahead(struct file_list *list, size_t index, enum files_part part)
{
    char receipt[STORES_TOGETHER][PATH_BYTES];
    const char *path[STORES_TOGETHER + 1];
    unsigned count = 0;
    if (index < list->ahead || !place_is_remote(files_at(list, index)->path))
        return;
    for (list->ahead = index; list->ahead < list->count && count + 1 < STORES_TOGETHER;
         list->ahead++) {
        const struct file_entry *file = files_at(list, list->ahead);
        if (file->is_receipt || file->is_open)
            continue;
        if (part != FILES_RECEIPTS)
            path[count++] = file->path;
        if (part != FILES_SEGMENTS && receipt_path(file->path, receipt[count], PATH_BYTES)) {
            path[count] = receipt[count];
            count++;
        }
    }
    object_ahead(path, count);
}

void files_tell_asked(void)
{
    struct stores_count count = stores_count();
    if (count.requests)
        fprintf(stderr, "stores: %lld requests, %lld bytes\n", (long long)count.requests,
                (long long)count.bytes);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool files_have(struct file_list *list, const char *path)
{
    if (list->sorted.bytes != list->count * sizeof path) {
        list->sorted.bytes = 0;
        if (lake_reserve(&list->sorted, list->count * sizeof path) < 0)
            return source_exists(path) == 0;
        for (size_t i = 0; i < list->count; i++)
            ((const char **)(void *)list->sorted.data)[i] = files_at(list, i)->path;
        list->sorted.bytes = list->count * sizeof path;
        if (list->count)
            qsort(list->sorted.data, list->count, sizeof path, by_text);
    }
    return list->count &&
           bsearch(&path, list->sorted.data, list->count, sizeof path, by_text) != NULL;
}

const struct file_entry *files_at(const struct file_list *list, size_t index)
{
    return (const struct file_entry *)(void *)list->entries.data + index;
}

void files_free(struct file_list *list)
{
    lake_buffer_free(&list->entries);
    lake_buffer_free(&list->sorted);
    lake_arena_free(&list->arena);
    list->count = 0;
}
