/* ns per event of one model: scored only, and scored with one label and one training step an event, as a busy book has it; then each step on
   its own. The fastest of the rounds counts: what else runs on the machine can only slow one down. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "feed.h"
#include "model/model.h"
#include "model/scaler.h"
#include "model/sgd.h"

enum { EVENTS = 200000, ROUNDS = 7, INPUTS = 16 };

static double input[EVENTS][INPUTS];
static double mid[EVENTS];
static double sum; /* looked at in the end, so that nothing is left out */

static void make_events(void)
{
    uint64_t state = 1;
    double at = 98000;
    for (int i = 0; i < EVENTS; i++) {
        for (int k = 0; k < INPUTS; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            input[i][k] = (double)(state >> 40) / 1e5;
        }
        at += (double)(state >> 60) - 7.5;
        mid[i] = at;
    }
}

static void count_row(void *arg, const struct prediction *row)
{
    (void)arg;
    sum += row->probability;
}

/* gap_ns between events; a flush every `waiting` of them when no label is to come. */
static double events_ns(struct model *model, int64_t gap_ns, int flush_every)
{
    int64_t now = 1700000000000000000;
    model_clear(model);
    double start = bench_seconds();
    for (int i = 0; i < EVENTS; i++) {
        struct model_event event = {.frame = (uint64_t)i, .recv_ns = now += gap_ns};
        model_event(model, &event, mid[i], input[i], count_row, NULL);
        if (flush_every && i % flush_every == flush_every - 1)
            model_flush(model, MODEL_FLUSHED, count_row, NULL);
    }
    return (bench_seconds() - start) * 1e9 / EVENTS;
}

static double score_ns(uint32_t count)
{
    struct scaler scaler;
    struct sgd sgd = {.w = {0.1, -0.2}};
    double z[INPUTS];
    scaler_clear(&scaler);
    scaler_add(&scaler, input[0], count);
    scaler_add(&scaler, input[1], count);
    double start = bench_seconds();
    for (int i = 0; i < EVENTS; i++) {
        scaler_apply(&scaler, input[i], count, z);
        sum += sigmoid(sgd_margin(&sgd, z, count));
    }
    return (bench_seconds() - start) * 1e9 / EVENTS;
}

static double step_ns(uint32_t count)
{
    struct scaler scaler;
    struct sgd sgd = {0};
    double z[INPUTS];
    scaler_clear(&scaler);
    double start = bench_seconds();
    for (int i = 0; i < EVENTS; i++) {
        scaler_add(&scaler, input[i], count);
        scaler_apply(&scaler, input[i], count, z);
        sgd_step(&sgd, z, count, mid[i] > 98000, 0.01, 0.0001);
    }
    sum += sgd.c;
    return (bench_seconds() - start) * 1e9 / EVENTS;
}

static void keep_least(double *best, double ns)
{
    *best = *best == 0 || ns < *best ? ns : *best;
}

static void measure(uint32_t inputs)
{
    struct model_params params = model_defaults();
    params.input_count = inputs;
    size_t bytes = model_footprint(&params);
    struct model *model = model_init(aligned_alloc(16, bytes), &params);
    double scored = 0, trained = 0, score = 0, step = 0;
    for (int round = 0; round < ROUNDS; round++) {
        keep_least(&scored, events_ns(model, 1000, 500));
        keep_least(&trained, events_ns(model, 1000000, 0));
        keep_least(&score, score_ns(inputs));
        keep_least(&step, step_ns(inputs));
    }
    char name[16];
    snprintf(name, sizeof name, "inputs_%u", inputs);
    bench_figure("model", name, "scored", scored, "ns");
    bench_figure("model", name, "trained", trained, "ns");
    bench_figure("model", name, "memory", (double)bytes, "B");
    printf("%2u inputs  event scored %6.1f ns  scored, labelled and trained %6.1f ns  (score alone "
           "%5.1f ns, training step alone %5.1f ns)  "
           "%zu bytes, state at most %zu\n",
           inputs, scored, trained, score, step, bytes, model_state_bytes(&params));
    free(model);
}

int main(void)
{
    make_events();
    measure(4);
    measure(8);
    measure(16);
    printf("sum %g\n", sum);
    return 0;
}
