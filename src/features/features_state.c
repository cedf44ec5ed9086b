/* The state as bytes, and at a finer scale. The book is not in it: tops and bands are read anew. */
#include <math.h>

#include "base/limits.h"
#include "base/state.h"
#include "features/engine.h"
#include "features/features.h"

enum { MARK = 0x74616566, MARK_END = 0x65646e65, OWN_BYTES = 2048 };

static void counts_state(struct features_counts *counts, struct td_state *state)
{
    td_state_u64(state, &counts->events);
    td_state_u64(state, &counts->clamped);
    td_state_u64(state, &counts->withheld);
    td_state_u64(state, &counts->trades_forced);
}

static void volume_state(int64_t *volume, struct td_state *state)
{
    td_state_i64(state, volume);
    if (*volume >= 0 && *volume <= WINDOW_STEPS_MAX)
        return;
    state->failed = true;
    *volume = 0;
}

static void scale_state(int8_t *scale, struct td_state *state)
{
    td_state_i8(state, scale);
    if (*scale >= 0 && *scale <= TD_SCALE_MAX)
        return;
    state->failed = true;
    *scale = 0;
}

static void clock_state(struct features *f, struct td_state *state)
{
    td_state_bool(state, &f->have_time);
    td_state_bool(state, &f->have_scale);
    scale_state(&f->price_scale, state);
    scale_state(&f->size_scale, state);
    td_state_i64(state, &f->now_ns);
    if (f->now_ns > INT64_C(1) << 62 || f->now_ns < -(INT64_C(1) << 62)) {
        state->failed = true;
        f->now_ns = 0;
    }
    volume_state(&f->buy, state);
    volume_state(&f->sell, state);
    td_state_i64(state, &f->cut_to_ns);
    td_state_u32(state, &f->events);
}

static void int128_state(__int128 *value, struct td_state *state)
{
    int64_t high = (int64_t)(*value >> 64);
    uint64_t low = (uint64_t)*value;

    td_state_i64(state, &high);
    td_state_u64(state, &low);
    if (state->loading)
        *value = (__int128)((unsigned __int128)(uint64_t)high << 64 | low);
}

static void last_state(struct features *f, struct td_state *state)
{
    td_state_bool(state, &f->vpin_moved);
    td_state_double(state, &f->log_return);
    td_state_double(state, &f->vpin_value);
    td_state_double(state, &f->vpin_share);
    td_state_bool(state, &f->flow_values.have);
    td_state_i64(state, &f->flow_values.ofi);
    int128_state(&f->flow_values.multi, state);
    int128_state(&f->flow_values.weighted, state);
    td_state_i64(state, &f->twice_mid);
}

void features_state(struct features *f, struct td_state *state)
{
    td_state_mark(state, MARK);
    counts_state(&f->counts, state);
    clock_state(f, state);
    last_state(f, state);
    flow_state(&f->flow, state);
    motion_state(&f->motion, state);
    quotewatch_state(&f->quotewatch, state);
    pending_state(f->pending, state);
    if (f->wants.window)
        window_state(&f->window, state);
    if (f->wants.vpin)
        vpin_state(&f->vpin, state);
    if (f->mechanics != NULL)
        mechanics_state(f->mechanics, state);
    td_state_mark(state, MARK_END);
    if (!state->loading)
        return;
    top_invalidate(&f->top);
    bands_invalidate(&f->bands);
    f->fresh = false;
}

size_t features_state_bytes(const struct features_params *params)
{
    struct window_params window = {.events = params->window_events};
    struct vpin_params vpin = {.auto_size = params->vpin_auto, .buckets = params->vpin_buckets};

    return OWN_BYTES + PENDING_STATE_BYTES + window_state_bytes(&window) + vpin_state_bytes(&vpin) +
           mechanics_state_bytes();
}

static bool scale_own(struct features *f, int64_t price_factor, int64_t size_factor)
{
    __int128 factor = size_factor;

    return !__builtin_mul_overflow(f->buy, size_factor, &f->buy) && f->buy <= WINDOW_STEPS_MAX &&
           !__builtin_mul_overflow(f->sell, size_factor, &f->sell) && f->sell <= WINDOW_STEPS_MAX &&
           !__builtin_mul_overflow(f->twice_mid, price_factor, &f->twice_mid) &&
           !__builtin_mul_overflow(f->flow_values.ofi, size_factor, &f->flow_values.ofi) &&
           !__builtin_mul_overflow(f->flow_values.multi, factor, &f->flow_values.multi) &&
           !__builtin_mul_overflow(f->flow_values.weighted, factor, &f->flow_values.weighted);
}

static int digits_of(int64_t factor)
{
    int digits = 0;
    for (; factor >= 10; factor /= 10)
        digits++;
    return digits;
}

void features_rescale(struct features *f, int64_t price_factor, int64_t size_factor)
{
    uint64_t left_early = f->window.left_early;
    bool fits = scale_own(f, price_factor, size_factor);
    fits &= flow_rescale(&f->flow, price_factor, size_factor);
    fits &= motion_rescale(&f->motion, price_factor);
    fits &= pending_rescale(f->pending, price_factor, size_factor);

    fits = fits && (!f->wants.window || window_rescale(&f->window, size_factor)) &&
           (!f->wants.vpin || vpin_rescale(&f->vpin, price_factor, size_factor));
    if (!fits) {
        struct features_counts counts = f->counts;
        features_clear(f);
        f->counts = counts;
        f->window.left_early = left_early;
        return;
    }
    quotewatch_rescale(&f->quotewatch, price_factor);
    if (f->mechanics != NULL)
        mechanics_rescale(f->mechanics, price_factor, size_factor);
    f->price_scale = (int8_t)(f->price_scale + digits_of(price_factor));
    f->size_scale = (int8_t)(f->size_scale + digits_of(size_factor));
    top_invalidate(&f->top);
    bands_invalidate(&f->bands);
    f->fresh = false;
}
