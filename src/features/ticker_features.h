/* Features of tickers (SPEC 2.10), a row a ticker: windows of 60, 300 and 900 s are (t - w, t] of event time and belong to the row itself.
   Null is NAN; nulls are skipped in means. Fixed memory: the caller's. One thread. */
#ifndef TD_FEATURES_TICKER_FEATURES_H
#define TD_FEATURES_TICKER_FEATURES_H

#include <stddef.h>

#include "features/trade_features.h"

/* What a venue said of bid and ask. */
struct ticker_quote {
    int64_t ts_ns;
    bool has_prices, has_sizes; /* both sides of each */
    int64_t bid_steps, ask_steps;
    double bid_size, ask_size;
};

struct ticker_feature_window {
    double mid_price_mean, mid_price_std, spread_mean, vol_imbalance_mean; /* std: of a sample */
};

struct ticker_feature_row {
    double spread, mid_price, relative_spread, volume_imbalance;
    struct ticker_feature_window window[ROW_WINDOWS];
    bool window_short;
};

struct ticker_features;

struct ticker_features_params {
    uint32_t tickers_max; /* a power of two; 40 B each */
    int price_scale;
    int window_s[ROW_WINDOWS];
};

size_t ticker_features_footprint(const struct ticker_features_params *params);
struct ticker_features *ticker_features_init(void *mem,
                                             const struct ticker_features_params *params);
void ticker_features_add(struct ticker_features *f, const struct ticker_quote *quote,
                         struct ticker_feature_row *row);
uint64_t ticker_features_short(const struct ticker_features *f);

#endif
