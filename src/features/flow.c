#include "features/flow.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/state.h"

/* The nearest fixed point: 1e-14 of the smallest when alpha is 0.5. */
void flow_init(struct flow *flow, uint32_t levels, double alpha)
{
    TD_ASSERT(levels >= 1 && levels <= TOP_OFI_LEVELS && alpha >= 0, "order flow has levels");
    *flow = (struct flow){.levels = levels};
    for (uint32_t i = 0; i < levels; i++)
        flow->weight[i] = (int64_t)(exp(-alpha * i) * (double)(INT64_C(1) << FLOW_SHIFT) + 0.5);
    flow_reset(flow);
}

void flow_reset(struct flow *flow)
{
    flow->have = false;
    flow->moved[0] = flow->moved[1] = true;
}

void flow_note(struct flow *flow, const struct top *top)
{
    flow->moved[0] |= top->side[0].stale | top->side[0].changed;
    flow->moved[1] |= top->side[1].stale | top->side[1].changed;
}

/* What a level gained: its size where the price is better, minus the old size where it is worse, else the difference. */
static inline int64_t gained(int64_t step, int64_t size, int64_t size_before)
{
    if (step == 0)
        return size - size_before;
    return step > 0 ? size : -size_before;
}

static void side_gain(const struct flow *flow, int side, const struct top_side *now,
                      struct flow_values *values)
{
    const struct flow_side *before = &flow->side[side];
    uint32_t levels = now->count < before->count ? now->count : before->count;
    int64_t sign = side == 0 ? 1 : -1;

    if (levels > flow->levels)
        levels = flow->levels;
    for (uint32_t i = 0; i < levels; i++) {
        int64_t step = now->price[i] - before->price[i];
        if (step == 0 && now->size[i] == before->size[i])
            continue;
        int64_t gain = sign * gained(sign * step, now->size[i], before->size[i]);
        values->ofi = i == 0 ? values->ofi + gain : values->ofi;
        values->multi += gain;
        values->weighted += (__int128)gain * flow->weight[i];
    }
}

static void side_keep(struct flow_side *side, const struct top_side *now)
{
    side->count = now->count < TOP_OFI_LEVELS ? now->count : TOP_OFI_LEVELS;
    memcpy(side->price, now->price, sizeof side->price);
    memcpy(side->size, now->size, sizeof side->size);
}

struct flow_values flow_event(struct flow *flow, const struct top *top)
{
    struct flow_values values = {.have = flow->have};

    for (int side = 0; side < 2; side++) {
        if (!flow->moved[side])
            continue;
        if (flow->have)
            side_gain(flow, side, &top->side[side], &values);
        side_keep(&flow->side[side], &top->side[side]);
        flow->moved[side] = false;
    }
    flow->have = true;
    return values;
}

static bool scaled(int64_t *value, int64_t factor)
{
    return !__builtin_mul_overflow(*value, factor, value) && *value <= TOP_STEPS_MAX &&
           *value >= -TOP_STEPS_MAX;
}

bool flow_rescale(struct flow *flow, int64_t price_factor, int64_t size_factor)
{
    bool fits = true;

    for (int side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < flow->side[side].count; i++) {
            fits &= scaled(&flow->side[side].price[i], price_factor);
            fits &= scaled(&flow->side[side].size[i], size_factor);
        }
    }
    return fits;
}

static void level_state(int64_t *price, int64_t *size, struct td_state *state)
{
    td_state_i64(state, price);
    td_state_i64(state, size);
    if (*size < 0 || *size > TOP_STEPS_MAX || *price > TOP_STEPS_MAX || *price < -TOP_STEPS_MAX) {
        state->failed = true;
        *price = *size = 0;
    }
}

void flow_state(struct flow *flow, struct td_state *state)
{
    td_state_bool(state, &flow->have);
    for (int side = 0; side < 2; side++) {
        struct flow_side *at = &flow->side[side];
        uint32_t count = td_state_count(state, flow->have ? at->count : 0, TOP_OFI_LEVELS);
        for (uint32_t i = 0; i < count; i++)
            level_state(&at->price[i], &at->size[i], state);
        if (state->loading)
            at->count = count;
    }
    if (state->loading)
        flow->moved[0] = flow->moved[1] = true;
}
