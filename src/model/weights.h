/* What a text of weights says (model.h has its form), read and written. Pure. */
#ifndef TD_MODEL_WEIGHTS_H
#define TD_MODEL_WEIGHTS_H

#include <stddef.h>

#include "model/scaler.h"
#include "model/sgd.h"

struct weights {
    struct scaler scaler;
    struct sgd sgd;
};

/* 0 and *out; or TD_E_CONFIG, and what is wrong in complaint[0..cap) with the number of its line. cap >= 1. */
td_err weights_read(const char *text, size_t bytes, const struct model_params *params,
                    struct weights *out, char *complaint, size_t cap);
/* Length, or TD_E_NO_ROOM. */
int weights_write(const struct weights *weights, const struct model_params *params, char *out,
                  size_t cap);

#endif
