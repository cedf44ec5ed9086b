#include "sync/walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "segment/path.h"
#include "sync/mark.h"

enum { LEFT_BATCH = 32 };

/* ---- folders ---------------------------------------------------------------------------------- */

/* Calls `at` for each folder below path; a folder of an hour has none below it. */
struct walk {
    const struct td_disk *disk;
    char path[WALK_PATH_MAX];
    void (*at)(struct walk *walk);
    void *arg;
    bool hours_only;
};

static int walk_down(void *arg, const char *name, bool is_dir)
{
    struct walk *walk = arg;
    size_t before = strlen(walk->path);
    struct td_str str = td_str_on(walk->path + before, sizeof walk->path - before);
    if (!is_dir || name[0] == '.')
        return 0;
    td_str_add_char(&str, '/');
    td_str_add(&str, name);
    if (!str.cut) {
        bool is_hour = strncmp(name, "hour=", 5) == 0;
        if (!is_hour)
            walk->disk->list(walk->disk->ctx, walk->path, walk_down, walk);
        if (is_hour || !walk->hours_only)
            walk->at(walk);
    }
    walk->path[before] = 0;
    return 0;
}

static void walk_all(struct walk *walk, const char *from_dir, const char *from_prefix)
{
    struct td_str str = td_str_on(walk->path, sizeof walk->path);
    td_str_add(&str, from_dir);
    if (from_prefix[0]) {
        td_str_add_char(&str, '/');
        td_str_add_bytes(&str, from_prefix,
                         strlen(from_prefix) - (from_prefix[strlen(from_prefix) - 1] == '/'));
    }
    if (!str.cut)
        walk->disk->list(walk->disk->ctx, walk->path, walk_down, walk);
}

static bool ends_with(const char *name, const char *end)
{
    size_t bytes = strlen(name), wanted = strlen(end);
    return bytes > wanted && strcmp(name + bytes - wanted, end) == 0;
}

static bool join(const char *folder, const char *name, char out[WALK_PATH_MAX])
{
    struct td_str str = td_str_on(out, WALK_PATH_MAX);
    td_str_add(&str, folder);
    td_str_add_char(&str, '/');
    td_str_add(&str, name);
    return !str.cut;
}

static bool stands(const struct td_disk *disk, const char *path)
{
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    if (file >= 0)
        disk->close(disk->ctx, file);
    return file != TD_E_MISSING;
}

/* ---- the oldest first ------------------------------------------------------------------------- */

/* The least (hour, folder) behind the present one. */
struct ahead {
    const struct oldest *now;
    int64_t hour_ns;
    char folder[WALK_PATH_MAX];
    bool found;
};

static bool hour_of(const char *path, int64_t *ns)
{
    struct path_partition partition;
    if (path_parse(path, &partition) < 0)
        return false;
    *ns = path_hour_ns(&partition);
    return true;
}

static int order(int64_t a_ns, const char *a, int64_t b_ns, const char *b)
{
    if (a_ns != b_ns)
        return a_ns < b_ns ? -1 : 1;
    return strcmp(a, b);
}

static void see_hour(struct walk *walk)
{
    struct ahead *ahead = walk->arg;
    int64_t ns = 0;
    if (!hour_of(walk->path, &ns) ||
        order(ns, walk->path, ahead->now->hour_ns, ahead->now->folder) <= 0 ||
        (ahead->found && order(ns, walk->path, ahead->hour_ns, ahead->folder) >= 0))
        return;
    ahead->found = true;
    ahead->hour_ns = ns;
    memcpy(ahead->folder, walk->path, sizeof ahead->folder);
}

static bool next_folder(struct oldest *oldest)
{
    struct ahead ahead = {.now = oldest};
    struct walk walk = {.disk = oldest->disk, .at = see_hour, .arg = &ahead, .hours_only = true};
    walk_all(&walk, oldest->from_dir, oldest->from_prefix);
    if (!ahead.found)
        return false;
    oldest->hour_ns = ahead.hour_ns;
    memcpy(oldest->folder, ahead.folder, sizeof oldest->folder);
    oldest->last[0] = 0;
    return true;
}

/* The least names behind `last`, in their order. */
static int see_name(void *arg, const char *name, bool is_dir)
{
    struct oldest *oldest = arg;
    char path[WALK_PATH_MAX], mark[WALK_PATH_MAX];
    unsigned at = oldest->names;
    if (is_dir || name[0] == '_' || !ends_with(name, ".parquet") ||
        strlen(name) >= OLDEST_NAME_MAX || strcmp(name, oldest->last) <= 0 ||
        !join(oldest->folder, name, path) || !mark_path_beside(path, ".done", mark, sizeof mark) ||
        !stands(oldest->disk, mark))
        return 0;
    while (at > 0 && strcmp(name, oldest->name[at - 1]) < 0)
        at--;
    if (at == OLDEST_BATCH)
        return 0;
    unsigned kept = oldest->names < OLDEST_BATCH ? oldest->names : OLDEST_BATCH - 1;
    memmove(oldest->name[at + 1], oldest->name[at], (kept - at) * sizeof oldest->name[0]);
    td_text_copy(oldest->name[at], sizeof oldest->name[at], name, strlen(name));
    oldest->names = kept + 1;
    return 0;
}

static bool next_names(struct oldest *oldest)
{
    oldest->names = oldest->at = 0;
    if (oldest->folder[0])
        oldest->disk->list(oldest->disk->ctx, oldest->folder, see_name, oldest);
    return oldest->names > 0;
}

void oldest_begin(struct oldest *oldest, const struct td_disk *disk, const char *from_dir,
                  const char *from_prefix, const char *to_prefix)
{
    memset(oldest, 0, sizeof *oldest);
    oldest->disk = disk;
    oldest->from_dir = from_dir;
    oldest->from_prefix = from_prefix ? from_prefix : "";
    oldest->to_prefix = to_prefix ? to_prefix : "";
    oldest->hour_ns = INT64_MIN;
}

static int64_t size_of(const struct td_disk *disk, const char *path)
{
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    if (file < 0)
        return 0;
    int64_t bytes = disk->size(disk->ctx, file);
    disk->close(disk->ctx, file);
    return bytes < 0 ? 0 : bytes;
}

static bool make_item(const struct oldest *oldest, const char *name, struct sync_item *item)
{
    char path[WALK_PATH_MAX];
    if (!join(oldest->folder, name, path))
        return false;
    const char *key = path + strlen(oldest->from_dir) + 1;
    memset(item, 0, sizeof *item);
    item->kind = SYNC_SEGMENT;
    item->bytes = size_of(oldest->disk, path);
    struct td_str from = td_str_on(item->from_key, sizeof item->from_key);
    struct td_str to = td_str_on(item->to_key, sizeof item->to_key);
    td_str_add(&from, key);
    td_str_add(&to, oldest->to_prefix);
    td_str_add(&to, key + strlen(oldest->from_prefix));
    return !from.cut && !to.cut;
}

int oldest_next(struct oldest *oldest, struct sync_item *item)
{
    for (;;) {
        while (oldest->at < oldest->names) {
            const char *name = oldest->name[oldest->at++];
            memcpy(oldest->last, name, sizeof oldest->last);
            if (make_item(oldest, name, item))
                return 1;
        }
        if (!next_names(oldest) && !next_folder(oldest))
            return 0;
    }
}

/* ---- what an interrupted deletion left -------------------------------------------------------- */

struct left {
    const char *folder;
    const struct td_disk *disk;
    int64_t count;
    char segment[LEFT_BATCH][OLDEST_NAME_MAX];
    unsigned names;
};

static int see_mark(void *arg, const char *name, bool is_dir)
{
    struct left *left = arg;
    char segment[OLDEST_NAME_MAX], path[WALK_PATH_MAX];
    struct td_str str = td_str_on(segment, sizeof segment);
    if (is_dir || name[0] != '_' || !ends_with(name, ".done"))
        return 0;
    td_str_add_bytes(&str, name + 1, strlen(name) - 1 - strlen(".done"));
    td_str_add(&str, ".parquet");
    if (str.cut || !join(left->folder, segment, path) || stands(left->disk, path))
        return 0;
    memcpy(left->segment[left->names++], segment, sizeof segment);
    return left->names == LEFT_BATCH;
}

/* Receipt first: as long as the mark stands the rest is known to be over. */
static bool remove_left(const struct left *left, const char *segment)
{
    char path[WALK_PATH_MAX], receipt[WALK_PATH_MAX];
    if (!join(left->folder, segment, path) ||
        !mark_path_beside(path, ".json", receipt, sizeof receipt))
        return false;
    td_err err = left->disk->unlink(left->disk->ctx, receipt);
    return (err >= 0 || err == TD_E_MISSING) && mark_remove(left->disk, path) >= 0;
}

static void clean_folder(struct walk *walk)
{
    struct left *left = walk->arg;
    bool all = true;
    left->folder = walk->path;
    do {
        left->names = 0;
        left->disk->list(left->disk->ctx, walk->path, see_mark, left);
        for (unsigned i = 0; i < left->names; i++)
            all &= remove_left(left, left->segment[i]);
        left->count += left->names;
    } while (left->names == LEFT_BATCH && all);
}

int64_t walk_leftovers(const struct td_disk *disk, const char *from_dir, const char *from_prefix)
{
    struct left left = {.disk = disk};
    struct walk walk = {.disk = disk, .at = clean_folder, .arg = &left};
    walk_all(&walk, from_dir, from_prefix ? from_prefix : "");
    return left.count;
}
