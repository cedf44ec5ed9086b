#include "store/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is wrong with who may read it, NULL: nothing. */
static const char *judge(const struct stat *about)
{
    uid_t self = geteuid();
    if (!S_ISREG(about->st_mode))
        return "it is no file";
    if (about->st_uid != self && about->st_uid != 0 && self != 0)
        return "it belongs to somebody else";
    mode_t others = about->st_uid == 0 && self != 0 ? S_IWGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    if (about->st_mode & others)
        return "others may read or change it; make it yours alone: chmod 600";
    if (about->st_size >= PRIVATE_FILE_MAX)
        return "it is too long";
    return NULL;
}

const char *private_file_read(const char *path, char out[PRIVATE_FILE_MAX], size_t *bytes)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return strerror(errno);
    const char *why = fstat(file, &about) == 0 ? judge(&about) : strerror(errno);
    ssize_t count = why == NULL ? read(file, out, PRIVATE_FILE_MAX - 1) : 0;
    close(file);
    if (why == NULL && count != about.st_size)
        why = "it cannot be read";
    if (why == NULL && memchr(out, 0, (size_t)count) != NULL)
        why = "it is no text";
    *bytes = why == NULL ? (size_t)count : 0;
    out[*bytes] = 0;
    return why;
}
