#include "model/model.h"

#include <math.h>
#include <string.h>

#include "model/model_parts.h"

struct model_params model_defaults(void)
{
    return (struct model_params){
        .id = "sgd-v1",
        .horizon_ms = 500,
        .input_count = 4,
        .input = {FEATURE_spread_bps, FEATURE_imbalance, FEATURE_depth, FEATURE_volatility},
        .ring = 1000,
        .max_gap_ms = 2000,
        .tau = 0.0001,
        .eta = 0.01,
        .alpha = 0.0001,
        .ready_per_class = 100,
        .accuracy_window = 100,
        .accuracy_min = 10,
    };
}

static size_t model_bytes(void)
{
    return (sizeof(struct model) + 15) & ~(size_t)15;
}

size_t model_footprint(const struct model_params *params)
{
    return model_bytes() + labeler_footprint(params) + accuracy_footprint(params);
}

struct model *model_init(void *mem, const struct model_params *params)
{
    TD_ASSERT(params->input_count >= 1 && params->input_count <= MODEL_INPUTS_MAX, "inputs");
    TD_ASSERT(params->ring >= 1 && params->ring <= MODEL_RING_MAX, "ring");
    TD_ASSERT(params->accuracy_window >= 1 && params->accuracy_window <= MODEL_ACCURACY_WINDOW_MAX,
              "accuracy window");
    TD_ASSERT(params->horizon_ms >= 1, "horizon");
    struct model *model = mem;
    model->params = *params;
    char *rest = (char *)mem + model_bytes();
    labeler_init(&model->labeler, rest, params);
    accuracy_init(&model->accuracy, rest + labeler_footprint(params), params);
    model_clear(model);
    return model;
}

void model_clear(struct model *model)
{
    labeler_clear(&model->labeler);
    accuracy_clear(&model->accuracy);
    scaler_clear(&model->scaler);
    model->sgd = (struct sgd){0};
    model->trained[0] = model->trained[1] = 0;
    model->evicted = model->stale = 0;
    model->probability = NAN;
}

static uint64_t least_class(const struct model *model)
{
    return model->trained[0] < model->trained[1] ? model->trained[0] : model->trained[1];
}

static bool is_ready(const struct model *model)
{
    return least_class(model) >= model->params.ready_per_class;
}

/* ---- a sample's way ----------------------------------------------------------------------------------------------------------------- */

/* A sum that is no number (an input far beyond what the scaler saw) is not scored either. */
static void score(struct model *model, const double *inputs, struct sample *sample)
{
    uint32_t count = model->params.input_count;
    double z[MODEL_INPUTS_MAX];
    if (!scaler_complete(inputs, count))
        return;
    scaler_apply(&model->scaler, inputs, count, z);
    double margin = sgd_margin(&model->sgd, z, count);
    if (isnan(margin))
        return;
    sample->probability = model->probability = sigmoid(margin);
    sample->prediction = sample->probability >= 0.5;
}

static void train(struct model *model, const double *inputs, int label)
{
    uint32_t count = model->params.input_count;
    double z[MODEL_INPUTS_MAX];
    scaler_add(&model->scaler, inputs, count);
    scaler_apply(&model->scaler, inputs, count, z);
    sgd_step(&model->sgd, z, count, label, model->params.eta, model->params.alpha);
    model->trained[label]++;
}

static struct prediction row_of(const struct model *model, const struct sample *sample,
                                enum model_reason why)
{
    return (struct prediction){
        .event = sample->event,
        .model_id = model->params.id,
        .horizon_ms = model->params.horizon_ms,
        .prediction = sample->prediction,
        .label = -1,
        .ready = sample->ready,
        .reason = (uint8_t)why,
        .probability = sample->probability,
        .mid = sample->mid,
        .mid_later = NAN,
        .change_pct = NAN,
        .samples_total = model->trained[0] + model->trained[1],
    };
}

static void leave(struct model *model, enum model_reason why, model_emit *emit, void *arg)
{
    struct prediction row = row_of(model, labeler_oldest(&model->labeler), why);
    labeler_drop(&model->labeler);
    emit(arg, &row);
}

static void labelled(struct model *model, const struct label *label, int64_t now_ns,
                     model_emit *emit, void *arg)
{
    const struct sample *sample = labeler_oldest(&model->labeler);
    const double *inputs = labeler_oldest_inputs(&model->labeler);
    struct prediction row = row_of(model, sample, MODEL_LABELED);
    row.label = label->value;
    row.mid_later = label->mid_later;
    row.change_pct = label->change * 100;
    row.labeled_at_ns = now_ns;
    if (scaler_complete(inputs, model->params.input_count))
        train(model, inputs, label->value);
    if (sample->prediction >= 0)
        accuracy_add(&model->accuracy, &(struct accuracy_pair){.probability = sample->probability,
                                                               .prediction = sample->prediction,
                                                               .label = label->value});
    labeler_drop(&model->labeler);
    emit(arg, &row);
}

static void drain(struct model *model, int64_t now_ns, model_emit *emit, void *arg)
{
    struct label label;
    enum labeler_found found;
    while ((found = labeler_due(&model->labeler, now_ns, &label)) != LABELER_NOTHING)
        if (found == LABELER_LABELED) {
            labelled(model, &label, now_ns, emit, arg);
        } else {
            model->stale++;
            leave(model, MODEL_STALE, emit, arg);
        }
}

/* A clock that was set back: until it were where it was, no label would be known, and the ring would run over. A little back is borne. */
static void begin_again_if_back(struct model *model, int64_t recv_ns, model_emit *emit, void *arg)
{
    struct labeler *labeler = &model->labeler;
    if (model->params.compat_quotewatch ||
        labeler_time(labeler, recv_ns) - labeler->max_gap_ns <= recv_ns)
        return;
    model_flush(model, MODEL_FLUSHED, emit, arg);
    labeler_clear(labeler);
}

void model_event(struct model *model, const struct model_event *event, double mid,
                 const double *inputs, model_emit *emit, void *arg)
{
    TD_ASSERT(isfinite(mid), "a proven book has a mid");
    struct labeler *labeler = &model->labeler;
    begin_again_if_back(model, event->recv_ns, emit, arg);
    int64_t now_ns = labeler_time(labeler, event->recv_ns);
    struct sample sample = {.event = *event,
                            .time_ns = now_ns,
                            .mid = mid,
                            .probability = NAN,
                            .prediction = -1,
                            .ready = is_ready(model)};
    score(model, inputs, &sample);
    if (labeler_full(labeler)) {
        model->evicted++;
        leave(model, MODEL_EVICTED, emit, arg);
    }
    labeler_add(labeler, &sample, inputs);
    struct label label;
    if (!model->params.compat_quotewatch)
        drain(model, now_ns, emit, arg);
    else if (labeler_due_compat(labeler, now_ns, mid, &label) == LABELER_LABELED)
        labelled(model, &label, now_ns, emit, arg);
    labeler_update(labeler, now_ns, mid);
}

void model_tick(struct model *model, int64_t recv_ns, model_emit *emit, void *arg)
{
    if (model->params.compat_quotewatch) /* its clock was the updates' alone */
        return;
    begin_again_if_back(model, recv_ns, emit, arg);
    int64_t now_ns = labeler_time(&model->labeler, recv_ns);
    drain(model, now_ns, emit, arg);
    labeler_tick(&model->labeler, now_ns);
}

void model_flush(struct model *model, enum model_reason why, model_emit *emit, void *arg)
{
    while (model->labeler.count > 0)
        leave(model, why, emit, arg);
}

/* ---- looking at it ------------------------------------------------------------------------------------------------------------------ */

struct model_stats model_stats(const struct model *model)
{
    struct model_stats stats = {
        .samples_total = model->trained[0] + model->trained[1],
        .samples_change = model->trained[1],
        .samples_no_change = model->trained[0],
        .ready_pct = 100,
        .ready = is_ready(model),
        .probability = model->probability,
        .waiting = model->labeler.count,
        .evicted = model->evicted,
        .stale = model->stale,
        .intercept = model->sgd.c,
    };
    if (!stats.ready)
        stats.ready_pct = (double)least_class(model) / model->params.ready_per_class * 100;
    accuracy_fill(&model->accuracy, &stats);
    memcpy(stats.weight, model->sgd.w, model->params.input_count * sizeof *stats.weight);
    return stats;
}

const struct model_params *model_params_of(const struct model *model)
{
    return &model->params;
}
