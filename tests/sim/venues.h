/* The venues that the simulated world can have: what the bundled exchange's feed does not say of itself, and how wrong each can be. */
#ifndef TD_SIM_VENUES_H
#define TD_SIM_VENUES_H

#include <stdbool.h>

#include "exchange/house.h"

enum { VENUES_MAX = 8 }; /* of one run */

struct sim_venue {
    const struct feed *feed;
    const char *path;        /* it is dialled at that */
    const char *trade_at;    /* stands in front of a trade's id */
    bool begins_with_ticker; /* a subscription does */
    bool
        by_channel; /* messages name their market by a number, which stands in front of the first comma */
    /* Lies. NULL: it has no such thing. */
    const char *seq_at[2], *stamp_at; /* in front of numbers of a book message; the stamp's is ms */
    const char *crossing;             /* a level at feed->bad_at */
    const char *unknown, *error, *foreign;
    const char *nan, *long_number, *empty_snapshot; /* %s: the venue's spelling of a market */
};

/* Those of a run that names none. */
extern const char venues_usual[];

/* NULL: the simulator does not know it. */
const struct sim_venue *venues_find(const char *name);
const struct sim_venue *venues_of(const struct feed *feed);

/* Names with commas between into list[]. Their count; 0: one is unknown, stands twice, or there are too many. */
unsigned venues_read(const char *names, const struct sim_venue *list[VENUES_MAX]);

/* What the rule of the recorder's venue sees of a book: that a message is missing, or comes again. */
bool venues_sees_holes(const struct feed *feed);
/* Only a checksum proves its books, over some of the best levels. */
bool venues_sums(const struct feed *feed);
/* The ids of its trades rise by one: one that misses is seen. */
bool venues_counts_trades(const struct feed *feed);

#endif
