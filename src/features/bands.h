/* Size within 5, 10, 25, 50 and 100 bps of the mid, over the whole book, kept by changes: a level's change is added where it lies, a move
   of the mid adds and drops the levels that the bands' edges pass. Exact: edges are compared as integers, 2 |S - 2 p| ... with S = b0 + a0
   (SPEC 2.6: lo <= d < hi, d = |m - p| / m * 10000). Core thread. */
#ifndef TD_FEATURES_BANDS_H
#define TD_FEATURES_BANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "book/book.h"

enum { BANDS = 5 };
extern const int bands_bps[BANDS]; /* upper edges: 5, 10, 25, 50, 100 */

struct bands {
    bool valid;
    int64_t twice_mid;
    int64_t edge[2][BANDS];    /* worst price still inside, by side ([0] bid) */
    __int128 within[2][BANDS]; /* size steps from the touch to the edge: cumulative */
};

void bands_init(struct bands *bands);
void bands_invalidate(struct bands *bands);
/* A level went from `was` to `now` size steps. Any time; before the mid it leads to is told. */
void bands_change(struct bands *bands, uint8_t side, int64_t price_steps, int64_t was, int64_t now);
/* The event is over: edges follow the mid; from scratch when invalid. */
void bands_settle(struct bands *bands, const struct book *book, int64_t twice_mid);

#endif
