#include "features/mechanics_parts.h"

#include <string.h>

#include "base/state.h"

enum { MARK = 0x4d454348 };

static int digits_of(int64_t factor)
{
    int digits = 0;

    for (; factor >= 10; factor /= 10)
        digits++;
    return digits;
}

/* What no longer fits in finer steps is forgotten whole: a part of it would be a lie. */
void mechanics_rescale(struct mechanics *m, int64_t price_factor, int64_t size_factor)
{
    if (m->price_scale < 0)
        return;
    double unit = m->unit * (double)price_factor;
    bool fits = minute_rescale(&m->minutes, price_factor, size_factor);

    fits &= levels_rescale(&m->levels, price_factor, unit);
    fits &= volume_curve_rescale(&m->volumes, size_factor);
    fits &= barrier_rescale(&m->barrier, size_factor, m->params.barrier_bps, unit);
    fits &= tape_rescale(&m->tape, price_factor, size_factor);
    m->price_scale += digits_of(price_factor);
    m->size_scale += digits_of(size_factor);
    m->unit = unit;
    m->size_unit *= (double)size_factor;
    memset(m->near, 0, sizeof m->near);
    if (fits)
        return;
    struct mechanics_params params = m->params;
    void (*touched)(void *, const struct touch *) = m->touched;
    void *arg = m->touched_arg;
    uint64_t symbol_hash = m->symbol_hash;
    mechanics_init(m, &params);
    mechanics_on_touch(m, touched, arg, symbol_hash);
}

static void scale_state(struct td_state *state, int *scale)
{
    *scale = (int)td_state_count(state, (uint32_t)(*scale + 1), TD_SCALE_MAX + 1) - 1;
}

/* The callback and params are the owner's. */
void mechanics_state(struct mechanics *m, struct td_state *state)
{
    td_state_mark(state, MARK);
    scale_state(state, &m->price_scale);
    scale_state(state, &m->size_scale);
    td_state_double(state, &m->unit);
    td_state_double(state, &m->size_unit);
    td_state_i64(state, &m->now_ns);
    td_state_bool(state, &m->proven);
    td_state_double(state, &m->mid);
    td_state_i64(state, &m->book_ns);
    td_state_i64(state, &m->step_ns);
    minute_state(&m->minutes, state);
    levels_state(&m->levels, state);
    volume_curve_state(&m->volumes, state);
    barrier_state(&m->barrier, state);
    tape_state(&m->tape, state);
    if (state->loading)
        memset(m->near, 0, sizeof m->near);
    touched_state(&m->touched_levels, state);
    attempts_state(&m->attempts, state);
    for (unsigned slot = 0; slot < LEVEL_SLOTS; slot++) {
        smooth_state(&m->smooth[slot], state);
        score_hold_state(&m->hold[slot], state);
    }
}

/* A value of 64 bits takes at most 10 bytes, a byte 2, so that 5/4 of the memory and a margin hold all of them. */
size_t mechanics_state_bytes(void)
{
    return sizeof(struct mechanics) / 8 * 10 + 2 * (BARRIER_FLOWS + TAPE_PRINTS) + 4096;
}
