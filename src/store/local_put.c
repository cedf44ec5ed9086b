#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "store/digest.h"
#include "store/local_inside.h"

#define TEMP_BEGINS ".tape-"
#define TEMP_ENDS ".new"

/* ---- leftovers ------------------------------------------------------------------------------------------ */

static bool is_temp(const char *name)
{
    size_t bytes = sizeof TEMP_BEGINS - 1 + LOCAL_ID_BYTES + sizeof TEMP_ENDS - 1;
    return strlen(name) == bytes && strncmp(name, TEMP_BEGINS, sizeof TEMP_BEGINS - 1) == 0 &&
           strcmp(name + bytes - (sizeof TEMP_ENDS - 1), TEMP_ENDS) == 0;
}

static int sweep_name(void *arg, const char *name, bool is_dir)
{
    const struct local *local = arg;
    char path[LOCAL_PATH_MAX];
    struct td_str str = td_str_on(path, sizeof path);
    if (is_dir || !is_temp(name))
        return 0;
    td_str_add_format(&str, "%s/%s", local->swept, name);
    if (!str.cut)
        local->disk->unlink(local->disk->ctx, path);
    return 0;
}

/* What a cut or a kill left in this folder; once a folder, as its objects come one after the other. Another process that is writing here just now
   loses its file, is told AGAIN, and makes it again. */
static void sweep(struct local *local, const char *folder)
{
    if (strcmp(local->swept, folder) == 0)
        return;
    td_text_copy(local->swept, sizeof local->swept, folder, strlen(folder));
    local->disk->list(local->disk->ctx, folder, sweep_name, local);
}

/* ---- a new object --------------------------------------------------------------------------------------- */

static bool may_stand(struct local *local, struct store_call *call, const char *path)
{
    int file = -1, is = local_look(local, path, &file);
    if (is == LOCAL_FILE)
        local->disk->close(local->disk->ctx, file);
    if (is < 0)
        return local_fail(local, call, is, "the place of the object cannot be looked at");
    if (is == LOCAL_FILE && call->op.only_if_absent) {
        local_say(call, STORE_EXISTS, "PreconditionFailed", "there is an object of this name");
        return false;
    }
    if (is == LOCAL_FOLDER || is == LOCAL_LINK) {
        local_say(call, STORE_REFUSED, "NameTaken",
                  is == LOCAL_FOLDER ? "a folder has this name" : "a link stands in its place");
        return false;
    }
    return true;
}

static bool make_way(struct local *local, struct store_call *call, const char *folder)
{
    if (!local_root_stands(local))
        return local_fail(local, call, TD_E_MISSING, "");
    td_err err = local_way(local, call->op.key);
    if (err == TD_E_UNSUPPORTED) {
        local_say(call, STORE_REFUSED, "NameTaken", "a file or a link stands in the way");
        return false;
    }
    if (err < 0 && err != TD_E_MISSING)
        return local_fail(local, call, err, "the folders of the object cannot be opened");
    if (err == TD_E_MISSING)
        err = local->disk->make_dirs(local->disk->ctx, folder);
    else
        sweep(local, folder);
    return err < 0 ? local_fail(local, call, err, "its folder cannot be made") : true;
}

bool local_new_beside(struct local *local, struct store_call *call, struct local_new *made)
{
    char id[LOCAL_ID_BYTES + 1];
    struct td_str temp = td_str_on(made->temp, sizeof made->temp);
    memcpy(made->folder, made->path, sizeof made->folder);
    *strrchr(made->folder, '/') = 0;
    local_random_id(local, id);
    td_str_add_format(&temp, "%s/" TEMP_BEGINS "%s" TEMP_ENDS, made->folder, id);
    TD_ASSERT(!temp.cut, "root, key and a temporary name fit into a path");
    made->at = 0;
    made->file = local->disk->open(local->disk->ctx, made->temp,
                                   O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
    if (made->file < 0) {
        local_fail(local, call, made->file, "no file can be made in its folder");
        if (made->prunes)
            local_prune(local, made->folder);
        return false;
    }
    digest_begin(&made->digest);
    return true;
}

bool local_new_begin(struct local *local, struct store_call *call, struct local_new *made)
{
    char folder[LOCAL_PATH_MAX];
    local_path(local, call->op.key, made->path);
    memcpy(folder, made->path, sizeof folder);
    *strrchr(folder, '/') = 0;
    made->prunes = true;
    return make_way(local, call, folder) && may_stand(local, call, made->path) &&
           local_new_beside(local, call, made);
}

void local_new_drop(struct local *local, struct local_new *made)
{
    const struct td_disk *disk = local->disk;
    if (made->file >= 0)
        disk->close(disk->ctx, made->file);
    made->file = -1;
    disk->unlink(disk->ctx, made->temp);
    if (made->prunes)
        local_prune(local, made->folder);
}

/* The next piece of a body, in memory. Bytes or an error. */
static int64_t piece_of(struct local *local, const struct store_body *body, int64_t done,
                        const uint8_t **piece)
{
    int64_t left = body->bytes - done;
    int64_t bytes = left < LOCAL_BUFFER_BYTES ? left : LOCAL_BUFFER_BYTES;
    *piece = local->buffer;
    if (body->data != NULL) {
        *piece = (const uint8_t *)body->data + done;
        return bytes;
    }
    int64_t got = body->disk->read_at(body->disk->ctx, body->file, local->buffer, (size_t)bytes,
                                      body->at + done);
    return got >= 0 && got < bytes ? TD_E_END : got;
}

bool local_new_add(struct local *local, struct store_call *call, struct local_new *made,
                   const struct store_body *body)
{
    const struct td_disk *disk = local->disk;
    for (int64_t done = 0; done < body->bytes;) {
        const uint8_t *piece;
        int64_t bytes = piece_of(local, body, done, &piece);
        if (bytes < 0)
            return local_fail(local, call, (td_err)bytes, "what was to be stored cannot be read");
        int64_t put = disk->write_at(disk->ctx, made->file, piece, (size_t)bytes, made->at);
        if (put < 0)
            return local_fail(local, call, (td_err)put, "the object cannot be written");
        digest_add(&made->digest, piece, (size_t)bytes);
        made->at += bytes;
        done += bytes;
        call->result.sent_bytes += bytes;
    }
    return true;
}

static bool publish(struct local *local, struct store_call *call, struct local_new *made)
{
    const struct td_disk *disk = local->disk;
    td_err err = disk->sync_data(disk->ctx, made->file);
    td_err closed = disk->close(disk->ctx, made->file);
    made->file = -1;
    if (err < 0 || closed < 0)
        return local_fail(local, call, err < 0 ? err : closed, "the object cannot be written");
    if (!may_stand(local, call, made->path))
        return false;
    err = disk->rename(disk->ctx, made->temp, made->path);
    if (err < 0)
        return local_fail(local, call, err, "the object cannot be given its name");
    err = local_sync(local, made->folder);
    return err < 0 ? local_fail(local, call, err, "the folder cannot be synced") : true;
}

bool local_new_end(struct local *local, struct store_call *call, struct local_new *made,
                   const struct store_identity *identity)
{
    struct store_identity is = digest_end(&made->digest);
    if (identity_equal(&is, identity))
        return publish(local, call, made);
    local_say(call, STORE_DAMAGED, "BadDigest", "the bytes are not those that were announced");
    return false;
}

void local_put(struct local *local, struct store_call *call)
{
    struct local_new made;
    if (!local_new_begin(local, call, &made))
        return;
    if (!local_new_add(local, call, &made, &call->op.body) ||
        !local_new_end(local, call, &made, &call->op.body_identity))
        local_new_drop(local, &made);
}
