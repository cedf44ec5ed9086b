/* A store over HTTPS: S3, what is compatible, GCS. Requests are made by store/request.h, answers read by store/answer.h, bytes carried by
   store/carrier.h. */
#ifndef TD_STORE_REMOTE_H
#define TD_STORE_REMOTE_H

#include <stdio.h>

#include "store/account.h"
#include "store/carrier.h"
#include "store/store.h"

struct remote_params {
    struct place place;
    struct store_account account; /* copied */
    const struct td_os *os;       /* clock and random */
    const struct carrier *
        carrier; /* this store's alone, outlives it; NULL: one of its own by carrier_open() with the four below */
    unsigned calls_max;    /* 1..64 */
    int connect_s, read_s; /* 0: 10 and 60 */
    int64_t bytes_per_s;   /* both ways together; 0: no limit */
};

/* Memory is allocated: 40 KB and the carrier's buffers a call, a page of a list while it comes. TD_E_CONFIG: the account cannot be used (bad endpoint, unreadable service account, no
   certificates), said in `errors`. */
td_err remote_open(const struct remote_params *params, FILE *errors, struct store *out);

#endif
