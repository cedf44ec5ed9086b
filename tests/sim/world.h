/* The lying world of one run: true time, what clocks say, chance, and what is to happen when. Nothing here sleeps; time goes on when
   everybody has done what there is to do now. One thread. */
#ifndef TD_SIM_WORLD_H
#define TD_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/os.h"
#include "sim/kinds.h"

enum { AGENDA_MAX = 1 << 16, WORLD_TAINTS_MAX = 1024 };

struct event {
    int64_t at_ns;
    uint64_t order; /* of two at the same time the one that was put down first comes first */
    void (*happen)(void *arg, uint64_t what);
    void *arg;
    uint64_t what;
};

/* Bugs of the rig's own, planted to prove that the checks see them. */
enum plant {
    PLANT_NONE,
    PLANT_SWALLOW, /* a message that the socket gave is not handed on */
    PLANT_LIE, /* a book message is lost and the rig does not know: a wrong book says that it is proven */
    PLANT_NO_GAP,  /* a row of the ledger is overlooked */
    PLANT_PROMISE, /* syncs do nothing and say that all is well; then the power is cut */
    PLANTS
};

struct world {
    enum plant plant;
    uint64_t plant_turn; /* chances that it let pass */
    uint64_t seed;
    int64_t now_ns; /* true time since the beginning of the run */
    struct kinds kinds;
    /* what the recorder's clocks say */
    int64_t epoch_ns;    /* true UTC at the beginning */
    int64_t wall_off_ns; /* of the recorder's wall clock */
    int64_t boot_ns;     /* its monotonic clock began then */
    int64_t drift_ppb, drift_since_ns;
    struct td_discipline discipline;
    int64_t unsynced_until_ns;
    /* chance of the recorder's own */
    uint64_t random;
    /* agenda: a heap */
    struct event *agenda;
    unsigned agenda_count;
    uint64_t agenda_order;
    /* told of a moment just before the recorder reads it: the socket that was read last */
    void (*stamped)(void *arg, int64_t mono_ns);
    void *stamped_arg;
    /* Frames whose rows the card may have spoilt: what was damaged is made again from there, and need not be what it was. */
    struct {
        uint64_t first, last; /* UINT64_MAX: still */
    } taint[WORLD_TAINTS_MAX];
    unsigned taints;
    struct td_os os;
    char failure[512]; /* first broken check; "" none */
};

enum { WORLD_TICK_NS = 100 }; /* each look at a clock takes so long: no two stamps are the same */

void world_init(struct world *world, uint64_t seed);

/* `delay_ns` from now. */
void world_later(struct world *world, int64_t delay_ns, void (*happen)(void *arg, uint64_t what),
                 void *arg, uint64_t what);
/* Time of the next event, INT64_MAX: none. */
int64_t world_next_ns(const struct world *world);
/* Everything that is due. */
void world_happen(struct world *world);

int64_t world_mono_ns(const struct world *world); /* the recorder's, without a look at it */
int64_t world_true_utc_us(const struct world *world);
/* The wall clock is set: it shows `off_ns` more than the truth. */
void world_set_wall(struct world *world, int64_t off_ns);
void world_set_drift(struct world *world, int64_t ppb);
/* The machine starts anew: the monotonic clock begins at 0, the wall clock is what a machine without a battery finds. */
void world_boot(struct world *world);

/* From `first` on, until world_taint_ends(). While one is open another widens it. */
void world_taint(struct world *world, uint64_t first);
void world_taint_ends(struct world *world, uint64_t last);
bool world_taint_open(const struct world *world);
bool world_tainted(const struct world *world, uint64_t frame);

/* True once, at the 200th chance, when that bug is planted. */
bool world_plant(struct world *world, enum plant plant);
/* Keeps the first one. */
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
