/* Where items come from: a deck's or lake's folder, or a store's list; with filters. Memory is bounded by one page of a list:
   a million segments cost no more than a thousand. */
#ifndef TD_SYNC_SCAN_H
#define TD_SYNC_SCAN_H

#include <stdio.h>

#include "base/os.h"
#include "sync/engine.h"

/* Names that begin with `from` get `to` in its place; both "" or with a slash at their end. */
struct scan_prefix {
    const char *from, *to;
};
enum { SCAN_MORE_MAX = 3 };

struct scan_params {
    const struct td_os *os;
    /* Listed by STORE_LIST; folders too, by store/local.h. A store of the scan's own, not the engine's: calls are waited for here. */
    struct store *from;
    const char *from_prefix; /* below the place: "" or "bronze/" */
    const char *to_prefix;   /* takes its place: SPEC Y5 */
    /* Listed behind the first, each as that one: {"certificates/", "certificates/"}; ends at from NULL. */
    struct scan_prefix more[SCAN_MORE_MAX + 1];
    /* Comma list of globs (scan_matches; backslashes are slashes) on the key below from_prefix, on the whole key or on the destination's; NULL or "" all. */
    const char *paths;
    bool plain;   /* other files than segments too */
    bool to_deck; /* nothing is told that would come to lie among the recorder's own there */
    int64_t
        min_age_ns; /* local segments younger than this that have no receipt yet are left for the next pass; 0 none */
};

/* Told: segments, with or without a receipt (the engine blocks those without), and plain files. Never: receipts (they go with their segment), marks,
   names with a part that begins with a dot, and the recorder's own at the top of a deck: active/, journal/, sync/. */
struct scan;
/* Allocated. TD_E_NO_MEMORY; TD_E_SYNTAX: a prefix that no name begins with, a list of globs without a glob, said in `errors`. */
td_err scan_open(const struct scan_params *params, FILE *errors, struct scan **out);
/* Its next(): an item may come twice where the list changes while it is read. Negative: the store does not list, see scan_failed(). */
struct sync_source scan_source(struct scan *scan);
/* So far: items and bytes, of all that match. */
void scan_seen(const struct scan *scan, int64_t *items, int64_t *bytes);
/* Why next() was negative; NULL: it was not. */
const struct store_result *scan_failed(const struct scan *scan);
void scan_close(struct scan *scan);

/* One glob on a whole key; any thread. '?' is a byte and '*' any within a part; '**' is any across parts, and "**" with a slash any number of whole
   parts, none too. A glob whose last part has no star, or nothing behind its last slash, takes all below a folder of that name. */
bool scan_matches(const char *glob, const char *key);

#endif
