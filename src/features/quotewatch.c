#include "features/quotewatch.h"

#include <math.h>

#include "base/decimal.h"
#include "base/state.h"

enum { CHANGES = QUOTEWATCH_MIDS - 1 };

/* 2^-44 bps; a change is cut to 2^16 bps. CHANGE_NONE: the mid before was 0, the pair does not count. */
static const double change_unit = 0x1p44, change_bps_max = 0x1p16;
#define CHANGE_NONE INT64_MIN
#define CHANGE_MAX (INT64_C(1) << 60)

void quotewatch_init(struct quotewatch *q)
{
    *q = (struct quotewatch){0};
}

void quotewatch_reset(struct quotewatch *q)
{
    q->mids = q->next = 0;
    q->have_mid = false;
    q->sum = 0;
    q->squares = 0;
    q->counted = 0;
}

static int64_t change_of(int64_t twice_mid, int64_t last_twice_mid)
{
    if (last_twice_mid == 0)
        return CHANGE_NONE;
    double bps = (double)(twice_mid - last_twice_mid) / (double)last_twice_mid * 10000;
    if (fabs(bps) > change_bps_max)
        bps = copysign(change_bps_max, bps);
    return (int64_t)(bps * change_unit + copysign(0.5, bps));
}

static void change_count(struct quotewatch *q, int64_t change, int sign)
{
    if (change == CHANGE_NONE)
        return;
    unsigned __int128 square = (unsigned __int128)((__int128)change * change);
    q->counted += (uint32_t)sign;
    q->sum += sign * (__int128)change;
    q->squares += sign > 0 ? square : -square;
}

static void mid_append(struct quotewatch *q, int64_t twice_mid)
{
    if (q->have_mid) {
        if (q->mids == QUOTEWATCH_MIDS)
            change_count(q, q->change[q->next], -1);
        q->change[q->next] = change_of(twice_mid, q->last_twice_mid);
        change_count(q, q->change[q->next], 1);
        q->next = (q->next + 1) % CHANGES;
    }
    q->mids += q->mids < QUOTEWATCH_MIDS;
    q->have_mid = true;
    q->last_twice_mid = twice_mid;
}

/* n sum c^2 - (sum c)^2 is past 128 bits when squares are: then deviations from the mean are summed, in doubles. */
static double deviation_of_jumps(const struct quotewatch *q)
{
    double mean = (double)q->sum / q->counted, sum = 0;

    for (uint32_t i = 0; i + 1 < q->mids; i++) {
        double off = q->change[i] == CHANGE_NONE ? 0 : (double)q->change[i] - mean;
        sum += off * off;
    }
    return sqrt(sum / q->counted) / change_unit;
}

/* Population deviation in bps. */
static double volatility_of(const struct quotewatch *q)
{
    uint32_t n = q->counted;

    if (n == 0)
        return 0;
    if (q->squares >> 122 != 0)
        return deviation_of_jumps(q);
    unsigned __int128 sum = (unsigned __int128)(q->sum < 0 ? -q->sum : q->sum);
    unsigned __int128 spread = n * q->squares - sum * sum;
    return sqrt((double)spread) / n / change_unit;
}

static double depth_of(const struct top *top)
{
    __int128 sum = 0;

    for (int side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < top->side[side].count && i < TOP_QUOTEWATCH_LEVELS; i++)
            sum += top->side[side].size[i];
    }
    return (double)sum / (double)td_pow10(top->size_scale);
}

void quotewatch_book(struct quotewatch *q, const struct top *top)
{
    const struct top_side *bid = &top->side[0], *ask = &top->side[1];
    int64_t total = bid->size[0] + ask->size[0];

    mid_append(q, top->twice_mid);
    q->value[0] = top->twice_mid > 0
                      ? (double)(ask->price[0] - bid->price[0]) / (double)top->twice_mid * 20000
                      : NAN;
    q->value[1] = (double)(bid->size[0] - ask->size[0]) / (double)total;
    q->value[2] = depth_of(top);
    q->value[3] = volatility_of(q);
}

void quotewatch_rescale(struct quotewatch *q, int64_t price_factor)
{
    int64_t limit = 2 * TOP_STEPS_MAX / price_factor;

    if (q->last_twice_mid > limit || q->last_twice_mid < -limit)
        quotewatch_reset(q);
    else
        q->last_twice_mid *= price_factor;
}

static void sums_again(struct quotewatch *q)
{
    q->sum = 0;
    q->squares = 0;
    q->counted = 0;
    for (uint32_t i = 0; i + 1 < q->mids; i++)
        change_count(q, q->change[i], 1);
}

/* Sums of what is loaded must not overflow. */
static void refuse_beyond(struct td_state *state, int64_t value, int64_t most)
{
    if (state->loading && (value > most || value < -most))
        state->failed = true;
}

void quotewatch_state(struct quotewatch *q, struct td_state *state)
{
    enum { MARK = 0x77746f71 };

    td_state_mark(state, MARK);
    q->mids = td_state_count(state, q->mids, QUOTEWATCH_MIDS);
    q->next = td_state_count(state, q->next, CHANGES - 1);
    td_state_bool(state, &q->have_mid);
    td_state_i64(state, &q->last_twice_mid);
    refuse_beyond(state, q->last_twice_mid, 2 * TOP_STEPS_MAX);
    for (uint32_t i = 0; i + 1 < q->mids; i++) {
        td_state_i64(state, &q->change[i]);
        if (q->change[i] != CHANGE_NONE)
            refuse_beyond(state, q->change[i], CHANGE_MAX);
    }
    for (int i = 0; i < QUOTEWATCH_INPUTS; i++)
        td_state_double(state, &q->value[i]);
    sums_again(q);
}

void quotewatch_fill(const struct quotewatch *q, struct feature_row *row)
{
    double score = stability_score(q->value[0], q->value[1], q->value[3]);

    feature_put(row, FEATURE_spread_bps, q->value[0]);
    feature_put(row, FEATURE_imbalance, q->value[1]);
    feature_put(row, FEATURE_depth, q->value[2]);
    feature_put(row, FEATURE_volatility, q->value[3]);
    if (!isfinite(score))
        return;
    feature_put(row, FEATURE_stability_score, score);
    feature_put(row, FEATURE_stability_category, stability_category(score));
}
