#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/local_inside.h"

/* A token is the last name of its page: if the walk stands just there it goes on, and the folders on the way need not be read again. */
static bool goes_on(const struct local *local, const struct store_op *op)
{
    return local->walk_goes_on && op->token != NULL &&
           strcmp(op->token, local->walk.path + local->walk.root_bytes) == 0 &&
           strcmp(op->key, local->walk_prefix) == 0 &&
           local->walk_delimited == (op->delimiter != NULL);
}

static td_err begin(struct local *local, const struct store_op *op)
{
    char folder[PLACE_KEY_MAX];
    const char *slash = strrchr(op->key, '/'), *filter = slash ? slash + 1 : op->key;
    const char *after = op->token ? op->token : op->start_after ? op->start_after : "";
    td_text_copy(folder, sizeof folder, op->key, (size_t)(filter - op->key));
    void *memory = local->walk.memory ? local->walk.memory : malloc(WALK_BYTES);
    TD_FAIL_IF(memory == NULL, TD_E_NO_MEMORY);
    struct walk_params params = {.disk = local->disk,
                                 .root = local->root,
                                 .folder = folder,
                                 .filter = filter,
                                 .after = after,
                                 .delimited = op->delimiter != NULL,
                                 .skip_prefix = op->token != NULL,
                                 .memory = memory,
                                 .room = WALK_BYTES};
    td_text_copy(local->walk_prefix, sizeof local->walk_prefix, op->key, strlen(op->key));
    local->walk_delimited = op->delimiter != NULL;
    return walk_begin(&local->walk, &params);
}

/* No way out of the folder, and no link on the way down. */
static bool may_list(const struct local *local, struct store_call *call)
{
    char folder[PLACE_KEY_MAX];
    const char *slash = strrchr(call->op.key, '/');
    td_err err = 0;
    bool fine = strlen(call->op.key) < sizeof folder &&
                (call->op.delimiter == NULL || strcmp(call->op.delimiter, "/") == 0);
    if (fine && slash != NULL) {
        td_text_copy(folder, sizeof folder, call->op.key, (size_t)(slash - call->op.key));
        fine = walk_key_fine(folder);
        err = fine ? local_way(local, call->op.key) : 0;
    }
    if (!fine)
        local_say(call, STORE_REFUSED, "InvalidName", "no folder here can have this name");
    else if (!local_root_stands(local) ||
             (err < 0 && err != TD_E_MISSING && err != TD_E_UNSUPPORTED))
        return local_fail(local, call, err < 0 ? err : TD_E_MISSING, "the folder cannot be listed");
    return fine && err == 0;
}

static int page(struct local *local, struct store_call *call)
{
    struct store_entry entry;
    int more = 1;
    for (unsigned count = 0; more > 0 && count < STORE_LIST_MAX; count++) {
        more = walk_next(&local->walk, &entry);
        if (more > 0)
            TD_TRY(call->op.visit.entry(call->op.visit.arg, &entry));
    }
    return more;
}

void local_list(struct local *local, struct store_call *call)
{
    bool going_on = goes_on(local, &call->op);
    local->walk_goes_on = false;
    if (!may_list(local, call))
        return;
    int more = going_on ? 0 : begin(local, &call->op);
    if (more == 0)
        more = page(local, call);
    if (more < 0)
        local_fail(local, call, more, "the folder cannot be listed");
    if (more <= 0)
        return;
    const char *last = local->walk.path + local->walk.root_bytes;
    td_text_copy(call->result.token, sizeof call->result.token, last, strlen(last));
    local->walk_goes_on = true;
}
