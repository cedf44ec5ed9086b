/* Level mechanics of one instrument (SPEC 2.13): session levels, barrier, tape, sweep, score, runway, approach, averages, confluence,
   pressure, attempts, touches. Fed like features.h, by the engine when the set is on or by `tape mechanics`; one causal function of what was
   fed. Fixed memory. Core thread, or the tool's. */
#ifndef TD_FEATURES_MECHANICS_H
#define TD_FEATURES_MECHANICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "book/book.h"
#include "features/feature.h"

struct mechanics;
struct td_state;
struct feature_trade;

/* Words of FEATURE_WORDS_LEVEL_KIND, in this order. PD_*: the previous session's (utc_day), or the premarket's (rth_et). */
enum level_kind {
    LEVEL_PD_HIGH,
    LEVEL_PD_LOW,
    LEVEL_OR_HIGH,
    LEVEL_OR_LOW,
    LEVEL_SESSION_HIGH,
    LEVEL_SESSION_LOW,
    LEVEL_SMA_200,
    LEVEL_SMA_400,
    LEVEL_VWAP,
    LEVEL_ROUND,
    LEVEL_USER_HOTZONE,
    LEVEL_KINDS
};
enum { MECHANICS_HOTZONES = 4 }; /* USER_HOTZONE prices of one instrument */

struct mechanics_params {
    int session;                        /* enum session_kind of session.h */
    double hotzone[MECHANICS_HOTZONES]; /* quote units; 0: none */
    /* Bands in bps of the mid and the rest of 2.13's table; mechanics_defaults() gives them. */
    double monitor_bps, touch_bps, confluence_bps, barrier_bps, tape_bps, outcome1_bps,
        outcome2_bps, velocity_bps_s;
    /* Sizes; 0: auto, multiples of the 1 h EWMA of the zone's depth. */
    double thresh_size, weak_size, delta_scale, confidence_size, contested_size, sweep_notional;
    unsigned
        score_median; /* scores that a median is taken of before they are smoothed: 0 none, 5-10 */
};
struct mechanics_params mechanics_defaults(void);

size_t mechanics_footprint(void);
struct mechanics *mechanics_init(void *mem, const struct mechanics_params *params);

void mechanics_trade(struct mechanics *m, const struct feature_trade *trade, int price_scale,
                     int size_scale);
void mechanics_level(struct mechanics *m, uint8_t side, int64_t price_steps, int64_t was,
                     int64_t now);
/* Book applied, proven, two-sided; event_ns never steps back. */
void mechanics_book(struct mechanics *m, const struct book *book, int price_scale, int size_scale,
                    int64_t event_ns);
void mechanics_lost(
    struct mechanics
        *m); /* proof lost: zone sizes are read anew, no change is booked over the hole */
/* Columns 401-499 of the nearest level within the monitor band, as of the last book event: before a trade that came after it is fed. */
void mechanics_fill(struct mechanics *m, struct feature_row *row);

/* A touch: at the close of a one-minute bar, one per bar and level. event_id = 64-bit hash of (symbol, ts, kind, price). */
struct touch {
    uint64_t event_id;
    int64_t ts_ns; /* end of the bar */
    uint8_t kind;  /* enum level_kind */
    struct feature_row row;
};
void mechanics_on_touch(struct mechanics *m, void (*touched)(void *arg, const struct touch *touch),
                        void *arg, uint64_t symbol_hash);

/* Left early for want of room, or refused: since the start. */
struct mechanics_counts {
    uint64_t flows_full, prints_full, clusters_full, touches_refused;
};
struct mechanics_counts mechanics_counts(const struct mechanics *m);

void mechanics_rescale(struct mechanics *m, int64_t price_factor, int64_t size_factor);
void mechanics_state(struct mechanics *m, struct td_state *state);
size_t mechanics_state_bytes(void);

#endif
