/* The ring's live events as bytes, and at a finer scale. What is often as in the event before costs a bit. */
#include <math.h>
#include <string.h>

#include "base/state.h"
#include "features/flow.h"
#include "features/window.h"

enum { MARK = 0x646e6977, EVENT_BYTES = 128, HEAD_BYTES = 128 };

enum same { /* as in the event before; no flow, trades, return */
            SAME_SPREAD = 1,
            SAME_SLOW = 2,
            SAME_DEPTH = 4,
            NO_FLOW = 8,
            NO_TRADES = 16,
            NO_RETURN = 32,
            STILL = 64, /* a return of 0 */
            FLAGS = 128
};

#define FLOW_MAX (INT64_C(1) << 61)
#define TIME_MAX (INT64_C(1) << 62)
#define RETURN_MAX (INT64_C(45) << 56)

struct walk {
    struct td_state *state;
    struct window_event event;
    struct window_slow slow;
    uint8_t was;
};

/* Bit for bit: null is NAN, and equals itself here. */
static bool same_bits(double a, double b)
{
    uint64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y;
}

static bool slow_same(const struct window_slow *a, const struct window_slow *b)
{
    bool same = true;
    for (unsigned i = 0; i < WINDOW_SLOW; i++)
        same &= same_bits(a->value[i], b->value[i]);
    return same;
}

static uint8_t flags_of(const struct walk *before, const struct window_event *event,
                        const struct window_slow *slow)
{
    unsigned flags = 0;
    flags |= same_bits(before->event.spread, event->spread) ? SAME_SPREAD : 0;
    flags |= slow_same(&before->slow, slow) ? SAME_SLOW : 0;
    flags |= before->slow.depth == slow->depth ? SAME_DEPTH : 0;
    flags |= event->ofi == 0 && event->mlofi == 0 ? NO_FLOW : 0;
    flags |= event->buy == 0 && event->sell == 0 ? NO_TRADES : 0;
    flags |= event->log_return == WINDOW_NONE ? NO_RETURN : 0;
    flags |= event->log_return == 0 ? STILL : 0;
    return (uint8_t)flags;
}

static void wide_state(struct td_state *state, __int128 *value)
{
    uint64_t low = (uint64_t)*value;
    int64_t high = (int64_t)(*value >> 64);
    td_state_i64(state, &high);
    td_state_u64(state, &low);
    if (state->loading)
        *value = (__int128)((unsigned __int128)(uint64_t)high << 64 | low);
}

static bool slow_good(const struct window_slow *slow)
{
    for (int i = 0; i < WINDOW_SLOW; i++) {
        if (!isnan(slow->value[i]) && !(fabs(slow->value[i]) <= MOMENTS_MOST))
            return false;
    }
    return slow->depth == WINDOW_NONE || (slow->depth >= 0 && slow->depth <= WINDOW_STEPS_MAX);
}

/* What the sums count on. */
static bool event_good(const struct window *w, const struct window_event *e)
{
    __int128 mlofi_most = window_mlofi_most(w->params.events);

    return e->ts_ns >= -TIME_MAX && e->ts_ns <= TIME_MAX &&
           (e->log_return == WINDOW_NONE ||
            (e->log_return >= -RETURN_MAX && e->log_return <= RETURN_MAX)) &&
           (isnan(e->spread) || (e->spread > 0 && e->spread <= 2)) && e->ofi >= -FLOW_MAX &&
           e->ofi <= FLOW_MAX && e->mlofi >= -mlofi_most && e->mlofi <= mlofi_most && e->buy >= 0 &&
           e->buy <= WINDOW_STEPS_MAX && e->sell >= 0 && e->sell <= WINDOW_STEPS_MAX;
}

static void clear_said(struct window_event *event, uint8_t flags)
{
    if (flags & NO_FLOW)
        event->ofi = 0, event->mlofi = 0;
    if (flags & NO_TRADES)
        event->buy = event->sell = 0;
    if (flags & NO_RETURN)
        event->log_return = WINDOW_NONE;
    if (flags & STILL)
        event->log_return = 0;
}

/* walk->event is the event before when loading begins, and this one when it ends. */
static void fields_state(struct walk *walk, uint8_t flags)
{
    struct td_state *state = walk->state;
    struct window_event *event = &walk->event;

    clear_said(event, flags);
    if (!(flags & (NO_RETURN | STILL)))
        td_state_i64(state, &event->log_return);
    if (!(flags & SAME_SPREAD))
        td_state_double(state, &event->spread);
    if (!(flags & NO_FLOW)) {
        td_state_i64(state, &event->ofi);
        wide_state(state, &event->mlofi);
    }
    if (!(flags & NO_TRADES)) {
        td_state_i64(state, &event->buy);
        td_state_i64(state, &event->sell);
    }
    for (int i = 0; i < WINDOW_SLOW && !(flags & SAME_SLOW); i++)
        td_state_double(state, &walk->slow.value[i]);
    if (!(flags & SAME_DEPTH))
        td_state_i64(state, &walk->slow.depth);
    td_state_u8(state, &walk->was);
}

/* Number of the event whose fields follow; loading gives them in walk. */
static void event_state(struct walk *walk, const struct window *w, uint64_t number)
{
    uint64_t slot = number & (w->params.events - 1);
    struct td_state *state = walk->state;
    uint8_t flags = 0;
    uint64_t since = 0;

    if (!state->loading) {
        const struct window_slow none = {.depth = WINDOW_NONE};
        const struct window_slow *slow = w->params.want_slow ? &w->slow[slot] : &none;
        flags = flags_of(walk, &w->event[slot], slow);
        since = (uint64_t)w->event[slot].ts_ns - (uint64_t)walk->event.ts_ns;
        walk->event = w->event[slot];
        walk->slow = *slow;
        walk->was = w->params.want_regime ? w->was[slot] : REGIME_NONE;
    }
    td_state_u64(state, &since);
    td_state_u8(state, &flags);
    if (state->loading && since > TIME_MAX)
        state->failed = true;
    if (state->loading)
        walk->event.ts_ns = (int64_t)((uint64_t)walk->event.ts_ns + since);
    fields_state(walk, flags);
    if (!event_good(w, &walk->event) || !slow_good(&walk->slow) || walk->was > REGIME_NONE)
        state->failed = true;
}

static void regime_state(struct regime *r, struct td_state *state)
{
    td_state_u8(state, &r->now);
    td_state_double(state, &r->percentile);
    if (r->now > REGIME_NONE)
        state->failed = true;
}

static void events_state(struct window *w, struct td_state *state, uint64_t first, uint32_t count)
{
    struct walk walk = {.state = state, .slow.depth = WINDOW_NONE, .was = REGIME_NONE};
    int64_t before_ns = w->tail[WINDOW_900S].before_ns;

    td_state_i64(state, &before_ns);
    walk.event.ts_ns = before_ns;
    if (before_ns < -TIME_MAX || before_ns > TIME_MAX)
        state->failed = true;
    for (uint32_t i = 0; i < count && !state->failed; i++) {
        event_state(&walk, w, first + i);
        if (state->loading && !state->failed)
            window_restore(w, &walk.event, &walk.slow, walk.was, before_ns);
    }
}

void window_state(struct window *w, struct td_state *state)
{
    uint64_t first = w->tail[WINDOW_900S].at;

    td_state_mark(state, MARK);
    if (state->loading)
        window_clear(w);
    uint32_t count = td_state_count(state, (uint32_t)(w->head - first), w->params.events);
    td_state_u64(state, &w->left_early);
    td_state_i64(state, &w->short_to_ns);
    events_state(w, state, first, count);
    if (w->params.want_regime)
        regime_state(&w->regime, state);
}

size_t window_state_bytes(const struct window_params *params)
{
    return (size_t)params->events * EVENT_BYTES + HEAD_BYTES;
}

/* ---- a finer scale ----------------------------------------------------------------------------- */

static bool scale_steps(int64_t *value, int64_t factor)
{
    return *value == WINDOW_NONE || !__builtin_mul_overflow(*value, factor, value);
}

static bool event_scale(const struct window *w, struct window_event *event, int64_t factor)
{
    __int128 mlofi = event->mlofi;
    bool fits = scale_steps(&event->ofi, factor);
    fits &= scale_steps(&event->buy, factor);
    fits &= scale_steps(&event->sell, factor);
    fits &= !__builtin_mul_overflow(mlofi, (__int128)factor, &mlofi);
    event->mlofi = mlofi;
    return fits && event_good(w, event);
}

static bool slow_scale(struct window_slow *slow, int64_t factor)
{
    slow->value[WINDOW_BID_SLOPE] *= (double)factor;
    slow->value[WINDOW_ASK_SLOPE] *= (double)factor;
    return scale_steps(&slow->depth, factor) && slow_good(slow);
}

/* Every live event comes in once more, where it stands. */
static void sums_again(struct window *w, uint64_t first, uint64_t head)
{
    int64_t before_ns = w->tail[WINDOW_900S].before_ns, short_to_ns = w->short_to_ns;
    uint64_t left_early = w->left_early;
    struct regime regime = w->regime;

    window_clear(w);
    w->head = first;
    w->left_early = left_early;
    w->short_to_ns = short_to_ns;
    for (int h = 0; h < WINDOW_HORIZONS; h++)
        w->tail[h].at = first;
    for (uint64_t number = first; number < head; number++) {
        uint64_t slot = number & (w->params.events - 1);
        window_restore(w, &w->event[slot], w->params.want_slow ? &w->slow[slot] : NULL,
                       w->params.want_regime ? w->was[slot] : REGIME_NONE, before_ns);
    }
    w->regime.now = regime.now;
    w->regime.percentile = regime.percentile;
}

bool window_rescale(struct window *w, int64_t size_factor)
{
    uint64_t first = w->tail[WINDOW_900S].at, head = w->head;

    for (uint64_t number = first; number < head; number++) {
        uint64_t slot = number & (w->params.events - 1);
        bool fits = event_scale(w, &w->event[slot], size_factor);
        if (w->params.want_slow)
            fits &= slow_scale(&w->slow[slot], size_factor);
        if (!fits) {
            window_clear(w);
            return false;
        }
    }
    sums_again(w, first, head);
    return true;
}
