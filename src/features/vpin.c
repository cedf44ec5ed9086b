#include "features/vpin.h"

#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/state.h"
#include "features/features.h"
#include "features/wide.h"

size_t vpin_footprint(const struct vpin_params *params)
{
    return params->buckets * sizeof(struct vpin_bucket) +
           (params->auto_size ? VPIN_MINUTES * sizeof(int64_t) : 0);
}

void vpin_init(struct vpin *v, void *mem, const struct vpin_params *params)
{
    TD_ASSERT(params->buckets > 0 && params->buckets <= VPIN_BUCKETS_MAX,
              "VPIN is of some buckets");
    *v = (struct vpin){.params = *params, .full = mem};
    if (params->auto_size) {
        v->minute = (int64_t *)(v->full + params->buckets);
        memset(v->minute, 0, VPIN_MINUTES * sizeof *v->minute);
    }
}

/* ---- volume of a day, by minute ---------------------------------------------------------------- */

static void day_advance(struct vpin *v, int64_t event_ns)
{
    int64_t minute = event_ns / (60 * TD_NS_PER_S);

    if (!v->any_minute)
        v->minute_now = minute;
    v->any_minute = true;
    if (minute - v->minute_now >= VPIN_MINUTES) {
        memset(v->minute, 0, VPIN_MINUTES * sizeof *v->minute);
        v->day = 0;
        v->minute_now = minute;
    }
    while (v->minute_now < minute) {
        v->minute_now++;
        int64_t *oldest = &v->minute[(uint64_t)v->minute_now % VPIN_MINUTES];
        v->day -= *oldest;
        *oldest = 0;
    }
}

static void day_add(struct vpin *v, int64_t size)
{
    int64_t *now = &v->minute[(uint64_t)v->minute_now % VPIN_MINUTES];
    int64_t room = INT64_MAX - *now, more = size < room ? size : room;
    *now += more;
    v->day += more;
}

/* ---- buckets ----------------------------------------------------------------------------------- */

static int64_t configured_size(const struct vpin *v, int size_scale)
{
    int64_t size = td_double_to_steps(v->params.bucket, size_scale);
    return size < 1 ? 1 : size > VPIN_STEPS_MAX ? VPIN_STEPS_MAX : size;
}

static int64_t next_size(const struct vpin *v, int size_scale)
{
    if (!v->params.auto_size || v->day == 0)
        return configured_size(v, size_scale);
    __int128 size = (v->day + v->params.buckets / 2) / v->params.buckets;
    return size < 1 ? 1 : size > VPIN_STEPS_MAX ? VPIN_STEPS_MAX : (int64_t)size;
}

static void close_bucket(struct vpin *v)
{
    int64_t lean = v->open.buy - v->open.sell;
    struct vpin_bucket *place = &v->full[v->next];

    if (v->count == v->params.buckets) {
        v->imbalance -= place->imbalance;
        v->volume -= place->size;
    } else {
        v->count++;
    }
    *place = (struct vpin_bucket){lean < 0 ? -lean : lean, v->open.size};
    v->imbalance += place->imbalance;
    v->volume += place->size;
    v->next = (v->next + 1) % v->params.buckets;
    memset(&v->open, 0, sizeof v->open);
}

/* Buckets that the same trade would push out of the ring again need not be filled. */
static int64_t less_hidden(const struct vpin *v, int64_t rest)
{
    int64_t whole = rest / v->open.size;
    return whole > v->params.buckets ? rest - (whole - v->params.buckets) * v->open.size : rest;
}

/* buy, sell: half steps of each step of volume; 2 and 0, 0 and 2, or 1 and 1. */
static void fill(struct vpin *v, int64_t size, int buy, int sell, int size_scale)
{
    for (int64_t rest = size; rest > 0;) {
        if (v->open.size == 0) {
            v->open.size = next_size(v, size_scale);
            rest = less_hidden(v, rest);
        }
        int64_t space = v->open.size - v->open.filled, part = rest < space ? rest : space;
        v->open.filled += part;
        v->open.buy += buy * part;
        v->open.sell += sell * part;
        rest -= part;
        if (v->open.filled == v->open.size)
            close_bucket(v);
    }
}

/* +1 buy, -1 sell, 0: nobody can tell. */
static int told_side(const struct vpin *v, int64_t price, int64_t twice_mid)
{
    __int128 off = 2 * (__int128)price - twice_mid;

    if (twice_mid != 0 && off != 0)
        return off > 0 ? 1 : -1;
    if (v->last_price == 0 || price == v->last_price)
        return 0;
    return price > v->last_price ? 1 : -1;
}

void vpin_trade(struct vpin *v, const struct feature_trade *trade, int size_scale,
                int64_t twice_mid)
{
    int64_t size = trade->size_steps < VPIN_STEPS_MAX ? trade->size_steps : VPIN_STEPS_MAX;
    int side = trade->taker == TD_TAKER_BUY ? 1 : trade->taker == TD_TAKER_SELL ? -1 : 0;

    if (trade->price_steps <= 0 || size <= 0)
        return;
    if (side == 0) {
        side = told_side(v, trade->price_steps, twice_mid);
        v->told += side != 0 ? size : 0;
    }
    v->traded += size;
    v->last_price = trade->price_steps;
    if (v->params.auto_size)
        day_advance(v, trade->event_ns);
    fill(v, size, 1 + side, 1 - side, size_scale);
    if (v->params.auto_size)
        day_add(v, size);
}

double vpin_value(const struct vpin *v)
{
    return v->count ? wide_narrow(v->imbalance) / 2 / wide_narrow(v->volume) : NAN;
}

double vpin_told_share(const struct vpin *v)
{
    return v->traded > 0 ? wide_narrow(v->told) / wide_narrow(v->traded) : NAN;
}

/* ---- a finer scale, bytes ---------------------------------------------------------------------- */

static void sums_again(struct vpin *v)
{
    v->imbalance = v->volume = v->day = 0;
    for (uint32_t i = 0; i < v->count; i++) {
        v->imbalance += v->full[i].imbalance;
        v->volume += v->full[i].size;
    }
    for (int i = 0; v->params.auto_size && i < VPIN_MINUTES; i++)
        v->day += v->minute[i];
}

static bool scale(int64_t *value, int64_t factor, int64_t most)
{
    return !__builtin_mul_overflow(*value, factor, value) && *value <= most;
}

static bool scale_all(struct vpin *v, int64_t price_factor, int64_t size_factor)
{
    bool fits = scale(&v->last_price, price_factor, INT64_MAX);
    fits &= scale(&v->open.size, size_factor, VPIN_STEPS_MAX);
    fits &= scale(&v->open.filled, size_factor, VPIN_STEPS_MAX);
    fits &= scale(&v->open.buy, size_factor, 2 * VPIN_STEPS_MAX);
    fits &= scale(&v->open.sell, size_factor, 2 * VPIN_STEPS_MAX);

    for (uint32_t i = 0; i < v->count; i++) {
        fits &= scale(&v->full[i].imbalance, size_factor, 2 * VPIN_STEPS_MAX);
        fits &= scale(&v->full[i].size, size_factor, VPIN_STEPS_MAX);
    }
    for (int i = 0; v->params.auto_size && i < VPIN_MINUTES; i++)
        fits &= scale(&v->minute[i], size_factor, INT64_MAX);
    return fits && !__builtin_mul_overflow(v->traded, (__int128)size_factor, &v->traded) &&
           !__builtin_mul_overflow(v->told, (__int128)size_factor, &v->told);
}

bool vpin_rescale(struct vpin *v, int64_t price_factor, int64_t size_factor)
{
    bool fits = scale_all(v, price_factor, size_factor);

    if (fits)
        sums_again(v);
    else
        vpin_init(v, v->full, &v->params);
    return fits;
}

/* At most `most`, not negative; else the bytes cannot be. */
static void amount_state(int64_t *value, int64_t most, struct td_state *state)
{
    uint64_t amount = (uint64_t)*value;

    td_state_u64(state, &amount);
    if (amount > (uint64_t)most) {
        state->failed = true;
        amount = 0;
    }
    if (state->loading)
        *value = (int64_t)amount;
}

static void total_state(__int128 *value, struct td_state *state)
{
    uint64_t low = (uint64_t)*value, high = (uint64_t)(*value >> 64);

    td_state_u64(state, &low);
    td_state_u64(state, &high);
    if (state->loading)
        *value = (__int128)((unsigned __int128)(high & INT64_MAX) << 64 | low);
}

static void open_state(struct vpin *v, struct td_state *state)
{
    amount_state(&v->open.size, VPIN_STEPS_MAX, state);
    amount_state(&v->open.filled, v->open.size > 0 ? v->open.size - 1 : 0, state);
    amount_state(&v->open.buy, 2 * v->open.filled, state);
    v->open.sell = 2 * v->open.filled - v->open.buy;
}

static void buckets_state(struct vpin *v, struct td_state *state)
{
    uint32_t count = td_state_count(state, v->count, v->params.buckets);
    uint32_t next = td_state_count(state, v->next, v->params.buckets - 1);

    for (uint32_t i = 0; i < count; i++) {
        amount_state(&v->full[i].size, VPIN_STEPS_MAX, state);
        amount_state(&v->full[i].imbalance, 2 * v->full[i].size, state);
    }
    if (state->loading) {
        v->count = count;
        v->next = next;
    }
}

static void day_state(struct vpin *v, struct td_state *state)
{
    td_state_bool(state, &v->any_minute);
    td_state_i64(state, &v->minute_now);
    if (v->minute_now < INT64_MIN / 4 || v->minute_now > INT64_MAX / 4)
        state->failed = true;
    for (int i = 0; i < VPIN_MINUTES; i++)
        amount_state(&v->minute[i], INT64_MAX, state);
}

void vpin_state(struct vpin *v, struct td_state *state)
{
    buckets_state(v, state);
    open_state(v, state);
    amount_state(&v->last_price, INT64_MAX, state);
    total_state(&v->traded, state);
    total_state(&v->told, state);
    if (v->params.auto_size)
        day_state(v, state);
    if (state->loading)
        sums_again(v);
}

size_t vpin_state_bytes(const struct vpin_params *params)
{
    return params->buckets * (size_t)20 + (params->auto_size ? VPIN_MINUTES * (size_t)10 + 32 : 0) +
           160;
}
