#include "book/side.h"

/* How the ladder follows the touch. Nothing is checked while changes hit the ladder; each miss is
   counted, and once there were as many as the last look and the next move may cost, the place is
   looked at. So a move is paid for by misses, however the touch jumps. The touch is put at an
   eighth of the window: most changes are behind it. */
enum {
    SIDE_TOUCH_SLOT = LADDER_SLOTS / 8,
    SIDE_TOUCH_LOW = LADDER_SLOTS / 64, /* the ladder stays while the touch is between these */
    SIDE_TOUCH_HIGH = LADDER_SLOTS / 2,
    SIDE_PATIENCE = 256,
    SIDE_UNIT_LEVELS = 1000, /* levels next to the touch that decide the unit */
    SIDE_UNIT_MIN_LEVELS = 4 /* fewer say nothing about it */
};

void side_init(struct book_side *side)
{
    chunk_tree_init(&side->tree);
    ladder_init(&side->ladder);
    side->misses = side->off_grid = 0;
    side->patience = SIDE_PATIENCE;
}

void side_clear(struct book_side *side, struct book_pool *pool)
{
    chunk_tree_clear(&side->tree, pool);
    ladder_clear(&side->ladder);
    side->misses = side->off_grid = 0;
    side->patience = SIDE_PATIENCE;
}

/* ---- reading ----------------------------------------------------------------------------- */

struct side_walk side_walk_begin(const struct book_side *side, const struct book_pool *pool)
{
    return (struct side_walk){side, pool, chunk_tree_first(&side->tree),
                              ladder_next(&side->ladder, 0)};
}

bool side_next(struct side_walk *walk, int64_t *key, int64_t *size)
{
    const struct ladder *ladder = &walk->side->ladder;
    bool near = walk->slot < LADDER_SLOTS, far = walk->far.leaf != CHUNK_NONE;

    if (!near && !far)
        return false;
    if (far) {
        const struct chunk *leaf = &walk->pool->chunk[walk->far.leaf];
        *key = leaf->key[walk->far.index];
        *size = leaf->value[walk->far.index];
    }
    if (near && (!far || ladder_key(ladder, walk->slot) < *key)) {
        *key = ladder_key(ladder, walk->slot);
        *size = ladder->size[walk->slot];
        walk->slot = ladder_next(ladder, walk->slot + 1);
        return true;
    }
    chunk_at_step(&walk->far, walk->pool);
    return true;
}

bool side_best(const struct book_side *side, const struct book_pool *pool, int64_t *key,
               int64_t *size)
{
    struct side_walk walk = side_walk_begin(side, pool);

    return side_next(&walk, key, size);
}

bool side_worst(const struct book_side *side, const struct book_pool *pool, int64_t *key,
                int64_t *size)
{
    bool far = chunk_tree_worst(&side->tree, pool, key, size);

    if (side->ladder.levels == 0)
        return far;
    uint32_t slot = ladder_last(&side->ladder);
    if (far && *key > ladder_key(&side->ladder, slot))
        return true;
    *key = ladder_key(&side->ladder, slot);
    *size = side->ladder.size[slot];
    return true;
}

/* ---- where the ladder stands ------------------------------------------------------------- */

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Greatest common divisor of the distances to the touch, next to the touch. Distances, not prices:
   grids that do not pass through zero need no rule of their own. 0: too few levels. */
static uint64_t side_unit(const struct book_side *side, const struct book_pool *pool)
{
    struct side_walk walk = side_walk_begin(side, pool);
    int64_t touch, key, size;
    uint64_t unit = 0;

    if (side_levels(side) < SIDE_UNIT_MIN_LEVELS || !side_next(&walk, &touch, &size))
        return 0;
    for (int i = 1; i < SIDE_UNIT_LEVELS && unit != 1 && side_next(&walk, &key, &size); i++)
        unit = divisor((uint64_t)key - (uint64_t)touch, unit);
    return unit;
}

/* Key of slot 0 so that the touch stands at SIDE_TOUCH_SLOT, on the grid that `anchor` is on. */
static int64_t base_for(int64_t touch, int64_t anchor, uint64_t unit)
{
    __int128 step = unit, base = touch;
    __int128 off = (base - anchor) % step;

    base -= (off < 0 ? off + step : off) + SIDE_TOUCH_SLOT * step;
    if (base < INT64_MIN)
        base += (INT64_MIN - base + step - 1) / step * step;
    return (int64_t)base;
}

static bool spill_fits(const struct book_side *side, const struct book_pool *pool)
{
    const struct ladder *ladder = &side->ladder;

    return ladder->levels == 0 ||
           chunk_tree_takes(&side->tree, pool, ladder_key(ladder, ladder_next(ladder, 0)),
                            ladder_key(ladder, ladder_last(ladder)), ladder->levels);
}

static void ladder_spill(struct book_side *side, struct book_pool *pool)
{
    const struct ladder *ladder = &side->ladder;
    int64_t none;

    for (uint32_t slot = ladder_next(ladder, 0); slot < LADDER_SLOTS;
         slot = ladder_next(ladder, slot + 1)) {
        int done =
            chunk_tree_set(&side->tree, pool, ladder_key(ladder, slot), ladder->size[slot], &none);
        TD_ASSERT(done == BOOK_CHANGED, "room was asked for, and a key has one place");
    }
    ladder_clear(&side->ladder);
}

/* Returns how many levels were looked at. */
static uint32_t ladder_fill(struct book_side *side, struct book_pool *pool)
{
    struct ladder *ladder = &side->ladder;
    int64_t last = ladder_key(ladder, ladder->slots - 1);
    struct chunk_at at = chunk_tree_from(&side->tree, pool, ladder->base);
    uint32_t seen = 0;

    while (at.leaf != CHUNK_NONE && pool->chunk[at.leaf].key[at.index] <= last) {
        int64_t key = pool->chunk[at.leaf].key[at.index];
        uint64_t slot = ladder_slot(ladder, key);
        seen++;
        if (slot >= ladder->slots) {
            chunk_at_step(&at, pool);
            continue;
        }
        int64_t size, none;
        chunk_tree_set(&side->tree, pool, key, 0, &size);
        ladder_set(ladder, (uint32_t)slot, size, &none);
        at = chunk_tree_from(&side->tree, pool, key);
    }
    return seen;
}

static bool ladder_stands_well(const struct ladder *ladder, int64_t touch)
{
    if (ladder->unit == 0 || touch < ladder->base)
        return false;
    uint64_t slot = ((uint64_t)touch - (uint64_t)ladder->base) / ladder->unit;
    return slot >= SIDE_TOUCH_LOW && slot <= SIDE_TOUCH_HIGH;
}

static void side_look(struct book_side *side, struct book_pool *pool, bool new_unit)
{
    struct ladder *ladder = &side->ladder;
    int64_t touch, size;
    uint64_t unit = ladder->unit;

    side->misses = side->off_grid = 0;
    side->patience = SIDE_PATIENCE + ladder->levels;
    if (!side_best(side, pool, &touch, &size))
        return;
    if (new_unit || unit == 0) {
        unit = side_unit(side, pool);
        side->patience += SIDE_UNIT_LEVELS;
    }
    if (unit == 0 || (unit == ladder->unit && ladder_stands_well(ladder, touch)))
        return;
    int64_t base = base_for(touch, unit == ladder->unit ? ladder->base : touch, unit);
    if ((unit == ladder->unit && base == ladder->base) || !spill_fits(side, pool))
        return;
    ladder_spill(side, pool);
    ladder_lay(ladder, base, unit);
    side->patience += ladder_fill(side, pool);
}

void side_settle(struct book_side *side, struct book_pool *pool)
{
    side_look(side, pool, true);
}

int side_set_far(struct book_side *side, struct book_pool *pool, int64_t key, int64_t size,
                 int64_t *was)
{
    const struct ladder *ladder = &side->ladder;
    int change = chunk_tree_set(&side->tree, pool, key, size, was);

    side->misses++;
    side->off_grid +=
        ladder->slots > 0 && key >= ladder->base && key < ladder_key(ladder, ladder->slots - 1);
    if (side->misses >= side->patience)
        side_look(side, pool, side->off_grid > side->misses / 4);
    return change;
}
