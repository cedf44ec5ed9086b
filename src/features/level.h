/* The price levels of one instrument (SPEC 2.13), each causal: running until its window closes, then frozen. Fed by trades, closed minutes and
   the mid. Plain state inside the caller's, one thread. */
#ifndef TD_FEATURES_LEVEL_H
#define TD_FEATURES_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

#include "features/mechanics.h"
#include "features/minute.h"
#include "features/session.h"

/* Slots: one a kind, and one a hot zone. */
enum { LEVEL_SLOTS = LEVEL_USER_HOTZONE + MECHANICS_HOTZONES };
#define LEVEL_ROUND_BPS 14.6 /* spacing of round levels, of the mid */

struct level {
    bool on;
    uint8_t kind;  /* enum level_kind */
    double price;  /* quote units */
    int64_t steps; /* the same, to the nearest step */
};

struct levels {
    enum session_kind kind;
    bool known, opened; /* day is set; its session has begun */
    bool moved;         /* a level came, went or moved since the caller cleared this */
    struct session day;
    int64_t next_ns; /* nothing opens, closes or begins before */
    uint32_t bars;   /* closed minutes of the session */
    struct level at[LEVEL_SLOTS];
    __int128 typical,
        volume; /* sums of 3 x typical price x volume, and of volume, over the session's minutes */
    bool vwap_lost; /* the sum did not fit: no VWAP until the next session */
    /* The round level holds while the mid stays here. */
    double round_from, round_to;     /* quote units: the spacing's */
    __int128 round_from2, round_to2; /* twice the mid in steps */
};
struct td_state;

void levels_init(struct levels *l, enum session_kind kind);
enum levels_event { LEVELS_SAME = 0, LEVELS_DAY = 1, LEVELS_SESSION = 2 };
/* What begins at or before now: bits of enum levels_event. Minutes that ended before are closed first. */
unsigned levels_advance(struct levels *l, int64_t now_ns);
/* Whole seconds of a session count from its open; false outside of it. */
bool levels_since_open(const struct levels *l, int64_t at_ns, int64_t *since_ns);
/* unit: steps in one quote unit. */
void levels_trade(struct levels *l, int64_t ts_ns, int64_t price, double unit);
void levels_minute(struct levels *l, const struct minute_bar *bar, const struct minutes *minutes,
                   double unit);
/* mid2: twice the mid in steps, > 0. */
void levels_mid(struct levels *l, __int128 mid2, int price_scale, double unit);
void levels_hotzones(struct levels *l, const double *price, double unit);
/* Steps of a band around a price: from <= to, or an empty one. */
void levels_band(double price, double band, double unit, int64_t *from, int64_t *to);

bool levels_rescale(struct levels *l, int64_t factor, double unit);
void levels_state(struct levels *l, struct td_state *state);

#endif
