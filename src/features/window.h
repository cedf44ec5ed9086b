/* The book events of the last 900 s in one ring that all horizons share: 104 B an event (SPEC 2.7). Beside every fourth one stands the sum of all
   before it, so that an event costs one addition, whatever the number of horizons, and a horizon's sum is a difference and at most three
   additions when it is asked for. All exact: sums depend on nothing but what the window holds. A window of h seconds at t is (t - h, t].
   When the ring is full its oldest event leaves early, from every window that still holds it; that is counted. Core thread. */
#ifndef TD_FEATURES_WINDOW_H
#define TD_FEATURES_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "features/kyle.h"
#include "features/moments.h"
#include "features/regime.h"

struct td_state;

enum window_horizon {
    WINDOW_1S,
    WINDOW_5S,
    WINDOW_15S,
    WINDOW_30S,
    WINDOW_60S,
    WINDOW_300S,
    WINDOW_900S,
    WINDOW_HORIZONS
};
extern const int64_t window_ns[WINDOW_HORIZONS];

enum { WINDOW_EVENTS_MAX = 1 << 20, WINDOW_STRIDE = 4 };
#define WINDOW_NONE INT64_MIN               /* null of the integers below */
#define WINDOW_STEPS_MAX (INT64_C(1) << 62) /* most that buy, sell and depth hold */

/* One cache line. */
struct window_event {
    int64_t ts_ns;
    int64_t log_return; /* 2^-56, or WINDOW_NONE */
    double spread;      /* relative, NAN null */
    int64_t ofi;        /* size steps; 0 for a first sample */
    __int128 mlofi;     /* flow.h's fixed point, at most window_mlofi_most */
    int64_t buy, sell;  /* volume of trades of known side since the event before, size steps */
} __attribute__((aligned(64)));

/* What slopes, gravity (60 s) and depth (300 s) alone need. */
enum { WINDOW_BID_SLOPE, WINDOW_ASK_SLOPE, WINDOW_COG, WINDOW_SLOW };
struct window_slow {
    double value[WINDOW_SLOW]; /* size steps a bps, bps; NAN null */
    int64_t depth;             /* within 5 bps, both sides, size steps, or WINDOW_NONE */
};

/* So that no window's sum overflows. */
static inline __int128 window_mlofi_most(uint32_t events)
{
    return (__int128)1 << (126 - __builtin_ctz(events));
}

struct window_sums {
    struct moments log_return; /* 2^-56 */
    unsigned __int128 spread;  /* 2^-60 */
    __int128 ofi, buy, sell;
    unsigned __int128 mlofi; /* modular: all that ever came may wrap, a difference does not */
    uint64_t spreads;
};

struct window_tail {
    uint64_t at;       /* first event still inside */
    int64_t before_ns; /* time of the event before that */
};

struct window_params {
    uint32_t events; /* a power of two, WINDOW_STRIDE to WINDOW_EVENTS_MAX */
    bool want_regime, want_kyle, want_slow;
    enum window_horizon regime_at, kyle_at; /* horizons that these are of */
    struct regime_params regime;
};

struct window {
    struct window_params params;
    struct window_event *event;
    int64_t *ts_ns;             /* of each event once more, packed: what the tails look at */
    struct window_sums *before; /* of all events before each WINDOW_STRIDE-th */
    struct window_slow *slow;
    uint8_t *was;        /* regime that the time before the event counts for */
    uint64_t head;       /* number of the next event */
    bool any;            /* there has been an event */
    int64_t last_ns;     /* of the newest */
    int64_t short_to_ns; /* until then a window misses what left early */
    uint64_t left_early;
    struct window_sums all;
    struct window_tail tail[WINDOW_HORIZONS];
    struct moments slow_60s[WINDOW_SLOW]; /* moments_fixed */
    struct moments depth_300s;            /* size steps */
    struct kyle kyle;
    struct regime regime;
};

size_t window_footprint(const struct window_params *params);
/* mem: aligned to 64. */
void window_init(struct window *w, void *mem, const struct window_params *params);
void window_clear(struct window *w);
/* Adds an event; its time is not before the last one's. Everything that is too old for it leaves first. slow may be NULL where it is not
   wanted. */
void window_push(struct window *w, const struct window_event *event,
                 const struct window_slow *slow);
/* The same from a checkpoint: `was` is known. before_ns: of the event before, where this is the oldest. */
void window_restore(struct window *w, const struct window_event *event,
                    const struct window_slow *slow, uint8_t was, int64_t before_ns);
struct window_sums window_of(const struct window *w, enum window_horizon horizon);
/* A window is shorter than its name says. */
bool window_short(const struct window *w);
/* False: something no longer fits; the window is cleared then. */
bool window_rescale(struct window *w, int64_t size_factor);
/* Live events; sums are made anew by a load. */
void window_state(struct window *w, struct td_state *state);
size_t window_state_bytes(const struct window_params *params);

#endif
