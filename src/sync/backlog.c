#include "sync/backlog.h"

#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "segment/path.h"
#include "sync/mark.h"

enum { PATH_BYTES = 2048, DEPTH_MAX = 16 };

struct walk {
    const struct td_disk *disk;
    const char *to;
    bool (*stopped)(void *arg);
    void *arg;
    struct backlog *out;
    char path[PATH_BYTES]; /* of the folder that is listed */
    size_t bytes;
    int depth;
    td_err err;
};

static bool is_segment(const char *name)
{
    static const char end[] = ".parquet";
    size_t bytes = strlen(name);
    return name[0] != '_' && name[0] != '.' && bytes > sizeof end - 1 &&
           strcmp(name + bytes - (sizeof end - 1), end) == 0;
}

static int64_t hour_of(const char *path)
{
    struct path_partition partition;
    if (path_parse(path, &partition) < 0)
        return 0;
    return path_hour_ns(&partition);
}

static void count(struct walk *walk)
{
    struct backlog *out = walk->out;
    if (mark_read(walk->disk, walk->path, walk->to, NULL) > 0)
        return;
    int file = walk->disk->open(walk->disk->ctx, walk->path, O_RDONLY, 0);
    if (file < 0)
        return; /* deleted meanwhile */
    int64_t bytes = walk->disk->size(walk->disk->ctx, file), hour = hour_of(walk->path);
    walk->disk->close(walk->disk->ctx, file);
    out->segments++;
    out->bytes += bytes > 0 ? bytes : 0;
    if (hour > 0 && (out->oldest_ns == 0 || hour < out->oldest_ns))
        out->oldest_ns = hour;
}

static int visit(void *arg, const char *name, bool is_dir)
{
    struct walk *walk = arg;
    size_t before = walk->bytes;
    if (name[0] == '.' || (!is_dir && !is_segment(name)))
        return 0;
    if (walk->stopped && walk->stopped(walk->arg))
        walk->err = TD_E_AGAIN;
    struct td_str str = td_str_on(walk->path + before, sizeof walk->path - before);
    td_str_add_format(&str, "/%s", name);
    if (str.cut || walk->depth == DEPTH_MAX)
        walk->err = TD_E_RANGE;
    if (walk->err)
        return 1;
    walk->bytes = before + str.bytes;
    if (!is_dir) {
        count(walk);
    } else {
        walk->depth++;
        int err = walk->disk->list(walk->disk->ctx, walk->path, visit, walk);
        walk->depth--;
        if (err < 0 && err != TD_E_MISSING && walk->err == 0)
            walk->err = err;
    }
    walk->bytes = before;
    walk->path[before] = 0;
    return walk->err != 0;
}

td_err backlog_count(const struct td_disk *disk, const char *folder, const char *to,
                     bool (*stopped)(void *arg), void *arg, struct backlog *out)
{
    struct walk walk = {.disk = disk, .to = to, .stopped = stopped, .arg = arg, .out = out};
    *out = (struct backlog){0};
    walk.bytes = strlen(folder);
    TD_FAIL_IF(!td_text_copy(walk.path, sizeof walk.path, folder, walk.bytes), TD_E_RANGE);
    int err = disk->list(disk->ctx, folder, visit, &walk);
    if (walk.err)
        return walk.err;
    return err < 0 && err != TD_E_MISSING ? err : 0;
}
