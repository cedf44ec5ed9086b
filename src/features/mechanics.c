#include "features/mechanics_parts.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "features/features.h"

struct mechanics_params mechanics_defaults(void)
{
    return (struct mechanics_params){
        .session = SESSION_UTC_DAY,
        .monitor_bps = 3.6,
        .touch_bps = 1.5,
        .confluence_bps = 2.9,
        .barrier_bps = 2.9,
        .tape_bps = 7.3,
        .outcome1_bps = 14.6,
        .outcome2_bps = 29.1,
        .velocity_bps_s = 7.3,
    };
}

size_t mechanics_footprint(void)
{
    return sizeof(struct mechanics);
}

struct mechanics *mechanics_init(void *mem, const struct mechanics_params *params)
{
    struct mechanics *m = mem;

    TD_ASSERT(params->score_median <= SMOOTH_MEDIAN_MOST, "median of too many scores");
    memset(m, 0, sizeof *m);
    m->params = *params;
    m->price_scale = m->size_scale = -1;
    m->now_ns = m->book_ns = m->step_ns = INT64_MIN;
    levels_init(&m->levels, (enum session_kind)params->session);
    barrier_init(&m->barrier);
    tape_init(&m->tape);
    return m;
}

static double power_of_ten(int exponent)
{
    double power = 1;
    while (exponent-- > 0)
        power *= 10; /* exact up to 10^22 */
    return power;
}

static void use_scales(struct mechanics *m, int price_scale, int size_scale)
{
    if (m->price_scale == price_scale && m->size_scale == size_scale)
        return;
    bool first = m->price_scale < 0;
    m->price_scale = price_scale;
    m->size_scale = size_scale;
    m->unit = power_of_ten(price_scale);
    m->size_unit = power_of_ten(size_scale);
    if (first)
        levels_hotzones(&m->levels, m->params.hotzone, m->unit);
}

/* ---- touches ----------------------------------------------------------------------------------------------- */

static uint64_t touch_id(const struct mechanics *m, int64_t ts_ns, const struct level *level)
{
    uint64_t words[4] = {m->symbol_hash, (uint64_t)ts_ns, level->kind, 0};

    memcpy(&words[3], &level->price, sizeof level->price);
    return td_hash64(words, sizeof words, 0);
}

static struct attempt_values attempt_values_of(const struct mechanics *m,
                                               const struct mechanics_view *view)
{
    return (struct attempt_values){
        .has_barrier = view->has_barrier,
        .has_velocity = view->flow->has_velocity,
        .has_imbalance = view->has_imbalance,
        .replenishment = view->barrier.replenishment,
        .delta = view->barrier.delta,
        .velocity = view->flow->velocity / m->unit,
        .imbalance = view->imbalance,
    };
}

/* The row is made before the touch is counted among the prior ones, and after it joined its cluster. */
static void touch(struct mechanics *m, unsigned slot, int64_t ts_ns, double close,
                  const struct tape_flow *flow)
{
    struct mechanics_view view = mechanics_look(m, slot, ts_ns, close, flow);
    const struct level *level = view.level;
    struct attempt_values values = attempt_values_of(m, &view);
    struct touch *told = &m->touch;

    if (m->touched_levels.today >= TOUCHED_DAY_MOST) {
        m->touched_levels.refused++;
        return;
    }
    attempts_add(&m->attempts, level->kind, view.sign > 0, ts_ns, level->price,
                 mechanics_band(level->price, m->params.touch_bps), &values);
    if (m->touched != NULL) {
        told->event_id = touch_id(m, ts_ns, level);
        told->ts_ns = ts_ns;
        told->kind = level->kind;
        feature_row_clear(&told->row);
        mechanics_row_common(m, ts_ns, close, flow, &told->row);
        mechanics_row_level(m, &view, &told->row);
        m->touched(m->touched_arg, told);
    }
    touched_add(&m->touched_levels, level->kind, (double)level->steps / m->unit);
}

static bool touches(const struct mechanics *m, unsigned slot, const struct minute_bar *bar)
{
    const struct level *level = &m->levels.at[slot];
    double close = (double)bar->close / m->unit;
    double reach = mechanics_band(close, m->params.touch_bps);

    if (!level->on || (double)bar->low / m->unit - reach > level->price ||
        (double)bar->high / m->unit + reach < level->price)
        return false;
    for (unsigned other = 0; other < slot; other++)
        if (m->levels.at[other].on && m->levels.at[other].kind == level->kind &&
            m->levels.at[other].steps == level->steps)
            return false;
    return fabs(close - level->price) <= mechanics_band(close, m->params.monitor_bps);
}

static void minute_closed(struct mechanics *m, const struct minute_bar *bar)
{
    int64_t end_ns = bar->start_ns + MINUTE_NS;
    const struct levels *levels = &m->levels;

    levels_minute(&m->levels, bar, &m->minutes, m->unit);
    if (!levels->opened || bar->start_ns < levels->day.open_ns || end_ns > levels->day.close_ns)
        return;
    struct tape_flow flow = mechanics_flow(m, end_ns);
    for (unsigned slot = 0; slot < LEVEL_SLOTS; slot++)
        if (touches(m, slot, bar))
            touch(m, slot, end_ns, (double)bar->close / m->unit, &flow);
}

void mechanics_on_touch(struct mechanics *m, void (*touched)(void *arg, const struct touch *touch),
                        void *arg, uint64_t symbol_hash)
{
    m->touched = touched;
    m->touched_arg = arg;
    m->symbol_hash = symbol_hash;
}

/* ---- feeding ----------------------------------------------------------------------------------------------- */

/* Minutes that are over first, then what begins: a bar belongs to the session it ran in. */
static void advance(struct mechanics *m, int64_t event_ns)
{
    struct minute_bar closed;

    m->now_ns = event_ns > m->now_ns ? event_ns : m->now_ns;
    while (minute_advance(&m->minutes, m->now_ns, &closed))
        minute_closed(m, &closed);
    unsigned begun = levels_advance(&m->levels, m->now_ns);
    if (begun & LEVELS_DAY) {
        touched_day(&m->touched_levels);
        attempts_day(&m->attempts);
    }
    if (begun & LEVELS_SESSION)
        volume_curve_session(&m->volumes);
    tape_advance(&m->tape, m->now_ns);
}

void mechanics_trade(struct mechanics *m, const struct feature_trade *trade, int price_scale,
                     int size_scale)
{
    int64_t price = trade->price_steps, size = trade->size_steps, since_ns;

    if (price <= 0 || size <= 0)
        return;
    use_scales(m, price_scale, size_scale);
    advance(m, trade->event_ns);
    tape_trade(&m->tape, m->now_ns, price, size, trade->taker, m->unit * m->size_unit);
    barrier_trade(&m->barrier, trade->taker, price, size);
    minute_trade(&m->minutes, m->now_ns, price, size);
    levels_trade(&m->levels, m->now_ns, price, m->unit);
    if (levels_since_open(&m->levels, m->now_ns, &since_ns) && m->now_ns < m->levels.day.close_ns)
        volume_curve_trade(&m->volumes, (uint32_t)(since_ns / MINUTE_NS), size);
}

void mechanics_level(struct mechanics *m, uint8_t side, int64_t price_steps, int64_t was,
                     int64_t now)
{
    barrier_level(&m->barrier, side, price_steps, was, now);
}

/* Levels out of reach have no score; their signals end in time. */
static void step_scores(struct mechanics *m)
{
    struct tape_flow flow = mechanics_flow(m, m->now_ns);
    double reach = mechanics_band(m->mid, m->params.monitor_bps);

    for (unsigned slot = 0; slot < LEVEL_SLOTS; slot++) {
        enum score_signal condition = SIGNAL_NEUTRAL;
        const struct level *level = &m->levels.at[slot];
        bool near = level->on && fabs(level->price - m->mid) <= reach;
        if (!near && !m->hold[slot].begun)
            continue;
        if (near) {
            struct mechanics_view view = mechanics_look(m, slot, m->now_ns, m->mid, &flow);
            smooth_add(&m->smooth[slot], view.raw, m->now_ns, SCORE_TAU_S, m->params.score_median);
            condition = view.condition;
        }
        score_hold(&m->hold[slot], condition, m->now_ns);
    }
}

static void forget_scores(struct mechanics *m, uint32_t slots)
{
    for (; slots != 0; slots &= slots - 1) {
        unsigned slot = (unsigned)__builtin_ctz(slots);
        memset(&m->smooth[slot], 0, sizeof m->smooth[slot]);
        memset(&m->hold[slot], 0, sizeof m->hold[slot]);
    }
}

static bool step_is_due(const struct mechanics *m)
{
    return m->step_ns == INT64_MIN ||
           m->now_ns / MECHANICS_STEP_NS != m->step_ns / MECHANICS_STEP_NS;
}

void mechanics_book(struct mechanics *m, const struct book *book, int price_scale, int size_scale,
                    int64_t event_ns)
{
    int64_t bid, ask, size;

    if (!book_best(book, TD_SIDE_BID, &bid, &size) || !book_best(book, TD_SIDE_ASK, &ask, &size) ||
        bid >= ask || bid <= 0)
        return;
    use_scales(m, price_scale, size_scale);
    advance(m, event_ns);
    bool step = step_is_due(m);
    if (step && m->step_ns != INT64_MIN)
        barrier_step(&m->barrier, m->now_ns - m->step_ns, m->size_unit);
    __int128 mid2 = (__int128)bid + ask;
    levels_mid(&m->levels, mid2, m->price_scale, m->unit);
    uint32_t others = barrier_book(&m->barrier, book, &m->levels, m->levels.moved,
                                   m->params.barrier_bps, m->unit, m->now_ns);
    m->levels.moved = false;
    forget_scores(m, others);
    m->mid = (double)mid2 / 2 / m->unit;
    m->book_ns = m->now_ns;
    m->proven = true;
    if (!step)
        return;
    step_scores(m);
    m->step_ns = m->now_ns;
}

void mechanics_lost(struct mechanics *m)
{
    m->proven = false;
    barrier_lost(&m->barrier);
}

void mechanics_fill(struct mechanics *m, struct feature_row *row)
{
    if (!m->proven)
        return;
    struct tape_flow flow = mechanics_flow(m, m->book_ns);
    unsigned slot = mechanics_nearest(m, m->mid);
    mechanics_row_common(m, m->book_ns, m->mid, &flow, row);
    if (slot == LEVEL_SLOTS)
        return;
    struct mechanics_view view = mechanics_look(m, slot, m->book_ns, m->mid, &flow);
    mechanics_row_level(m, &view, row);
}

struct mechanics_counts mechanics_counts(const struct mechanics *m)
{
    return (struct mechanics_counts){
        .flows_full = m->barrier.flows_full,
        .prints_full = m->tape.full,
        .clusters_full = m->tape.clusters_full,
        .touches_refused = m->touched_levels.refused,
    };
}
