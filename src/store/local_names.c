#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "store/local_inside.h"

/* ---- what stands where ---------------------------------------------------------------------------------- */

void local_path(const struct local *local, const char *key, char path[LOCAL_PATH_MAX])
{
    struct td_str str = td_str_on(path, LOCAL_PATH_MAX);
    td_str_add(&str, local->root);
    td_str_add_char(&str, '/');
    td_str_add(&str, key);
    TD_ASSERT(!str.cut, "a root and a key fit into a path");
}

static int open_as(const struct local *local, const char *path, int flags)
{
    const struct td_disk *disk = local->disk;
    return disk->open(disk->ctx, path, flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
}

int local_look(const struct local *local, const char *path, int *file)
{
    int opened = open_as(local, path, O_DIRECTORY);
    if (opened >= 0) {
        local->disk->close(local->disk->ctx, opened);
        return LOCAL_FOLDER;
    }
    if (opened == TD_E_MISSING)
        return LOCAL_ABSENT;
    opened = open_as(local, path, 0);
    if (opened >= 0) {
        *file = opened;
        return LOCAL_FILE;
    }
    if (opened == TD_E_MISSING)
        return LOCAL_ABSENT;
    return td_os_errno() == ELOOP ? LOCAL_LINK : opened;
}

td_err local_way(const struct local *local, const char *key)
{
    char path[LOCAL_PATH_MAX];
    local_path(local, key, path);
    for (char *at = path + strlen(local->root) + 1; (at = strchr(at, '/')) != NULL; at++) {
        int file = -1;
        *at = 0;
        int is = local_look(local, path, &file);
        *at = '/';
        if (is == LOCAL_FILE)
            local->disk->close(local->disk->ctx, file);
        TD_TRY(is);
        TD_FAIL_IF(is == LOCAL_ABSENT, TD_E_MISSING);
        TD_FAIL_IF(is != LOCAL_FOLDER, TD_E_UNSUPPORTED);
    }
    return 0;
}

/* The root itself may be a link: it is what the user named. */
bool local_root_stands(const struct local *local)
{
    const struct td_disk *disk = local->disk;
    const char *root = local->root[0] ? local->root : "/";
    int opened = disk->open(disk->ctx, root, O_RDONLY | O_DIRECTORY, 0);
    if (opened >= 0)
        disk->close(disk->ctx, opened);
    return opened >= 0;
}

void local_parent(const struct local *local, char path[LOCAL_PATH_MAX])
{
    if (strlen(path) > strlen(local->root))
        *strrchr(path, '/') = 0;
}

void local_prune(const struct local *local, char path[LOCAL_PATH_MAX])
{
    const struct td_disk *disk = local->disk;
    while (strlen(path) > strlen(local->root) && disk->unlink(disk->ctx, path) >= 0)
        local_parent(local, path);
}

td_err local_sync(const struct local *local, const char *folder)
{
    const struct td_disk *disk = local->disk;
    int opened = disk->open(disk->ctx, folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY, 0);
    TD_TRY(opened);
    td_err err = disk->sync_all(disk->ctx, opened);
    disk->close(disk->ctx, opened);
    return err;
}

void local_random_id(const struct local *local, char id[LOCAL_ID_BYTES + 1])
{
    static const char digit[] = "0123456789abcdef";
    uint8_t random[LOCAL_ID_BYTES];
    local->random->fill(local->random->ctx, random, sizeof random);
    for (unsigned i = 0; i < LOCAL_ID_BYTES; i++)
        id[i] = digit[random[i] & 15];
    id[LOCAL_ID_BYTES] = 0;
}

/* ---- what to say ------------------------------------------------------------------------------------------ */

void local_say(struct store_call *call, enum store_outcome outcome, const char *code,
               const char *words)
{
    struct store_result *result = &call->result;
    result->outcome = outcome;
    td_text_copy(result->code, sizeof result->code, code, strlen(code));
    td_text_copy(result->words, sizeof result->words, words, strlen(words));
}

bool local_fail(const struct local *local, struct store_call *call, td_err err, const char *what)
{
    struct td_str words = td_str_on(call->result.words, sizeof call->result.words);
    call->result.err = err;
    if (!local_root_stands(local)) {
        local_say(call, STORE_NO_BUCKET, "NoSuchFolder",
                  "the folder is not there (any more): is its disk mounted?");
        return false;
    }
    if (err == TD_E_MISSING) {
        local_say(call, STORE_AGAIN, "Vanished", "something went away meanwhile");
        return false;
    }
    call->result.outcome = STORE_LOCAL;
    td_str_add_format(&words, "%s: %s", what, td_err_text(err));
    if (err == TD_E_IO && td_os_errno() != 0)
        td_str_add_format(&words, " (%s)", strerror(td_os_errno()));
    return false;
}
