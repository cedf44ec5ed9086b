/* What one model holds; for the files of this folder. */
#ifndef TD_MODEL_MODEL_PARTS_H
#define TD_MODEL_MODEL_PARTS_H

#include "model/accuracy.h"
#include "model/labeler.h"
#include "model/model.h"
#include "model/scaler.h"
#include "model/sgd.h"

struct model {
    struct model_params params;
    struct labeler labeler;
    struct scaler scaler;
    struct sgd sgd;
    struct accuracy accuracy;
    uint64_t trained[2]; /* steps by label */
    uint64_t evicted, stale;
    double probability; /* of the last scored event; NAN none */
};

#endif
