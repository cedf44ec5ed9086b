/* Values that are names of features/ and model/: what is not known there is refused while line and column are. */
#include <string.h>

#include "app/config_loader.h"
#include "base/text.h"
#include "features/feature.h"
#include "model/model.h"

static const char *name_at(bool sets, unsigned index)
{
    return sets ? feature_set_name(index) : feature_at(index)->name;
}

static int find(bool sets, const char *name, size_t bytes)
{
    return sets ? feature_set_find(name, (unsigned)bytes) : feature_find(name, (unsigned)bytes);
}

static td_err unknown(bool sets, const char *item, size_t bytes, size_t at,
                      struct config_flaw *flaw)
{
    char name[64];
    td_text_copy(name, sizeof name, item, bytes);
    struct config_nearest nearest = {.wanted = name, .distance = UINT32_MAX};
    for (unsigned i = 0; i < (sets ? (unsigned)FEATURE_SETS : (unsigned)FEATURES); i++)
        config_consider(&nearest, name_at(sets, i));
    const char *what = sets ? "set of features" : "feature";
    if (nearest.name != NULL)
        return config_flawed(flaw, at, "unknown %s \"%s\"; did you mean \"%s\"?", what, name,
                             nearest.name);
    return config_flawed(flaw, at, "unknown %s \"%s\"; docs/FEATURES.md lists them", what, name);
}

/* Kept by the list's own names and in its order, so that equal settings give equal text. */
td_err config_set_names(const struct config_key *key, char *out, const char *text,
                        struct config_flaw *flaw)
{
    bool sets = key->kind == CONFIG_FEATURE_SETS, on[FEATURES] = {false};
    char list[TD_CONFIG_FEATURES_MAX];
    struct td_str str = td_str_on(list, key->bytes < sizeof list ? key->bytes : sizeof list);
    const char *at = text[0] != '\0' ? text : NULL, *item;
    for (size_t bytes; config_list_next(&at, &item, &bytes);) {
        int found = find(sets, item, bytes);
        if (found < 0)
            return unknown(sets, item, bytes, (size_t)(item - text), flaw);
        on[found] = true;
    }
    for (unsigned i = 0; i < FEATURES; i++)
        if (on[i])
            td_str_add_format(&str, "%s%s", str.bytes > 0 ? "," : "", name_at(sets, i));
    if (str.cut)
        return config_flawed(flaw, 0, "the list is longer than %zu bytes", key->bytes - 1);
    memcpy(out, list, str.bytes + 1);
    return 0;
}

td_err config_set_models(const struct config_key *key, char *out, const char *text,
                         struct config_flaw *flaw)
{
    struct model_params base = model_defaults(), models[MODELS_MAX];
    char complaint[sizeof flaw->reason] = "";
    if (text[0] != '\0' && model_parse(text, &base, models, complaint, sizeof complaint) < 0)
        return config_flawed(flaw, 0, "%s", complaint);
    if (strlen(text) >= key->bytes)
        return config_flawed(flaw, 0, "the text is longer than %zu bytes", key->bytes - 1);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}
