/* `tape sync` in a world that lies: processes that can die at any call (coroutines over a simulated card), stores in memory that keep, lose,
   damage and delay what they are given, and a clock that jumps to the next thing that happens. All of a run follows from its seed. */
#ifndef TD_SYNC_WORLD_H
#define TD_SYNC_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/os.h"
#include "sim/dice.h"
#include "sim/disk.h"
#include "store/store.h"
#include "sync/engine.h"

enum {
    WORLD_ITEMS_MAX = 6,
    WORLD_BYTES_MAX = 48 << 10,
    WORLD_PROCS = 2,
    WORLD_EVENTS_MAX = 16,
    WORLD_CALLS_MAX = 8,
    WORLD_WHY_MAX = 400,
    WORLD_RECEIPT_MAX = 512,
    PART_BYTES = 8 << 10, /* of 8 MiB, so to speak */
    SINGLE_BYTES = 16 << 10,
};
#define SECOND INT64_C(1000000000)

/* ---- planted bugs -------------------------------------------------------------------------------------------------------- */

enum plant {
    PLANT_NONE,
    PLANT_EXISTENCE,     /* an object that is there counts as equal */
    PLANT_CLAIM,         /* what its writer claimed counts as the store's own sum */
    PLANT_UNREAD,        /* reading back is left out */
    PLANT_UNASKED,       /* deletion trusts what was asked once */
    PLANT_RECEIPT_FIRST, /* the receipt goes with the segment */
    PLANT_OVERWRITE,     /* nothing is asked before a PUT, and no condition set */
    PLANT_NO_RECORD,     /* the upload's record is not kept */
    PLANT_NO_MARK,       /* marks are not found again */
    PLANT_MARK_UNSYNCED, /* a mark is renamed before it is synced */
    PLANT_EARLY,         /* a segment goes as soon as it is sent */
    PLANT_FALSE_MARK,    /* a mark that is not true any more stays */
    PLANTS
};
struct plant_text {
    const char *name, *what;
};
extern const struct plant_text plant_texts[PLANTS];

/* ---- what is carried ------------------------------------------------------------------------------------------------------ */

enum cargo_kind {
    CARGO_GOOD,
    CARGO_WRONG,   /* file and receipt differ */
    CARGO_BARE,    /* no receipt, ever */
    CARGO_LATE,    /* its receipt comes later */
    CARGO_PLAIN,   /* no segment */
    CARGO_FOREIGN, /* another deck's object has its name in the store */
    CARGO_KINDS
};

struct cargo {
    enum cargo_kind kind;
    char from_key[128], to_key[160], receipt_from[128], receipt_to[160];
    int64_t bytes;
    uint8_t *data; /* of the world's pool */
    char receipt[WORLD_RECEIPT_MAX];
    int64_t receipt_bytes;
    bool is_gone;                         /* taken by retention */
    bool is_remade;                       /* it has other bytes than once: a mark may be of those */
    int64_t part_bytes_sent;              /* bodies of parts, each time they were sent */
    uint64_t deletable_step[WORLD_PROCS]; /* since when the engine asks in order to delete */
};

enum direction { DIRECTION_UP, DIRECTION_DOWN, DIRECTION_COPY };

/* ---- processes ------------------------------------------------------------------------------------------------------------- */

struct proc;

/* ---- the store ------------------------------------------------------------------------------------------------------------- */

enum lie {
    LIE_IGNORES_CONDITION,
    LIE_NO_CONDITION, /* 501 */
    LIE_NO_SUMS,      /* HEAD has no sum of the store's own */
    LIE_NO_CLAIM,     /* metadata is dropped */
    LIE_LAX,          /* bodies are not compared with what was announced */
    LIE_LOSES,        /* no answer: done or not */
    LIE_AGAIN,        /* 503: done or not */
    LIE_LATE,         /* done after the answer got lost, when nobody expects it */
    LIE_FLIPS,        /* a byte of what it keeps is another one */
    LIE_CUTS,         /* the end is missing */
    LIE_NOTHING,      /* yes, and nothing was done */
    LIE_STALE,        /* what stood there before is told */
    LIE_FORGETS,      /* an object is gone */
    LIE_ROTS,         /* a byte changes */
    LIE_DROPS_UPLOADS,
    LIE_GET_FLIPS,
    LIE_GET_CUTS,
    LIE_ENDLESS, /* pages of parts go on and on, with nothing on them */
    LIE_SICK,    /* an object can neither be read nor replaced, until all is settled */
    LIE_STUCK,   /* an upload is never completed, and its parts are not listed */
    LIE_HOLLOW,  /* of some names: yes, or it is there already, and nothing was done, each time */
    LIES
};

enum { LIAR_OBJECTS_MAX = 40, LIAR_UPLOADS_MAX = 24, LIAR_PARTS_MAX = 8, LIAR_KEY_MAX = 200 };

struct version {
    bool there, foreign;
    uint8_t *data;
    int64_t bytes;
    bool has_claim;
    struct store_identity claim, sum;
    uint64_t number; /* of all versions: the etag */
};

struct object {
    char key[LIAR_KEY_MAX];
    struct version now, before;
    int64_t changed_ns;
    uint64_t
        proof_step[WORLD_PROCS]; /* the store last vouched for our bytes here, or handed them out */
    bool lost_by_store;          /* what is missing here is the store's own doing */
};

struct liar {
    struct world *world;
    bool on[LIES];
    uint32_t odds; /* of 256, a call, for each lie that is a matter of chance */
    uint64_t dice;
    struct object object[LIAR_OBJECTS_MAX];
    unsigned objects;
    struct liar_upload {
        bool open, is_damaged;
        char key[LIAR_KEY_MAX];
        uint64_t number;
        struct store_identity claim;
        struct {
            uint8_t *data;
            int64_t bytes;
            uint64_t number;
        } part[LIAR_PARTS_MAX];
    } upload[LIAR_UPLOADS_MAX];
    unsigned uploads;
    struct ghost {
        int64_t due_ns;
        struct store_op op; /* texts and body are copies */
        char key[LIAR_KEY_MAX], upload_id[32];
        struct store_part part[LIAR_PARTS_MAX];
    } ghost[16];
    unsigned ghosts;
    int64_t outage_until_ns;
    uint64_t calls[STORE_VERBS], segment_calls, numbers;
};

/* The store as a process sees it: one a process. */
struct face {
    struct liar *liar;
    struct proc *proc;
    struct store store;
    struct pending {
        struct store_call *call;
        int64_t due_ns;
        bool after; /* the deed is done when it comes back, not when it is handed in */
        enum store_outcome outcome; /* STORE_OUTCOMES: as the deed turns out */
    } pending[WORLD_CALLS_MAX];
    unsigned pendings;
};

void liar_init(struct liar *liar, struct world *world, uint64_t seed);
void liar_face(struct face *face, struct liar *liar, struct proc *proc);
/* What is due of what was lost on the way; called as time goes on. */
void liar_tick(struct liar *liar);
/* The process is dead: what it had handed in is done later or never. */
void face_dies(struct face *face);
struct object *liar_find(struct liar *liar, const char *key);
/* Puts an object there out of band. */
void liar_place(struct liar *liar, const char *key, const void *data, int64_t bytes, bool foreign,
                bool claim);
void liar_loses(struct liar *liar, const char *key);
void liar_rots(struct liar *liar, const char *key);
bool liar_holds(struct liar *liar, const char *key, const void *data, int64_t bytes);

/* ---- the world ------------------------------------------------------------------------------------------------------------- */

enum event_kind {
    EVENT_RECEIPT,
    EVENT_RETENTION,
    EVENT_FOREIGN,
    EVENT_TWIN,
    EVENT_FORGET,
    EVENT_ROT,
    EVENT_OUTAGE,
    EVENT_REMADE, /* the recorder makes it again: the same name, other bytes */
    EVENT_KINDS
};

struct event {
    enum event_kind kind;
    int64_t at_ns;
    unsigned item;
};

struct proc {
    struct world *world;
    unsigned index;
    struct td_os os;
    struct face to, from;
    struct store folder; /* the destination where it is one */
    bool is_folder;
    struct engine_params params;
    struct sync_tally tally;
    td_err err;
    char state_dir[16];
    bool runs, dead;
    int64_t wake_ns;
    uint64_t kill_step;                  /* 0: it is spared */
    uint64_t stop_step;                  /* it is asked to stop */
    uint64_t steps;                      /* of this pass */
    unsigned order[WORLD_ITEMS_MAX], at; /* the source */
    enum job_end end[WORLD_ITEMS_MAX];
    void *stack;
    void *context; /* ucontext_t */
};

struct world {
    uint64_t seed, dice;
    enum plant plant;
    enum direction direction;
    bool deletes, by_room, reads_back;
    bool is_calm;    /* an honest store: kills and cuts alone */
    bool is_settled; /* everything that goes wrong has gone wrong */
    bool is_over;    /* and passes in peace have seen what came of it */
    unsigned procs;
    int64_t now_ns, wall_off_ns; /* the wall's clock may be years wrong */
    uint64_t step, cut_step;     /* 0: no cut */
    unsigned kills, cuts;
    struct sim_disk *disk;
    struct cargo cargo[WORLD_ITEMS_MAX];
    unsigned cargos;
    struct event event[WORLD_EVENTS_MAX];
    unsigned events, events_done;
    struct liar to, from;
    struct proc proc[WORLD_PROCS];
    void *home; /* ucontext_t */
    uint8_t *pool;
    int64_t pool_used;
    char why[WORLD_WHY_MAX]; /* a claim is broken: the first one */
    uint64_t deletions, proofs;
    bool verbose;
};

enum { POOL_BYTES = 64 << 20, PASS_STEPS_MAX = 60000 };

/* Memory until the next run. */
void *world_take(struct world *world, int64_t bytes);
__attribute__((format(printf, 2, 3))) void world_fails(struct world *world, const char *format,
                                                       ...);
__attribute__((format(printf, 2, 3))) void world_says(struct world *world, const char *format, ...);

/* cargo.c */
void cargo_load(struct world *world);
struct cargo *cargo_of(struct world *world, const char *to_key, bool *is_receipt);
/* A file of the deck, durable at once. */
void cargo_write(struct world *world, const char *path, const void *data, int64_t bytes);
/* A segment of the deck is made anew, as after a cut. */
void cargo_remake(struct world *world, struct cargo *cargo);
bool cargo_is_here(struct world *world, const struct cargo *cargo);

/* proc.c */
void proc_tables(struct proc *proc);
/* One pass of each of `procs` processes, side by side. */
void world_pass(struct world *world, unsigned procs);
/* From a process: the others go on until `wake_ns`, or its death. */
void proc_yields(struct proc *proc, int64_t wake_ns);
/* One more thing was done: it may have been the last one. True: the process is dead. */
bool proc_steps(struct proc *proc);

/* judge.c: the claims. Each is looked at when it could be broken. */
void judge_deletion(struct proc *proc, const char *path);
void judge_put(struct world *world, struct liar *liar, const char *key);
/* Each mark on the card says something true. */
void judge_marks(struct world *world);
/* Behind a destination that is a folder: no receipt without its segment. */
void judge_folder(struct world *world);
void judge_end(struct world *world);
void judge_second(struct world *world, const struct sync_tally *tally, uint64_t segment_calls);
const char *judge_card(struct world *world, const char *path, int64_t *bytes);

/* What happens by itself until now: retention, other decks, losses. */
void world_happens(struct world *world);

/* run.c: true when all claims held. */
bool world_run(struct world *world, uint64_t seed, enum plant plant);

#endif
