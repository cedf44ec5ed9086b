/* Inside of the card: names, pages, files. For tests/sim/disk*.c alone. */
#ifndef TD_SIM_DISK_PARTS_H
#define TD_SIM_DISK_PARTS_H

#include "sim/disk.h"

enum {
    PAGE = 4096,
    SECTOR = 512,
    SECTORS = PAGE / SECTOR,
    NAME_MAX_BYTES = 119,
    PATH_TEXT_MAX = 1024,
    HANDLES_MAX = 1024,
    SIZES_KEPT = 8,
    NO_FILE = 0,
    ROOT = 1,
};

/* ---- names: one tree; two of them make the two views (disk_names.c) ---- */

struct node {
    uint32_t parent, first, next, prev; /* children; 0 ends */
    uint32_t chain;                     /* of the bucket */
    uint32_t file;                      /* NO_FILE: a folder */
    uint8_t name_bytes;
    char name[NAME_MAX_BYTES];
};

struct names {
    struct node *node; /* [0] unused, [ROOT] */
    uint32_t count, cap, free;
    uint32_t *bucket;
    uint32_t buckets; /* power of two */
};

void names_init(struct names *names);
void names_free(struct names *names);
void names_reset(struct names *names);
void names_copy(struct names *to, const struct names *from);
/* Node of the path, 0: none. */
uint32_t names_find(const struct names *names, const char *path);
/* Folder that the last part of the path stands in, 0: none; *name: that part. */
uint32_t names_parent(const struct names *names, const char *path, const char **name);
/* The parent exists and has no such name. */
uint32_t names_add(struct names *names, uint32_t parent, const char *name, uint32_t file);
void names_remove(struct names *names, uint32_t node); /* has no children */
/* The node itself moves; the new place is free. */
void names_move(struct names *names, uint32_t node, uint32_t parent, const char *name);
/* Path from the root, without the first slash. */
void names_path(const struct names *names, uint32_t node, char out[PATH_TEXT_MAX]);
bool names_is_below(const struct names *names, uint32_t node, uint32_t folder);

/* ---- pages and files (disk_pages.c) ---- */

struct pool {
    uint8_t **slab;
    uint32_t slabs, next;
    uint32_t *spare;
    uint32_t spares, spares_cap;
};

/* Page number 0 is a hole of zeros. Clean and undisturbed: cached == durable. */
struct page {
    uint32_t cached, durable;
    uint32_t seq[SECTORS]; /* 0: clean */
    bool charged;          /* counts against the capacity */
};

struct size_change {
    uint32_t seq;
    int64_t bytes;
};

struct file {
    struct page *page;
    uint32_t pages, cap;
    uint32_t refs;                 /* names in both views, handles, changes of names */
    uint32_t dirty_from, dirty_to; /* pages that may be dirty */
    uint32_t last_write;           /* first sequence number of the last write */
    uint32_t next_free;
    int64_t size, durable_size;
    struct size_change change[SIZES_KEPT]; /* unsynced ones, rising */
    uint32_t changes;
    uint32_t open; /* handles */
    uint32_t late; /* sequence number at the last sync that came late */
    bool used, named /* in the running view */;
};

/* ---- the whole ---- */

struct name_change {
    enum sim_op op; /* CREATE, MKDIR, RENAME, UNLINK, RMDIR */
    uint32_t seq, file;
    uint64_t path, to; /* in `texts` */
};

struct handle {
    bool used;
    bool writes;
    uint32_t file; /* NO_FILE: a folder */
    char path[256];
};

struct store { /* bytes that only grow until they are cleared */
    char *at;
    uint64_t used, cap;
};
uint64_t store_put(struct store *store, const void *bytes, size_t count);
uint64_t store_text(struct store *store, const char *text);

struct armed {
    struct sim_fault fault;
    uint64_t seen, fired;
    bool on;
};

struct sim_disk {
    struct td_disk table;
    struct names cached, durable;
    struct pool pool;
    struct file *file; /* [0] unused */
    uint32_t files, files_cap, files_free;
    struct name_change *pending;
    uint32_t pending_count, pending_cap;
    struct store texts; /* of pending */
    uint32_t seq;
    int64_t capacity, false_capacity; /* bytes */
    uint64_t used_pages;
    bool read_only;
    uint32_t late_all; /* as file.late, of syncs of everything */
    struct handle handle[HANDLES_MAX];
    struct armed armed[SIM_FAULTS_MAX];
    unsigned armed_count;
    uint64_t random;
    void (*stall)(void *arg, int64_t ns);
    void *stall_arg;
    void (*before)(void *arg, uint32_t entry);
    void *before_arg;
    struct sim_entry *entry;
    uint32_t entries, entries_cap;
    struct store store;
    const _Atomic uint64_t *mark;
    bool recording;
    struct sim_disk_counts counts;
};

void *sim_grow(void *old, size_t count, size_t bytes);
uint64_t sim_random(uint64_t *state);

uint8_t *pool_at(const struct pool *pool, uint32_t page);
uint32_t pool_take(struct pool *pool, const uint8_t *content); /* content NULL: zeros */
void pool_give(struct pool *pool, uint32_t page);
void pool_reset(struct pool *pool);

void want_files(struct sim_disk *disk, uint32_t count); /* room for so many numbers */
/* number: the one it has to be, 0: any. */
uint32_t file_new(struct sim_disk *disk, uint32_t number);
void file_hold(struct sim_disk *disk, uint32_t file);
void file_drop(struct sim_disk *disk, uint32_t file); /* frees it with the last reference */
void file_copy(struct sim_disk *to, const struct sim_disk *from, uint32_t number);
void file_write(struct sim_disk *disk, uint32_t file, const void *data, int64_t bytes,
                int64_t offset);
int64_t file_read(const struct sim_disk *disk, uint32_t file, void *data, int64_t bytes,
                  int64_t offset);
void file_truncate(struct sim_disk *disk, uint32_t file, int64_t bytes);
/* Takes the room and sets the size when it is larger. */
void file_reserve(struct sim_disk *disk, uint32_t file, int64_t bytes);
/* Pages of the range that are not paid for yet. */
uint64_t file_unpaid(const struct sim_disk *disk, uint32_t file, int64_t offset, int64_t bytes);
void file_uncharge(struct sim_disk *disk, uint32_t file);
void file_drop_cache(struct sim_disk *disk, uint32_t file);
/* how: enum sim_fault_kind + 1, 0: as it should be. */
void file_sync(struct sim_disk *disk, uint32_t file, uint8_t how);
void file_sync_upto(struct sim_disk *disk, uint32_t file, uint32_t upto);
void file_give_up(struct sim_disk *disk, uint32_t file); /* a failed sync */
bool file_dirty(const struct file *file);

/* What a cut takes: decided thing by thing. */
struct choice {
    struct sim_cut cut;
    uint64_t random;
    uint32_t share; /* of 65536 */
    bool whole_pages;
};
bool choice_takes(struct choice *choice, uint32_t seq);
void file_cut(struct sim_disk *disk, uint32_t file, struct choice *choice);

/* ---- names' changes (disk_change.c): made in the cached view, pending for the other ---- */
/* *file: its number, or 0 and it gets one. */
td_err change_create(struct sim_disk *disk, const char *path, uint32_t *file);
td_err change_mkdir(struct sim_disk *disk, const char *path);
td_err change_rename(struct sim_disk *disk, const char *from, const char *to);
td_err change_unlink(struct sim_disk *disk, const char *path);
td_err change_rmdir(struct sim_disk *disk, const char *path);
void change_settle(struct sim_disk *disk, uint32_t upto); /* pending ones become durable */
void change_cut(struct sim_disk *disk, struct choice *choice);
void sim_remove_all(struct sim_disk *disk, struct names *names, uint32_t node);

/* What happens to a call. */
struct sim_fate {
    td_err err;
    uint8_t how; /* enum sim_fault_kind + 1 */
};
struct sim_fate sim_fate_of(struct sim_disk *disk, enum sim_op op, const char *path);

/* The effect of an entry on the card, without faults and record. entry->file of a CREATE is given when it is done again, else 0. */
struct given {
    const char *path, *to;
    const void *data;
};
void sim_effect(struct sim_disk *disk, struct sim_entry *entry, const struct given *given);

#endif
