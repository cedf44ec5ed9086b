/* What a feature is: index, name, type, set, words; and one row of them. The list is feature_list.def. Pure tables, any thread. */
#ifndef TD_FEATURES_FEATURE_H
#define TD_FEATURES_FEATURE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum feature {
#define FEATURE(id, name, ...) FEATURE_##name,
#include "features/feature_list.def"
#undef FEATURE
    FEATURES
};

/* Switches of features.sets (SPEC 1.12 categories: structural, dynamic, rolling; and more). */
enum feature_set {
    FEATURE_SET_QUOTEWATCH,
    FEATURE_SET_LEVELS,
    FEATURE_SET_STRUCTURAL,
    FEATURE_SET_DYNAMIC,
    FEATURE_SET_ROLLING,
    FEATURE_SET_MECHANICS,
    FEATURE_SET_OPTIONAL,
    FEATURE_SETS
};

/* How the column is stored; every value is computed in double. */
enum feature_type { FEATURE_DOUBLE, FEATURE_FLOAT, FEATURE_INT, FEATURE_WORD };

/* Lists of words; a WORD's value is the index in its list. */
enum feature_words {
    FEATURE_WORDS_NONE,
    FEATURE_WORDS_STABILITY,  /* STABLE, MODERATE, UNSTABLE */
    FEATURE_WORDS_REGIME,     /* tight, normal, wide */
    FEATURE_WORDS_LEVEL_KIND, /* enum level_kind of mechanics.h */
    FEATURE_WORDS_DIRECTION,  /* UP, DOWN */
    FEATURE_WORDS_BARRIER,    /* VACUUM, WALL, CONSUMED, ABSORPTION, WEAK, NEUTRAL */
    FEATURE_WORDS_SIGNAL,     /* BREAK, REJECT, CONTESTED, NEUTRAL */
    FEATURE_WORDS_CONFIDENCE, /* HIGH, MEDIUM, LOW */
    FEATURE_WORDS_RUNWAY,     /* CLEAR, OBSTRUCTED */
    FEATURE_WORD_LISTS
};

struct feature_info {
    int16_t id; /* of the column */
    uint8_t set, type, words;
    const char *name, *unit, *window, *null_when, *section, *formula;
};

const struct feature_info *feature_at(unsigned feature); /* < FEATURES */
int feature_find(const char *name, unsigned bytes); /* index, aliases of SPEC included; -1 none */
/* The nth other name of a feature (SPEC 2.0: accepted on input, never stored); NULL past the last. */
const char *feature_alias(unsigned feature, unsigned nth);
const char *feature_set_name(unsigned set);             /* "quotewatch" */
int feature_set_find(const char *name, unsigned bytes); /* -1 none */
/* Words of a list in the order of their numbers, ends with NULL; *count (may be NULL) gets how many. */
const char *const *feature_word_list(unsigned words, unsigned *count);

/* Which columns are on: a bit a feature. */
enum { FEATURE_MASK_WORDS = (FEATURES + 63) / 64 };
struct feature_mask {
    uint64_t word[FEATURE_MASK_WORDS];
};
static inline bool feature_mask_has(const struct feature_mask *mask, unsigned feature)
{
    return mask->word[feature / 64] >> (feature % 64) & 1;
}
static inline void feature_mask_add(struct feature_mask *mask, unsigned feature)
{
    mask->word[feature / 64] |= UINT64_C(1) << (feature % 64);
}

/* One row: values by feature; what is not present is null. Filled by feature_put alone, which refuses what is not finite. */
struct feature_row {
    struct feature_mask present;
    double value[FEATURES];
};
static inline void feature_row_clear(struct feature_row *row)
{
    memset(&row->present, 0, sizeof row->present);
}
static inline void feature_put(struct feature_row *row, unsigned feature, double value)
{
    if (__builtin_expect(!isfinite(value), 0))
        return;
    row->value[feature] = value;
    feature_mask_add(&row->present, feature);
}
static inline bool feature_has(const struct feature_row *row, unsigned feature)
{
    return feature_mask_has(&row->present, feature);
}

#endif
