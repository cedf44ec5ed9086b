#include "model/scaler.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

/* What inputs of at most SCALER_INPUT_MOST can come to; beyond 2^53 a count is not exact in a double. */
static const double M2_MOST = 1e160;
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

static const char *fault(const struct scaler *scaler, uint32_t i)
{
    double mean = scaler->mean[i], m2 = scaler->m2[i];
    if (!(fabs(mean) <= SCALER_INPUT_MOST))
        return "a mean is beyond 1e70";
    if (!(m2 >= 0 && m2 <= M2_MOST))
        return "m2 is negative or beyond 1e160";
    if (scaler->n == 0 && mean != 0)
        return "a mean without samples (n = 0)";
    if (scaler->n < 2 && m2 != 0)
        return "a variance of fewer than 2 samples";
    return NULL;
}

bool scaler_sound(const struct scaler *scaler, uint32_t count, const char **what)
{
    const char *found = scaler->n > N_MOST ? "n is beyond 2^53" : NULL;
    for (uint32_t i = 0; i < count && found == NULL; i++)
        found = fault(scaler, i);
    if (what != NULL)
        *what = found;
    return found == NULL;
}
