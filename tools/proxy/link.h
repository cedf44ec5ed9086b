/* One client's connection and ours to the server behind it. Sockets never block. */
#ifndef TD_PROXY_LINK_H
#define TD_PROXY_LINK_H

#include "proxy/fault.h"
#include "proxy/flow.h"
#include "proxy/record.h"

enum { LINK_UP, LINK_DOWN, LINK_WAYS }; /* client to server; server to client */

struct link {
    int fd
        [LINK_WAYS]; /* where a way begins: the client, the server; client -1: free, server -1: there is none */
    struct flow flow[LINK_WAYS];
    bool ended[LINK_WAYS];   /* the end of what is read there was read */
    bool shut[LINK_WAYS];    /* the end was passed on to where the way leads */
    bool blocked[LINK_WAYS]; /* a write waits for the socket */
    bool swallows[LINK_WAYS];
    int64_t stalled_until_ns;
    int64_t cut_bytes;  /* 0: no such fault */
    unsigned armed;     /* bits (1 << enum fault_kind) that wait for the middle of a record */
    struct record down; /* of what was written to the client */
    unsigned number;
};

/* The sockets belong to the link from here on. */
void link_init(struct link *link, unsigned number, int client, int server);
/* A fault of a link, now or when its place comes. */
void link_fault(struct link *link, struct fault fault, int64_t now_ns);
/* Reads, writes and passes ends on as far as it goes. False: the link is over and closed. */
bool link_turn(struct link *link, const struct shape *shape, uint64_t *dice, int64_t now_ns);
/* epoll's events that it waits for at that end. */
uint32_t link_wants(const struct link *link, int way, int64_t now_ns);
/* When it goes on without an event. */
int64_t link_due_ns(const struct link *link, int64_t now_ns);
/* What stands in the line of a fault that has happened: "fired KIND link=N". */
void link_tell(const struct link *link, enum fault_kind kind);
void link_close(struct link *link, bool reset);

#endif
