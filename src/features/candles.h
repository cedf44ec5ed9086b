/* Tick candles (SPEC 2.5): ten mids each, the newest 50 closed ones kept beside the open one. Fixed memory, one thread. */
#ifndef TD_FEATURES_CANDLES_H
#define TD_FEATURES_CANDLES_H

#include <stdbool.h>
#include <stdint.h>

enum { CANDLE_TICKS = 10, CANDLES_KEPT = 50 };

struct candle {
    int64_t start_ns, end_ns; /* of its first and last mid */
    double open, high, low, close;
    uint32_t ticks; /* 10 when closed */
};

struct candles {
    struct candle ring[CANDLES_KEPT]; /* closed ones */
    uint32_t first, count;
    struct candle open; /* ticks 0: none */
};

void candles_init(struct candles *candles);
/* A mid (one that is NAN, no number, is passed over). True when it closed a candle: candles_at(count - 1) then. */
bool candles_add(struct candles *candles, int64_t ts_ns, double mid);
/* Closed candles, 0 the oldest kept. */
uint32_t candles_count(const struct candles *candles);
const struct candle *candles_at(const struct candles *candles, uint32_t index);
/* The one not full yet, NULL when it has no mid. */
const struct candle *candles_open(const struct candles *candles);
/* What a chart shows, the open one too: range padded by a tenth of it on both sides, by 10 where it is flat. False without a candle. */
bool candles_range(const struct candles *candles, double *low, double *high);

#endif
