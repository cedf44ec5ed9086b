/* Where a place's requests go: the first part of their URLs, the Host header, and the part of the path that stands for the bucket. Pure. */
#ifndef TD_STORE_ADDRESS_H
#define TD_STORE_ADDRESS_H

#include "store/account.h"

enum { ADDRESS_HOST_MAX = PLACE_BUCKET_MAX + ACCOUNT_TEXT_MAX };

struct address {
    char origin[ADDRESS_HOST_MAX + 16]; /* "https://bucket.host[:port]" */
    char host[ADDRESS_HOST_MAX];        /* what Host says: no port that the scheme implies */
    char path[PLACE_BUCKET_MAX + 1];    /* "/bucket" in path style, "" where the host names it */
};

/* TD_E_SYNTAX: the endpoint is not http(s)://host[:port]. */
td_err address_make(struct address *address, const struct place *place,
                    const struct store_account *account);

/* The bucket lies in another region: AWS's own endpoint is replaced by that region's, any other stays. False, and nothing changed: not the name
   of a region, or the one that is there already. */
bool address_move(struct store_account *account, const char *region);

#endif
