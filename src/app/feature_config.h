/* Features and models as the core takes them, from the configuration. Start-up thread. */
#ifndef TD_APP_FEATURE_CONFIG_H
#define TD_APP_FEATURE_CONFIG_H

#include "app/config.h"
#include "features/features.h"
#include "model/model.h"

struct feature_config {
    int emit; /* enum core_emit */
    struct features_params features;
    struct model_params model[MODELS_MAX];
    unsigned model_count;
};

/* Of a configuration that td_config_load or td_config_parse took. */
struct feature_config feature_config_of(const struct td_config *config);

#endif
