#include <math.h>

#include "base/state.h"
#include "model/model_parts.h"

enum {
    TAG_MODEL = 0x4d4f444c,
    TAG_LABELER = 0x4c41424c,
    TAG_ACCURACY = 0x41435552,
    NUMBER_MOST = 10, /* bytes of a variable-length integer */
    SAMPLE_MOST = 8 * NUMBER_MOST + 3 + 2 * 8,
    PAIR_MOST = 8 + 2
};

static void refuse_unless(struct td_state *state, bool fine)
{
    if (state->loading && !fine)
        state->failed = true;
}

static bool is_probability(double value)
{
    return value >= 0 && value <= 1;
}

/* Numbers that grow from sample to sample are kept as what they grew by; going round at the end of 64 bits is harmless. */
static void grown_i64(struct td_state *state, int64_t *value, int64_t from)
{
    int64_t grown = (int64_t)((uint64_t)*value - (uint64_t)from);
    td_state_i64(state, &grown);
    if (state->loading)
        *value = (int64_t)((uint64_t)from + (uint64_t)grown);
}

/* ---- labeler ------------------------------------------------------------------------------------------------------------------------ */

static void sample_event(struct td_state *state, struct model_event *event,
                         const struct model_event *before)
{
    int64_t frame = (int64_t)event->frame;
    grown_i64(state, &frame, (int64_t)before->frame);
    grown_i64(state, &event->recv_ns, before->recv_ns);
    grown_i64(state, &event->event_ns, before->event_ns);
    grown_i64(state, &event->seq, before->seq);
    td_state_u32(state, &event->conn);
    td_state_u8(state, &event->origin);
    td_state_u8(state, &event->has_seq);
    if (state->loading)
        event->frame = (uint64_t)frame;
}

static bool sample_sound(const struct sample *sample)
{
    bool scored = sample->prediction >= 0;
    return isfinite(sample->mid) && sample->event.has_seq <= 1 && sample->prediction >= -1 &&
           (scored ? is_probability(sample->probability) &&
                         sample->prediction == (sample->probability >= 0.5)
                   : isnan(sample->probability));
}

/* A ring that is loaded starts at its first place. */
static void sample_state(struct labeler *labeler, struct td_state *state, uint32_t i,
                         struct model_event *before)
{
    uint32_t place = (uint32_t)(((uint64_t)labeler->first + i) % labeler->ring);
    struct sample *sample = &labeler->sample[place];
    sample_event(state, &sample->event, before);
    grown_i64(state, &sample->time_ns, sample->event.recv_ns);
    td_state_double(state, &sample->mid);
    td_state_double(state, &sample->probability);
    td_state_i8(state, &sample->prediction);
    td_state_bool(state, &sample->ready);
    for (uint32_t k = 0; k < labeler->input_count; k++)
        td_state_double(state, &labeler->input[(size_t)place * labeler->input_count + k]);
    *before = sample->event;
}

static void samples_state(struct labeler *labeler, struct td_state *state)
{
    struct model_event before = {0};
    int64_t time_ns = 0;
    for (uint32_t i = 0; i < labeler->count && !state->failed; i++) {
        sample_state(labeler, state, i, &before);
        if (!state->loading)
            continue;
        const struct sample *sample = &labeler->sample[i];
        refuse_unless(state, sample_sound(sample) && sample->time_ns >= time_ns &&
                                 sample->time_ns <= labeler->update_ns);
        time_ns = sample->time_ns;
    }
}

void labeler_state(struct labeler *labeler, struct td_state *state)
{
    td_state_mark(state, TAG_LABELER);
    td_state_i64(state, &labeler->now_ns);
    td_state_i64(state, &labeler->update_ns);
    td_state_double(state, &labeler->update_mid);
    uint32_t count = td_state_count(state, labeler->count, labeler->ring);
    refuse_unless(state, isfinite(labeler->update_mid) && labeler->update_ns >= 0 &&
                             labeler->update_ns <= labeler->now_ns &&
                             labeler->now_ns <= LABELER_LATEST_NS);
    if (state->loading) {
        labeler->first = 0;
        labeler->count = count;
    }
    samples_state(labeler, state);
}

size_t labeler_state_bytes(const struct model_params *params)
{
    size_t sample = SAMPLE_MOST + params->input_count * sizeof(double);
    return 4 * NUMBER_MOST + 8 + params->ring * sample;
}

/* ---- accuracy ----------------------------------------------------------------------------------------------------------------------- */

/* Counts and the sum follow from the pairs. */
static void pair_state(struct accuracy *accuracy, struct td_state *state, uint32_t i)
{
    struct accuracy_pair pair = {0};
    if (!state->loading)
        pair = accuracy->pair[(accuracy->first + i) % accuracy->window];
    td_state_double(state, &pair.probability);
    td_state_i8(state, &pair.prediction);
    td_state_i8(state, &pair.label);
    if (!state->loading)
        return;
    refuse_unless(state, is_probability(pair.probability) && (pair.label == 0 || pair.label == 1) &&
                             pair.prediction == (pair.probability >= 0.5));
    if (!state->failed)
        accuracy_add(accuracy, &pair);
}

void accuracy_state(struct accuracy *accuracy, struct td_state *state)
{
    td_state_mark(state, TAG_ACCURACY);
    uint32_t count = td_state_count(state, accuracy->count, accuracy->window);
    if (state->loading)
        accuracy_clear(accuracy);
    for (uint32_t i = 0; i < count && !state->failed; i++)
        pair_state(accuracy, state, i);
}

size_t accuracy_state_bytes(const struct model_params *params)
{
    return 2 * NUMBER_MOST + (size_t)params->accuracy_window * PAIR_MOST;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static void classifier_state(struct model *model, struct td_state *state)
{
    uint32_t count = model->params.input_count;
    td_state_u64(state, &model->scaler.n);
    for (uint32_t i = 0; i < count; i++) {
        td_state_double(state, &model->scaler.mean[i]);
        td_state_double(state, &model->scaler.m2[i]);
        td_state_double(state, &model->sgd.w[i]);
    }
    td_state_double(state, &model->sgd.c);
    refuse_unless(state, scaler_sound(&model->scaler, count) && sgd_sound(&model->sgd, count));
    if (state->loading)
        scaler_settle(&model->scaler, count);
}

/* What could not be loaded leaves a model as new. */
void model_state(struct model *model, struct td_state *state)
{
    td_state_mark(state, TAG_MODEL);
    classifier_state(model, state);
    td_state_u64(state, &model->trained[0]);
    td_state_u64(state, &model->trained[1]);
    td_state_u64(state, &model->evicted);
    td_state_u64(state, &model->stale);
    td_state_double(state, &model->probability);
    refuse_unless(state, isnan(model->probability) || is_probability(model->probability));
    labeler_state(&model->labeler, state);
    accuracy_state(&model->accuracy, state);
    if (state->loading && state->failed)
        model_clear(model);
}

size_t model_state_bytes(const struct model_params *params)
{
    size_t classifier = NUMBER_MOST + (3 * (size_t)params->input_count + 1) * sizeof(double);
    return 5 * NUMBER_MOST + sizeof(double) + classifier + labeler_state_bytes(params) +
           accuracy_state_bytes(params);
}
