/* A store as its callers see it: calls are handed in, come back finished in any order. One thread. Nothing is tried twice here, but for what
   only the protocol can know (a clock offset learnt, a region learnt, a bearer token that ran out: once each): retrying is store/retry.h's. */
#ifndef TD_STORE_STORE_H
#define TD_STORE_STORE_H

#include "store/op.h"

/* The caller's; at its place, unchanged, from submit until wait gives it back. */
struct store_call {
    struct store_op op;
    struct store_result result;
    void *tag;               /* the caller's */
    struct store_call *next; /* the store's */
    void *own;               /* the store's */
};

struct store {
    /* Never fails: what goes wrong is in the result. At most `calls_max` are under way. */
    void (*submit)(void *ctx, struct store_call *call);
    /* A finished call; NULL after timeout_ms (0: at once; < 0: until one ends), or at once where none is under way. Bytes move only in here. */
    struct store_call *(*wait)(void *ctx, int timeout_ms);
    /* All calls under way come back soon, with STORE_LOST. */
    void (*cancel)(void *ctx);
    void (*close)(void *ctx);
    void *ctx;
    unsigned calls_max;
    const char
        *name; /* "s3://bucket/prefix" or the folder, for messages; lives as long as the store */
    /* What marks and records call it: the name, and the endpoint where it is none of the cloud's own: two stores may have a bucket of one name.
       NULL: the name says all. */
    const char *known_as;
    bool is_local;
};

static inline const char *store_known_as(const struct store *store)
{
    return store->known_as ? store->known_as : store->name;
}

#endif
