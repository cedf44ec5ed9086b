/* Liquidity that stands at a level (SPEC 2.13, Barrier): for each level a zone on either side of the book, its size kept by level changes, and
   what was added, canceled and filled over 240 s. A record is a book event; rises and falls are between two of them. A zone that moves is
   read anew and books no change; one that moves beyond its own reach is another level's: its past is forgotten. Core thread, or the tool's. */
#ifndef TD_FEATURES_BARRIER_H
#define TD_FEATURES_BARRIER_H

#include <stdbool.h>
#include <stdint.h>

#include "book/book.h"
#include "features/level.h"

enum {
    BARRIER_ZONES = 2 * LEVEL_SLOTS, /* bid zones, then ask zones, in the levels' order */
    BARRIER_FLOWS =
        32768, /* changes that 240 s may hold in all zones; full: the oldest leaves early, counted */
};
#define BARRIER_WINDOW_NS (240 * TD_NS_PER_S)
#define BARRIER_WALL_S 300.0
#define BARRIER_SCALE_S                                                                            \
    3600.0 /* EWMA of the zone's size that automatic thresholds are multiples of */

enum barrier_state {
    BARRIER_VACUUM,
    BARRIER_WALL,
    BARRIER_CONSUMED,
    BARRIER_ABSORPTION,
    BARRIER_WEAK,
    BARRIER_NEUTRAL
};

struct barrier_zone {
    bool on;    /* its level exists */
    bool known; /* size was read since the book was last proven */
    double price;
    __int128 size, recorded; /* as it stands; at the last record */
    __int128 taken; /* by takers against this side inside the zone, since the last record */
    __int128 added, canceled, filled;
    uint64_t first_flow;   /* flows before are of another level */
    uint64_t first_record; /* the record that read it first */
    bool smoothed;
    double wall, scale; /* EWMAs of the size, base units */
};

struct barrier {
    int64_t from[BARRIER_ZONES], to[BARRIER_ZONES]; /* hot: what a level change is compared with */
    uint32_t touched; /* zones changed or traded since the last record */
    bool lost;        /* sizes are to be read anew */
    uint64_t records;
    int64_t record_ns, record_before_ns;
    struct barrier_zone zone[BARRIER_ZONES];
    uint64_t flows_begin, flows_end; /* of the ring, counted from the start */
    uint64_t flows_full;             /* left early */
    int64_t flow_ns[BARRIER_FLOWS], flow_change[BARRIER_FLOWS], flow_filled[BARRIER_FLOWS];
    uint8_t flow_zone[BARRIER_FLOWS];
};
struct td_state;

static inline unsigned barrier_zone_of(unsigned slot, uint8_t side)
{
    return slot + (side == TD_SIDE_ASK ? LEVEL_SLOTS : 0);
}

void barrier_init(struct barrier *b);
void barrier_level(struct barrier *b, uint8_t side, int64_t price, int64_t was, int64_t now);
void barrier_trade(struct barrier *b, uint8_t taker, int64_t price, int64_t size);
/* Proof is lost: sizes are read anew at the next record. */
void barrier_lost(struct barrier *b);
/* A record. moved: levels may have moved. Returns the slots whose level is another one now, a bit each. */
uint32_t barrier_book(struct barrier *b, const struct book *book, const struct levels *levels,
                      bool moved, double zone_bps, double unit, int64_t now_ns);
/* The EWMAs take the size of the last record as that of the time until now. Before barrier_book of the same event. */
void barrier_step(struct barrier *b, int64_t dt_ns, double size_unit);

/* Thresholds in base units; what is 0 in params is a multiple of the zone's hourly EWMA, or of its size while there is none. */
struct barrier_thresholds {
    double thresh, weak, delta_scale, confidence, contested;
};
struct barrier_reading {
    enum barrier_state state;
    double delta, replenishment, added, canceled, filled, depth, confidence;
    bool has_wall;
    double wall;
    struct barrier_thresholds thresholds;
};
/* At now_ns, of a zone that is known. */
struct barrier_reading barrier_read(struct barrier *b, unsigned zone, int64_t now_ns,
                                    const struct mechanics_params *params, double size_unit);
/* The first rule that matches; churn = added + canceled + filled. */
enum barrier_state barrier_classify(const struct barrier_reading *r);

/* unit: of the finer steps. */
bool barrier_rescale(struct barrier *b, int64_t size_factor, double zone_bps, double unit);
void barrier_state(struct barrier *b, struct td_state *state);

#endif
