/* All features of one instrument: fed with every change of a proven book and every trade, in the order of arrival; a row when asked for.
   The same calls give the same rows, live, in recovery and in `tape features` (SPEC 1.4, 2.0, 2.6-2.8). Fixed memory, no allocation, no
   clock of its own. One thread: the core's, or the tool's.

   Per book event:   features_level for each level that changed, then features_book once.
   Snapshot:         features_snapshot once the book stands (it proves, clears history and does not fire).
   Loss of proof:    features_lost. */
#ifndef TD_FEATURES_FEATURES_H
#define TD_FEATURES_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "book/book.h"
#include "features/feature.h"

struct features;
struct td_state;

/* SPEC 1.12, group features. features_defaults() gives them. */
struct features_params {
    struct feature_mask on; /* columns that a row carries */
    uint32_t window_events; /* book events that the longest window (900 s) holds; a power of two */
    int64_t staleness_ns;   /* 300 s */
    bool vpin_auto;         /* bucket = trailing 24 h volume / vpin_buckets */
    double vpin_bucket;     /* base units, 1.0 */
    uint32_t vpin_buckets;  /* 50 */
    bool dynamic_regime;    /* true */
    double tight_percentile, wide_percentile; /* 0.2, 0.8 */
    double tight_ratio;                       /* static mode: 0.0001 */
    uint32_t regime_window_s, kyle_window_s;  /* 300; one of the horizons */
    uint32_t ofi_levels;                      /* of ofi_multi and mlofi: 10, at most */
    double ofi_decay_alpha;                   /* level i of mlofi weighs exp(-alpha i): 0.5 */
    bool compat_quotewatch;                   /* the volatility window lives over a reconnect */
    int session;                              /* enum session_kind of session.h; mechanics */
};
struct features_params features_defaults(void);

size_t features_footprint(const struct features_params *params);
struct features *features_init(void *mem, const struct features_params *params);
/* As after features_init: another symbol. */
void features_clear(struct features *f);

/* One trade as it arrived. taker: enum td_taker. Listed trades (old ones repeated on subscribe) are not fed. */
struct feature_trade {
    int64_t event_ns;
    int64_t price_steps, size_steps;
    uint8_t taker;
};
void features_trade(struct features *f, const struct feature_trade *trade);

/* A level of the book went from `was` to `now` size steps (0: none). */
void features_level(struct features *f, uint8_t side, int64_t price_steps, int64_t was,
                    int64_t now);

/* The event is applied and the book proven. False: withheld (a side is empty, locked, crossed): no row, no sample; previous state and
   time stay. */
bool features_book(struct features *f, const struct book *book, int price_scale, int size_scale,
                   int64_t event_ns);

/* An image replaced the book: history is cleared (SPEC 2.8 Reset), next event is a first sample. */
void features_snapshot(struct features *f);
/* Proof is lost, or the connection: the same. reconnect: QuoteWatch's window is cleared too unless compat. */
void features_lost(struct features *f);

/* After features_book said true, before anything else is fed. */
double features_mid(const struct features *f);               /* quote units */
const double *features_quotewatch(const struct features *f); /* QUOTEWATCH_INPUTS values */
/* Book events that fired since features_row_taken; 0 while no row can be made (withheld, lost, loaded or rescaled since the last). */
uint32_t features_events(const struct features *f);
void features_row_taken(struct features *f);
/* Every column that is on, as of the last event that fired (whatever trades came since). */
void features_row(struct features *f, struct feature_row *row);
enum feature_row_flag {
    FEATURE_ROW_WINDOW_SHORT = 1, /* a window was full: it is shorter than its name (counted) */
    FEATURE_ROW_NO_EVENT_TIME = 8,
    FEATURE_ROW_CLAMPED = 16, /* a value beyond the fixed point of a sum was cut to it (counted) */
};
uint8_t features_row_flags(const struct features *f);

/* Finer scales: every step count is multiplied. What no longer fits clears the history. */
void features_rescale(struct features *f, int64_t price_factor, int64_t size_factor);
/* The whole state, saved or loaded (into one initialised with the same params). The book is not in it: bands and tops are read anew. */
void features_state(struct features *f, struct td_state *state);
size_t features_state_bytes(const struct features_params *params); /* at most */

/* The level mechanics inside, for touches (mechanics_on_touch); NULL where that set is off. */
struct mechanics;
struct mechanics *features_mechanics(struct features *f);

/* What was not as it should be, since the start. */
struct features_counts {
    uint64_t events, window_full, clamped, withheld,
        trades_forced; /* trades_forced: consumed early, too many waited */
};
struct features_counts features_counts(const struct features *f);

#endif
