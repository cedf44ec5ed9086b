#include "features/tape.h"

#include <math.h>
#include <string.h>

#include "base/event.h"
#include "base/state.h"

#define MINUTE (60 * TD_NS_PER_S)

void tape_init(struct tape *t)
{
    memset(t, 0, sizeof *t);
    t->scaled_ns = INT64_MIN;
}

static void evict(struct tape *t, int64_t now_ns)
{
    while (t->begin < t->end && t->ts_ns[t->begin % TAPE_PRINTS] <= now_ns - TAPE_WINDOW_NS)
        t->begin++;
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

/* Doubles that are not negative sort as their bits do. */
static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double cluster_at(const struct tape *t, uint64_t i)
{
    return t->cluster_notional[i % TAPE_CLUSTERS];
}

/* sorted[rank] without sorting: the bits are found from the top, once a minute. */
static double ranked(const struct tape *t, uint64_t rank)
{
    uint64_t found = 0;

    for (int bit = 62; bit >= 0; bit--) {
        uint64_t below = 0, tried = found | UINT64_C(1) << bit;
        for (uint64_t i = t->clusters_begin; i < t->clusters_end; i++)
            below += bits_of(cluster_at(t, i)) < tried;
        if (below <= rank)
            found = tried;
    }
    double value;
    memcpy(&value, &found, sizeof value);
    return value;
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
        t->usual = ranked(t, (uint64_t)(0.99 * (double)(held - 1)));
}

void tape_trade(struct tape *t, int64_t ts_ns, int64_t price, int64_t size, uint8_t taker,
                double notional_unit)
{
    struct tape_cluster ended = {0};

    evict(t, ts_ns);
    if (t->end - t->begin == TAPE_PRINTS) {
        t->begin++;
        t->full++;
    }
    uint32_t at = (uint32_t)(t->end++ % TAPE_PRINTS);
    t->ts_ns[at] = ts_ns;
    t->price[at] = price;
    t->size[at] = size;
    t->taker[at] = taker;
    if (taker == TD_TAKER_UNKNOWN)
        return;
    if (!cluster_add(&t->running, ts_ns, price, size, taker, &ended))
        keep_cluster(t, &ended, notional_unit);
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

    if (c->prints < 2 || c->buys == c->sells || notional < least)
        return;
    if (flow->sweep && notional <= flow->sweep_notional)
        return;
    flow->sweep = true;
    flow->sweep_up = c->buys;
    flow->sweep_notional = notional;
    flow->sweep_prints = c->prints;
    flow->sweep_span_ms = (c->last_ns - c->first_ns) / TD_NS_PER_MS;
}

static void read_sweep(const struct tape *t, double least, double notional_unit,
                       struct tape_flow *flow)
{
    struct tape_cluster running = {0}, ended;
    uint32_t known = 0;

    for (uint64_t i = t->begin; i < t->end; i++) {
        uint32_t at = (uint32_t)(i % TAPE_PRINTS);
        if (t->taker[at] == TD_TAKER_UNKNOWN)
            continue;
        known++;
        if (!cluster_add(&running, t->ts_ns[at], t->price[at], t->size[at], t->taker[at], &ended))
            weigh(&ended, least, notional_unit, flow);
    }
    weigh(&running, least, notional_unit, flow);
    if (known < 3)
        flow->sweep = false;
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

bool tape_near(struct tape *t, int64_t now_ns, int64_t from, int64_t to, __int128 *buys,
               __int128 *sells)
{
    bool any = false;

    *buys = *sells = 0;
    evict(t, now_ns);
    for (uint64_t i = t->begin; i < t->end; i++) {
        uint32_t at = (uint32_t)(i % TAPE_PRINTS);
        if (t->price[at] < from || t->price[at] > to || t->taker[at] == TD_TAKER_UNKNOWN)
            continue;
        *(t->taker[at] == TD_TAKER_BUY ? buys : sells) += t->size[at];
        any = true;
    }
    return any;
}

/* ---- rescale, state ---------------------------------------------------------------------------------------- */

bool tape_rescale(struct tape *t, int64_t price_factor, int64_t size_factor)
{
    bool fits = true;

    for (uint64_t i = t->begin; i < t->end; i++) {
        uint32_t at = (uint32_t)(i % TAPE_PRINTS);
        fits &= !__builtin_mul_overflow(t->price[at], price_factor, &t->price[at]);
        fits &= !__builtin_mul_overflow(t->size[at], size_factor, &t->size[at]);
    }
    __int128 *notional = &t->running.notional;
    return fits & !__builtin_mul_overflow(*notional, (__int128)price_factor, notional) &
           !__builtin_mul_overflow(*notional, (__int128)size_factor, notional);
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
