#include "sink_disk.h"

static int sink_open(void *ctx, const char *path, int flags, int mode)
{
    (void)ctx, (void)path, (void)flags, (void)mode;
    return 3;
}

static int sink_file(void *ctx, int file)
{
    (void)ctx, (void)file;
    return 0;
}

static int64_t sink_write(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    (void)ctx, (void)file, (void)data, (void)offset;
    return (int64_t)bytes;
}

static int64_t sink_read(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    (void)ctx, (void)file, (void)data, (void)bytes, (void)offset;
    return 0;
}

static int sink_length(void *ctx, int file, int64_t bytes)
{
    (void)ctx, (void)file, (void)bytes;
    return 0;
}

static int64_t sink_size(void *ctx, int file)
{
    (void)ctx, (void)file;
    return INT64_MAX;
}

static int sink_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx, (void)from, (void)to;
    return 0;
}

static int sink_path(void *ctx, const char *path)
{
    (void)ctx, (void)path;
    return 0;
}

static int sink_list(void *ctx, const char *path, int (*visit)(void *, const char *, bool),
                     void *arg)
{
    (void)ctx, (void)path, (void)visit, (void)arg;
    return 0;
}

const struct td_disk sink_disk = {.open = sink_open,
                                  .close = sink_file,
                                  .write_at = sink_write,
                                  .read_at = sink_read,
                                  .sync_data = sink_file,
                                  .sync_all = sink_file,
                                  .preallocate = sink_length,
                                  .truncate = sink_length,
                                  .size = sink_size,
                                  .rename = sink_rename,
                                  .unlink = sink_path,
                                  .make_dirs = sink_path,
                                  .list = sink_list};
