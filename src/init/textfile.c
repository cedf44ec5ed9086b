#include "init/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "init/file.h"

int64_t textfile_read(const char *path, char *out, size_t cap)
{
    int64_t bytes = file_read(path, out, cap - 1);
    out[bytes < 0 ? 0 : bytes] = '\0';
    return bytes;
}

td_err textfile_set(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    TD_FAIL_IF(fd < 0, errno == ENOENT ? TD_E_MISSING : TD_E_IO);
    bool done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return done ? 0 : TD_E_IO;
}

const char *textfile_value(const char *text, const char *key, char *out, size_t cap)
{
    size_t length = strlen(key);
    out[0] = '\0';
    for (const char *line = text; *line != '\0';) {
        size_t bytes = strcspn(line, "\n");
        if (bytes > length && memcmp(line, key, length) == 0 && line[length] == '=') {
            td_text_copy(out, cap, line + length + 1, bytes - length - 1);
            return out;
        }
        line += bytes + (line[bytes] == '\n');
    }
    return out;
}
