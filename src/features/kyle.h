/* Kyle's lambda: how much a unit of order flow moves the price (SPEC 2.8). Pairs (log_return, ofi) of one window; sums exact. Pure. */
#ifndef TD_FEATURES_KYLE_H
#define TD_FEATURES_KYLE_H

#include "features/moments.h"

/* Returns in 2^-56, flow in size steps. Their own sums of the returns are the window's. */
struct kyle {
    struct wide product;
    struct moments flow;
};

static inline void kyle_add(struct kyle *k, int64_t log_return, int64_t ofi)
{
    moments_add(&k->flow, ofi);
    k->product = wide_add(k->product, wide_of((__int128)log_return * ofi));
}

static inline void kyle_remove(struct kyle *k, int64_t log_return, int64_t ofi)
{
    moments_remove(&k->flow, ofi);
    k->product = wide_minus(k->product, wide_of((__int128)log_return * ofi));
}

/* Population moments. size_unit: base units of a step. Null: see SPEC's guards. */
struct kyle_values {
    double lambda, r2;
};
struct kyle_values kyle_of(const struct kyle *k, const struct moments *returns, double size_unit);

#endif
