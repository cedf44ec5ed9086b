/* The answer to one operation, read as it comes: bytes of an object go to the operation's sink, XML is read and kept until it is whole, then all
   becomes a store_result. One thread; allocates for XML and pages alone. */
#ifndef TD_STORE_ANSWER_H
#define TD_STORE_ANSWER_H

#include <mbedtls/sha256.h>

#include "store/carrier.h"
#include "store/listing.h"
#include "store/place.h"

enum { ANSWER_REGION_MAX = 40 };

enum answer_body { ANSWER_NOTHING_YET, ANSWER_OBJECT, ANSWER_DOCUMENT };

struct answer {
    const struct place *place;
    const struct store_op *op;
    struct exchange *exchange;
    struct store_result *result;
    enum answer_body body;
    /* what the protocol's own repairs need to know, once answer_end() is through */
    char region[ANSWER_REGION_MAX]; /* where the store says that the bucket is; "" not said */
    int64_t server_ns;              /* its clock; 0 not said */
    bool about_checksum;            /* it complains of a checksum header */
    /* an object */
    int64_t expected_bytes, passed_bytes; /* of the body; expected -1: not said */
    bool whole;                           /* all bytes of the object: its sums can be compared */
    uint32_t crc32c;
    mbedtls_sha256_context sha256; /* where the store says one */
    td_err sink_err;
    enum store_outcome broken; /* why we stopped reading; STORE_FINE: we did not */
    /* a document */
    struct xml *xml;
    td_err xml_err;
    bool is_error, is_encoded, is_truncated, has_root;
    char root[48], section[48]; /* names of the open elements of depth 0 and 1 */
    char key[3 * PLACE_KEY_MAX];
    int64_t key_bytes;
    struct store_part part;
    struct listing listing;
    char message[STORE_WORDS_MAX];
    char token[STORE_TOKEN_MAX];
};

/* Before the exchange is handed to the carrier: takes its body. All stay the caller's until answer_end(). */
void answer_begin(struct answer *answer, const struct place *place, const struct store_op *op,
                  struct exchange *exchange, struct store_result *result);
/* The exchange is back. Fills in the result (all of it), shows a page to its visitor, frees what was allocated. */
void answer_end(struct answer *answer);

#endif
