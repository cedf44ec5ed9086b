#include "features/mechanics_parts.h"

#include <math.h>

#define EPS 1e-6

struct tape_flow mechanics_flow(struct mechanics *m, int64_t at_ns)
{
    return tape_read(&m->tape, at_ns, m->params.sweep_notional, m->unit * m->size_unit);
}

static void look_at_tape(struct mechanics *m, struct mechanics_view *view)
{
    double price = view->level->price;
    int64_t from, to;
    struct tape_near *near = &m->near[view->slot];

    levels_band(price, mechanics_band(price, m->params.tape_bps), m->unit, &from, &to);
    tape_near(&m->tape, view->at_ns, from, to, near);
    __int128 buys = near->buys, sells = near->sells;
    view->has_imbalance = near->prints > 0;
    view->buys = (double)buys / m->size_unit;
    view->sells = (double)sells / m->size_unit;
    view->imbalance =
        (double)(buys - sells) / m->size_unit / ((double)(buys + sells) / m->size_unit + EPS);
    view->velocity_share =
        view->flow->velocity / m->unit / mechanics_band(price, m->params.velocity_bps_s);
}

/* The zone stands where the level was at the last book event; beyond its reach it is no zone of this level. */
static void look_at_barrier(struct mechanics *m, struct mechanics_view *view)
{
    unsigned at = barrier_zone_of(view->slot, view->sign > 0 ? TD_SIDE_ASK : TD_SIDE_BID);
    const struct barrier_zone *zone = &m->barrier.zone[at];
    double price = view->level->price;

    view->has_barrier = m->proven && zone->on && zone->known &&
                        fabs(zone->price - price) <= mechanics_band(price, m->params.barrier_bps);
    if (view->has_barrier)
        view->barrier = barrier_read(&m->barrier, at, view->at_ns, &m->params, m->size_unit);
}

static void score(struct mechanics *m, struct mechanics_view *view)
{
    const struct barrier_reading *barrier = &view->barrier;
    struct score_tape tape = {.sweep = view->flow->sweep,
                              .sweep_up = view->flow->sweep_up,
                              .has_velocity = view->flow->has_velocity,
                              .has_imbalance = view->has_imbalance,
                              .velocity = view->velocity_share,
                              .imbalance = view->imbalance};
    double away = fabs(view->level->price - view->spot);

    view->raw =
        score_raw(score_liquidity(barrier->state, barrier->delta, barrier->thresholds.thresh),
                  score_tape(&tape, view->sign));
    view->condition =
        score_condition(view->raw, away <= mechanics_band(view->spot, m->params.touch_bps),
                        barrier->state, view->buys + view->sells, barrier->thresholds.contested);
}

struct mechanics_view mechanics_look(struct mechanics *m, unsigned slot, int64_t at_ns, double spot,
                                     const struct tape_flow *flow)
{
    struct mechanics_view view = {
        .at_ns = at_ns,
        .spot = spot,
        .slot = slot,
        .level = &m->levels.at[slot],
        .sign = spot < m->levels.at[slot].price ? 1 : -1,
        .flow = flow,
        .condition = SIGNAL_NEUTRAL,
    };

    look_at_tape(m, &view);
    look_at_barrier(m, &view);
    if (view.has_barrier)
        score(m, &view);
    return view;
}

unsigned mechanics_nearest(const struct mechanics *m, double spot)
{
    double nearest = mechanics_band(spot, m->params.monitor_bps);
    unsigned found = LEVEL_SLOTS;

    for (unsigned i = 0; i < LEVEL_SLOTS; i++) {
        double away = fabs(m->levels.at[i].price - spot);
        if (!m->levels.at[i].on || away > nearest || (found < LEVEL_SLOTS && away == nearest))
            continue;
        nearest = away;
        found = i;
    }
    return found;
}
