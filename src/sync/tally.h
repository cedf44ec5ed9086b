/* Statistics of a pass and of a process (SPEC Y5), and the state in one word that a person and the status page read. */
#ifndef TD_SYNC_TALLY_H
#define TD_SYNC_TALLY_H

#include "store/op.h"

enum sync_health {
    SYNC_HEALTH_FINE,
    SYNC_HEALTH_OFFLINE, /* no answer from the store: network, name, TLS */
    SYNC_HEALTH_BUSY,    /* it answers, but asks for patience */
    SYNC_HEALTH_DENIED,  /* keys wrong or expired */
    SYNC_HEALTH_SKEWED,  /* the clock is refused */
    SYNC_HEALTH_NO_BUCKET,
    SYNC_HEALTH_WRONG_REGION,
    SYNC_HEALTH_UNTRUSTED, /* certificate */
    SYNC_HEALTH_LOCAL,     /* files here cannot be read or written: disk full, rights */
    SYNC_HEALTH_DAMAGED,   /* blocked, conflicting or never-equal items: somebody must look */
    SYNC_HEALTHS
};
extern const char *const sync_health_words[SYNC_HEALTHS];
/* What to do next, a sentence for a person. */
extern const char *const sync_health_advice[SYNC_HEALTHS];

struct sync_failure {
    char key[256]; /* cut from the left */
    char end[16], words[STORE_WORDS_MAX];
    enum store_outcome outcome;
};
enum { SYNC_FAILURES_MAX = 20 };

struct sync_tally {
    int64_t found, sent, there, failed, blocked, conflicts, removed, kept, gone;
    int64_t marked_before;                                         /* passed over for their mark */
    int64_t sent_bytes, got_bytes, sent_file_bytes, removed_bytes; /* the first two on the wire */
    int64_t retries, resumed_parts;
    int64_t begun_ns, ended_ns;                     /* wall */
    int64_t last_verified_ns;                       /* wall; 0 never */
    enum sync_health health;                        /* of the last thing that happened */
    struct sync_failure failure[SYNC_FAILURES_MAX]; /* the first ones */
    int64_t failures;                               /* all */
};

enum sync_health sync_health_of(const struct store_result *result);
/* Nothing more can work in this pass: keys, clock, bucket, region, certificate. */
bool sync_health_ends_pass(enum sync_health health);

/* One more failure; its words are kept while there is room. end: of job_end_words. */
void tally_failure(struct sync_tally *tally, const char *key, const char *end,
                   const struct store_result *why);

#endif
