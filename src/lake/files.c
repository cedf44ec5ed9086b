#include "lake/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

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

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of a directory, sorted; they live in the arena. */
static td_err list_names(struct lake_arena *arena, const char *path, struct lake_buffer *names)
{
    DIR *dir = opendir(path);
    TD_FAIL_IF(!dir, TD_E_IO);
    td_err err = 0;
    for (const struct dirent *e; !err && (e = readdir(dir)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        const char *name = lake_text(arena, e->d_name, strlen(e->d_name));
        err = name ? lake_append(names, &name, sizeof name) : TD_E_NO_MEMORY;
    }
    closedir(dir);
    if (!err && names->bytes)
        qsort(names->data, names->bytes / sizeof(char *), sizeof(char *), by_name);
    return err;
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
    struct lake_buffer names = {0};
    struct lake_arena arena = {.limit = NAMES_BYTES_MAX};
    errno = ELOOP;
    TD_FAIL_IF(depth > DEPTH_MAX, TD_E_IO);
    td_err err = list_names(&arena, path, &names);
    const char *const *name = (const char *const *)(void *)names.data;
    for (size_t i = 0; !err && i < names.bytes / sizeof *name; i++)
        err = visit(list, path, name[i], depth);
    int kept = errno;
    lake_buffer_free(&names);
    lake_arena_free(&arena);
    errno = kept;
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

td_err files_collect(struct file_list *list, const char *path)
{
    struct stat st;
    list->arena.limit = NAMES_BYTES_MAX;
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

const struct file_entry *files_at(const struct file_list *list, size_t index)
{
    return (const struct file_entry *)(void *)list->entries.data + index;
}

void files_free(struct file_list *list)
{
    lake_buffer_free(&list->entries);
    lake_arena_free(&list->arena);
    list->count = 0;
}
