#include "lake/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

td_err source_open(struct source *source, const char *path)
{
    struct stat st;
    *source = (struct source){.fd = open(path, O_RDONLY | O_CLOEXEC)};
    TD_FAIL_IF(source->fd < 0, TD_E_IO);
    if (fstat(source->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        source->bytes = st.st_size;
        return 0;
    }
    source_close(source);
    errno = EINVAL;
    return TD_E_IO;
}

struct source source_memory(const void *data, size_t bytes)
{
    return (struct source){.fd = -1, .data = data, .bytes = (int64_t)bytes};
}

td_err source_read(struct source *source, int64_t at, void *out, size_t bytes)
{
    TD_ASSERT(at >= 0 && at <= source->bytes && (int64_t)bytes <= source->bytes - at,
              "read lies within the source");
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
        TD_FAIL_IF(got <= 0, TD_E_IO);
        done += (size_t)got;
    }
    return 0;
}

void source_close(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}

const char *source_error(void)
{
    return strerror(errno);
}
