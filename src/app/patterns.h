/* Items of `symbols = ...` that are no names: wildcards over unified names (ETH-*, *-USDT-PERP) and the N busiest of a quote currency
   (TOP:20:USDT, TOP:5:USDT:PERP). Pure; any thread. */
#ifndef TD_APP_PATTERNS_H
#define TD_APP_PATTERNS_H

#include <stdbool.h>
#include <stdio.h>

#include "app/catalogue.h"
#include "app/config.h"

/* A wildcard or a top N, whatever is right or wrong about it; in upper case. */
bool pattern_is(const char *item, size_t bytes);
/* Some item of a comma list is one; some item is a top N. */
bool patterns_in(const char *list);
bool patterns_in_top(const char *list);
/* NULL, or what is wrong with the item. */
const char *pattern_flaw(const char *item, size_t bytes);

/* `*` any run of characters, `?` one. */
bool pattern_match(const char *glob, const char *text);

/* What a list of items comes to at a venue: unified names, sorted, each once. */
struct pattern_names {
    unsigned count, cut; /* cut: more than there is room for */
    char name[TD_INSTRUMENTS_MAX][TD_SYMBOL_MAX];
};
/* Items that are names are taken as they stand; where the list lacks one, it is told on `errors` (NULL: silent) what comes near, and with
   `strict` it is left out. Symbols that are not tradable, or whose name cannot stand in the configuration, match no pattern. False:
   an item cannot be resolved at all, and was told. */
bool patterns_resolve(const struct catalogue *catalogue, const char *list, bool strict,
                      struct pattern_names *out, FILE *errors);

/* The names as a comma list; false: longer than cap. */
bool patterns_text(const struct pattern_names *names, char *out, size_t cap);

#endif
