/* The parts of carrier_curl.c: one exchange under libcurl (carrier_slot.c) and how a failure is said (carrier_words.c). For these files alone. */
#ifndef TD_STORE_CARRIER_INSIDE_H
#define TD_STORE_CARRIER_INSIDE_H

#include <curl/curl.h>
#include <mbedtls/x509_crt.h>

#include "store/carrier.h"
#include "store/rate.h"

/* An exchange under way. */
struct slot {
    struct carrier_curl *of;
    CURL *easy;
    struct exchange *exchange; /* NULL: free */
    struct curl_slist *headers;
    int64_t body_at;           /* of the body, handed to curl */
    int64_t moved;             /* of bodies, since the end was put off */
    int64_t deadline_ms;       /* what stands still until then is given up */
    int64_t end_ms;            /* and what hardly moves until then */
    int64_t looked_ms, unsent; /* when the kernel's queue was looked at, and what was in it */
    size_t head_bytes;
    unsigned heads;
    bool begun;      /* a request has gone out on some connection */
    bool all_out;    /* and all of its body */
    bool asks_first; /* Expect: 100-continue */
    bool told;       /* by an interim answer that it may send */
    bool head_whole; /* of the answer, its empty line seen: libcurl is content without */
    bool in_body;    /* of the answer */
    bool again;      /* one more try was made, by the carrier's own rule */
    bool must_ask;   /* whatever the size of the body */
    bool held;       /* by the bandwidth's limit */
    bool tls12;
    uint32_t distrust; /* mbedTLS's flags of the certificates */
    td_err err;        /* why one of our callbacks ended it */
    const char *why;
    char detail[CURL_ERROR_SIZE];
};

struct carrier_curl {
    struct carrier_params params;
    CURLM *multi;
    mbedtls_x509_crt roots;
    struct rate rate;
    struct exchange *done, **done_end;
    unsigned under_way, first_held;
    bool mute_on_expect; /* this store never answers Expect: it is not asked again */
    bool tls12;          /* 1.2 alone is what it understands; see net/tls.c */
    struct slot slot[];
};

int64_t carrier_now_ms(void);

bool exchange_is(const struct exchange *exchange, const char *method);
bool exchange_changes_nothing(const struct exchange *exchange); /* GET, HEAD */
/* words = before, the host's name, ": ", what. */
void exchange_say(struct exchange *exchange, const char *before, const char *what);

/* Sets out with slot->exchange, also once more. False: no memory, and nothing is under way. */
bool slot_start(struct slot *slot);
/* It moves: the time for standing still begins anew. */
void slot_renew(struct slot *slot);
/* What libcurl says, in words and as our error. */
td_err slot_explain(struct slot *slot, CURLcode code);

#endif
