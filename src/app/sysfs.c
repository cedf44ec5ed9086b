#include "app/sysfs.h"

#include <fcntl.h>
#include <string.h>

#include "base/decimal.h"
#include "base/os.h"
#include "base/text.h"

bool sysfs_text(const char *root, const char *path, char out[SYSFS_TEXT_MAX])
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char whole[SYSFS_PATH_MAX];
    struct td_str str = td_str_on(whole, sizeof whole);
    td_str_add_format(&str, "%s%s", root, path);
    out[0] = '\0';
    int file = str.cut ? TD_E_RANGE : disk->open(disk->ctx, whole, O_RDONLY | O_NONBLOCK, 0);
    if (file < 0)
        return false;
    int64_t bytes = disk->read_at(disk->ctx, file, out, SYSFS_TEXT_MAX - 1, 0);
    disk->close(disk->ctx, file);
    size_t length = bytes > 0 ? (size_t)bytes : 0;
    while (length > 0 && (out[length - 1] == '\n' || out[length - 1] == ' '))
        length--;
    out[length] = '\0';
    return bytes >= 0;
}

unsigned sysfs_numbers(const char *root, const char *path, int64_t *out, unsigned cap)
{
    char text[SYSFS_TEXT_MAX];
    unsigned count = 0;
    if (!sysfs_text(root, path, text))
        return 0;
    for (const char *at = text + strspn(text, " \t"); *at != '\0' && count < cap; count++) {
        size_t bytes = strcspn(at, " \t\n");
        if (td_integer_parse(at, bytes, &out[count]) < 0)
            break;
        at += bytes;
        at += strspn(at, " \t\n");
    }
    return count;
}

bool sysfs_number(const char *root, const char *path, int64_t *out)
{
    char text[SYSFS_TEXT_MAX];
    int64_t value;
    if (!sysfs_text(root, path, text) || td_integer_parse(text, strlen(text), &value) < 0)
        return false;
    *out = value;
    return true;
}
