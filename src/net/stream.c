#include "net/stream.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

/* A dead address must not use up the patience that the next one deserves. */
#define ADDRESS_SHARE 4
#define ADDRESS_MIN_NS TD_NS_PER_S

void stream_init(struct stream *stream, const struct stream_env *env, uint8_t slot)
{
    memset(stream, 0, offsetof(struct stream, in));
    stream->env = env;
    stream->id = slot;
    stream->fd = -1;
}

void stream_open(struct stream *stream, const char *host, uint16_t port, bool secure,
                 int64_t now_ns)
{
    TD_ASSERT(stream->state == STREAM_IDLE, "a stream is closed before it is opened again");
    stream->id += 256; /* an answer to an earlier question no longer fits */
    stream->host = host, stream->port = port, stream->secure = secure;
    stream->state = STREAM_RESOLVE;
    stream->asked = false;
    stream->deadline_ns = now_ns + stream->env->connect_timeout_ns;
    stream->address_tried = 0;
    stream->in_at = stream->in_end = 0;
    stream->detail[0] = 0;
    stream->tries++;
    if (stream->env->os->names == NULL && resolve_known(host, &stream->answer)) {
        stream->answer.id = stream->id;
        stream_resolved(stream, &stream->answer);
    }
}

bool stream_resolved(struct stream *stream, const struct resolve_answer *answer)
{
    if (stream->state != STREAM_RESOLVE || answer->id != stream->id)
        return false;
    if (answer != &stream->answer)
        stream->answer = *answer;
    stream->asked = true;
    stream->state = STREAM_CONNECT;
    /* The first address is the system's choice; after failures beyond TCP the others get their
     * turn. */
    stream->address_next = answer->count > 0 ? (stream->tries - 1) % answer->count : 0;
    return true;
}

static void drop_socket(struct stream *stream)
{
    if (stream->session_open)
        tls_end(&stream->session);
    stream->session_open = false;
    if (stream->fd >= 0)
        stream->env->os->socket.close(stream->env->os->socket.ctx, stream->fd);
    stream->fd = -1;
}

void stream_close(struct stream *stream)
{
    drop_socket(stream);
    stream->state = STREAM_IDLE;
    stream->readable = stream->writable = false;
}

/* ---- bytes ---- */

static int64_t raw_send(void *arg, const void *data, size_t bytes)
{
    struct stream *stream = arg;
    const struct td_socket *socket = &stream->env->os->socket;
    if (!stream->writable)
        return 0;
    int64_t sent = socket->send(socket->ctx, stream->fd, data, bytes);
    if (sent == TD_E_AGAIN) {
        stream->writable = false;
        return 0;
    }
    return sent;
}

/* Fill the input buffer by one read, stamp it. 1, 0 = nothing now, or an error. */
static int fill(struct stream *stream)
{
    const struct td_os *os = stream->env->os;
    if (!stream->readable)
        return 0;
    int64_t got = os->socket.recv(os->socket.ctx, stream->fd, stream->in, sizeof stream->in);
    if (got == TD_E_AGAIN) {
        stream->readable = false;
        return 0;
    }
    TD_FAIL_IF(got == 0, TD_E_NET_CLOSED);
    TD_FAIL_IF(got < 0, (td_err)got);
    stream->recv_ns = os->clock.wall_ns(os->clock.ctx);
    stream->mono_ns = os->clock.mono_ns(os->clock.ctx);
    stream->in_at = 0, stream->in_end = (size_t)got;
    return 1;
}

static int64_t raw_recv(void *arg, void *out, size_t cap)
{
    struct stream *stream = arg;
    if (stream->in_at == stream->in_end) {
        int filled = fill(stream);
        if (filled <= 0)
            return filled;
    }
    size_t bytes = stream->in_end - stream->in_at;
    bytes = bytes < cap ? bytes : cap;
    memcpy(out, stream->in + stream->in_at, bytes);
    stream->in_at += bytes;
    return (int64_t)bytes;
}

static int64_t noted(struct stream *stream, int64_t result)
{
    if (result < 0 && stream->session.detail[0])
        memcpy(stream->detail, stream->session.detail, sizeof stream->detail);
    return result;
}

int64_t stream_read(struct stream *stream, void *out, size_t cap)
{
    TD_ASSERT(stream->state == STREAM_UP, "reads follow a connect");
    return stream->secure ? noted(stream, tls_read(&stream->session, out, cap))
                          : raw_recv(stream, out, cap);
}

int64_t stream_write(struct stream *stream, const void *data, size_t bytes)
{
    TD_ASSERT(stream->state == STREAM_UP, "writes follow a connect");
    return stream->secure ? noted(stream, tls_write(&stream->session, data, bytes))
                          : raw_send(stream, data, bytes);
}

/* ---- connecting ---- */

static int step_resolve(struct stream *stream, int64_t now_ns)
{
    if (!stream->asked) {
        td_err err = resolve_ask(stream->env->resolver, stream->id, stream->host);
        TD_FAIL_IF(err < 0 && err != TD_E_AGAIN, err);
        stream->asked = err == 0;
    }
    if (now_ns < stream->deadline_ns)
        return 0;
    snprintf(stream->detail, sizeof stream->detail, "no answer from the name server");
    return TD_E_NET_RESOLVE;
}

/* Start a connect to the next address. 0, or an error when none is left. */
static int try_address(struct stream *stream, int64_t now_ns)
{
    const struct td_socket *socket = &stream->env->os->socket;
    while (stream->address_tried < stream->answer.count) {
        const char *ip = stream->answer.address[stream->address_next];
        stream->address_next = (stream->address_next + 1) % stream->answer.count;
        stream->address_tried++;
        stream->fd = socket->connect(socket->ctx, ip, stream->port);
        if (stream->fd < 0)
            continue;
        int64_t share_ns = stream->env->connect_timeout_ns / ADDRESS_SHARE;
        stream->deadline_ns = now_ns + (share_ns > ADDRESS_MIN_NS ? share_ns : ADDRESS_MIN_NS);
        stream->readable = stream->writable = false;
        return socket->watch(socket->ctx, stream->fd, stream);
    }
    if (stream->answer.count == 0)
        snprintf(stream->detail, sizeof stream->detail, "no such host");
    else if (stream->detail[0] == 0)
        snprintf(stream->detail, sizeof stream->detail, "no address takes the connection");
    return stream->answer.count == 0 ? TD_E_NET_RESOLVE : TD_E_NET_REFUSED;
}

static td_err begin_secure(struct stream *stream)
{
    struct tls_io io = {.send = raw_send, .recv = raw_recv, .arg = stream};
    stream->session.detail[0] = 0;
    if (!stream->secure)
        return 0;
    TD_TRY(noted(
        stream, tls_open(&stream->session, stream->env->tls, stream->tls_mode, stream->host, &io)));
    stream->session_open = true;
    return 0;
}

static int step_connect(struct stream *stream, int64_t now_ns)
{
    const struct td_socket *socket = &stream->env->os->socket;
    if (stream->fd < 0)
        return try_address(stream, now_ns);
    int connected = socket->connected(socket->ctx, stream->fd);
    if (connected == 0 && now_ns < stream->deadline_ns)
        return 0;
    if (connected <= 0) {
        snprintf(stream->detail, sizeof stream->detail,
                 connected == 0 ? "connect: no answer" : "connect: refused");
        drop_socket(stream);
        return try_address(stream, now_ns);
    }
    stream->deadline_ns = now_ns + stream->env->connect_timeout_ns;
    stream->readable = stream->writable = true; /* the first tries tell */
    stream->detail[0] = 0;
    TD_TRY(begin_secure(stream));
    stream->state = STREAM_HANDSHAKE;
    return 0;
}

static int step_handshake(struct stream *stream, int64_t now_ns)
{
    int done = stream->secure ? tls_handshake(&stream->session) : 1;
    noted(stream, done);
    if (done == 1)
        stream->state = STREAM_UP;
    if (done == TD_E_NET_TLS)
        stream->tls_mode = (stream->tls_mode + 1) % TLS_MODES;
    if (done == 0 && now_ns >= stream->deadline_ns) {
        snprintf(stream->detail, sizeof stream->detail, "tls handshake: no answer");
        return TD_E_NET_TIMEOUT;
    }
    return done;
}

int stream_step(struct stream *stream, int64_t now_ns)
{
    int result = 0;
    if (stream->state == STREAM_RESOLVE)
        result = step_resolve(stream, now_ns);
    if (result == 0 && stream->state == STREAM_CONNECT)
        result = step_connect(stream, now_ns);
    if (result == 0 && stream->state == STREAM_HANDSHAKE)
        result = step_handshake(stream, now_ns);
    return result < 0 ? result : stream->state == STREAM_UP;
}

int64_t stream_deadline_ns(const struct stream *stream)
{
    return stream->state == STREAM_IDLE || stream->state == STREAM_UP ? INT64_MAX
                                                                      : stream->deadline_ns;
}
