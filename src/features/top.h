/* The best 20 levels a side, kept from event to event: read anew from the book only where a change may have touched them; and what the
   rolling windows need of them at every event (slopes, centre of gravity), computed once a change. Core thread. */
#ifndef TD_FEATURES_TOP_H
#define TD_FEATURES_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "book/book.h"

/* Prices and sizes that exact sums of 20 levels hold (in int128: of price times size). */
#define TOP_STEPS_MAX (INT64_C(1) << 60)

enum { TOP_LEVELS = 20, TOP_KEPT = 32, TOP_OFI_LEVELS = 10, TOP_QUOTEWATCH_LEVELS = 10 };

struct top_side {
    uint32_t count; /* of price and size, best first, steps; at most TOP_LEVELS */
    uint32_t
        kept; /* levels that follow the book; those behind `count` step in when one of the best goes */
    bool complete; /* the side has no more than those kept */
    bool stale;    /* to be read anew */
    bool changed;  /* one of `count` is not as it was */
    bool beyond;   /* a price or size among them is beyond TOP_STEPS_MAX */
    bool odd;      /* or among those kept: then every change is read from the book */
    int64_t price[TOP_KEPT], size[TOP_KEPT];
    /* top_derive's, of the first `derived` levels (0: none): whole size, sum of distance to the best price times size, and the slope of
       cumulative size on that distance, steps. */
    uint32_t derived;
    __int128 whole, moment;
    double slope;
};

struct top {
    struct top_side side[2]; /* [0] bid, [1] ask */
    /* Valid after top_refresh said true. */
    int64_t twice_mid;     /* b0 + a0, steps */
    bool derived_stale;    /* slopes and centre of gravity below are of another top */
    double slope_steps[2]; /* slope_regression in size steps per bps; NAN: null */
    double cog_steps;      /* center_of_gravity - mid; NAN: null */
    double cog_bps;        /* cog_vs_mid; NAN: null */
    int8_t price_scale, size_scale;
};

void top_init(struct top *top);
/* A level is about to change, or has. */
void top_change(struct top *top, uint8_t side, int64_t price_steps);
/* The same, and its size is known: followed without the book. Every change of the book is told, in its order. */
void top_level(struct top *top, uint8_t side, int64_t price_steps, int64_t size_steps);
void top_invalidate(struct top *top); /* the whole book changed */
/* Reads what is stale. False: a side is empty, or the book is locked or crossed, or a price or size is beyond
   TOP_STEPS_MAX. */
bool top_refresh(struct top *top, const struct book *book, int price_scale, int size_scale);
/* slope_steps and cog_bps of the current top; cheap when nothing changed. */
void top_derive(struct top *top);

static inline double top_mid_steps(const struct top *top)
{
    return (double)top->twice_mid / 2;
}

#endif
