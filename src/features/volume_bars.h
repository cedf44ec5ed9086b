/* Volume bars of one instrument (SPEC 2.11): a bar is full at the threshold, exactly; a large trade closes several, and the next opens at its
   price. Fixed memory, any one thread. */
#ifndef TD_FEATURES_VOLUME_BARS_H
#define TD_FEATURES_VOLUME_BARS_H

#include "features/bars.h"

struct volume_bar {
    struct bar_path path;
    double volume, buy_volume, sell_volume, vwap;
    double buy_ratio; /* of the volume whose side is known; null without any */
    uint64_t trades;  /* that put something into it */
    int64_t start_ns, end_ns;
};

struct volume_bars {
    int64_t threshold_steps, last_ns, previous_price;
    int price_scale, size_scale;
    bool open;
    int64_t start_ns, end_ns, first, high, low, last;
    struct bar_volume volume;
    struct exact_moments returns;
};

/* threshold_steps > 0. */
void volume_bars_init(struct volume_bars *bars, int64_t threshold_steps, int price_scale,
                      int size_scale);
/* Each full bar is handed to `full`, in order. */
void volume_bars_add(struct volume_bars *bars, const struct bar_trade *trade,
                     void (*full)(void *arg, const struct volume_bar *bar), void *arg);
/* The bar that is not full yet; false when nothing is in it. It stays open. */
bool volume_bars_open(const struct volume_bars *bars, struct volume_bar *bar);

#endif
