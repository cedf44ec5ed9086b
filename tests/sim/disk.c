/* The card's calls: faults first, then the record, then the effect. */
#include "sim/disk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "sim/disk_parts.h"

#define CAPACITY_DEFAULT (INT64_C(64) << 30)
enum { FILES_FIRST = 64 };

/* ---- the record ---------------------------------------------------------------------------------------------------------- */

static void keep(struct sim_disk *disk, struct sim_entry entry, const struct given *given)
{
    entry.path = store_text(&disk->store, given->path);
    entry.to = store_text(&disk->store, given->to);
    entry.data = given->data ? store_put(&disk->store, given->data, (size_t)entry.bytes) : 0;
    if (disk->entries == disk->entries_cap) {
        disk->entries_cap = disk->entries_cap ? disk->entries_cap * 2 : 1024;
        disk->entry = sim_grow(disk->entry, disk->entries_cap, sizeof *disk->entry);
    }
    disk->entry[disk->entries++] = entry;
}

/* Makes the change, and keeps it for later. */
static td_err make(struct sim_disk *disk, struct sim_entry *entry, const char *path, const char *to,
                   const void *data)
{
    struct given given = {path, to, data};
    entry->mark = disk->mark ? atomic_load_explicit(disk->mark, memory_order_acquire) : 0;
    if (disk->before)
        disk->before(disk->before_arg, disk->entries);
    entry->first = disk->seq + 1;
    sim_effect(disk, entry, &given);
    entry->last = disk->seq;
    if (disk->recording)
        keep(disk, *entry, &given);
    return entry->err;
}

/* ---- handles --------------------------------------------------------------------------------------------------------------- */

static struct handle *handle_of(struct sim_disk *disk, int number)
{
    TD_ASSERT(number >= 0 && number < HANDLES_MAX && disk->handle[number].used,
              "a handle that is open");
    return &disk->handle[number];
}

static int take_handle(struct sim_disk *disk, uint32_t file, const char *path, bool writes)
{
    for (int i = 3; i < HANDLES_MAX; i++) {
        struct handle *h = &disk->handle[i];
        if (h->used)
            continue;
        *h = (struct handle){.used = true, .writes = writes, .file = file};
        size_t bytes = strlen(path), keep = sizeof h->path - 1;
        memcpy(h->path, path + (bytes > keep ? bytes - keep : 0), bytes > keep ? keep : bytes);
        if (file != NO_FILE) {
            file_hold(disk, file);
            disk->file[file].open++;
        }
        disk->counts.handles++;
        return i;
    }
    return TD_E_IO;
}

static int disk_close(void *ctx, int number)
{
    struct sim_disk *disk = ctx;
    struct handle *h = handle_of(disk, number);
    h->used = false;
    disk->counts.handles--;
    if (h->file == NO_FILE)
        return 0;
    struct file *f = &disk->file[h->file];
    if (--f->open == 0 && !f->named)
        file_uncharge(disk, h->file);
    file_drop(disk, h->file);
    return 0;
}

void sim_disk_kill(struct sim_disk *disk)
{
    for (int i = 0; i < HANDLES_MAX && disk->counts.handles > 0; i++)
        if (disk->handle[i].used)
            disk_close(disk, i);
}

static int create(struct sim_disk *disk, const char *path)
{
    struct sim_fate fate = sim_fate_of(disk, SIM_OP_CREATE, path);
    TD_TRY(fate.err);
    struct sim_entry entry = {.op = SIM_OP_CREATE};
    TD_TRY(make(disk, &entry, path, "", NULL));
    return take_handle(disk, entry.file, path, true);
}

static int empty(struct sim_disk *disk, uint32_t file, const char *path)
{
    struct sim_fate fate = sim_fate_of(disk, SIM_OP_TRUNCATE, path);
    TD_TRY(fate.err);
    struct sim_entry entry = {.op = SIM_OP_TRUNCATE, .file = file};
    return make(disk, &entry, path, "", NULL);
}

static int disk_open(void *ctx, const char *path, int flags, int mode)
{
    struct sim_disk *disk = ctx;
    struct sim_fate fate = sim_fate_of(disk, SIM_OP_OPEN, path);
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    (void)mode;
    TD_TRY(fate.err);
    uint32_t node = names_find(&disk->cached, path);
    if (node == 0)
        return flags & O_CREAT ? create(disk, path) : TD_E_MISSING;
    TD_FAIL_IF((flags & O_CREAT) && (flags & O_EXCL), TD_E_EXISTS);
    uint32_t file = disk->cached.node[node].file;
    TD_FAIL_IF(file == NO_FILE ? writes || flags & O_CREAT : (flags & O_DIRECTORY) != 0, TD_E_IO);
    TD_FAIL_IF(writes && disk->read_only, TD_E_IO);
    if (file != NO_FILE && flags & O_TRUNC && disk->file[file].size > 0)
        TD_TRY(empty(disk, file, path));
    return take_handle(disk, file, path, writes);
}

/* ---- bytes -------------------------------------------------------------------------------------------------------------------- */

/* Bytes of the write that the card has room for. */
static int64_t room_for(const struct sim_disk *disk, uint32_t file, int64_t offset, int64_t bytes)
{
    int64_t spare = disk->capacity / PAGE - (int64_t)disk->used_pages;
    int64_t fits = 0;
    if ((int64_t)file_unpaid(disk, file, offset, bytes) <= spare)
        return bytes;
    while (fits < bytes) {
        int64_t piece = PAGE - (offset + fits) % PAGE;
        piece = piece < bytes - fits ? piece : bytes - fits;
        spare -= (int64_t)file_unpaid(disk, file, offset + fits, piece);
        if (spare < 0)
            break;
        fits += piece;
    }
    return fits;
}

static int64_t disk_write_at(void *ctx, int number, const void *data, size_t bytes, int64_t offset)
{
    struct sim_disk *disk = ctx;
    struct handle *h = handle_of(disk, number);
    struct sim_fate fate = sim_fate_of(disk, SIM_OP_WRITE, h->path);
    TD_FAIL_IF(h->file == NO_FILE || !h->writes || offset < 0, TD_E_IO);
    int64_t may = (int64_t)bytes;
    if (fate.err < 0)
        may = disk->read_only ? 0 : (int64_t)(sim_random(&disk->random) % (bytes + 1));
    int64_t fits = room_for(disk, h->file, offset, may);
    if (fits < may && fate.err == 0)
        fate.err = TD_E_DISK_FULL;
    struct sim_entry entry = {
        .op = SIM_OP_WRITE, .file = h->file, .offset = offset, .bytes = fits, .err = fate.err};
    if (fits > 0 || fate.err == 0)
        TD_TRY(make(disk, &entry, h->path, "", data));
    disk->counts.written_bytes += (uint64_t)fits;
    return fate.err < 0 ? fate.err : (int64_t)bytes;
}

static int64_t disk_read_at(void *ctx, int number, void *data, size_t bytes, int64_t offset)
{
    struct sim_disk *disk = ctx;
    struct handle *h = handle_of(disk, number);
    struct sim_fate fate = sim_fate_of(disk, SIM_OP_READ, h->path);
    TD_TRY(fate.err);
    TD_FAIL_IF(h->file == NO_FILE || offset < 0, TD_E_IO);
    return file_read(disk, h->file, data, (int64_t)bytes, offset);
}

static int sync_as(struct sim_disk *disk, int number, enum sim_op op)
{
    struct handle *h = handle_of(disk, number);
    struct sim_fate fate = sim_fate_of(disk, op, h->path);
    struct sim_entry entry = {
        .op = op, .file = h->file, .err = fate.err, .how = fate.how, .dropped = fate.err < 0};
    return make(disk, &entry, h->path, "", NULL);
}

static int disk_sync_data(void *ctx, int number)
{
    return sync_as(ctx, number, SIM_OP_SYNC_DATA);
}

static int disk_sync_all(void *ctx, int number)
{
    return sync_as(ctx, number, SIM_OP_SYNC_ALL);
}

static int disk_drop_cache(void *ctx, int number)
{
    struct sim_disk *disk = ctx;
    struct handle *h = handle_of(disk, number);
    if (h->file != NO_FILE)
        file_drop_cache(disk, h->file);
    return 0;
}

static int disk_preallocate(void *ctx, int number, int64_t bytes)
{
    struct sim_disk *disk = ctx;
    struct handle *h = handle_of(disk, number);
    struct sim_fate fate = sim_fate_of(disk, SIM_OP_PREALLOCATE, h->path);
    TD_TRY(fate.err);
    TD_FAIL_IF(h->file == NO_FILE || !h->writes || bytes < 0, TD_E_IO);
    int64_t spare = disk->capacity / PAGE - (int64_t)disk->used_pages;
    TD_FAIL_IF((int64_t)file_unpaid(disk, h->file, 0, bytes) > spare, TD_E_DISK_FULL);
    struct sim_entry entry = {.op = SIM_OP_PREALLOCATE, .file = h->file, .bytes = bytes};
    return make(disk, &entry, h->path, "", NULL);
}

static int disk_truncate(void *ctx, int number, int64_t bytes)
{
    struct sim_disk *disk = ctx;
    struct handle *h = handle_of(disk, number);
    struct sim_fate fate = sim_fate_of(disk, SIM_OP_TRUNCATE, h->path);
    TD_TRY(fate.err);
    TD_FAIL_IF(h->file == NO_FILE || !h->writes || bytes < 0, TD_E_IO);
    struct sim_entry entry = {.op = SIM_OP_TRUNCATE, .file = h->file, .bytes = bytes};
    return make(disk, &entry, h->path, "", NULL);
}

static int64_t disk_size(void *ctx, int number)
{
    struct sim_disk *disk = ctx;
    struct handle *h = handle_of(disk, number);
    return h->file == NO_FILE ? PAGE : disk->file[h->file].size;
}

/* ---- names -------------------------------------------------------------------------------------------------------------------- */

static int names_call(struct sim_disk *disk, enum sim_op op, const char *path, const char *to)
{
    struct sim_fate fate = sim_fate_of(disk, op, path);
    TD_TRY(fate.err);
    struct sim_entry entry = {.op = op};
    return make(disk, &entry, path, to, NULL);
}

static int disk_rename(void *ctx, const char *from, const char *to)
{
    struct sim_disk *disk = ctx;
    TD_FAIL_IF(names_find(&disk->cached, from) == 0, TD_E_MISSING);
    return names_call(disk, SIM_OP_RENAME, from, to);
}

static int disk_unlink(void *ctx, const char *path)
{
    struct sim_disk *disk = ctx;
    uint32_t node = names_find(&disk->cached, path);
    TD_FAIL_IF(node == 0, TD_E_MISSING);
    bool empty_folder =
        disk->cached.node[node].file == NO_FILE && disk->cached.node[node].first == 0;
    return names_call(disk, empty_folder ? SIM_OP_RMDIR : SIM_OP_UNLINK, path, "");
}

static int make_dir(struct sim_disk *disk, const char *path)
{
    uint32_t node = names_find(&disk->cached, path);
    if (node != 0)
        return disk->cached.node[node].file == NO_FILE ? 0 : TD_E_EXISTS;
    return names_call(disk, SIM_OP_MKDIR, path, "");
}

static int disk_make_dirs(void *ctx, const char *path)
{
    char partial[PATH_TEXT_MAX];
    size_t bytes = strlen(path);
    TD_FAIL_IF(bytes == 0 || bytes >= sizeof partial, TD_E_RANGE);
    memcpy(partial, path, bytes + 1);
    for (size_t i = 1; i < bytes; i++) {
        if (partial[i] != '/' || partial[i - 1] == '/')
            continue;
        partial[i] = 0;
        TD_TRY(make_dir(ctx, partial));
        partial[i] = '/';
    }
    return make_dir(ctx, partial);
}

static int remove_below(struct sim_disk *disk, uint32_t node)
{
    char path[PATH_TEXT_MAX];
    while (disk->cached.node[node].first != 0)
        TD_TRY(remove_below(disk, disk->cached.node[node].first));
    names_path(&disk->cached, node, path);
    bool folder = disk->cached.node[node].file == NO_FILE;
    return names_call(disk, folder ? SIM_OP_RMDIR : SIM_OP_UNLINK, path, "");
}

static int disk_remove_tree(void *ctx, const char *path)
{
    struct sim_disk *disk = ctx;
    uint32_t node = names_find(&disk->cached, path);
    TD_FAIL_IF(node == 0, TD_E_MISSING);
    return remove_below(disk, node);
}

/* A name as text: nodes hold it without an end. */
static void name_text(const struct node *node, char out[NAME_MAX_BYTES + 1])
{
    memcpy(out, node->name, node->name_bytes);
    out[node->name_bytes] = 0;
}

static int disk_list(void *ctx, const char *path,
                     int (*visit)(void *arg, const char *name, bool is_dir), void *arg)
{
    struct sim_disk *disk = ctx;
    struct sim_fate fate = sim_fate_of(disk, SIM_OP_LIST, path);
    TD_TRY(fate.err);
    uint32_t folder = names_find(&disk->cached, path);
    TD_FAIL_IF(folder == 0, TD_E_MISSING);
    TD_FAIL_IF(disk->cached.node[folder].file != NO_FILE, TD_E_IO);
    for (uint32_t at = disk->cached.node[folder].first; at != 0;) {
        char name[NAME_MAX_BYTES + 1];
        bool is_dir = disk->cached.node[at].file == NO_FILE;
        name_text(&disk->cached.node[at], name);
        at = disk->cached.node[at].next; /* the visitor may remove the entry it is shown */
        int answer = visit(arg, name, is_dir);
        if (answer)
            return answer;
    }
    return 0;
}

static int64_t disk_free_bytes(void *ctx, const char *path)
{
    struct sim_disk *disk = ctx;
    (void)path;
    int64_t spare = disk->capacity / PAGE - (int64_t)disk->used_pages;
    return spare > 0 ? spare * PAGE : 0;
}

/* ---- life ----------------------------------------------------------------------------------------------------------------------- */

struct sim_disk *sim_disk_new(int64_t capacity_bytes)
{
    struct sim_disk *disk = sim_grow(NULL, 1, sizeof *disk);
    memset(disk, 0, sizeof *disk);
    names_init(&disk->cached);
    names_init(&disk->durable);
    pool_reset(&disk->pool);
    disk->files = 1;
    disk->files_cap = FILES_FIRST;
    disk->file = sim_grow(NULL, FILES_FIRST, sizeof *disk->file);
    memset(disk->file, 0, FILES_FIRST * sizeof *disk->file);
    disk->capacity = capacity_bytes ? capacity_bytes : CAPACITY_DEFAULT;
    disk->table = (struct td_disk){.open = disk_open,
                                   .close = disk_close,
                                   .write_at = disk_write_at,
                                   .read_at = disk_read_at,
                                   .sync_data = disk_sync_data,
                                   .sync_all = disk_sync_all,
                                   .drop_cache = disk_drop_cache,
                                   .preallocate = disk_preallocate,
                                   .truncate = disk_truncate,
                                   .size = disk_size,
                                   .rename = disk_rename,
                                   .unlink = disk_unlink,
                                   .make_dirs = disk_make_dirs,
                                   .remove_tree = disk_remove_tree,
                                   .list = disk_list,
                                   .free_bytes = disk_free_bytes,
                                   .ctx = disk};
    return disk;
}

void sim_disk_free(struct sim_disk *disk)
{
    for (uint32_t i = 0; i < disk->files_cap; i++)
        free(disk->file[i].page);
    for (uint32_t i = 0; i < disk->pool.slabs; i++)
        free(disk->pool.slab[i]);
    free(disk->pool.slab);
    free(disk->pool.spare);
    free(disk->file);
    free(disk->pending);
    free(disk->texts.at);
    free(disk->store.at);
    free(disk->entry);
    names_free(&disk->cached);
    names_free(&disk->durable);
    free(disk);
}

const struct td_disk *sim_disk_table(struct sim_disk *disk)
{
    return &disk->table;
}
