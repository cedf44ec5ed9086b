/* Symbol lists from the network, before recording: a wire of its own without connections asks for all pages of several venues at once and
   writes each venue's answers to its cache file. The calling thread does the work and waits. Not while a deck of the process stands: the
   wire forks its resolvers. */
#ifndef TD_APP_LIST_FETCH_H
#define TD_APP_LIST_FETCH_H

#include "app/list_cache.h"
#include "base/os.h"
#include "venue/venue.h"

struct list_ask {
    const struct venue *venue;
    const char *rest_url;
    struct venue_subscription sub; /* for venues that list symbols one by one */
    bool volumes;                  /* where the venue tells them */
    bool volumes_needed;           /* a list without them is none */
    /* The outcome. */
    bool fetched;
    bool without_volumes; /* fetched, but they were refused */
    int status;           /* HTTP status of the answer that failed, 0: no answer */
    const char *wrong;    /* why not, in words */
    unsigned answers;
    uint64_t bytes;
};

struct list_fetch_params {
    const struct td_os *os;
    const char *ca_pem;
    size_t ca_bytes;
    uint32_t connect_timeout_ms;
    const char *data_dir;
    bool progress; /* a line on stderr that is drawn over */
};

/* mem: of a catalogue, used to check each list. False: at least one was not fetched; its older cache file stands. */
bool lists_fetch(const struct list_fetch_params *params, void *catalogue_mem, struct list_ask *asks,
                 unsigned count);

#endif
