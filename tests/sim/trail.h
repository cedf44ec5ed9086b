/* What each connection was told and what of it the recorder has read, byte for byte; and the check of the recorder's frames against it:
   each message that was read is one frame, in order, with the stamp of the read that completed it; none is invented. */
#ifndef TD_SIM_TRAIL_H
#define TD_SIM_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/event.h"
#include "sim/net.h"
#include "sim/truth.h"

enum { TRAILS = 1024, TRUTHS = HOUSE_MARKETS_MAX * NET_HOSTS };

/* One message. */
struct told {
    uint64_t end;             /* offset on the connection behind its last byte */
    uint64_t hash;            /* of the payload */
    int64_t mono_ns;          /* of the read that completed it, 0: not read yet */
    uint64_t bound;           /* its frame has at most this number; UINT64_MAX: not known yet */
    uint64_t position, trade; /* of the true book behind it; id of its trade, 0 none */
    uint32_t bytes;
    int16_t market;    /* index of its truth, -1 none */
    uint8_t say, kind; /* enum say, enum td_frame_kind */
    bool spoils;       /* a book may be wrong from here on, and the venue's rule cannot see it */
};

struct trail {
    bool used, gone; /* gone: nothing more will be read */
    uint64_t link;
    unsigned host;
    uint32_t conn; /* 0: not known yet */
    bool may_skip; /* the card lost something: what misses is lost, once */
    struct told *told;
    uint32_t cap, first, read,
        count; /* first .. read: read by the recorder; read .. count: under way */
};

/* A message that is a frame now: what the checks of books and trades go by. */
struct mark {
    uint64_t frame, position, trade;
    int16_t market;
    uint8_t say;
    bool spoils;
};

/* A connection that was open and has ended, neither planned nor by our stop. */
struct closed {
    uint64_t frame;
    unsigned host;
};

struct trails {
    struct world *world;
    struct trail trail[TRAILS];
    uint64_t next_frame; /* expected */
    uint64_t last_message;
    bool may_skip, unsettled;
    uint64_t messages, read, checked, lost;
    uint64_t hash; /* of all frames checked */
    uint64_t frames[TD_FRAME_KINDS];
    uint64_t answer[512]; /* hashes of the last bodies served */
    unsigned answers;
    void (*marked)(void *arg, const struct mark *mark);
    void *marked_arg;
    void (*closed)(void *arg, const struct closed *closed);
    void (*set_aside)(void *arg, uint64_t frame);
    uint32_t open_conn[NET_HOSTS][TD_LINES_MAX], second_conn[NET_HOSTS][TD_LINES_MAX]; /* 0 none */
};

void trails_init(struct trails *trails, struct world *world);
struct trail *trails_begin(struct trails *trails, const struct link *link);
/* A message was put on its way; told->end stands. */
void trail_tell(struct trails *trails, struct trail *trail, struct told told);
/* The recorder has read up to `got`. */
void trail_read(struct trails *trails, struct trail *trail, uint64_t got, int64_t mono_ns);
void trail_gone(struct trail *trail);
void trails_served(struct trails *trails, const char *body, size_t bytes);

/* Everything read so far stands in the frame log, whose last frame is `frame`. */
void trails_settle(struct trails *trails, uint64_t frame);
/* The recorder has set a frame aside. */
void trails_set_aside(struct trails *trails, uint64_t frame);
/* The next frame of the recorder's truth. */
void trails_check(struct trails *trails, const struct td_frame *frame);
/* The journal is damaged, and the card is to blame: frames may miss from here on. */
void trails_may_skip(struct trails *trails);
/* The recorder has ended; its journal was checked to its end. What has a bound of at most `promised` must be there; the rest is lost. */
void trails_end_life(struct trails *trails, uint64_t promised);

#endif
