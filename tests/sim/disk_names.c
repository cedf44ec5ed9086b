/* A tree of names, found by (folder, name) through one hash table, so that a long path costs a step a part and a folder moves in one. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sim/disk_parts.h"

enum { BUCKETS_FIRST = 256, NODES_FIRST = 128 };

static uint32_t bucket_of(const struct names *names, uint32_t parent, const char *name,
                          size_t bytes)
{
    return (uint32_t)td_hash64(name, bytes, parent) & (names->buckets - 1);
}

static uint32_t child(const struct names *names, uint32_t parent, const char *name, size_t bytes)
{
    uint32_t at = names->bucket[bucket_of(names, parent, name, bytes)];
    for (; at != 0; at = names->node[at].chain) {
        const struct node *node = &names->node[at];
        if (node->parent == parent && node->name_bytes == bytes &&
            memcmp(node->name, name, bytes) == 0)
            return at;
    }
    return 0;
}

void names_reset(struct names *names)
{
    memset(names->bucket, 0, names->buckets * sizeof *names->bucket);
    names->count = ROOT + 1;
    names->free = 0;
    memset(&names->node[ROOT], 0, sizeof names->node[ROOT]);
}

void names_init(struct names *names)
{
    *names = (struct names){.cap = NODES_FIRST, .buckets = BUCKETS_FIRST};
    names->node = sim_grow(NULL, names->cap, sizeof *names->node);
    names->bucket = sim_grow(NULL, names->buckets, sizeof *names->bucket);
    names_reset(names);
}

void names_free(struct names *names)
{
    free(names->node);
    free(names->bucket);
}

void names_copy(struct names *to, const struct names *from)
{
    if (to->cap < from->count)
        to->node = sim_grow(to->node, to->cap = from->cap, sizeof *to->node);
    if (to->buckets != from->buckets)
        to->bucket = sim_grow(to->bucket, to->buckets = from->buckets, sizeof *to->bucket);
    memcpy(to->node, from->node, from->count * sizeof *to->node);
    memcpy(to->bucket, from->bucket, from->buckets * sizeof *to->bucket);
    to->count = from->count;
    to->free = from->free;
}

/* Next part of a path: its start, and its length in *bytes; NULL at the end. */
static const char *part(const char **path, size_t *bytes)
{
    const char *at = *path + strspn(*path, "/");
    *bytes = strcspn(at, "/");
    *path = at + *bytes;
    if (*bytes == 1 && *at == '.')
        return part(path, bytes);
    return *bytes ? at : NULL;
}

uint32_t names_find(const struct names *names, const char *path)
{
    uint32_t at = ROOT;
    size_t bytes;
    for (const char *name; at != 0 && (name = part(&path, &bytes)) != NULL;)
        at = names->node[at].file != NO_FILE ? 0 : child(names, at, name, bytes);
    return at;
}

uint32_t names_parent(const struct names *names, const char *path, const char **name)
{
    uint32_t at = ROOT, parent = 0;
    size_t bytes;
    *name = "";
    for (const char *piece; (piece = part(&path, &bytes)) != NULL;) {
        if (at == 0 || names->node[at].file != NO_FILE)
            return 0;
        parent = at;
        *name = piece;
        at = child(names, at, piece, bytes);
    }
    return parent;
}

static void hang_in(struct names *names, uint32_t at)
{
    struct node *node = &names->node[at];
    uint32_t *bucket = &names->bucket[bucket_of(names, node->parent, node->name, node->name_bytes)];
    node->chain = *bucket;
    *bucket = at;
    struct node *folder = &names->node[node->parent];
    node->prev = 0;
    node->next = folder->first;
    if (node->next != 0)
        names->node[node->next].prev = at;
    folder->first = at;
}

static void take_out(struct names *names, uint32_t at)
{
    struct node *node = &names->node[at];
    uint32_t *link = &names->bucket[bucket_of(names, node->parent, node->name, node->name_bytes)];
    while (*link != at)
        link = &names->node[*link].chain;
    *link = node->chain;
    if (node->prev != 0)
        names->node[node->prev].next = node->next;
    else
        names->node[node->parent].first = node->next;
    if (node->next != 0)
        names->node[node->next].prev = node->prev;
}

static void widen(struct names *names)
{
    names->buckets *= 4;
    names->bucket = sim_grow(names->bucket, names->buckets, sizeof *names->bucket);
    memset(names->bucket, 0, names->buckets * sizeof *names->bucket);
    for (uint32_t i = ROOT + 1; i < names->count; i++) {
        struct node *node = &names->node[i];
        if (node->parent == 0)
            continue;
        uint32_t *bucket =
            &names->bucket[bucket_of(names, node->parent, node->name, node->name_bytes)];
        node->chain = *bucket;
        *bucket = i;
    }
}

static void set_place(struct node *node, uint32_t parent, const char *name)
{
    size_t bytes = strcspn(name, "/");
    TD_ASSERT(bytes > 0 && bytes <= NAME_MAX_BYTES, "a name that the simulated card can hold");
    node->parent = parent;
    node->name_bytes = (uint8_t)bytes;
    memcpy(node->name, name, bytes);
}

uint32_t names_add(struct names *names, uint32_t parent, const char *name, uint32_t file)
{
    uint32_t at = names->free;
    if (at != 0) {
        names->free = names->node[at].next;
    } else {
        if (names->count == names->cap)
            names->node = sim_grow(names->node, names->cap *= 2, sizeof *names->node);
        at = names->count++;
    }
    struct node *node = &names->node[at];
    node->first = 0;
    node->file = file;
    set_place(node, parent, name);
    hang_in(names, at);
    if (names->count > names->buckets * 2)
        widen(names);
    return at;
}

void names_remove(struct names *names, uint32_t at)
{
    TD_ASSERT(names->node[at].first == 0 && at != ROOT, "only what holds nothing goes");
    take_out(names, at);
    names->node[at].parent = 0;
    names->node[at].next = names->free;
    names->free = at;
}

void names_move(struct names *names, uint32_t at, uint32_t parent, const char *name)
{
    take_out(names, at);
    set_place(&names->node[at], parent, name);
    hang_in(names, at);
}

void names_path(const struct names *names, uint32_t node, char out[PATH_TEXT_MAX])
{
    uint32_t trail[64];
    unsigned depth = 0;
    size_t used = 0;
    for (; node != ROOT && depth < 64; node = names->node[node].parent)
        trail[depth++] = node;
    while (depth > 0) {
        const struct node *n = &names->node[trail[--depth]];
        TD_ASSERT(used + n->name_bytes + 2 < PATH_TEXT_MAX, "a path of reasonable length");
        if (used)
            out[used++] = '/';
        memcpy(out + used, n->name, n->name_bytes);
        used += n->name_bytes;
    }
    out[used] = 0;
}

bool names_is_below(const struct names *names, uint32_t node, uint32_t folder)
{
    for (; node != 0; node = names->node[node].parent)
        if (node == folder)
            return true;
    return false;
}
