/* Logistic regression by stochastic gradient descent, one sample a step (SPEC 2.3): log loss, constant rate, L2 on the weights and not on
   the intercept. Inputs are scaled. Pure; one thread. */
#ifndef TD_MODEL_SGD_H
#define TD_MODEL_SGD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

struct sgd {
    double w[MODEL_INPUTS_MAX], c;
};

/* 1 / (1 + exp(-x)), without overflow on either side; exactly 0.5 at 0. */
double sigmoid(double x);

double sgd_margin(const struct sgd *sgd, const double *z, uint32_t count);
/* label: 0 or 1; z: the sample, scaled. */
void sgd_step(struct sgd *sgd, const double *z, uint32_t count, int label, double eta,
              double alpha);
/* Weights and intercept are numbers of at most 1e90. */
bool sgd_sound(const struct sgd *sgd, uint32_t count);

#endif
