#include "book/chunks_state.h"
#include "book/side.h"

/* Where the window stands; its other members follow from these two. */
static void window_state(struct ladder *ladder, struct td_state *state)
{
    uint64_t unit = ladder->unit;
    int64_t base = ladder->base;

    td_state_u64(state, &unit);
    td_state_i64(state, &base);
    if (!state->loading)
        return;
    ladder_init(ladder);
    if (unit != 0)
        ladder_lay(ladder, base, unit);
}

/* Distance to the slot before, and size. */
static void slot_state(struct ladder *ladder, uint32_t *slot, uint32_t before,
                       struct td_state *state)
{
    uint32_t skipped = state->loading ? 0 : *slot - before;
    uint64_t size = state->loading ? 0 : (uint64_t)ladder->size[*slot];
    int64_t none;

    skipped = td_state_count(state, skipped, LADDER_SLOTS);
    td_state_u64(state, &size);
    if (!state->loading)
        return;
    *slot = before + skipped;
    if (*slot >= ladder->slots || size == 0 || size > INT64_MAX)
        state->failed = true;
    else
        ladder_set(ladder, *slot, (int64_t)size, &none);
}

static void ladder_state(struct ladder *ladder, struct td_state *state)
{
    window_state(ladder, state);
    uint32_t levels = td_state_count(state, ladder->levels, ladder->slots);
    uint32_t slot = ladder_next(ladder, 0), before = 0;

    for (uint32_t i = 0; i < levels && !state->failed; i++) {
        slot_state(ladder, &slot, before, state);
        before = slot + 1;
        slot = state->loading ? before : ladder_next(ladder, before);
    }
}

void side_state(struct book_side *side, struct book_pool *pool, struct td_state *state)
{
    td_state_u32(state, &side->misses);
    td_state_u32(state, &side->off_grid);
    td_state_u32(state, &side->patience);
    ladder_state(&side->ladder, state);
    chunk_tree_state(&side->tree, pool, &side->ladder, state);
}
