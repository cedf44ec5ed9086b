#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/os_linux.h"

enum { PATH_BYTES_MAX = 4096, TREE_DEPTH_MAX = 32 };

static _Thread_local int last_errno;

int td_os_errno(void)
{
    return last_errno;
}

td_err os_refused(void)
{
    last_errno = errno;
    switch (errno) {
    case EEXIST:
    case ENOTEMPTY:
        return TD_E_EXISTS;
    case ENOENT:
        return TD_E_MISSING;
    case EAGAIN:
    case EINPROGRESS:
        return TD_E_AGAIN;
    case ENOSPC:
    case EDQUOT:
        return TD_E_DISK_FULL;
    case EBUSY:
    case EADDRINUSE:
        return TD_E_BUSY;
    case EOPNOTSUPP:
    case ENOSYS:
        return TD_E_UNSUPPORTED;
    case ECONNRESET:
    case EPIPE:
        return TD_E_NET_CLOSED;
    case ETIMEDOUT:
        return TD_E_NET_TIMEOUT;
    default:
        return TD_E_IO;
    }
}

static td_err result(int value)
{
    return value < 0 ? os_refused() : value;
}

/* ---- clock, random --------------------------------------------------------------------------- */

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    int err = clock_gettime(clock, &now);
    TD_ASSERT(err == 0, "the system has its clocks");
    return now.tv_sec * TD_NS_PER_S + now.tv_nsec;
}

static int64_t wall_ns(void *ctx)
{
    (void)ctx;
    return now_ns(CLOCK_REALTIME);
}

static int64_t mono_ns(void *ctx)
{
    (void)ctx;
    return now_ns(CLOCK_MONOTONIC);
}

/* A look only: modes 0 changes nothing and needs no right. Only the kernel's own verdict (STA_UNSYNC) says that somebody disciplines
   the clock; its error grows by itself between two corrections, so it is a bound and not a wish. */
static int discipline(void *ctx, struct td_discipline *out)
{
    (void)ctx;
    struct timex look = {.modes = 0};
    if (adjtimex(&look) < 0)
        return os_refused();
    int64_t unit_ns = look.status & STA_NANO ? 1 : TD_NS_PER_US;
    int64_t bound_us = look.maxerror > look.esterror ? look.maxerror : look.esterror;
    *out = (struct td_discipline){.synced = !(look.status & STA_UNSYNC),
                                  .offset_ns = look.offset * unit_ns,
                                  .error_ns = bound_us * TD_NS_PER_US,
                                  .freq_ppb = (int32_t)((int64_t)look.freq * 1000 / 65536)};
    return 0;
}

static void random_fill(void *ctx, void *out, size_t bytes)
{
    (void)ctx;
    for (unsigned char *at = out; bytes;) {
        ssize_t got = getrandom(at, bytes, 0);
        TD_ASSERT(got > 0 || errno == EINTR, "the kernel gives random bytes");
        if (got > 0) {
            at += got;
            bytes -= (size_t)got;
        }
    }
}

/* ---- disk: open files ------------------------------------------------------------------------ */

/* Of files O_NONBLOCK changes nothing. A pipe that somebody put in a file's place would hold whoever opens it for ever. */
static int disk_open(void *ctx, const char *path, int flags, int mode)
{
    (void)ctx;
    return result(open(path, flags | O_CLOEXEC | O_NONBLOCK, mode));
}

static int disk_close(void *ctx, int file)
{
    (void)ctx;
    return result(close(file));
}

static int64_t disk_write_at(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    (void)ctx;
    size_t done = 0;
    while (done < bytes) {
        ssize_t put = pwrite(file, (const char *)data + done, bytes - done, offset + (int64_t)done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? os_refused() : TD_E_IO;
        done += (size_t)put;
    }
    td_metric_count(TD_M_disk_bytes, bytes);
    return (int64_t)bytes;
}

static int64_t disk_read_at(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    (void)ctx;
    size_t done = 0;
    while (done < bytes) {
        ssize_t got = pread(file, (char *)data + done, bytes - done, offset + (int64_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return os_refused();
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

static int disk_sync_data(void *ctx, int file)
{
    (void)ctx;
    td_metric_count(TD_M_disk_syncs, 1);
    return result(fdatasync(file));
}

static int disk_sync_all(void *ctx, int file)
{
    (void)ctx;
    td_metric_count(TD_M_disk_syncs, 1);
    return result((int)syscall(SYS_syncfs, file));
}

static int disk_drop_cache(void *ctx, int file)
{
    (void)ctx;
    errno = posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    return errno ? os_refused() : 0;
}

static int disk_truncate(void *ctx, int file, int64_t bytes)
{
    (void)ctx;
    return result(ftruncate(file, bytes));
}

static int64_t disk_size(void *ctx, int file)
{
    (void)ctx;
    struct stat status;
    if (fstat(file, &status) < 0)
        return os_refused();
    return status.st_size;
}

static int64_t disk_modified_ns(void *ctx, int file)
{
    (void)ctx;
    struct stat status;
    if (fstat(file, &status) < 0)
        return os_refused();
    return status.st_mtim.tv_sec * TD_NS_PER_S + status.st_mtim.tv_nsec;
}

/* A file system without fallocate still gets the length, so that readers may rely on it. */
static int disk_preallocate(void *ctx, int file, int64_t bytes)
{
    int err = result((int)syscall(SYS_fallocate, file, 0, INT64_C(0), bytes));
    if (err != TD_E_UNSUPPORTED)
        return err;
    int64_t size = disk_size(ctx, file);
    if (size < 0 || size >= bytes)
        return size < 0 ? (int)size : 0;
    return disk_truncate(ctx, file, bytes);
}

/* ---- disk: names ----------------------------------------------------------------------------- */

static int disk_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return result(rename(from, to));
}

static int disk_unlink(void *ctx, const char *path)
{
    (void)ctx;
    int answer = unlink(path);
    if (answer < 0 && errno == EISDIR)
        answer = rmdir(path);
    return result(answer);
}

/* Below a folder that is shared with a group (sticky, writable for the group, not for all) folders are shared as well: the group's others
   may add files there, and take away none but their own. */
enum { OWN_FOLDER = 0755, SHARED_FOLDER = 01775 };

/* *mode: in, of a new folder here; out, of one below it. */
static td_err make_dir(const char *path, mode_t *mode)
{
    struct stat status;
    int made = mkdir(path, *mode), reason = errno;
    if (made < 0 && reason != EEXIST)
        return os_refused();
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
        errno = reason;
        return os_refused();
    }
    *mode = (status.st_mode & (S_ISVTX | S_IWGRP | S_IWOTH)) == (S_ISVTX | S_IWGRP) ? SHARED_FOLDER
                                                                                    : OWN_FOLDER;
    return 0;
}

static int disk_make_dirs(void *ctx, const char *path)
{
    (void)ctx;
    char partial[PATH_BYTES_MAX];
    size_t bytes = strlen(path);
    mode_t mode = OWN_FOLDER;
    TD_FAIL_IF(bytes == 0 || bytes >= sizeof partial, TD_E_RANGE);
    memcpy(partial, path, bytes + 1);
    for (size_t i = 1; i < bytes; i++) {
        if (partial[i] != '/' || partial[i - 1] == '/')
            continue;
        partial[i] = 0;
        TD_TRY(make_dir(partial, &mode));
        partial[i] = '/';
    }
    return make_dir(partial, &mode);
}

/* getdents by hand: opendir() allocates, and the recorder lists folders after its memory is sealed.
 */
struct dir_entry {
    uint64_t inode;
    int64_t next;
    uint16_t bytes;
    uint8_t type;
    char name[];
};

enum { DIR_UNKNOWN = 0, DIR_FOLDER = 4 };

static bool is_folder(int dir, const struct dir_entry *entry)
{
    struct stat status;
    if (entry->type != DIR_UNKNOWN)
        return entry->type == DIR_FOLDER;
    return fstatat(dir, entry->name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

typedef int visit_fn(void *arg, const char *name, bool is_dir);

static int list_open(int dir, visit_fn *visit, void *arg)
{
    _Alignas(struct dir_entry) char buffer[4096];
    for (;;) {
        long got = syscall(SYS_getdents64, dir, buffer, sizeof buffer);
        if (got <= 0)
            return got < 0 ? os_refused() : 0;
        for (long at = 0; at < got;) {
            const struct dir_entry *entry = (const struct dir_entry *)(buffer + at);
            at += entry->bytes;
            if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
                continue;
            int answer = visit(arg, entry->name, is_folder(dir, entry));
            if (answer)
                return answer;
        }
    }
}

static int disk_list(void *ctx, const char *path, visit_fn *visit, void *arg)
{
    (void)ctx;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return os_refused();
    int answer = list_open(dir, visit, arg);
    close(dir);
    return answer;
}

struct removal {
    int dir, depth;
};

static int remove_entry(void *arg, const char *name, bool is_dir)
{
    const struct removal *from = arg;
    if (!is_dir)
        return result(unlinkat(from->dir, name, 0));
    TD_FAIL_IF(from->depth >= TREE_DEPTH_MAX, TD_E_RANGE);
    int below = openat(from->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0)
        return os_refused();
    struct removal next = {below, from->depth + 1};
    int err = list_open(below, remove_entry, &next);
    close(below);
    TD_TRY(err);
    return result(unlinkat(from->dir, name, AT_REMOVEDIR));
}

static int disk_remove_tree(void *ctx, const char *path)
{
    (void)ctx;
    struct removal root = {AT_FDCWD, 0};
    struct stat status;
    if (lstat(path, &status) < 0)
        return os_refused();
    return remove_entry(&root, path, S_ISDIR(status.st_mode));
}

static int64_t disk_free_bytes(void *ctx, const char *path)
{
    (void)ctx;
    struct statvfs status;
    if (statvfs(path, &status) < 0)
        return os_refused();
    return (int64_t)status.f_bavail * (int64_t)status.f_frsize;
}

/* ---- the tables ---- */

const struct td_os *td_os_linux(void)
{
    static const struct td_os os = {
        .clock = {.wall_ns = wall_ns, .mono_ns = mono_ns, .discipline = discipline},
        .random = {.fill = random_fill},
        .disk = {.open = disk_open,
                 .close = disk_close,
                 .write_at = disk_write_at,
                 .read_at = disk_read_at,
                 .sync_data = disk_sync_data,
                 .sync_all = disk_sync_all,
                 .drop_cache = disk_drop_cache,
                 .preallocate = disk_preallocate,
                 .truncate = disk_truncate,
                 .size = disk_size,
                 .modified_ns = disk_modified_ns,
                 .rename = disk_rename,
                 .unlink = disk_unlink,
                 .make_dirs = disk_make_dirs,
                 .remove_tree = disk_remove_tree,
                 .list = disk_list,
                 .free_bytes = disk_free_bytes},
        .socket = {.connect = os_socket_connect,
                   .connected = os_socket_connected,
                   .send = os_socket_send,
                   .recv = os_socket_recv,
                   .close = os_socket_close,
                   .watch = os_socket_watch,
                   .unwatch = os_socket_unwatch,
                   .wait = os_socket_wait},
    };
    return &os;
}
