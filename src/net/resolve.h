/* Host names to addresses. getaddrinfo allocates and blocks, so it lives in a few small child
   processes that share one socket pair with us; requests and answers are fixed-size records.
   Children die with the parent and are made anew when one is gone. Addresses in text and
   "localhost" are answered without them. A world with a td_names of its own has no children. */
#ifndef TD_NET_RESOLVE_H
#define TD_NET_RESOLVE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/os.h"

enum {
    RESOLVE_HOST_MAX = 256,
    RESOLVE_ADDRESSES_MAX = 8,
    RESOLVE_TEXT_MAX = 46,
    RESOLVE_CHILDREN =
        3, /* so that a name server that does not answer for one host holds up few others */
};

struct resolve_answer {
    uint32_t id;
    int32_t err; /* td_err */
    uint32_t count;
    char address[RESOLVE_ADDRESSES_MAX][RESOLVE_TEXT_MAX]; /* in the order to be tried */
};

struct resolver {
    const struct td_names *names; /* NULL: the children */
    int fd;                       /* ours; readable when an answer waits; -1 without children */
    int child_fd;
    pid_t child[RESOLVE_CHILDREN];
};

/* Forks the children, unless names are given: before threads start. TD_E_IO. */
td_err resolve_open(struct resolver *resolver, const struct td_names *names);
void resolve_close(struct resolver *resolver);

/* Answers at once: *answer filled, 1. Else 0: ask. */
int resolve_known(const char *host, struct resolve_answer *answer);
/* The answer comes by resolve_poll with this id. TD_E_AGAIN: too many are under way;
 * TD_E_NET_RESOLVE: no child is left. */
td_err resolve_ask(struct resolver *resolver, uint32_t id, const char *host);
/* 1 and *answer, 0 when none waits. Never blocks. */
int resolve_poll(struct resolver *resolver, struct resolve_answer *answer);

#endif
