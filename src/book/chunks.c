#include "book/chunks.h"

/* Fill bounds: under CHUNK_LOW a chunk is merged with its neighbour when both fit in CHUNK_MERGED,
   else they are evened out; the distance to CHUNK_ENTRIES keeps a level that comes and goes from
   merging and splitting each time. */
enum { CHUNK_LOW = 16, CHUNK_MERGED = 48 };

/* ---- search ------------------------------------------------------------------------------ */

/* The child that answers for `key`. */
static inline uint32_t chunk_child(const struct chunk *chunk, int64_t key)
{
    uint32_t below = chunk_below(chunk, key);

    if (below < chunk->count && chunk->key[below] == key)
        return below;
    return below > 0 ? below - 1 : 0;
}

/* The way from the root to a leaf. */
struct chunk_path {
    uint32_t id[CHUNK_HEIGHT_MAX]; /* [0] the root ... [height] the leaf */
    uint32_t child[CHUNK_HEIGHT_MAX];
    int64_t low, high; /* keys that the leaf answers for, inclusive */
};

static void path_find(const struct chunk_tree *tree, const struct book_pool *pool, int64_t key,
                      struct chunk_path *path)
{
    uint32_t id = tree->root;

    path->low = INT64_MIN;
    path->high = INT64_MAX;
    for (uint32_t depth = 0; depth < tree->height; depth++) {
        const struct chunk *inner = &pool->chunk[id];
        uint32_t child = chunk_child(inner, key);
        path->id[depth] = id;
        path->child[depth] = child;
        if (child > 0)
            path->low = inner->key[child];
        if (child + 1 < inner->count)
            path->high = inner->key[child + 1] - 1;
        id = (uint32_t)inner->value[child];
    }
    path->id[tree->height] = id;
}

static void finger_set(struct chunk_tree *tree, const struct chunk_path *path)
{
    tree->finger = path->id[tree->height];
    tree->finger_low = path->low;
    tree->finger_high = path->high;
}

static uint32_t tree_leaf(const struct chunk_tree *tree, const struct book_pool *pool, int64_t key)
{
    struct chunk_path path;

    if (tree->finger != CHUNK_NONE && key >= tree->finger_low && key <= tree->finger_high)
        return tree->finger;
    path_find(tree, pool, key, &path);
    return path.id[tree->height];
}

/* As tree_leaf; the finger is left there. */
static uint32_t tree_point(struct chunk_tree *tree, const struct book_pool *pool, int64_t key)
{
    struct chunk_path path;

    if (tree->finger != CHUNK_NONE && key >= tree->finger_low && key <= tree->finger_high)
        return tree->finger;
    path_find(tree, pool, key, &path);
    finger_set(tree, &path);
    return tree->finger;
}

/* ---- growing ----------------------------------------------------------------------------- */

/* Give the full leaf's surplus to a neighbour under the same parent that has room. */
static bool leaf_lend(struct book_pool *pool, const struct chunk_path *path, uint32_t height)
{
    if (height == 0)
        return false;
    struct chunk *parent = &pool->chunk[path->id[height - 1]];
    uint32_t child = path->child[height - 1];
    for (uint32_t left = child > 0 ? child - 1 : child; left <= child; left++) {
        if (left + 1 >= parent->count)
            break;
        struct chunk *a = &pool->chunk[parent->value[left]],
                     *b = &pool->chunk[parent->value[left + 1]];
        if (a->count + b->count > CHUNK_ENTRIES + CHUNK_MERGED)
            continue;
        chunk_even(a, b, (a->count + b->count) / 2);
        parent->key[left + 1] = b->key[0];
        return true;
    }
    return false;
}

static void root_grow(struct chunk_tree *tree, struct book_pool *pool)
{
    uint32_t id = chunk_take(pool);

    TD_ASSERT(tree->height + 2 < CHUNK_HEIGHT_MAX, "16^6 levels are more than any pool");
    chunk_insert(&pool->chunk[id], 0, INT64_MIN, tree->root);
    tree->root = id;
    tree->height++;
}

/* Split the chunk at `depth` of the path, its ancestors first where they are full. `key` decides
 * where the cut is best. */
static void chunk_split(struct chunk_tree *tree, struct book_pool *pool, uint32_t depth,
                        int64_t key)
{
    struct chunk_path path;

    path_find(tree, pool, key, &path);
    if (depth == 0) {
        root_grow(tree, pool);
        depth = 1;
        path_find(tree, pool, key, &path);
    } else if (pool->chunk[path.id[depth - 1]].count == CHUNK_ENTRIES) {
        uint32_t height = tree->height;
        chunk_split(tree, pool, depth - 1, key);
        depth += tree->height - height;
        path_find(tree, pool, key, &path);
    }
    uint32_t left_id = path.id[depth], right_id = chunk_take(pool);
    struct chunk *left = &pool->chunk[left_id], *right = &pool->chunk[right_id];
    bool appends = key > left->key[left->count - 1], prepends = key < left->key[1];
    uint32_t kept = appends ? CHUNK_ENTRIES - 2 : prepends ? 2 : CHUNK_ENTRIES / 2;
    chunk_even(left, right, kept);
    if (depth == tree->height) {
        right->next = left->next;
        left->next = right_id;
    }
    chunk_insert(&pool->chunk[path.id[depth - 1]], path.child[depth - 1] + 1, right->key[0],
                 right_id);
}

static int tree_insert(struct chunk_tree *tree, struct book_pool *pool, int64_t key, int64_t size)
{
    struct chunk_path path;

    if (tree->root == CHUNK_NONE) {
        TD_FAIL_IF(pool->free_chunks == 0, TD_E_BOOK_FULL);
        tree->root = tree->first = chunk_take(pool);
    }
    path_find(tree, pool, key, &path);
    if (pool->chunk[path.id[tree->height]].count == CHUNK_ENTRIES) {
        if (!leaf_lend(pool, &path, tree->height)) {
            TD_FAIL_IF(pool->free_chunks < tree->height + 2, TD_E_BOOK_FULL);
            chunk_split(tree, pool, tree->height, key);
        }
        path_find(tree, pool, key, &path);
    }
    struct chunk *leaf = &pool->chunk[path.id[tree->height]];
    chunk_insert(leaf, chunk_below(leaf, key), key, size);
    tree->levels++;
    finger_set(tree, &path);
    return BOOK_CHANGED;
}

/* ---- shrinking --------------------------------------------------------------------------- */

/* Merge or even out the pair `left`, `left` + 1 of a parent. */
static void pair_join(struct book_pool *pool, struct chunk *parent, uint32_t left, bool leaves)
{
    uint32_t right_id = (uint32_t)parent->value[left + 1];
    struct chunk *a = &pool->chunk[parent->value[left]], *b = &pool->chunk[right_id];
    uint32_t total = a->count + b->count;

    if (!leaves)
        b->key[0] = parent->key[left + 1]; /* its own is stale after a rescale */
    if (total > CHUNK_MERGED) {
        chunk_even(a, b, total / 2);
        parent->key[left + 1] = b->key[0];
        return;
    }
    chunk_even(a, b, total);
    if (leaves)
        a->next = b->next;
    chunk_erase(parent, left + 1);
    chunk_give(pool, right_id);
}

static void tree_shrink(struct chunk_tree *tree, struct book_pool *pool,
                        const struct chunk_path *path)
{
    for (uint32_t depth = tree->height; depth > 0; depth--) {
        struct chunk *parent = &pool->chunk[path->id[depth - 1]];
        uint32_t child = path->child[depth - 1];
        if (pool->chunk[path->id[depth]].count >= CHUNK_LOW)
            return;
        if (parent->count > 1)
            pair_join(pool, parent, child > 0 ? child - 1 : 0, depth == tree->height);
    }
    while (tree->height > 0 && pool->chunk[tree->root].count == 1) {
        uint32_t old = tree->root;
        tree->root = (uint32_t)pool->chunk[old].value[0];
        tree->height--;
        chunk_give(pool, old);
    }
}

static int tree_erase(struct chunk_tree *tree, struct book_pool *pool, uint32_t leaf_id,
                      uint32_t at, int64_t key)
{
    struct chunk *leaf = &pool->chunk[leaf_id];

    chunk_erase(leaf, at);
    tree->levels--;
    if (tree->levels == 0) {
        chunk_tree_clear(tree, pool);
    } else if (leaf->count < CHUNK_LOW && tree->height > 0) {
        struct chunk_path path;
        path_find(tree, pool, key, &path);
        tree->finger = CHUNK_NONE;
        tree_shrink(tree, pool, &path);
    }
    return BOOK_DELETED;
}

/* ---- the tree ---------------------------------------------------------------------------- */

void chunk_tree_init(struct chunk_tree *tree)
{
    *tree = (struct chunk_tree){.root = CHUNK_NONE, .first = CHUNK_NONE, .finger = CHUNK_NONE};
}

static void give_below(struct book_pool *pool, uint32_t id, uint32_t height)
{
    const struct chunk *chunk = &pool->chunk[id];

    for (uint32_t i = 0; height > 0 && i < chunk->count; i++)
        give_below(pool, (uint32_t)chunk->value[i], height - 1);
    chunk_give(pool, id);
}

void chunk_tree_clear(struct chunk_tree *tree, struct book_pool *pool)
{
    if (tree->root != CHUNK_NONE)
        give_below(pool, tree->root, tree->height);
    chunk_tree_init(tree);
}

int chunk_tree_set(struct chunk_tree *tree, struct book_pool *pool, int64_t key, int64_t size,
                   int64_t *was)
{
    *was = 0;
    if (tree->root == CHUNK_NONE)
        return size == 0 ? BOOK_UNKNOWN_DELETE : tree_insert(tree, pool, key, size);

    uint32_t leaf_id = tree_point(tree, pool, key);
    struct chunk *leaf = &pool->chunk[leaf_id];
    uint32_t at = chunk_below(leaf, key);
    bool present = at < leaf->count && leaf->key[at] == key;
    if (present)
        *was = leaf->value[at];
    if (size == 0)
        return present ? tree_erase(tree, pool, leaf_id, at, key) : BOOK_UNKNOWN_DELETE;
    if (present) {
        if (leaf->value[at] == size)
            return BOOK_SAME;
        leaf->value[at] = size;
        return BOOK_CHANGED;
    }
    if (leaf->count == CHUNK_ENTRIES)
        return tree_insert(tree, pool, key, size);
    chunk_insert(leaf, at, key, size);
    tree->levels++;
    return BOOK_CHANGED;
}

int64_t chunk_tree_size(const struct chunk_tree *tree, const struct book_pool *pool, int64_t key)
{
    if (tree->root == CHUNK_NONE)
        return 0;
    const struct chunk *leaf = &pool->chunk[tree_leaf(tree, pool, key)];
    uint32_t at = chunk_below(leaf, key);
    return at < leaf->count && leaf->key[at] == key ? leaf->value[at] : 0;
}

bool chunk_tree_worst(const struct chunk_tree *tree, const struct book_pool *pool, int64_t *key,
                      int64_t *size)
{
    if (tree->root == CHUNK_NONE)
        return false;
    const struct chunk *chunk = &pool->chunk[tree->root];
    for (uint32_t depth = 0; depth < tree->height; depth++)
        chunk = &pool->chunk[chunk->value[chunk->count - 1]];
    *key = chunk->key[chunk->count - 1];
    *size = chunk->value[chunk->count - 1];
    return true;
}

struct chunk_at chunk_tree_first(const struct chunk_tree *tree)
{
    return (struct chunk_at){tree->first, 0};
}

struct chunk_at chunk_tree_from(const struct chunk_tree *tree, const struct book_pool *pool,
                                int64_t key)
{
    struct chunk_at at = {CHUNK_NONE, 0};

    if (tree->root == CHUNK_NONE)
        return at;
    at.leaf = tree_leaf(tree, pool, key);
    at.index = chunk_below(&pool->chunk[at.leaf], key);
    if (at.index == pool->chunk[at.leaf].count) {
        at.leaf = pool->chunk[at.leaf].next;
        at.index = 0;
    }
    return at;
}

__int128 chunk_tree_sum(const struct chunk_tree *tree, const struct book_pool *pool, int64_t low,
                        int64_t high)
{
    struct chunk_at at = chunk_tree_from(tree, pool, low);
    __int128 sum = 0;

    while (at.leaf != CHUNK_NONE && pool->chunk[at.leaf].key[at.index] <= high) {
        sum += pool->chunk[at.leaf].value[at.index];
        chunk_at_step(&at, pool);
    }
    return sum;
}

/* At the worst every leaf of the range is full and is cut twice; the rest go where cuts made room.
 */
bool chunk_tree_takes(const struct chunk_tree *tree, const struct book_pool *pool, int64_t low,
                      int64_t high, uint32_t levels)
{
    struct chunk_at at = chunk_tree_from(tree, pool, low);
    uint64_t chunks = CHUNK_HEIGHT_MAX * 2 + levels / 15;

    for (uint32_t id = at.leaf; id != CHUNK_NONE && pool->chunk[id].key[0] <= high;
         id = pool->chunk[id].next)
        chunks += 3;
    return chunks < pool->free_chunks;
}

/* ---- whole-tree work --------------------------------------------------------------------- */

static void give_inner(struct book_pool *pool, uint32_t id, uint32_t height)
{
    const struct chunk *chunk = &pool->chunk[id];

    if (height == 0)
        return;
    for (uint32_t i = 0; i < chunk->count; i++)
        give_inner(pool, (uint32_t)chunk->value[i], height - 1);
    chunk_give(pool, id);
}

/* Fill the leaves in their order; emptied ones go back to the pool. */
static void leaves_fill(struct book_pool *pool, uint32_t first)
{
    uint32_t to = first;

    for (uint32_t from = pool->chunk[to].next; from != CHUNK_NONE;) {
        struct chunk *a = &pool->chunk[to], *b = &pool->chunk[from];
        uint32_t room = CHUNK_ENTRIES - a->count, next = b->next;
        chunk_even(a, b, a->count + (b->count < room ? b->count : room));
        a->next = b->count > 0 ? from : next;
        if (b->count > 0)
            to = from;
        else
            chunk_give(pool, from);
        from = next;
    }
}

/* One layer of parents over the chain that begins at `child`; returns the first of them. */
static uint32_t parents_build(struct book_pool *pool, uint32_t child)
{
    uint32_t first = chunk_take(pool), last = first;

    for (uint32_t next; child != CHUNK_NONE; child = next) {
        struct chunk *parent = &pool->chunk[last];
        next = pool->chunk[child].next;
        /* Two short of full, so that the last parent never gets a single child. */
        if (parent->count >= CHUNK_ENTRIES - 2 && next != CHUNK_NONE) {
            parent->next = chunk_take(pool);
            last = parent->next;
            parent = &pool->chunk[last];
        }
        chunk_insert(parent, parent->count, pool->chunk[child].key[0], child);
    }
    return first;
}

/* Levels better than all there were belong below the first children. */
static void spine_open(const struct chunk_tree *tree, struct book_pool *pool)
{
    uint32_t id = tree->root;

    for (uint32_t depth = 0; depth < tree->height; depth++) {
        pool->chunk[id].key[0] = INT64_MIN;
        id = (uint32_t)pool->chunk[id].value[0];
    }
}

/* A tree of few leaves, or one that is 90 % full, is left alone: packing again for each level that
   comes would cost the whole tree each time. The new inner chunks are fewer than the ones given
   back just before. */
bool chunk_tree_pack(struct chunk_tree *tree, struct book_pool *pool)
{
    uint64_t leaves = 0;

    for (uint32_t id = tree->first; id != CHUNK_NONE; id = pool->chunk[id].next)
        leaves++;
    if (leaves < 16 || tree->levels * UINT64_C(10) > leaves * CHUNK_ENTRIES * 9)
        return false;
    give_inner(pool, tree->root, tree->height);
    leaves_fill(pool, tree->first);
    tree->root = tree->first;
    tree->finger = CHUNK_NONE;
    for (tree->height = 0; pool->chunk[tree->root].next != CHUNK_NONE; tree->height++)
        tree->root = parents_build(pool, tree->root);
    spine_open(tree, pool);
    return true;
}

static void rescale_below(struct book_pool *pool, uint32_t id, uint32_t height, bool bid,
                          int64_t price_factor, int64_t size_factor)
{
    struct chunk *chunk = &pool->chunk[id];

    /* key[0] of an inner chunk may be older than any level that is left, so it need not fit; it counts as the smallest. */
    if (height > 0)
        chunk->key[0] = INT64_MIN;
    for (uint32_t i = height > 0; i < chunk->count; i++)
        chunk->key[i] = bid ? ~(~chunk->key[i] * price_factor) : chunk->key[i] * price_factor;
    for (uint32_t i = 0; i < chunk->count; i++) {
        if (height > 0)
            rescale_below(pool, (uint32_t)chunk->value[i], height - 1, bid, price_factor,
                          size_factor);
        else
            chunk->value[i] *= size_factor;
    }
}

/* The keys between children scale too: each lies between two levels, so it fits where they do. */
void chunk_tree_rescale(struct chunk_tree *tree, struct book_pool *pool, bool bid,
                        int64_t price_factor, int64_t size_factor)
{
    if (tree->root != CHUNK_NONE)
        rescale_below(pool, tree->root, tree->height, bid, price_factor, size_factor);
    tree->finger = CHUNK_NONE;
}
