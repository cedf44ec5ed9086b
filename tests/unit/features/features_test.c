/* Rules of the engine one by one; the whole against a recomputation: features_row_test.c. */
#include "features/features.h"

#include <math.h>

#include "engine_rig.h"

static struct engine_rig quiet(const struct features_params *params, int64_t t0_ns)
{
    struct engine_rig rig = engine_new(params);
    engine_snapshot(&rig, 10000, 12, 5000000);
    CHECK(engine_fire(&rig, t0_ns));
    return rig;
}

static struct feature_row moved(struct engine_rig *rig, uint8_t side, int64_t price, int64_t size,
                                int64_t ts_ns)
{
    engine_set(rig, side, price, size);
    CHECK(engine_fire(rig, ts_ns));
    return engine_row(rig);
}

TEST(first_sample_has_no_step)
{
    struct features_params params = engine_params();
    struct engine_rig rig = quiet(&params, TD_NS_PER_S);
    struct feature_row row = engine_row(&rig);
    static const unsigned null[] = {
        FEATURE_log_return, FEATURE_mid_velocity,    FEATURE_mid_accel,
        FEATURE_ofi,        FEATURE_ofi_multi,       FEATURE_mlofi,
        FEATURE_rv_900s,    FEATURE_tfi_900s,        FEATURE_kyle_lambda,
        FEATURE_vpin,       FEATURE_trade_imbalance, FEATURE_spread_regime_tight_frac};
    for (size_t i = 0; i < sizeof null / sizeof *null; i++)
        CHECK(!feature_has(&row, null[i]));
    CHECK_EQ_F64(row_value(&row, FEATURE_spread_percentile), 0.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_ofi_sum_1s), 0.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_trade_vol_1s), 0.0);
    CHECK_EQ_F64(features_mid(rig.features), 100.0);
    engine_delete(&rig);
}

TEST(staleness_is_strict)
{
    static const int64_t pauses_ms[] = {299900, 300000, 300100};
    struct features_params params = engine_params();
    for (int i = 0; i < 3; i++) {
        struct engine_rig rig = quiet(&params, TD_NS_PER_S);
        struct feature_row row =
            moved(&rig, TD_SIDE_BID, 9999, 6000000, TD_NS_PER_S + pauses_ms[i] * TD_NS_PER_MS);
        CHECK_EQ_I64(feature_has(&row, FEATURE_ofi), pauses_ms[i] <= 300000);
        CHECK_EQ_I64(feature_has(&row, FEATURE_log_return), pauses_ms[i] <= 300000);
        CHECK_EQ_I64(feature_has(&row, FEATURE_mid_velocity), pauses_ms[i] <= 300000);
        engine_delete(&rig);
    }
}

TEST(a_window_is_open_at_its_far_end)
{
    struct features_params params = engine_params();
    struct engine_rig rig = quiet(&params, TD_NS_PER_S);
    struct feature_row row = moved(&rig, TD_SIDE_BID, 9999, 6000000, 2 * TD_NS_PER_S);
    CHECK_EQ_F64(row_value(&row, FEATURE_ofi_sum_1s), 1.0);
    row = moved(&rig, TD_SIDE_BID, 9999, 8000000, 3 * TD_NS_PER_S);
    CHECK_EQ_F64(row_value(&row, FEATURE_ofi_sum_1s), 2.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_ofi_sum_5s), 3.0);
    row = moved(&rig, TD_SIDE_BID, 9999, 9000000, 4 * TD_NS_PER_S - 1);
    CHECK_EQ_F64(row_value(&row, FEATURE_ofi_sum_1s), 3.0);
    engine_delete(&rig);
}

TEST(event_time_never_steps_back)
{
    struct features_params params = engine_params();
    struct engine_rig rig = quiet(&params, 10 * TD_NS_PER_S);
    struct feature_row row = moved(&rig, TD_SIDE_BID, 10000, 1, 9 * TD_NS_PER_S);
    CHECK(!feature_has(&row, FEATURE_mid_velocity));
    CHECK(feature_has(&row, FEATURE_log_return));
    engine_delete(&rig);
}

TEST(withheld_changes_nothing)
{
    struct features_params params = engine_params();
    struct engine_rig rig = quiet(&params, TD_NS_PER_S), twin = quiet(&params, TD_NS_PER_S);
    engine_set(&rig, TD_SIDE_BID, 10001, 7); /* locked */
    CHECK(!engine_fire(&rig, 2 * TD_NS_PER_S));
    CHECK_EQ_U64(features_events(rig.features), 0);
    engine_set(&rig, TD_SIDE_BID, 10001, 0);
    struct feature_row row = moved(&rig, TD_SIDE_ASK, 10001, 1000000, 3 * TD_NS_PER_S);
    struct feature_row other = moved(&twin, TD_SIDE_ASK, 10001, 1000000, 3 * TD_NS_PER_S);
    rows_equal(&row, &other);
    CHECK_EQ_U64(features_counts(rig.features).withheld, 1);
    CHECK_EQ_U64(features_events(rig.features), 2);
    engine_delete(&rig);
    engine_delete(&twin);
}

TEST(a_one_sided_book_is_withheld)
{
    struct features_params params = engine_params();
    struct engine_rig rig = engine_new(&params);
    engine_set(&rig, TD_SIDE_BID, 10, 5);
    CHECK(!engine_fire(&rig, 1));
    engine_set(&rig, TD_SIDE_ASK, 11, 5);
    CHECK(engine_fire(&rig, 2));
    engine_delete(&rig);
}

TEST(a_snapshot_forgets_the_event_before_and_keeps_the_windows)
{
    struct features_params params = engine_params();
    struct engine_rig rig = quiet(&params, TD_NS_PER_S);
    moved(&rig, TD_SIDE_BID, 9999, 6000000, 2 * TD_NS_PER_S);
    engine_trade(&rig, 2 * TD_NS_PER_S, 10000, 500000, TD_TAKER_BUY);
    engine_snapshot(&rig, 20000, 12, 5000000);
    CHECK_EQ_U64(features_events(rig.features), 0);
    struct feature_row row = moved(&rig, TD_SIDE_BID, 19000, 1, 3 * TD_NS_PER_S);
    CHECK(!feature_has(&row, FEATURE_log_return));
    CHECK(!feature_has(&row, FEATURE_ofi));
    CHECK_EQ_F64(row_value(&row, FEATURE_ofi_sum_5s), 1.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_trade_vol_1s), 0.5);
    CHECK_EQ_F64(row_value(&row, FEATURE_rv_900s), NAN);
    CHECK_EQ_F64(row_value(&row, FEATURE_volatility), 0.0);
    engine_delete(&rig);
}

TEST(compat_keeps_the_volatility_window_over_a_reconnect)
{
    struct features_params params = engine_params();
    params.compat_quotewatch = true;
    struct engine_rig rig = quiet(&params, TD_NS_PER_S);
    moved(&rig, TD_SIDE_BID, 10000, 6000000, 2 * TD_NS_PER_S);
    features_lost(rig.features);
    struct feature_row row = moved(&rig, TD_SIDE_BID, 10000, 0, 3 * TD_NS_PER_S);
    CHECK(row_value(&row, FEATURE_volatility) > 0);
    engine_delete(&rig);
}

TEST(trades_ahead_of_the_book_wait_and_late_ones_count_at_the_next)
{
    struct features_params params = engine_params();
    struct engine_rig rig = quiet(&params, TD_NS_PER_S);
    engine_trade(&rig, 5 * TD_NS_PER_S, 10000, 2000000, TD_TAKER_SELL);
    engine_trade(&rig, 1, 10000, 3000000, TD_TAKER_BUY); /* long ago, just arrived */
    struct feature_row row = moved(&rig, TD_SIDE_BID, 9000, 1, 2 * TD_NS_PER_S);
    CHECK_EQ_F64(row_value(&row, FEATURE_trade_vol_1s), 3.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_tfi_1s), 1.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_trade_imbalance), 1.0);
    row = moved(&rig, TD_SIDE_BID, 9000, 2, 4 * TD_NS_PER_S);
    CHECK(!feature_has(&row, FEATURE_tfi_1s));
    row = moved(&rig, TD_SIDE_BID, 9000, 3, 5 * TD_NS_PER_S);
    CHECK_EQ_F64(row_value(&row, FEATURE_tfi_1s), -1.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_tfi_5s), 0.2);
    engine_delete(&rig);
}

TEST(trades_do_not_change_a_row_before_the_next_event)
{
    struct features_params params = engine_params();
    struct engine_rig rig = quiet(&params, TD_NS_PER_S);
    struct feature_row row = engine_row(&rig);
    for (int i = 0; i < 3000; i++)
        engine_trade(&rig, TD_NS_PER_S, 10000, 1000000, TD_TAKER_BUY);
    struct feature_row later = engine_row(&rig);
    rows_equal(&row, &later);
    CHECK_EQ_U64(features_counts(rig.features).trades_forced, 3000 - 1024);
    row = moved(&rig, TD_SIDE_BID, 9000, 1, TD_NS_PER_S);
    CHECK_EQ_F64(row_value(&row, FEATURE_trade_vol_1s), 3000.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_vpin), 1.0);
    engine_delete(&rig);
}

TEST(a_full_window_is_counted_and_flagged)
{
    struct features_params params = engine_params();
    params.window_events = 64;
    struct engine_rig rig = quiet(&params, TD_NS_PER_S);
    for (int i = 1; i < 100; i++)
        moved(&rig, TD_SIDE_BID, 9999, 5000000 + i * 1000000, TD_NS_PER_S + i);
    struct feature_row row = engine_row(&rig);
    CHECK_EQ_U64(features_row_flags(rig.features), FEATURE_ROW_WINDOW_SHORT);
    CHECK_EQ_U64(features_counts(rig.features).window_full, 36);
    CHECK_EQ_F64(row_value(&row, FEATURE_ofi_sum_1s), 64.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_ofi_sum_900s), 64.0);
    moved(&rig, TD_SIDE_BID, 9999, 1, 901 * TD_NS_PER_S + 36); /* makes room by age */
    CHECK_EQ_U64(features_row_flags(rig.features), 0);
    engine_delete(&rig);
}

TEST(static_regime)
{
    struct features_params params = engine_params();
    params.dynamic_regime = false;
    params.tight_ratio = 0.00025;
    struct engine_rig rig = quiet(&params, TD_NS_PER_S); /* 2 / 10000 */
    struct feature_row row = engine_row(&rig);
    CHECK(!feature_has(&row, FEATURE_spread_percentile));
    CHECK_EQ_F64(row_value(&row, FEATURE_spread_regime), 0.0);
    row = moved(&rig, TD_SIDE_ASK, 10001, 0, 4 * TD_NS_PER_S);
    CHECK_EQ_F64(row_value(&row, FEATURE_spread_regime), 2.0);
    CHECK_EQ_F64(row_value(&row, FEATURE_spread_regime_tight_frac), 1.0);
    row = moved(&rig, TD_SIDE_BID, 9000, 7, 5 * TD_NS_PER_S);
    CHECK_EQ_F64(row_value(&row, FEATURE_spread_regime_wide_frac), 0.25);
    engine_delete(&rig);
}

TEST(columns_that_are_off_are_absent_and_cost_no_memory)
{
    struct features_params all = engine_params(), few = all;
    memset(&few.on, 0, sizeof few.on);
    feature_mask_add(&few.on, FEATURE_imbalance);
    feature_mask_add(&few.on, FEATURE_microprice);
    CHECK(features_footprint(&few) < 65536);
    CHECK(features_footprint(&all) > 3 << 20);
    struct engine_rig rig = quiet(&few, TD_NS_PER_S);
    struct feature_row row = engine_row(&rig);
    for (unsigned i = 0; i < FEATURES; i++)
        CHECK_EQ_I64(feature_has(&row, i), feature_mask_has(&few.on, i));
    engine_delete(&rig);
}

TEST(interleaved_symbols_equal_separate_runs)
{
    enum { EVENTS = 3000 };
    struct features_params params = engine_params();
    struct engine_rig rig[3];
    struct market market[3];
    for (int i = 0; i < 3; i++) {
        rig[i] = engine_new(&params);
        market[i] = market_new((uint64_t)(i == 2 ? 0 : i) + 7, 20 * TD_NS_PER_MS);
        engine_snapshot(&rig[i], market[i].mid, 40, 1000000);
    }
    for (int i = 0; i < 2 * EVENTS; i++) {
        market_step(&market[i % 2], &rig[i % 2]);
        engine_fire(&rig[i % 2], market[i % 2].now_ns);
    }
    for (int i = 0; i < EVENTS; i++) { /* the first one's, alone */
        market_step(&market[2], &rig[2]);
        engine_fire(&rig[2], market[2].now_ns);
    }
    struct feature_row a = engine_row(&rig[0]), b = engine_row(&rig[2]);
    rows_equal(&a, &b);
    for (int i = 0; i < 3; i++)
        engine_delete(&rig[i]);
}

/* The same market twice, the second cut off at half: until then no row differs. */
TEST(the_future_changes_nothing)
{
    enum { EVENTS = 2000 };
    struct features_params params = engine_params();
    struct engine_rig whole = engine_new(&params), cut = engine_new(&params);
    struct market m = market_new(11, 30 * TD_NS_PER_MS), n = m;
    struct feature_row *rows = calloc(EVENTS, sizeof *rows);
    engine_snapshot(&whole, m.mid, 40, 1000000);
    engine_snapshot(&cut, m.mid, 40, 1000000);
    for (int i = 0; i < EVENTS; i++) {
        market_step(&m, &whole);
        engine_fire(&whole, m.now_ns);
        rows[i] = engine_row(&whole);
    }
    for (int i = 0; i < EVENTS / 2; i++) {
        market_step(&n, &cut);
        engine_fire(&cut, n.now_ns);
        struct feature_row row = engine_row(&cut);
        rows_equal(&rows[i], &row);
    }
    free(rows);
    engine_delete(&whole);
    engine_delete(&cut);
}

TEST(a_cleared_engine_is_as_new)
{
    struct features_params params = engine_params();
    struct engine_rig rig = quiet(&params, TD_NS_PER_S), twin = quiet(&params, TD_NS_PER_S);
    for (int i = 0; i < 200; i++)
        moved(&rig, TD_SIDE_BID, 9990 + i % 5, 100 + i, (2 + i) * TD_NS_PER_S);
    features_clear(rig.features);
    engine_snapshot(&rig, 10000, 12, 5000000);
    CHECK(engine_fire(&rig, TD_NS_PER_S));
    struct feature_row a = engine_row(&rig), b = engine_row(&twin);
    rows_equal(&a, &b);
    CHECK_EQ_U64(features_counts(rig.features).events, 1);
    engine_delete(&rig);
    engine_delete(&twin);
}
