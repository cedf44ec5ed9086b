#include "sync/seen.h"

#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "store/digest.h"

enum { SEEN_PATH_MAX = 2048 };

/* Two levels: a folder of a million names is slow on a card. */
static bool seen_path(const struct seen_of *of, bool folder, char out[SEEN_PATH_MAX])
{
    struct digest digest;
    char hex[65];
    digest_begin(&digest);
    digest_add(&digest, of->to, strlen(of->to) + 1);
    digest_add(&digest, of->key, strlen(of->key) + 1);
    digest_add(&digest, of->identity.sha256, sizeof of->identity.sha256);
    identity_hex(digest_end(&digest).sha256, hex);
    struct td_str str = td_str_on(out, SEEN_PATH_MAX);
    td_str_add_format(&str, "%s/seen/%.2s", of->state_dir, hex);
    if (!folder)
        td_str_add_format(&str, "/%.32s", hex + 2);
    return !str.cut;
}

bool seen_has(const struct td_disk *disk, const struct seen_of *of)
{
    char path[SEEN_PATH_MAX];
    int file = seen_path(of, false, path) ? disk->open(disk->ctx, path, O_RDONLY, 0) : TD_E_RANGE;
    if (file >= 0)
        disk->close(disk->ctx, file);
    return file >= 0;
}

td_err seen_add(const struct td_disk *disk, const struct seen_of *of)
{
    char path[SEEN_PATH_MAX];
    TD_FAIL_IF(!seen_path(of, true, path), TD_E_RANGE);
    TD_TRY(disk->make_dirs(disk->ctx, path));
    TD_FAIL_IF(!seen_path(of, false, path), TD_E_RANGE);
    int file = disk->open(disk->ctx, path, O_WRONLY | O_CREAT, 0600);
    TD_TRY(file);
    return disk->close(disk->ctx, file);
}
