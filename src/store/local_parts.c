#include <fcntl.h>
#include <string.h>

#include "base/crc.h"
#include "base/text.h"
#include "store/digest.h"
#include "store/local_inside.h"

/* An upload's id: by chance, and the sum of its key behind it, as an upload belongs to one key. */
enum { ID_BYTES = LOCAL_ID_BYTES + 8 };

static void folder_of(const struct local *local, const char *id, char path[LOCAL_PATH_MAX])
{
    char key[PLACE_KEY_MAX];
    struct td_str str = td_str_on(key, sizeof key);
    td_str_add(&str, LOCAL_PARTS_FOLDER "/");
    td_str_add(&str, id);
    local_path(local, key, path);
}

static void part_name(char *path, uint32_t number)
{
    struct td_str str = td_str_on(path + strlen(path), LOCAL_PATH_MAX - strlen(path));
    td_str_add_format(&str, "/%05u", number);
}

static void id_of_key(const char *key, char id[9])
{
    struct td_str str = td_str_on(id, 9);
    td_str_add_format(&str, "%08x", td_crc32c(0, key, strlen(key)));
}

/* Of that key, and there; its folder. */
static bool find_upload(const struct local *local, struct store_call *call,
                        char path[LOCAL_PATH_MAX])
{
    char sum[9];
    const char *id = call->op.upload_id;
    id_of_key(call->op.key, sum);
    bool fine = strlen(id) == ID_BYTES && strspn(id, "0123456789abcdef") == ID_BYTES &&
                strcmp(id + LOCAL_ID_BYTES, sum) == 0;
    int file = -1, is = LOCAL_ABSENT;
    if (fine) {
        folder_of(local, id, path);
        is = local_look(local, path, &file);
    }
    if (is == LOCAL_FOLDER)
        return true;
    if (is < 0 || !local_root_stands(local))
        return local_fail(local, call, is < 0 ? is : TD_E_MISSING, "the parts cannot be read");
    local_say(call, STORE_NO_UPLOAD, "NoSuchUpload", "no such upload is kept here");
    return false;
}

void local_parts_open(struct local *local, struct store_call *call)
{
    char path[LOCAL_PATH_MAX], *id = call->result.upload_id;
    local_random_id(local, id);
    id_of_key(call->op.key, id + LOCAL_ID_BYTES);
    folder_of(local, id, path);
    td_err err =
        local_root_stands(local) ? local->disk->make_dirs(local->disk->ctx, path) : TD_E_MISSING;
    if (err >= 0)
        err = local_sync(local, path);
    if (err < 0)
        local_fail(local, call, err, "no folder for the parts can be made");
}

/* As an object of its own, so that a part that is there is whole. */
void local_parts_put(struct local *local, struct store_call *call)
{
    struct local_new made = {.prunes = false};
    if (!find_upload(local, call, made.path))
        return;
    if (call->op.part_number < 1 || call->op.part_number > STORE_PARTS_MAX) {
        local_say(call, STORE_REFUSED, "InvalidPart", "no part has this number");
        return;
    }
    part_name(made.path, call->op.part_number);
    if (!local_new_beside(local, call, &made))
        return;
    if (!local_new_add(local, call, &made, &call->op.body) ||
        !local_new_end(local, call, &made, &call->op.body_identity))
        local_new_drop(local, &made);
    else
        td_text_copy(call->result.etag, STORE_ETAG_MAX, "-", 1);
}

struct seen {
    uint8_t part[STORE_PARTS_MAX / 8 + 1];
};

static int see_part(void *arg, const char *name, bool is_dir)
{
    struct seen *seen = arg;
    uint32_t number = 0;
    if (is_dir || strlen(name) != 5 || strspn(name, "0123456789") != 5)
        return 0;
    for (const char *at = name; *at; at++)
        number = number * 10 + (uint32_t)(*at - '0');
    if (number >= 1 && number <= STORE_PARTS_MAX)
        seen->part[number / 8] |= (uint8_t)(1 << number % 8);
    return 0;
}

/* Bytes of a part and an open file of it. */
static int64_t open_part(const struct local *local, const char *folder, uint32_t number, int *file)
{
    char path[LOCAL_PATH_MAX];
    td_text_copy(path, sizeof path, folder, strlen(folder));
    part_name(path, number);
    int is = local_look(local, path, file);
    TD_TRY(is);
    TD_FAIL_IF(is != LOCAL_FILE, TD_E_MISSING);
    return local->disk->size(local->disk->ctx, *file);
}

static td_err tell_part(const struct local *local, struct store_call *call, const char *folder,
                        uint32_t number)
{
    struct store_part part = {.number = number, .etag = "-"};
    int file = -1;
    part.bytes = open_part(local, folder, number, &file);
    if (file >= 0)
        local->disk->close(local->disk->ctx, file);
    if (part.bytes == TD_E_MISSING)
        return 0;
    TD_TRY(part.bytes);
    return call->op.parts.part(call->op.parts.arg, &part);
}

void local_parts_list(struct local *local, struct store_call *call)
{
    char folder[LOCAL_PATH_MAX];
    struct seen seen = {{0}};
    unsigned count = 0;
    if (!find_upload(local, call, folder))
        return;
    td_err err = local->disk->list(local->disk->ctx, folder, see_part, &seen);
    for (uint32_t number = call->op.after_part + 1; err >= 0 && number <= STORE_PARTS_MAX;
         number++) {
        if (!(seen.part[number / 8] & 1 << number % 8))
            continue;
        if (count++ == STORE_LIST_MAX) {
            call->result.next_part = number - 1;
            break;
        }
        err = tell_part(local, call, folder, number);
    }
    if (err < 0)
        local_fail(local, call, err, "the parts cannot be listed");
}

/* ---- complete ------------------------------------------------------------------------------------------- */

static bool add_part(struct local *local, struct store_call *call, struct local_new *made,
                     const char *folder, const struct store_part *part)
{
    int file = -1;
    int64_t bytes = open_part(local, folder, part->number, &file);
    bool added = false;
    if (bytes >= 0 && bytes == part->bytes) {
        struct store_body body = {.disk = local->disk, .file = file, .bytes = bytes};
        added = local_new_add(local, call, made, &body);
    } else if (bytes < 0 && bytes != TD_E_MISSING) {
        local_fail(local, call, (td_err)bytes, "a part cannot be read");
    } else {
        local_say(call, STORE_REFUSED, "InvalidPart", "a part is not there, or has another size");
    }
    if (file >= 0)
        local->disk->close(local->disk->ctx, file);
    return added;
}

static bool assemble(struct local *local, struct store_call *call, const char *folder)
{
    struct local_new made;
    if (!local_new_begin(local, call, &made))
        return false;
    bool whole = true;
    for (uint32_t i = 0; whole && i < call->op.part_count; i++)
        whole = add_part(local, call, &made, folder, &call->op.part[i]);
    whole = whole && local_new_end(local, call, &made, &call->op.identity);
    if (!whole)
        local_new_drop(local, &made);
    call->result.sent_bytes = 0; /* they came with the parts */
    return whole;
}

static void forget(struct local *local, char folder[LOCAL_PATH_MAX])
{
    local->disk->remove_tree(local->disk->ctx, folder);
    local_parent(local, folder);
    local_prune(local, folder);
}

void local_parts_close(struct local *local, struct store_call *call)
{
    char folder[LOCAL_PATH_MAX];
    if (find_upload(local, call, folder) && assemble(local, call, folder))
        forget(local, folder);
}

void local_parts_drop(struct local *local, struct store_call *call)
{
    char folder[LOCAL_PATH_MAX];
    if (find_upload(local, call, folder))
        forget(local, folder);
    else if (call->result.outcome == STORE_NO_UPLOAD)
        call->result = (struct store_result){.outcome = STORE_FINE};
}
