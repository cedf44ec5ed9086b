#include "exchange/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exchange/gzip.h"
#include "exchange/memory.h"

enum {
    TLS_HANDSHAKE = 0x16, /* first byte of a client that speaks TLS */
    CLOSE_WAIT_US = 2000000,
    FRAGMENTS = 3,
};

/* ---- socket ----------------------------------------------------------------------------------------------------------- */

static int bio_send(void *arg, const unsigned char *data, size_t bytes)
{
    ssize_t sent = send(((struct peer *)arg)->fd, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        return (int)sent;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : -1;
}

static int bio_recv(void *arg, unsigned char *data, size_t bytes)
{
    ssize_t got = recv(((struct peer *)arg)->fd, data, bytes, MSG_DONTWAIT);
    if (got >= 0)
        return (int)got;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : -1;
}

void peer_make(struct peer *peer, const mbedtls_ssl_config *config)
{
    *peer = (struct peer){.fd = -1, .config = config};
    peer->in = memory_take(PEER_IN_BYTES);
    peer->out = memory_take(PEER_OUT_BYTES);
}

void peer_open(struct peer *peer, int fd, int64_t now_us)
{
    *peer = (struct peer){.fd = fd,
                          .config = peer->config,
                          .in = peer->in,
                          .out = peer->out,
                          .now_us = now_us,
                          .listener = {.say = peer_say, .act = peer_act}};
}

void peer_close(struct peer *peer)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    house_leave(&peer->listener);
    if (peer->secure && peer->shaken && peer->end == PEER_ENDS)
        mbedtls_ssl_close_notify(&peer->ssl);
    if (peer->secure)
        mbedtls_ssl_free(&peer->ssl);
    if (peer->end == PEER_RESETS)
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    else
        shutdown(peer->fd, SHUT_WR);
    close(peer->fd);
    peer->fd = -1;
}

/* TLS or not: the first byte tells. True when it is there. */
static bool get_to_know(struct peer *peer)
{
    unsigned char first;
    ssize_t got = recv(peer->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got != 1)
        return false;
    peer->known = true;
    peer->secure = first == TLS_HANDSHAKE;
    if (peer->secure) {
        mbedtls_ssl_init(&peer->ssl);
        if (mbedtls_ssl_setup(&peer->ssl, peer->config) != 0)
            peer->end = PEER_GONE;
        mbedtls_ssl_set_bio(&peer->ssl, peer, bio_send, bio_recv, NULL);
    }
    return true;
}

static bool is_only_waiting(int result)
{
    return result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE;
}

/* True when it is through. */
static bool shake_hands(struct peer *peer)
{
    int result = mbedtls_ssl_handshake(&peer->ssl);
    peer->shaken = result == 0;
    if (result != 0 && !is_only_waiting(result))
        peer->end = PEER_GONE;
    return peer->shaken;
}

bool peer_read(struct peer *peer)
{
    char byte;
    if (!peer->known && !get_to_know(peer))
        return recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
    if (peer->end == PEER_GONE || (peer->secure && !peer->shaken && !shake_hands(peer)))
        return peer->end != PEER_GONE;
    while (peer->in_bytes < PEER_IN_BYTES) {
        unsigned char *to = (unsigned char *)peer->in + peer->in_bytes;
        size_t room = PEER_IN_BYTES - peer->in_bytes;
        int got = peer->secure ? mbedtls_ssl_read(&peer->ssl, to, room) : bio_recv(peer, to, room);
        if (is_only_waiting(got))
            return true;
        if (got <= 0)
            return false;
        peer->in_bytes += (size_t)got;
    }
    return true;
}

void peer_eat(struct peer *peer, size_t bytes)
{
    memmove(peer->in, peer->in + bytes, peer->in_bytes - bytes);
    peer->in_bytes -= bytes;
}

/* ---- output ----------------------------------------------------------------------------------------------------------- */

/* A slow stretch goes byte by byte. What TLS has begun must be offered again in the same length. */
static size_t portion(const struct peer *peer)
{
    uint64_t sent = peer->queued - peer_backlog(peer);
    size_t bytes = peer_backlog(peer);
    if (peer->record)
        return peer->record;
    if (sent >= peer->slow_from && sent < peer->slow_to)
        return 1;
    if (sent < peer->slow_from && sent + bytes > peer->slow_from)
        return (size_t)(peer->slow_from - sent);
    return bytes;
}

bool peer_flush(struct peer *peer)
{
    if (peer->secure && !peer->shaken)
        return shake_hands(peer) || peer->end != PEER_GONE;
    while (peer_backlog(peer) > 0 && !peer_is_stalled(peer)) {
        size_t bytes = portion(peer);
        const unsigned char *from = (unsigned char *)peer->out + peer->out_at;
        int sent =
            peer->secure ? mbedtls_ssl_write(&peer->ssl, from, bytes) : bio_send(peer, from, bytes);
        peer->record = is_only_waiting(sent) ? bytes : 0;
        if (peer->record)
            return true;
        if (sent < 0)
            return false;
        peer->out_at += (size_t)sent;
        if (bytes == 1)
            break;
    }
    if (peer_backlog(peer) == 0)
        peer->out_at = peer->out_end = 0;
    return true;
}

bool peer_put(struct peer *peer, const void *data, size_t bytes)
{
    if (peer->end != PEER_STAYS)
        return false;
    if (PEER_OUT_BYTES - peer->out_end < bytes) {
        memmove(peer->out, peer->out + peer->out_at, peer_backlog(peer));
        peer->out_end -= peer->out_at;
        peer->out_at = 0;
    }
    if (PEER_OUT_BYTES - peer->out_end < bytes) {
        peer->end = PEER_RESETS;
        return false;
    }
    memcpy(peer->out + peer->out_end, data, bytes);
    peer->out_end += bytes;
    peer->queued += bytes;
    return true;
}

static bool put_piece(struct peer *peer, enum frame_opcode opcode, bool final, const char *data,
                      size_t bytes)
{
    char head[FRAME_HEAD_MAX];
    return peer_put(peer, head, frame_head(head, opcode, final, bytes)) &&
           peer_put(peer, data, bytes);
}

bool peer_put_frame(struct peer *peer, enum frame_opcode opcode, const void *data, size_t bytes)
{
    return put_piece(peer, opcode, true, data, bytes);
}

void peer_put_close(struct peer *peer, uint16_t code)
{
    char payload[2] = {(char)(code >> 8), (char)code};
    peer_put_frame(peer, FRAME_CLOSE, payload, sizeof payload);
    peer->end_by_us = peer->now_us + CLOSE_WAIT_US;
}

/* ---- as a listener ---------------------------------------------------------------------------------------------------- */

static bool put_fragments(struct peer *peer, enum frame_opcode opcode, const char *text,
                          size_t bytes)
{
    size_t piece = bytes / FRAGMENTS;
    for (unsigned i = 0; i < FRAGMENTS; i++) {
        bool last = i + 1 == FRAGMENTS;
        if (!put_piece(peer, i == 0 ? opcode : FRAME_MORE, last, text + i * piece,
                       last ? bytes - i * piece : piece))
            return false;
        if (!last && !peer_put_frame(peer, FRAME_PING, "between", 7))
            return false;
    }
    return true;
}

/* Where a packed text stands until it is queued. */
static char *packed(void)
{
    static char *room;
    room = room ? room : memory_take(gzip_bound(HOUSE_TEXT_BYTES));
    return room;
}

bool peer_say(struct listener *listener, const char *text, size_t bytes, enum fault_kind how)
{
    struct peer *peer = (struct peer *)listener;
    if (peer->end_by_us != 0) /* said goodbye: nothing may follow a close frame */
        return false;
    enum house_frames frames = listener->house->feed->frames;
    enum frame_opcode opcode = frames == FRAMES_TEXT ? FRAME_TEXT : FRAME_BINARY;
    if (frames == FRAMES_GZIP) {
        bytes = gzip_pack(text, bytes, packed());
        text = packed();
    }
    if (how == FAULT_FRAGMENT)
        return put_fragments(peer, opcode, text, bytes);
    uint64_t from = peer->queued;
    bool queued = peer_put_frame(peer, opcode, text, bytes);
    if (how == FAULT_SLOW) {
        peer->slow_from = peer->slow_to > from ? peer->slow_from : from;
        peer->slow_to = peer->queued;
    }
    return queued;
}

void peer_act(struct listener *listener, const struct fault *fault)
{
    struct peer *peer = (struct peer *)listener;
    switch (fault->kind) {
    case FAULT_STALL:
        peer->stall_until_us = peer->now_us + fault->amount * 1000;
        break;
    case FAULT_CLOSE:
        peer_put_close(peer, (uint16_t)fault->amount);
        break;
    case FAULT_EOF:
        peer->end = PEER_ENDS_BARE;
        break;
    default:
        peer->end = PEER_RESETS;
        break;
    }
}
