/* Looking at a folder that a writer filled. */
#ifndef TD_TESTS_SEGMENT_FOLDER_H
#define TD_TESTS_SEGMENT_FOLDER_H

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static inline size_t glob_paths(const char *dir, const char *pattern, glob_t *found)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, pattern);
    return glob(path, 0, NULL, found) == 0 ? found->gl_pathc : 0;
}

static inline int count_files(const char *dir, const char *pattern)
{
    glob_t found = {0};
    int count = (int)glob_paths(dir, pattern, &found);
    globfree(&found);
    return count;
}

/* Seven folders from table to hour. */
#define SEGMENTS "ready/*/*/*/*/*/*/*/*.parquet"
#define RECEIPTS "ready/*/*/*/*/*/*/*/_*.json"
#define ACTIVE "active/*/*/*/*/*/*/*/*"

static inline char *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    char *data = malloc(1 << 24);
    *bytes = fread(data, 1, 1 << 24, file);
    fclose(file);
    return data;
}

static inline const char *fresh_dir(const char *name)
{
    static char path[8][600];
    static int used;
    char *out = path[used++ % 8];
    snprintf(out, 600, "%s/%s", test_tmpdir(), name);
    return out;
}

static inline void check_same_file(const char *a, const char *b)
{
    size_t a_bytes, b_bytes;
    char *a_data = read_file(a, &a_bytes), *b_data = read_file(b, &b_bytes);
    CHECK_EQ_U64(a_bytes, b_bytes);
    CHECK_EQ_MEM(a_data, b_data, a_bytes);
    free(a_data);
    free(b_data);
}

/* Each file of `a` stands in `b` under the same path with the same bytes. How many. */
static inline int check_tree_within(const char *a, const char *b)
{
    glob_t found = {0};
    char path[900];
    size_t count = glob_paths(a, "ready/*/*/*/*/*/*/*/*", &found);
    CHECK(count > 0);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s%s", b, found.gl_pathv[i] + strlen(a));
        check_same_file(found.gl_pathv[i], path);
    }
    globfree(&found);
    return (int)count;
}

/* Same relative paths, same bytes. */
static inline void check_same_trees(const char *a, const char *b)
{
    CHECK_EQ_I64(count_files(b, "ready/*/*/*/*/*/*/*/*"), check_tree_within(a, b));
}

#endif
