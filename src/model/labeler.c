#include "model/labeler.h"

#include <math.h>
#include <string.h>

#include "base/event.h"

static const int64_t NS_PER_MS = 1000000;

static size_t samples_bytes(const struct model_params *params)
{
    return ((size_t)params->ring * sizeof(struct sample) + 15) & ~(size_t)15;
}

/* A mid is a decimal fraction rounded to a double, so a change of just tau comes out beside it: 100 to 100.01 is 0.00010000000000000512.
   Half a unit of each mid is what that can be off, and no other change of real prices lies as near. */
static double tie_ends(double tau)
{
    return tau + 0x1p-52 * (1 + 4 * tau);
}

size_t labeler_footprint(const struct model_params *params)
{
    size_t inputs = (size_t)params->ring * params->input_count * sizeof(double);
    return samples_bytes(params) + ((inputs + 15) & ~(size_t)15);
}

void labeler_init(struct labeler *labeler, void *mem, const struct model_params *params)
{
    *labeler = (struct labeler){
        .horizon_ns = params->horizon_ms * NS_PER_MS,
        .max_gap_ns = params->max_gap_ms * NS_PER_MS,
        .tau_rounded = tie_ends(params->tau),
        .ring = params->ring,
        .input_count = params->input_count,
        .sample = mem,
        .input = (void *)((char *)mem + samples_bytes(params)),
    };
    labeler_clear(labeler);
}

void labeler_clear(struct labeler *labeler)
{
    labeler->first = labeler->count = 0;
    labeler->now_ns = labeler->update_ns = 0;
    labeler->update_mid = 0;
}

int64_t labeler_time(const struct labeler *labeler, int64_t recv_ns)
{
    int64_t time_ns = recv_ns < LABELER_LATEST_NS ? recv_ns : LABELER_LATEST_NS;
    return time_ns > labeler->now_ns ? time_ns : labeler->now_ns;
}

const struct sample *labeler_oldest(const struct labeler *labeler)
{
    return &labeler->sample[labeler->first];
}

const double *labeler_oldest_inputs(const struct labeler *labeler)
{
    return &labeler->input[(size_t)labeler->first * labeler->input_count];
}

void labeler_drop(struct labeler *labeler)
{
    labeler->first = labeler->first + 1 == labeler->ring ? 0 : labeler->first + 1;
    labeler->count--;
}

void labeler_add(struct labeler *labeler, const struct sample *sample, const double *inputs)
{
    TD_ASSERT(!labeler_full(labeler), "the oldest sample made room");
    uint32_t place = labeler->first + labeler->count;
    if (place >= labeler->ring)
        place -= labeler->ring;
    labeler->count++;
    labeler->sample[place] = *sample;
    double *input = &labeler->input[(size_t)place * labeler->input_count];
    for (uint32_t i = 0; i < labeler->input_count; i++)
        input[i] = inputs[i];
}

static void label_of(const struct labeler *labeler, double later, struct label *label)
{
    double mid = labeler_oldest(labeler)->mid;
    label->mid_later = later;
    label->change = mid == 0 ? 0 : fabs(later - mid) / mid;
    label->value = label->change > labeler->tau_rounded;
}

/* Whatever was due was taken at the call before, so the newest update is not after the oldest sample's horizon and its mid is in force
   there. */
enum labeler_found labeler_due(const struct labeler *labeler, int64_t time_ns, struct label *label)
{
    if (labeler->count == 0)
        return LABELER_NOTHING;
    int64_t horizon_ns = labeler_oldest(labeler)->time_ns + labeler->horizon_ns;
    if (time_ns <= horizon_ns)
        return LABELER_NOTHING;
    if (labeler->update_ns <= horizon_ns - labeler->max_gap_ns)
        return LABELER_STALE;
    label_of(labeler, labeler->update_mid, label);
    return LABELER_LABELED;
}

enum labeler_found labeler_due_compat(const struct labeler *labeler, int64_t time_ns, double mid,
                                      struct label *label)
{
    if (labeler->count == 0 || time_ns - labeler_oldest(labeler)->time_ns < labeler->horizon_ns)
        return LABELER_NOTHING;
    label_of(labeler, mid, label);
    return LABELER_LABELED;
}

void labeler_update(struct labeler *labeler, int64_t time_ns, double mid)
{
    labeler->now_ns = labeler->update_ns = time_ns;
    labeler->update_mid = mid;
}

void labeler_tick(struct labeler *labeler, int64_t time_ns)
{
    labeler->now_ns = time_ns;
}
