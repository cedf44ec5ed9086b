/* The venues of the simulated world: the bundled exchange's houses (markets, books, texts), spoken over the simulated net: upgrade,
   frames, pages, and every way in which a venue can be wrong. */
#ifndef TD_SIM_BOURSE_H
#define TD_SIM_BOURSE_H

#include "exchange/house.h"
#include "sim/trail.h"
#include "sim/venues.h"

struct bourse;

/* The server's side of one connection. */
struct visit {
    struct listener listener; /* first: the house hands it back */
    struct bourse *bourse;
    struct link *link;
    struct trail *trail;
    unsigned host;
    bool used, upgraded,
        leaving; /* leaving: a close frame or a broken one went out, nothing else follows */
    bool no_pong;
    enum kind cut_next;             /* conn_*_mid_frame: at the next message */
    bool spoilt[HOUSE_MARKETS_MAX]; /* a message was lost: the next one of that book spoils it */
    char *old;                      /* a message told before */
    size_t old_bytes;
    struct told old_told;
    char *held; /* waits for the next one to overtake it */
    size_t held_bytes;
    struct told held_told;
    bool holds;
};

struct bourse_params {
    const struct sim_venue *venue[NET_HOSTS];
    unsigned venues;
    unsigned symbols[NET_HOSTS]; /* of each venue */
    unsigned rate; /* steps of the venues a second, all together: half as many messages again */
    bool steady;   /* no connection is replaced by plan: each message is told once */
};

struct bourse {
    struct world *world;
    struct net *net;
    struct bourse_params params;
    struct house house[NET_HOSTS];
    struct history history;
    struct trails *trails;
    struct truth *truth[NET_HOSTS]; /* [markets] of each house */
    unsigned truth_base[NET_HOSTS]; /* index of its first one among all */
    uint64_t changes_in_base[NET_HOSTS]
                            [HOUSE_MARKETS_MAX]; /* told before the last base was served */
    struct visit visit[NET_LINKS];
    uint64_t dice;
    int64_t halted_until_ns;
    int halted_host, halted_market; /* -1 none */
    uint64_t told;
    char *scratch, *old_base; /* HOUSE_TEXT_BYTES each */
    size_t old_base_bytes;
    char old_base_target[256];
};

void bourse_init(struct bourse *bourse, struct world *world, struct net *net, struct trails *trails,
                 const struct bourse_params *params);
struct truth *bourse_truth(struct bourse *bourse, unsigned index);
/* A fault of PLACE_LINK on a connection that is up, or of PLACE_VENUE. False: there is nothing to do it to. */
bool bourse_spoil(struct bourse *bourse, enum kind kind);
void bourse_heal(struct bourse *bourse);
/* Nothing happens any more at the venues; they only keep the connections up. */
void bourse_hush(struct bourse *bourse);
/* Index of the venue of a truth. */
unsigned bourse_host(const struct bourse *bourse, unsigned truth_index);

/* ---- visit.c: bytes to one client ---- */

/* A text as a frame; told: what it is. */
void visit_text(struct visit *visit, const char *text, size_t bytes, struct told told);
void visit_frame(struct visit *visit, unsigned opcode, bool final, const void *data, size_t bytes);
void visit_close(struct visit *visit, int code);
/* The message through the faults that are armed. */
void visit_say(struct visit *visit, const char *text, size_t bytes, struct told told);

/* ---- pages.c ---- */

/* The head of a request, without its end; changed. */
void visit_request(struct visit *visit, char *head);

/* ---- spoil.c ---- */

/* Changes a text in scratch (room for HOUSE_TEXT_BYTES) by a fault of PLACE_MESSAGE, BOOK or TRADE. False: this text does not offer what
   it needs. *wrong: what is told is no longer what is true. */
bool spoil_text(struct bourse *bourse, const struct sim_venue *venue, enum kind kind,
                struct td_str *text, bool *wrong);
/* A text of its own that comes before the message. NULL: the kind has none. */
const char *spoil_extra(struct bourse *bourse, const struct sim_venue *venue, const char *raw,
                        enum kind kind, size_t *bytes);

#endif
