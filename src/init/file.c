#include "init/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "base/text.h"

enum { PATH_BYTES = 1024 };

static td_err refused(void)
{
    if (errno == ENOENT)
        return TD_E_MISSING;
    return errno == ENOSPC || errno == EDQUOT ? TD_E_DISK_FULL : TD_E_IO;
}

/* One byte more than fits tells that it does not. */
static int64_t read_open_file(int fd, void *out, size_t cap)
{
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return TD_E_IO;
    const struct td_disk *disk = &td_os_linux()->disk;
    int64_t got = disk->read_at(disk->ctx, fd, out, cap, 0);
    TD_FAIL_IF(got < 0, TD_E_IO);
    char more;
    TD_FAIL_IF((size_t)got == cap && disk->read_at(disk->ctx, fd, &more, 1, got) > 0, TD_E_RANGE);
    return got;
}

int64_t file_read(const char *path, void *out, size_t cap)
{
    /* O_NONBLOCK: a pipe in the file's place must not hold init. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return refused();
    int64_t got = read_open_file(fd, out, cap);
    close(fd);
    return got;
}

static td_err sync_folder(const char *path)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t bytes = slash ? (size_t)(slash - path) + 1 : 0;
    TD_FAIL_IF(!td_text_copy(folder, sizeof folder, slash ? path : ".", slash ? bytes : 1),
               TD_E_RANGE);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return refused();
    td_err err = fsync(fd) < 0 ? refused() : 0;
    close(fd);
    return err;
}

static td_err write_new(const char *path, const void *data, size_t bytes,
                        const struct file_rights *rights)
{
    unlink(path); /* of an attempt that was cut */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return refused();
    const struct td_disk *disk = &td_os_linux()->disk;
    td_err err = 0;
    if (rights && (fchown(fd, rights->owner, rights->group) < 0 || fchmod(fd, rights->mode) < 0))
        err = refused();
    if (err == 0 && disk->write_at(disk->ctx, fd, data, bytes, 0) < 0)
        err = td_os_errno() == ENOSPC ? TD_E_DISK_FULL : TD_E_IO;
    if (err == 0 && fsync(fd) < 0)
        err = refused();
    if (close(fd) < 0 && err == 0)
        err = refused();
    return err;
}

td_err file_replace(const char *path, const void *data, size_t bytes,
                    const struct file_rights *rights)
{
    char fresh[PATH_BYTES];
    struct td_str str = td_str_on(fresh, sizeof fresh);
    td_str_add_format(&str, "%s.new", path);
    TD_FAIL_IF(str.cut, TD_E_RANGE);
    td_err err = write_new(fresh, data, bytes, rights);
    if (err == 0 && rename(fresh, path) < 0)
        err = refused();
    if (err < 0) {
        unlink(fresh);
        return err;
    }
    return sync_folder(path);
}

td_err file_make_folder(const char *path)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    return disk->make_dirs(disk->ctx, path) < 0 ? TD_E_IO : 0;
}
