/* Columns of SPEC 2.6 as it writes them, in long double on prices and sizes in units, level by level: what the library's are compared
   with. NAN: null. */
#ifndef TD_TEST_FEATURES_PLAIN_COLUMNS_H
#define TD_TEST_FEATURES_PLAIN_COLUMNS_H

#include <math.h>

#include "features/top.h"

struct plain_side {
    int count; /* of the first 20 */
    long double p[TOP_LEVELS], q[TOP_LEVELS];
};

struct plain_book {
    struct plain_side side[2];
    long double mid, spread;
};

static inline struct plain_book plain_book_of(const struct book *book, int price_scale,
                                              int size_scale)
{
    struct plain_book plain = {0};

    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        struct plain_side *at = &plain.side[side - TD_SIDE_BID];
        struct td_level level[TOP_LEVELS];
        at->count = (int)book_top(book, side, TOP_LEVELS, level);
        for (int i = 0; i < at->count; i++) {
            at->p[i] = (long double)level[i].price_steps / powl(10, price_scale);
            at->q[i] = (long double)level[i].size_steps / powl(10, size_scale);
        }
    }
    plain.mid = (plain.side[0].p[0] + plain.side[1].p[0]) / 2;
    plain.spread = plain.side[1].p[0] - plain.side[0].p[0];
    return plain;
}

static inline long double plain_size(const struct plain_side *side, int levels)
{
    long double sum = 0;

    for (int i = 0; i < side->count && i < levels; i++)
        sum += side->q[i];
    return sum;
}

static inline long double plain_imbalance(const struct plain_book *book, int levels)
{
    long double bid = plain_size(&book->side[0], levels), ask = plain_size(&book->side[1], levels);

    return (bid - ask) / (bid + ask);
}

static inline long double plain_vwap(const struct plain_side *side, int levels)
{
    long double weighed = 0;

    for (int i = 0; i < side->count && i < levels; i++)
        weighed += side->p[i] * side->q[i];
    return weighed / plain_size(side, levels);
}

static inline long double plain_smart(const struct plain_book *book, int side)
{
    const struct plain_side *at = &book->side[side];
    long double sum = 0;

    if (book->mid <= 0)
        return NAN;
    for (int i = 0; i < at->count; i++)
        sum += at->q[i] * expl(-100 * fabsl(book->mid - at->p[i]) / book->mid);
    return sum;
}

static inline long double plain_slope_simple(const struct plain_side *side)
{
    return side->count < 5 ? NAN : fabsl(side->p[0] - side->p[4]) / plain_size(side, 5);
}

static inline long double plain_slope_regression(const struct plain_book *book, int side)
{
    int n = book->side[0].count < book->side[1].count ? book->side[0].count : book->side[1].count;
    long double x = 0, y = 0, xx = 0, xy = 0;

    n = n < 10 ? n : 10;
    if (n < 3 || book->mid <= 0)
        return NAN;
    for (int i = 0; i < n; i++) {
        long double distance = fabsl(book->side[side].p[i] - book->mid) / book->mid * 10000;
        long double size = plain_size(&book->side[side], i + 1);
        x += distance;
        y += size;
        xx += distance * distance;
        xy += distance * size;
    }
    return (n * xy - x * y) / (n * xx - x * x);
}

static inline long double plain_gravity(const struct plain_book *book)
{
    int n = book->side[0].count < book->side[1].count ? book->side[0].count : book->side[1].count;
    long double weighed = 0, size = 0;

    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < n; i++) {
            weighed += book->side[side].p[i] * book->side[side].q[i];
            size += book->side[side].q[i];
        }
    }
    return weighed / size;
}

static inline long double plain_decay(const struct plain_side *side)
{
    return side->count < 5 ? NAN : side->q[4] / side->q[0];
}

static inline long double plain_concentration(const struct plain_side *side)
{
    long double whole = plain_size(side, TOP_LEVELS), sum = 0;

    for (int i = 0; i < side->count; i++)
        sum += side->q[i] / whole * (side->q[i] / whole);
    return sum;
}

static inline int plain_half(const struct plain_side *side)
{
    long double half = plain_size(side, TOP_LEVELS) / 2 * (1 - 1e-16L); /* q is rounded */
    int i = 0;

    while (plain_size(side, i + 1) < half)
        i++;
    return i;
}

/* ---- optional ---- */

/* Mean difference of all pairs over twice the mean. */
static inline long double plain_gini(const struct plain_side *side)
{
    long double sum = 0;

    for (int i = 0; i < side->count; i++) {
        for (int j = 0; j < side->count; j++)
            sum += fabsl(side->q[i] - side->q[j]);
    }
    return sum / (2 * side->count * plain_size(side, TOP_LEVELS));
}

static inline long double plain_exp_decay(const struct plain_side *side)
{
    long double n = side->count, x = 0, y = 0, xx = 0, xy = 0;

    for (int i = 0; i < side->count; i++) {
        x += i;
        y += logl(side->q[i]);
        xx += (long double)i * i;
        xy += i * logl(side->q[i]);
    }
    return side->count < 2 ? NAN : -(n * xy - x * y) / (n * xx - x * x);
}

static inline int plain_wall(const struct plain_side *side)
{
    int wall = 0;

    for (int i = 0; i < side->count; i++)
        wall = side->q[i] > side->q[wall] ? i : wall;
    return wall;
}

#endif
