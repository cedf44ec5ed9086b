/* All files below a folder: path, size and hash, sorted by path. One at a time is walked. */
#ifndef TD_TEST_APP_TREE_H
#define TD_TEST_APP_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "test.h"

enum { TREE_FILES_MAX = 4096, TREE_PATH_MAX = 256 };

struct tree {
    unsigned count;
    struct tree_file {
        char path[TREE_PATH_MAX]; /* below the folder */
        int64_t bytes;
        uint64_t hash;
    } file[TREE_FILES_MAX];
};

static struct tree *tree_walked;
static size_t tree_skip;

static uint64_t tree_hash_of(const char *path, size_t bytes)
{
    char *text = malloc(bytes + 1);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fread(text, 1, bytes, file) == bytes);
    fclose(file);
    uint64_t hash = td_hash64(text, bytes, 0);
    free(text);
    return hash;
}

static int tree_visit(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)where;
    if (kind != FTW_F)
        return 0;
    CHECK(tree_walked->count < TREE_FILES_MAX);
    struct tree_file *file = &tree_walked->file[tree_walked->count++];
    snprintf(file->path, sizeof file->path, "%s", path + tree_skip);
    file->bytes = info->st_size;
    file->hash = tree_hash_of(path, (size_t)info->st_size);
    return 0;
}

static int tree_order(const void *a, const void *b)
{
    return strcmp(((const struct tree_file *)a)->path, ((const struct tree_file *)b)->path);
}

static inline void tree_read(struct tree *tree, const char *folder)
{
    tree->count = 0;
    tree_walked = tree;
    tree_skip = strlen(folder) + 1;
    CHECK(nftw(folder, tree_visit, 8, FTW_PHYS) == 0);
    qsort(tree->file, tree->count, sizeof *tree->file, tree_order);
}

static inline const struct tree_file *tree_find(const struct tree *tree, const char *path)
{
    for (unsigned i = 0; i < tree->count; i++)
        if (strcmp(tree->file[i].path, path) == 0)
            return &tree->file[i];
    return NULL;
}

/* Every file of `part` stands in `whole` with the same bytes. */
static inline void tree_check_holds(const struct tree *whole, const struct tree *part)
{
    for (unsigned i = 0; i < part->count; i++) {
        const struct tree_file *file = tree_find(whole, part->file[i].path);
        if (file == NULL)
            FAIL("%s is missing", part->file[i].path);
        if (file->bytes != part->file[i].bytes || file->hash != part->file[i].hash)
            FAIL("%s differs: %lld and %lld bytes", file->path, (long long)file->bytes,
                 (long long)part->file[i].bytes);
    }
}

#endif
