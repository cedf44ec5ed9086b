/* Features and models as test rigs have them: every column, windows so small that they fill, two models of which one looks at more than
   QuoteWatch's four. */
#ifndef TD_TESTS_FEATURES_ON_H
#define TD_TESTS_FEATURES_ON_H

#include "app/core.h"
#include "app/feature_config.h"

static inline struct feature_config features_on(int emit)
{
    static const char models[] = "sgd-v1@500=spread_bps+imbalance+depth+volatility "
                                 "wide@1500=spread_bps+ofi_sum_5s+microprice+rv_60s";
    struct feature_config config = {.emit = emit, .features = features_defaults()};
    struct model_params base = model_defaults();
    char complaint[240] = "";
    for (unsigned f = 0; f < FEATURES; f++)
        feature_mask_add(&config.features.on, f);
    config.features.window_events = 1024;
    base.ring = 50;
    base.ready_per_class = 5;
    int count = model_parse(models, &base, config.model, complaint, sizeof complaint);
    TD_ASSERT(count == 2, complaint);
    config.model_count = (unsigned)count;
    return config;
}

/* The same for a core without a deck. *config outlives core_init. */
static inline void features_on_core(struct core_params *params, const struct feature_config *config)
{
    params->emit = (enum core_emit)config->emit;
    params->features = config->features;
    params->models = config->model;
    params->model_count = config->model_count;
}

#endif
