#include "features/volume_bars.h"

#include <string.h>

#include "base/err.h"

void volume_bars_init(struct volume_bars *bars, int64_t threshold_steps, int price_scale,
                      int size_scale)
{
    TD_ASSERT(threshold_steps > 0, "a bar holds something");
    memset(bars, 0, sizeof *bars);
    bars->threshold_steps = threshold_steps;
    bars->last_ns = INT64_MIN;
    bars->price_scale = price_scale;
    bars->size_scale = size_scale;
}

static void begin(struct volume_bars *bars, int64_t now_ns, int64_t price)
{
    bars->open = true;
    bars->start_ns = now_ns;
    bars->first = bars->high = bars->low = price;
    memset(&bars->volume, 0, sizeof bars->volume);
    memset(&bars->returns, 0, sizeof bars->returns);
}

bool volume_bars_open(const struct volume_bars *bars, struct volume_bar *bar)
{
    const struct bar_volume *sum = &bars->volume;
    if (!bars->open)
        return false;
    *bar = (struct volume_bar){
        .path = bar_path_of(bars->first, bars->high, bars->low, bars->last, bars->price_scale),
        .volume = bar_units(sum->volume, bars->size_scale),
        .buy_volume = bar_units(sum->buy, bars->size_scale),
        .sell_volume = bar_units(sum->sell, bars->size_scale),
        .buy_ratio = exact_ratio((double)sum->buy, (double)(sum->buy + sum->sell)),
        .trades = sum->trades,
        .start_ns = bars->start_ns,
        .end_ns = bars->end_ns,
    };
    bar->vwap =
        exact_ratio(bar_units(sum->notional, bars->price_scale + bars->size_scale), bar->volume);
    bar->path.realized_variance = exact_return_variance(&bars->returns);
    return true;
}

/* Up to `size_steps` into the open bar; what went in. A trade's return counts once, in the bar that it enters first. */
static int64_t pour(struct volume_bars *bars, const struct bar_trade *trade, int64_t size_steps,
                    int64_t now_ns)
{
    int64_t price = trade->price_steps;
    if (!bars->open)
        begin(bars, now_ns, price);
    int64_t space = bars->threshold_steps - (int64_t)bars->volume.volume;
    int64_t part = size_steps < space ? size_steps : space;
    bars->high = price > bars->high ? price : bars->high;
    bars->low = price < bars->low ? price : bars->low;
    bars->last = price;
    bars->end_ns = now_ns;
    bar_volume_add(&bars->volume, price, part, trade->taker);
    return part;
}

void volume_bars_add(struct volume_bars *bars, const struct bar_trade *trade,
                     void (*full)(void *arg, const struct volume_bar *bar), void *arg)
{
    int64_t now = trade->ts_ns > bars->last_ns ? trade->ts_ns : bars->last_ns;
    double log_return = exact_log_ratio(trade->price_steps, bars->previous_price);
    bars->last_ns = now;
    for (int64_t left = trade->size_steps; left > 0;) {
        left -= pour(bars, trade, left, now);
        if (!isnan(log_return))
            exact_moments_add(&bars->returns, exact_return(log_return));
        log_return = NAN;
        struct volume_bar bar;
        if (bars->volume.volume == bars->threshold_steps && volume_bars_open(bars, &bar)) {
            bars->open = false;
            full(arg, &bar);
        }
    }
    bars->previous_price = trade->price_steps;
}
