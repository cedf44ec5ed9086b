/* The recorder under test: a whole deck, stepped, on the world's clock, net and card; killed, cut off, stopped and started again, and
   looked after by the product's own warden. Between its lives the journal is checked to its end. */
#ifndef TD_SIM_RECORDER_H
#define TD_SIM_RECORDER_H

#include "app/setup.h"
#include "app/warden.h"
#include "sim/bourse.h"
#include "sim/disk.h"

enum { RECORDER_FAULTS = 8, RECORDER_DAMAGES = 64 };

struct recorder_fault {
    bool on;
    struct sim_fault fault;
    int index;
    int64_t until_ns;
};

struct recorder {
    struct world *world;
    struct net *net;
    struct bourse *bourse;
    struct trails *trails;
    struct sim_disk *disk;
    uint64_t dice;
    struct setup setup;
    struct setup_options options;
    char data_dir[64], shm_dir[64], page_path[128];
    struct deck deck;
    struct warden warden;
    struct page_view *view;
    bool up;
    enum kind order;       /* of PLACE_PROCESS, carried out between two turns */
    int64_t start_ns;      /* when to start again */
    int64_t poison_ns;     /* the core stands still until then, so that a frame waits for it */
    uint64_t poison_frame; /* the core dies at it, 0: none */
    unsigned starts_failed;
    unsigned poisoned;                            /* so often by this frame, but once */
    unsigned cuts_in_recovery, kills_in_recovery; /* still to come */
    bool
        damaged; /* the card broke its promise in this life: what is lost is no fault of the recorder */
    bool lies;            /* its syncs do nothing: should the power be cut */
    uint64_t taint_frame; /* newest frame when the card was last at fault */
    uint64_t promised;    /* of the life before */
    int64_t core_lag_ns, journal_lag_ns, disk_lag_ns, starved_ns; /* until */
    int64_t turn_ns, turn_every_ns, warden_ns, look_ns, no_room_until_ns, read_only_until_ns;
    struct recorder_fault fault[RECORDER_FAULTS];
    uint64_t lives, kills, cuts, stops, start_errors, damages, remade, remade_before, differed;
    void *reader_mem;
    bool busy;
};

/* One line of the run's draw; the deck is not up yet. */
void recorder_init(struct recorder *recorder, struct world *world, struct net *net,
                   struct bourse *bourse, struct trails *trails);
/* A fault of PLACE_DISK or PLACE_PROCESS. False: not now. */
bool recorder_spoil(struct recorder *recorder, enum kind kind);
/* Syncs do nothing from now on, and nobody is told: a planted bug. */
void recorder_lie(struct recorder *recorder);
void recorder_heal(struct recorder *recorder);

/* Whatever there is to do now; true: there is more. */
bool recorder_turn(struct recorder *recorder);
/* True time when a turn is due without news. */
int64_t recorder_due_ns(const struct recorder *recorder);
/* An orderly stop; the journal is checked to its end. */
void recorder_stop(struct recorder *recorder);
/* The journal as far as it is promised. */
void recorder_look(struct recorder *recorder);

#endif
