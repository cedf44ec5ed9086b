#include "model/scaler.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

/* What inputs of at most SCALER_INPUT_MOST can come to, rounding and a start from a file of weights included; beyond 2^53 a count is not
   exact in a double. */
static const double MEAN_MOST = 2e70, M2_MOST = 1e160;
static const uint64_t N_MOST = UINT64_C(1) << 53;

/* Constant as far as rounding lets anyone tell: the variance is within the error that computing it makes. */
static double scale_of(double n, double mean, double variance)
{
    double error = n * mean * DBL_EPSILON;
    bool constant = variance <= n * DBL_EPSILON * variance + error * error;
    return constant ? 1.0 : sqrt(variance);
}

bool scaler_complete(const double *x, uint32_t count)
{
    bool complete = true;
    for (uint32_t i = 0; i < count; i++)
        complete &= fabs(x[i]) <= SCALER_INPUT_MOST;
    return complete;
}

void scaler_clear(struct scaler *scaler)
{
    *scaler = (struct scaler){0};
    scaler_settle(scaler, MODEL_INPUTS_MAX);
}

void scaler_settle(struct scaler *scaler, uint32_t count)
{
    double n = (double)scaler->n;
    for (uint32_t i = 0; i < count; i++)
        scaler->scale[i] = scaler->n == 0 ? 1.0 : scale_of(n, scaler->mean[i], scaler->m2[i] / n);
}

void scaler_add(struct scaler *scaler, const double *x, uint32_t count)
{
    double was = (double)scaler->n, now = was + 1, share = was / now;
    scaler->n++;
    for (uint32_t i = 0; i < count; i++) {
        double off = x[i] - scaler->mean[i];
        scaler->m2[i] += share * (off * off);
        scaler->mean[i] = (scaler->mean[i] * was + x[i]) / now;
        scaler->scale[i] = scale_of(now, scaler->mean[i], scaler->m2[i] / now);
    }
}

void scaler_apply(const struct scaler *scaler, const double *x, uint32_t count, double *z)
{
    for (uint32_t i = 0; i < count; i++)
        z[i] = (x[i] - scaler->mean[i]) / scaler->scale[i];
}

static bool input_sound(uint64_t n, double mean, double m2)
{
    bool finite = fabs(mean) <= MEAN_MOST && m2 >= 0 && m2 <= M2_MOST;
    return finite && (n > 0 || mean == 0) && (n > 1 || m2 == 0);
}

bool scaler_sound(const struct scaler *scaler, uint32_t count)
{
    bool sound = scaler->n <= N_MOST;
    for (uint32_t i = 0; i < count; i++)
        sound &= input_sound(scaler->n, scaler->mean[i], scaler->m2[i]);
    return sound;
}
