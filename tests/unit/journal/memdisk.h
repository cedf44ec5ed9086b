/* A disk in memory for the journal's tests and fuzz target: files by path, faults on command. One thread, or as many as keep
   to different files. */
#ifndef TD_TEST_MEMDISK_H
#define TD_TEST_MEMDISK_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

enum { MEMDISK_FILES = 320 };

struct memdisk_file {
    char path[128];
    uint8_t *data, *kept; /* kept: as of the last good sync; only with loses_unsynced */
    int64_t bytes, room;
};

/* Calls that change something fail from the at-th on (1: the first), `count` of them. at 0: never. */
struct memdisk_fault {
    int at, count;
    td_err err;
};

struct memdisk {
    struct td_disk disk; /* first: what the code under test is given */
    struct memdisk_file *file[MEMDISK_FILES];
    int writes_until_error, syncs_until_error; /* 0: never; 1: the next one */
    int writes, syncs, syncs_of_all;
    int changes; /* calls that change something, so far */
    struct memdisk_fault fault;
    const char *bad_path; /* reads of these bytes of this file fail */
    int64_t bad_from, bad_to;
    bool loses_unsynced; /* a sync that fails takes with it what was written since the last */
    /* Called before each read; before each write that succeeds; behind each sync that did. NULL: not. */
    void (*on_read)(struct memdisk *m);
    void (*on_write)(struct memdisk *m, int file, const void *data, size_t bytes, int64_t offset);
    void (*on_sync)(struct memdisk *m, int file);
    void *hook; /* theirs */
};

static inline td_err memdisk_change(struct memdisk *m)
{
    int nth = ++m->changes - m->fault.at;
    return m->fault.at && nth >= 0 && nth < m->fault.count ? m->fault.err : 0;
}

static inline int memdisk_find(struct memdisk *m, const char *path)
{
    for (int i = 0; i < MEMDISK_FILES; i++)
        if (m->file[i] && strcmp(m->file[i]->path, path) == 0)
            return i;
    return -1;
}

/* Room grows by doubling; beyond the file's end it holds zeros. */
static inline void memdisk_resize(struct memdisk_file *file, int64_t bytes)
{
    if (bytes >= file->room) {
        int64_t room = 2 * bytes + 4096;
        uint8_t *data = calloc(1, (size_t)room);
        if (file->data)
            memcpy(data, file->data, (size_t)file->bytes);
        free(file->data);
        file->data = data;
        if (file->kept) {
            uint8_t *kept = calloc(1, (size_t)room);
            memcpy(kept, file->kept, (size_t)file->bytes);
            free(file->kept);
            file->kept = kept;
        }
        file->room = room;
    }
    if (bytes < file->bytes)
        memset(file->data + bytes, 0, (size_t)(file->bytes - bytes));
    file->bytes = bytes;
}

static inline int memdisk_open(void *ctx, const char *path, int flags, int mode)
{
    struct memdisk *m = ctx;
    (void)mode;
    int at = memdisk_find(m, path);
    if (at >= 0)
        return flags & O_EXCL ? TD_E_EXISTS : at;
    if (!(flags & O_CREAT))
        return TD_E_MISSING;
    TD_TRY(memdisk_change(m));
    for (at = 0; at < MEMDISK_FILES && m->file[at];)
        at++;
    if (at == MEMDISK_FILES || strlen(path) >= sizeof m->file[at]->path)
        return TD_E_IO;
    m->file[at] = calloc(1, sizeof **m->file);
    memcpy(m->file[at]->path, path, strlen(path) + 1);
    memdisk_resize(m->file[at], 0);
    return at;
}

static inline int memdisk_close(void *ctx, int file)
{
    struct memdisk *m = ctx;
    return file >= 0 && m->file[file] ? 0 : TD_E_IO;
}

static inline bool memdisk_fails(int *until)
{
    return *until > 0 && --*until == 0;
}

static inline int64_t memdisk_write_at(void *ctx, int file, const void *data, size_t bytes,
                                       int64_t offset)
{
    struct memdisk *m = ctx;
    m->writes++;
    td_err err = memdisk_change(m);
    bool fails = memdisk_fails(&m->writes_until_error) || err < 0;
    if (m->on_write && !fails)
        m->on_write(m, file, data, bytes, offset);
    bytes = fails ? bytes / 2 : bytes; /* torn: the first half is there */
    if (offset + (int64_t)bytes > m->file[file]->bytes)
        memdisk_resize(m->file[file], offset + (int64_t)bytes);
    memcpy(m->file[file]->data + offset, data, bytes);
    return err < 0 ? err : fails ? TD_E_IO : (int64_t)bytes;
}

static inline int64_t memdisk_read_at(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    struct memdisk *m = ctx;
    if (m->on_read)
        m->on_read(m);
    if (m->bad_path && strcmp(m->file[file]->path, m->bad_path) == 0 && offset < m->bad_to &&
        offset + (int64_t)bytes > m->bad_from)
        return TD_E_IO;
    int64_t left = m->file[file]->bytes - offset;
    if (left <= 0)
        return 0;
    int64_t got = left < (int64_t)bytes ? left : (int64_t)bytes;
    memcpy(data, m->file[file]->data + offset, (size_t)got);
    return got;
}

/* What a failed sync leaves of the pages is the kernel's own affair; here the worst: they go back to what the device has. */
static inline void memdisk_settle(struct memdisk_file *file, bool failed)
{
    if (!file->kept)
        file->kept = calloc(1, (size_t)file->room);
    memcpy(failed ? file->data : file->kept, failed ? file->kept : file->data, (size_t)file->bytes);
}

static inline int memdisk_sync_data(void *ctx, int file)
{
    struct memdisk *m = ctx;
    m->syncs++;
    td_err err = memdisk_change(m);
    if (err == 0 && memdisk_fails(&m->syncs_until_error))
        err = TD_E_IO;
    if (m->loses_unsynced)
        memdisk_settle(m->file[file], err < 0);
    if (m->on_sync && err == 0)
        m->on_sync(m, file);
    return err;
}

static inline int memdisk_sync_all(void *ctx, int file)
{
    struct memdisk *m = ctx;
    (void)file;
    m->syncs_of_all++;
    return memdisk_change(m);
}

static inline int memdisk_drop_cache(void *ctx, int file)
{
    (void)ctx, (void)file;
    return 0;
}

static inline int memdisk_preallocate(void *ctx, int file, int64_t bytes)
{
    struct memdisk *m = ctx;
    TD_TRY(memdisk_change(m));
    if (bytes > m->file[file]->bytes)
        memdisk_resize(m->file[file], bytes);
    return 0;
}

static inline int memdisk_truncate(void *ctx, int file, int64_t bytes)
{
    memdisk_resize(((struct memdisk *)ctx)->file[file], bytes);
    return 0;
}

static inline int64_t memdisk_size(void *ctx, int file)
{
    return ((struct memdisk *)ctx)->file[file]->bytes;
}

static inline void memdisk_drop(struct memdisk *m, int at)
{
    free(m->file[at]->data);
    free(m->file[at]->kept);
    free(m->file[at]);
    m->file[at] = NULL;
}

static inline int memdisk_unlink(void *ctx, const char *path)
{
    int at = memdisk_find(ctx, path);
    TD_TRY(memdisk_change(ctx));
    if (at < 0)
        return TD_E_MISSING;
    memdisk_drop(ctx, at);
    return 0;
}

static inline int memdisk_rename(void *ctx, const char *from, const char *to)
{
    struct memdisk *m = ctx;
    int at = memdisk_find(m, from), over = memdisk_find(m, to);
    TD_TRY(memdisk_change(m));
    if (at < 0 || strlen(to) >= sizeof m->file[at]->path)
        return TD_E_MISSING;
    if (over >= 0 && over != at)
        memdisk_drop(m, over);
    memcpy(m->file[at]->path, to, strlen(to) + 1);
    return 0;
}

static inline int memdisk_make_dirs(void *ctx, const char *path)
{
    (void)path;
    return memdisk_change(ctx);
}

static inline int memdisk_list(void *ctx, const char *path,
                               int (*visit)(void *, const char *, bool), void *arg)
{
    struct memdisk *m = ctx;
    size_t bytes = strlen(path);
    for (int i = 0; i < MEMDISK_FILES; i++) {
        if (!m->file[i] || strncmp(m->file[i]->path, path, bytes) != 0 ||
            m->file[i]->path[bytes] != '/')
            continue;
        if (visit(arg, m->file[i]->path + bytes + 1, false))
            break;
    }
    return 0;
}

static inline int64_t memdisk_free_bytes(void *ctx, const char *path)
{
    (void)ctx, (void)path;
    return INT64_MAX;
}

static inline struct memdisk *memdisk_new(void)
{
    struct memdisk *m = calloc(1, sizeof *m);
    m->disk = (struct td_disk){.open = memdisk_open,
                               .close = memdisk_close,
                               .write_at = memdisk_write_at,
                               .read_at = memdisk_read_at,
                               .sync_data = memdisk_sync_data,
                               .sync_all = memdisk_sync_all,
                               .drop_cache = memdisk_drop_cache,
                               .preallocate = memdisk_preallocate,
                               .truncate = memdisk_truncate,
                               .size = memdisk_size,
                               .rename = memdisk_rename,
                               .unlink = memdisk_unlink,
                               .make_dirs = memdisk_make_dirs,
                               .list = memdisk_list,
                               .free_bytes = memdisk_free_bytes,
                               .ctx = m};
    return m;
}

static inline void memdisk_free(struct memdisk *m)
{
    for (int i = 0; i < MEMDISK_FILES; i++)
        if (m->file[i])
            memdisk_drop(m, i);
    free(m);
}

#endif
