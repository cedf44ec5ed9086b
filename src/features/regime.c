#include "features/regime.h"

#include <math.h>
#include <string.h>

size_t regime_footprint(const struct regime_params *params, uint32_t capacity)
{
    return params->dynamic ? order_footprint(capacity) : 0;
}

void regime_init(struct regime *r, void *mem, const struct regime_params *params, uint32_t capacity)
{
    *r = (struct regime){.params = *params, .now = REGIME_NONE, .percentile = NAN};
    if (params->dynamic)
        r->spreads = order_init(mem, capacity);
}

void regime_clear(struct regime *r)
{
    struct order *spreads = r->spreads;
    *r = (struct regime){.params = r->params, .now = REGIME_NONE, .percentile = NAN};
    r->spreads = spreads;
    if (spreads != NULL)
        order_clear(spreads);
}

/* A positive double is ordered as its bits. */
static int64_t key_of(double spread)
{
    int64_t bits;
    memcpy(&bits, &spread, sizeof bits);
    return bits;
}

static uint8_t class_of(const struct regime *r, double rank, double spread)
{
    if (!r->params.dynamic)
        return spread <= r->params.tight_ratio ? REGIME_TIGHT : REGIME_WIDE;
    if (rank <= r->params.tight_percentile)
        return REGIME_TIGHT;
    return rank >= r->params.wide_percentile ? REGIME_WIDE : REGIME_NORMAL;
}

static void spend(struct regime *r, int64_t since_ns, uint8_t was)
{
    if (was < REGIMES && since_ns > 0)
        r->lasted_ns[was] += since_ns;
}

uint8_t regime_update(struct regime *r, int64_t since_ns, double spread)
{
    uint8_t was = r->now;

    spend(r, since_ns, was);
    r->percentile = NAN;
    r->now = REGIME_NONE;
    if (isnan(spread))
        return was;
    if (r->params.dynamic) {
        uint32_t below = order_insert(r->spreads, key_of(spread));
        r->percentile = (double)below / (double)order_count(r->spreads);
    }
    r->now = class_of(r, r->percentile, spread);
    return was;
}

void regime_restore(struct regime *r, int64_t since_ns, double spread, uint8_t was)
{
    spend(r, since_ns, was);
    if (r->params.dynamic && !isnan(spread))
        order_insert(r->spreads, key_of(spread));
}

void regime_leave(struct regime *r, int64_t since_ns, double spread, uint8_t was)
{
    if (was < REGIMES && since_ns > 0)
        r->lasted_ns[was] -= since_ns;
    if (r->params.dynamic && !isnan(spread))
        order_remove(r->spreads, key_of(spread));
}

double regime_share(const struct regime *r, int which)
{
    int64_t total =
        r->lasted_ns[REGIME_TIGHT] + r->lasted_ns[REGIME_NORMAL] + r->lasted_ns[REGIME_WIDE];
    return total > 0 ? (double)r->lasted_ns[which] / (double)total : NAN;
}
