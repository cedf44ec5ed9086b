/* The core: a deterministic state machine, core_step(frame) -> rows and requests. Venue, books, trades, tickers and the gap ledger meet
   here. It never asks for the time, a random number, a file size or the disk's progress: same frames, same rows. One thread. */
#ifndef TD_APP_CORE_H
#define TD_APP_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"
#include "book/trade_ring.h"
#include "book/view.h"
#include "features/features.h"
#include "model/model.h"
#include "net/wire.h"
#include "segment/groups.h"
#include "venue/venue.h"

struct core;

/* One configured venue instance; index = frame.source. */
struct core_source_params {
    const struct venue *venue;
    const char *rest_url; /* override or the venue's own */
    uint32_t channels;    /* bits (1 << enum td_channel) */
};

/* When a row of table features is written; SPEC X7. The state moves at every book event either way. */
enum core_emit { CORE_EMIT_OFF, CORE_EMIT_SECOND, CORE_EMIT_EVENT };

struct core_params {
    const struct instruments *instruments; /* filled; copied */
    const struct core_source_params *sources;
    unsigned source_count;
    struct groups *groups;
    uint32_t pool_levels; /* far levels of all books together */
    uint32_t max_depth;   /* prune books to it, 0 = full */
    /* What the core wants from the world; NULL on replay: answers come from the frames. */
    void (*request)(void *arg, const struct wire_request *request);
    void *request_arg;
    bool frames; /* table frames is written */
    /* Sources (bits, by their numbers at the start) whose volumes are asked for with their lists; changes requests only. */
    uint32_t ask_volumes;
    /* Called inside core_step right after groups_seal_all; `frame` is the first frame that the state has not seen, as in a checkpoint.
       At an hour's change and a SEAL frame that is the frame that causes it (its row, if any, comes after), at a STOP the one behind it:
       the stop's own row is sealed with the rest. A core that loads the state is stepped from `frame` on. To be called also where nobody
       keeps a checkpoint: core_state brings the books into the layout that a load gives. NULL: not wanted. */
    void (*sealed)(void *arg, uint64_t frame, enum groups_seal why);
    void *sealed_arg;
    /* Frames of earlier runs that stopped the recorder twice (rising): kept, ledgered, not interpreted. Outlives the core. */
    const uint64_t *aside;
    unsigned aside_count;
    unsigned
        capacity; /* instruments there is room for, at least those of the configuration; 0: just those */
    /* Features and models of each instrument. No rows and no models: nothing is computed, and no memory is taken for it. The models are read
       by core_footprint, core_streams_needed and core_init alone. */
    enum core_emit emit;
    struct features_params features;
    const struct model_params *models;
    unsigned model_count; /* MODELS_MAX at most */
};

/* Of them, what features and models take; what is in it of models. */
size_t core_features_bytes(const struct core_params *params);
size_t core_models_bytes(const struct core_params *params);
/* At most so much of a state is features and models, of one instrument. */
size_t core_features_state_bytes(const struct core_params *params);

size_t core_footprint(const struct core_params *params);
struct core *core_init(void *mem, const struct core_params *params);
unsigned
core_streams_needed(const struct core_params *params); /* row streams that core_init registers */
/* Pages that one open group of each stream of the configured instruments takes at the least: an open share of the pool that has fewer
   is cut into groups of a row or two. */
unsigned core_pages_needed(const struct core_params *params);

void core_step(struct core *core, const struct td_frame *frame);

/* The whole state, saved or loaded (after core_init with the same params): only between frames with no row pending, that is in
   params.sealed. A load that fails leaves the core unusable: init it again. */
struct td_state;
void core_state(struct core *core, struct td_state *state);
/* What a start must know of a state before it can load it. Pure. */
struct core_state_head {
    /* Places for instruments that a core must have to load it, those of symbols that are recorded no more included: a configuration
       with fewer symbols needs core_params.capacity of at least so many. 0: no state. */
    uint32_t slots;
    uint32_t conn; /* highest connection number seen */
};
struct core_state_head core_state_head(const void *bytes, size_t count);
/* Number of the last frame stepped, 0 none. */
uint64_t core_frame(const struct core *core);
/* Highest connection number seen. */
uint32_t core_conn(const struct core *core);

/* ---- what a status view and tests may look at (core thread, or when it rests) ---- */

/* Venue stamp to receive stamp, by upper bounds in ms; the last bucket is everything above. Negative: the venue's clock is ahead. */
enum { CORE_SKEW_BUCKETS = 8 };
extern const int core_skew_bounds_ms[CORE_SKEW_BUCKETS - 1];

struct core_source_status {
    const char *name;
    bool up;                  /* all of its connections are: */
    unsigned lines, lines_up; /* that it is to have, that are up */
    uint32_t conn;            /* of the first */
    uint64_t frames, bytes, bucket[TD_BUCKETS], skew[CORE_SKEW_BUCKETS];
    int64_t last_frame_ns;
};
/* What a book's time was worth: enum td_book_state, or nothing was recorded. */
enum core_time {
    CORE_TIME_PROVEN = TD_BOOK_PROVEN,
    CORE_TIME_ABSENT = TD_BOOK_BROKEN + 1,
    CORE_TIMES
};
struct core_book_status {
    const char *exchange, *symbol;
    uint8_t state; /* enum td_book_state */
    uint32_t bid_levels, ask_levels;
    int64_t seq_last;
    uint64_t changes, trades, trade_gaps, trades_missed, resyncs;
    struct book_view view;
    bool recorded; /* false: no longer configured */
    /* This UTC day of receive time. Covered time of the book by what it was worth (docs/FORMAT.md, Completeness). */
    uint64_t state_ms_today[CORE_TIMES];
    uint64_t frames_today[3], rows_today[3]; /* by enum td_channel */
    uint64_t trades_missed_today;
    uint32_t gaps_today[TD_GAP_KINDS];
    bool shed;                      /* some rows are not stored now: the disk is nearly full */
    int8_t price_scale, size_scale; /* of the view's steps */
    int64_t last_recv_ns;           /* newest used frame of any channel; 0 none */
    bool hole_open;                 /* the oldest hole that is open now: */
    uint8_t hole_kind, hole_channel;
    int64_t hole_from_ns;
    bool has_features;
    uint64_t feature_rows, predictions; /* rows since the start of the recorder's first run */
    struct features_counts features;
    unsigned model_count;
    struct core_model_status { /* of the first model */
        char id[MODEL_ID_MAX];
        uint32_t horizon_ms;
        struct model_stats stats;
    } model;
};
/* Of the whole device. */
struct core_device_status {
    uint32_t gaps_today[TD_GAP_KINDS];       /* rows of the whole device */
    uint8_t clock_state, clock_method;       /* as the last CLOCK frame said */
    int64_t clock_offset_ns, clock_error_ns; /* error -1: not told */
    uint8_t shed;                            /* enum td_shed */
};
struct core_device_status core_device_status(const struct core *core);
/* The same of one hour (0-23). */
uint64_t core_book_hour_ms(const struct core *core, unsigned instrument, unsigned hour,
                           unsigned worth);

/* The core's own table; it changes with lists, finer numbers and CONFIG frames. Retired entries keep their place (venue/instrument.h). */
const struct instruments *core_instruments(const struct core *core);
unsigned core_source_count(const struct core *core);
struct core_source_status core_source_status(const struct core *core, unsigned source);
unsigned core_book_count(const struct core *core);
struct core_book_status core_book_status(const struct core *core, unsigned instrument);
const struct book *core_book(const struct core *core, unsigned instrument);
/* The newest TD_TRADES_KEPT trades; any thread may read beside the core, as long as the core stands. */
const struct trade_ring *core_trades_of(const struct core *core, unsigned instrument);
uint64_t core_gaps_by_kind(const struct core *core, enum td_gap_kind kind); /* gaps opened */

#endif
