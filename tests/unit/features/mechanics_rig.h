/* Level mechanics of one instrument with a book, for tests: prices in cents, sizes in whole units. The mid stays near 1000.00, where a round
   level stands (spacing 1.00): zone 0.29, monitor 0.36, touch 0.15, tape 0.73, velocity 0.73 a second. */
#ifndef TD_UNIT_MECHANICS_RIG_H
#define TD_UNIT_MECHANICS_RIG_H

#include <stdlib.h>

#include "test.h"

#include "base/limits.h"
#include "base/state.h"
#include "features/features.h"
#include "features/mechanics.h"

#define SECOND TD_NS_PER_S
#define RIG_MIDNIGHT (INT64_C(1789430400) / 86400 * 86400 * SECOND)
#define RIG_START (RIG_MIDNIGHT + 3600 * SECOND)
enum { RIG_TOUCHES = 8192 };

struct rig {
    struct mechanics_params params;
    struct mechanics *m;
    struct book_pool *pool;
    struct book *book;
    int scale;
    unsigned touches;
    struct touch touch[64]; /* the newest */
    struct feature_row row;
};

static inline void rig_touched(void *arg, const struct touch *touch)
{
    struct rig *r = arg;
    r->touch[r->touches++ % 64] = *touch;
}

static inline struct rig *rig_new(const struct mechanics_params *params)
{
    struct rig *r = calloc(1, sizeof *r);

    r->params = *params;
    r->scale = 2;
    r->m = mechanics_init(malloc(mechanics_footprint()), params);
    mechanics_on_touch(r->m, rig_touched, r, 7);
    r->pool = book_pool_init(malloc(book_pool_footprint(4096)), 4096);
    r->book = book_init(malloc(book_footprint()), r->pool);
    return r;
}

static inline void rig_free(struct rig *r)
{
    free(r->m);
    free(r->book);
    free(r->pool);
    free(r);
}

static inline void rig_set(struct rig *r, uint8_t side, int64_t price, int64_t size)
{
    int64_t was;
    book_set_was(r->book, side, price, size, &was);
    if (was != size)
        mechanics_level(r->m, side, price, was, size);
}

static inline void rig_book(struct rig *r, double at_s)
{
    mechanics_book(r->m, r->book, r->scale, 0, RIG_START + (int64_t)(at_s * 1e9));
}

static inline void rig_trade(struct rig *r, double at_s, int64_t price, int64_t size, uint8_t taker)
{
    struct feature_trade t = {RIG_START + (int64_t)(at_s * 1e9), price, size, taker};
    mechanics_trade(r->m, &t, r->scale, 0);
}

/* The sizes of the origin. An hour ago the session's range was set, far from the round level. */
static inline struct rig *rig(void)
{
    struct mechanics_params p = mechanics_defaults();
    p.thresh_size = 100;
    p.weak_size = 50;
    p.delta_scale = 200;
    p.confidence_size = 500;
    p.contested_size = 50000;
    p.sweep_notional = 500000;
    struct rig *r = rig_new(&p);
    rig_trade(r, -3599, 101000, 10000000, TD_TAKER_UNKNOWN);
    rig_trade(r, -3598, 99000, 10000000, TD_TAKER_UNKNOWN);
    return r;
}

static inline bool rig_has(struct rig *r, unsigned feature)
{
    feature_row_clear(&r->row);
    mechanics_fill(r->m, &r->row);
    return feature_has(&r->row, feature);
}

static inline double rig_value(struct rig *r, unsigned feature)
{
    CHECK(rig_has(r, feature));
    return r->row.value[feature];
}
#define HAS(name) rig_has(r, FEATURE_##name)
#define VALUE(name) rig_value(r, FEATURE_##name)

#endif
