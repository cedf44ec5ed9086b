#include "features/level.h"

#include <math.h>
#include <string.h>

#include "base/state.h"

#define OPENING_NS (15 * MINUTE_NS)
#define STEPS_MOST 0x1p62 /* beyond it a level or an edge is out of reach of any book */

void levels_init(struct levels *l, enum session_kind kind)
{
    memset(l, 0, sizeof *l);
    l->kind = kind;
    l->next_ns = INT64_MIN;
    for (unsigned i = 0; i < LEVEL_SLOTS; i++)
        l->at[i].kind = (uint8_t)(i < LEVEL_USER_HOTZONE ? i : LEVEL_USER_HOTZONE);
}

static void clear(struct levels *l, unsigned slot)
{
    l->at[slot].on = false;
    l->moved = true;
}

/* A price that is no whole number of steps counts as the nearest. */
static void place(struct levels *l, unsigned slot, double price, double unit)
{
    double steps = rint(price * unit);

    if (!(fabs(steps) < STEPS_MOST)) {
        clear(l, slot);
        return;
    }
    l->at[slot].on = true;
    l->at[slot].price = price;
    l->at[slot].steps = (int64_t)steps;
    l->moved = true;
}

static void place_steps(struct levels *l, unsigned slot, int64_t steps, double unit)
{
    l->at[slot].on = true;
    l->at[slot].price = (double)steps / unit;
    l->at[slot].steps = steps;
    l->moved = true;
}

static void stretch(struct levels *l, unsigned high, unsigned low, int64_t price, double unit)
{
    if (!l->at[high].on || price > l->at[high].steps)
        place_steps(l, high, price, unit);
    if (!l->at[low].on || price < l->at[low].steps)
        place_steps(l, low, price, unit);
}

static void take_over(struct levels *l, unsigned slot, unsigned from)
{
    if (!l->at[from].on)
        return;
    l->at[slot].on = true;
    l->at[slot].price = l->at[from].price;
    l->at[slot].steps = l->at[from].steps;
}

/* utc_day: yesterday's range is PD_*. rth_et: the premarket that begins makes its own. */
static void begin_day(struct levels *l, const struct session *day)
{
    l->day = *day;
    l->known = true;
    l->opened = false;
    if (l->kind == SESSION_RTH_ET) {
        clear(l, LEVEL_PD_HIGH);
        clear(l, LEVEL_PD_LOW);
    } else {
        take_over(l, LEVEL_PD_HIGH, LEVEL_SESSION_HIGH);
        take_over(l, LEVEL_PD_LOW, LEVEL_SESSION_LOW);
    }
    l->moved = true;
}

static void begin_session(struct levels *l)
{
    static const uint8_t of_session[] = {LEVEL_OR_HIGH, LEVEL_OR_LOW, LEVEL_SESSION_HIGH,
                                         LEVEL_SESSION_LOW, LEVEL_VWAP};

    l->opened = true;
    l->bars = 0;
    l->typical = l->volume = 0;
    l->vwap_lost = false;
    for (unsigned i = 0; i < sizeof of_session; i++)
        clear(l, of_session[i]);
}

unsigned levels_advance(struct levels *l, int64_t now_ns)
{
    unsigned events = LEVELS_SAME;

    if (now_ns < l->next_ns)
        return events;
    struct session session = session_of(l->kind, now_ns);
    bool later = !l->known || session.date != l->day.date;
    if (later && now_ns >= session.premarket_ns) {
        begin_day(l, &session);
        events |= LEVELS_DAY;
        later = false;
    }
    if (later) {
        l->next_ns = session.premarket_ns;
        return events;
    }
    if (!l->opened && now_ns >= session.open_ns) {
        begin_session(l);
        events |= LEVELS_SESSION;
    }
    l->next_ns = l->opened ? session.close_ns : session.open_ns;
    return events;
}

bool levels_since_open(const struct levels *l, int64_t at_ns, int64_t *since_ns)
{
    *since_ns = at_ns - l->day.open_ns;
    return l->opened && *since_ns >= 0 && at_ns <= l->day.close_ns;
}

void levels_trade(struct levels *l, int64_t ts_ns, int64_t price, double unit)
{
    if (ts_ns >= l->day.close_ns)
        return;
    if (!l->opened) {
        if (l->known && ts_ns >= l->day.premarket_ns)
            stretch(l, LEVEL_PD_HIGH, LEVEL_PD_LOW, price, unit);
        return;
    }
    stretch(l, LEVEL_SESSION_HIGH, LEVEL_SESSION_LOW, price, unit);
    if (ts_ns < l->day.open_ns + OPENING_NS)
        stretch(l, LEVEL_OR_HIGH, LEVEL_OR_LOW, price, unit);
}

static void add_typical(struct levels *l, const struct minute_bar *bar, double unit)
{
    __int128 prices = (__int128)bar->high + bar->low + bar->close, part;

    if (__builtin_mul_overflow(prices, (__int128)bar->volume, &part) ||
        __builtin_add_overflow(l->typical, part, &l->typical))
        l->vwap_lost = true;
    l->volume += bar->volume;
    if (l->vwap_lost)
        clear(l, LEVEL_VWAP);
    else if (l->volume > 0)
        place(l, LEVEL_VWAP, (double)l->typical / (double)(3 * l->volume) / unit, unit);
}

void levels_minute(struct levels *l, const struct minute_bar *bar, const struct minutes *minutes,
                   double unit)
{
    if (l->opened && bar->start_ns >= l->day.open_ns && bar->start_ns < l->day.close_ns) {
        l->bars++;
        add_typical(l, bar, unit);
    }
    for (unsigned a = 0; a < MINUTE_AVERAGES; a++) {
        const struct minute_sums *sums = &minutes->average[a];
        if (sums->known[0])
            place(l, LEVEL_SMA_200 + a, (double)sums->sum[0] / minute_count_of(a) / unit, unit);
    }
}

void levels_hotzones(struct levels *l, const double *price, double unit)
{
    for (unsigned i = 0; i < MECHANICS_HOTZONES; i++)
        if (price[i] > 0)
            place(l, LEVEL_USER_HOTZONE + i, price[i], unit);
}

/* ..., 0.5, 1, 2, 5, 10, 20, ...: 1 has index 0. */
static double spacing_at(int index)
{
    static const double digit[] = {1, 2, 5};
    int decade = index >= 0 ? index / 3 : -((2 - index) / 3);
    double power = 1;

    for (int i = 0; i < (decade < 0 ? -decade : decade); i++)
        power *= 10;
    double lead = digit[index - 3 * decade];
    return decade < 0 ? lead / power : lead * power;
}

static int spacing_near(double target)
{
    int index = 3 * (int)floor(log10(target)) - 1;

    while (fabs(spacing_at(index + 1) - target) < fabs(spacing_at(index) - target))
        index++;
    return index;
}

/* Spacing in whole steps; 0: finer than a step, or beyond any price. */
static int64_t spacing_steps(int index, int price_scale)
{
    static const int64_t digit[] = {1, 2, 5};
    int decade = index >= 0 ? index / 3 : -((2 - index) / 3);
    int64_t steps = digit[index - 3 * decade];

    if (decade + price_scale < 0 || decade + price_scale > 17)
        return 0;
    for (int i = 0; i < decade + price_scale; i++)
        steps *= 10;
    return steps;
}

void levels_mid(struct levels *l, __int128 mid2, int price_scale, double unit)
{
    double mid = (double)mid2 / 2 / unit;

    if (mid > l->round_from && mid <= l->round_to && mid2 >= l->round_from2 && mid2 < l->round_to2)
        return;
    const double share = LEVEL_ROUND_BPS / 1e4;
    int index = spacing_near(mid * share);
    int64_t spacing = spacing_steps(index, price_scale);
    l->round_from = (spacing_at(index - 1) + spacing_at(index)) / 2 / share;
    l->round_to = (spacing_at(index) + spacing_at(index + 1)) / 2 / share;
    if (spacing == 0) {
        l->round_from2 = 0;
        l->round_to2 = (__int128)1 << 100;
        clear(l, LEVEL_ROUND);
        return;
    }
    __int128 at = (mid2 + spacing) / (2 * (__int128)spacing) * spacing;
    l->round_from2 = 2 * at - spacing;
    l->round_to2 = 2 * at + spacing;
    if (at > INT64_MAX / 2)
        clear(l, LEVEL_ROUND);
    else if (!l->at[LEVEL_ROUND].on || l->at[LEVEL_ROUND].steps != (int64_t)at)
        place_steps(l, LEVEL_ROUND, (int64_t)at, unit);
}

void levels_band(double price, double band, double unit, int64_t *from, int64_t *to)
{
    double low = ceil((price - band) * unit), high = floor((price + band) * unit);

    *from = low < -STEPS_MOST ? INT64_MIN : low > STEPS_MOST ? INT64_MAX : (int64_t)low;
    *to = high < -STEPS_MOST ? INT64_MIN : high > STEPS_MOST ? INT64_MAX : (int64_t)high;
}

bool levels_rescale(struct levels *l, int64_t factor, double unit)
{
    bool fits = true;

    for (unsigned i = 0; i < LEVEL_SLOTS; i++) {
        double steps = rint(l->at[i].price * unit);
        fits &= fabs(steps) < STEPS_MOST;
        bool exact = l->at[i].kind < LEVEL_SMA_200 || l->at[i].kind == LEVEL_ROUND;
        if (fits && exact)
            fits = !__builtin_mul_overflow(l->at[i].steps, factor, &l->at[i].steps);
        else if (fits)
            l->at[i].steps = (int64_t)steps;
    }
    l->round_to = 0; /* told anew by the next mid */
    l->round_from = 0;
    return fits;
}

static void day_state(struct levels *l, struct td_state *state)
{
    td_state_bool(state, &l->known);
    td_state_bool(state, &l->opened);
    td_state_bool(state, &l->moved);
    td_state_i64(state, &l->day.open_ns);
    td_state_i64(state, &l->day.close_ns);
    td_state_i64(state, &l->day.premarket_ns);
    td_state_i32(state, &l->day.date);
    td_state_i64(state, &l->next_ns);
    td_state_u32(state, &l->bars);
}

void levels_state(struct levels *l, struct td_state *state)
{
    day_state(l, state);
    for (unsigned i = 0; i < LEVEL_SLOTS; i++) {
        td_state_bool(state, &l->at[i].on);
        td_state_double(state, &l->at[i].price);
        td_state_i64(state, &l->at[i].steps);
    }
    td_state_raw(state, &l->typical, sizeof l->typical);
    td_state_raw(state, &l->volume, sizeof l->volume);
    td_state_bool(state, &l->vwap_lost);
    td_state_double(state, &l->round_from);
    td_state_double(state, &l->round_to);
    td_state_raw(state, &l->round_from2, sizeof l->round_from2);
    td_state_raw(state, &l->round_to2, sizeof l->round_to2);
}
