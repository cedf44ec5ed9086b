/* Inside of a folder as a store: src/store/local*.c alone. Functions that return bool have said in the call's result what is wrong when they
   return false. */
#ifndef TD_STORE_LOCAL_INSIDE_H
#define TD_STORE_LOCAL_INSIDE_H

#include "store/digest.h"
#include "store/local.h"
#include "store/local_walk.h"

enum {
    LOCAL_BUFFER_BYTES = 128 << 10,
    LOCAL_ROOT_MAX = 2048,
    LOCAL_ID_BYTES = 16 /* hex digits of a name by chance */
};
#define LOCAL_PARTS_FOLDER ".tape-parts"

struct local {
    const struct td_disk *disk;
    const struct td_random *random;
    char root[LOCAL_ROOT_MAX]; /* no slash at its end; "" is the root of all */
    char name[LOCAL_ROOT_MAX]; /* as it was given */
    int held; /* handle of the root: its disk cannot be taken away in an orderly way meanwhile */
    struct store_call *first, **last; /* done, not fetched */
    unsigned under_way, calls_max;
    char swept[LOCAL_PATH_MAX]; /* folder whose leftovers are gone */
    struct local_walk walk;
    char walk_prefix[PLACE_KEY_MAX];
    bool walk_delimited, walk_goes_on;
    uint8_t buffer[LOCAL_BUFFER_BYTES];
};

/* ---- names (local_names.c) ---- */

enum local_is { LOCAL_ABSENT, LOCAL_FILE, LOCAL_FOLDER, LOCAL_LINK };

/* "<root>/<key>"; the key is fine. */
void local_path(const struct local *local, const char *key, char path[LOCAL_PATH_MAX]);
/* What stands at the path itself, links not followed; of a file an open handle. Negative: cannot be told. */
int local_look(const struct local *local, const char *path, int *file);
/* Whether folders lead to the key. TD_E_MISSING: one is not there; TD_E_UNSUPPORTED: a file or a link is in the
   way. */
td_err local_way(const struct local *local, const char *key);
bool local_root_stands(const struct local *local);
/* Up from this folder as long as they are empty, never the root. */
void local_prune(const struct local *local, char path[LOCAL_PATH_MAX]);
/* Cuts the last part off; the root stays whole. */
void local_parent(const struct local *local, char path[LOCAL_PATH_MAX]);
void local_random_id(const struct local *local, char id[LOCAL_ID_BYTES + 1]);
/* All that was renamed and removed in the file system of this folder is on the disk. */
td_err local_sync(const struct local *local, const char *folder);

/* ---- what to say (local_names.c) ---- */

void local_say(struct store_call *call, enum store_outcome outcome, const char *code,
               const char *words);
/* The disk's error as a result; false, for `return`. */
bool local_fail(const struct local *local, struct store_call *call, td_err err, const char *what);

/* ---- a new object (local_put.c) ---- */

struct local_new {
    char path[LOCAL_PATH_MAX], folder[LOCAL_PATH_MAX], temp[LOCAL_PATH_MAX];
    bool prunes; /* given up, empty folders go too */
    int file;
    int64_t at;
    struct digest digest;
};

/* Opens it beside its place; begin is followed by end or drop. */
bool local_new_begin(struct local *local, struct store_call *call, struct local_new *made);
/* The same at made->path, which nothing is asked about: its folder is there and it may replace what has its name. */
bool local_new_beside(struct local *local, struct store_call *call, struct local_new *made);
bool local_new_add(struct local *local, struct store_call *call, struct local_new *made,
                   const struct store_body *body);
/* Whole, with this identity, durable under its name; or not at all. */
bool local_new_end(struct local *local, struct store_call *call, struct local_new *made,
                   const struct store_identity *identity);
void local_new_drop(struct local *local, struct local_new *made);

void local_put(struct local *local, struct store_call *call);

/* ---- the other verbs ---- */

void local_list(struct local *local, struct store_call *call);
void local_parts_open(struct local *local, struct store_call *call);
void local_parts_put(struct local *local, struct store_call *call);
void local_parts_list(struct local *local, struct store_call *call);
void local_parts_close(struct local *local, struct store_call *call);
void local_parts_drop(struct local *local, struct store_call *call);

#endif
