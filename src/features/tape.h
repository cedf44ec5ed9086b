/* The tape of one instrument (SPEC 2.13, Tape): prints of 60 s; imbalance near a level, velocity of the price, sweeps. Prices and sizes in
   steps. Plain state inside the caller's, one thread. */
#ifndef TD_FEATURES_TAPE_H
#define TD_FEATURES_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

enum {
    TAPE_PRINTS = 16384,  /* of 60 s: 270 a second; full: the oldest leaves early, counted */
    TAPE_CLUSTERS = 4096, /* clusters of an hour, for the automatic notional; likewise */
};
#define TAPE_WINDOW_NS (60 * TD_NS_PER_S)
#define TAPE_VELOCITY_NS (3 * TD_NS_PER_S)
#define TAPE_CLUSTER_NS (100 * TD_NS_PER_MS)
#define TAPE_SCALE_NS (3600 * TD_NS_PER_S)

/* Prints with gaps of at most 100 ms, those of unknown side left out. */
struct tape_cluster {
    uint32_t prints;
    bool buys, sells;
    int64_t first_ns, last_ns;
    __int128 notional; /* price steps x size steps, saturated */
};

/* A cluster that is over and large enough to be a sweep. */
struct tape_sweep {
    uint64_t first; /* its first print, counted from the start */
    struct tape_cluster cluster;
};
enum { TAPE_SWEEPS = 256 }; /* of a window; when more stand there the prints are looked through */

struct tape {
    uint64_t begin, end; /* of the prints, counted from the start */
    uint64_t full;       /* left early */
    int64_t ts_ns[TAPE_PRINTS], price[TAPE_PRINTS], size[TAPE_PRINTS];
    uint8_t taker[TAPE_PRINTS];
    uint32_t known; /* prints held whose side is known */
    struct tape_cluster running;
    uint64_t running_first; /* its first print */
    /* Told by the prints, so neither saved nor scaled: what may be a sweep for this least notional. */
    bool swept;
    double swept_least;
    uint32_t sweeps, sweeps_at; /* held; the oldest */
    struct tape_sweep sweep[TAPE_SWEEPS];
    uint64_t clusters_begin, clusters_end, clusters_full;
    int64_t cluster_ns[TAPE_CLUSTERS];
    double cluster_notional[TAPE_CLUSTERS]; /* quote units */
    int64_t scaled_ns;                      /* minute at whose start `usual` was taken */
    bool has_usual;
    double usual; /* 99th percentile of the hour before it, quote units */
};
struct td_state;

void tape_init(struct tape *t);
/* Before anything at now_ns: at a new minute the automatic notional is taken anew, from what came before. */
void tape_advance(struct tape *t, int64_t now_ns);
void tape_trade(struct tape *t, int64_t ts_ns, int64_t price, int64_t size, uint8_t taker,
                double notional_unit);

/* What holds for any level. */
struct tape_flow {
    bool has_velocity;
    double velocity; /* price steps a second */
    bool sweep, sweep_up;
    double sweep_notional; /* quote units; the largest cluster, the first of equal ones */
    uint32_t sweep_prints;
    int64_t sweep_span_ms;
};
/* notional: least of a sweep in quote units, 0 automatic (without a past: none counts). notional_unit: product of the units of both steps. */
struct tape_flow tape_read(struct tape *t, int64_t now_ns, double notional, double notional_unit);
/* Volumes of known side at prices from..to, size steps. Kept by the caller from one look to the next, zeroed at first and after a rescale or
   a load: what came and left since is all that is looked at. */
struct tape_near {
    int64_t from, to;
    uint64_t begin, end; /* prints that are counted */
    uint32_t prints;     /* of known side among them */
    __int128 buys, sells;
};
void tape_near(struct tape *t, int64_t now_ns, int64_t from, int64_t to, struct tape_near *near);

bool tape_rescale(struct tape *t, int64_t price_factor, int64_t size_factor);
void tape_state(struct tape *t, struct td_state *state);

#endif
