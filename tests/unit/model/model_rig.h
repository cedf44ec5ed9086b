/* A model on its own memory, and the rows it gave out. */
#ifndef TEST_MODEL_RIG_H
#define TEST_MODEL_RIG_H

#include <math.h>
#include <stdlib.h>

#include "model/model.h"
#include "test.h"

enum { RIG_ROWS = 300000 };

struct rig {
    struct model *model;
    struct prediction *row;
    size_t rows;
    uint64_t frame; /* of the last event */
};

static inline void rig_row(void *arg, const struct prediction *prediction)
{
    struct rig *rig = arg;
    CHECK(rig->rows < RIG_ROWS);
    rig->row[rig->rows++] = *prediction;
}

static inline struct rig rig_open(const struct model_params *params)
{
    /* Just as large as stated and full of rubbish: what is written past the end or read before it is written shows. */
    size_t bytes = model_footprint(params);
    void *mem = aligned_alloc(16, bytes);
    CHECK(mem != NULL && bytes % 16 == 0);
    memset(mem, 0xa5, bytes);
    return (struct rig){.model = model_init(mem, params),
                        .row = malloc(RIG_ROWS * sizeof(struct prediction))};
}

static inline void rig_close(struct rig *rig)
{
    free(rig->model);
    free(rig->row);
}

static const int64_t RIG_START_NS = 1700000000000000000;

static inline int64_t rig_ns(double ms)
{
    return RIG_START_NS + (int64_t)llround(ms * 1e6);
}

static inline void rig_event_of(struct rig *rig, double ms, double mid, const double *inputs)
{
    struct model_event event = {.frame = ++rig->frame,
                                .recv_ns = rig_ns(ms),
                                .event_ns = rig_ns(ms) - 5000000,
                                .seq = (int64_t)rig->frame * 10,
                                .conn = 3,
                                .has_seq = 1};
    model_event(rig->model, &event, mid, inputs, rig_row, rig);
}

static inline void rig_event(struct rig *rig, double ms, double mid)
{
    static const double inputs[MODEL_INPUTS_MAX] = {1, 0.5, 20, 3};
    rig_event_of(rig, ms, mid, inputs);
}

static inline void rig_tick(struct rig *rig, double ms)
{
    model_tick(rig->model, rig_ns(ms), rig_row, rig);
}

static inline void rig_flush(struct rig *rig, enum model_reason why)
{
    model_flush(rig->model, why, rig_row, rig);
}

static inline uint64_t rig_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* -1..1 */
static inline double rig_uniform(uint64_t *state)
{
    return (double)rig_random(state) / (double)(1 << 30) - 1;
}

/* The next event of a made-up market: bursts and pauses, a mid that often stands still, inputs that tell something of what comes, now and
   then one missing. */
struct rig_market {
    uint64_t random;
    double ms, mid;
};
static inline void rig_market_event(struct rig *rig, struct rig_market *market)
{
    uint64_t *random = &market->random;
    market->ms += rig_random(random) % 50 ? (double)(rig_random(random) % 40) : 3000;
    if (rig_random(random) % 3 == 0)
        market->mid += (double)(rig_random(random) % 11) - 5;
    double inputs[4] = {fabs(rig_uniform(random)) * 3, rig_uniform(random),
                        50 + 10 * rig_uniform(random), market->mid / 1e4};
    if (rig_random(random) % 97 == 0)
        inputs[rig_random(random) % 4] = NAN;
    if (rig_random(random) % 31 == 0)
        rig_tick(rig, market->ms);
    if (rig_random(random) % 4001 == 0)
        rig_flush(rig, MODEL_FLUSHED);
    rig_event_of(rig, market->ms, market->mid, inputs);
}

static inline void rig_same_row(const struct prediction *a, const struct prediction *b)
{
    CHECK_EQ_U64(a->event.frame, b->event.frame);
    CHECK_EQ_I64(a->event.recv_ns, b->event.recv_ns);
    CHECK_EQ_I64(a->event.event_ns, b->event.event_ns);
    CHECK_EQ_I64(a->event.seq, b->event.seq);
    CHECK(a->event.conn == b->event.conn && a->event.origin == b->event.origin &&
          a->event.has_seq == b->event.has_seq);
    CHECK_EQ_STR(a->model_id, b->model_id);
    CHECK(a->horizon_ms == b->horizon_ms && a->prediction == b->prediction &&
          a->label == b->label && a->ready == b->ready && a->reason == b->reason);
    CHECK_EQ_F64(a->probability, b->probability);
    CHECK_EQ_F64(a->mid, b->mid);
    CHECK_EQ_F64(a->mid_later, b->mid_later);
    CHECK_EQ_F64(a->change_pct, b->change_pct);
    CHECK_EQ_I64(a->labeled_at_ns, b->labeled_at_ns);
    CHECK_EQ_U64(a->samples_total, b->samples_total);
}

#endif
