#include "features/bars.h"

#include <string.h>

#include "base/decimal.h"
#include "base/event.h"
#include "base/limits.h"

const int bar_durations_s[BAR_DURATIONS] = {1, 5, 30, 60, 300, 900, 3600};

enum { YEAR_S = 31536000 };

/* Floored, before 1970 too. */
int64_t bar_start(int64_t ts_ns, int64_t duration_ns)
{
    int64_t rest = ts_ns % duration_ns;
    return ts_ns - rest - (rest < 0 ? duration_ns : 0);
}

/* ---- book ------------------------------------------------------------------------------------ */

void book_bars_init(struct book_bars *bars, int64_t duration_ns)
{
    memset(bars, 0, sizeof *bars);
    bars->duration_ns = duration_ns;
    bars->last_ns = INT64_MIN;
}

static void book_begin(struct book_bars *bars, int64_t start_ns, double mid)
{
    int64_t duration_ns = bars->duration_ns, last_ns = bars->last_ns;
    memset(bars, 0, sizeof *bars);
    bars->duration_ns = duration_ns;
    bars->last_ns = last_ns;
    bars->open = true;
    bars->bar.start_ns = start_ns;
    bars->bar.path.open = bars->bar.path.high = bars->bar.path.low = mid;
    bars->bar.min_spread = bars->bar.max_spread = NAN;
}

static void path_ratios(struct bar_path *path)
{
    double open = path->open;
    path->simple_return = exact_ratio(path->close - open, open);
    path->range = exact_ratio(path->high - path->low, open);
    path->log_return = open > 0 && path->close > 0 ? log1p((path->close - open) / open) : NAN;
}

bool book_bars_end(struct book_bars *bars, struct book_bar *closed)
{
    struct book_bar *bar = &bars->bar;
    if (!bars->open)
        return false;
    for (int i = 0; i < BOOK_MEANS; i++)
        bar->mean[i] = exact_mean(&bars->mean[i]);
    bar->sum_ofi = bars->ofi.count ? exact_total(&bars->ofi) : NAN;
    bar->sum_mlofi = bars->mlofi.count ? exact_total(&bars->mlofi) : NAN;
    path_ratios(&bar->path);
    bar->path.realized_variance = exact_return_variance(&bars->returns);
    bar->realized_vol = exact_return_volatility(&bars->returns);
    bar->annualized_vol =
        bar->realized_vol * sqrt((double)YEAR_S * (double)TD_NS_PER_S / (double)bars->duration_ns);
    *closed = *bar;
    bars->open = false;
    return true;
}

static void book_record(struct book_bars *bars, const struct book_tick *tick)
{
    struct book_bar *bar = &bars->bar;
    double spread = tick->value[BOOK_MEAN_SPREAD];
    bar->ticks++;
    bar->path.high = fmax(bar->path.high, tick->mid);
    bar->path.low = fmin(bar->path.low, tick->mid);
    bar->path.close = tick->mid;
    bar->min_spread = fmin(bar->min_spread, spread); /* fmin and fmax step over a NAN */
    bar->max_spread = fmax(bar->max_spread, spread);
    for (int i = 0; i < BOOK_MEANS; i++)
        exact_add(&bars->mean[i], tick->value[i]);
    exact_add(&bars->ofi, tick->ofi);
    exact_add(&bars->mlofi, tick->mlofi);
    if (!isnan(tick->log_return))
        exact_moments_add(&bars->returns, exact_return(tick->log_return));
}

bool book_bars_add(struct book_bars *bars, const struct book_tick *tick, struct book_bar *closed)
{
    int64_t now = tick->ts_ns > bars->last_ns ? tick->ts_ns : bars->last_ns;
    int64_t start = bar_start(now, bars->duration_ns);
    bool ended = bars->open && bars->bar.start_ns != start && book_bars_end(bars, closed);
    bars->last_ns = now;
    if (!bars->open)
        book_begin(bars, start, tick->mid);
    book_record(bars, tick);
    return ended;
}

/* ---- trades ---------------------------------------------------------------------------------- */

void bar_volume_add(struct bar_volume *sum, int64_t price_steps, int64_t size_steps, uint8_t taker)
{
    sum->volume += size_steps;
    sum->notional += (__int128)price_steps * size_steps;
    if (taker == TD_TAKER_BUY)
        sum->buy += size_steps;
    if (taker == TD_TAKER_SELL)
        sum->sell += size_steps;
    sum->trades++;
}

double bar_units(__int128 steps, int scale)
{
    if (steps >= INT64_MIN && steps <= INT64_MAX && scale <= TD_SCALE_MAX)
        return td_steps_to_double((int64_t)steps, scale);
    int above = scale > TD_SCALE_MAX ? scale - TD_SCALE_MAX : 0;
    return (double)steps / ((double)td_pow10(scale - above) * (double)td_pow10(above));
}

struct bar_path bar_path_of(int64_t open, int64_t high, int64_t low, int64_t close, int scale)
{
    return (struct bar_path){
        .open = td_steps_to_double(open, scale),
        .high = td_steps_to_double(high, scale),
        .low = td_steps_to_double(low, scale),
        .close = td_steps_to_double(close, scale),
        .simple_return = exact_ratio((double)(close - open), (double)open),
        .range = exact_ratio((double)(high - low), (double)open),
        .log_return = exact_log_ratio(close, open),
        .realized_variance = NAN,
    };
}

void trade_bars_init(struct trade_bars *bars, int64_t duration_ns, int price_scale, int size_scale)
{
    memset(bars, 0, sizeof *bars);
    bars->duration_ns = duration_ns;
    bars->last_ns = INT64_MIN;
    bars->price_scale = price_scale;
    bars->size_scale = size_scale;
}

bool trade_bars_end(struct trade_bars *bars, struct trade_bar *closed)
{
    const struct bar_volume *sum = &bars->volume;
    if (!bars->open)
        return false;
    *closed = (struct trade_bar){
        .start_ns = bars->start_ns,
        .path = bar_path_of(bars->first, bars->high, bars->low, bars->last, bars->price_scale),
        .volume = bar_units(sum->volume, bars->size_scale),
        .dollar_volume = bar_units(sum->notional, bars->price_scale + bars->size_scale),
        .buy_volume = bar_units(sum->buy, bars->size_scale),
        .sell_volume = bar_units(sum->sell, bars->size_scale),
        .imbalance = exact_ratio((double)(sum->buy - sum->sell), (double)(sum->buy + sum->sell)),
        .trades = sum->trades,
    };
    closed->vwap = exact_ratio(closed->dollar_volume, closed->volume);
    closed->path.realized_variance = exact_return_variance(&bars->returns);
    bars->open = false;
    return true;
}

static void trade_begin(struct trade_bars *bars, int64_t start_ns, int64_t price)
{
    bars->open = true;
    bars->start_ns = start_ns;
    bars->first = bars->high = bars->low = price;
    memset(&bars->volume, 0, sizeof bars->volume);
    memset(&bars->returns, 0, sizeof bars->returns);
}

bool trade_bars_add(struct trade_bars *bars, const struct bar_trade *trade,
                    struct trade_bar *closed)
{
    int64_t now = trade->ts_ns > bars->last_ns ? trade->ts_ns : bars->last_ns;
    int64_t start = bar_start(now, bars->duration_ns), price = trade->price_steps;
    bool ended = bars->open && bars->start_ns != start && trade_bars_end(bars, closed);
    bars->last_ns = now;
    if (!bars->open)
        trade_begin(bars, start, price);
    bars->high = price > bars->high ? price : bars->high;
    bars->low = price < bars->low ? price : bars->low;
    bars->last = price;
    bar_volume_add(&bars->volume, price, trade->size_steps, trade->taker);
    double log_return = exact_log_ratio(price, bars->previous_price);
    if (!isnan(log_return))
        exact_moments_add(&bars->returns, exact_return(log_return));
    bars->previous_price = price;
    return ended;
}
