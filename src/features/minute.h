/* One-minute bars from trades, and what is made of them: true ranges, newest closes, averages of two-minute closes (SPEC 2.13). Minutes
   without a trade have no bar. Prices in steps, exact sums. Plain state inside the caller's, one thread. */
#ifndef TD_FEATURES_MINUTE_H
#define TD_FEATURES_MINUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

enum {
    MINUTE_CLOSES = 21, /* 20 changes for the deviation; the newest 10 for the approach */
    MINUTE_RANGES = 14,
    MINUTE_PAIRS = 410, /* two-minute closes: 400, and 10 back for slopes */
};
#define MINUTE_NS (60 * TD_NS_PER_S)

struct minute_bar {
    int64_t start_ns;
    int64_t open, high, low, close;
    int64_t volume; /* size steps, saturated */
};

/* An average of the newest 200 or 400 two-minute closes, as sums: now, 5 and 10 closes ago. */
enum minute_average { MINUTE_SMA_200, MINUTE_SMA_400, MINUTE_AVERAGES };
struct minute_sums {
    bool known[3];
    __int128 sum[3];
};

struct minutes {
    bool running, pair_running;
    struct minute_bar bar; /* when running */
    int64_t pair_start_ns, pair_close;
    uint32_t closes, ranges, pairs;       /* held */
    uint32_t close_at, range_at, pair_at; /* next slot */
    int64_t close[MINUTE_CLOSES], range[MINUTE_RANGES], pair[MINUTE_PAIRS];
    struct minute_sums average[MINUTE_AVERAGES]; /* of pair[] */
};
struct td_state;

/* True: the bar that ran is over at now_ns; *closed gets it, and all below counts it. Ask until false, before anything at now_ns. */
bool minute_advance(struct minutes *m, int64_t now_ns, struct minute_bar *closed);
void minute_trade(struct minutes *m, int64_t ts_ns, int64_t price, int64_t size);

/* i-th newest close, 0 the last; i < closes. */
int64_t minute_close(const struct minutes *m, unsigned i);
unsigned minute_count_of(enum minute_average average);
/* Mean of up to 14 last true ranges, in steps; false: no bar yet. */
bool minute_atr(const struct minutes *m, double *atr);
/* Sample deviation of the last 20 changes of the close, in steps; false: fewer than 2 changes. */
bool minute_deviation(const struct minutes *m, double *deviation);

bool minute_rescale(struct minutes *m, int64_t price_factor,
                    int64_t size_factor); /* false: does not fit */
void minute_state(struct minutes *m, struct td_state *state);

#endif
