#include "base/state.h"
#include "book/sync.h"

/* Two rings: heads, and the levels they name. Positions count up and wrap at the ring's end only
 * when used. */
struct sync_hold {
    uint32_t delta_capacity, level_capacity;
    uint32_t delta_first, deltas; /* oldest head, how many */
    uint32_t level_first, levels;
    struct td_level *level;
    struct sync_held held[];
};

size_t sync_hold_footprint(uint32_t deltas, uint32_t levels)
{
    return sizeof(struct sync_hold) + deltas * sizeof(struct sync_held) +
           levels * sizeof(struct td_level);
}

struct sync_hold *sync_hold_init(void *mem, uint32_t deltas, uint32_t levels)
{
    struct sync_hold *hold = mem;

    *hold = (struct sync_hold){.delta_capacity = deltas, .level_capacity = levels};
    hold->level = (struct td_level *)(hold->held + deltas);
    return hold;
}

void sync_hold_clear(struct sync_hold *hold)
{
    hold->delta_first = hold->deltas = 0;
    hold->level_first = hold->levels = 0;
}

/* a + b in a ring; both are at most its capacity. */
static uint32_t ring_at(uint32_t a, uint32_t b, uint32_t capacity)
{
    uint64_t sum = (uint64_t)a + b;

    return (uint32_t)(sum >= capacity ? sum - capacity : sum);
}

const struct sync_held *sync_hold_peek(const struct sync_hold *hold)
{
    return hold->deltas > 0 ? &hold->held[hold->delta_first] : NULL;
}

const struct sync_held *sync_hold_newest(const struct sync_hold *hold)
{
    return hold->deltas > 0
               ? &hold->held[ring_at(hold->delta_first, hold->deltas - 1, hold->delta_capacity)]
               : NULL;
}

void sync_hold_pop(struct sync_hold *hold)
{
    TD_ASSERT(hold->deltas > 0, "nothing is held");
    uint32_t levels = hold->held[hold->delta_first].level_count;
    hold->levels -= levels;
    hold->level_first = ring_at(hold->level_first, levels, hold->level_capacity);
    hold->delta_first = ring_at(hold->delta_first, 1, hold->delta_capacity);
    hold->deltas--;
}

/* A delta that is larger than the whole hold is dropped with all before it: what is left must be
 * without holes. */
uint32_t sync_hold_push(struct sync_hold *hold, const struct sync_held *head,
                        const struct td_level *levels)
{
    uint32_t dropped = 0;

    if (hold->delta_capacity == 0 || head->level_count > hold->level_capacity) {
        dropped = hold->deltas + 1;
        sync_hold_clear(hold);
        return dropped;
    }
    for (; hold->deltas == hold->delta_capacity ||
           hold->level_capacity - hold->levels < head->level_count;
         dropped++)
        sync_hold_pop(hold);
    struct sync_held *held =
        &hold->held[ring_at(hold->delta_first, hold->deltas, hold->delta_capacity)];
    *held = *head;
    held->level_first = ring_at(hold->level_first, hold->levels, hold->level_capacity);
    for (uint32_t i = 0; i < head->level_count; i++)
        hold->level[ring_at(held->level_first, i, hold->level_capacity)] = levels[i];
    hold->deltas++;
    hold->levels += head->level_count;
    return dropped;
}

struct td_level sync_hold_level(const struct sync_hold *hold, const struct sync_held *held,
                                uint32_t index)
{
    TD_ASSERT(index < held->level_count, "a held delta has fewer levels");
    return hold->level[ring_at(held->level_first, index, hold->level_capacity)];
}

td_err sync_hold_rescale(struct sync_hold *hold, int64_t price_factor, int64_t size_factor)
{
    int64_t product;

    for (uint32_t i = 0; i < hold->levels; i++) {
        const struct td_level *level =
            &hold->level[ring_at(hold->level_first, i, hold->level_capacity)];
        TD_FAIL_IF(__builtin_mul_overflow(level->price_steps, price_factor, &product) ||
                       __builtin_mul_overflow(level->size_steps, size_factor, &product),
                   TD_E_OVERFLOW);
    }
    for (uint32_t i = 0; i < hold->levels; i++) {
        struct td_level *level = &hold->level[ring_at(hold->level_first, i, hold->level_capacity)];
        level->price_steps *= price_factor;
        level->size_steps *= size_factor;
    }
    return 0;
}

/* ---- state ------------------------------------------------------------------------------- */

static void head_state(struct sync_held *held, struct td_state *state)
{
    td_state_u64(state, &held->frame);
    td_state_i64(state, &held->recv_ns);
    td_state_i64(state, &held->event_ns);
    td_state_i64(state, &held->seq_first);
    td_state_i64(state, &held->seq_last);
    td_state_i64(state, &held->seq_prev);
    td_state_u32(state, &held->conn);
    td_state_u8(state, &held->origin);
    td_state_u16(state, &held->flags);
}

/* Where a delta stands in the rings decides nothing, so a load begins at their start. */
static void held_state(struct sync_hold *hold, struct sync_held *held, struct td_state *state)
{
    uint32_t room = hold->level_capacity - (state->loading ? hold->levels : 0);

    head_state(held, state);
    held->level_count = td_state_count(state, held->level_count, room);
    if (state->loading)
        held->level_first = hold->levels;
    for (uint32_t i = 0; i < held->level_count && !state->failed; i++) {
        struct td_level *level = &hold->level[ring_at(held->level_first, i, hold->level_capacity)];
        td_state_i64(state, &level->price_steps);
        td_state_i64(state, &level->size_steps);
        td_state_u8(state, &level->side);
        if (level->side != TD_SIDE_BID && level->side != TD_SIDE_ASK)
            state->failed = true;
    }
    if (state->loading)
        hold->levels += held->level_count;
}

void sync_hold_state(struct sync_hold *hold, struct td_state *state)
{
    uint32_t deltas = td_state_count(state, hold->deltas, hold->delta_capacity);

    if (state->loading)
        sync_hold_clear(hold);
    for (uint32_t i = 0; i < deltas && !state->failed; i++) {
        held_state(hold, &hold->held[ring_at(hold->delta_first, i, hold->delta_capacity)], state);
        hold->deltas = state->loading ? i + 1 : deltas;
    }
    if (state->loading && state->failed)
        sync_hold_clear(hold);
}
