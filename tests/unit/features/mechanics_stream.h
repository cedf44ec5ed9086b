/* A random stream for the properties of level mechanics: prices on a grid of 0.06 about 1000.5, so that no band's edge and no tie lies on it; mirrored
   at that price when asked for. */
#ifndef TD_UNIT_MECHANICS_STREAM_H
#define TD_UNIT_MECHANICS_STREAM_H

#include "mechanics_rig.h"

enum { STREAM_GRID = 6, STREAM_MIDDLE = 100050 };

struct stream {
    uint64_t random;
    double at_s;
    int64_t mid; /* grid steps from the middle */
    bool mirrored;
};

static inline uint32_t stream_random(struct stream *s, uint32_t below)
{
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(s->random >> 33) % below;
}

static inline int64_t stream_price(const struct stream *s, int64_t grid, int64_t factor)
{
    int64_t off = grid * STREAM_GRID;
    return (STREAM_MIDDLE + (s->mirrored ? -off : off)) * factor;
}

static inline uint8_t stream_side(const struct stream *s, uint8_t side)
{
    return s->mirrored && side != 0 ? (uint8_t)(3 - side) : side;
}

static inline void stream_trade(struct stream *s, struct rig *r, int64_t pf, int64_t sf)
{
    uint8_t taker = (uint8_t)stream_random(s, 3);
    static const int64_t off[] = {0, 2, -1};
    int64_t grid = s->mid + off[taker];
    int64_t size = 1 + stream_random(s, 400);
    struct feature_trade t = {RIG_START + (int64_t)(s->at_s * 1e9), stream_price(s, grid, pf),
                              size * sf, stream_side(s, taker)};
    mechanics_trade(r->m, &t, r->scale + (pf > 1), sf > 1);
}

static inline void stream_book(struct stream *s, struct rig *r, int64_t pf, int64_t sf)
{
    /* Bids up to -1, asks from 2: the middle of both is never on the grid. */
    for (int64_t k = -8; k <= 9; k++) {
        bool keep = stream_random(s, 4) > 0 || k == -1 || k == 2;
        int64_t size = 1 + stream_random(s, 300), grid = s->mid + k;
        uint8_t side = stream_side(s, k < 0 ? TD_SIDE_BID : TD_SIDE_ASK);
        rig_set(r, (uint8_t)(3 - side), stream_price(s, grid, pf), 0);
        rig_set(r, side, stream_price(s, grid, pf), keep && k != 0 && k != 1 ? size * sf : 0);
    }
    mechanics_book(r->m, r->book, r->scale + (pf > 1), sf > 1,
                   RIG_START + (int64_t)(s->at_s * 1e9));
}

/* One event, on average 2 s after the one before. pf, sf: factors of finer steps. */
static inline void stream_step(struct stream *s, struct rig *r, int64_t pf, int64_t sf)
{
    s->at_s += stream_random(s, 400) / 100.0;
    s->mid += (int64_t)stream_random(s, 3) - 1 - (s->mid > 12) + (s->mid < -12);
    uint32_t prints = stream_random(s, 3);
    for (uint32_t i = 0; i < prints; i++)
        stream_trade(s, r, pf, sf);
    if (stream_random(s, 500) == 0)
        mechanics_lost(r->m);
    stream_book(s, r, pf, sf);
}

static inline void stream_row(struct rig *r)
{
    feature_row_clear(&r->row);
    mechanics_fill(r->m, &r->row);
}

static inline void rows_equal(const struct feature_row *a, const struct feature_row *b)
{
    CHECK_EQ_MEM(&a->present, &b->present, sizeof a->present);
    for (unsigned i = 0; i < FEATURES; i++)
        if (feature_has(a, i))
            CHECK_EQ_F64(a->value[i], b->value[i]);
}

#endif
