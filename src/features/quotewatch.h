/* QuoteWatch's five features and the stability score (SPEC 2.1, 2.4): the four that feed the classifier are ready after every event. */
#ifndef TD_FEATURES_QUOTEWATCH_H
#define TD_FEATURES_QUOTEWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "features/feature.h"
#include "features/top.h"

enum { QUOTEWATCH_MIDS = 50, QUOTEWATCH_INPUTS = 4 };

struct td_state;

/* Changes of the last 50 mids in bps as fixed point (2^-44), their sum and sum of squares exact. */
struct quotewatch {
    uint32_t mids; /* seen since the reset, at most 50 */
    uint32_t next; /* place of the next change */
    bool have_mid;
    int64_t last_twice_mid;          /* steps */
    int64_t change[QUOTEWATCH_MIDS]; /* the newest mids - 1 of them */
    uint32_t counted;                /* of them: those whose mid before was not 0 */
    __int128 sum;
    unsigned __int128 squares;
    /* spread_bps (NAN where the mid is not above 0), imbalance, depth, volatility of the last event */
    double value[QUOTEWATCH_INPUTS];
};

void quotewatch_init(struct quotewatch *q);
void quotewatch_reset(
    struct quotewatch
        *q); /* the window is cleared (not where compat = quotewatch, on a reconnect) */
void quotewatch_book(struct quotewatch *q,
                     const struct top *top); /* appends the mid, computes value[] */
void quotewatch_rescale(struct quotewatch *q, int64_t price_factor);
void quotewatch_state(struct quotewatch *q, struct td_state *state);
/* value[] and the score; trade_imbalance is the engine's. */
void quotewatch_fill(const struct quotewatch *q, struct feature_row *row);
/* SPEC 2.4; any thread, pure. */
double stability_score(double spread_bps, double imbalance, double volatility);
enum stability { STABILITY_STABLE, STABILITY_MODERATE, STABILITY_UNSTABLE };
enum stability stability_category(double score);

#endif
