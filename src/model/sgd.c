#include "model/sgd.h"

#include <math.h>

static const double WEIGHT_MOST = 1e90;

double sigmoid(double x)
{
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1.0) / (1.0 + e);
}

double sgd_margin(const struct sgd *sgd, const double *z, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += sgd->w[i] * z[i];
    return sum + sgd->c;
}

/* sigmoid(p) - y, without the cancellation that y = 1 and a large p would bring. Never beyond 1, so clipping at 1e12 has nothing to do. */
static double gradient(double margin, int label)
{
    return label ? -sigmoid(-margin) : sigmoid(margin);
}

void sgd_step(struct sgd *sgd, const double *z, uint32_t count, int label, double eta, double alpha)
{
    double step = -eta * gradient(sgd_margin(sgd, z, count), label);
    double shrink = eta * alpha < 1 ? 1 - eta * alpha : 0;
    for (uint32_t i = 0; i < count; i++)
        sgd->w[i] = sgd->w[i] * shrink + step * z[i];
    sgd->c += step;
}

bool sgd_sound(const struct sgd *sgd, uint32_t count)
{
    bool sound = fabs(sgd->c) <= WEIGHT_MOST;
    for (uint32_t i = 0; i < count; i++)
        sound &= fabs(sgd->w[i]) <= WEIGHT_MOST;
    return sound;
}
