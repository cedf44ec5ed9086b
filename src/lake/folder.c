#include "lake/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lake/stores.h"

enum { NAMES_BYTES_MAX = 256 << 20 };

static td_err add(struct folder *folder, const char *name, size_t bytes)
{
    const char *copy = lake_text(&folder->arena, name, bytes);
    TD_FAIL_IF(!copy, TD_E_NO_MEMORY);
    TD_TRY(lake_append(&folder->names, &copy, sizeof copy));
    folder->count++;
    return 0;
}

static td_err read_disk(struct folder *folder, const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return errno == ENOENT ? TD_E_MISSING : TD_E_IO;
    td_err err = 0;
    for (const struct dirent *e; !err && (e = readdir(dir)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            err = add(folder, e->d_name, strlen(e->d_name));
    closedir(dir);
    return err;
}

/* The last part of a key; that of a folder ends in a slash. */
static td_err take(void *arg, const struct store_entry *entry)
{
    const char *key = entry->key, *end = key + strlen(key);
    end -= entry->is_prefix && end > key && end[-1] == '/';
    const char *name = end;
    while (name > key && name[-1] != '/')
        name--;
    return name == end ? 0 : add(arg, name, (size_t)(end - name));
}

static td_err read_store(struct folder *folder, const char *path)
{
    TD_TRY(stores_list(path, "/", (struct store_visit){.entry = take, .arg = folder}));
    return folder->count ? 0 : stores_fail(TD_E_MISSING, "nothing of this name in the store");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Also takes away what a page that came twice has brought twice. */
static void sort(struct folder *folder)
{
    const char **name = (const char **)(void *)folder->names.data;
    size_t kept = 0;
    if (folder->count)
        qsort(name, folder->count, sizeof *name, by_name);
    for (size_t i = 0; i < folder->count; i++)
        if (kept == 0 || strcmp(name[kept - 1], name[i]) != 0)
            name[kept++] = name[i];
    folder->count = kept;
}

td_err folder_read(struct folder *folder, const char *path)
{
    folder->arena.limit = NAMES_BYTES_MAX;
    td_err err = place_is_remote(path) ? read_store(folder, path) : read_disk(folder, path);
    if (!err)
        sort(folder);
    return err;
}

const char *folder_name(const struct folder *folder, size_t index)
{
    return ((const char *const *)(const void *)folder->names.data)[index];
}

bool folder_has(const struct folder *folder, const char *name)
{
    return folder->count &&
           bsearch(&name, folder->names.data, folder->count, sizeof name, by_name) != NULL;
}

void folder_free(struct folder *folder)
{
    int kept = errno;
    lake_buffer_free(&folder->names);
    lake_arena_free(&folder->arena);
    folder->count = 0;
    errno = kept;
}
