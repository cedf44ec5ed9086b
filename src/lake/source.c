#include "lake/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lake/stores.h"

/* Whose words tell of the last failure. */
static bool by_store;

static td_err from_store(td_err err)
{
    by_store = true;
    return err;
}

static td_err from_file(td_err err)
{
    by_store = false;
    return err;
}

/* ---- opening ---- */

static td_err open_object(struct source *source, const char *path)
{
    source->fd = -1;
    td_err err = object_open(path, &source->object);
    if (!err)
        source->bytes = object_bytes(source->object);
    return from_store(err);
}

static td_err open_file(struct source *source, const char *path)
{
    struct stat st;
    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would hold us for ever */
    if (source->fd < 0)
        return from_file(errno == ENOENT ? TD_E_MISSING : TD_E_IO);
    if (fstat(source->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        source->bytes = st.st_size;
        return 0;
    }
    source_close(source);
    errno = EINVAL;
    return from_file(TD_E_IO);
}

td_err source_open(struct source *source, const char *path)
{
    *source = (struct source){.fd = -1};
    return place_is_remote(path) ? open_object(source, path) : open_file(source, path);
}

struct source source_memory(const void *data, size_t bytes)
{
    return (struct source){.fd = -1, .data = data, .bytes = (int64_t)bytes};
}

static int open_nameless(void)
{
    const char *folder = getenv("TMPDIR");
    char name[4096];
    int bytes = snprintf(name, sizeof name, "%s/tape-XXXXXX", folder && *folder ? folder : "/tmp");
    if (bytes < 0 || bytes >= (int)sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int file = mkostemp(name, O_CLOEXEC);
    if (file >= 0)
        unlink(name);
    return file;
}

td_err source_open_whole(struct source *source, const char *path)
{
    TD_TRY(source_open(source, path));
    if (!source->object)
        return 0;
    int file = open_nameless();
    td_err err = file < 0 ? stores_fail(TD_E_IO, "no copy beside can be made: %s", strerror(errno))
                          : object_save(source->object, file);
    int64_t bytes = source->bytes;
    source_close(source);
    if (err && file >= 0)
        close(file);
    if (err)
        return from_store(err);
    *source = (struct source){.fd = file, .bytes = bytes};
    return 0;
}

void source_close(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
    object_close(source->object);
    source->object = NULL;
}

td_err source_exists(const char *path)
{
    struct stat st;
    struct stores_object object;
    if (place_is_remote(path))
        return from_store(stores_head(path, &object));
    if (stat(path, &st) == 0)
        return 0;
    return from_file(errno == ENOENT ? TD_E_MISSING : TD_E_IO);
}

/* ---- reading ---- */

td_err source_read(struct source *source, int64_t at, void *out, size_t bytes)
{
    TD_ASSERT(at >= 0 && at <= source->bytes && (int64_t)bytes <= source->bytes - at,
              "read lies within the source");
    if (source->object)
        return from_store(object_read(source->object, at, out, bytes));
    if (source->fd < 0) {
        if (bytes)
            memcpy(out, source->data + at, bytes);
        return 0;
    }
    for (size_t done = 0; done < bytes;) {
        ssize_t got = pread(source->fd, (char *)out + done, bytes - done, at + (int64_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO; /* the file became shorter under us */
        if (got <= 0)
            return from_file(TD_E_IO);
        done += (size_t)got;
    }
    return 0;
}

bool source_has(const struct source *source, int64_t at, size_t bytes)
{
    return !source->object || object_has(source->object, at, bytes);
}

bool source_is_far(const struct source *source)
{
    return source->object != NULL;
}

void source_expect(struct source *source, const struct object_range *range, size_t count)
{
    if (source->object)
        object_expect(source->object, range, count);
}

const char *source_error(void)
{
    return by_store ? stores_why() : strerror(errno);
}
