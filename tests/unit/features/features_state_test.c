/* Saved and loaded in mid-stream, every later row equals the uninterrupted run's bit for bit; at a finer scale it equals one that ran there. */
#include <math.h>

#include "engine_rig.h"

struct image {
    unsigned char *bytes;
    size_t used;
};

static struct image save(struct engine_rig *rig, const struct features_params *params)
{
    size_t room = features_state_bytes(params);
    struct image image = {.bytes = malloc(room)};
    struct td_state state = td_state_save(image.bytes, room);
    features_state(rig->features, &state);
    CHECK(!state.failed);
    image.used = state.used;
    return image;
}

/* Another engine that follows the same book. */
static struct features *load(const struct image *image, const struct features_params *params,
                             void **mem)
{
    *mem = malloc(features_footprint(params));
    memset(*mem, 0x5A, features_footprint(params));
    struct features *f = features_init(*mem, params);
    struct td_state state = td_state_load(image->bytes, image->used);
    features_state(f, &state);
    CHECK(!state.failed);
    CHECK_EQ_U64(state.used, image->used);
    return f;
}

/* Two engines on two books of the same content. */
struct twins {
    struct engine_rig a, b;
    struct market m, n;
};

static void twins_step(struct twins *t)
{
    market_step(&t->m, &t->a);
    market_step(&t->n, &t->b);
    bool fired = engine_fire(&t->a, t->m.now_ns);
    CHECK_EQ_I64(engine_fire(&t->b, t->n.now_ns), fired);
    if (!fired)
        return;
    struct feature_row x = engine_row(&t->a), y = engine_row(&t->b);
    rows_equal(&x, &y);
    CHECK_EQ_F64(features_mid(t->a.features), features_mid(t->b.features));
    CHECK_EQ_U64(features_events(t->a.features), features_events(t->b.features));
    CHECK_EQ_U64(features_row_flags(t->a.features), features_row_flags(t->b.features));
    CHECK_EQ_MEM(features_quotewatch(t->a.features), features_quotewatch(t->b.features),
                 4 * sizeof(double));
}

static struct twins twins_new(const struct features_params *params, uint64_t seed, int64_t pause_ns)
{
    struct twins t = {engine_new(params), engine_new(params), market_new(seed, pause_ns),
                      market_new(seed, pause_ns)};
    engine_snapshot(&t.a, t.m.mid, 40, 1000000);
    engine_snapshot(&t.b, t.n.mid, 40, 1000000);
    return t;
}

/* The second one is saved and goes on in a fresh engine every `every` events. */
static void interrupted(const struct features_params *params, uint64_t seed, int64_t pause_ns,
                        int events, int every)
{
    struct twins t = twins_new(params, seed, pause_ns);
    for (int i = 0; i < events; i++) {
        twins_step(&t);
        if (i % 97 == 0) {
            features_row_taken(t.a.features);
            features_row_taken(t.b.features);
        }
        if (i % every != every - 1)
            continue;
        struct image image = save(&t.b, params);
        void *mem;
        struct features *f = load(&image, params, &mem);
        free(t.b.mem);
        t.b.mem = mem;
        t.b.features = f;
        free(image.bytes);
    }
    struct features_counts x = features_counts(t.a.features), y = features_counts(t.b.features);
    CHECK_EQ_MEM(&x, &y, sizeof x);
    engine_delete(&t.a);
    engine_delete(&t.b);
}

TEST(goes_on_in_a_fast_market)
{
    struct features_params params = engine_params();
    interrupted(&params, 1, 10 * TD_NS_PER_MS, 3000, 700);
}

TEST(goes_on_with_every_event)
{
    struct features_params params = engine_params();
    interrupted(&params, 2, 2 * TD_NS_PER_S, 300, 1);
}

TEST(goes_on_in_a_slow_market)
{
    struct features_params params = engine_params();
    interrupted(&params, 3, 60 * TD_NS_PER_S, 1000, 50);
}

TEST(goes_on_with_a_full_window)
{
    struct features_params params = engine_params();
    params.window_events = 128;
    interrupted(&params, 4, 200 * TD_NS_PER_MS, 2000, 37);
}

TEST(goes_on_with_other_settings)
{
    struct features_params params = engine_params();
    params.vpin_auto = true;
    params.dynamic_regime = false;
    params.compat_quotewatch = true;
    interrupted(&params, 5, 300 * TD_NS_PER_MS, 2000, 150);
}

TEST(goes_on_with_mechanics)
{
    struct features_params params = engine_params();
    for (unsigned i = 0; i < FEATURES; i++)
        feature_mask_add(&params.on, i);
    interrupted(&params, 6, 2 * TD_NS_PER_S, 2000, 300);
}

TEST(an_empty_engine_is_saved)
{
    struct features_params params = engine_params();
    struct engine_rig rig = engine_new(&params);
    struct image image = save(&rig, &params);
    void *mem;
    load(&image, &params, &mem);
    free(mem);
    free(image.bytes);
    engine_delete(&rig);
}

/* Cut off anywhere, or with a byte changed, loading ends and writes no memory but its own (the sanitizer looks on). */
TEST(bytes_from_outside_do_no_harm)
{
    struct features_params params = engine_params();
    params.window_events = 256;
    params.vpin_auto = true;
    struct twins t = twins_new(&params, 8, 300 * TD_NS_PER_MS);
    for (int i = 0; i < 400; i++)
        twins_step(&t);
    struct image image = save(&t.a, &params);
    uint64_t loaded = 0;
    for (size_t i = 0; i < image.used; i += 1 + i / 400) {
        unsigned char was = image.bytes[i];
        for (int bit = 0; bit < 8; bit += 7) {
            image.bytes[i] ^= (unsigned char)(1 << bit);
            features_clear(t.b.features);
            struct td_state state = td_state_load(image.bytes, image.used);
            features_state(t.b.features, &state);
            image.bytes[i] = was;
            if (state.failed)
                continue;
            loaded++; /* whatever it says: it must be workable */
            engine_set(&t.b, TD_SIDE_BID, t.n.mid - 3, 77);
            engine_fire(&t.b, t.n.now_ns + TD_NS_PER_S);
            engine_row(&t.b);
        }
        struct td_state state = td_state_load(image.bytes, i);
        features_clear(t.b.features);
        features_state(t.b.features, &state);
        CHECK(state.failed);
    }
    CHECK(loaded > 0);
    free(image.bytes);
    engine_delete(&t.a);
    engine_delete(&t.b);
}

TEST(a_full_state_fits_its_bound)
{
    struct features_params params = engine_params();
    params.window_events = 512;
    struct engine_rig rig = engine_new(&params);
    struct market m = market_new(9, 100 * TD_NS_PER_MS);
    rig.size_unit = INT64_C(1) << 35; /* long numbers */
    engine_snapshot(&rig, m.mid, 40, 1000000);
    for (int i = 0; i < 700; i++) {
        market_step(&m, &rig);
        engine_fire(&rig, m.now_ns);
    }
    for (int i = 0; i < 1100; i++)
        engine_trade(&rig, INT64_MAX - i, 99999, 1000000, TD_TAKER_SELL);
    struct image image = save(&rig, &params);
    free(image.bytes);
    engine_delete(&rig);
}

/* ---- a finer scale --------------------------------------------------------------------------------- */

static void rows_near(const struct feature_row *a, const struct feature_row *b)
{
    for (unsigned i = 0; i < FEATURES; i++) {
        double x = row_value(a, i), y = row_value(b, i);
        if (isnan(x) != isnan(y) || (!isnan(x) && !(fabs(x - y) <= 1e-11 * fabs(x) + 1e-13)))
            FAIL("%s is %.17g and %.17g", feature_at(i)->name, x, y);
    }
}

/* a: at the finer scale from the start; b: from half-way on. */
TEST(a_finer_scale_equals_a_run_at_it)
{
    struct features_params params = engine_params();
    struct twins t = twins_new(&params, 12, 150 * TD_NS_PER_MS);
    engine_delete(&t.a);
    t.a = engine_new(&params);
    t.a.price_scale += 1;
    t.a.size_scale += 2;
    t.a.price_unit = 10;
    t.a.size_unit = 100;
    engine_snapshot(&t.a, t.m.mid, 40, 1000000);
    for (int i = 0; i < 3000; i++) {
        market_step(&t.m, &t.a);
        market_step(&t.n, &t.b);
        if (i == 1500) {
            CHECK_EQ_I64(book_rescale(t.b.book, 10, 100), 0);
            features_rescale(t.b.features, 10, 100);
            t.b.price_scale = t.a.price_scale;
            t.b.size_scale = t.a.size_scale;
            t.b.price_unit = 10;
            t.b.size_unit = 100;
        }
        bool fired = engine_fire(&t.a, t.m.now_ns);
        CHECK_EQ_I64(engine_fire(&t.b, t.n.now_ns), fired);
        if (!fired)
            continue;
        struct feature_row x = engine_row(&t.a), y = engine_row(&t.b);
        rows_near(&x, &y);
    }
    engine_delete(&t.a);
    engine_delete(&t.b);
}

TEST(what_no_longer_fits_clears_the_history)
{
    struct features_params params = engine_params();
    struct engine_rig rig = engine_new(&params);
    engine_snapshot(&rig, 10000, 12, INT64_C(1) << 50);
    CHECK(engine_fire(&rig, TD_NS_PER_S));
    uint64_t events = features_counts(rig.features).events;
    features_rescale(rig.features, 1, 1000000);
    CHECK_EQ_U64(features_counts(rig.features).events, events);
    engine_snapshot(&rig, 10000, 12, INT64_C(1) << 50);
    CHECK(engine_fire(&rig, 2 * TD_NS_PER_S));
    struct feature_row row = engine_row(&rig);
    CHECK_EQ_F64(row_value(&row, FEATURE_spread_percentile), 0.0);
    CHECK(!feature_has(&row, FEATURE_bid_slope_std_60s)); /* one event */
    engine_delete(&rig);
}
