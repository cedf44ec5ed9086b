/* Features of trades (SPEC 2.9), a row a trade in the order of arrival: windows of 60, 300 and 900 s are (t - w, t] of event time and belong to
   the row itself, so none is null for want of an equal stamp. Sums are exact and depend on what the window holds alone. Null is NAN.
   Fixed memory: the caller's. One thread. */
#ifndef TD_FEATURES_TRADE_FEATURES_H
#define TD_FEATURES_TRADE_FEATURES_H

#include <stddef.h>

#include "features/bars.h"

enum { ROW_WINDOWS = 3 };
extern const int row_windows_s[ROW_WINDOWS]; /* 60, 300, 900; of ticker_features.h too */

struct trade_feature_window {
    double vwap, volume, dollar_volume, buy_ratio, realized_var;
    uint64_t trades;
};

struct trade_feature_row {
    double is_buy; /* 1, 0; null without a side */
    double dollar_volume, signed_volume, log_return;
    struct trade_feature_window window[ROW_WINDOWS];
    bool window_short; /* a window was full: its oldest trades left early */
};

struct trade_features;

struct trade_features_params {
    uint32_t trades_max; /* that the longest window holds; a power of two. 48 B each */
    int price_scale, size_scale;
    int window_s[ROW_WINDOWS]; /* rising */
};

size_t trade_features_footprint(const struct trade_features_params *params);
struct trade_features *trade_features_init(void *mem, const struct trade_features_params *params);
void trade_features_add(struct trade_features *f, const struct bar_trade *trade,
                        struct trade_feature_row *row);
uint64_t trade_features_short(const struct trade_features *f); /* trades that left early */

#endif
