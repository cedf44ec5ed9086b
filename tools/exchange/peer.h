/* One connection: socket, TLS when the client speaks it, bytes in and bytes out, WebSocket frames once upgraded. Never blocks. */
#ifndef EXCHANGE_PEER_H
#define EXCHANGE_PEER_H

#include <mbedtls/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exchange/frame.h"
#include "exchange/house.h"
#include "exchange/play.h"

enum {
    PEER_IN_BYTES = 256 << 10,
    PEER_OUT_BYTES = 24 << 20,
};

enum peer_end {
    PEER_STAYS = 0,
    PEER_ENDS,      /* when all is sent: with TLS's goodbye */
    PEER_ENDS_BARE, /* when all is sent: the connection just ends */
    PEER_RESETS,    /* at once, with RST */
    PEER_GONE       /* nothing can be sent any more */
};

struct peer {
    struct listener listener; /* first: the house hands it back */
    int fd;                   /* -1: free */
    bool known, secure, shaken, upgraded;
    bool writing_wants_read;
    enum peer_end end;
    mbedtls_ssl_context ssl;
    const mbedtls_ssl_config *config;
    char *in, *out;
    size_t in_bytes, out_at, out_end;
    size_t record;                       /* bytes of a TLS record that must be offered again */
    uint64_t queued, slow_from, slow_to; /* positions in all that was ever queued */
    uint64_t fed;                        /* bytes the client took */
    int64_t now_us, stall_until_us, end_by_us, next_ping_us;
    uint64_t sync_asked, sync_answered; /* of control->sync */
    struct play_cursor cursor;
};

/* Takes memory (memory.h) once; a peer is used again and again. */
void peer_make(struct peer *peer, const mbedtls_ssl_config *config);
void peer_open(struct peer *peer, int fd, int64_t now_us);
void peer_close(struct peer *peer);

/* More input into peer->in. False: the client is gone or breaks TLS. */
bool peer_read(struct peer *peer);
/* As much of the output as goes now. False: the client is gone. */
bool peer_flush(struct peer *peer);

static inline size_t peer_backlog(const struct peer *peer)
{
    return peer->out_end - peer->out_at;
}
static inline bool peer_is_stalled(const struct peer *peer)
{
    return peer->now_us < peer->stall_until_us;
}
/* The first `bytes` of the input are dealt with. */
void peer_eat(struct peer *peer, size_t bytes);

/* Queues bytes, a frame. A client that reads so slowly that the queue is full is dropped: false. */
bool peer_put(struct peer *peer, const void *data, size_t bytes);
bool peer_put_frame(struct peer *peer, enum frame_opcode opcode, const void *data, size_t bytes);
void peer_put_close(struct peer *peer, uint16_t code);

/* How a house reaches it. */
bool peer_say(struct listener *listener, const char *text, size_t bytes, enum fault_kind how);
void peer_act(struct listener *listener, const struct fault *fault);

#endif
