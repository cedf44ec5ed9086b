/* An engine with a book, fed as the core feeds it, and random markets for it. */
#ifndef TD_TEST_FEATURES_ENGINE_RIG_H
#define TD_TEST_FEATURES_ENGINE_RIG_H

#include <stdlib.h>

#include "base/limits.h"
#include "base/state.h"
#include "features/features.h"
#include "test.h"

enum { ENGINE_POOL = 20000, ENGINE_PRICE_SCALE = 2, ENGINE_SIZE_SCALE = 6 };

struct engine_rig {
    struct book_pool *pool;
    struct book *book;
    void *mem;
    struct features *features;
    int price_scale, size_scale;
    int64_t price_unit, size_unit; /* steps of the rig in one of the market below */
    void (*heard)(void *arg, const struct feature_trade *trade); /* of every trade; may be NULL */
    void *heard_arg;
};

/* All sets but mechanics. */
static inline struct features_params engine_params(void)
{
    struct features_params params = features_defaults();
    for (unsigned i = 0; i < FEATURES; i++) {
        if (feature_at(i)->set == FEATURE_SET_OPTIONAL)
            feature_mask_add(&params.on, i);
    }
    return params;
}

static inline struct engine_rig engine_new(const struct features_params *params)
{
    struct engine_rig rig = {.price_scale = ENGINE_PRICE_SCALE,
                             .size_scale = ENGINE_SIZE_SCALE,
                             .price_unit = 1,
                             .size_unit = 1};
    rig.pool = book_pool_init(malloc(book_pool_footprint(ENGINE_POOL)), ENGINE_POOL);
    rig.book = book_init(malloc(book_footprint()), rig.pool);
    rig.mem = malloc(features_footprint(params));
    memset(rig.mem, 0xA5, features_footprint(params));
    rig.features = features_init(rig.mem, params);
    return rig;
}

static inline void engine_delete(struct engine_rig *rig)
{
    book_clear(rig->book);
    free(rig->book);
    free(rig->pool);
    free(rig->mem);
}

static inline void engine_set(struct engine_rig *rig, uint8_t side, int64_t price, int64_t size)
{
    int64_t was;
    CHECK(book_set_was(rig->book, side, price * rig->price_unit, size * rig->size_unit, &was) >= 0);
    features_level(rig->features, side, price * rig->price_unit, was, size * rig->size_unit);
}

static inline bool engine_fire(struct engine_rig *rig, int64_t event_ns)
{
    return features_book(rig->features, rig->book, rig->price_scale, rig->size_scale, event_ns);
}

static inline void engine_trade(struct engine_rig *rig, int64_t event_ns, int64_t price,
                                int64_t size, uint8_t taker)
{
    struct feature_trade trade = {event_ns, price * rig->price_unit, size * rig->size_unit, taker};
    features_trade(rig->features, &trade);
    if (rig->heard != NULL)
        rig->heard(rig->heard_arg, &trade);
}

/* A book of `levels` a side around `mid`, then told as a snapshot. */
static inline void engine_snapshot(struct engine_rig *rig, int64_t mid, int levels, int64_t size)
{
    book_clear(rig->book);
    for (int i = 1; i <= levels; i++) {
        CHECK(book_set(rig->book, TD_SIDE_BID, (mid - i) * rig->price_unit,
                       size * rig->size_unit) >= 0);
        CHECK(book_set(rig->book, TD_SIDE_ASK, (mid + i) * rig->price_unit,
                       size * rig->size_unit) >= 0);
    }
    book_settle(rig->book);
    features_snapshot(rig->features);
}

static inline struct feature_row engine_row(struct engine_rig *rig)
{
    struct feature_row row;
    features_row(rig->features, &row);
    return row;
}

static inline uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* NAN: null. */
static inline double row_value(const struct feature_row *row, unsigned feature)
{
    return feature_has(row, feature) ? row->value[feature] : NAN;
}

static inline void rows_equal(const struct feature_row *a, const struct feature_row *b)
{
    for (unsigned i = 0; i < FEATURES; i++) {
        if (feature_has(a, i) != feature_has(b, i) ||
            (feature_has(a, i) && bits_of(a->value[i]) != bits_of(b->value[i])))
            FAIL("%s is %.17g and %.17g", feature_at(i)->name, row_value(a, i), row_value(b, i));
    }
}

/* ---- a random market ----------------------------------------------------------------------------- */

struct market {
    uint64_t random;
    int64_t mid; /* twice the middle between the sides; bids lie below, asks above */
    int64_t now_ns;
    int64_t pause_ns; /* mean between events */
};

static inline uint64_t market_below(struct market *m, uint64_t bound)
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return (m->random * UINT64_C(0x2545F4914F6CDD1D) >> 11) % bound;
}

static inline struct market market_new(uint64_t seed, int64_t pause_ns)
{
    return (struct market){.random = seed * 2 + 1,
                           .mid = 6000000,
                           .now_ns = 1700000000 * TD_NS_PER_S,
                           .pause_ns = pause_ns};
}

/* Takes levels that the walking middle has passed. */
static inline void market_sweep(const struct market *m, struct engine_rig *rig)
{
    int64_t price, size;
    while (book_best(rig->book, TD_SIDE_BID, &price, &size) && price >= m->mid * rig->price_unit)
        engine_set(rig, TD_SIDE_BID, price / rig->price_unit, 0);
    while (book_best(rig->book, TD_SIDE_ASK, &price, &size) && price <= m->mid * rig->price_unit)
        engine_set(rig, TD_SIDE_ASK, price / rig->price_unit, 0);
}

static inline void market_trades(struct market *m, struct engine_rig *rig)
{
    for (uint64_t n = market_below(m, 3); n > 0; n--) {
        int64_t late_ns = (int64_t)market_below(m, 40) * TD_NS_PER_MS - 20 * TD_NS_PER_MS;
        engine_trade(rig, m->now_ns + late_ns, m->mid + (int64_t)market_below(m, 9) - 4,
                     1 + (int64_t)market_below(m, 700000), (uint8_t)market_below(m, 3));
    }
}

/* One event's changes and trades. Does not fire. */
static inline void market_step(struct market *m, struct engine_rig *rig)
{
    m->now_ns += (int64_t)market_below(m, (uint64_t)m->pause_ns * 2);
    if (market_below(m, 4) == 0)
        m->mid += (int64_t)market_below(m, 7) - 3;
    market_sweep(m, rig);
    for (uint64_t n = 1 + market_below(m, 4); n > 0; n--) {
        uint8_t side = (uint8_t)(TD_SIDE_BID + market_below(m, 2));
        int64_t off = 1 + (int64_t)(market_below(m, 6) * market_below(m, 6) * market_below(m, 9));
        int64_t size = market_below(m, 3) == 0 ? 0 : 1 + (int64_t)market_below(m, 5000000);
        engine_set(rig, side, m->mid + (side == TD_SIDE_BID ? -off : off), size);
    }
    market_trades(m, rig);
}

#endif
