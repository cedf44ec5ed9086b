#include "lake/feature_options.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static int (*load_config)(const char *path, struct features_params *params);

void verb_features_by(int (*load)(const char *path, struct features_params *params))
{
    load_config = load;
}

static void add_set(struct feature_mask *mask, int set)
{
    for (unsigned i = 0; i < FEATURES; i++)
        if (feature_at(i)->set == set)
            feature_mask_add(mask, i);
}

static bool add_named(struct feature_mask *mask, const char *option, const char *name, size_t bytes)
{
    bool sets = strcmp(option, "sets") == 0;
    int found =
        sets ? feature_set_find(name, (unsigned)bytes) : feature_find(name, (unsigned)bytes);
    if (found < 0) {
        verb_complain(sets ? "Sets are quotewatch, levels, structural, dynamic, rolling, mechanics "
                             "and optional."
                           : "docs/FEATURES.md lists the columns.",
                      "--%s: no %s '%.*s'", option, sets ? "set" : "column", (int)bytes, name);
        return false;
    }
    if (sets)
        add_set(mask, found);
    else
        feature_mask_add(mask, (unsigned)found);
    return true;
}

static bool add_list(const struct verb_args *args, const char *option, struct feature_mask *mask)
{
    const char *list = verb_value(args, option);
    for (const char *at = list ? list : ""; *at;) {
        size_t bytes = strcspn(at, ",");
        if (!add_named(mask, option, at, bytes))
            return false;
        at += bytes + (at[bytes] == ',');
    }
    return true;
}

int feature_config(const struct verb_args *args, struct features_params *params)
{
    const char *config = verb_value(args, "config");
    *params = features_defaults();
    if (!config)
        return EXIT_FINE;
    if (load_config)
        return load_config(config, params);
    verb_complain(NULL, "--config: this program knows no configuration");
    return EXIT_USAGE;
}

int feature_options(const struct verb_args *args, struct features_params *params)
{
    struct feature_mask mask = {{0}};
    int code = feature_config(args, params);
    if (code)
        return code;
    if (!add_list(args, "sets", &mask) || !add_list(args, "columns", &mask))
        return EXIT_USAGE;
    if (verb_flag(args, "sets") || verb_flag(args, "columns"))
        params->on = mask;
    return EXIT_FINE;
}
