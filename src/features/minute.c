#include "features/minute.h"

#include <math.h>

#include "base/state.h"

#define PAIR_NS (2 * MINUTE_NS)

static const unsigned average_count[MINUTE_AVERAGES] = {200, 400};

unsigned minute_count_of(enum minute_average average)
{
    return average_count[average];
}

static int64_t start_of(int64_t ts_ns, int64_t length_ns)
{
    int64_t into = ts_ns % length_ns;
    return ts_ns - into - (into < 0 ? length_ns : 0);
}

static int64_t nth_newest(const int64_t *ring, uint32_t slots, uint32_t next, unsigned i)
{
    return ring[(next + slots - 1 - i) % slots];
}

static void push(int64_t *ring, uint32_t slots, uint32_t *next, uint32_t *held, int64_t value)
{
    ring[*next] = value;
    *next = (*next + 1) % slots;
    *held += *held < slots;
}

int64_t minute_close(const struct minutes *m, unsigned i)
{
    return nth_newest(m->close, MINUTE_CLOSES, m->close_at, i);
}

/* Once every two minutes: summing anew is cheap and needs no state of its own. */
static void average(struct minutes *m)
{
    for (unsigned a = 0; a < MINUTE_AVERAGES; a++) {
        for (unsigned back = 0; back < 3; back++) {
            unsigned from = 5 * back;
            __int128 sum = 0;
            m->average[a].known[back] = m->pairs >= from + average_count[a];
            for (unsigned i = 0; i < average_count[a] && m->average[a].known[back]; i++)
                sum += nth_newest(m->pair, MINUTE_PAIRS, m->pair_at, from + i);
            m->average[a].sum[back] = sum;
        }
    }
}

static void end_pair(struct minutes *m, int64_t now_ns)
{
    if (!m->pair_running || now_ns < m->pair_start_ns + PAIR_NS)
        return;
    push(m->pair, MINUTE_PAIRS, &m->pair_at, &m->pairs, m->pair_close);
    m->pair_running = false;
    average(m);
}

static int64_t clamp64(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static int64_t true_range(const struct minutes *m, const struct minute_bar *bar)
{
    int64_t high = bar->high, low = bar->low;

    if (m->closes >
        0) { /* the close before stretches the bar: the same as the largest of the three distances */
        int64_t before = minute_close(m, 0);
        high = before > high ? before : high;
        low = before < low ? before : low;
    }
    return clamp64((__int128)high - low);
}

bool minute_advance(struct minutes *m, int64_t now_ns, struct minute_bar *closed)
{
    if (!m->running || now_ns < m->bar.start_ns + MINUTE_NS) {
        end_pair(m, now_ns);
        return false;
    }
    *closed = m->bar;
    m->running = false;
    push(m->range, MINUTE_RANGES, &m->range_at, &m->ranges, true_range(m, closed));
    push(m->close, MINUTE_CLOSES, &m->close_at, &m->closes, closed->close);
    m->pair_running = true;
    m->pair_start_ns = start_of(closed->start_ns, PAIR_NS);
    m->pair_close = closed->close;
    end_pair(m, closed->start_ns + MINUTE_NS);
    return true;
}

void minute_trade(struct minutes *m, int64_t ts_ns, int64_t price, int64_t size)
{
    struct minute_bar *bar = &m->bar;

    if (!m->running) {
        *bar = (struct minute_bar){start_of(ts_ns, MINUTE_NS), price, price, price, price, 0};
        m->running = true;
    }
    bar->high = price > bar->high ? price : bar->high;
    bar->low = price < bar->low ? price : bar->low;
    bar->close = price;
    bar->volume = clamp64((__int128)bar->volume + size);
}

bool minute_atr(const struct minutes *m, double *atr)
{
    __int128 sum = 0;

    for (unsigned i = 0; i < m->ranges; i++)
        sum += m->range[i];
    if (m->ranges > 0)
        *atr = (double)sum / m->ranges;
    return m->ranges > 0;
}

bool minute_deviation(const struct minutes *m, double *deviation)
{
    int n = (int)m->closes - 1;
    __int128 sum = 0;
    double squares = 0;

    if (n < 2)
        return false;
    for (int i = 0; i < n; i++)
        sum += (__int128)minute_close(m, (unsigned)i) - minute_close(m, (unsigned)i + 1);
    /* n x - sum is exact; only its square is rounded, so nothing cancels. */
    for (int i = 0; i < n; i++) {
        __int128 change = (__int128)minute_close(m, (unsigned)i) - minute_close(m, (unsigned)i + 1);
        double off = (double)(n * change - sum) / n;
        squares += off * off;
    }
    *deviation = sqrt(squares / (n - 1));
    return true;
}

static bool scale(int64_t *values, unsigned count, int64_t factor)
{
    bool fits = true;

    for (unsigned i = 0; i < count; i++)
        fits &= !__builtin_mul_overflow(values[i], factor, &values[i]);
    return fits;
}

bool minute_rescale(struct minutes *m, int64_t price_factor, int64_t size_factor)
{
    bool fits = scale(m->close, MINUTE_CLOSES, price_factor);

    fits &= scale(m->range, MINUTE_RANGES, price_factor);
    fits &= scale(m->pair, MINUTE_PAIRS, price_factor);
    fits &= scale(&m->pair_close, 1, price_factor);
    fits &= scale(&m->bar.open, 1, price_factor);
    fits &= scale(&m->bar.high, 1, price_factor);
    fits &= scale(&m->bar.low, 1, price_factor);
    fits &= scale(&m->bar.close, 1, price_factor);
    if (m->running && __builtin_mul_overflow(m->bar.volume, size_factor, &m->bar.volume))
        m->bar.volume = INT64_MAX;
    average(m);
    return fits;
}

static void ring_state(struct td_state *state, int64_t *ring, uint32_t slots, uint32_t *next,
                       uint32_t *held)
{
    *held = td_state_count(state, *held, slots);
    *next = td_state_count(state, *next, slots - 1);
    for (uint32_t i = 0; i < *held; i++)
        td_state_i64(state, &ring[(*next + slots - 1 - i) % slots]);
}

void minute_state(struct minutes *m, struct td_state *state)
{
    td_state_bool(state, &m->running);
    td_state_bool(state, &m->pair_running);
    td_state_i64(state, &m->bar.start_ns);
    td_state_i64(state, &m->bar.open);
    td_state_i64(state, &m->bar.high);
    td_state_i64(state, &m->bar.low);
    td_state_i64(state, &m->bar.close);
    td_state_i64(state, &m->bar.volume);
    td_state_i64(state, &m->pair_start_ns);
    td_state_i64(state, &m->pair_close);
    ring_state(state, m->close, MINUTE_CLOSES, &m->close_at, &m->closes);
    ring_state(state, m->range, MINUTE_RANGES, &m->range_at, &m->ranges);
    ring_state(state, m->pair, MINUTE_PAIRS, &m->pair_at, &m->pairs);
    if (state->loading)
        average(m);
}
