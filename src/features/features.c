#include "features/features.h"

#include "base/limits.h"

struct features {
    struct features_params params;
    struct features_counts counts;
    double quotewatch[4];
    uint32_t events;
};

struct features_params features_defaults(void)
{
    return (struct features_params){
        .window_events = 32768,
        .staleness_ns = 300 * TD_NS_PER_S,
        .vpin_bucket = 1.0,
        .vpin_buckets = 50,
        .dynamic_regime = true,
        .tight_percentile = 0.2,
        .wide_percentile = 0.8,
        .tight_ratio = 0.0001,
    };
}

size_t features_footprint(const struct features_params *params)
{
    (void)params;
    return sizeof(struct features);
}

struct features *features_init(void *mem, const struct features_params *params)
{
    struct features *f = mem;
    *f = (struct features){.params = *params};
    return f;
}

void features_clear(struct features *f)
{
    *f = (struct features){.params = f->params};
}

void features_trade(struct features *f, const struct feature_trade *trade)
{
    (void)f, (void)trade;
}

void features_level(struct features *f, uint8_t side, int64_t price_steps, int64_t was, int64_t now)
{
    (void)f, (void)side, (void)price_steps, (void)was, (void)now;
}

bool features_book(struct features *f, const struct book *book, int price_scale, int size_scale,
                   int64_t event_ns)
{
    (void)f, (void)book, (void)price_scale, (void)size_scale, (void)event_ns;
    return false;
}

void features_snapshot(struct features *f)
{
    (void)f;
}

void features_lost(struct features *f)
{
    (void)f;
}

double features_mid(const struct features *f)
{
    (void)f;
    return 0;
}

const double *features_quotewatch(const struct features *f)
{
    return f->quotewatch;
}

uint32_t features_events(const struct features *f)
{
    return f->events;
}

void features_row_taken(struct features *f)
{
    f->events = 0;
}

void features_row(struct features *f, struct feature_row *row)
{
    (void)f;
    feature_row_clear(row);
}

uint8_t features_row_flags(const struct features *f)
{
    (void)f;
    return 0;
}

void features_rescale(struct features *f, int64_t price_factor, int64_t size_factor)
{
    (void)f, (void)price_factor, (void)size_factor;
}

void features_state(struct features *f, struct td_state *state)
{
    (void)f, (void)state;
}

size_t features_state_bytes(const struct features_params *params)
{
    (void)params;
    return 64;
}

struct features_counts features_counts(const struct features *f)
{
    return f->counts;
}
