/* A byte stream to a host: name, TCP connect over the addresses in turn, TLS handshake, then read
   and write. Reads a socket in large pieces and stamps the clock right after each read, so that
   what a piece holds carries the time it came in. Owned by the wire thread. */
#ifndef TD_NET_STREAM_H
#define TD_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/os.h"
#include "net/resolve.h"
#include "net/tls.h"

enum { STREAM_INPUT_BYTES = 32 << 10 };

/* What all streams share; the wire's. */
struct stream_env {
    const struct td_os *os;
    struct tls *tls;
    struct resolver *resolver;
    int64_t connect_timeout_ns;
};

enum stream_state { STREAM_IDLE = 0, STREAM_RESOLVE, STREAM_CONNECT, STREAM_HANDSHAKE, STREAM_UP };

struct stream {
    const struct stream_env *env;
    uint32_t
        id; /* of resolver questions: unique among streams in its low byte, counts tries above */
    enum stream_state state;
    bool secure; /* TLS */
    bool session_open;
    enum tls_mode tls_mode; /* changes when a handshake fails, stays when it works */
    bool asked;             /* the resolver has the question */
    bool readable, writable;
    int fd;
    const char *host;
    uint16_t port;
    uint32_t
        tries; /* over the life of the endpoint: a failed handshake moves on to the next address */
    uint32_t address_next, address_tried;
    struct resolve_answer answer;
    int64_t deadline_ns;
    int64_t recv_ns, mono_ns; /* when the last piece was read */
    char detail[TLS_DETAIL_MAX];
    struct tls_session session;
    size_t in_at, in_end;
    char in[STREAM_INPUT_BYTES];
};

void stream_init(struct stream *stream, const struct stream_env *env, uint8_t slot);
/* Begin; host outlives the stream. */
void stream_open(struct stream *stream, const char *host, uint16_t port, bool secure,
                 int64_t now_ns);
/* 1 up, 0 in progress, or why it failed (words in stream->detail). */
int stream_step(struct stream *stream, int64_t now_ns);
/* True when the answer was this stream's. */
bool stream_resolved(struct stream *stream, const struct resolve_answer *answer);
/* Bytes, 0 = nothing now, or an error; TD_E_NET_CLOSED = the peer ended the stream in order. */
int64_t stream_read(struct stream *stream, void *out, size_t cap);
int64_t stream_write(struct stream *stream, const void *data, size_t bytes);
/* Time of the next deadline, INT64_MAX: none. */
int64_t stream_deadline_ns(const struct stream *stream);
void stream_close(struct stream *stream);

#endif
