/* How good a row of predictions was: accuracy, balanced accuracy, AUC, Brier, base rate. A pair takes four bytes until the end. Null is NAN.
   One thread. */
#ifndef TD_LAKE_SCORES_H
#define TD_LAKE_SCORES_H

#include <stdbool.h>

#include "features/exact.h"
#include "lake/alloc.h"

/* Start from {0}. */
struct scores {
    uint64_t pairs, right, label[2], hit[2]; /* hit: of that label */
    struct exact_sum brier;
    struct lake_buffer sample; /* uint32: bits of the float probability, the label above them */
    uint64_t without_probability;
};

/* prediction and label 0 or 1; probability of label 1 in [0, 1], NAN: none. TD_E_NO_MEMORY. */
td_err scores_add(struct scores *scores, int prediction, int label, float probability);
/* Adds all of another. TD_E_NO_MEMORY. */
td_err scores_join(struct scores *scores, const struct scores *other);
void scores_free(struct scores *scores);

struct scores_of {
    uint64_t pairs;
    double accuracy;          /* null without a pair */
    double balanced_accuracy; /* mean of both labels' shares of hits; null unless both occur */
    double auc;           /* ties count half; null unless both labels occur with a probability */
    double brier;         /* mean of (probability - label)^2 */
    double base_rate;     /* share of the more frequent label: what always saying it would score */
    double positive_rate; /* share of label 1 */
};
/* Sorts the samples. */
struct scores_of scores_of(struct scores *scores);

#endif
