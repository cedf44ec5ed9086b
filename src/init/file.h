/* Small files read whole and replaced whole: a reader, and a cut of the power, find the old one or the new one. */
#ifndef TD_INIT_FILE_H
#define TD_INIT_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Bytes read. TD_E_MISSING; TD_E_RANGE: it is larger than cap; TD_E_IO: it cannot be read or is no file. No NUL is added. */
int64_t file_read(const char *path, void *out, size_t cap);

struct file_rights {
    mode_t mode;
    uid_t owner;
    gid_t group;
};
/* Writes "<path>.new" with its rights before its first byte, syncs, renames over path, syncs the folder. NULL rights: 0600 and the
   caller's own. An error leaves the old file and no new one. TD_E_DISK_FULL, TD_E_IO. */
td_err file_replace(const char *path, const void *data, size_t bytes,
                    const struct file_rights *rights);
/* Folders up to and with path, 0755. */
td_err file_make_folder(const char *path);

#endif
