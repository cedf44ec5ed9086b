/* Folders made of a list of whole names, for the walk through them: of struct td_disk only list, open, size and close, and a folder's entries come
   in reverse order. The oracle of the walk is the list itself. */
#ifndef TD_STORE_WALK_TREE_H
#define TD_STORE_WALK_TREE_H

#include <stdlib.h>
#include <string.h>

#include "base/os.h"

struct walk_tree {
    char **key; /* in byte order, no name twice, none the folder of another */
    size_t count;
    unsigned lists; /* so many folders were read */
};

static inline int walk_tree_by_key(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline bool walk_tree_is_below(const char *key, const char *folder)
{
    size_t bytes = strlen(folder);
    return strncmp(key, folder, bytes) == 0 && key[bytes] == '/';
}

/* Sorts, and leaves out what cannot stand beside the others. */
static inline void walk_tree_settle(struct walk_tree *tree)
{
    size_t kept = 0;
    qsort(tree->key, tree->count, sizeof *tree->key, walk_tree_by_key);
    for (size_t i = 0; i < tree->count; i++) {
        bool fine = kept == 0 || strcmp(tree->key[i], tree->key[kept - 1]) != 0;
        for (size_t k = kept; fine && k > 0; k--)
            fine = !walk_tree_is_below(tree->key[i], tree->key[k - 1]);
        if (fine)
            tree->key[kept++] = tree->key[i];
    }
    tree->count = kept;
}

/* Paths begin with "t/". */
static inline int walk_tree_list(void *ctx, const char *path,
                                 int (*visit)(void *arg, const char *name, bool is_dir), void *arg)
{
    struct walk_tree *tree = ctx;
    const char *folder = strcmp(path, "t") == 0 ? "" : path + 2;
    size_t bytes = strlen(folder), below = bytes ? bytes + 1 : 0;
    char last[300] = "", name[300];
    tree->lists++;
    for (size_t i = tree->count; i > 0; i--) {
        const char *key = tree->key[i - 1];
        if (bytes > 0 && !walk_tree_is_below(key, folder))
            continue;
        size_t part = strcspn(key + below, "/");
        if (part >= sizeof name)
            continue;
        memcpy(name, key + below, part);
        name[part] = 0;
        bool is_dir = key[below + part] == '/';
        if (is_dir && strcmp(name, last) == 0)
            continue;
        memcpy(last, name, sizeof last);
        int answer = visit(arg, name, is_dir);
        if (answer != 0)
            return answer;
    }
    return 0;
}

static inline int walk_tree_open(void *ctx, const char *path, int flags, int mode)
{
    const struct walk_tree *tree = ctx;
    (void)flags;
    (void)mode;
    for (size_t i = 0; i < tree->count; i++)
        if (strcmp(tree->key[i], path + 2) == 0)
            return (int)i;
    return TD_E_MISSING;
}

static inline int64_t walk_tree_size(void *ctx, int file)
{
    const struct walk_tree *tree = ctx;
    return (int64_t)strlen(tree->key[file]);
}

static inline int walk_tree_close(void *ctx, int file)
{
    (void)ctx;
    (void)file;
    return 0;
}

static inline struct td_disk walk_tree_disk(struct walk_tree *tree)
{
    return (struct td_disk){.list = walk_tree_list,
                            .open = walk_tree_open,
                            .size = walk_tree_size,
                            .close = walk_tree_close,
                            .ctx = tree};
}

#endif
