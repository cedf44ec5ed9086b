#include "model_rig.h"

/* One sample to learn from: an event, the mid that labels it, and a tick behind its horizon. */
static void feed(struct rig *rig, int step, const double *inputs, int label)
{
    static const double none[4] = {NAN, NAN, NAN, NAN};
    double ms = step * 1000.0;
    rig_event_of(rig, ms, 100, inputs);
    rig_event_of(rig, ms + 100, label ? 101 : 100, none);
    rig_tick(rig, ms + 501);
}

TEST(untrained_says_one_half_and_one)
{
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    CHECK(isnan(model_stats(rig.model).probability));
    rig_event(&rig, 0, 100);
    CHECK_EQ_F64(model_stats(rig.model).probability, 0.5);
    rig_tick(&rig, 600);
    CHECK_EQ_F64(rig.row[0].probability, 0.5);
    CHECK_EQ_I64(rig.row[0].prediction, 1);
    CHECK_EQ_I64(rig.row[0].label, 0);
    CHECK(!rig.row[0].ready);
    CHECK_EQ_U64(rig.row[0].samples_total, 0);
    CHECK_EQ_STR(rig.row[0].model_id, "sgd-v1");
    CHECK_EQ_I64(rig.row[0].horizon_ms, 500);
    rig_close(&rig);
}

/* Ten untrained guesses are wrong when nothing changes, and that counts. */
TEST(guesses_of_the_untrained_count)
{
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    for (int i = 0; i < 9; i++)
        rig_event(&rig, i, 100);
    rig_tick(&rig, 501);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK(isnan(model_stats(rig.model).accuracy));
    rig_event(&rig, 502, 100);
    rig_tick(&rig, 509);
    CHECK_EQ_U64(rig.rows, 9);
    CHECK(isnan(model_stats(rig.model).accuracy));
    rig_tick(&rig, 1100);
    CHECK_EQ_U64(rig.rows, 10);
    CHECK_EQ_F64(model_stats(rig.model).accuracy,
                 0.1); /* the tenth was scored after a label came */
    CHECK_EQ_F64(model_stats(rig.model).base_rate, 1);
    rig_close(&rig);
}

/* Order X6: the event is scored before the labels that it brings are learned from. */
TEST(scored_before_trained)
{
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    rig_event(&rig, 0, 100);
    rig_event(&rig, 501, 100);
    CHECK_EQ_U64(model_stats(rig.model).samples_total, 1);
    CHECK_EQ_F64(model_stats(rig.model).probability, 0.5);
    rig_event(&rig, 502, 100);
    CHECK_NEAR_F64(model_stats(rig.model).probability, 1 / (1 + exp(0.005)), 1e-15);
    rig_close(&rig);
}

TEST(only_the_intercept_moves_on_the_first_sample)
{
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    rig_event(&rig, 0, 100);
    rig_tick(&rig, 501);
    struct model_stats stats = model_stats(rig.model);
    for (int i = 0; i < 4; i++)
        CHECK_EQ_F64(stats.weight[i], 0);
    CHECK_EQ_F64(stats.intercept, -0.005);
    rig_close(&rig);
}

TEST(ready_at_the_hundredth_of_the_rarer_class)
{
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    uint64_t random = 4;
    int step = 0;
    for (; step < 199;
         step++) { /* with the events between: 100 changes less one, and more of the other */
        double inputs[4] = {rig_uniform(&random), rig_uniform(&random), 1, 2};
        feed(&rig, step, inputs, step < 99);
    }
    struct model_stats stats = model_stats(rig.model);
    CHECK_EQ_U64(stats.samples_change, 99);
    CHECK_EQ_U64(stats.samples_no_change, 100);
    CHECK_EQ_U64(stats.samples_total, 199);
    CHECK(!stats.ready);
    CHECK_EQ_F64(stats.ready_pct, 99);
    double inputs[4] = {1, 2, 3, 4};
    feed(&rig, step, inputs, 1);
    stats = model_stats(rig.model);
    CHECK_EQ_U64(stats.samples_change, 100);
    CHECK(stats.ready);
    CHECK_EQ_F64(stats.ready_pct, 100);
    CHECK(!rig.row[rig.rows - 1].ready); /* not yet when it was scored */
    feed(&rig, step + 1, inputs, 1);
    feed(&rig, step + 2, inputs, 1);
    CHECK(rig.row[rig.rows - 1].ready);
    CHECK_EQ_F64(model_stats(rig.model).ready_pct, 100);
    rig_close(&rig);
}

TEST(a_missing_input_is_neither_scored_nor_learned_but_labelled)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1e300};
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    for (int i = 0; i < 4; i++)
        for (int place = 0; place < 4; place++) {
            double inputs[4] = {1, 2, 3, 4};
            inputs[place] = bad[i];
            rig_event_of(&rig, (i * 4 + place) * 1000.0, i % 2 ? 100 : 101, inputs);
        }
    rig_tick(&rig, 60e3);
    CHECK_EQ_U64(rig.rows, 16);
    for (size_t i = 0; i < 16; i++) {
        CHECK_EQ_I64(rig.row[i].prediction, -1);
        CHECK(isnan(rig.row[i].probability));
        CHECK_EQ_I64(rig.row[i].label, 0);
        CHECK_EQ_I64(rig.row[i].reason, MODEL_LABELED);
    }
    struct model_stats stats = model_stats(rig.model);
    CHECK_EQ_U64(stats.samples_total, 0);
    CHECK(isnan(stats.accuracy) && isnan(stats.probability));
    rig_close(&rig);
}

/* Sure of itself up to the last bit: the probability is 0.0, and stays that. */
TEST(a_probability_of_zero_stays_zero)
{
    struct model_params params = model_defaults();
    params.input_count = 1;
    params.eta = 100;
    struct rig rig = rig_open(&params);
    double low[4] = {0, 0, 0, 0}, high[4] = {1, 0, 0, 0}, far[4] = {1e6, 0, 0, 0};
    for (int step = 0; step < 40; step++)
        feed(&rig, step, step % 2 ? high : low, step % 2 == 0);
    rig_event_of(&rig, 1e6, 100, far);
    rig_tick(&rig, 1e6 + 501);
    const struct prediction *row = &rig.row[rig.rows - 1];
    CHECK_EQ_F64(row->probability, 0.0);
    CHECK_EQ_I64(row->prediction, 0);
    CHECK_EQ_I64(row->label, 0);
    CHECK_EQ_F64(model_stats(rig.model).probability, 0.0);
    rig_close(&rig);
}

/* Every input at the end of what counts as one, for long: all that comes out is finite or null. */
TEST(nothing_becomes_infinite)
{
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    uint64_t random = 21;
    static const double ends[] = {1e70, -1e70, 0, 1e-300, -1e-300, 5e-324, 1, 1e70};
    for (int step = 0; step < 3000; step++) {
        double inputs[4];
        for (int i = 0; i < 4; i++)
            inputs[i] = ends[rig_random(&random) % (step < 1500 ? 8 : 6)];
        feed(&rig, step, inputs, (int)(rig_random(&random) % 2));
    }
    for (size_t i = 0; i < rig.rows; i++)
        CHECK(rig.row[i].prediction < 0 ||
              (rig.row[i].probability >= 0 && rig.row[i].probability <= 1));
    struct model_stats stats = model_stats(rig.model);
    for (int i = 0; i < 4; i++)
        CHECK(isfinite(stats.weight[i]));
    CHECK(isfinite(stats.intercept) && isfinite(stats.brier));
    rig_close(&rig);
}

TEST(one_row_a_sample_in_order)
{
    struct model_params params = model_defaults();
    params.ring = 60;
    struct rig rig = rig_open(&params);
    struct rig_market market = {.random = 2, .mid = 1000};
    int reasons[MODEL_REASONS] = {0};
    for (int i = 0; i < 100000; i++)
        rig_market_event(&rig, &market);
    rig_flush(&rig, MODEL_SHUTDOWN);
    CHECK_EQ_U64(rig.rows, 100000);
    for (size_t i = 0; i < rig.rows; i++) {
        CHECK_EQ_U64(rig.row[i].event.frame, i + 1);
        CHECK((rig.row[i].label >= 0) == (rig.row[i].reason == MODEL_LABELED));
        CHECK((rig.row[i].label >= 0) == (rig.row[i].labeled_at_ns != 0));
        CHECK((rig.row[i].prediction < 0) == isnan(rig.row[i].probability));
        reasons[rig.row[i].reason]++;
    }
    CHECK(reasons[MODEL_LABELED] > 90000 && reasons[MODEL_FLUSHED] > 0 &&
          reasons[MODEL_SHUTDOWN] > 0);
    rig_close(&rig);
}

static struct rig alone(const struct model_params *params)
{
    struct rig rig = rig_open(params);
    struct rig_market market = {.random = 8, .mid = 1000};
    for (int i = 0; i < 20000; i++)
        rig_market_event(&rig, &market);
    return rig;
}

TEST(two_side_by_side_are_two_runs)
{
    struct model_params a = model_defaults(), b = model_defaults();
    memcpy(b.id, "other", 6);
    b.horizon_ms = 100;
    b.input_count = 2;
    struct rig first = alone(&a), second = alone(&b);
    struct rig both[2] = {rig_open(&a), rig_open(&b)};
    struct rig_market market[2] = {{.random = 8, .mid = 1000}, {.random = 8, .mid = 1000}};
    for (int i = 0; i < 20000; i++)
        for (int k = 0; k < 2; k++)
            rig_market_event(&both[k], &market[k]);
    CHECK_EQ_U64(both[0].rows, first.rows);
    CHECK_EQ_U64(both[1].rows, second.rows);
    for (size_t i = 0; i < first.rows; i++)
        rig_same_row(&both[0].row[i], &first.row[i]);
    for (size_t i = 0; i < second.rows; i++)
        rig_same_row(&both[1].row[i], &second.row[i]);
    CHECK_EQ_STR(second.row[0].model_id, "other");
    for (int k = 0; k < 2; k++)
        rig_close(&both[k]);
    rig_close(&first);
    rig_close(&second);
}

TEST(cleared_is_as_new)
{
    struct model_params params = model_defaults();
    struct rig fresh = alone(&params), used = alone(&params);
    model_clear(used.model);
    used.rows = used.frame = 0;
    struct rig_market market = {.random = 8, .mid = 1000};
    for (int i = 0; i < 20000; i++)
        rig_market_event(&used, &market);
    CHECK_EQ_U64(used.rows, fresh.rows);
    for (size_t i = 0; i < used.rows; i++)
        rig_same_row(&used.row[i], &fresh.row[i]);
    rig_close(&fresh);
    rig_close(&used);
}

/* It finds what there is to be found: changes follow a high first input. */
TEST(learns)
{
    struct model_params params = model_defaults();
    struct rig rig = rig_open(&params);
    uint64_t random = 77;
    for (int step = 0; step < 20000; step++) {
        double inputs[4] = {rig_uniform(&random), rig_uniform(&random), 30, rig_uniform(&random)};
        feed(&rig, step, inputs, inputs[0] > 0.2);
    }
    struct model_stats stats = model_stats(rig.model);
    CHECK(stats.weight[0] > 0.3 && fabs(stats.weight[1]) < 0.1);
    CHECK(stats.accuracy > stats.base_rate && stats.brier < 0.25);
    rig_close(&rig);
}
