/* Power cuts, copies, and the record done again. */
#include <stdlib.h>
#include <string.h>

#include "sim/disk_parts.h"

const char *const sim_cut_words[SIM_CUT_MODES] = {"none", "all", "prefix", "reversed", "random"};

/* ---- effects ------------------------------------------------------------------------------------------------------------ */

static void effect_sync_data(struct sim_disk *disk, const struct sim_entry *entry)
{
    struct file *f = &disk->file[entry->file];
    if (entry->file == NO_FILE || entry->how == SIM_FAULT_LIE + 1)
        return;
    if (entry->how == SIM_FAULT_LATE + 1) {
        file_sync_upto(disk, entry->file, f->late);
        f->late = disk->seq;
    } else if (entry->dropped) {
        file_give_up(disk, entry->file);
    } else {
        file_sync(disk, entry->file, entry->how);
    }
}

/* A failed sync of everything leaves the names in doubt; the data that was to be saved is given up. */
static void effect_sync_all(struct sim_disk *disk, const struct sim_entry *entry)
{
    bool late = entry->how == SIM_FAULT_LATE + 1;
    if (entry->how == SIM_FAULT_LIE + 1)
        return;
    for (uint32_t i = 1; i < disk->files; i++) {
        if (!disk->file[i].used || !file_dirty(&disk->file[i]))
            continue;
        if (late)
            file_sync_upto(disk, i, disk->late_all);
        else if (entry->dropped)
            file_give_up(disk, i);
        else
            file_sync(disk, i, entry->how);
    }
    if (!entry->dropped)
        change_settle(disk, late ? disk->late_all : UINT32_MAX);
    disk->late_all = late ? disk->seq : 0;
}

static td_err effect(struct sim_disk *disk, struct sim_entry *entry, const struct given *given)
{
    const char *path = given->path, *to = given->to;
    switch (entry->op) {
    case SIM_OP_CREATE:
        return change_create(disk, path, &entry->file);
    case SIM_OP_WRITE:
        file_write(disk, entry->file, given->data, entry->bytes, entry->offset);
        return entry->err;
    case SIM_OP_SYNC_DATA:
        effect_sync_data(disk, entry);
        return entry->err;
    case SIM_OP_SYNC_ALL:
        effect_sync_all(disk, entry);
        return entry->err;
    case SIM_OP_PREALLOCATE:
        file_reserve(disk, entry->file, entry->bytes);
        return 0;
    case SIM_OP_TRUNCATE:
        file_truncate(disk, entry->file, entry->bytes);
        return 0;
    case SIM_OP_RENAME:
        return change_rename(disk, path, to);
    case SIM_OP_UNLINK:
        return change_unlink(disk, path);
    case SIM_OP_MKDIR:
        return change_mkdir(disk, path);
    case SIM_OP_RMDIR:
        return change_rmdir(disk, path);
    default:
        return 0;
    }
}

void sim_effect(struct sim_disk *disk, struct sim_entry *entry, const struct given *given)
{
    entry->err = effect(disk, entry, given);
}

/* ---- the record ----------------------------------------------------------------------------------------------------------- */

void sim_disk_record(struct sim_disk *disk, const _Atomic uint64_t *mark)
{
    disk->entries = 0;
    disk->store.used = 0;
    disk->mark = mark;
    disk->recording = true;
}

void sim_disk_record_end(struct sim_disk *disk)
{
    disk->recording = false;
    disk->mark = NULL;
}

uint32_t sim_disk_entries(const struct sim_disk *disk)
{
    return disk->entries;
}

const struct sim_entry *sim_disk_entry(const struct sim_disk *disk, uint32_t index)
{
    TD_ASSERT(index < disk->entries, "an entry of the record");
    return &disk->entry[index];
}

const char *sim_disk_text(const struct sim_disk *disk, uint64_t place)
{
    return disk->store.at + place;
}

void sim_disk_redo(struct sim_disk *disk, const struct sim_disk *record, uint32_t index)
{
    struct sim_entry entry = *sim_disk_entry(record, index);
    const char *text = record->store.at;
    struct given given = {text + entry.path, text + entry.to, text + entry.data};
    bool by_file = entry.op == SIM_OP_WRITE || entry.op == SIM_OP_TRUNCATE ||
                   entry.op == SIM_OP_PREALLOCATE || entry.op == SIM_OP_SYNC_DATA;
    if (by_file && !disk->file[entry.file].used) { /* has no name and was only still open */
        disk->seq = entry.last;
        return;
    }
    sim_effect(disk, &entry, &given);
    TD_ASSERT(entry.err == record->entry[index].err && disk->seq == record->entry[index].last,
              "done again, a change does the same");
}

void sim_disk_on_change(struct sim_disk *disk, void (*before)(void *arg, uint32_t entry), void *arg)
{
    disk->before = before;
    disk->before_arg = arg;
}

/* ---- copies ------------------------------------------------------------------------------------------------------------------- */

static void clear_settings(struct sim_disk *disk)
{
    memset(disk->handle, 0, sizeof disk->handle);
    memset(&disk->counts, 0, sizeof disk->counts);
    disk->armed_count = 0;
    disk->read_only = disk->recording = false;
    disk->false_capacity = 0;
    disk->entries = 0;
    disk->store.used = 0;
    disk->mark = NULL;
    disk->before = NULL;
}

void sim_disk_reset(struct sim_disk *disk)
{
    clear_settings(disk);
    names_reset(&disk->cached);
    names_reset(&disk->durable);
    pool_reset(&disk->pool);
    for (uint32_t i = 0; i < disk->files; i++) {
        disk->file[i].used = false;
        disk->file[i].pages = 0;
    }
    disk->files = 1;
    disk->files_free = 0;
    disk->pending_count = 0;
    disk->texts.used = 0;
    disk->seq = 0;
    disk->used_pages = 0;
    disk->late_all = 0;
}

static void copy_pending(struct sim_disk *to, const struct sim_disk *from)
{
    if (to->pending_cap < from->pending_count)
        to->pending =
            sim_grow(to->pending, to->pending_cap = from->pending_count * 2, sizeof *to->pending);
    if (from->pending_count)
        memcpy(to->pending, from->pending, from->pending_count * sizeof *to->pending);
    to->pending_count = from->pending_count;
    to->texts.used = 0;
    if (from->texts.used)
        store_put(&to->texts, from->texts.at, from->texts.used);
}

/* File numbers stay the same, so that a record of `from` fits. Handles of `from` count as holders no longer. */
void sim_disk_copy(struct sim_disk *to, const struct sim_disk *from)
{
    sim_disk_reset(to);
    want_files(to, from->files);
    to->files = from->files;
    to->files_free = from->files_free;
    for (uint32_t i = 1; i < from->files; i++)
        file_copy(to, from, i);
    names_copy(&to->cached, &from->cached);
    names_copy(&to->durable, &from->durable);
    copy_pending(to, from);
    to->seq = from->seq;
    to->capacity = from->capacity;
    to->used_pages = from->used_pages;
    to->late_all = from->late_all;
    for (int i = 0; i < HANDLES_MAX; i++)
        if (from->handle[i].used)
            to->handle[i] = from->handle[i];
    to->counts.handles = from->counts.handles;
}

/* ---- cuts ---------------------------------------------------------------------------------------------------------------------- */

static struct choice choice_of(const struct sim_cut *cut)
{
    static const uint32_t shares[] = {3277, 16384, 32768, 49152, 62259};
    struct choice choice = {.cut = *cut, .random = cut->seed};
    uint64_t draw = sim_random(&choice.random);
    choice.share = shares[draw % 5];
    choice.whole_pages = draw >> 32 & 1;
    return choice;
}

static void each_file(struct sim_disk *disk, const struct names *names,
                      void (*act)(struct sim_disk *disk, uint32_t file))
{
    for (uint32_t i = ROOT + 1; i < names->count; i++)
        if (names->node[i].parent != 0 && names->node[i].file != NO_FILE)
            act(disk, names->node[i].file);
}

static void now_named(struct sim_disk *disk, uint32_t file)
{
    file_hold(disk, file);
    disk->file[file].named = true;
}

void sim_disk_cut(struct sim_disk *disk, const struct sim_cut *cut)
{
    struct choice choice = choice_of(cut);
    sim_disk_kill(disk);
    clear_settings(disk);
    disk->late_all = 0;
    for (uint32_t i = 1; i < disk->files; i++)
        if (disk->file[i].used)
            file_cut(disk, i, &choice);
    change_cut(disk, &choice);
    each_file(disk, &disk->cached, file_drop);
    names_copy(&disk->cached, &disk->durable);
    each_file(disk, &disk->cached, now_named);
    disk->seq = 0;
}

/* ---- damage ----------------------------------------------------------------------------------------------------------------------- */

bool sim_disk_rot(struct sim_disk *disk, const char *path, int64_t offset, uint8_t mask)
{
    uint32_t node = names_find(&disk->cached, path);
    uint32_t file = node ? disk->cached.node[node].file : NO_FILE;
    if (file == NO_FILE || offset < 0 || offset >= disk->file[file].size ||
        offset / PAGE >= disk->file[file].pages)
        return false;
    struct page *page = &disk->file[file].page[offset / PAGE];
    if (page->durable == 0)
        return false;
    if (page->durable == page->cached)
        page->durable = pool_take(&disk->pool, pool_at(&disk->pool, page->cached));
    pool_at(&disk->pool, page->durable)[offset % PAGE] ^= mask;
    return true;
}

bool sim_disk_vanish(struct sim_disk *disk, const char *path)
{
    uint32_t seen = names_find(&disk->cached, path);
    if (seen == 0)
        return false;
    change_settle(disk, UINT32_MAX);
    uint32_t kept = names_find(&disk->durable, path);
    sim_remove_all(disk, &disk->cached, seen);
    if (kept != 0)
        sim_remove_all(disk, &disk->durable, kept);
    return true;
}

/* ---- looking ------------------------------------------------------------------------------------------------------------------------ */

int64_t sim_disk_peek(const struct sim_disk *disk, const char *path, void *out, int64_t cap)
{
    uint32_t node = names_find(&disk->cached, path);
    uint32_t file = node ? disk->cached.node[node].file : NO_FILE;
    if (file == NO_FILE)
        return -1;
    int64_t bytes = disk->file[file].size;
    file_read(disk, file, out, bytes < cap ? bytes : cap, 0);
    return bytes;
}

bool sim_disk_exists(const struct sim_disk *disk, const char *path)
{
    return names_find(&disk->cached, path) != 0;
}

void sim_disk_walk(const struct sim_disk *disk, const char *folder,
                   void (*visit)(void *arg, const char *path, int64_t bytes), void *arg)
{
    const struct names *names = &disk->cached;
    uint32_t top = names_find(names, folder);
    for (uint32_t i = ROOT + 1; top != 0 && i < names->count; i++) {
        char path[PATH_TEXT_MAX];
        const struct node *node = &names->node[i];
        if (node->parent == 0 || node->file == NO_FILE || !names_is_below(names, i, top))
            continue;
        names_path(names, i, path);
        visit(arg, path, disk->file[node->file].size);
    }
}

struct sim_disk_counts sim_disk_counts(const struct sim_disk *disk)
{
    struct sim_disk_counts counts = disk->counts;
    counts.used_bytes = (int64_t)disk->used_pages * PAGE;
    counts.files = 0;
    for (uint32_t i = 1; i < disk->files; i++)
        counts.files += disk->file[i].used;
    return counts;
}
