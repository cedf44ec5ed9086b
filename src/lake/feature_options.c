#include "lake/feature_options.h"

#include <limits.h>
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

static void unknown(const char *option, bool sets, const char *name, size_t bytes)
{
    char wanted[64], hint[128];
    unsigned best = UINT_MAX, nearest = 0;
    struct td_str text = td_str_on(hint, sizeof hint);
    td_text_copy(wanted, sizeof wanted, name, bytes);
    for (unsigned i = 0; i < (sets ? (unsigned)FEATURE_SETS : (unsigned)FEATURES); i++) {
        unsigned off = td_text_distance(wanted, sets ? feature_set_name(i) : feature_at(i)->name);
        nearest = off < best ? i : nearest;
        best = off < best ? off : best;
    }
    const char *known = sets ? feature_set_name(nearest) : feature_at(nearest)->name;
    if (best <= 1 + strlen(known) / 3)
        td_str_add_format(&text, "Did you mean %s? ", known);
    td_str_add(&text, "docs/FEATURES.md lists them.");
    verb_complain(hint, "--%s: no %s '%s'", option, sets ? "set" : "column", wanted);
}

static bool add_named(struct feature_mask *mask, const char *option, const char *name, size_t bytes)
{
    bool sets = strcmp(option, "sets") == 0;
    int found =
        sets ? feature_set_find(name, (unsigned)bytes) : feature_find(name, (unsigned)bytes);
    if (found < 0) {
        unknown(option, sets, name, bytes);
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
