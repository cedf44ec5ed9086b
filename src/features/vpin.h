/* VPIN: how lopsided the last full buckets of equal volume were (SPEC 2.8, 1.3 T6). Exact: half steps in integers, so that a trade of unknown
   side splits evenly. A bucket's size is taken when it opens. Core thread. */
#ifndef TD_FEATURES_VPIN_H
#define TD_FEATURES_VPIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_state;
struct feature_trade;

enum { VPIN_BUCKETS_MAX = 10000, VPIN_MINUTES = 1440 };

struct vpin_params {
    double bucket; /* base units; rounded to the nearest step, at least 1 */
    bool
        auto_size; /* volume of the last 24 h before the trade / buckets instead; `bucket` while there is none */
    uint32_t buckets; /* that the value is of */
};

struct vpin_bucket {
    int64_t imbalance; /* |buy - sell|, half steps */
    int64_t size;      /* steps */
};

struct vpin {
    struct vpin_params params;
    struct vpin_bucket *full; /* ring of params.buckets */
    uint32_t count, next;
    __int128 imbalance, volume; /* sums of the ring */
    struct {
        int64_t size, filled; /* steps; size 0: none is open */
        int64_t buy, sell;    /* half steps */
    } open;
    int64_t last_price;    /* 0: none yet */
    __int128 traded, told; /* steps since the start; by rule */
    int64_t *minute;       /* volume by minute, auto_size alone */
    int64_t minute_now;
    bool any_minute;
    __int128 day;
};

/* Volumes beyond are cut to it. */
#define VPIN_STEPS_MAX (INT64_C(1) << 60)

size_t vpin_footprint(const struct vpin_params *params);
void vpin_init(struct vpin *v, void *mem, const struct vpin_params *params); /* mem: aligned to 8 */
/* twice_mid: of the last proven book; 0: none, then the tick rule alone tells an unknown side. */
void vpin_trade(struct vpin *v, const struct feature_trade *trade, int size_scale,
                int64_t twice_mid);
double vpin_value(const struct vpin *v);      /* NAN: no full bucket */
double vpin_told_share(const struct vpin *v); /* NAN: no trade */
/* False: something no longer fits; it is empty then. */
bool vpin_rescale(struct vpin *v, int64_t price_factor, int64_t size_factor);
void vpin_state(struct vpin *v, struct td_state *state);
size_t vpin_state_bytes(const struct vpin_params *params);

#endif
