/* One operation as an HTTP request, in either dialect: URL, headers, body, signature. Pure but for the memory of a body that is made here. */
#ifndef TD_STORE_REQUEST_H
#define TD_STORE_REQUEST_H

#include "store/account.h"
#include "store/address.h"
#include "store/carrier.h"

struct request_scene {
    const struct place *place;
    const struct store_account *account; /* region and endpoint as learnt by now */
    const struct address *address;       /* of these */
    const char *bearer;                  /* in place of a signature; NULL: signed, or anonymous */
    int64_t wall_ns;                     /* as the store's clock goes */
    bool no_checksums;                   /* x-amz-checksum-* were refused: left out */
};

/* Fills in method, url, headers and body of the exchange; all else is left as it is. *made: a body in memory that belongs to the caller
   (free()), NULL none. sent_checksums: headers that a store may not know went with it. TD_E_RANGE: key, address or headers are too long; TD_E_SYNTAX: a
   header's value that would end its line; TD_E_NO_MEMORY. */
td_err request_make(const struct request_scene *scene, const struct store_op *op,
                    struct exchange *exchange, void **made, bool *sent_checksums);

#endif
