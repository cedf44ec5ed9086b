/* Endpoints and their connections. An endpoint has one connection, its lead; when that has grown old (life_s) a second one is
   opened beside it, in the one spare place that all endpoints share: overlaps take turns. The second becomes the lead when the core
   drops the first, or when the first dies. Wire thread only. */
#ifndef TD_NET_LINKS_H
#define TD_NET_LINKS_H

#include "net/conn.h"

struct link {
    struct conn *lead;
    void *subscribe_arg;
    struct backoff backoff; /* of its overlaps, which have no place of their own to keep it */
    int64_t overlap_due_ns; /* none before */
};

struct links {
    struct conn_env *env;
    const struct wire_endpoint *endpoints;
    struct wire_health *health;
    struct link *links;
    struct conn *conns; /* count + 1 */
    unsigned count;     /* endpoints */
};

size_t links_footprint(unsigned endpoint_count);
/* endpoints, health (one each) and env outlive the links. Streams have the slots 0 .. endpoint_count. An endpoint's URL: as
   conn_assign. */
td_err links_init(struct links *links, void *mem, const struct wire_endpoint *endpoints,
                  struct wire_health *health, unsigned endpoint_count, struct conn_env *env);

/* As far as all of them go now. True: there is more to do at once. */
bool links_step(struct links *links, int64_t now_ns);
int64_t links_due_ns(const struct links *links);
void links_forgive(struct links *links, int64_t paused_ns);
bool links_want_large(const struct links *links);
/* False: the slot is not of these. */
bool links_resolved(struct links *links, const struct resolve_answer *answer);

/* The connection of this number, 0: the source's oldest that is up; NULL: it is not up. */
struct conn *links_find(struct links *links, uint16_t source, uint32_t number);
/* Close it for good if another of its endpoint is up; else it stays, for nothing would go on in its place. */
void links_drop(struct links *links, struct conn *conn, int64_t now_ns);
/* A lead is replaced as if it had grown old, in its turn; one that is second already stays. */
void links_replace(struct links *links, struct conn *conn, int64_t now_ns);
/* One argument an endpoint, from the next connect on. */
void links_subscribe_args(struct links *links, void *const *args);

void links_stop(struct links *links, int64_t now_ns);
bool links_stopped(const struct links *links);
void links_abandon(struct links *links);

#endif
