/* Signature version 4 in two dialects. Pure, any thread; mbedTLS for the sums. Sources: AWS "Signature Version 4 signing process" and Google
   Cloud Storage "Signatures". */
#ifndef TD_STORE_SIGN_H
#define TD_STORE_SIGN_H

#include <stdint.h>

#include "store/account.h"

enum { SIGN_DATE_MAX = 17 /* 20260921T040000Z and NUL */ };

/* One header or query parameter, not encoded. Lists end at name NULL; they need not be sorted. */
struct sign_pair {
    const char *name, *value;
};

struct sign_request {
    const char *method;
    const char
        *path; /* not encoded, "/bucket/key": each byte of it counts, nothing is normalised */
    const struct sign_pair *query;  /* ends at name NULL */
    const struct sign_pair *header; /* lower case; host among them; all of them are signed */
    const char *payload;            /* hex sha256 of the body, or UNSIGNED-PAYLOAD */
    int64_t
        wall_ns; /* corrected by the store's offset; the x-amz-date or x-goog-date header must say the same */
};

/* "20260921T040000Z" */
void sign_date(int64_t wall_ns, char out[SIGN_DATE_MAX]);

/* Value of the Authorization header. TD_E_RANGE: it does not fit. */
td_err sign_authorization(const struct store_account *account, const struct sign_request *request,
                          char *out, size_t cap);

/* Percent-encoded, upper case, all but A-Z a-z 0-9 - _ . ~ and, where `slash`, '/'. False: does not fit. */
bool sign_encode(const char *text, bool slash, char *out, size_t cap);

#endif
