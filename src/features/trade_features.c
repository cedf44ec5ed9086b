#include "features/trade_features.h"

#include <string.h>

#include "base/err.h"
#include "base/event.h"
#include "base/limits.h"

const int row_windows_s[ROW_WINDOWS] = {60, 300, 900};

struct entry {
    int64_t ts_ns, size_steps, price_steps;
    int64_t log_return; /* exact_return */
    bool has_return;
    uint8_t taker;
};

struct window {
    uint64_t tail; /* number of its oldest trade */
    int64_t length_ns;
    __int128 volume, notional;
    uint64_t buys, sells;
    struct exact_moments returns;
};

struct trade_features {
    struct trade_features_params params;
    int64_t now_ns, previous_price;
    uint64_t head, left_early; /* head: number of the next trade */
    struct window window[ROW_WINDOWS];
    struct entry entry[];
};

size_t trade_features_footprint(const struct trade_features_params *params)
{
    return sizeof(struct trade_features) + params->trades_max * sizeof(struct entry);
}

struct trade_features *trade_features_init(void *mem, const struct trade_features_params *params)
{
    struct trade_features *f = mem;
    TD_ASSERT(params->trades_max && !(params->trades_max & (params->trades_max - 1)),
              "a ring is a power of two");
    memset(f, 0, sizeof *f);
    f->params = *params;
    f->now_ns = INT64_MIN;
    for (int w = 0; w < ROW_WINDOWS; w++)
        f->window[w].length_ns = params->window_s[w] * TD_NS_PER_S;
    return f;
}

static struct entry *entry_at(struct trade_features *f, uint64_t number)
{
    return &f->entry[number & (f->params.trades_max - 1)];
}

static void enter(struct window *window, const struct entry *entry)
{
    window->volume += entry->size_steps;
    window->notional += (__int128)entry->price_steps * entry->size_steps;
    window->buys += entry->taker == TD_TAKER_BUY;
    window->sells += entry->taker == TD_TAKER_SELL;
    if (entry->has_return)
        exact_moments_add(&window->returns, entry->log_return);
}

static void leave(struct window *window, const struct entry *entry)
{
    window->volume -= entry->size_steps;
    window->notional -= (__int128)entry->price_steps * entry->size_steps;
    window->buys -= entry->taker == TD_TAKER_BUY;
    window->sells -= entry->taker == TD_TAKER_SELL;
    if (entry->has_return)
        exact_moments_remove(&window->returns, entry->log_return);
    window->tail++;
}

/* True when a trade had to leave a window before its time. */
static bool make_room(struct trade_features *f)
{
    bool early = false;
    for (int w = 0; w < ROW_WINDOWS; w++) {
        struct window *window = &f->window[w];
        while (window->tail < f->head &&
               entry_at(f, window->tail)->ts_ns <= f->now_ns - window->length_ns)
            leave(window, entry_at(f, window->tail));
        if (f->head - window->tail == f->params.trades_max) {
            leave(window, entry_at(f, window->tail));
            early = true;
        }
    }
    f->left_early += early;
    return early;
}

static void fill_window(const struct trade_features *f, const struct window *window,
                        struct trade_feature_window *out)
{
    int scale = f->params.price_scale + f->params.size_scale;
    out->trades = f->head - window->tail;
    out->volume = bar_units(window->volume, f->params.size_scale);
    out->dollar_volume = bar_units(window->notional, scale);
    out->vwap = exact_ratio(out->dollar_volume, out->volume);
    out->buy_ratio =
        exact_ratio((double)window->buys, (double)window->buys + (double)window->sells);
    out->realized_var = exact_return_variance(&window->returns);
}

static void fill_trade(const struct trade_features *f, const struct bar_trade *trade,
                       struct trade_feature_row *row)
{
    double size = bar_units(trade->size_steps, f->params.size_scale);
    bool known = trade->taker == TD_TAKER_BUY || trade->taker == TD_TAKER_SELL;
    bool buy = trade->taker == TD_TAKER_BUY;
    row->is_buy = known ? buy : NAN;
    row->signed_volume = known ? (buy ? size : -size) : NAN;
    row->dollar_volume = bar_units((__int128)trade->price_steps * trade->size_steps,
                                   f->params.price_scale + f->params.size_scale);
    row->log_return = exact_log_ratio(trade->price_steps, f->previous_price);
}

void trade_features_add(struct trade_features *f, const struct bar_trade *trade,
                        struct trade_feature_row *row)
{
    f->now_ns = trade->ts_ns > f->now_ns ? trade->ts_ns : f->now_ns;
    row->window_short = make_room(f);
    fill_trade(f, trade, row);
    struct entry *entry = entry_at(f, f->head++);
    bool has_return = !isnan(row->log_return);
    *entry = (struct entry){f->now_ns,          trade->size_steps,
                            trade->price_steps, has_return ? exact_return(row->log_return) : 0,
                            has_return,         trade->taker};
    f->previous_price = trade->price_steps;
    for (int w = 0; w < ROW_WINDOWS; w++) {
        enter(&f->window[w], entry);
        fill_window(f, &f->window[w], &row->window[w]);
    }
}

uint64_t trade_features_short(const struct trade_features *f)
{
    return f->left_early;
}
