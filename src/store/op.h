/* What is asked of a store and what it says, free of any protocol: one operation on one name, one result. A store over HTTP (store/remote.h),
   a folder (store/local.h) and the tests' lying one (tests/sync) all speak this. */
#ifndef TD_STORE_OP_H
#define TD_STORE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/os.h"
#include "store/place.h"

enum {
    STORE_SINGLE_MAX = 16 << 20, /* larger objects go in parts */
    STORE_PART_BYTES = 8 << 20,
    STORE_PARTS_MAX = 10000,
    STORE_ETAG_MAX = 128,
    STORE_UPLOAD_MAX = 512,
    STORE_TOKEN_MAX = 2048,
    STORE_CODE_MAX = 64,
    STORE_WORDS_MAX = 192,
    STORE_LIST_MAX = 1000 /* names an answer */
};

enum store_verb {
    STORE_HEAD,        /* size, identity, the store's own checksum */
    STORE_GET,         /* bytes [at, at + bytes) of an object to a sink */
    STORE_PUT,         /* a whole object */
    STORE_DELETE,      /* 0 also where there was none */
    STORE_LIST,        /* one page of names, in their byte order */
    STORE_PARTS_OPEN,  /* multipart: begin */
    STORE_PARTS_PUT,   /* one part */
    STORE_PARTS_LIST,  /* one page of the parts that the store has */
    STORE_PARTS_CLOSE, /* complete */
    STORE_PARTS_DROP,  /* abort; 0 also where there was none */
    STORE_PROBE,       /* is the bucket there, may we */
    STORE_VERBS
};

/* Identity of an object's bytes. Ours, kept beside the object as metadata; the store's own sums are in store_result. */
struct store_identity {
    int64_t bytes;
    uint8_t sha256[32];
    uint32_t crc32c;
};

/* Bytes to send: memory, or [at, at + bytes) of an open file of `disk`. Read as often as it is sent. The caller's until the call is back. */
struct store_body {
    const void *data; /* NULL: the file's */
    const struct td_disk *disk;
    int file;
    int64_t at, bytes;
};

/* Takes bytes of a GET in order; negative: stop, the call ends with STORE_LOCAL and this error. */
struct store_sink {
    td_err (*take)(void *arg, const void *data, size_t bytes);
    void *arg;
    /* Before each try by store_ask(): what came so far is forgotten. NULL: a GET of which bytes came is not tried again. */
    void (*begin)(void *arg);
};

/* One name of a list; key without the place's prefix. Valid during the call. */
struct store_entry {
    const char *key;
    int64_t bytes;
    bool is_prefix; /* what the delimiter cut off, ends in it */
};
struct store_visit {
    td_err (*entry)(void *arg, const struct store_entry *entry); /* negative: stop, as a sink's */
    void *arg;
};

struct store_part {
    uint32_t number; /* from 1 */
    int64_t bytes;
    char etag[STORE_ETAG_MAX]; /* as the store said it; only ever given back to it */
};
struct store_part_visit {
    td_err (*part)(void *arg, const struct store_part *part);
    void *arg;
};

struct store_op {
    enum store_verb verb;
    const char *key; /* below the place's prefix, plain UTF-8; LIST: the prefix asked for, "" all */
    /* PUT, PARTS_PUT */
    struct store_body body;
    struct store_identity
        body_identity; /* of exactly these bytes: stores refuse a body that differs */
    /* PUT, PARTS_OPEN, PARTS_CLOSE */
    struct store_identity identity; /* of the whole object: goes into its metadata */
    const char *content_type;       /* NULL: application/octet-stream */
    /* PUT, PARTS_CLOSE: STORE_EXISTS where there is an object of the name. A store that cannot answers STORE_UNSUPPORTED, or ignores it. */
    bool only_if_absent;
    /* PARTS_* but OPEN */
    const char *upload_id;
    uint32_t part_number;
    const struct store_part *part; /* CLOSE: all of them, in order */
    uint32_t part_count;
    struct store_part_visit parts; /* PARTS_LIST */
    uint32_t after_part;           /* PARTS_LIST: those behind this number */
    /* GET */
    int64_t at, bytes; /* bytes < 0: to the end; at < 0: the last `bytes` bytes */
    struct store_sink sink;
    /* LIST */
    const char *token;     /* NULL: from the beginning */
    const char *delimiter; /* NULL: all names below */
    const char *
        start_after; /* NULL; names behind this one, below the place's prefix; only without token */
    struct store_visit visit;
};

enum store_outcome {
    STORE_FINE,
    STORE_ABSENT, /* no such object */
    STORE_EXISTS, /* only_if_absent, and there is one */
    STORE_AGAIN, /* the store asks for another try: 5xx, SlowDown, 409 in a race, 408, 429. A PUT may have happened all the same */
    STORE_LOST, /* no answer, half an answer, no connection, no name, TLS broke: it may have happened */
    STORE_DAMAGED, /* the store says that the body is not what was announced; or a GET's bytes are fewer, more, or not the store's own sum */
    STORE_DENIED,  /* 401, 403: keys wrong, expired, not allowed */
    STORE_SKEWED,  /* the clock is still refused after the offset was corrected */
    STORE_NO_BUCKET,    /* the bucket is not there */
    STORE_WRONG_REGION, /* and where it is could not be learnt */
    STORE_NO_UPLOAD,    /* the multipart upload is not known (any more) */
    STORE_REFUSED,      /* any other 4xx: asking again will not help */
    STORE_UNSUPPORTED,  /* 501: this store has no such thing */
    STORE_UNTRUSTED,    /* its certificate is not accepted */
    STORE_LOCAL,        /* our side failed: err tells (disk full, unreadable file, sink) */
    STORE_OUTCOMES
};
extern const char
    *const store_outcome_words[STORE_OUTCOMES]; /* "absent", "denied" ... for statistics and JSON */

struct store_result {
    enum store_outcome outcome;
    td_err err;                    /* STORE_LOCAL, STORE_LOST */
    int http_status;               /* 0: none came */
    char code[STORE_CODE_MAX];     /* the store's own ("SlowDown"); "" none */
    char words[STORE_WORDS_MAX];   /* for a person: what went wrong, cut; never a secret */
    int64_t retry_after_ms;        /* the store asked for so long; 0 not */
    int64_t sent_bytes, got_bytes; /* bodies, on the wire */
    /* HEAD, GET */
    int64_t bytes; /* size of the object */
    bool has_identity;
    struct store_identity identity; /* as its writer claimed it (metadata) */
    bool has_crc32c,
        has_sha256; /* the store's own sum of the whole object: it has read these bytes */
    uint32_t crc32c;
    uint8_t sha256[32];
    /* PUT, PARTS_PUT, HEAD, GET: of a GET only to notice that two of them read different objects; "" the store does not say */
    char etag[STORE_ETAG_MAX];
    /* PARTS_OPEN */
    char upload_id[STORE_UPLOAD_MAX];
    /* LIST: next page's token, "" at the end. PARTS_LIST: next after_part, 0 at the end. */
    char token[STORE_TOKEN_MAX];
    uint32_t next_part;
};

#endif
