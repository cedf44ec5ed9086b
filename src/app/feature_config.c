#include "app/feature_config.h"

#include "app/config_value.h"
#include "app/core.h"
#include "base/limits.h"
#include "features/window.h"

static void add_set(struct feature_mask *mask, int set)
{
    for (unsigned f = 0; f < FEATURES; f++)
        if (feature_at(f)->set == set)
            feature_mask_add(mask, f);
}

static struct feature_mask named(const char *list)
{
    struct feature_mask mask = {{0}};
    const char *at = list[0] != '\0' ? list : NULL, *item;
    for (size_t bytes; config_list_next(&at, &item, &bytes);)
        feature_mask_add(&mask, (unsigned)feature_find(item, (unsigned)bytes));
    return mask;
}

/* The names were checked when they were read. */
static struct feature_mask columns(const struct td_config *config)
{
    struct feature_mask mask = {{0}}, without = named(config->features.without),
                        with = named(config->features.with);
    const char *at = config->features.sets[0] != '\0' ? config->features.sets : NULL, *item;
    for (size_t bytes; config_list_next(&at, &item, &bytes);)
        add_set(&mask, feature_set_find(item, (unsigned)bytes));
    for (unsigned w = 0; w < FEATURE_MASK_WORDS; w++)
        mask.word[w] = (mask.word[w] & ~without.word[w]) | with.word[w];
    return mask;
}

static struct features_params features_of(const struct td_config *config)
{
    struct features_params params = features_defaults();
    params.on = columns(config);
    params.window_events = (uint32_t)config->features.window_events;
    params.staleness_ns = (int64_t)(config->features.max_state_staleness_seconds * 1e9);
    params.vpin_auto = config->features.vpin_bucket_volume == 0;
    if (!params.vpin_auto)
        params.vpin_bucket = config->features.vpin_bucket_volume;
    params.vpin_buckets = (uint32_t)config->features.vpin_window_buckets;
    params.dynamic_regime = config->features.spread_regime == 1;
    params.tight_percentile = config->features.spread_tight_percentile;
    params.wide_percentile = config->features.spread_wide_percentile;
    params.tight_ratio = config->features.spread_tight_threshold_bps / 10000;
    params.regime_window_s =
        (uint32_t)(window_ns[config->features.spread_regime_window] / TD_NS_PER_S);
    params.kyle_window_s = (uint32_t)(window_ns[config->features.kyle_lambda_window] / TD_NS_PER_S);
    params.ofi_levels = (uint32_t)config->features.ofi_levels;
    params.ofi_decay_alpha = config->features.ofi_decay_alpha;
    params.compat_quotewatch = config->features.compat == 1;
    params.session = config->features.session;
    return params;
}

static struct model_params model_base(const struct td_config *config)
{
    struct model_params base = model_defaults();
    base.ring = (uint32_t)config->model.buffer;
    base.max_gap_ms = (uint32_t)config->model.label_max_gap_ms;
    base.tau = config->model.tau;
    base.eta = config->model.eta;
    base.alpha = config->model.alpha;
    base.ready_per_class = (uint32_t)config->model.ready_per_class;
    base.accuracy_window = (uint32_t)config->model.accuracy_window;
    base.accuracy_min = (uint32_t)config->model.accuracy_min;
    base.compat_quotewatch = config->features.compat == 1;
    return base;
}

static bool any_column(const struct feature_mask *on)
{
    uint64_t any = 0;
    for (unsigned w = 0; w < FEATURE_MASK_WORDS; w++)
        any |= on->word[w];
    return any != 0;
}

struct feature_config feature_config_of(const struct td_config *config)
{
    struct feature_config out = {.emit = config->features.emit, .features = features_of(config)};
    if (!any_column(&out.features.on))
        out.emit = CORE_EMIT_OFF; /* a row of no column says nothing */
    struct model_params base = model_base(config);
    char complaint[240];
    int models =
        config->model.models[0] == '\0'
            ? 0
            : model_parse(config->model.models, &base, out.model, complaint, sizeof complaint);
    TD_ASSERT(models >= 0, "models were checked when they were read");
    out.model_count = (unsigned)models;
    return out;
}
