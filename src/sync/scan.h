/* Where items come from: a deck's or lake's folder, or a store's list; with filters. Memory is bounded by one folder's names or one page of a list:
   a million segments cost no more than a thousand. */
#ifndef TD_SYNC_SCAN_H
#define TD_SYNC_SCAN_H

#include <stdio.h>

#include "base/os.h"
#include "sync/engine.h"

struct scan_params {
    const struct td_os *os;
    struct store *from;      /* listed by STORE_LIST; folders too, by store/local.h */
    const char *from_prefix; /* below the place: "" or "bronze/" */
    const char *to_prefix;   /* takes its place: SPEC Y5 */
    const char *
        paths; /* comma list of globs on the key below from_prefix, '*' within a part, '**' across; "" all */
    bool plain; /* other files than segments too */
    int64_t
        min_age_ns; /* local files younger than this are left for the next pass (their receipt may just be coming); 0 none */
};

struct scan;
td_err scan_open(const struct scan_params *params, FILE *errors, struct scan **out);
struct sync_source scan_source(struct scan *scan);
/* So far: items and bytes, of all that match. */
void scan_seen(const struct scan *scan, int64_t *items, int64_t *bytes);
void scan_close(struct scan *scan);

/* One glob; any thread. */
bool scan_matches(const char *glob, const char *key);

#endif
