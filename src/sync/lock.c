#include "sync/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/text.h"

enum { PATH_BYTES = 1024 };

static int64_t holder_of(int fd)
{
    char text[32] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    return got > 0 ? strtoll(text, NULL, 10) : 0;
}

int lock_take(const char *state_dir, int64_t *holder)
{
    char path[PATH_BYTES], own[32];
    struct td_str str = td_str_on(path, sizeof path);
    td_str_add_format(&str, "%s/lock", state_dir);
    TD_FAIL_IF(str.cut, TD_E_RANGE);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    TD_FAIL_IF(fd < 0, TD_E_IO);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        td_err err = errno == EWOULDBLOCK ? TD_E_BUSY : TD_E_IO;
        *holder = holder_of(fd);
        close(fd);
        return err;
    }
    str = td_str_on(own, sizeof own);
    td_str_add_format(&str, "%d\n", (int)getpid());
    /* A full disk must not keep sync from making room: without the number the lock is a lock all the same. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, own, str.bytes, 0) < 0)
        errno = 0;
    return fd;
}

void lock_leave(int lock)
{
    close(lock);
}
