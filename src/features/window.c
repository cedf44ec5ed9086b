#include "features/window.h"

#include "base/err.h"
#include "base/limits.h"

const int64_t window_ns[WINDOW_HORIZONS] = {1 * TD_NS_PER_S,  5 * TD_NS_PER_S,  15 * TD_NS_PER_S,
                                            30 * TD_NS_PER_S, 60 * TD_NS_PER_S, 300 * TD_NS_PER_S,
                                            900 * TD_NS_PER_S};

enum { LINE = 64 };

static size_t padded(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

size_t window_footprint(const struct window_params *params)
{
    size_t bytes = params->events * sizeof(struct window_event) +
                   padded(params->events * sizeof(int64_t)) +
                   padded(params->events / WINDOW_STRIDE * sizeof(struct window_sums));

    if (params->want_slow)
        bytes += padded(params->events * sizeof(struct window_slow));
    if (params->want_regime)
        bytes += padded(params->events) + regime_footprint(&params->regime, params->events);
    return bytes;
}

void window_init(struct window *w, void *mem, const struct window_params *params)
{
    uint32_t events = params->events;
    unsigned char *at = mem;

    TD_ASSERT(events >= WINDOW_STRIDE && (events & (events - 1)) == 0 &&
                  events <= WINDOW_EVENTS_MAX,
              "a window's ring is a power of two");
    *w = (struct window){.params = *params, .event = mem};
    at += events * sizeof(struct window_event);
    w->ts_ns = (int64_t *)at;
    at += padded(events * sizeof(int64_t));
    w->before = (struct window_sums *)at;
    at += padded(events / WINDOW_STRIDE * sizeof(struct window_sums));
    if (params->want_slow) {
        w->slow = (struct window_slow *)at;
        at += padded(events * sizeof(struct window_slow));
    }
    if (params->want_regime) {
        w->was = at;
        at += padded(events);
        regime_init(&w->regime, at, &params->regime, events);
    }
}

void window_clear(struct window *w)
{
    struct window empty = {.params = w->params,
                           .event = w->event,
                           .ts_ns = w->ts_ns,
                           .before = w->before,
                           .slow = w->slow,
                           .was = w->was};

    if (w->params.want_regime) {
        regime_clear(&w->regime);
        empty.regime = w->regime;
    }
    *w = empty;
}

static inline struct window_sums *before_of(const struct window *w, uint64_t number)
{
    return &w->before[number / WINDOW_STRIDE & (w->params.events / WINDOW_STRIDE - 1)];
}

static inline uint64_t slot_of(const struct window *w, uint64_t number)
{
    return number & (w->params.events - 1);
}

/* Each tail walks on its own through memory that nothing else touches: what the next event needs of it is asked for an event ahead.
   Inlined by force: to the compiler a function that only prefetches does nothing, and its call goes. */
static inline __attribute__((always_inline)) void prefetch_ahead(const struct window *w)
{
    enum { PER_LINE = LINE / sizeof(int64_t) };

    for (int h = 0; h < WINDOW_HORIZONS; h++)
        __builtin_prefetch(&w->ts_ns[slot_of(w, w->tail[h].at + PER_LINE)]);
    __builtin_prefetch(&w->event[slot_of(w, w->tail[w->params.regime_at].at + 1)]);
    if (w->params.kyle_at != w->params.regime_at)
        __builtin_prefetch(&w->event[slot_of(w, w->tail[w->params.kyle_at].at + 1)]);
    __builtin_prefetch(&w->event[slot_of(w, w->head + 1)], 1);
    if (w->params.want_slow) {
        __builtin_prefetch(&w->slow[slot_of(w, w->tail[WINDOW_60S].at + 2)]);
        __builtin_prefetch(&w->slow[slot_of(w, w->tail[WINDOW_300S].at + 2)]);
        __builtin_prefetch(&w->slow[slot_of(w, w->head + 2)], 1);
    }
}

static inline void sums_add(struct window_sums *sums, const struct window_event *event)
{
    if (event->log_return != WINDOW_NONE)
        moments_add(&sums->log_return, event->log_return);
    if (event->spread == event->spread) {
        sums->spread += (uint64_t)(event->spread * 0x1p60 + 0.5);
        sums->spreads++;
    }
    sums->ofi += event->ofi;
    sums->mlofi += (unsigned __int128)event->mlofi;
    sums->buy += event->buy;
    sums->sell += event->sell;
}

/* ---- what two windows alone hold -------------------------------------------------------------- */

static void slow_change(struct window *w, uint64_t number,
                        void (*change)(struct moments *, __int128))
{
    const struct window_slow *slow = &w->slow[slot_of(w, number)];

    for (int i = 0; i < WINDOW_SLOW; i++) {
        if (slow->value[i] == slow->value[i])
            change(&w->slow_60s[i], moments_fixed(slow->value[i]));
    }
}

static void depth_change(struct window *w, uint64_t number,
                         void (*change)(struct moments *, __int128))
{
    int64_t depth = w->slow[slot_of(w, number)].depth;

    if (depth != WINDOW_NONE)
        change(&w->depth_300s, depth);
}

/* ---- in and out ------------------------------------------------------------------------------- */

static inline void tail_step(struct window *w, int h)
{
    struct window_tail *tail = &w->tail[h];
    const struct window_event *event = &w->event[slot_of(w, tail->at)];

    if (h == WINDOW_60S && w->params.want_slow)
        slow_change(w, tail->at, moments_remove);
    if (h == WINDOW_300S && w->params.want_slow)
        depth_change(w, tail->at, moments_remove);
    if (h == (int)w->params.regime_at && w->params.want_regime)
        regime_leave(&w->regime, event->ts_ns - tail->before_ns, event->spread,
                     w->was[slot_of(w, tail->at)]);
    if (h == (int)w->params.kyle_at && w->params.want_kyle && event->log_return != WINDOW_NONE)
        kyle_remove(&w->kyle, event->log_return, event->ofi);
    tail->before_ns = w->ts_ns[slot_of(w, tail->at)];
    tail->at++;
}

static void evict(struct window *w, int64_t now_ns)
{
    for (int h = 0; h < WINDOW_HORIZONS; h++) {
        const struct window_tail *tail = &w->tail[h];
        int64_t gone_ns = now_ns - window_ns[h];
        while (tail->at < w->head && w->ts_ns[slot_of(w, tail->at)] <= gone_ns)
            tail_step(w, h);
    }
}

static void make_room(struct window *w)
{
    uint64_t oldest = w->tail[WINDOW_900S].at;

    if (w->head - oldest < w->params.events)
        return;
    w->short_to_ns = w->ts_ns[slot_of(w, oldest)] + window_ns[WINDOW_900S];
    w->left_early++;
    for (int h = 0; h < WINDOW_HORIZONS; h++) {
        if (w->tail[h].at == oldest)
            tail_step(w, h);
    }
}

/* Into the ring and every sum but the regime's. Returns the time since the event before. */
static int64_t enter(struct window *w, const struct window_event *event,
                     const struct window_slow *slow)
{
    uint64_t number = w->head;
    int64_t since_ns = w->any ? event->ts_ns - w->last_ns : 0;

    evict(w, event->ts_ns);
    make_room(w);
    for (int h = 0; !w->any && h < WINDOW_HORIZONS; h++)
        w->tail[h].before_ns = event->ts_ns;
    if (number % WINDOW_STRIDE == 0)
        *before_of(w, number) = w->all;
    w->event[slot_of(w, number)] = *event;
    w->ts_ns[slot_of(w, number)] = event->ts_ns;
    sums_add(&w->all, event);
    if (w->params.want_kyle && event->log_return != WINDOW_NONE)
        kyle_add(&w->kyle, event->log_return, event->ofi);
    if (w->params.want_slow) {
        w->slow[slot_of(w, number)] = *slow;
        slow_change(w, number, moments_add);
        depth_change(w, number, moments_add);
    }
    w->any = true;
    w->last_ns = event->ts_ns;
    w->head++;
    prefetch_ahead(w);
    return since_ns;
}

void window_push(struct window *w, const struct window_event *event, const struct window_slow *slow)
{
    uint64_t slot = slot_of(w, w->head);
    int64_t since_ns = enter(w, event, slow);

    if (w->params.want_regime)
        w->was[slot] = regime_update(&w->regime, since_ns, event->spread);
}

void window_restore(struct window *w, const struct window_event *event,
                    const struct window_slow *slow, uint8_t was, int64_t before_ns)
{
    uint64_t slot = slot_of(w, w->head);
    bool first = !w->any;
    int64_t since_ns = enter(w, event, slow);

    for (int h = 0; first && h < WINDOW_HORIZONS; h++)
        w->tail[h].before_ns = before_ns;
    if (!w->params.want_regime)
        return;
    w->was[slot] = was;
    regime_restore(&w->regime, first ? event->ts_ns - before_ns : since_ns, event->spread, was);
}

static struct window_sums sums_minus(const struct window_sums *all, const struct window_sums *part)
{
    return (struct window_sums){
        .log_return = moments_minus(&all->log_return, &part->log_return),
        .spread = all->spread - part->spread,
        .ofi = all->ofi - part->ofi,
        .mlofi = all->mlofi - part->mlofi,
        .buy = all->buy - part->buy,
        .sell = all->sell - part->sell,
        .spreads = all->spreads - part->spreads,
    };
}

struct window_sums window_of(const struct window *w, enum window_horizon horizon)
{
    uint64_t number = w->tail[horizon].at;
    uint64_t next = (number + WINDOW_STRIDE - 1) / WINDOW_STRIDE * WINDOW_STRIDE;
    struct window_sums sums = {0};

    if (next < w->head)
        sums = sums_minus(&w->all, before_of(w, next));
    for (; number < next && number < w->head; number++)
        sums_add(&sums, &w->event[slot_of(w, number)]);
    return sums;
}

bool window_short(const struct window *w)
{
    return w->any && w->last_ns < w->short_to_ns;
}
