/* All files below a folder in the byte order of their whole names ("a-b", "a.b", "a/b"), in fixed memory: of each folder on the way as many
   names are held as its share allows; the others are read again when their turn comes. One thread. */
#ifndef TD_STORE_LOCAL_WALK_H
#define TD_STORE_LOCAL_WALK_H

#include "store/op.h"

enum { LOCAL_PATH_MAX = 4096, WALK_DEPTH = 48, WALK_BYTES = 1 << 20, WALK_NAME_MAX = 256 };

/* A folder on the way: names in order, each with a slash behind it where it is a folder's. */
struct walk_level {
    uint32_t path_bytes;  /* of its path, with the slash */
    uint32_t base, limit; /* its share of the memory */
    uint32_t
        text_end; /* of the names, from base on; places of names end at `limit` while it is filled */
    uint32_t count, next;
    bool cut; /* there may be more behind the last one */
};

struct local_walk {
    const struct td_disk *disk;
    uint8_t *memory; /* the caller's */
    uint32_t room;
    bool delimited; /* folders are told, not entered */
    char path[LOCAL_PATH_MAX];
    uint32_t root_bytes;           /* of the path, with the slash */
    char filter[WALK_NAME_MAX];    /* beginning of the names in the first folder */
    char after[PLACE_KEY_MAX];     /* begin behind this name */
    char bound[WALK_NAME_MAX + 1]; /* while a folder is read: only names behind it */
    const char *rest;              /* of `after`, below the folder that is read; "" past it */
    bool again;                    /* the folder is read for the second time */
    bool skip_prefix;              /* a folder that begins `after` was told already */
    unsigned depth;
    struct walk_level level[WALK_DEPTH];
};

struct walk_params {
    const struct td_disk *disk;
    const char *root;   /* no slash at its end */
    const char *folder; /* below it, "" or with a slash at its end */
    const char *filter; /* names in this folder begin so; "" all */
    const char *after;  /* whole name below root; "" from the beginning */
    bool delimited;     /* '/' ends a name: folders are told and not entered */
    bool skip_prefix;   /* and `after` may be the name of one that was told */
    void *memory;       /* lives as long as the walk */
    uint32_t room;      /* WALK_BYTES; at least 64 KiB */
};

/* TD_E_RANGE: names too long. A folder that is not there has no files. */
td_err walk_begin(struct local_walk *walk, const struct walk_params *params);
/* 1 and the next name (valid until the next call), 0 at the end, negative: a folder cannot be read, or they are nested too deeply.
   Files that vanish meanwhile and links are passed over; the size of one that may not be opened is 0. */
int walk_next(struct local_walk *walk, struct store_entry *entry);

/* Whether a part of a name may stand in a folder here: not empty, no dot at its beginning, no backslash, not too long. */
bool walk_name_fine(const char *name, size_t bytes);
/* All parts of it are fine. */
bool walk_key_fine(const char *key);

#endif
