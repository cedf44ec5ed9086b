/* One value of the configuration: its key's description, text -> member, member -> text. For
 * config*.c only. */
#ifndef TD_APP_CONFIG_VALUE_H
#define TD_APP_CONFIG_VALUE_H

#include "app/config.h"

enum config_kind {
    CONFIG_TEXT,
    CONFIG_WS_URL,   /* wss://, ws:// to this machine alone */
    CONFIG_HTTP_URL, /* https://, http:// to this machine alone */
    CONFIG_DECK,
    CONFIG_INT,
    CONFIG_POWER_OF_TWO,
    CONFIG_BOOL,
    CONFIG_LEVEL,
    CONFIG_SYMBOLS,
    CONFIG_CHANNELS,
    CONFIG_REAL,
    CONFIG_REAL_OR_AUTO, /* larger than min, or "auto": 0 */
    CONFIG_WORD,         /* one of the unit's words, which '|' parts: its place */
    CONFIG_FEATURE_SETS, /* names of features/feature.h, commas between */
    CONFIG_FEATURES,
    CONFIG_MODELS, /* text of model_parse() */
};

struct config_key {
    const char *section; /* "" for keys of a venue */
    const char *name;
    enum config_kind kind;
    size_t offset, bytes; /* of the member in struct td_config or td_config_venue */
    const char *default_text;
    int min, max;
    const char *unit;
    bool shapes_core;
    const char *help;
};

extern const struct config_key config_keys[TD_CONFIG_KEYS];
extern const struct config_key config_venue_keys[TD_CONFIG_VENUE_KEYS];

/* What is wrong with a value, and where in its text. */
struct config_flaw {
    size_t at;
    char reason[240];
};

/* TD_E_CONFIG; for the readers of values. */
td_err config_flawed(struct config_flaw *flaw, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* base: the struct that holds the member. TD_E_CONFIG: the member is as before and *flaw says why.
 */
td_err config_value_set(const struct config_key *key, void *base, const char *text,
                        struct config_flaw *flaw);

/* The member as text that config_value_set reads back. Cut at cap. */
void config_value_text(const struct config_key *key, const void *base, char *out, size_t cap);

/* A unified name that may stand in a list of symbols: upper case, BASE-QUOTE, no pattern. */
bool config_symbol_fits(const char *symbol);

/* config_names.c: the same of names that features and models give. */
td_err config_set_names(const struct config_key *key, char *out, const char *text,
                        struct config_flaw *flaw);
td_err config_set_models(const struct config_key *key, char *out, const char *text,
                         struct config_flaw *flaw);

/* Next item of a comma list: spaces around it are left out. False at the end; an empty item has
 * bytes 0. */
bool config_list_next(const char **at, const char **item, size_t *bytes);

#endif
