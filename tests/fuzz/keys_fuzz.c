/* Any lines as names of objects in a folder: what may stand there leads nowhere else, the walk tells just those in their order from any name on, and a
   glob takes what it is the name of. First line: where to begin; second: the prefix; third: a glob. */
#include <stdlib.h>
#include <string.h>

#include "store/local_walk.h"
#include "sync/scan.h"
#include "unit/store/walk_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { LINES = 64, LINE_BYTES = 1100, ROOM = 64 << 10 };

struct lines {
    char text[LINES][LINE_BYTES];
    char *key[LINES];
    unsigned count;
};

static void split(struct lines *lines, const uint8_t *data, size_t bytes)
{
    const char *at = (const char *)data, *end = at + bytes;
    for (lines->count = 0; lines->count < LINES && at < end; lines->count++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t line = (size_t)((stop ? stop : end) - at),
               kept = line < LINE_BYTES - 1 ? line : LINE_BYTES - 1;
        memcpy(lines->text[lines->count], at, kept);
        lines->text[lines->count][kept] = 0;
        at += line + (stop != NULL);
    }
    for (unsigned i = lines->count; i < 3; i++)
        lines->text[i][0] = 0;
}

static void check_name(const char *key)
{
    TD_ASSERT(key[0] != '/' && key[0] != '.' && key[0] != 0, "a name leads down");
    TD_ASSERT(!strstr(key, "//") && !strstr(key, "/.") && !strchr(key, '\\'), "and no way up");
    TD_ASSERT(key[strlen(key) - 1] != '/' && strlen(key) < PLACE_KEY_MAX, "to a file");
}

static void check_walk(struct walk_tree *tree, const char *after, const char *prefix)
{
    static uint8_t memory[ROOM];
    static struct local_walk walk;
    struct td_disk disk = walk_tree_disk(tree);
    char folder[LINE_BYTES];
    const char *slash = strrchr(prefix, '/'), *filter = slash ? slash + 1 : prefix;
    memcpy(folder, prefix, (size_t)(filter - prefix));
    folder[filter - prefix] = 0;
    struct walk_params params = {.disk = &disk,
                                 .root = "t",
                                 .folder = folder,
                                 .filter = filter,
                                 .after = after,
                                 .memory = memory,
                                 .room = ROOM};
    struct store_entry entry;
    if (walk_begin(&walk, &params) < 0)
        return;
    for (size_t i = 0; i < tree->count; i++) {
        if (strncmp(tree->key[i], prefix, strlen(prefix)) != 0 || strcmp(tree->key[i], after) <= 0)
            continue;
        int told = walk_next(&walk, &entry);
        if (told < 0)
            return; /* too deep */
        TD_ASSERT(told == 1 && strcmp(entry.key, tree->key[i]) == 0, "each name in its turn");
    }
    TD_ASSERT(walk_next(&walk, &entry) <= 0, "and no other");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct lines lines;
    struct walk_tree tree = {.key = lines.key};
    split(&lines, data, bytes);
    const char *after = lines.text[0], *prefix = lines.text[1], *glob = lines.text[2];
    for (unsigned i = 3; i < lines.count; i++) {
        char *key = lines.text[i];
        scan_matches(glob, key);
        if (!walk_key_fine(key))
            continue;
        check_name(key);
        TD_ASSERT(scan_matches("**", key) && (strpbrk(key, "*?") || scan_matches(key, key)),
                  "a name is a glob of itself");
        lines.key[tree.count++] = key;
    }
    walk_tree_settle(&tree);
    const char *slash = strrchr(prefix, '/');
    char folder[LINE_BYTES] = "a";
    if (slash) {
        memcpy(folder, prefix, (size_t)(slash - prefix));
        folder[slash - prefix] = 0;
    }
    if (walk_key_fine(folder))
        check_walk(&tree, after, prefix);
    return 0;
}
