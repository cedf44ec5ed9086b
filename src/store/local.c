#include "store/local.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/digest.h"
#include "store/local_inside.h"

/* ---- reading -------------------------------------------------------------------------------------------- */

/* Links and folders are no objects: what they hide is absent. */
static bool open_object(const struct local *local, struct store_call *call, int *file)
{
    char path[LOCAL_PATH_MAX];
    td_err err = local_way(local, call->op.key);
    int is = LOCAL_ABSENT;
    local_path(local, call->op.key, path);
    if (err == 0)
        is = local_look(local, path, file);
    else if (err != TD_E_MISSING && err != TD_E_UNSUPPORTED)
        is = err;
    if (is == LOCAL_FILE)
        return true;
    if (is < 0 || !local_root_stands(local))
        return local_fail(local, call, is < 0 ? is : TD_E_MISSING, "the object cannot be opened");
    local_say(call, STORE_ABSENT, "NoSuchKey", "there is no such file");
    return false;
}

static void head(struct local *local, struct store_call *call)
{
    const struct td_disk *disk = local->disk;
    struct store_result *result = &call->result;
    int file = -1;
    if (!open_object(local, call, &file))
        return;
    disk->drop_cache(disk->ctx, file);
    int64_t bytes = disk->size(disk->ctx, file);
    td_err err =
        bytes < 0 ? (td_err)bytes : digest_of_file(disk, file, 0, bytes, &result->identity);
    disk->close(disk->ctx, file);
    if (err < 0) {
        local_fail(local, call, err, "the object cannot be read");
        return;
    }
    result->bytes = bytes;
    result->has_identity = result->has_crc32c = result->has_sha256 = true;
    result->crc32c = result->identity.crc32c;
    memcpy(result->sha256, result->identity.sha256, sizeof result->sha256);
}

/* What was asked for, cut at the object's end. False: it begins behind that. */
static bool range_of(const struct store_op *op, int64_t size, int64_t *from, int64_t *to)
{
    *from = op->at;
    *to = op->bytes < 0 || op->at > size || op->bytes > size - op->at ? size : op->at + op->bytes;
    if (op->at < 0) {
        *from = op->bytes > size || op->bytes < 0 ? 0 : size - op->bytes;
        *to = size;
    }
    return *from <= size && (*from < size || *from == 0 || op->bytes == 0);
}

static bool read_range(struct local *local, struct store_call *call, int file, int64_t from,
                       int64_t to)
{
    const struct td_disk *disk = local->disk;
    for (int64_t at = from; at < to;) {
        int64_t left = to - at;
        int64_t wanted = left < LOCAL_BUFFER_BYTES ? left : LOCAL_BUFFER_BYTES;
        int64_t got = disk->read_at(disk->ctx, file, local->buffer, (size_t)wanted, at);
        if (got < 0)
            return local_fail(local, call, (td_err)got, "the object cannot be read");
        if (got < wanted) {
            local_say(call, STORE_DAMAGED, "Shrunk", "the file became shorter while it was read");
            return false;
        }
        td_err err = call->op.sink.take(call->op.sink.arg, local->buffer, (size_t)got);
        if (err < 0)
            return local_fail(local, call, err, "what was read could not be taken");
        at += got;
        call->result.got_bytes += got;
    }
    return true;
}

static void get(struct local *local, struct store_call *call)
{
    int64_t from = 0, to = 0;
    int file = -1;
    if (!open_object(local, call, &file))
        return;
    int64_t size = local->disk->size(local->disk->ctx, file);
    call->result.bytes = size;
    if (size < 0)
        local_fail(local, call, (td_err)size, "the object cannot be read");
    else if (!range_of(&call->op, size, &from, &to))
        local_say(call, STORE_REFUSED, "InvalidRange", "the object ends in front of that");
    else
        read_range(local, call, file, from, to);
    local->disk->close(local->disk->ctx, file);
}

/* ---- deleting ------------------------------------------------------------------------------------------- */

/* Synced each time: of a segment and its receipt the cut may leave both or the receipt, never the segment alone. */
static void delete (struct local *local, struct store_call *call)
{
    char path[LOCAL_PATH_MAX];
    int file = -1;
    if (!open_object(local, call, &file)) {
        if (call->result.outcome == STORE_ABSENT)
            call->result = (struct store_result){.outcome = STORE_FINE};
        return;
    }
    local->disk->close(local->disk->ctx, file);
    local_path(local, call->op.key, path);
    td_err err = local->disk->unlink(local->disk->ctx, path);
    if (err >= 0) {
        local_parent(local, path);
        local_prune(local, path);
        err = local_sync(local, path);
    }
    if (err < 0 && err != TD_E_MISSING)
        local_fail(local, call, err, "the object cannot be deleted");
}

static void probe(struct local *local, struct store_call *call)
{
    if (!local_root_stands(local))
        local_fail(local, call, TD_E_MISSING, "");
}

/* ---- the face ------------------------------------------------------------------------------------------- */

static bool needs_key(enum store_verb verb)
{
    return verb != STORE_LIST && verb != STORE_PROBE;
}

static void perform(struct local *local, struct store_call *call)
{
    static void (*const verb[STORE_VERBS])(struct local *, struct store_call *) = {
        [STORE_HEAD] = head,
        [STORE_GET] = get,
        [STORE_PUT] = local_put,
        [STORE_DELETE] = delete,
        [STORE_LIST] = local_list,
        [STORE_PARTS_OPEN] = local_parts_open,
        [STORE_PARTS_PUT] = local_parts_put,
        [STORE_PARTS_LIST] = local_parts_list,
        [STORE_PARTS_CLOSE] = local_parts_close,
        [STORE_PARTS_DROP] = local_parts_drop,
        [STORE_PROBE] = probe,
    };
    call->result = (struct store_result){.outcome = STORE_FINE};
    if (needs_key(call->op.verb) && !walk_key_fine(call->op.key)) {
        local_say(call, STORE_REFUSED, "InvalidName", "no file here can have this name");
        return;
    }
    verb[call->op.verb](local, call);
}

static void submit(void *ctx, struct store_call *call)
{
    struct local *local = ctx;
    TD_ASSERT(local->under_way < local->calls_max, "no more calls than were agreed on");
    perform(local, call);
    local->under_way++;
    call->next = NULL;
    *local->last = call;
    local->last = &call->next;
}

static struct store_call *wait_call(void *ctx, int timeout_ms)
{
    struct local *local = ctx;
    struct store_call *call = local->first;
    (void)timeout_ms;
    if (call == NULL)
        return NULL;
    local->first = call->next;
    if (local->first == NULL)
        local->last = &local->first;
    local->under_way--;
    return call;
}

static void cancel(void *ctx)
{
    (void)ctx;
}

static void close_store(void *ctx)
{
    struct local *local = ctx;
    local->disk->close(local->disk->ctx, local->held);
    free(local->walk.memory);
    free(local);
}

static td_err name_root(struct local *local, const char *folder)
{
    const char *given = folder[0] ? folder : ".";
    TD_FAIL_IF(!td_text_copy(local->name, sizeof local->name, given, strlen(given)), TD_E_IO);
    memcpy(local->root, local->name, sizeof local->root);
    for (size_t bytes = strlen(local->root); bytes > 0 && local->root[bytes - 1] == '/'; bytes--)
        local->root[bytes - 1] = 0;
    return 0;
}

static td_err open_root(struct local *local, bool make)
{
    const struct td_disk *disk = local->disk;
    const char *root = local->root[0] ? local->root : "/";
    local->held = disk->open(disk->ctx, root, O_RDONLY | O_DIRECTORY, 0);
    if (local->held == TD_E_MISSING && make) {
        TD_TRY(disk->make_dirs(disk->ctx, root));
        local->held = disk->open(disk->ctx, root, O_RDONLY | O_DIRECTORY, 0);
    }
    return local->held >= 0 ? 0 : local->held == TD_E_MISSING ? TD_E_MISSING : TD_E_IO;
}

td_err local_open(const struct td_disk *disk, const struct td_random *random, const char *folder,
                  bool make, unsigned calls_max, struct store *out)
{
    struct local *local = calloc(1, sizeof *local);
    TD_FAIL_IF(local == NULL, TD_E_IO);
    local->disk = disk;
    local->random = random;
    local->calls_max = calls_max;
    local->last = &local->first;
    td_err err = name_root(local, folder);
    if (err == 0)
        err = open_root(local, make);
    if (err < 0) {
        free(local);
        return err;
    }
    *out = (struct store){.submit = submit,
                          .wait = wait_call,
                          .cancel = cancel,
                          .close = close_store,
                          .ctx = local,
                          .calls_max = calls_max,
                          .name = local->name,
                          .is_local = true};
    return 0;
}
