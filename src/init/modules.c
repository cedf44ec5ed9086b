#include "init/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "init/console.h"
#include "init/textfile.h"

enum { LIST_MAX = 8192, COMPRESSED = 4 /* MODULE_INIT_COMPRESSED_FILE */ };

static bool name_is_plain(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return name[0] != '.' && name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

/* False: nothing to load on it. */
static bool parse_line(const char *text, size_t bytes, struct modules_line *line)
{
    while (bytes > 0 && (text[bytes - 1] == '\r' || text[bytes - 1] == ' '))
        bytes--;
    const char *blank = memchr(text, ' ', bytes);
    size_t name = blank == NULL ? bytes : (size_t)(blank - text);
    const char *options = blank == NULL ? "" : blank + 1;
    return memchr(text, '\0', bytes) == NULL &&
           td_text_copy(line->name, sizeof line->name, text, name) &&
           td_text_copy(line->options, sizeof line->options, options,
                        blank == NULL ? 0 : bytes - name - 1) &&
           name_is_plain(line->name);
}

bool modules_next(const char *text, size_t bytes, size_t *at, struct modules_line *line)
{
    while (*at < bytes) {
        const char *start = text + *at, *end = memchr(start, '\n', bytes - *at);
        size_t length = end == NULL ? bytes - *at : (size_t)(end - start);
        *at += length + (end != NULL);
        if (length > 0 && start[0] != '#' && parse_line(start, length, line))
            return true;
    }
    return false;
}

static bool load(const char *folder, const struct modules_line *line)
{
    char path[256];
    size_t bytes = strlen(line->name);
    bool packed = bytes > 3 && strcmp(line->name + bytes - 3, ".xz") == 0;
    snprintf(path, sizeof path, "%s/%s", folder, line->name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool loaded =
        fd >= 0 && syscall(SYS_finit_module, fd, line->options, packed ? COMPRESSED : 0) == 0;
    if (!loaded && errno == EEXIST)
        loaded = true;
    if (!loaded)
        say("module %s: %s", line->name, strerror(errno));
    if (fd >= 0)
        close(fd);
    return loaded;
}

unsigned modules_load(const char *folder, void (*fed)(void))
{
    static char list[LIST_MAX];
    struct modules_line line;
    unsigned refused = 0;
    char path[256];
    snprintf(path, sizeof path, "%s/order", folder);
    int64_t bytes = textfile_read(path, list, sizeof list);
    if (bytes < 0)
        say("no list of modules: %s", td_err_text((td_err)bytes));
    for (size_t at = 0; bytes > 0 && modules_next(list, (size_t)bytes, &at, &line);) {
        refused += !load(folder, &line);
        fed();
    }
    return refused;
}
