#include "store/local_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

enum { LEVEL_BYTES_MIN = 4096, NAME_BYTES_MAX = WALK_NAME_MAX - 1 };

bool walk_name_fine(const char *name, size_t bytes)
{
    return bytes > 0 && bytes <= NAME_BYTES_MAX && name[0] != '.' &&
           memchr(name, '\\', bytes) == NULL;
}

bool walk_key_fine(const char *key)
{
    if (strlen(key) >= PLACE_KEY_MAX)
        return false;
    for (const char *at = key;; at++) {
        size_t bytes = strcspn(at, "/");
        if (!walk_name_fine(at, bytes))
            return false;
        at += bytes;
        if (*at == 0)
            return true;
    }
}

/* ---- names of one folder -------------------------------------------------------------------------- */

/* Places grow down from the end of the share while texts grow up from its beginning. */
static uint32_t *places(const struct local_walk *walk, const struct walk_level *level)
{
    return (uint32_t *)(void *)(walk->memory + level->limit) - level->count;
}

static const char *text_at(const struct local_walk *walk, uint32_t place)
{
    return (const char *)walk->memory + place;
}

static const char *name_of(const struct local_walk *walk, const struct walk_level *level,
                           uint32_t index)
{
    return text_at(walk, places(walk, level)[index]);
}

static int by_text(const void *a, const void *b, void *memory)
{
    return strcmp((const char *)memory + *(const uint32_t *)a,
                  (const char *)memory + *(const uint32_t *)b);
}

static int by_place(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other;
}

static void sort(struct local_walk *walk, struct walk_level *level)
{
    if (level->count > 1)
        qsort_r(places(walk, level), level->count, sizeof(uint32_t), by_text, walk->memory);
}

/* The share is full: the later half of the names goes, and none behind the last one kept is taken any more. */
static void halve(struct local_walk *walk, struct walk_level *level)
{
    sort(walk, level);
    uint32_t keep = level->count / 2;
    uint32_t *at = places(walk, level);
    memmove(at + (level->count - keep), at, keep * sizeof *at);
    level->count = keep;
    level->cut = true;
    const char *last = name_of(walk, level, keep - 1);
    td_text_copy(walk->bound, sizeof walk->bound, last, strlen(last));
    at = places(walk, level);
    qsort(at, keep, sizeof *at, by_place);
    level->text_end = level->base;
    for (uint32_t i = 0; i < keep; i++) {
        size_t bytes = strlen(text_at(walk, at[i])) + 1;
        memmove(walk->memory + level->text_end, text_at(walk, at[i]), bytes);
        at[i] = level->text_end;
        level->text_end += (uint32_t)bytes;
    }
}

static void add(struct local_walk *walk, struct walk_level *level, const char *text, size_t bytes)
{
    size_t wanted = bytes + 1 + sizeof(uint32_t) * (level->count + 1);
    if (level->text_end + wanted > level->limit) {
        halve(walk, level);
        if (strcmp(text, walk->bound) > 0)
            return;
    }
    memcpy(walk->memory + level->text_end, text, bytes + 1);
    level->count++;
    places(walk, level)[0] = level->text_end;
    level->text_end += (uint32_t)(bytes + 1);
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Behind where the walk begins, or a folder that has names behind it. */
static bool is_wanted(const struct local_walk *walk, const char *text, bool is_dir)
{
    if (walk->depth == 1 && !begins_with(text, walk->filter))
        return false;
    if (strcmp(text, walk->rest) > 0)
        return true;
    return !walk->again && is_dir && begins_with(walk->rest, text) &&
           !(walk->delimited && walk->skip_prefix);
}

static int see(void *arg, const char *name, bool is_dir)
{
    struct local_walk *walk = arg;
    struct walk_level *level = &walk->level[walk->depth - 1];
    char text[WALK_NAME_MAX + 1];
    size_t bytes = strlen(name);
    if (name[0] == '.')
        return 0;
    if (!walk_name_fine(name, bytes)) {
        TD_WARN("store", "event=name_passed_over reason=no_store_has_such_a_name folder=\"%s\"",
                walk->path);
        return 0;
    }
    memcpy(text, name, bytes + 1);
    if (is_dir) {
        text[bytes++] = '/';
        text[bytes] = 0;
    }
    if (is_wanted(walk, text, is_dir) && !(level->cut && strcmp(text, walk->bound) > 0))
        add(walk, level, text, bytes);
    return 0;
}

/* A folder that went away has no names. */
static td_err list_folder(struct local_walk *walk)
{
    size_t last = strlen(walk->path) - 1;
    bool cut = last > 0; /* of the root of all the slash is the name */
    walk->path[last] = cut ? 0 : '/';
    td_err err = walk->disk->list(walk->disk->ctx, walk->path, see, walk);
    walk->path[last] = '/';
    return err == TD_E_MISSING ? 0 : err;
}

/* Reads the folder that walk->path names, from walk->rest on. */
static td_err fill(struct local_walk *walk)
{
    struct walk_level *level = &walk->level[walk->depth - 1];
    uint32_t share = (walk->room - level->base) / 2;
    share = share < LEVEL_BYTES_MIN ? LEVEL_BYTES_MIN : share;
    TD_FAIL_IF(level->base + share > walk->room, TD_E_NO_ROOM);
    level->limit = (level->base + share) & ~(uint32_t)(sizeof(uint32_t) - 1);
    level->text_end = level->base;
    level->count = level->next = 0;
    level->cut = false;
    TD_TRY(list_folder(walk));
    sort(walk, level);
    /* The places move down behind the texts: what is free begins there, for the folders below. */
    uint32_t end = (level->text_end + 3) & ~(uint32_t)3;
    memmove(walk->memory + end, places(walk, level), level->count * sizeof(uint32_t));
    level->limit = end + level->count * (uint32_t)sizeof(uint32_t);
    return 0;
}

/* ---- the way ---------------------------------------------------------------------------------------- */

static td_err enter(struct local_walk *walk)
{
    TD_FAIL_IF(walk->depth == WALK_DEPTH, TD_E_RANGE);
    struct walk_level *level = &walk->level[walk->depth];
    level->path_bytes = (uint32_t)strlen(walk->path);
    level->base = walk->depth ? walk->level[walk->depth - 1].limit : 0;
    walk->depth++;
    walk->again = false;
    return fill(walk);
}

/* The names that there was no room for. */
static td_err fill_again(struct local_walk *walk, struct walk_level *level)
{
    const char *last = name_of(walk, level, level->count - 1);
    td_text_copy(walk->after, sizeof walk->after, last, strlen(last));
    walk->rest = walk->after;
    walk->again = true;
    td_err err = fill(walk);
    walk->rest = "";
    return err;
}

/* Size of the file at walk->path; TD_E_MISSING: none of ours. */
static int64_t size_of(const struct local_walk *walk)
{
    const struct td_disk *disk = walk->disk;
    int file = disk->open(disk->ctx, walk->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (file == TD_E_IO && td_os_errno() != ELOOP)
        return 0;
    TD_TRY(file);
    int64_t bytes = disk->size(disk->ctx, file);
    disk->close(disk->ctx, file);
    return bytes;
}

/* 1: told, 0: to be passed over. */
static int take(struct local_walk *walk, const struct walk_level *level, const char *name,
                struct store_entry *entry)
{
    struct td_str path =
        td_str_on(walk->path + level->path_bytes, sizeof walk->path - level->path_bytes);
    td_str_add(&path, name);
    *entry = (struct store_entry){.key = walk->path + walk->root_bytes};
    if (path.cut || strlen(entry->key) >= PLACE_KEY_MAX) {
        TD_WARN("store", "event=name_passed_over reason=too_long path=\"%s\"", walk->path);
        return 0;
    }
    if (name[strlen(name) - 1] != '/') {
        entry->bytes = size_of(walk);
        return entry->bytes >= 0;
    }
    entry->is_prefix = true;
    if (walk->delimited)
        return 1;
    walk->rest = begins_with(walk->rest, name) ? walk->rest + strlen(name) : "";
    return enter(walk);
}

int walk_next(struct local_walk *walk, struct store_entry *entry)
{
    while (walk->depth > 0) {
        struct walk_level *level = &walk->level[walk->depth - 1];
        walk->path[level->path_bytes] = 0;
        if (level->next < level->count) {
            int told = take(walk, level, name_of(walk, level, level->next++), entry);
            if (told != 0)
                return told;
        } else if (level->cut) {
            TD_TRY(fill_again(walk, level));
        } else {
            walk->depth--;
            walk->rest = "";
        }
    }
    return 0;
}

td_err walk_begin(struct local_walk *walk, const struct walk_params *params)
{
    *walk = (struct local_walk){.disk = params->disk,
                                .memory = params->memory,
                                .room = params->room,
                                .delimited = params->delimited,
                                .skip_prefix = params->skip_prefix};
    struct td_str path = td_str_on(walk->path, sizeof walk->path);
    td_str_add(&path, params->root);
    td_str_add_char(&path, '/');
    walk->root_bytes = (uint32_t)path.bytes;
    td_str_add(&path, params->folder);
    TD_FAIL_IF(path.cut, TD_E_RANGE);
    TD_FAIL_IF(
        !td_text_copy(walk->filter, sizeof walk->filter, params->filter, strlen(params->filter)) ||
            !td_text_copy(walk->after, sizeof walk->after, params->after, strlen(params->after)),
        TD_E_RANGE);
    walk->rest = walk->after;
    size_t below = strlen(params->folder);
    if (begins_with(walk->after, params->folder))
        walk->rest = walk->after + below;
    else if (strcmp(walk->after, params->folder) > 0)
        return 0; /* all of the folder lies in front of it */
    else
        walk->rest = "";
    return enter(walk);
}
