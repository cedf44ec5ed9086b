#include "features/ticker_features.h"

#include <string.h>

#include "base/decimal.h"
#include "base/err.h"
#include "base/limits.h"

struct entry {
    int64_t ts_ns;
    int64_t twice_mid, spread; /* steps */
    double imbalance;
    bool has_prices;
};

struct window {
    uint64_t tail;
    int64_t length_ns;
    struct exact_moments twice_mid;
    __int128 spread;
    struct exact_sum imbalance;
};

struct ticker_features {
    struct ticker_features_params params;
    int64_t now_ns;
    uint64_t head, left_early;
    struct window window[ROW_WINDOWS];
    struct entry entry[];
};

size_t ticker_features_footprint(const struct ticker_features_params *params)
{
    return sizeof(struct ticker_features) + params->tickers_max * sizeof(struct entry);
}

struct ticker_features *ticker_features_init(void *mem, const struct ticker_features_params *params)
{
    struct ticker_features *f = mem;
    TD_ASSERT(params->tickers_max && !(params->tickers_max & (params->tickers_max - 1)),
              "a ring is a power of two");
    memset(f, 0, sizeof *f);
    f->params = *params;
    f->now_ns = INT64_MIN;
    for (int w = 0; w < ROW_WINDOWS; w++)
        f->window[w].length_ns = params->window_s[w] * TD_NS_PER_S;
    return f;
}

static struct entry *entry_at(struct ticker_features *f, uint64_t number)
{
    return &f->entry[number & (f->params.tickers_max - 1)];
}

static void enter(struct window *window, const struct entry *entry)
{
    exact_add(&window->imbalance, entry->imbalance);
    if (!entry->has_prices)
        return;
    exact_moments_add(&window->twice_mid, entry->twice_mid);
    window->spread += entry->spread;
}

static void leave(struct window *window, const struct entry *entry)
{
    window->tail++;
    exact_remove(&window->imbalance, entry->imbalance);
    if (!entry->has_prices)
        return;
    exact_moments_remove(&window->twice_mid, entry->twice_mid);
    window->spread -= entry->spread;
}

static bool make_room(struct ticker_features *f)
{
    bool early = false;
    for (int w = 0; w < ROW_WINDOWS; w++) {
        struct window *window = &f->window[w];
        while (window->tail < f->head &&
               entry_at(f, window->tail)->ts_ns <= f->now_ns - window->length_ns)
            leave(window, entry_at(f, window->tail));
        if (f->head - window->tail == f->params.tickers_max) {
            leave(window, entry_at(f, window->tail));
            early = true;
        }
    }
    f->left_early += early;
    return early;
}

static void fill_window(const struct ticker_features *f, const struct window *window,
                        struct ticker_feature_window *out)
{
    const struct exact_moments *mids = &window->twice_mid;
    double n = (double)mids->count, unit = (double)td_pow10(f->params.price_scale);
    out->mid_price_mean = mids->count ? (double)mids->sum / n / 2 / unit : NAN;
    out->mid_price_std = sqrt(exact_variance(mids)) / 2 / unit;
    out->spread_mean = mids->count ? (double)window->spread / n / unit : NAN;
    out->vol_imbalance_mean = exact_mean(&window->imbalance);
}

/* Prices beyond half of int64 (no market) are as if they were not there: their sum would not fit. */
static bool prices_fit(const struct ticker_quote *quote)
{
    const int64_t most = INT64_MAX / 2;
    return quote->has_prices && quote->bid_steps > -most && quote->bid_steps < most &&
           quote->ask_steps > -most && quote->ask_steps < most;
}

static struct entry entry_of(const struct ticker_quote *quote, int64_t now_ns)
{
    double size = quote->bid_size + quote->ask_size;
    struct entry entry = {.ts_ns = now_ns, .imbalance = NAN, .has_prices = prices_fit(quote)};
    if (quote->has_sizes)
        entry.imbalance = exact_ratio(quote->bid_size - quote->ask_size, size);
    if (entry.has_prices) {
        entry.twice_mid = quote->bid_steps + quote->ask_steps;
        entry.spread = quote->ask_steps - quote->bid_steps;
    }
    return entry;
}

void ticker_features_add(struct ticker_features *f, const struct ticker_quote *quote,
                         struct ticker_feature_row *row)
{
    int scale = f->params.price_scale;
    f->now_ns = quote->ts_ns > f->now_ns ? quote->ts_ns : f->now_ns;
    row->window_short = make_room(f);
    struct entry *entry = entry_at(f, f->head++);
    *entry = entry_of(quote, f->now_ns);
    row->spread = entry->has_prices ? td_steps_to_double(entry->spread, scale) : NAN;
    row->mid_price = entry->has_prices ? td_steps_to_double(entry->twice_mid, scale) / 2 : NAN;
    row->relative_spread =
        entry->has_prices ? exact_ratio(2 * (double)entry->spread, (double)entry->twice_mid) : NAN;
    row->volume_imbalance = entry->imbalance;
    for (int w = 0; w < ROW_WINDOWS; w++) {
        enter(&f->window[w], entry);
        fill_window(f, &f->window[w], &row->window[w]);
    }
}

uint64_t ticker_features_short(const struct ticker_features *f)
{
    return f->left_early;
}
