/* Samples that wait for their label, oldest first, and the price that labels them (SPEC 2.2): the mid in force at a sample's horizon is that of
   the last update not after it, known once a later update or a tick comes. Times are receive times made non-decreasing. Fixed memory,
   pure; one thread. */
#ifndef TD_MODEL_LABELER_H
#define TD_MODEL_LABELER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* Times count as no later than this (2116), so that a horizon added to one stays far from the end of int64. */
#define LABELER_LATEST_NS (INT64_MAX / 2)

struct sample {
    struct model_event event;
    int64_t time_ns;         /* event.recv_ns, not before the sample or tick that came earlier */
    double mid, probability; /* probability NAN: not scored */
    int8_t prediction;       /* 0, 1, -1 not scored */
    bool ready;              /* as the model was then */
};

struct labeler {
    int64_t horizon_ns, max_gap_ns;
    double tau_rounded; /* changes up to here are tau or less */
    uint32_t ring, input_count;
    uint32_t first, count; /* of the samples that wait */
    int64_t now_ns;        /* newest time that any call brought */
    int64_t update_ns;     /* of the newest update; 0 before the first */
    double update_mid;
    struct sample *sample; /* ring of them */
    double *input;         /* input_count for each place of the ring */
};

enum labeler_found { LABELER_NOTHING, LABELER_LABELED, LABELER_STALE };

struct label {
    double mid_later, change; /* change: abs(later - mid) / mid, 0 when mid is 0 */
    int8_t value;             /* 1: change > tau */
};

size_t labeler_footprint(const struct model_params *params); /* a multiple of 16 */
/* mem: aligned to 16; lives as long as the labeler. */
void labeler_init(struct labeler *labeler, void *mem, const struct model_params *params);
void labeler_clear(struct labeler *labeler);

/* The time of a call: recv_ns, or the newest before it. Absurd times (before 1970, after 2116) count as those ends. */
int64_t labeler_time(const struct labeler *labeler, int64_t recv_ns);

/* The oldest sample and its inputs; valid until the next labeler_add. count > 0. */
const struct sample *labeler_oldest(const struct labeler *labeler);
const double *labeler_oldest_inputs(const struct labeler *labeler);
void labeler_drop(struct labeler *labeler); /* the oldest leaves */

static inline bool labeler_full(const struct labeler *labeler)
{
    return labeler->count == labeler->ring;
}
/* Behind the newest; there is room. */
void labeler_add(struct labeler *labeler, const struct sample *sample, const double *inputs);

/* Whether the oldest sample's horizon lies before time_ns, and what its label is; before labeler_update of that time. */
enum labeler_found labeler_due(const struct labeler *labeler, int64_t time_ns, struct label *label);
/* The way of compat = quotewatch: the oldest is due when it is a horizon old, and the newest mid is its price, however late. */
enum labeler_found labeler_due_compat(const struct labeler *labeler, int64_t time_ns, double mid,
                                      struct label *label);
/* An update's mid is in force from time_ns on; a tick moves the time alone. */
void labeler_update(struct labeler *labeler, int64_t time_ns, double mid);
void labeler_tick(struct labeler *labeler, int64_t time_ns);

void labeler_state(struct labeler *labeler, struct td_state *state);
size_t labeler_state_bytes(const struct model_params *params);

#endif
