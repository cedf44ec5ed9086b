/* --config, --sets, --columns of the verbs that run the feature engine. One thread. */
#ifndef TD_LAKE_FEATURE_OPTIONS_H
#define TD_LAKE_FEATURE_OPTIONS_H

#include "features/features.h"
#include "lake/verb.h"

/* Defaults, then the recorder's configuration (--config). Exit code; complaint printed. */
int feature_config(const struct verb_args *args, struct features_params *params);
/* Defaults, then the recorder's configuration, then the sets and columns that are named. Exit code; complaint printed. */
int feature_options(const struct verb_args *args, struct features_params *params);

#endif
