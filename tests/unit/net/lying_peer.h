/* One peer of the lying world: what is wrong with it, and what it says. */
#ifndef TD_TEST_NET_LYING_PEER_H
#define TD_TEST_NET_LYING_PEER_H

#include <string.h>

#include "test.h"

/* Where in a connection's life something happens. */
enum lying_stage {
    AT_NOTHING = 0, /* a good connection */
    AT_NAME,        /* no name, or no answer */
    AT_SOCKET,      /* no descriptor is left */
    AT_CONNECT,
    AT_UPGRADE, /* instead of the answer */
    AT_OPEN,    /* right after it */
    AT_DATA,    /* after the first message, in the middle of the second */
    AT_GOODBYE, /* when we said goodbye */
    LYING_STAGES
};
/* And what. */
enum lying_fault { IS_EOF, IS_RST, IS_SILENT, IS_ANSWER, LYING_FAULTS };

struct lying_plan {
    enum lying_stage stage;
    enum lying_fault fault;
    const char *answer; /* IS_ANSWER */
};

struct lying_peer {
    bool open, upgraded, ended, reset, news, muted;
    struct lying_plan plan;
    void *tag;
    size_t in_bytes, out_at, out_bytes, messages;
    char in[4096], out[20 << 10];
};

static inline void lying_put(struct lying_peer *peer, const void *data, size_t bytes)
{
    if (peer->out_at == peer->out_bytes)
        peer->out_at = peer->out_bytes = 0;
    CHECK(peer->out_bytes + bytes <= sizeof peer->out);
    memcpy(peer->out + peer->out_bytes, data, bytes);
    peer->out_bytes += bytes;
    peer->news = true;
}

/* True: this stage is where the connection goes wrong, and it has. */
static inline bool lying_strikes(struct lying_peer *peer, enum lying_stage stage)
{
    if (peer->plan.stage != stage)
        return false;
    peer->muted = true;
    peer->ended = peer->plan.fault == IS_EOF;
    peer->reset = peer->plan.fault == IS_RST;
    if (peer->plan.fault == IS_ANSWER)
        lying_put(peer, peer->plan.answer, strlen(peer->plan.answer));
    peer->news = true;
    return true;
}

static inline void lying_frame(struct lying_peer *peer, uint8_t first, const void *data,
                               size_t bytes)
{
    uint8_t head[2] = {first, (uint8_t)bytes};
    CHECK(bytes < 126);
    lying_put(peer, head, 2);
    lying_put(peer, data, bytes);
}

#endif
