/* Models inside the core: rows when the label is known, flushes, weights by a frame. */
#include "app/core_parts.h"

#include "../../features_on.h"
#include "base/log.h"
#include "core_rows.h"

static struct feature_config config;

/* The first `models` of the two. */
static void begin(unsigned models, enum core_emit emit)
{
    static const char *const symbol = "BTC-USD";
    struct core_params more = {0};
    config = features_on(emit);
    config.model_count = models;
    features_on_core(&more, &config);
    start_with("coinbase", &symbol, 1, &more);
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
}

/* The best bid moves; `later_ms` after the frame before. */
static void bid(int cents, int later_ms)
{
    static char price[32], before[32];
    char out[300];
    bench.now_ns += (later_ms - 1) * TD_NS_PER_MS;
    memcpy(before, price, sizeof before);
    snprintf(price, sizeof price, "100.%02d", cents);
    bool drop = before[0] != '\0' && strcmp(before, price) != 0;
    snprintf(out, sizeof out,
             "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[%s%s%s[\"buy\",\"%s\","
             "\"%d\"]],\"time\":\"2023-11-14T22:13:20.000000Z\"}",
             drop ? "[\"buy\",\"" : "", drop ? before : "", drop ? "\",\"0\"]," : "", price,
             1 + cents % 7);
    text(out);
}

/* Enough of both classes that the first model is ready. */
static void learn(unsigned events)
{
    for (unsigned i = 0; i < events; i++)
        bid(10 + (int)(i * 7 % 50), i % 3 == 0 ? 700 : 120);
    ticks(3);
}

/* ---- rows ----------------------------------------------------------------------------------------------------------------------- */

TEST(a_prediction_is_of_the_event_that_was_scored)
{
    begin(1, CORE_EMIT_OFF);
    bid(50, 5);
    uint64_t scored = bench.next_frame - 1;
    int64_t scored_ns = bench.now_ns - TD_NS_PER_MS;
    bid(60, 100);
    CHECK_EQ_U64(rows(ROW_PREDICTIONS), 0);
    bid(70, 450);
    CHECK_EQ_U64(rows(ROW_PREDICTIONS), 1);
    int64_t known_ns = bench.now_ns - TD_NS_PER_MS;
    CHECK_EQ_U64(rows(ROW_FEATURES), 0); /* off */
    read_rows();
    const struct told *row = row_of(ROW_PREDICTIONS, 0);
    CHECK_EQ_STR(row->note, "sgd-v1");
    CHECK_EQ_U64(row->head.frame, scored);
    CHECK_EQ_I64(row->head.recv_ns, scored_ns);
    CHECK_EQ_I64(row->prediction.horizon_ms, 500);
    CHECK_EQ_I64(row->prediction.labeled_at_ns, known_ns);
    CHECK_EQ_I64(row->prediction.reason, MODEL_LABELED);
    CHECK(row->prediction.has_label && row->prediction.label == 1);
    CHECK(row->prediction.has_probability && row->prediction.probability == 0.5);
    CHECK(row->prediction.has_prediction && row->prediction.prediction == 1);
    CHECK(!row->prediction.ready && row->prediction.samples_total == 0);
    CHECK(row->prediction.mid == 100.75);
    CHECK(row->prediction.has_later && row->prediction.mid_later == 100.8);
    CHECK(row->prediction.change_pct > 0.0496 && row->prediction.change_pct < 0.0497);
}

TEST(a_tick_labels_what_no_event_does)
{
    begin(1, CORE_EMIT_OFF);
    bid(50, 5);
    ticks(1);
    read_rows();
    const struct told *row = row_of(ROW_PREDICTIONS, 0);
    CHECK_EQ_I64(row->prediction.label, 0);
    CHECK_EQ_I64(row->prediction.reason, MODEL_LABELED);
}

TEST(each_model_has_its_rows)
{
    begin(2, CORE_EMIT_SECOND);
    bid(50, 5);
    bid(60, 600);
    CHECK_EQ_U64(rows(ROW_PREDICTIONS), 1);
    bid(70, 1000);
    ticks(3);
    read_rows();
    unsigned of[2] = {0};
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_PREDICTIONS)
            of[strcmp(told[i].note, "wide") == 0]++;
    CHECK_EQ_I64(of[0], 3);
    CHECK_EQ_I64(of[1], 3);
}

TEST(a_lost_book_flushes_what_waits)
{
    begin(1, CORE_EMIT_OFF);
    bid(50, 5);
    bid(60, 5);
    step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    CHECK_EQ_U64(rows(ROW_PREDICTIONS), 2);
    ticks(2);
    read_rows();
    for (unsigned n = 0; n < 2; n++) {
        const struct told *row = row_of(ROW_PREDICTIONS, n);
        CHECK_EQ_I64(row->prediction.reason, MODEL_FLUSHED);
        CHECK(!row->prediction.has_label && !row->prediction.has_later);
        CHECK_EQ_I64(row->prediction.labeled_at_ns, 0);
        CHECK(row->prediction.has_probability);
    }
    CHECK_EQ_I64(count_rows(ROW_PREDICTIONS), 2);
}

TEST(a_start_without_a_stop_flushes_and_a_new_image_does)
{
    begin(1, CORE_EMIT_OFF);
    bid(50, 5);
    text(snapshot);
    CHECK_EQ_U64(rows(ROW_PREDICTIONS), 1);
    bid(60, 5);
    step(TD_FRAME_START, "tapedeck version 0.1.0 (build abc)\ncause=crash\n", 0);
    read_rows();
    CHECK_EQ_I64(row_of(ROW_PREDICTIONS, 0)->prediction.reason, MODEL_FLUSHED);
    CHECK_EQ_I64(row_of(ROW_PREDICTIONS, 1)->prediction.reason, MODEL_FLUSHED);
}

TEST(a_stop_leaves_nothing_waiting)
{
    begin(2, CORE_EMIT_SECOND);
    bid(50, 5);
    step(TD_FRAME_CONN_CLOSE, "stop", TD_CLOSE_BY_STOP);
    step(TD_FRAME_STOP, "", 0);
    CHECK_EQ_U64(rows(ROW_FEATURES), 1);
    CHECK_EQ_U64(rows(ROW_PREDICTIONS), 2);
    told_count = 0;
    take_cuts();
    CHECK_EQ_I64(row_of(ROW_PREDICTIONS, 0)->prediction.reason, MODEL_SHUTDOWN);
    CHECK_EQ_I64(row_of(ROW_PREDICTIONS, 1)->prediction.reason, MODEL_SHUTDOWN);
}

/* ---- what a model looks at --------------------------------------------------------------------------------------------------------- */

/* QuoteWatch's four stand ready without a row; beside a model that needs one, or where each event has one, they are taken from it. */
TEST(inputs_are_the_same_by_either_way)
{
    static double quick[200];
    for (int way = 0; way < 3; way++) {
        begin(way == 1 ? 2 : 1, way == 2 ? CORE_EMIT_EVENT : CORE_EMIT_OFF);
        learn(60);
        read_rows();
        unsigned n = 0;
        for (unsigned i = 0; i < told_count; i++) {
            if (told[i].table != ROW_PREDICTIONS || strcmp(told[i].note, "sgd-v1") != 0)
                continue;
            CHECK(told[i].prediction.has_probability);
            if (way == 0)
                quick[n] = told[i].prediction.probability;
            CHECK(told[i].prediction.probability == quick[n]);
            n++;
        }
        CHECK_EQ_I64(n, 60);
        CHECK(quick[59] != 0.5);
    }
}

TEST(an_input_that_is_null_is_not_scored_and_still_labelled)
{
    begin(2, CORE_EMIT_OFF);
    bid(50, 5); /* rv_60s needs returns */
    bid(60, 1000);
    bid(70, 600);
    read_rows();
    bool seen = false;
    for (unsigned i = 0; i < told_count; i++) {
        if (told[i].table != ROW_PREDICTIONS || strcmp(told[i].note, "wide") != 0)
            continue;
        CHECK(!told[i].prediction.has_probability && !told[i].prediction.has_prediction);
        CHECK_EQ_I64(told[i].prediction.label, 1);
        seen = true;
        break;
    }
    CHECK(seen);
}

TEST(the_state_page_is_told_of_the_first_model)
{
    begin(2, CORE_EMIT_SECOND);
    learn(60);
    struct core_book_status status = book();
    CHECK(status.has_features && status.model_count == 2);
    CHECK_EQ_STR(status.model.id, "sgd-v1");
    CHECK_EQ_I64(status.model.horizon_ms, 500);
    CHECK_EQ_U64(status.model.stats.samples_total, 60);
    CHECK(status.model.stats.ready);
    CHECK(status.model.stats.accuracy >= 0 && status.model.stats.accuracy <= 1);
    CHECK(status.model.stats.probability > 0 && status.model.stats.probability < 1);
    CHECK_EQ_U64(status.features.events, 60);
    CHECK_EQ_U64(status.feature_rows, rows(ROW_FEATURES));
    CHECK_EQ_U64(status.predictions, rows(ROW_PREDICTIONS));
}

/* ---- weights from outside ---------------------------------------------------------------------------------------------------------- */

static char weights[8192];

/* Those of a model that has learned, as a frame's payload for `address`. */
static size_t make_weights(const char *address)
{
    begin(1, CORE_EMIT_OFF);
    learn(40);
    int head = snprintf(weights, sizeof weights, "%s\n", address);
    int bytes = model_weights_text(bench.core->instrument[0].model[0], weights + head,
                                   sizeof weights - (size_t)head);
    CHECK(bytes > 0);
    weights[head + bytes] = '\0';
    return (size_t)head + (size_t)bytes;
}

static const double *weight_now(void)
{
    static double now[MODEL_INPUTS_MAX];
    struct core_book_status status = book();
    memcpy(now, status.model.stats.weight, sizeof now);
    return now;
}

TEST(weights_are_taken_between_two_frames)
{
    double given[4];
    make_weights("* * sgd-v1");
    memcpy(given, weight_now(), sizeof given);
    begin(1, CORE_EMIT_OFF);
    learn(10);
    struct model_stats before = book().model.stats;
    CHECK(before.weight[0] != given[0]);
    step(TD_FRAME_WEIGHTS, weights, 0);
    for (unsigned i = 0; i < 4; i++)
        CHECK(weight_now()[i] == given[i]);
    CHECK_EQ_U64(book().model.stats.samples_total, before.samples_total); /* counts stay */
}

/* A start sends those of its file each time: what was learned since must not be lost by it. */
TEST(the_same_weights_are_taken_once)
{
    make_weights("coinbase BTC-USD sgd-v1");
    begin(1, CORE_EMIT_OFF);
    step(TD_FRAME_WEIGHTS, weights, 0);
    double given = weight_now()[0];
    learn(10);
    double learned = weight_now()[0];
    CHECK(learned != given);
    step(TD_FRAME_WEIGHTS, weights, 0);
    CHECK(weight_now()[0] == learned);
}

static void check_refused(const char *payload)
{
    double before = weight_now()[0];
    step(TD_FRAME_WEIGHTS, payload, 0);
    CHECK(weight_now()[0] == before);
}

TEST(weights_that_are_not_meant_or_not_whole_change_nothing)
{
    static char other[8192];
    td_log_setup(2, TD_LOG_OFF, NULL);
    make_weights("* * sgd-v1");
    begin(1, CORE_EMIT_OFF);
    const char *body = strchr(weights, '\n');
    static const char *const addresses[] = {
        "kraken * sgd-v1", "* ETH-USD sgd-v1", "* * other", "* *", "* * sgd-v1 more", "", " * *",
        "*  sgd-v1"};
    for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        snprintf(other, sizeof other, "%s%s", addresses[i], body);
        check_refused(other);
    }
    check_refused("* * sgd-v1");
    check_refused("");
    uint64_t refused = td_metric_get(TD_M_weights_refused);
    memcpy(other, weights, sizeof other);
    char *digit = strstr(other, "c = ") + 4;
    digit += *digit == '-';
    *digit = *digit == '9' ? '8' : '9'; /* the sum no longer holds */
    check_refused(other);
    CHECK_EQ_U64(td_metric_get(TD_M_weights_refused), refused + 1);
    step(TD_FRAME_WEIGHTS, weights, 0);
    CHECK(weight_now()[0] != 0);
}
