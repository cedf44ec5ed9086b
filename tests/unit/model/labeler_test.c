/* Labels through the model's door: which sample gets which price, when, and why not. */
#include "model_rig.h"

static struct rig open_with(void (*set)(struct model_params *))
{
    struct model_params params = model_defaults();
    if (set != NULL)
        set(&params);
    return rig_open(&params);
}

TEST(label_is_the_mid_in_force_at_the_horizon)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 0, 100);
    rig_event(&rig, 400, 101);
    rig_event(&rig, 500,
              102); /* at t + horizon: still in force there, not yet known to be the last */
    CHECK_EQ_U64(rig.rows, 0);
    rig_event(&rig, 501, 103);
    CHECK_EQ_U64(rig.rows, 1);
    const struct prediction *row = &rig.row[0];
    CHECK_EQ_U64(row->event.frame, 1);
    CHECK_EQ_I64(row->event.recv_ns, rig_ns(0));
    CHECK_EQ_I64(row->event.event_ns, rig_ns(-5));
    CHECK_EQ_I64(row->event.seq, 10);
    CHECK_EQ_I64(row->reason, MODEL_LABELED);
    CHECK_EQ_F64(row->mid, 100);
    CHECK_EQ_F64(row->mid_later, 102);
    CHECK_NEAR_F64(row->change_pct, 2, 1e-12);
    CHECK_EQ_I64(row->label, 1);
    CHECK_EQ_I64(row->labeled_at_ns, rig_ns(501));
    rig_close(&rig);
}

TEST(a_late_event_does_not_lend_its_price)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 0, 100);
    rig_event(&rig, 1700, 150);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK_EQ_F64(rig.row[0].mid_later, 100);
    CHECK_EQ_I64(rig.row[0].label, 0);
    CHECK_EQ_I64(rig.row[0].labeled_at_ns, rig_ns(1700));
    rig_close(&rig);
}

TEST(burst_all_due_are_drained_at_once)
{
    struct rig rig = open_with(NULL);
    for (int i = 0; i < 800; i++)
        rig_event(&rig, i * 0.01, 100 + i);
    CHECK_EQ_U64(rig.rows, 0);
    rig_event(&rig, 600, 5);
    CHECK_EQ_U64(rig.rows, 800);
    for (size_t i = 0; i < 800; i++) {
        CHECK_EQ_U64(rig.row[i].event.frame, i + 1);
        CHECK_EQ_F64(rig.row[i].mid_later, 899);
        CHECK_EQ_U64(rig.row[i].samples_total, i);
    }
    CHECK_EQ_U64(model_stats(rig.model).waiting, 1);
    rig_close(&rig);
}

TEST(ticks_label_through_silence)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 0, 100);
    rig_event(&rig, 300, 100.5);
    rig_tick(&rig, 500);
    CHECK_EQ_U64(rig.rows, 0);
    rig_tick(&rig, 700);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK_EQ_F64(rig.row[0].mid_later, 100.5);
    CHECK_EQ_I64(rig.row[0].labeled_at_ns, rig_ns(700));
    rig_tick(&rig, 800);
    CHECK_EQ_U64(rig.rows, 1);
    rig_tick(&rig, 800.000001);
    CHECK_EQ_U64(rig.rows, 2);
    CHECK_EQ_I64(rig.row[1].labeled_at_ns, rig_ns(800.000001));
    rig_tick(&rig, 9000);
    CHECK_EQ_U64(rig.rows, 2);
    rig_close(&rig);
}

TEST(tie_at_tau_is_no_change)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 0, 10000);
    rig_event(&rig, 100, 10001);   /* 0.0001, just tau */
    rig_event(&rig, 550, 10000);   /* takes the first's label from 10001 */
    rig_event(&rig, 560, 10001.1); /* in force at 600: below */
    rig_event(&rig, 1200, 1);
    CHECK_EQ_U64(rig.rows, 4);
    CHECK_EQ_F64(rig.row[0].mid_later, 10001);
    CHECK_EQ_I64(rig.row[0].label, 0);
    CHECK_EQ_F64(rig.row[1].mid_later, 10001.1);
    CHECK_EQ_I64(rig.row[1].label, 0);
    CHECK_EQ_F64(rig.row[2].mid_later, 10001.1);
    CHECK_EQ_I64(rig.row[2].label, 1);
    rig_close(&rig);
}

/* Prices of two decimals: ties whose doubles are not quite ties, and the nearest changes that are none. */
TEST(ties_of_decimal_prices_are_ties)
{
    struct model_params params = model_defaults();
    params.ring = 10;
    struct rig rig = rig_open(&params);
    size_t beside = 0;
    for (int k = 1; k < 2000; k++)
        for (int off = -1; off <= 1; off++) {
            double ms = k * 10000.0 + off * 2000.0;
            double mid =
                k * 5000 / 100.0; /* 10,000 half cents: one half cent is a ten-thousandth */
            double later = (k * 10000 + k + off) / 200.0;
            rig.rows = 0;
            rig_event(&rig, ms, mid);
            rig_event(&rig, ms + 10, later);
            rig_tick(&rig, ms + 501);
            CHECK_EQ_U64(rig.rows, 1);
            CHECK_EQ_I64(rig.row[0].label, off > 0);
            beside += off == 0 && (later - mid) / mid > 0.0001;
            rig_tick(&rig, ms + 1001);
        }
    CHECK(beside > 100);
    rig_close(&rig);
}

TEST(a_fall_is_a_change_too)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 0, 200);
    rig_event(&rig, 10, 199);
    rig_tick(&rig, 505);
    CHECK_EQ_I64(rig.row[0].label, 1);
    CHECK_NEAR_F64(rig.row[0].change_pct, 0.5, 1e-12);
    rig_close(&rig);
}

TEST(mid_of_zero_has_no_change)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 0, 0);
    rig_event(&rig, 10, 7);
    rig_tick(&rig, 505);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK_EQ_I64(rig.row[0].label, 0);
    CHECK_EQ_F64(rig.row[0].change_pct, 0);
    CHECK_EQ_F64(rig.row[0].mid_later, 7);
    rig_close(&rig);
}

static void five_seconds(struct model_params *params)
{
    params->horizon_ms = 5000;
}

TEST(stale_when_no_update_lies_near_the_horizon)
{
    struct rig rig = open_with(five_seconds);
    rig_event(&rig, 0, 100);
    rig_event(&rig, 3000, 101); /* at t + H - G: just outside */
    rig_event(&rig, 9000, 102);
    CHECK_EQ_U64(rig.rows, 2);
    CHECK_EQ_I64(rig.row[0].reason, MODEL_STALE);
    CHECK_EQ_I64(rig.row[0].label, -1);
    CHECK_EQ_I64(rig.row[0].labeled_at_ns, 0);
    CHECK(isnan(rig.row[0].mid_later) && isnan(rig.row[0].change_pct));
    CHECK_EQ_I64(rig.row[0].prediction, 1);
    CHECK_EQ_I64(rig.row[1].reason, MODEL_STALE); /* 3000's own: nothing after it until 9000 */
    CHECK_EQ_U64(model_stats(rig.model).stale, 2);
    CHECK_EQ_U64(model_stats(rig.model).samples_total, 0);
    rig_close(&rig);
}

TEST(not_stale_just_inside)
{
    struct rig rig = open_with(five_seconds);
    rig_event(&rig, 0, 100);
    rig_event(&rig, 3000.000001, 101);
    rig_tick(&rig, 5001);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK_EQ_I64(rig.row[0].reason, MODEL_LABELED);
    CHECK_EQ_F64(rig.row[0].mid_later, 101);
    rig_close(&rig);
}

/* With a horizon below G the sample itself is near enough. */
TEST(short_horizons_are_never_stale)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 0, 100);
    rig_tick(&rig, 3600e3);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK_EQ_I64(rig.row[0].reason, MODEL_LABELED);
    rig_close(&rig);
}

static void ring_of_three(struct model_params *params)
{
    params->ring = 3;
}

TEST(the_oldest_is_evicted_when_the_ring_is_full)
{
    struct rig rig = open_with(ring_of_three);
    for (int i = 0; i < 5; i++)
        rig_event(&rig, i, 100 + i);
    CHECK_EQ_U64(rig.rows, 2);
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ_U64(rig.row[i].event.frame, i + 1);
        CHECK_EQ_I64(rig.row[i].reason, MODEL_EVICTED);
        CHECK_EQ_I64(rig.row[i].label, -1);
        CHECK(isnan(rig.row[i].mid_later));
    }
    rig_tick(&rig, 600);
    CHECK_EQ_U64(rig.rows, 5);
    CHECK_EQ_U64(rig.row[2].event.frame, 3);
    CHECK_EQ_I64(rig.row[2].reason, MODEL_LABELED);
    CHECK_EQ_U64(model_stats(rig.model).evicted, 2);
    rig_close(&rig);
}

TEST(flush_gives_every_waiting_sample_out_unlabelled)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 0, 100);
    rig_event(&rig, 1, 101);
    rig_flush(&rig, MODEL_FLUSHED);
    CHECK_EQ_U64(rig.rows, 2);
    rig_tick(&rig, 5000); /* nothing comes twice, and nothing is labelled over the gap */
    CHECK_EQ_U64(rig.rows, 2);
    rig_event(&rig, 6000, 300);
    rig_flush(&rig, MODEL_SHUTDOWN);
    CHECK_EQ_U64(rig.rows, 3);
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQ_I64(rig.row[i].reason, i < 2 ? MODEL_FLUSHED : MODEL_SHUTDOWN);
        CHECK_EQ_I64(rig.row[i].label, -1);
        CHECK_EQ_I64(rig.row[i].labeled_at_ns, 0);
        CHECK_EQ_I64(rig.row[i].prediction, 1);
        CHECK_EQ_F64(rig.row[i].probability, 0.5);
    }
    CHECK_EQ_U64(model_stats(rig.model).samples_total, 0);
    rig_close(&rig);
}

TEST(clocks_that_step_back_stand_still)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 1000, 100);
    rig_event(&rig, 400, 101); /* counts as 1000 */
    rig_tick(&rig, 200);
    CHECK_EQ_U64(rig.rows, 0);
    rig_tick(&rig, 1500);
    CHECK_EQ_U64(rig.rows, 0);
    rig_tick(&rig, 1501);
    CHECK_EQ_U64(rig.rows, 2);
    CHECK_EQ_F64(rig.row[0].mid_later, 101);
    CHECK_EQ_I64(rig.row[1].event.recv_ns, rig_ns(400)); /* the head keeps what the clock said */
    CHECK_EQ_I64(rig.row[1].labeled_at_ns, rig_ns(1501));
    rig_close(&rig);
}

/* By an hour: labels are known again half a second later, not an hour. */
TEST(a_clock_that_is_set_back_begins_anew)
{
    struct rig rig = open_with(NULL);
    rig_event(&rig, 3600000, 100);
    rig_tick(&rig, 3598000); /* as far back as is borne */
    CHECK_EQ_U64(rig.rows, 0);
    rig_tick(&rig, 3597999);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK_EQ_I64(rig.row[0].reason, MODEL_FLUSHED);
    rig_event(&rig, 3598100, 101);
    rig_event(&rig, 1000, 102);
    CHECK_EQ_U64(rig.rows, 2);
    CHECK_EQ_I64(rig.row[1].reason, MODEL_FLUSHED);
    rig_tick(&rig, 1501);
    CHECK_EQ_U64(rig.rows, 3);
    CHECK_EQ_I64(rig.row[2].reason, MODEL_LABELED);
    CHECK_EQ_F64(rig.row[2].mid_later, 102);
    CHECK_EQ_I64(rig.row[2].labeled_at_ns, rig_ns(1501));
    rig_close(&rig);
}

TEST(absurd_times_do_no_harm)
{
    struct rig rig = open_with(NULL);
    static const double inputs[4] = {1, 2, 3, 4};
    struct model_event early = {.recv_ns = INT64_MIN}, late = {.recv_ns = INT64_MAX};
    model_event(rig.model, &early, 100, inputs, rig_row, &rig);
    model_event(rig.model, &late, 101, inputs, rig_row, &rig);
    model_event(rig.model, &late, 102, inputs, rig_row, &rig);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK_EQ_F64(rig.row[0].mid_later, 100);
    rig_flush(&rig, MODEL_FLUSHED);
    CHECK_EQ_U64(rig.rows, 3);
    rig_close(&rig);
}

/* ---- compat = quotewatch ---------------------------------------------------------------------------------------------------------- */

static void compat(struct model_params *params)
{
    params->compat_quotewatch = true;
    params->ring = 50;
}

/* The rule again as it reads: a list, a look at its head after each add. */
struct plain {
    struct {
        int64_t ns;
        int tenths; /* mid */
        uint64_t frame;
    } list[64];
    int count;
};

static void plain_pop(struct plain *plain)
{
    memmove(&plain->list[0], &plain->list[1], sizeof plain->list[0] * (size_t)--plain->count);
}

TEST(compat_pops_at_most_one_and_uses_the_newest_mid)
{
    struct rig rig = open_with(compat);
    struct plain plain = {0};
    uint64_t random = 7;
    double ms = 0;
    int tenths = 10000;
    size_t evicted = 0, popped = 0;
    for (uint64_t frame = 1; frame <= 20000; frame++) {
        ms += (double)(rig_random(&random) % (frame % 1000 < 900 ? 40 : 3));
        tenths += (int)(rig_random(&random) % 3) - 1;
        size_t before = rig.rows;
        rig_tick(&rig, ms);
        CHECK_EQ_U64(rig.rows, before);
        rig_event(&rig, ms, tenths / 10.0);
        if (plain.count == 50) {
            CHECK_EQ_I64(rig.row[before].reason, MODEL_EVICTED);
            CHECK_EQ_U64(rig.row[before++].event.frame, plain.list[0].frame);
            plain_pop(&plain);
            evicted++;
        }
        plain.list[plain.count].ns = rig_ns(ms);
        plain.list[plain.count].tenths = tenths;
        plain.list[plain.count++].frame = frame;
        if (rig_ns(ms) - plain.list[0].ns >= 500000000) {
            const struct prediction *row = &rig.row[before++];
            int was = plain.list[0].tenths;
            CHECK_EQ_U64(row->event.frame, plain.list[0].frame);
            CHECK_EQ_I64(row->reason, MODEL_LABELED);
            CHECK_EQ_F64(row->mid_later, tenths / 10.0);
            CHECK_EQ_I64(row->label, abs(tenths - was) * 10000 > was);
            plain_pop(&plain);
            popped++;
        }
        CHECK_EQ_U64(rig.rows, before);
    }
    CHECK(evicted > 100 && popped > 10000);
    rig_close(&rig);
}

TEST(compat_is_due_at_the_horizon_itself_and_keeps_a_backlog)
{
    struct rig rig = open_with(compat);
    rig_event(&rig, 0, 100);
    rig_event(&rig, 1, 100);
    rig_event(&rig, 2, 100);
    rig_event(&rig, 499.999999, 101);
    CHECK_EQ_U64(rig.rows, 0);
    rig_event(&rig, 500, 102);
    CHECK_EQ_U64(rig.rows, 1);
    CHECK_EQ_F64(rig.row[0].mid_later, 102);
    rig_event(&rig, 60000, 103);
    CHECK_EQ_U64(rig.rows, 2);
    CHECK_EQ_F64(rig.row[1].mid_later, 103);
    CHECK_EQ_U64(model_stats(rig.model).waiting, 4);
    rig_close(&rig);
}
