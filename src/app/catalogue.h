/* What a venue lists, all of it: the answers to its list and volume requests, read by the venue's own parser. For who chooses symbols
   (`tapedeck symbols`, patterns in the configuration); the core keeps only what it records. Memory is the caller's; nothing is allocated.
   Any one thread. */
#ifndef TD_APP_CATALOGUE_H
#define TD_APP_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "venue/venue.h"

/* 300 B each; the largest list known (options of one venue) has some 15,000. */
enum { CATALOGUE_ENTRIES_MAX = 32768 };

struct catalogue_entry {
    char symbol[TD_SYMBOL_MAX]; /* unified */
    char raw[TD_SYMBOL_MAX];
    char base[24], quote[24], price_step[32], size_step[32], status[24]; /* "" unknown */
    double volume; /* of 24 h, in the quote currency or what comes nearest; valid when has_volume */
    bool has_volume;
    bool listed; /* the list names it; false: the volumes alone do */
    uint8_t kind;
};

struct catalogue;

/* Mostly untouched where lists are short: to be mapped, not written. */
size_t catalogue_footprint(void);
/* Empty, for lists of this venue; again at any time. mem is zeroed the first time, aligned to 64. */
struct catalogue *catalogue_init(void *mem, const struct venue *venue);

/* One HTTP answer with status 200: URL, tab, body. Entries of the same name are merged, since pages and volumes add to each other. 0,
   TD_E_SYNTAX: it is not what the venue's answers look like; TD_E_NO_ROOM: more than CATALOGUE_ENTRIES_MAX. */
td_err catalogue_take(struct catalogue *catalogue, const char *payload, size_t bytes);
/* All answers are taken: sorts by unified name. */
void catalogue_finish(struct catalogue *catalogue);

const struct venue *catalogue_venue(const struct catalogue *catalogue);
/* Listed ones, by name. */
unsigned catalogue_count(const struct catalogue *catalogue);
const struct catalogue_entry *catalogue_at(const struct catalogue *catalogue, unsigned index);
/* By unified name or the venue's own; NULL: not listed. */
const struct catalogue_entry *catalogue_find(const struct catalogue *catalogue, const char *symbol);

/* By the venue's word, where it has one: trading is possible or announced for no other time. */
bool catalogue_tradable(const struct catalogue_entry *entry);
/* "spot", "perp", ... */
const char *catalogue_kind_word(uint8_t kind);

#endif
