#include "features/tape.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/event.h"
#include "base/state.h"

#define MINUTE (60 * TD_NS_PER_S)

void tape_init(struct tape *t)
{
    memset(t, 0, sizeof *t);
    t->scaled_ns = INT64_MIN;
}

static bool is_known(const struct tape *t, uint64_t print)
{
    return t->taker[print % TAPE_PRINTS] != TD_TAKER_UNKNOWN;
}

static void drop_print(struct tape *t)
{
    t->known -= is_known(t, t->begin);
    t->begin++;
}

static void evict(struct tape *t, int64_t now_ns)
{
    while (t->begin < t->end && t->ts_ns[t->begin % TAPE_PRINTS] <= now_ns - TAPE_WINDOW_NS)
        drop_print(t);
}

/* ---- clusters ---------------------------------------------------------------------------------------------- */

/* True: the print goes on with the cluster; else it begins one and *ended is the cluster before. */
static bool cluster_add(struct tape_cluster *c, int64_t ts_ns, int64_t price, int64_t size,
                        uint8_t taker, struct tape_cluster *ended)
{
    bool goes_on = c->prints > 0 && ts_ns - c->last_ns <= TAPE_CLUSTER_NS;

    if (!goes_on) {
        *ended = *c;
        *c = (struct tape_cluster){.first_ns = ts_ns};
    }
    c->prints++;
    c->last_ns = ts_ns;
    c->buys |= taker == TD_TAKER_BUY;
    c->sells |= taker == TD_TAKER_SELL;
    if (__builtin_add_overflow(c->notional, (__int128)price * size, &c->notional))
        c->notional = (__int128)1 << 126;
    return goes_on;
}

static void keep_cluster(struct tape *t, const struct tape_cluster *c, double notional_unit)
{
    if (c->prints < 2)
        return;
    if (t->clusters_end - t->clusters_begin == TAPE_CLUSTERS) {
        t->clusters_begin++;
        t->clusters_full++;
    }
    uint32_t at = (uint32_t)(t->clusters_end++ % TAPE_CLUSTERS);
    t->cluster_ns[at] = c->last_ns;
    t->cluster_notional[at] = fabs((double)c->notional / notional_unit);
}

static bool may_sweep(const struct tape_cluster *c, double least, double notional_unit)
{
    return c->prints >= 2 && c->buys != c->sells && (double)c->notional / notional_unit >= least;
}

static void note_sweep(struct tape *t, const struct tape_cluster *c, uint64_t first,
                       double notional_unit)
{
    if (!t->swept || !may_sweep(c, t->swept_least, notional_unit))
        return;
    if (t->sweeps == TAPE_SWEEPS) {
        t->swept = false;
        return;
    }
    t->sweep[(t->sweeps_at + t->sweeps++) % TAPE_SWEEPS] = (struct tape_sweep){first, *c};
}

/* The 99th percentile is among the few largest: they are kept in order while all are looked at once. */
static double usual_of(const struct tape *t)
{
    enum { LARGEST = TAPE_CLUSTERS / 100 + 2 };
    double largest[LARGEST];
    uint64_t held = t->clusters_end - t->clusters_begin,
             rank = (uint64_t)(0.99 * (double)(held - 1));
    uint32_t wanted = (uint32_t)(held - rank), count = 0;

    TD_ASSERT(wanted > 0 && wanted <= LARGEST, "a hundredth of the clusters has room");
    for (uint64_t i = t->clusters_begin; i < t->clusters_end; i++) {
        double value = t->cluster_notional[i % TAPE_CLUSTERS];
        if (count == wanted && value <= largest[count - 1])
            continue;
        uint32_t at = count < wanted ? count++ : count - 1;
        for (; at > 0 && largest[at - 1] < value; at--)
            largest[at] = largest[at - 1];
        largest[at] = value;
    }
    return largest[wanted - 1];
}

void tape_advance(struct tape *t, int64_t now_ns)
{
    if (t->scaled_ns != INT64_MIN && now_ns < t->scaled_ns + MINUTE)
        return;
    t->scaled_ns = now_ns - now_ns % MINUTE;
    while (t->clusters_begin < t->clusters_end &&
           t->cluster_ns[t->clusters_begin % TAPE_CLUSTERS] <= t->scaled_ns - TAPE_SCALE_NS)
        t->clusters_begin++;
    uint64_t held = t->clusters_end - t->clusters_begin;
    t->has_usual = held > 0;
    if (held > 0)
        t->usual = usual_of(t);
}

void tape_trade(struct tape *t, int64_t ts_ns, int64_t price, int64_t size, uint8_t taker,
                double notional_unit)
{
    struct tape_cluster ended = {0};

    evict(t, ts_ns);
    if (t->end - t->begin == TAPE_PRINTS) {
        drop_print(t);
        t->full++;
    }
    uint64_t print = t->end++;
    uint32_t at = (uint32_t)(print % TAPE_PRINTS);
    t->ts_ns[at] = ts_ns;
    t->price[at] = price;
    t->size[at] = size;
    t->taker[at] = taker;
    if (taker == TD_TAKER_UNKNOWN)
        return;
    t->known++;
    if (cluster_add(&t->running, ts_ns, price, size, taker, &ended))
        return;
    keep_cluster(t, &ended, notional_unit);
    note_sweep(t, &ended, t->running_first, notional_unit);
    t->running_first = print;
}

/* ---- reading ----------------------------------------------------------------------------------------------- */

/* Sums are exact: times and prices count from the newest print, which takes away their size and nothing else. */
static void read_velocity(const struct tape *t, int64_t now_ns, struct tape_flow *flow)
{
    __int128 time = 0, price = 0, squares = 0, products = 0;
    int64_t n = 0, base = t->end > t->begin ? t->price[(t->end - 1) % TAPE_PRINTS] : 0;

    for (uint64_t i = t->end; i > t->begin; i--) {
        uint32_t at = (uint32_t)((i - 1) % TAPE_PRINTS);
        if (t->ts_ns[at] <= now_ns - TAPE_VELOCITY_NS)
            break;
        __int128 x = t->ts_ns[at] - now_ns, y = (__int128)t->price[at] - base;
        time += x, price += y, squares += x * x, products += x * y;
        n++;
    }
    __int128 spread = n * squares - time * time;
    flow->has_velocity = n >= 2 && spread > 0;
    if (flow->has_velocity)
        flow->velocity =
            (double)(n * products - time * price) / (double)spread * (double)TD_NS_PER_S;
}

static void weigh(const struct tape_cluster *c, double least, double notional_unit,
                  struct tape_flow *flow)
{
    double notional = (double)c->notional / notional_unit;

    if (!may_sweep(c, least, notional_unit) || (flow->sweep && notional <= flow->sweep_notional))
        return;
    flow->sweep = true;
    flow->sweep_up = c->buys;
    flow->sweep_notional = notional;
    flow->sweep_prints = c->prints;
    flow->sweep_span_ms = (c->last_ns - c->first_ns) / TD_NS_PER_MS;
}

/* The cluster that the window begins with may have lost its first prints. One with both sides is no sweep, however it goes on. */
static void weigh_first(const struct tape *t, double least, double notional_unit,
                        struct tape_flow *flow)
{
    struct tape_cluster first = {0}, ended;

    for (uint64_t i = t->begin; i < t->end && first.buys + first.sells < 2; i++) {
        uint32_t at = (uint32_t)(i % TAPE_PRINTS);
        if (!is_known(t, i))
            continue;
        if (first.prints > 0 && t->ts_ns[at] - first.last_ns > TAPE_CLUSTER_NS)
            break;
        cluster_add(&first, t->ts_ns[at], t->price[at], t->size[at], t->taker[at], &ended);
    }
    weigh(&first, least, notional_unit, flow);
}

/* All clusters of the window that are over, found anew: after a load, and when the least notional changed. They are weighed on the way, for
   more may stand there than there is room for. */
static void find_sweeps(struct tape *t, double least, double notional_unit, struct tape_flow *flow)
{
    struct tape_cluster running = {0}, ended;
    uint64_t first = t->begin;

    t->sweeps = 0;
    t->swept = true;
    t->swept_least = least;
    for (uint64_t i = t->begin; i < t->end; i++) {
        uint32_t at = (uint32_t)(i % TAPE_PRINTS);
        if (!is_known(t, i) ||
            cluster_add(&running, t->ts_ns[at], t->price[at], t->size[at], t->taker[at], &ended))
            continue;
        note_sweep(t, &ended, first, notional_unit);
        weigh(&ended, least, notional_unit, flow);
        first = i;
    }
}

static void read_sweep(struct tape *t, double least, double notional_unit, struct tape_flow *flow)
{
    struct tape_flow found = {0};

    if (!t->swept || t->swept_least != least)
        find_sweeps(t, least, notional_unit, &found);
    for (; t->sweeps > 0 && t->sweep[t->sweeps_at].first < t->begin; t->sweeps--)
        t->sweeps_at = (t->sweeps_at + 1) % TAPE_SWEEPS;
    if (t->known < 3)
        return;
    if (found.sweep) {
        found.has_velocity = flow->has_velocity;
        found.velocity = flow->velocity;
        *flow = found;
    }
    weigh_first(t, least, notional_unit, flow);
    for (uint32_t i = 0; i < t->sweeps; i++)
        weigh(&t->sweep[(t->sweeps_at + i) % TAPE_SWEEPS].cluster, least, notional_unit, flow);
    if (t->running_first >= t->begin)
        weigh(&t->running, least, notional_unit, flow);
}

struct tape_flow tape_read(struct tape *t, int64_t now_ns, double notional, double notional_unit)
{
    struct tape_flow flow = {0};

    evict(t, now_ns);
    read_velocity(t, now_ns, &flow);
    if (notional > 0 || t->has_usual)
        read_sweep(t, notional > 0 ? notional : t->usual, notional_unit, &flow);
    return flow;
}

/* sign +1 counts the prints first..last, -1 takes them back. */
static void count_near(const struct tape *t, struct tape_near *near, uint64_t first, uint64_t last,
                       int sign)
{
    for (uint64_t i = first; i < last; i++) {
        uint32_t at = (uint32_t)(i % TAPE_PRINTS);
        if (t->price[at] < near->from || t->price[at] > near->to || !is_known(t, i))
            continue;
        near->prints += (uint32_t)sign;
        *(t->taker[at] == TD_TAKER_BUY ? &near->buys : &near->sells) +=
            sign * (__int128)t->size[at];
    }
}

void tape_near(struct tape *t, int64_t now_ns, int64_t from, int64_t to, struct tape_near *near)
{
    evict(t, now_ns);
    /* Prints that left are still there to be taken back, until others stand in their place. */
    if (near->from != from || near->to != to || t->begin > near->end ||
        t->end - near->begin > TAPE_PRINTS)
        *near = (struct tape_near){.from = from, .to = to, .begin = t->begin, .end = t->begin};
    count_near(t, near, near->begin, t->begin, -1);
    count_near(t, near, near->end, t->end, 1);
    near->begin = t->begin;
    near->end = t->end;
}

/* ---- rescale, state ---------------------------------------------------------------------------------------- */

bool tape_rescale(struct tape *t, int64_t price_factor, int64_t size_factor)
{
    bool fits = true;

    t->swept = false;
    for (uint64_t i = t->begin; i < t->end; i++) {
        uint32_t at = (uint32_t)(i % TAPE_PRINTS);
        fits &= !__builtin_mul_overflow(t->price[at], price_factor, &t->price[at]);
        fits &= !__builtin_mul_overflow(t->size[at], size_factor, &t->size[at]);
    }
    __int128 *notional = &t->running.notional;
    fits &= !__builtin_mul_overflow(*notional, (__int128)price_factor, notional);
    fits &= !__builtin_mul_overflow(*notional, (__int128)size_factor, notional);
    return fits;
}

static void step_state(struct td_state *state, int64_t *value, int64_t *before)
{
    int64_t step = (int64_t)((uint64_t)*value - (uint64_t)*before);

    td_state_i64(state, &step);
    *value = *before = (int64_t)((uint64_t)*before + (uint64_t)step);
}

static void prints_state(struct tape *t, struct td_state *state)
{
    uint32_t held = td_state_count(state, (uint32_t)(t->end - t->begin), TAPE_PRINTS);
    int64_t ts_ns = 0, price = 0;

    td_state_u64(state, &t->begin);
    t->end = t->begin + held;
    for (uint64_t i = t->begin; i < t->end; i++) {
        uint32_t at = (uint32_t)(i % TAPE_PRINTS);
        step_state(state, &t->ts_ns[at], &ts_ns);
        step_state(state, &t->price[at], &price);
        td_state_i64(state, &t->size[at]);
        t->taker[at] = (uint8_t)td_state_count(state, t->taker[at], TD_TAKER_SELL);
    }
    if (!state->loading)
        return;
    t->known = 0;
    t->swept = false;
    for (uint64_t i = t->begin; i < t->end; i++)
        t->known += is_known(t, i);
}

static void clusters_state(struct tape *t, struct td_state *state)
{
    uint32_t held =
        td_state_count(state, (uint32_t)(t->clusters_end - t->clusters_begin), TAPE_CLUSTERS);
    int64_t ts_ns = 0;

    td_state_u64(state, &t->clusters_begin);
    t->clusters_end = t->clusters_begin + held;
    for (uint64_t i = t->clusters_begin; i < t->clusters_end; i++) {
        step_state(state, &t->cluster_ns[i % TAPE_CLUSTERS], &ts_ns);
        td_state_double(state, &t->cluster_notional[i % TAPE_CLUSTERS]);
    }
}

void tape_state(struct tape *t, struct td_state *state)
{
    prints_state(t, state);
    clusters_state(t, state);
    td_state_u64(state, &t->full);
    td_state_u64(state, &t->clusters_full);
    td_state_u64(state, &t->running_first);
    td_state_u32(state, &t->running.prints);
    td_state_bool(state, &t->running.buys);
    td_state_bool(state, &t->running.sells);
    td_state_i64(state, &t->running.first_ns);
    td_state_i64(state, &t->running.last_ns);
    td_state_raw(state, &t->running.notional, sizeof t->running.notional);
    td_state_i64(state, &t->scaled_ns);
    td_state_bool(state, &t->has_usual);
    td_state_double(state, &t->usual);
}
