/* The net in memory: names, connections, and what goes wrong with them. Tables of base/os.h for the recorder; a few calls for the
   servers at the other end. Bytes keep their order, as TCP's do; when they come, in which pieces and whether at all is the net's. */
#ifndef TD_SIM_NET_H
#define TD_SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/world.h"

enum {
    NET_LINKS = 64,
    NET_HOSTS = 8,
    NET_QUESTIONS = 64,
    LINK_PIECES = 4096,
};

enum link_state { LINK_FREE, LINK_CONNECTING, LINK_UP, LINK_CLOSED };

/* Bytes up to `end` can be read from `at_ns` on, at most `step` at once (0: as many as there are). */
struct piece {
    uint64_t end;
    int64_t at_ns;
    uint32_t step;
};

struct link {
    enum link_state state;
    uint64_t id;
    unsigned host;
    int64_t connected_ns; /* INT64_MAX: never */
    td_err refusal;       /* 0: none */
    /* to the client */
    char *out;
    size_t out_cap;
    uint64_t out_base, put, got; /* offsets in all that was ever put */
    struct piece piece[LINK_PIECES];
    unsigned piece_first, piece_count;
    bool ended;     /* nothing follows what was put */
    td_err end_err; /* then: 0 an orderly end */
    bool reset;     /* at once, whatever is under way */
    td_err reset_err;
    /* to the server */
    char *in;
    size_t in_bytes, in_cap;
    /* how the line is now */
    bool half_open;
    int64_t latency_ns, stall_until_ns, blocked_until_ns, drip_until_ns, odd_until_ns;
    uint32_t odd_step; /* until odd_until_ns; 0: drawn for each piece */
    int64_t bytes_per_s;
    /* readiness */
    void *tag;
    bool watched, readable, writable;
    void *server; /* the server's own */
};

struct net_answer {
    uint32_t id;
    int32_t err;
    uint32_t count;
    bool ready;
    char address[8][46];
};

struct net {
    struct world *world;
    uint64_t dice, next_id;
    int64_t down_until_ns;
    struct link link[NET_LINKS];
    struct {
        unsigned first; /* its addresses are 10.host.0.first and the next one */
        bool dead_first;
    } host[NET_HOSTS];
    struct net_answer answer[NET_QUESTIONS];
    unsigned answers;
    /* the server: a connection was accepted (true: go on), bytes came, the client is gone */
    void (*accepted)(void *arg, struct link *link);
    void (*came)(void *arg, struct link *link);
    void (*gone)(void *arg, struct link *link);
    /* the recorder has read up to link->got; its next look at the monotonic clock is the stamp */
    void (*read)(void *arg, struct link *link, int64_t mono_ns);
    void *arg;
    struct link *unstamped;
    struct td_names names;
    uint64_t bytes;
};

extern const char *const net_hosts[NET_HOSTS];

/* Sets world->os.socket and .names. */
void net_init(struct net *net, struct world *world);
/* The recorder is gone: its sockets are closed, its questions forgotten. */
void net_kill(struct net *net);

void net_names_init(struct net *net); /* names.c: called by net_init */

/* ---- for servers ---- */

void link_put(struct link *link, struct net *net, const void *data, size_t bytes);
/* Nothing follows; what was put is still delivered. err: 0 an orderly end. */
void link_end(struct link *link, struct net *net, td_err err);
/* At once. */
void link_reset(struct link *link, struct net *net, td_err err);

/* A fault of PLACE_LINK that is the line's business. False: it is not. */
bool net_spoil(struct net *net, struct link *link, enum kind kind);
void net_down(struct net *net, int64_t for_ns);
/* An end to all that is wrong with lines and addresses. */
void net_heal(struct net *net);

#endif
