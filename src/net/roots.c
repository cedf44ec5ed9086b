#include "net/roots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum { ROOTS_BYTES_MAX = 4 << 20 };

/* Relative to the program, as it is delivered and as it is installed. */
static const char *delivered(char out[ROOTS_PATH_MAX])
{
    static const char *const names[] = {"ca-certificates.pem", "tapedeck/ca-certificates.pem"};
    char program[ROOTS_PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", program, sizeof program - 1);
    if (bytes <= 0)
        return NULL;
    program[bytes] = 0;
    char *slash = strrchr(program, '/');
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        struct td_str str = td_str_on(out, ROOTS_PATH_MAX);
        td_str_add_format(&str, "%.*s/../share/%s", (int)(slash - program), program, names[i]);
        if (!str.cut && access(out, R_OK) == 0)
            return out;
    }
    return NULL;
}

const char *roots_find(const char *configured, char out[ROOTS_PATH_MAX])
{
    static const char *const places[] = {"/etc/ssl/certs/ca-certificates.crt",
                                         "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
    if (configured[0])
        return configured;
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return delivered(out);
}

/* A page of zeros ends it: the region is a byte longer than the file. */
static td_err read_whole(int fd, const char **pem, size_t *bytes, const char **why)
{
    struct stat about;
    TD_FAIL_IF(fstat(fd, &about) != 0, TD_E_IO);
    *why = "too large";
    TD_FAIL_IF(about.st_size > ROOTS_BYTES_MAX, TD_E_RANGE);
    *why = "cannot be read";
    size_t size = (size_t)about.st_size;
    char *text = mmap(NULL, size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TD_FAIL_IF(text == MAP_FAILED, TD_E_IO);
    if (read(fd, text, size) != (ssize_t)size) {
        munmap(text, size + 1);
        return TD_E_IO;
    }
    *pem = text;
    *bytes = size + 1;
    return 0;
}

td_err roots_read(const char *path, const char **pem, size_t *bytes, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *why = strerror(errno);
    TD_FAIL_IF(fd < 0, TD_E_IO);
    td_err err = read_whole(fd, pem, bytes, why);
    close(fd);
    return err;
}

void roots_release(const char *pem, size_t bytes)
{
    munmap((void *)(uintptr_t)pem, bytes);
}
