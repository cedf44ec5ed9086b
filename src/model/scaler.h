/* Mean and variance of each input, kept sample by sample, and the scaling by them (SPEC 2.3): the recurrences of an incremental standard
   scaler, rounding included. Pure; one thread. */
#ifndef TD_MODEL_SCALER_H
#define TD_MODEL_SCALER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

/* An input beyond this counts as null: sums of squares, weights and margins then stay finite whatever comes. */
#define SCALER_INPUT_MOST 1e70

struct scaler {
    uint64_t n;
    double mean[MODEL_INPUTS_MAX], m2[MODEL_INPUTS_MAX];
    double scale[MODEL_INPUTS_MAX]; /* follows from n, mean and m2 */
};

/* All inputs are there. */
bool scaler_complete(const double *x, uint32_t count);
void scaler_clear(struct scaler *scaler);
/* Takes one sample in. */
void scaler_add(struct scaler *scaler, const double *x, uint32_t count);
/* scale[] from the rest; after n, mean or m2 were set from outside. */
void scaler_settle(struct scaler *scaler, uint32_t count);
void scaler_apply(const struct scaler *scaler, const double *x, uint32_t count, double *z);
/* Numbers that samples of inputs can come to. */
bool scaler_sound(const struct scaler *scaler, uint32_t count);

#endif
