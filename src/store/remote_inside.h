/* A remote store's inside: shared by remote.c, which carries calls, and remote_mend.c, which mends what the protocol itself can. */
#ifndef TD_STORE_REMOTE_INSIDE_H
#define TD_STORE_REMOTE_INSIDE_H

#include "store/address.h"
#include "store/answer.h"
#include "store/remote.h"
#include "store/token.h"

enum { REMOTE_NAME_MAX = PLACE_BUCKET_MAX + PLACE_KEY_MAX + 8 };

/* One call on its way: asked, perhaps asked again for a reason that the protocol knows. */
struct flight {
    struct exchange exchange;
    struct answer answer;
    struct store_call *call;
    struct flight *next;
    void *made;          /* body of a completion */
    bool sent_checksums; /* in this try */
    bool cancelled;
    /* each once */
    bool tried_region, tried_skew, tried_token, tried_checksums, tried_why;
    /* HEAD refused without a word: a GET of its first byte is asked for the reason */
    bool asks_why;
    struct store_op why;
    struct store_result why_result;
    /* as they were when it was asked */
    int64_t wall_ns;
    uint32_t token_number;
    char region[sizeof((struct store_account *)0)->region];
    int64_t sent_bytes, got_bytes; /* of the tries before */
};

struct queue {
    struct flight *first, **last;
};

struct remote {
    struct place place;
    struct store_account account;
    struct address address;
    const struct td_os *os;
    struct carrier carrier;
    bool own_carrier;
    char name[REMOTE_NAME_MAX], known_as[REMOTE_NAME_MAX + ACCOUNT_TEXT_MAX];
    unsigned calls_max, under_way,
        fresh; /* fresh: so many of the next requests want a new connection */
    int64_t skew_ns;
    bool region_learnt;
    bool no_checksums[STORE_VERBS], has_checksums[STORE_VERBS];
    struct token *token;
    struct exchange *token_exchange;
    bool token_asked, token_skewed;
    uint32_t token_number;
    struct flight *flights, *unused;
    struct queue for_token;
    struct store_call *done, **done_last;
};

/* The store's clock is so far ahead of ours: for signatures alone; said in the log. */
void remote_set_clock(struct remote *remote, int64_t skew_ns);
/* Whether the call is worth another try right away: a clock offset, a region, a new token, no checksum headers; each once a call. */
bool remote_mend(struct remote *remote, struct flight *flight);
/* A call has ended: what it showed of checksum headers. */
void remote_note_checksums(struct remote *remote, const struct flight *flight);
/* A HEAD was refused with no word why, for it has no body: a GET of the first byte is to be asked, flight->why. */
bool remote_wants_why(struct flight *flight);
/* That GET is back. */
void remote_adopt_why(struct flight *flight);

#endif
