#include "features/barrier.h"

#include <math.h>
#include <string.h>

#include "features/smooth.h"

#define EPS 1e-6
#define R_VACUUM 0.3
#define R_WALL 1.5

static void forget_place(struct barrier *b, unsigned zone)
{
    b->from[zone] = INT64_MAX;
    b->to[zone] = INT64_MIN;
}

void barrier_init(struct barrier *b)
{
    memset(b, 0, sizeof *b);
    b->record_ns = b->record_before_ns = INT64_MIN;
    for (unsigned zone = 0; zone < BARRIER_ZONES; zone++)
        forget_place(b, zone);
}

void barrier_level(struct barrier *b, uint8_t side, int64_t price, int64_t was, int64_t now)
{
    unsigned first = barrier_zone_of(0, side);

    for (unsigned zone = first; zone < first + LEVEL_SLOTS; zone++) {
        if (price < b->from[zone] || price > b->to[zone])
            continue;
        b->zone[zone].size += (__int128)now - was;
        b->touched |= UINT32_C(1) << zone;
    }
}

/* Buyers take asks, sellers bids; who took is unknown: nobody's. */
void barrier_trade(struct barrier *b, uint8_t taker, int64_t price, int64_t size)
{
    if (taker == TD_TAKER_UNKNOWN)
        return;
    unsigned first = barrier_zone_of(0, taker == TD_TAKER_BUY ? TD_SIDE_ASK : TD_SIDE_BID);
    for (unsigned zone = first; zone < first + LEVEL_SLOTS; zone++) {
        if (price < b->from[zone] || price > b->to[zone])
            continue;
        b->zone[zone].taken += size;
        b->touched |= UINT32_C(1) << zone;
    }
}

void barrier_lost(struct barrier *b)
{
    b->lost = true;
    for (unsigned zone = 0; zone < BARRIER_ZONES; zone++)
        b->zone[zone].known = false;
}

/* ---- flows ------------------------------------------------------------------------------------------------- */

/* sign +1 books a flow, -1 takes it back. */
static void count_flow(struct barrier_zone *zone, int64_t change, int64_t filled, int sign)
{
    if (change > 0) {
        zone->added += (__int128)sign * change;
        return;
    }
    zone->filled += (__int128)sign * filled;
    zone->canceled += (__int128)sign * (-(__int128)change - filled);
}

static void drop_flow(struct barrier *b)
{
    uint32_t at = (uint32_t)(b->flows_begin % BARRIER_FLOWS);
    struct barrier_zone *zone = &b->zone[b->flow_zone[at]];

    if (b->flows_begin >= zone->first_flow)
        count_flow(zone, b->flow_change[at], b->flow_filled[at], -1);
    b->flows_begin++;
}

static void evict(struct barrier *b, int64_t now_ns)
{
    while (b->flows_begin < b->flows_end &&
           b->flow_ns[b->flows_begin % BARRIER_FLOWS] <= now_ns - BARRIER_WINDOW_NS)
        drop_flow(b);
}

static int64_t clamp64(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : value < -INT64_MAX ? -INT64_MAX : (int64_t)value;
}

static void add_flow(struct barrier *b, unsigned zone, int64_t change, int64_t filled,
                     int64_t now_ns)
{
    if (b->flows_end - b->flows_begin == BARRIER_FLOWS) {
        drop_flow(b);
        b->flows_full++;
    }
    uint32_t at = (uint32_t)(b->flows_end++ % BARRIER_FLOWS);
    b->flow_ns[at] = now_ns;
    b->flow_change[at] = change;
    b->flow_filled[at] = filled;
    b->flow_zone[at] = (uint8_t)zone;
    count_flow(&b->zone[zone], change, filled, 1);
}

/* A fall is filled as far as takers explain it, and one step more; the rest was canceled, so that both make up the fall. */
static void record_zone(struct barrier *b, unsigned at, int64_t now_ns)
{
    struct barrier_zone *zone = &b->zone[at];
    int64_t change = clamp64(zone->size - zone->recorded), filled = 0;

    if (change < 0)
        filled = -change < zone->taken + 1 ? -change : clamp64(zone->taken + 1);
    if (change != 0 && zone->known)
        add_flow(b, at, change, filled, now_ns);
    zone->recorded = zone->size;
    zone->taken = 0;
}

/* ---- places ------------------------------------------------------------------------------------------------ */

static void forget_past(struct barrier *b, struct barrier_zone *zone)
{
    zone->added = zone->canceled = zone->filled = 0;
    zone->first_flow = b->flows_end;
    zone->first_record = b->records;
    zone->smoothed = false;
}

/* True: another level than before. */
static bool place_zone(struct barrier *b, const struct book *book, unsigned at, uint8_t side,
                       const struct level *level, double zone_bps, double unit)
{
    struct barrier_zone *zone = &b->zone[at];
    double reach = level->price * zone_bps / 1e4;
    bool other = !zone->on || fabs(level->price - zone->price) > reach;

    b->touched &= ~(UINT32_C(1) << at);
    zone->on = level->on;
    zone->known = level->on;
    zone->price = level->price;
    zone->taken = 0;
    if (other || !level->on)
        forget_past(b, zone);
    if (!level->on) {
        forget_place(b, at);
        return other;
    }
    levels_band(level->price, reach, unit, &b->from[at], &b->to[at]);
    zone->size = zone->recorded = book_sum(book, side, b->from[at], b->to[at]);
    return other;
}

static uint32_t place_all(struct barrier *b, const struct book *book, const struct levels *levels,
                          double zone_bps, double unit)
{
    uint32_t others = 0;

    for (unsigned slot = 0; slot < LEVEL_SLOTS; slot++) {
        const struct level *level = &levels->at[slot];
        const struct barrier_zone *zone = &b->zone[slot];
        bool same = zone->on == level->on && (!level->on || zone->price == level->price);
        if (same && !b->lost)
            continue;
        bool other = place_zone(b, book, slot, TD_SIDE_BID, level, zone_bps, unit);
        place_zone(b, book, barrier_zone_of(slot, TD_SIDE_ASK), TD_SIDE_ASK, level, zone_bps, unit);
        others |= (uint32_t)other << slot;
    }
    b->lost = false;
    return others;
}

uint32_t barrier_book(struct barrier *b, const struct book *book, const struct levels *levels,
                      bool moved, double zone_bps, double unit, int64_t now_ns)
{
    uint32_t others = 0;

    b->records++;
    b->record_before_ns = b->record_ns;
    b->record_ns = now_ns;
    if (moved || b->lost)
        others = place_all(b, book, levels, zone_bps, unit);
    evict(b, now_ns);
    for (; b->touched != 0; b->touched &= b->touched - 1)
        record_zone(b, (unsigned)__builtin_ctz(b->touched), now_ns);
    return others;
}

void barrier_step(struct barrier *b, int64_t dt_ns, double size_unit)
{
    double wall = smooth_share(dt_ns, BARRIER_WALL_S), scale = smooth_share(dt_ns, BARRIER_SCALE_S);

    for (unsigned i = 0; i < BARRIER_ZONES; i++) {
        struct barrier_zone *zone = &b->zone[i];
        if (!zone->on || !zone->known)
            continue;
        double size = (double)zone->recorded / size_unit;
        zone->wall = zone->smoothed ? wall * size + (1 - wall) * zone->wall : size;
        zone->scale = zone->smoothed ? scale * size + (1 - scale) * zone->scale : size;
        zone->smoothed = true;
    }
}

/* ---- reading ----------------------------------------------------------------------------------------------- */

static struct barrier_thresholds thresholds_of(const struct mechanics_params *params, double usual)
{
    return (struct barrier_thresholds){
        .thresh = params->thresh_size > 0 ? params->thresh_size : usual,
        .weak = params->weak_size > 0 ? params->weak_size : usual / 2,
        .delta_scale = params->delta_scale > 0 ? params->delta_scale : usual * 2,
        .confidence = params->confidence_size > 0 ? params->confidence_size : usual * 5,
        .contested = params->contested_size > 0 ? params->contested_size : usual * 500,
    };
}

enum barrier_state barrier_classify(const struct barrier_reading *r)
{
    double thresh = r->thresholds.thresh, churn = r->added + r->canceled + r->filled;

    if (r->replenishment < R_VACUUM && r->delta < -thresh)
        return BARRIER_VACUUM;
    if (r->replenishment > R_WALL && r->delta > thresh)
        return BARRIER_WALL;
    if (r->delta < -thresh && r->filled > r->canceled)
        return BARRIER_CONSUMED;
    if (r->delta > 0 && r->replenishment > 1)
        return BARRIER_ABSORPTION;
    if (r->depth < r->thresholds.weak)
        return BARRIER_WEAK;
    if (fabs(r->delta) < thresh / 2 && churn > thresh)
        return BARRIER_ABSORPTION;
    return BARRIER_NEUTRAL;
}

static bool two_records(const struct barrier *b, const struct barrier_zone *zone, int64_t now_ns)
{
    return b->records > zone->first_record && b->record_before_ns > now_ns - BARRIER_WINDOW_NS;
}

struct barrier_reading barrier_read(struct barrier *b, unsigned at, int64_t now_ns,
                                    const struct mechanics_params *params, double size_unit)
{
    const struct barrier_zone *zone = &b->zone[at];
    struct barrier_reading r = {.state = BARRIER_NEUTRAL};

    evict(b, now_ns);
    r.depth = (double)zone->recorded / size_unit;
    r.thresholds = thresholds_of(params, zone->smoothed ? zone->scale : r.depth);
    r.has_wall = zone->smoothed && zone->wall > 0;
    r.wall = r.has_wall ? r.depth / zone->wall : 0;
    if (!two_records(b, zone, now_ns))
        return r;
    __int128 fallen = zone->canceled + zone->filled, activity = zone->added + fallen;
    r.added = (double)zone->added / size_unit;
    r.canceled = (double)zone->canceled / size_unit;
    r.filled = (double)zone->filled / size_unit;
    r.delta = (double)(zone->added - fallen) / size_unit;
    r.replenishment = r.added / ((double)fallen / size_unit + EPS);
    r.confidence =
        activity > 0 ? fmin(1, (double)activity / size_unit / r.thresholds.confidence) : 0;
    r.state = barrier_classify(&r);
    return r;
}
