/* The engine against a recomputation of everything over the whole history, in long doubles, at random points. */
#include "features/features.h"

#include <math.h>

#include "engine_rig.h"
#include "features/bands.h"
#include "features/top.h"

enum { HISTORY_MAX = 20000, OFI_LEVELS = 10 };

/* What one event brought, as the formulas of the specification say it. */
struct entry {
    int64_t ts_ns;
    long double log_return, ofi, multi, mlofi; /* NAN: first sample */
    double spread;
    long double buy, sell;
    double slope[2], cog;
    long double depth;
    long double mid;
    int regime;
    double percentile;
};

struct history {
    struct entry *entry;
    size_t count;
    struct td_level before[2][OFI_LEVELS];
    uint32_t levels_before[2];
    bool have_before;
    long double mids[3];
    int64_t mids_ns[3];
    int mids_count;
    struct feature_trade *waiting;
    size_t waiting_count;
    long double buy, sell;
};

static struct history history_new(void)
{
    return (struct history){.entry = calloc(HISTORY_MAX, sizeof(struct entry)),
                            .waiting = calloc(HISTORY_MAX, sizeof(struct feature_trade))};
}

static void history_delete(struct history *h)
{
    free(h->entry);
    free(h->waiting);
}

static void history_reset(struct history *h)
{
    h->have_before = false;
    h->mids_count = 0;
}

static long double gain(int side, struct td_level now, struct td_level before)
{
    long double price = (long double)now.price_steps - (long double)before.price_steps;
    if (price == 0)
        return (long double)now.size_steps - (long double)before.size_steps;
    bool better = side == 0 ? price > 0 : price < 0;
    return better ? (long double)now.size_steps : -(long double)before.size_steps;
}

static void history_flow(struct history *h, const struct engine_rig *rig, struct entry *e)
{
    long double unit = powl(10, rig->size_scale);

    e->ofi = e->multi = e->mlofi = h->have_before ? 0 : NAN;
    for (int side = 0; side < 2; side++) {
        struct td_level now[OFI_LEVELS];
        uint32_t count = book_top(rig->book, (uint8_t)(side + TD_SIDE_BID), OFI_LEVELS, now);
        for (uint32_t i = 0; i < count && i < h->levels_before[side] && h->have_before; i++) {
            long double e_i = gain(side, now[i], h->before[side][i]) / unit * (side == 0 ? 1 : -1);
            e->ofi += i == 0 ? e_i : 0;
            e->multi += e_i;
            e->mlofi += expl(-0.5L * i) * e_i;
        }
        memcpy(h->before[side], now, count * sizeof(now[0]));
        h->levels_before[side] = count;
    }
    h->have_before = true;
}

static void history_book(struct history *h, const struct engine_rig *rig, struct entry *e)
{
    struct top top;
    struct bands bands;
    top_init(&top);
    bands_init(&bands);
    CHECK(top_refresh(&top, rig->book, rig->price_scale, rig->size_scale));
    top_derive(&top);
    bands_settle(&bands, rig->book, top.twice_mid);
    double unit = (double)powl(10, rig->size_scale);
    e->slope[0] = top.slope_steps[0] / unit;
    e->slope[1] = top.slope_steps[1] / unit;
    e->cog = top.cog_bps;
    e->depth = (long double)(bands.within[0][0] + bands.within[1][0]) / powl(10, rig->size_scale);
    e->mid = (long double)top.twice_mid / 2 / powl(10, rig->price_scale);
    e->spread = (double)(top.side[1].price[0] - top.side[0].price[0]) / ((double)top.twice_mid / 2);
    e->log_return = h->mids_count ? logl(e->mid / h->mids[0]) : NAN;
    for (int i = 2; i > 0; i--) {
        h->mids[i] = h->mids[i - 1];
        h->mids_ns[i] = h->mids_ns[i - 1];
    }
    h->mids[0] = e->mid;
    h->mids_ns[0] = e->ts_ns;
    h->mids_count += h->mids_count < 3;
}

static void history_trades(struct history *h, const struct engine_rig *rig, struct entry *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->waiting_count; i++) {
        struct feature_trade trade = h->waiting[i];
        if (trade.event_ns > e->ts_ns) {
            h->waiting[kept++] = trade;
            continue;
        }
        long double size = (long double)trade.size_steps / powl(10, rig->size_scale);
        e->buy += trade.taker == TD_TAKER_BUY ? size : 0;
        e->sell += trade.taker == TD_TAKER_SELL ? size : 0;
    }
    h->waiting_count = kept;
}

static void history_regime(const struct history *h, struct entry *e)
{
    int below = 0, all = 0;
    for (size_t i = 0; i < h->count; i++) {
        if (h->entry[i].ts_ns <= e->ts_ns - 300 * TD_NS_PER_S)
            continue;
        all++;
        below += h->entry[i].spread < e->spread;
    }
    e->percentile = (double)below / (all + 1);
    e->regime = e->percentile <= 0.2 ? 0 : e->percentile >= 0.8 ? 2 : 1;
}

static void history_fire(struct history *h, const struct engine_rig *rig, int64_t ts_ns)
{
    struct entry e = {0};
    CHECK(h->count < HISTORY_MAX);
    int64_t before_ns = h->count ? h->entry[h->count - 1].ts_ns : ts_ns;
    e.ts_ns = ts_ns > before_ns ? ts_ns : before_ns;
    if (e.ts_ns - before_ns > 300 * TD_NS_PER_S)
        history_reset(h);
    history_trades(h, rig, &e);
    history_book(h, rig, &e);
    history_flow(h, rig, &e);
    history_regime(h, &e);
    h->entry[h->count++] = e;
}

/* ---- sums over the whole history ---------------------------------------------------------------- */

struct sample {
    long double n, mean, deviation, sum;
};

enum field { RETURN, SPREAD, OFI, MLOFI, BUY, SELL, BID_SLOPE, ASK_SLOPE, COG, DEPTH };

static long double field_of(const struct entry *e, enum field field)
{
    switch (field) {
    case RETURN:
        return e->log_return;
    case SPREAD:
        return e->spread;
    case OFI:
        return e->ofi;
    case MLOFI:
        return e->mlofi;
    case BUY:
        return e->buy;
    case SELL:
        return e->sell;
    case BID_SLOPE:
        return e->slope[0];
    case ASK_SLOPE:
        return e->slope[1];
    case COG:
        return e->cog;
    default:
        return e->depth;
    }
}

static struct sample sample_of(const struct history *h, enum field field, int64_t seconds)
{
    struct sample s = {0};
    int64_t now_ns = h->entry[h->count - 1].ts_ns, from_ns = now_ns - seconds * TD_NS_PER_S;
    for (int round = 0; round < 2; round++) {
        for (size_t i = h->count; i-- > 0 && h->entry[i].ts_ns > from_ns;) {
            long double x = field_of(&h->entry[i], field);
            if (isnan(x))
                continue;
            s.n += round == 0;
            s.sum += round == 0 ? x : 0;
            s.deviation += round == 0 ? 0 : (x - s.mean) * (x - s.mean);
        }
        s.mean = s.n > 0 ? s.sum / s.n : NAN;
    }
    s.deviation = s.n > 1 ? sqrtl(s.deviation / (s.n - 1)) : NAN;
    return s;
}

/* Relative 1e-9; `floor`: what rounding of far larger parts may leave. */
static void expect(const struct feature_row *row, unsigned feature, long double want,
                   long double floor)
{
    double have = row_value(row, feature);
    if (isnan(want) && isnan(have))
        return;
    if (!(fabsl(have - want) <= 1e-9L * fabsl(want) + floor))
        FAIL("%s is %.17g, should be %.17Lg", feature_at(feature)->name, have, want);
}

static void check_horizons(const struct history *h, const struct feature_row *row)
{
    static const int64_t seconds[] = {1, 5, 15, 30, 60, 300, 900};
    for (unsigned i = 0; i < 7; i++) {
        unsigned first = FEATURE_ofi_sum_1s + i * 7;
        struct sample buy = sample_of(h, BUY, seconds[i]), sell = sample_of(h, SELL, seconds[i]);
        struct sample r = sample_of(h, RETURN, seconds[i]);
        long double total = buy.sum + sell.sum;
        expect(row, first, sample_of(h, OFI, seconds[i]).sum, 1e-9L);
        expect(row, first + 1, sample_of(h, MLOFI, seconds[i]).sum, 1e-9L);
        expect(row, first + 2, r.deviation, 1e-16L);
        expect(row, first + 3, r.mean, 1e-16L);
        expect(row, first + 4, sample_of(h, SPREAD, seconds[i]).mean, 0);
        expect(row, first + 5, total > 0 ? (buy.sum - sell.sum) / total : NAN, 1e-15L);
        expect(row, first + 6, total, 0);
        if (i == 0)
            expect(row, FEATURE_trade_imbalance, total > 0 ? (buy.sum - sell.sum) / total : NAN,
                   1e-15L);
    }
}

static void check_slow(const struct history *h, const struct feature_row *row)
{
    struct sample bid = sample_of(h, BID_SLOPE, 60), ask = sample_of(h, ASK_SLOPE, 60);
    struct sample cog = sample_of(h, COG, 60);
    expect(row, FEATURE_bid_slope_mean_60s, bid.mean, 0);
    expect(row, FEATURE_bid_slope_std_60s, bid.deviation, 1e-12L);
    expect(row, FEATURE_ask_slope_mean_60s, ask.mean, 0);
    expect(row, FEATURE_ask_slope_std_60s, ask.deviation, 1e-12L);
    expect(row, FEATURE_cog_momentum_mean_60s, cog.mean, 1e-13L);
    expect(row, FEATURE_cog_momentum_std_60s, cog.deviation, 1e-13L);
    expect(row, FEATURE_depth_0_5bps_sigma, sample_of(h, DEPTH, 300).deviation, 1e-12L);
}

static void check_kyle(const struct history *h, const struct feature_row *row)
{
    int64_t from_ns = h->entry[h->count - 1].ts_ns - 300 * TD_NS_PER_S;
    struct sample r = sample_of(h, RETURN, 300), ofi = sample_of(h, OFI, 300);
    long double xy = 0, xx = 0, yy = 0;
    for (size_t i = h->count; i-- > 0 && h->entry[i].ts_ns > from_ns;) {
        if (isnan(h->entry[i].log_return))
            continue;
        long double x = h->entry[i].log_return - r.mean, y = h->entry[i].ofi - ofi.mean;
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    bool lambda = r.n >= 2 && yy / r.n >= 1e-10L;
    bool r2 = r.n >= 10 && yy / r.n > 1e-18L && xx / r.n > 1e-18L;
    expect(row, FEATURE_kyle_lambda, lambda ? xy / yy : NAN, 1e-19L);
    expect(row, FEATURE_kyle_lambda_r2, r2 ? xy * xy / (xx * yy) : NAN, 1e-15L);
}

static void check_regime(const struct history *h, const struct feature_row *row)
{
    const struct entry *last = &h->entry[h->count - 1];
    long double lasted[3] = {0}, total;
    for (size_t i = h->count; --i > 0 && h->entry[i].ts_ns > last->ts_ns - 300 * TD_NS_PER_S;)
        lasted[h->entry[i - 1].regime] += (long double)(h->entry[i].ts_ns - h->entry[i - 1].ts_ns);
    total = lasted[0] + lasted[1] + lasted[2];
    expect(row, FEATURE_spread_percentile, last->percentile, 0);
    expect(row, FEATURE_spread_regime, last->regime, 0);
    expect(row, FEATURE_spread_regime_tight_frac, total > 0 ? lasted[0] / total : NAN, 0);
    expect(row, FEATURE_spread_regime_wide_frac, total > 0 ? lasted[2] / total : NAN, 0);
}

static void check_steps(const struct history *h, const struct feature_row *row)
{
    const struct entry *last = &h->entry[h->count - 1];
    long double dt1 = (long double)(h->mids_ns[0] - h->mids_ns[1]) / 1e9L;
    long double dt0 = (long double)(h->mids_ns[1] - h->mids_ns[2]) / 1e9L;
    long double v1 = (h->mids[0] - h->mids[1]) / dt1, v0 = (h->mids[1] - h->mids[2]) / dt0;
    bool two = h->mids_count > 1 && dt1 > 0, three = h->mids_count > 2 && dt1 > 0 && dt0 > 0;
    expect(row, FEATURE_log_return, last->log_return, 1e-18L);
    expect(row, FEATURE_ofi, last->ofi, 0);
    expect(row, FEATURE_ofi_multi, last->multi, 1e-15L);
    expect(row, FEATURE_mlofi, last->mlofi, 1e-10L);
    expect(row, FEATURE_mid_velocity, two ? v1 : NAN, 1e-9L);
    expect(row, FEATURE_mid_accel, three ? (v1 - v0) / ((dt1 + dt0) / 2) : NAN, 1e-6L);
}

static void check_all(const struct history *h, struct engine_rig *rig)
{
    struct feature_row row = engine_row(rig);
    check_steps(h, &row);
    check_horizons(h, &row);
    check_regime(h, &row);
    check_kyle(h, &row);
    check_slow(h, &row);
}

static void history_hears(void *arg, const struct feature_trade *trade)
{
    struct history *h = arg;
    CHECK(h->waiting_count < HISTORY_MAX);
    h->waiting[h->waiting_count++] = *trade;
}

/* events at about pause_ns each; everything is compared at about `looks` points. */
static void market_against_history(uint64_t seed, int64_t pause_ns, int events, int looks)
{
    struct features_params params = engine_params();
    struct engine_rig rig = engine_new(&params);
    struct history h = history_new();
    struct market m = market_new(seed, pause_ns);

    rig.heard = history_hears;
    rig.heard_arg = &h;
    engine_snapshot(&rig, m.mid, 40, 1000000);
    for (int i = 0; i < events; i++) {
        market_step(&m, &rig);
        if (market_below(&m, 500) == 0) {
            features_lost(rig.features);
            history_reset(&h);
        }
        int64_t ts_ns = m.now_ns - (market_below(&m, 50) == 0 ? 30 * TD_NS_PER_MS : 0);
        if (engine_fire(&rig, ts_ns))
            history_fire(&h, &rig, ts_ns);
        if (h.count > 0 && market_below(&m, (uint64_t)(events / looks)) == 0)
            check_all(&h, &rig);
    }
    CHECK(h.count > (size_t)events * 9 / 10);
    check_all(&h, &rig);
    CHECK_EQ_U64(features_counts(rig.features).clamped, 0);
    CHECK_EQ_U64(features_row_flags(rig.features), 0);
    history_delete(&h);
    engine_delete(&rig);
}

TEST(equals_recomputation_of_a_fast_market)
{
    market_against_history(1, 5 * TD_NS_PER_MS, 6000, 60);
}

TEST(equals_recomputation_over_all_horizons)
{
    market_against_history(2, 400 * TD_NS_PER_MS, 8000, 60);
}

TEST(equals_recomputation_of_a_slow_market_that_goes_stale)
{
    market_against_history(3, 60 * TD_NS_PER_S, 3000, 300);
}
