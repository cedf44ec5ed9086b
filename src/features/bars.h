/* Time bars of one instrument and one duration (SPEC 2.11): [k d, (k+1) d) of event time since 1970, labelled by their start; a window without
   a record gives no bar. Nulls are skipped; sums are exact. Null is NAN. Fixed memory, any one thread; live or in `tape bars`.

   Event time never steps back: a record that is late counts at the newest time seen. */
#ifndef TD_FEATURES_BARS_H
#define TD_FEATURES_BARS_H

#include <stdbool.h>
#include <stdint.h>

#include "features/exact.h"

enum { BAR_DURATIONS = 7 };
extern const int bar_durations_s[BAR_DURATIONS]; /* 1, 5, 30, 60, 300, 900, 3600 */

/* Where the window begins that holds ts_ns. */
int64_t bar_start(int64_t ts_ns, int64_t duration_ns);

/* What trade, volume and book bars state alike of their path. */
struct bar_path {
    double open, high, low, close;
    double simple_return, log_return, range; /* of open; null when open <= 0 */
    double realized_variance;                /* sample variance of the records' log returns */
};

/* ---- of the book ----------------------------------------------------------------------------- */

/* Means of a book bar. */
enum book_mean {
    BOOK_MEAN_SPREAD,
    BOOK_MEAN_RELATIVE_SPREAD,
    BOOK_MEAN_L1_IMBALANCE,
    BOOK_MEAN_TOTAL_IMBALANCE,
    BOOK_MEAN_MICROPRICE,
    BOOK_MEAN_MICRO_MINUS_MID,
    BOOK_MEAN_BID_DEPTH,
    BOOK_MEAN_ASK_DEPTH,
    BOOK_MEAN_SMART_DEPTH_IMBALANCE,
    BOOK_MEANS
};

/* A book event that fired: values of its feature row. */
struct book_tick {
    int64_t ts_ns;
    double mid, log_return, ofi, mlofi;
    double value[BOOK_MEANS];
};

struct book_bar {
    int64_t start_ns;
    struct bar_path path; /* of the mid */
    uint32_t ticks;
    double min_spread, max_spread, mean[BOOK_MEANS];
    double sum_ofi, sum_mlofi;           /* null when no record had one */
    double realized_vol, annualized_vol; /* sqrt(sum r^2); times sqrt(31536000 / d) */
};

struct book_bars {
    int64_t duration_ns, last_ns;
    bool open;
    struct book_bar bar;
    struct exact_sum mean[BOOK_MEANS], ofi, mlofi;
    struct exact_moments returns;
};

void book_bars_init(struct book_bars *bars, int64_t duration_ns);
/* True when the bar before this record closed: *closed is it. */
bool book_bars_add(struct book_bars *bars, const struct book_tick *tick, struct book_bar *closed);
/* The open bar, as it stands, and an empty one then; false when there is none. */
bool book_bars_end(struct book_bars *bars, struct book_bar *closed);

/* ---- of trades ------------------------------------------------------------------------------- */

/* One trade; steps as in features.h. */
struct bar_trade {
    int64_t ts_ns, price_steps, size_steps;
    uint8_t taker; /* enum td_taker */
};

/* Volumes of a bar, in steps: exact whatever was added. */
struct bar_volume {
    __int128 volume, notional, buy, sell; /* notional: price steps x size steps */
    uint64_t trades;
};

struct trade_bar {
    int64_t start_ns;
    struct bar_path path;
    double volume, dollar_volume, buy_volume, sell_volume, vwap,
        imbalance; /* imbalance: (Vb - Vs) / (Vb + Vs), null without a side */
    uint64_t trades;
};

struct trade_bars {
    int64_t duration_ns, last_ns, previous_price;
    int price_scale, size_scale;
    bool open;
    int64_t start_ns, first, high, low, last; /* steps */
    struct bar_volume volume;
    struct exact_moments returns;
};

void trade_bars_init(struct trade_bars *bars, int64_t duration_ns, int price_scale, int size_scale);
bool trade_bars_add(struct trade_bars *bars, const struct bar_trade *trade,
                    struct trade_bar *closed);
bool trade_bars_end(struct trade_bars *bars, struct trade_bar *closed);

void bar_volume_add(struct bar_volume *sum, int64_t price_steps, int64_t size_steps, uint8_t taker);
/* Steps of 10^-scale (0 to 36) as a double. */
double bar_units(__int128 steps, int scale);
/* OHLC of steps and what follows from it; realized_variance is the caller's. */
struct bar_path bar_path_of(int64_t open, int64_t high, int64_t low, int64_t close, int scale);

#endif
