#include "features/mechanics_parts.h"

#include <math.h>

#include "features/approach.h"
#include "features/confluence.h"
#include "features/pressure.h"
#include "features/runway.h"

#define EPS 1e-6
#define FIRST_15M_NS (15 * MINUTE_NS)
#define FIRST_HOUR_NS (60 * MINUTE_NS)
#define PUT(name, value) feature_put(row, FEATURE_##name, (value))

static double log_form(double x)
{
    return copysign(log1p(fabs(x)), x);
}

static double direction_word(bool up)
{
    return up ? 0 : 1;
}

static bool read_atr(const struct mechanics *m, double *atr)
{
    bool known = minute_atr(&m->minutes, atr);
    *atr = known ? *atr / m->unit : NAN; /* a NaN is refused where it would be stored */
    return known;
}

static struct confluence_averages read_averages(const struct mechanics *m)
{
    const struct minute_sums *short_ = &m->minutes.average[MINUTE_SMA_200];
    const struct minute_sums *long_ = &m->minutes.average[MINUTE_SMA_400];

    return (struct confluence_averages){
        .known = short_->known[0] && long_->known[0],
        .slopes_known = short_->known[2] && long_->known[2],
        .sma_200 = (double)short_->sum[0] / 200 / m->unit,
        .sma_400 = (double)long_->sum[0] / 400 / m->unit,
        .slope_200 = (double)(short_->sum[0] - short_->sum[2]) / 200 / m->unit / 20,
        .slope_400 = (double)(long_->sum[0] - long_->sum[2]) / 400 / m->unit / 20,
    };
}

/* ---- without a level --------------------------------------------------------------------------------------- */

static void row_average(const struct mechanics *m, enum minute_average which, unsigned sma,
                        unsigned slope, unsigned slope_5, struct feature_row *row)
{
    const struct minute_sums *sums = &m->minutes.average[which];
    double count = minute_count_of(which) * m->unit;

    if (sums->known[0])
        feature_put(row, sma, (double)sums->sum[0] / minute_count_of(which) / m->unit);
    if (sums->known[2])
        feature_put(row, slope, (double)(sums->sum[0] - sums->sum[2]) / count / 20);
    if (sums->known[1])
        feature_put(row, slope_5, (double)(sums->sum[0] - sums->sum[1]) / count / 10);
}

/* A distance is as far back as the average is: both differences are of one average. */
static void row_reversion_velocity(const struct mechanics *m, enum minute_average which,
                                   unsigned feature, struct feature_row *row)
{
    const struct minute_sums *sums = &m->minutes.average[which];

    if (sums->known[1])
        feature_put(row, feature,
                    (double)(sums->sum[1] - sums->sum[0]) / minute_count_of(which) / m->unit / 10);
}

static bool volume_ratio(const struct mechanics *m, int64_t at_ns, double *ratio)
{
    int64_t since_ns;

    return levels_since_open(&m->levels, at_ns, &since_ns) &&
           volume_curve_ratio(&m->volumes, (uint32_t)(since_ns / MINUTE_NS), ratio);
}

void mechanics_row_common(struct mechanics *m, int64_t at_ns, double spot,
                          const struct tape_flow *flow, struct feature_row *row)
{
    struct confluence_averages averages = read_averages(m);
    enum confluence_breakout breakout = confluence_breakout(m->levels.at, spot);
    double atr, ratio;

    if (read_atr(m, &atr))
        PUT(atr, atr);
    row_average(m, MINUTE_SMA_200, FEATURE_sma_200, FEATURE_sma_200_slope,
                FEATURE_sma_200_slope_5bar, row);
    row_average(m, MINUTE_SMA_400, FEATURE_sma_400, FEATURE_sma_400_slope,
                FEATURE_sma_400_slope_5bar, row);
    if (averages.known) {
        __int128 twice = 2 * m->minutes.average[MINUTE_SMA_200].sum[0];
        PUT(sma_spread,
            (double)(twice - m->minutes.average[MINUTE_SMA_400].sum[0]) / 400 / m->unit);
        PUT(sma_close, confluence_sma_close(&averages, spot));
    }
    if (breakout != BREAKOUT_UNKNOWN)
        PUT(breakout_state, breakout);
    if (volume_ratio(m, at_ns, &ratio))
        PUT(rel_vol_ratio, ratio);
    if (flow->has_velocity)
        PUT(tape_velocity, flow->velocity / m->unit);
}

/* ---- of the level ------------------------------------------------------------------------------------------ */

static void row_place(const struct mechanics_view *v, double atr, struct feature_row *row)
{
    double signed_ = v->level->price - v->spot, away = fabs(signed_), spot = v->spot + EPS;

    PUT(level_kind, v->level->kind);
    PUT(level_price, v->level->price);
    PUT(direction, direction_word(v->sign > 0));
    PUT(distance, away);
    PUT(distance_signed, signed_);
    PUT(distance_atr, away / (atr + EPS));
    PUT(distance_pct, away / spot);
    PUT(distance_signed_atr, signed_ / (atr + EPS));
    PUT(distance_signed_pct, signed_ / spot);
    PUT(level_price_pct, signed_ / spot);
}

/* A distance, and it in atr and as a share of the spot. */
static void row_distance(const struct mechanics_view *v, double distance, double atr,
                         const unsigned features[3], struct feature_row *row)
{
    feature_put(row, features[0], distance);
    feature_put(row, features[1], distance / (atr + EPS));
    feature_put(row, features[2], distance / (v->spot + EPS));
}

static void row_distances(const struct mechanics *m, const struct mechanics_view *v, double atr,
                          struct feature_row *row)
{
    static const struct {
        unsigned slot, features[3];
    } to[] = {
        {LEVEL_PD_HIGH,
         {FEATURE_dist_to_pd_high, FEATURE_dist_to_pd_high_atr, FEATURE_dist_to_pd_high_pct}},
        {LEVEL_PD_LOW,
         {FEATURE_dist_to_pd_low, FEATURE_dist_to_pd_low_atr, FEATURE_dist_to_pd_low_pct}},
        {LEVEL_SMA_200,
         {FEATURE_dist_to_sma_200, FEATURE_dist_to_sma_200_atr, FEATURE_dist_to_sma_200_pct}},
        {LEVEL_SMA_400,
         {FEATURE_dist_to_sma_400, FEATURE_dist_to_sma_400_atr, FEATURE_dist_to_sma_400_pct}},
    };

    for (unsigned i = 0; i < sizeof to / sizeof to[0]; i++)
        if (m->levels.at[to[i].slot].on)
            row_distance(v, v->level->price - m->levels.at[to[i].slot].price, atr, to[i].features,
                         row);
}

static void row_barrier(const struct mechanics_view *v, struct feature_row *row)
{
    const struct barrier_reading *b = &v->barrier;

    PUT(barrier_state, b->state);
    PUT(barrier_delta_liq, b->delta);
    PUT(barrier_replenishment_ratio, b->replenishment);
    PUT(barrier_added, b->added);
    PUT(barrier_canceled, b->canceled);
    PUT(barrier_filled, b->filled);
    PUT(barrier_delta_liq_log, log_form(b->delta));
    PUT(barrier_delta_liq_nonzero, b->delta != 0);
    if (!b->has_wall)
        return;
    PUT(wall_ratio, b->wall);
    PUT(wall_ratio_log, log_form(b->wall));
    PUT(wall_ratio_nonzero, b->wall != 0);
}

static void row_tape(const struct mechanics_view *v, struct feature_row *row)
{
    if (v->has_imbalance)
        PUT(tape_imbalance, v->imbalance);
    PUT(tape_buy_vol, v->buys);
    PUT(tape_sell_vol, v->sells);
    PUT(sweep_detected, v->flow->sweep);
    if (!v->flow->sweep)
        return;
    PUT(tape_sweep_direction, direction_word(v->flow->sweep_up));
    PUT(tape_sweep_notional, v->flow->sweep_notional);
}

/* The smoothed score as of now, also between two steps. */
static void row_score(struct mechanics *m, const struct mechanics_view *v, struct feature_row *row)
{
    struct smooth smooth = m->smooth[v->slot];
    double tape = fmin(1, (v->buys + v->sells) / v->barrier.thresholds.confidence);

    PUT(break_score_raw, v->raw);
    PUT(break_score_smooth,
        smooth_add(&smooth, v->raw, v->at_ns, SCORE_TAU_S, m->params.score_median));
    PUT(signal, m->hold[v->slot].begun ? m->hold[v->slot].signal : SIGNAL_NEUTRAL);
    PUT(confidence, score_confidence(v->barrier.confidence, v->buys + v->sells > 0 ? tape : 0));
}

static void row_runway(const struct mechanics *m, const struct mechanics_view *v,
                       struct feature_row *row)
{
    struct runway runway = runway_from(m->levels.at, v->level->price, v->sign);

    PUT(runway_direction, direction_word(v->sign > 0));
    if (!runway.found)
        return;
    PUT(runway_distance, runway.distance);
    PUT(runway_next_level_id, runway.kind);
    PUT(runway_next_level_price, runway.price);
    PUT(runway_quality, runway.obstructed);
}

static void row_approach(const struct mechanics *m, const struct mechanics_view *v, double atr,
                         struct feature_row *row)
{
    static const unsigned distance[3] = {FEATURE_approach_distance, FEATURE_approach_distance_atr,
                                         FEATURE_approach_distance_pct};
    struct approach approach = approach_to(&m->minutes, v->sign);
    int64_t since_ns;
    bool in_session = levels_since_open(&m->levels, v->at_ns, &since_ns);

    if (approach.known) {
        PUT(approach_velocity, approach.velocity / m->unit);
        PUT(approach_bars, approach.bars);
        row_distance(v, approach.distance / m->unit, atr, distance, row);
    }
    PUT(prior_touches,
        touched_before(&m->touched_levels, v->level->kind, (double)v->level->steps / m->unit));
    PUT(bars_since_open, m->levels.bars);
    PUT(is_first_15m, in_session && since_ns < FIRST_15M_NS);
}

static void row_confluence(const struct mechanics *m, const struct mechanics_view *v, double atr,
                           const struct confluence *c, struct feature_row *row)
{
    static const unsigned nearest[3] = {FEATURE_confluence_min_distance,
                                        FEATURE_confluence_min_distance_atr,
                                        FEATURE_confluence_min_distance_pct};
    struct confluence_averages averages = read_averages(m);
    double ratio = 0;
    int64_t since_ns;
    bool in_session = levels_since_open(&m->levels, v->at_ns, &since_ns);
    bool volume_known = volume_ratio(m, v->at_ns, &ratio);
    int close = averages.known ? confluence_sma_close(&averages, v->spot) : -1;

    PUT(confluence_count, c->count);
    PUT(confluence_weighted_score, c->score);
    PUT(confluence_pressure, c->pressure);
    if (c->count > 0)
        row_distance(v, c->nearest, atr, nearest, row);
    if (averages.known && averages.slopes_known)
        PUT(confluence_alignment, confluence_alignment(&averages, v->spot, v->sign));
    PUT(confluence_level,
        confluence_level(confluence_breakout(m->levels.at, v->spot), close,
                         in_session && since_ns < FIRST_HOUR_NS, volume_known, ratio));
}

/* mean_reversion_*: returns the pressures' mean, false when there is none. */
static bool row_reversion(const struct mechanics *m, const struct mechanics_view *v, double *mean,
                          struct feature_row *row)
{
    static const unsigned pressure[MINUTE_AVERAGES] = {FEATURE_mean_reversion_pressure_200,
                                                       FEATURE_mean_reversion_pressure_400};
    double deviation, sum = 0;
    unsigned count = 0;
    bool known = minute_deviation(&m->minutes, &deviation);

    for (unsigned a = 0; a < MINUTE_AVERAGES; a++) {
        const struct level *sma = &m->levels.at[LEVEL_SMA_200 + a];
        if (!known || !sma->on)
            continue;
        double value = (v->level->price - sma->price) / (deviation / m->unit + EPS);
        feature_put(row, pressure[a], value);
        sum += value;
        count++;
    }
    row_reversion_velocity(m, MINUTE_SMA_200, FEATURE_mean_reversion_velocity_200, row);
    row_reversion_velocity(m, MINUTE_SMA_400, FEATURE_mean_reversion_velocity_400, row);
    *mean = count > 0 ? sum / count : 0;
    return count > 0;
}

static void row_pressure(const struct mechanics *m, const struct mechanics_view *v,
                         double confluence, struct feature_row *row)
{
    double mean, liquidity = 0, tape = 0, reversion = 0;
    const struct barrier_reading *b = &v->barrier;

    if (row_reversion(m, v, &mean, row))
        reversion = pressure_reversion(v->sign, mean);
    if (v->has_barrier && b->has_wall) {
        liquidity = pressure_liquidity(b->delta, b->thresholds.delta_scale, b->wall);
        PUT(liquidity_pressure, liquidity);
    }
    if (v->has_imbalance && v->flow->has_velocity) {
        tape = pressure_tape(v->sign, v->imbalance, v->velocity_share);
        PUT(tape_pressure, tape);
    }
    if (v->has_barrier)
        PUT(net_break_pressure, pressure_net(liquidity, tape, reversion, confluence));
}

static void row_attempts(const struct mechanics *m, const struct mechanics_view *v,
                         struct feature_row *row)
{
    const struct attempt *attempt = &m->attempts.at[v->level->kind][v->sign > 0 ? 0 : 1];
    const struct attempt_values *first = &attempt->first;

    if (attempt->cluster == 0)
        return;
    PUT(attempt_cluster_id, attempt->cluster);
    PUT(attempt_index, attempt->index);
    if (v->has_barrier && first->has_barrier) {
        PUT(barrier_replenishment_trend, v->barrier.replenishment - first->replenishment);
        PUT(barrier_delta_liq_trend, v->barrier.delta - first->delta);
    }
    if (v->flow->has_velocity && first->has_velocity)
        PUT(tape_velocity_trend, v->flow->velocity / m->unit - first->velocity);
    if (v->has_imbalance && first->has_imbalance)
        PUT(tape_imbalance_trend, v->imbalance - first->imbalance);
}

void mechanics_row_level(struct mechanics *m, const struct mechanics_view *v,
                         struct feature_row *row)
{
    double atr;
    struct confluence confluence = confluence_of(
        m->levels.at, v->slot, mechanics_band(v->level->price, m->params.confluence_bps));

    read_atr(m, &atr);
    row_place(v, atr, row);
    row_distances(m, v, atr, row);
    row_tape(v, row);
    if (v->has_barrier) {
        row_barrier(v, row);
        row_score(m, v, row);
    }
    row_runway(m, v, row);
    row_approach(m, v, atr, row);
    row_confluence(m, v, atr, &confluence, row);
    row_pressure(m, v, confluence.pressure, row);
    row_attempts(m, v, row);
}
