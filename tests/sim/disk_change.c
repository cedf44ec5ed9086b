/* Changes of names: made at once in the view of the running system, kept as a list for the durable one until a sync takes them all. */
#include <stdlib.h>
#include <string.h>

#include "sim/disk_parts.h"

/* Beyond so many the kernel has written the oldest half by itself. */
enum { PENDING_MAX = 16384 };

uint64_t store_put(struct store *store, const void *bytes, size_t count)
{
    uint64_t place = store->used;
    if (place + count > store->cap) {
        store->cap = (place + count) * 2 + 4096;
        store->at = sim_grow(store->at, store->cap, 1);
    }
    memcpy(store->at + place, bytes, count);
    store->used += count;
    return place;
}

uint64_t store_text(struct store *store, const char *text)
{
    return store_put(store, text, strlen(text) + 1);
}

/* ---- one view ------------------------------------------------------------------------------------------------------------ */

static bool is_folder(const struct names *names, uint32_t node)
{
    return names->node[node].file == NO_FILE;
}

static void drop_name(struct sim_disk *disk, struct names *names, uint32_t node)
{
    uint32_t file = names->node[node].file;
    names_remove(names, node);
    if (file == NO_FILE)
        return;
    if (names == &disk->cached) {
        disk->file[file].named = false;
        if (disk->file[file].open == 0)
            file_uncharge(disk, file);
    }
    file_drop(disk, file);
}

static td_err apply_create(struct sim_disk *disk, struct names *names, const char *path,
                           uint32_t file)
{
    const char *name;
    uint32_t parent = names_parent(names, path, &name), old = names_find(names, path);
    TD_FAIL_IF(parent == 0, TD_E_MISSING);
    TD_FAIL_IF(old != 0 && is_folder(names, old), TD_E_EXISTS);
    file_hold(disk, file);
    if (old != 0)
        drop_name(disk, names, old);
    names_add(names, parent, name, file);
    disk->file[file].named |= names == &disk->cached;
    return 0;
}

static td_err apply_mkdir(struct names *names, const char *path)
{
    const char *name;
    uint32_t parent = names_parent(names, path, &name), old = names_find(names, path);
    TD_FAIL_IF(old != 0, is_folder(names, old) ? 0 : TD_E_EXISTS);
    TD_FAIL_IF(parent == 0, TD_E_MISSING);
    names_add(names, parent, name, NO_FILE);
    return 0;
}

static td_err apply_rename(struct sim_disk *disk, struct names *names, const char *from,
                           const char *to)
{
    const char *name;
    uint32_t node = names_find(names, from), over = names_find(names, to);
    uint32_t parent = names_parent(names, to, &name);
    TD_FAIL_IF(node == 0 || node == ROOT || parent == 0, TD_E_MISSING);
    TD_FAIL_IF(names_is_below(names, parent, node), TD_E_IO);
    if (over == node)
        return 0;
    if (over != 0) {
        TD_FAIL_IF(is_folder(names, over) != is_folder(names, node), TD_E_IO);
        TD_FAIL_IF(names->node[over].first != 0, TD_E_EXISTS);
        drop_name(disk, names, over);
    }
    names_move(names, node, parent, name);
    return 0;
}

static td_err apply_unlink(struct sim_disk *disk, struct names *names, const char *path)
{
    uint32_t node = names_find(names, path);
    TD_FAIL_IF(node == 0, TD_E_MISSING);
    TD_FAIL_IF(is_folder(names, node), TD_E_IO);
    drop_name(disk, names, node);
    return 0;
}

static td_err apply_rmdir(struct names *names, const char *path)
{
    uint32_t node = names_find(names, path);
    TD_FAIL_IF(node == 0, TD_E_MISSING);
    TD_FAIL_IF(!is_folder(names, node) || node == ROOT, TD_E_IO);
    TD_FAIL_IF(names->node[node].first != 0, TD_E_EXISTS);
    names_remove(names, node);
    return 0;
}

/* A change whose ground is not there (its folder, its source, or another file under that name) does not happen. */
static void apply_late(struct sim_disk *disk, const struct name_change *change)
{
    struct names *names = &disk->durable;
    const char *path = disk->texts.at + change->path, *to = disk->texts.at + change->to;
    uint32_t node = names_find(names, path);
    bool same = node != 0 && names->node[node].file == change->file;
    if (change->op == SIM_OP_CREATE)
        apply_create(disk, names, path, change->file);
    else if (change->op == SIM_OP_MKDIR)
        apply_mkdir(names, path);
    else if (change->op == SIM_OP_RENAME && same)
        apply_rename(disk, names, path, to);
    else if (change->op == SIM_OP_UNLINK && same)
        apply_unlink(disk, names, path);
    else if (change->op == SIM_OP_RMDIR)
        apply_rmdir(names, path);
}

/* ---- pending -------------------------------------------------------------------------------------------------------------- */

static void settle_first(struct sim_disk *disk, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        apply_late(disk, &disk->pending[i]);
        if (disk->pending[i].file != NO_FILE)
            file_drop(disk, disk->pending[i].file);
    }
    disk->pending_count -= count;
    memmove(disk->pending, disk->pending + count, disk->pending_count * sizeof *disk->pending);
    if (disk->pending_count == 0)
        disk->texts.used = 0;
}

void change_settle(struct sim_disk *disk, uint32_t upto)
{
    uint32_t count = 0;
    while (count < disk->pending_count && disk->pending[count].seq <= upto)
        count++;
    settle_first(disk, count);
}

static void later(struct sim_disk *disk, enum sim_op op, uint32_t file, const char *path,
                  const char *to)
{
    if (disk->pending_count == PENDING_MAX)
        settle_first(disk, PENDING_MAX / 2);
    if (disk->pending_count == disk->pending_cap) {
        disk->pending_cap = disk->pending_cap ? disk->pending_cap * 2 : 64;
        disk->pending = sim_grow(disk->pending, disk->pending_cap, sizeof *disk->pending);
    }
    if (file != NO_FILE)
        file_hold(disk, file);
    disk->pending[disk->pending_count++] = (struct name_change){
        op, ++disk->seq, file, store_text(&disk->texts, path), store_text(&disk->texts, to)};
}

void change_cut(struct sim_disk *disk, struct choice *choice)
{
    for (uint32_t i = 0; i < disk->pending_count; i++)
        if (choice_takes(choice, disk->pending[i].seq))
            apply_late(disk, &disk->pending[i]);
    for (uint32_t i = 0; i < disk->pending_count; i++)
        if (disk->pending[i].file != NO_FILE)
            file_drop(disk, disk->pending[i].file);
    disk->pending_count = 0;
    disk->texts.used = 0;
}

/* ---- both ------------------------------------------------------------------------------------------------------------------- */

td_err change_create(struct sim_disk *disk, const char *path, uint32_t *file)
{
    const char *name;
    uint32_t node = names_find(&disk->cached, path);
    TD_FAIL_IF(node != 0, is_folder(&disk->cached, node) ? TD_E_IO : TD_E_EXISTS);
    TD_FAIL_IF(names_parent(&disk->cached, path, &name) == 0, TD_E_MISSING);
    TD_FAIL_IF(strcspn(name, "/") > NAME_MAX_BYTES, TD_E_IO);
    *file = file_new(disk, *file);
    TD_TRY(apply_create(disk, &disk->cached, path, *file));
    later(disk, SIM_OP_CREATE, *file, path, "");
    return 0;
}

td_err change_mkdir(struct sim_disk *disk, const char *path)
{
    const char *name;
    names_parent(&disk->cached, path, &name);
    TD_FAIL_IF(strcspn(name, "/") > NAME_MAX_BYTES, TD_E_IO);
    TD_TRY(apply_mkdir(&disk->cached, path));
    later(disk, SIM_OP_MKDIR, NO_FILE, path, "");
    return 0;
}

td_err change_rename(struct sim_disk *disk, const char *from, const char *to)
{
    const char *name;
    uint32_t node = names_find(&disk->cached, from);
    TD_FAIL_IF(node == 0, TD_E_MISSING);
    names_parent(&disk->cached, to, &name);
    TD_FAIL_IF(strcspn(name, "/") > NAME_MAX_BYTES, TD_E_IO);
    uint32_t file = disk->cached.node[node].file;
    TD_TRY(apply_rename(disk, &disk->cached, from, to));
    later(disk, SIM_OP_RENAME, file, from, to);
    return 0;
}

td_err change_unlink(struct sim_disk *disk, const char *path)
{
    uint32_t node = names_find(&disk->cached, path);
    TD_FAIL_IF(node == 0, TD_E_MISSING);
    uint32_t file = disk->cached.node[node].file;
    TD_FAIL_IF(file == NO_FILE, TD_E_IO);
    later(disk, SIM_OP_UNLINK, file, path, ""); /* holds the file before its name lets it go */
    return apply_unlink(disk, &disk->cached, path);
}

td_err change_rmdir(struct sim_disk *disk, const char *path)
{
    TD_TRY(apply_rmdir(&disk->cached, path));
    later(disk, SIM_OP_RMDIR, NO_FILE, path, "");
    return 0;
}

void sim_remove_all(struct sim_disk *disk, struct names *names, uint32_t node)
{
    while (names->node[node].first != 0)
        sim_remove_all(disk, names, names->node[node].first);
    drop_name(disk, names, node);
}
