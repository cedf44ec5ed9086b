#include "features/feature.h"

#include "base/err.h"

static const struct feature_info infos[FEATURES] = {
#define FEATURE(id, name, set, type, words, unit, window, null_when, section, formula)             \
    {id,        FEATURE_SET_##set, FEATURE_##type, FEATURE_WORDS_##words, #name, unit, window,     \
     null_when, section,           formula},
#include "features/feature_list.def"
#undef FEATURE
};

/* Names that SPEC writes as "(= x)": accepted on input, never stored. */
static const struct {
    const char *name;
    enum feature feature;
} aliases[] = {
    {"total_bid_volume", FEATURE_total_bid_depth},
    {"total_ask_volume", FEATURE_total_ask_depth},
    {"book_pressure", FEATURE_total_imbalance},
    {"bid_slope", FEATURE_bid_slope_simple},
    {"ask_slope", FEATURE_ask_slope_simple},
    {"log_return_step", FEATURE_log_return},
    {"ofi_step", FEATURE_ofi},
    {"mlofi_step", FEATURE_mlofi},
    {"mlofi_decay", FEATURE_mlofi},
    {"order_flow_toxicity", FEATURE_vpin},
    {"tape_sweep_detected", FEATURE_sweep_detected},
};
enum { ALIASES = sizeof aliases / sizeof aliases[0] };

static const char *const set_names[FEATURE_SETS] = {
    [FEATURE_SET_QUOTEWATCH] = "quotewatch", [FEATURE_SET_LEVELS] = "levels",
    [FEATURE_SET_STRUCTURAL] = "structural", [FEATURE_SET_DYNAMIC] = "dynamic",
    [FEATURE_SET_ROLLING] = "rolling",       [FEATURE_SET_MECHANICS] = "mechanics",
    [FEATURE_SET_OPTIONAL] = "optional",
};

enum { WORDS_MAX = 12 };
static const char *const words_of[FEATURE_WORD_LISTS][WORDS_MAX] = {
    [FEATURE_WORDS_NONE] = {NULL},
    [FEATURE_WORDS_STABILITY] = {"STABLE", "MODERATE", "UNSTABLE", NULL},
    [FEATURE_WORDS_REGIME] = {"tight", "normal", "wide", NULL},
    [FEATURE_WORDS_LEVEL_KIND] = {"PD_HIGH", "PD_LOW", "OR_HIGH", "OR_LOW", "SESSION_HIGH",
                                  "SESSION_LOW", "SMA_200", "SMA_400", "VWAP", "ROUND",
                                  "USER_HOTZONE", NULL},
    [FEATURE_WORDS_DIRECTION] = {"UP", "DOWN", NULL},
    [FEATURE_WORDS_BARRIER] = {"VACUUM", "WALL", "CONSUMED", "ABSORPTION", "WEAK", "NEUTRAL", NULL},
    [FEATURE_WORDS_SIGNAL] = {"BREAK", "REJECT", "CONTESTED", "NEUTRAL", NULL},
    [FEATURE_WORDS_CONFIDENCE] = {"HIGH", "MEDIUM", "LOW", NULL},
    [FEATURE_WORDS_RUNWAY] = {"CLEAR", "OBSTRUCTED", NULL},
};

const struct feature_info *feature_at(unsigned feature)
{
    TD_ASSERT(feature < FEATURES, "a feature of the list");
    return &infos[feature];
}

static bool same_name(const char *known, const char *name, unsigned bytes)
{
    return strlen(known) == bytes && memcmp(known, name, bytes) == 0;
}

int feature_find(const char *name, unsigned bytes)
{
    for (int i = 0; i < FEATURES; i++) {
        if (same_name(infos[i].name, name, bytes))
            return i;
    }
    for (int i = 0; i < ALIASES; i++) {
        if (same_name(aliases[i].name, name, bytes))
            return (int)aliases[i].feature;
    }
    return -1;
}

const char *feature_alias(unsigned feature, unsigned nth)
{
    for (int i = 0; i < ALIASES; i++) {
        if (aliases[i].feature == feature && nth-- == 0)
            return aliases[i].name;
    }
    return NULL;
}

const char *feature_set_name(unsigned set)
{
    TD_ASSERT(set < FEATURE_SETS, "a set of features");
    return set_names[set];
}

int feature_set_find(const char *name, unsigned bytes)
{
    for (int i = 0; i < FEATURE_SETS; i++) {
        if (same_name(set_names[i], name, bytes))
            return i;
    }
    return -1;
}

const char *const *feature_word_list(unsigned words, unsigned *count)
{
    TD_ASSERT(words < FEATURE_WORD_LISTS, "a list of words");
    if (count != NULL) {
        *count = 0;
        while (words_of[words][*count] != NULL)
            ++*count;
    }
    return words_of[words];
}
