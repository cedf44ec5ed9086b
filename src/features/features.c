/* Order of work: SPEC 2.8. What a row alone needs is computed when a row is made (features_row.c). */
#include "features/features.h"

#include <math.h>

#include "base/err.h"
#include "base/limits.h"
#include "features/engine.h"
#include "features/exact.h"

/* With nothing but the 1 s window in use the ring is this long at most. */
enum { SHORT_EVENTS = 4096, ALIGN = 64 };

struct features_params features_defaults(void)
{
    struct features_params params = {
        .window_events = 32768,
        .staleness_ns = 300 * TD_NS_PER_S,
        .vpin_bucket = 1.0,
        .vpin_buckets = 50,
        .dynamic_regime = true,
        .tight_percentile = 0.2,
        .wide_percentile = 0.8,
        .tight_ratio = 0.0001,
        .regime_window_s = 300,
        .kyle_window_s = 300,
        .ofi_levels = 10,
        .ofi_decay_alpha = 0.5,
    };
    for (unsigned i = 0; i < FEATURES; i++) {
        unsigned set = feature_at(i)->set;
        if (set != FEATURE_SET_MECHANICS && set != FEATURE_SET_OPTIONAL)
            feature_mask_add(&params.on, i);
    }
    return params;
}

/* ---- memory ------------------------------------------------------------------------------------ */

static bool on_between(const struct features_params *params, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++) {
        if (feature_mask_has(&params->on, i))
            return true;
    }
    return false;
}

static struct features_wants wants_of(const struct features_params *params)
{
    struct features_wants wants = {0};

    for (unsigned i = 0; i < FEATURES; i++) {
        if (feature_mask_has(&params->on, i))
            wants.set[feature_at(i)->set] = true;
    }
    wants.regime = on_between(params, FEATURE_spread_percentile, FEATURE_spread_regime_wide_frac);
    wants.kyle = on_between(params, FEATURE_kyle_lambda, FEATURE_kyle_lambda_r2);
    wants.slow = on_between(params, FEATURE_bid_slope_mean_60s, FEATURE_depth_0_5bps_sigma);
    wants.vpin = on_between(params, FEATURE_vpin, FEATURE_vpin_classified_share);
    wants.flow = wants.kyle || wants.set[FEATURE_SET_ROLLING] ||
                 on_between(params, FEATURE_ofi, FEATURE_mlofi);
    wants.window = wants.set[FEATURE_SET_ROLLING] || wants.regime || wants.kyle || wants.slow ||
                   feature_mask_has(&params->on, FEATURE_trade_imbalance);
    wants.bands = wants.slow || wants.set[FEATURE_SET_STRUCTURAL];
    return wants;
}

static enum window_horizon horizon_of(uint32_t seconds)
{
    int h = 0;
    while (h < WINDOW_HORIZONS && window_ns[h] != seconds * TD_NS_PER_S)
        h++;
    TD_ASSERT(h < WINDOW_HORIZONS, "a window is one of the horizons");
    return (enum window_horizon)h;
}

static struct window_params window_params_of(const struct features_params *params)
{
    struct features_wants wants = wants_of(params);
    bool brief = !wants.set[FEATURE_SET_ROLLING] && !wants.regime && !wants.kyle && !wants.slow;

    return (struct window_params){
        .events =
            brief && params->window_events > SHORT_EVENTS ? SHORT_EVENTS : params->window_events,
        .want_regime = wants.regime,
        .want_kyle = wants.kyle,
        .want_slow = wants.slow,
        .regime_at = horizon_of(params->regime_window_s),
        .kyle_at = horizon_of(params->kyle_window_s),
        .regime = {params->dynamic_regime, params->tight_percentile, params->wide_percentile,
                   params->tight_ratio},
    };
}

static struct vpin_params vpin_params_of(const struct features_params *params)
{
    return (struct vpin_params){params->vpin_bucket, params->vpin_auto, params->vpin_buckets};
}

static size_t padded(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

size_t features_footprint(const struct features_params *params)
{
    struct features_wants wants = wants_of(params);
    struct window_params window = window_params_of(params);
    struct vpin_params vpin = vpin_params_of(params);
    size_t bytes = padded(sizeof(struct features)) + padded(sizeof(struct pending)) + ALIGN;

    bytes += wants.window ? padded(window_footprint(&window)) : 0;
    bytes += wants.vpin ? padded(vpin_footprint(&vpin)) : 0;
    bytes += wants.set[FEATURE_SET_MECHANICS] ? padded(mechanics_footprint()) : 0;
    return bytes;
}

static void *carve(unsigned char **at, size_t bytes)
{
    void *mem = *at;
    *at += padded(bytes);
    return mem;
}

/* Everything behind struct features, in the order of the footprint. */
static void lay_out(struct features *f)
{
    unsigned char *at = (unsigned char *)f + padded(sizeof *f);
    struct window_params window = window_params_of(&f->params);
    struct vpin_params vpin = vpin_params_of(&f->params);

    f->pending = carve(&at, sizeof *f->pending);
    pending_clear(f->pending);
    if (f->wants.window)
        window_init(&f->window, carve(&at, window_footprint(&window)), &window);
    if (f->wants.vpin)
        vpin_init(&f->vpin, carve(&at, vpin_footprint(&vpin)), &vpin);
    if (f->wants.set[FEATURE_SET_MECHANICS]) {
        struct mechanics_params mechanics = mechanics_defaults();
        mechanics.session = f->params.session;
        f->mechanics = mechanics_init(carve(&at, mechanics_footprint()), &mechanics);
    }
}

struct features *features_init(void *mem, const struct features_params *params)
{
    uintptr_t at = ((uintptr_t)mem + ALIGN - 1) / ALIGN * ALIGN;
    struct features *f = (struct features *)at;
    struct features_params kept = *params;

    *f = (struct features){.params = kept,
                           .wants = wants_of(&kept),
                           .log_return = NAN,
                           .vpin_value = NAN,
                           .vpin_share = NAN};
    top_init(&f->top);
    bands_init(&f->bands);
    quotewatch_init(&f->quotewatch);
    flow_init(&f->flow, kept.ofi_levels, kept.ofi_decay_alpha);
    motion_reset(&f->motion);
    lay_out(f);
    return f;
}

void features_clear(struct features *f)
{
    features_init(f, &f->params);
}

/* ---- trades ------------------------------------------------------------------------------------ */

static void cut(struct features *f)
{
    f->counts.clamped++;
    f->cut_to_ns = f->now_ns + window_ns[WINDOW_900S];
}

static void volume_add(struct features *f, int64_t *volume, int64_t size)
{
    if (size <= 0)
        return;
    if (size <= WINDOW_STEPS_MAX - *volume) {
        *volume += size;
    } else {
        *volume = WINDOW_STEPS_MAX;
        cut(f);
    }
}

/* Before any book has told the scales a trade that can wait no longer counts as volume alone. */
static void consume(void *arg, const struct feature_trade *trade)
{
    struct features *f = arg;

    if (trade->taker == TD_TAKER_BUY)
        volume_add(f, &f->buy, trade->size_steps);
    else if (trade->taker == TD_TAKER_SELL)
        volume_add(f, &f->sell, trade->size_steps);
    if (!f->have_scale)
        return;
    if (f->wants.vpin) {
        vpin_trade(&f->vpin, trade, f->size_scale,
                   f->motion.points > 0 ? f->motion.twice_mid[0] : 0);
        f->vpin_moved = true;
    }
    if (f->mechanics != NULL)
        mechanics_trade(f->mechanics, trade, f->price_scale, f->size_scale);
}

void features_trade(struct features *f, const struct feature_trade *trade)
{
    if (pending_full(f->pending)) {
        struct feature_trade oldest = pending_take_oldest(f->pending);
        consume(f, &oldest);
        f->counts.trades_forced++;
    }
    pending_add(f->pending, trade);
}

static void trades_first(struct features *f)
{
    pending_drain(f->pending, f->now_ns, consume, f);
    if (f->vpin_moved) {
        f->vpin_moved = false;
        f->vpin_value = vpin_value(&f->vpin);
        f->vpin_share = vpin_told_share(&f->vpin);
    }
}

/* ---- the book ---------------------------------------------------------------------------------- */

void features_level(struct features *f, uint8_t side, int64_t price_steps, int64_t was, int64_t now)
{
    top_level(&f->top, side, price_steps, now);
    if (f->wants.bands)
        bands_change(&f->bands, side, price_steps, was, now);
    if (f->mechanics != NULL)
        mechanics_level(f->mechanics, side, price_steps, was, now);
}

/* The event before is forgotten; what the windows hold stays and ages. */
static void forget_before(struct features *f)
{
    flow_reset(&f->flow);
    motion_reset(&f->motion);
}

static void book_replaced(struct features *f)
{
    forget_before(f);
    top_invalidate(&f->top);
    bands_invalidate(&f->bands);
    f->fresh = false;
    if (!f->params.compat_quotewatch)
        quotewatch_reset(&f->quotewatch);
    if (f->mechanics != NULL)
        mechanics_lost(f->mechanics);
}

void features_snapshot(struct features *f)
{
    book_replaced(f);
}

void features_lost(struct features *f)
{
    book_replaced(f);
}

static double cut_double(struct features *f, double value)
{
    if (!(fabs(value) > MOMENTS_MOST))
        return value;
    cut(f);
    return copysign(MOMENTS_MOST, value);
}

static __int128 cut_mlofi(struct features *f, __int128 value)
{
    __int128 most = window_mlofi_most(f->window.params.events);

    if (value >= -most && value <= most)
        return value;
    cut(f);
    return value < 0 ? -most : most;
}

static struct window_slow slow_of(struct features *f)
{
    const struct bands *bands = &f->bands;
    struct window_slow slow = {.depth = WINDOW_NONE};

    top_derive(&f->top);
    slow.value[WINDOW_BID_SLOPE] = cut_double(f, f->top.slope_steps[0]);
    slow.value[WINDOW_ASK_SLOPE] = cut_double(f, f->top.slope_steps[1]);
    slow.value[WINDOW_COG] = cut_double(f, f->top.cog_bps);
    if (!bands->valid)
        return slow;
    __int128 depth = bands->within[0][0] + bands->within[1][0];
    if (depth > WINDOW_STEPS_MAX)
        cut(f);
    slow.depth = depth > WINDOW_STEPS_MAX ? WINDOW_STEPS_MAX : (int64_t)depth;
    return slow;
}

static double relative_spread(const struct top *top)
{
    int64_t spread = top->side[1].price[0] - top->side[0].price[0];
    return top->twice_mid > 0 ? (double)(2 * spread) / (double)top->twice_mid : NAN;
}

static void window_event(struct features *f)
{
    struct window_event event = {
        .ts_ns = f->now_ns,
        .log_return = isnan(f->log_return) ? WINDOW_NONE : exact_return(f->log_return),
        .spread = relative_spread(&f->top),
        .ofi = f->flow_values.ofi,
        .mlofi = cut_mlofi(f, f->flow_values.weighted),
        .buy = f->buy,
        .sell = f->sell,
    };
    struct window_slow slow;

    if (f->wants.slow)
        slow = slow_of(f);
    window_push(&f->window, &event, f->wants.slow ? &slow : NULL);
    f->buy = f->sell = 0;
}

/* Event time never steps back; a pause that is too long makes the next event a first one. */
static void time_moves(struct features *f, int64_t event_ns)
{
    int64_t before_ns = f->now_ns;

    f->now_ns = f->have_time && before_ns > event_ns ? before_ns : event_ns;
    trades_first(f);
    if (f->have_time && f->now_ns - before_ns > f->params.staleness_ns)
        forget_before(f);
    f->have_time = true;
}

static void event_fires(struct features *f, const struct book *book)
{
    if (f->wants.bands)
        bands_settle(&f->bands, book, f->top.twice_mid);
    quotewatch_book(&f->quotewatch, &f->top);
    motion_add(&f->motion, f->top.twice_mid, f->now_ns);
    f->log_return = motion_log_return(&f->motion);
    if (f->wants.flow)
        f->flow_values = flow_event(&f->flow, &f->top);
    if (f->wants.window)
        window_event(f);
    if (f->mechanics != NULL)
        mechanics_book(f->mechanics, book, f->price_scale, f->size_scale, f->now_ns);
}

bool features_book(struct features *f, const struct book *book, int price_scale, int size_scale,
                   int64_t event_ns)
{
    flow_note(&f->flow, &f->top);
    if (!top_refresh(&f->top, book, price_scale, size_scale)) {
        f->counts.withheld++;
        f->fresh = false;
        return false;
    }
    f->price_scale = (int8_t)price_scale;
    f->size_scale = (int8_t)size_scale;
    f->have_scale = f->fresh = true;
    f->twice_mid = f->top.twice_mid;
    time_moves(f, event_ns);
    event_fires(f, book);
    f->counts.events++;
    f->events++;
    return true;
}

/* ---- asked ------------------------------------------------------------------------------------- */

const double *features_quotewatch(const struct features *f)
{
    return f->quotewatch.value;
}

uint32_t features_events(const struct features *f)
{
    return f->fresh ? f->events : 0;
}

void features_row_taken(struct features *f)
{
    f->events = 0;
}

uint8_t features_row_flags(const struct features *f)
{
    uint8_t flags = f->wants.window && window_short(&f->window) ? FEATURE_ROW_WINDOW_SHORT : 0;
    return flags | (f->now_ns < f->cut_to_ns ? FEATURE_ROW_CLAMPED : 0);
}

struct features_counts features_counts(const struct features *f)
{
    struct features_counts counts = f->counts;
    counts.window_full = f->window.left_early;
    return counts;
}

struct mechanics *features_mechanics(struct features *f)
{
    return f->mechanics;
}
