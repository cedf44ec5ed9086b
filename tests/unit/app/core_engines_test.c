/* What core_state keeps of features and models when the next start has another configuration. Equal rows after a load: core_state_test. */
#include "app/core_parts.h"

#include "../../features_on.h"
#include "base/log.h"
#include "base/state.h"
#include "core_rows.h"

static struct feature_config config;
static unsigned char state_bytes[4 << 20];
static struct bench saved_at;

static void begin(const struct feature_config *of)
{
    static const char *const symbol = "BTC-USD";
    struct core_params more = {0};
    config = *of;
    features_on_core(&more, &config);
    start_with("coinbase", &symbol, 1, &more);
}

static void change(const char *price)
{
    char out[200];
    snprintf(
        out, sizeof out,
        "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"%s\",\"1\"]],"
        "\"time\":\"2023-11-14T22:13:20.000000Z\"}",
        price);
    text(out);
}

/* Some events, then everything sealed and saved; how many bytes. */
static size_t run_and_save(const struct feature_config *of)
{
    begin(of);
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    change("100.10");
    change("100.20");
    ticks(3);
    read_rows();
    struct td_state state = td_state_save(state_bytes, sizeof state_bytes);
    core_state(bench.core, &state);
    CHECK(!state.failed);
    saved_at = bench;
    return state.used;
}

/* Into a core of another configuration. */
static void load(const struct feature_config *of, size_t bytes)
{
    begin(of);
    struct td_state state = td_state_load(state_bytes, bytes);
    core_state(bench.core, &state);
    CHECK(!state.failed);
    CHECK_EQ_U64(state.used, bytes);
    bench.next_frame = saved_at.next_frame;
    bench.now_ns = saved_at.now_ns;
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_U64(book().changes, 6);
}

/* The next event: with a history or without. */
static void check_next(bool history)
{
    change("100.30");
    ticks(1);
    read_rows();
    const struct told *row = row_of(ROW_FEATURES, 0);
    CHECK_EQ_I64(feature_has(&row->features.feature, FEATURE_log_return), history);
    CHECK(row->features.feature.value[FEATURE_mid_price] == 100.65);
}

TEST(the_same_configuration_goes_on)
{
    struct feature_config of = features_on(CORE_EMIT_SECOND);
    size_t bytes = run_and_save(&of);
    uint64_t samples = book().model.stats.samples_total;
    CHECK_EQ_U64(samples, 2);
    of.emit = CORE_EMIT_EVENT; /* shapes rows, not the state */
    load(&of, bytes);
    CHECK_EQ_U64(book().model.stats.samples_total, samples);
    check_next(true);
}

TEST(another_configuration_begins_features_anew_and_nothing_else)
{
    td_log_setup(2, TD_LOG_OFF, NULL);
    struct feature_config of = features_on(CORE_EMIT_SECOND), other[6];
    size_t bytes = run_and_save(&of);
    for (unsigned i = 0; i < 6; i++)
        other[i] = of;
    other[0].features.window_events *= 2;
    other[1].features.staleness_ns += 1;
    other[2].features.on = (struct feature_mask){{0}};
    feature_mask_add(&other[2].features.on, FEATURE_mid_price);
    feature_mask_add(&other[2].features.on, FEATURE_log_return);
    other[3].model[0].horizon_ms = 600;
    other[4].model_count = 1;
    other[5].model[0].tau = 0.0002;
    for (unsigned i = 0; i < 6; i++) {
        load(&other[i], bytes);
        CHECK_EQ_U64(book().model.stats.samples_total, 0);
        CHECK_EQ_U64(book().feature_rows, 0);
        check_next(false);
    }
}

TEST(features_may_be_switched_off_and_on)
{
    td_log_setup(2, TD_LOG_OFF, NULL);
    struct feature_config on = features_on(CORE_EMIT_SECOND), off = {.emit = CORE_EMIT_OFF};
    load(&off, run_and_save(&on));
    change("100.30");
    ticks(1);
    CHECK_EQ_U64(rows(ROW_FEATURES) + rows(ROW_PREDICTIONS), 0);
    load(&on, run_and_save(&off));
    check_next(false);
}

TEST(a_state_is_never_larger_than_said)
{
    struct feature_config on = features_on(CORE_EMIT_EVENT), off = {.emit = CORE_EMIT_OFF};
    struct core_params params = {0};
    char out[400];
    size_t without = run_and_save(&off);
    begin(&on);
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    for (int i = 0; i < 3000; i++) { /* fills every window */
        snprintf(out, sizeof out,
                 "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\","
                 "\"100.%02d\",\"%d.%d\"],[\"sell\",\"101.%02d\",\"%d\"]],\"time\":\"2023-11-14T22:"
                 "13:%02d.%06dZ\"}",
                 i * 7 % 90, i % 50, i % 1000, i * 13 % 90, i % 3, 20 + i / 100, i % 100 * 9999);
        text(out);
        if (i % 5 == 0)
            match(i + 1, i % 2 ? "buy" : "sell");
        told_count = 0;
        take_cuts();
    }
    CHECK(book().features.window_full > 0);
    CHECK(book().model.stats.waiting > 0);
    read_rows();
    struct td_state state = td_state_save(state_bytes, sizeof state_bytes);
    core_state(bench.core, &state);
    CHECK(!state.failed);
    features_on_core(&params, &on);
    CHECK(state.used > without);
    CHECK(state.used - without <=
          core_features_state_bytes(&params) + 4096); /* the book is larger */
}
