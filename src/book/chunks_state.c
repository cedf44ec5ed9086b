/* A tree of chunks as bytes: its exact shape, for how chunks are filled decides when the pool has no more. Keys between children are set
   to the first level behind them at a save, so that the tree that goes on is the one that a load gives. */
#include "book/chunks_state.h"

struct tree_node {
    uint32_t id, count;
};

struct walk {
    struct td_state *state;
    struct book_pool *pool;
    const struct ladder *ladder;
    uint32_t last_leaf, levels;
    int64_t last_key;
    bool any;
};

/* Levels come in rising order, so that a distance to the one before is short. False: the bytes cannot be. */
static bool key_state(struct walk *walk, int64_t *key)
{
    uint64_t step = (uint64_t)*key - (uint64_t)walk->last_key;
    int64_t first = *key;
    if (!walk->any) {
        td_state_i64(walk->state, &first);
        *key = first;
    } else {
        td_state_u64(walk->state, &step);
        *key = (int64_t)((uint64_t)walk->last_key + step);
    }
    bool rises = !walk->any || *key > walk->last_key;
    walk->any = true;
    walk->last_key = *key;
    return rises && ladder_slot(walk->ladder, *key) >= walk->ladder->slots;
}

static void level_state(struct walk *walk, int64_t *key, int64_t *size)
{
    uint64_t steps = (uint64_t)*size;
    bool good = key_state(walk, key);
    td_state_u64(walk->state, &steps);
    if (!good || steps == 0 || steps > INT64_MAX)
        walk->state->failed = true;
    *size = (int64_t)steps;
}

static void leaf_state(struct walk *walk, struct tree_node node)
{
    struct chunk *leaf = &walk->pool->chunk[node.id];
    for (uint32_t i = 0; i < node.count && !walk->state->failed; i++)
        level_state(walk, &leaf->key[i], &leaf->value[i]);
    if (walk->last_leaf != CHUNK_NONE)
        walk->pool->chunk[walk->last_leaf].next = node.id;
    walk->last_leaf = node.id;
    walk->levels += node.count;
    leaf->count = node.count;
}

/* The chunk itself, new when loading; count 0: none could be had. */
static struct tree_node node_state(struct walk *walk, uint32_t id)
{
    struct td_state *state = walk->state;
    uint32_t count = state->loading ? 0 : walk->pool->chunk[id].count;
    count = td_state_count(state, count, CHUNK_ENTRIES);
    if (count == 0 || (state->loading && walk->pool->free_chunks == 0))
        state->failed = true;
    if (state->failed)
        return (struct tree_node){CHUNK_NONE, 0};
    return (struct tree_node){state->loading ? chunk_take(walk->pool) : id, count};
}

/* Keys between children as a load sets them. Returns the first level's key. */
static int64_t set_keys(struct book_pool *pool, uint32_t id, uint32_t height)
{
    struct chunk *chunk = &pool->chunk[id];
    int64_t first = chunk->key[0];
    for (uint32_t i = 0; height > 0 && i < chunk->count; i++) {
        int64_t key = set_keys(pool, (uint32_t)chunk->value[i], height - 1);
        first = i == 0 ? key : first;
        chunk->key[i] = i == 0 ? INT64_MIN : key;
    }
    return first;
}

void chunk_tree_settle(struct chunk_tree *tree, struct book_pool *pool)
{
    if (tree->root != CHUNK_NONE)
        set_keys(pool, tree->root, tree->height);
    tree->finger = CHUNK_NONE;
}

/* Returns the chunk's number; CHUNK_NONE when it failed. */
static uint32_t below_state(struct walk *walk, uint32_t id, uint32_t height)
{
    struct tree_node node = node_state(walk, id);
    if (node.count == 0)
        return CHUNK_NONE;
    if (height == 0) {
        leaf_state(walk, node);
        return node.id;
    }
    for (uint32_t i = 0; i < node.count && !walk->state->failed; i++) {
        int64_t old = walk->state->loading ? 0 : walk->pool->chunk[node.id].value[i];
        uint32_t child = below_state(walk, (uint32_t)old, height - 1);
        if (child == CHUNK_NONE)
            break;
        walk->pool->chunk[node.id].value[i] = child;
    }
    walk->pool->chunk[node.id].count = node.count;
    return node.id;
}

void chunk_tree_state(struct chunk_tree *tree, struct book_pool *pool, const struct ladder *ladder,
                      struct td_state *state)
{
    enum { HEIGHT_MOST = CHUNK_HEIGHT_MAX - 2 };
    bool holds = tree->root != CHUNK_NONE;
    if (!state->loading)
        chunk_tree_settle(tree, pool);
    td_state_bool(state, &holds);
    if (state->loading)
        chunk_tree_init(tree);
    if (!holds)
        return;
    struct walk walk = {.state = state, .pool = pool, .ladder = ladder, .last_leaf = CHUNK_NONE};
    uint32_t height = td_state_count(state, tree->height, HEIGHT_MOST);
    uint32_t root = below_state(&walk, tree->root, height);
    if (state->failed) {
        if (state->loading)
            chunk_tree_init(
                tree); /* what it took is lost: the pool is laid anew after a failed load */
        return;
    }
    if (!state->loading)
        return;
    uint32_t first = root;
    tree->root = root;
    tree->height = height;
    for (uint32_t depth = 0; depth < tree->height; depth++)
        first = (uint32_t)pool->chunk[first].value[0];
    tree->first = first;
    tree->levels = walk.levels;
    chunk_tree_settle(tree, pool);
}
