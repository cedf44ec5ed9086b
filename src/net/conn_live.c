#include "net/conn_live.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define TURN_BYTES (128 << 10) /* then the other connections have their turn */
#define PINGS_UNANSWERED_MAX 4

/* ---- bytes ---- */

int64_t conn_fill_plain(struct conn *conn)
{
    if (conn->plain_left > 0)
        return (int64_t)conn->plain_left;
    int64_t got = stream_read(&conn->stream, conn->plain, sizeof conn->plain);
    if (got > 0)
        conn->plain_at = conn->plain, conn->plain_left = (size_t)got;
    return got;
}

int64_t conn_flush(struct conn *conn)
{
    while (conn->out_bytes > 0) {
        int64_t sent = stream_write(&conn->stream, conn->out, conn->out_bytes);
        if (sent <= 0)
            return sent;
        conn->out_bytes -= (size_t)sent;
        memmove(conn->out, conn->out + sent, conn->out_bytes);
    }
    return 0;
}

/* One frame behind what waits to go out; TD_E_NO_ROOM when the peer takes nothing. */
static td_err queue(struct conn *conn, enum wslay_opcode opcode, const void *data, size_t bytes)
{
    int written = ws_write(&conn->ws, opcode, data, bytes, conn->out + conn->out_bytes,
                           sizeof conn->out - conn->out_bytes);
    TD_TRY(written);
    conn->out_bytes += (size_t)written;
    return 0;
}

void conn_queue_close(struct conn *conn, uint16_t code)
{
    int written = ws_write_close(&conn->ws, code, conn->out + conn->out_bytes,
                                 sizeof conn->out - conn->out_bytes);
    if (written > 0) /* without room the peer is gone anyway */
        conn->out_bytes += (size_t)written;
}

/* ---- what came in ---- */

static void take_message(struct conn *conn, int part)
{
    conn->message = (struct td_frame){
        .kind = part == WS_TEXT ? TD_FRAME_WS_TEXT : TD_FRAME_WS_BINARY,
        .origin = TD_ORIGIN_WS,
        .source = conn->endpoint->source,
        .conn = conn->number,
        .recv_ns = conn->stream.recv_ns,
        .mono_ns = conn->stream.mono_ns,
        .payload = conn->ws.message,
        .bytes = (uint32_t)conn->ws.message_bytes,
    };
    conn->has_message = true;
}

static td_err log_sent(struct conn *conn, const char *text, size_t bytes)
{
    struct td_frame frame = {
        .kind = TD_FRAME_SENT, .origin = TD_ORIGIN_WS, .source = conn->endpoint->source};
    frame.conn = conn->number;
    frame.payload = text, frame.bytes = (uint32_t)bytes;
    return sink_put_now(&conn->env->sink, &frame);
}

/* A text to the peer and its copy to the log; only together. */
static td_err send_text(struct conn *conn, const char *text, size_t bytes)
{
    TD_FAIL_IF(sizeof conn->out - conn->out_bytes < bytes + WS_HEADER_MAX, TD_E_AGAIN);
    TD_TRY(log_sent(conn, text, bytes));
    return queue(conn, WSLAY_TEXT_FRAME, text, bytes);
}

/* Until there is room for it; a newer one takes its place, as with pongs. */
static void send_answer(struct conn *conn)
{
    if (conn->state == CONN_LIVE && conn->answer_bytes > 0 &&
        send_text(conn, conn->answer, conn->answer_bytes) == 0)
        conn->answer_bytes = 0;
}

static void offer_message(struct conn *conn)
{
    const struct wire_endpoint *endpoint = conn->endpoint;
    const struct td_frame *message = &conn->message;
    if (endpoint->answer == NULL || message->bytes > WIRE_ANSWERED_MAX)
        return;
    size_t bytes = endpoint->answer(endpoint->answer_arg, message->kind == TD_FRAME_WS_BINARY,
                                    (struct td_text){message->payload, message->bytes},
                                    conn->env->text, WIRE_ANSWER_MAX);
    if (bytes == 0)
        return;
    TD_ASSERT(bytes <= WIRE_ANSWER_MAX, "an answer fits its buffer");
    memcpy(conn->answer, conn->env->text, bytes);
    conn->answer_bytes = bytes;
    send_answer(conn);
}

/* True when no message is left waiting. */
static bool pass_message(struct conn *conn, int64_t now_ns)
{
    if (!conn->has_message)
        return true;
    td_err err = sink_put(&conn->env->sink, &conn->message);
    if (err == TD_E_AGAIN)
        return false;
    TD_ASSERT(err == 0, "a message within the limit fits the frame log");
    struct wire_health *health = conn->health;
    atomic_fetch_add_explicit(&health->messages, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&health->bytes, conn->message.bytes, memory_order_relaxed);
    atomic_store_explicit(&health->last_message_mono_ns, conn->message.mono_ns,
                          memory_order_relaxed);
    conn->last_data_ns = now_ns;
    conn->pings_unanswered = 0;
    backoff_data(&conn->backoff, now_ns);
    offer_message(conn);
    ws_message_passed(&conn->ws);
    conn->has_message = false;
    return true;
}

/* Only the newest ping needs an answer (RFC 6455), so a flood of them costs one slot. */
static void keep_pong(struct conn *conn)
{
    memcpy(conn->pong, conn->ws.control, conn->ws.control_bytes);
    conn->pong_bytes = conn->ws.control_bytes;
    conn->has_pong = true;
}

static void answer_ping(struct conn *conn)
{
    if (conn->state == CONN_LIVE && conn->has_pong &&
        queue(conn, WSLAY_PONG, conn->pong, conn->pong_bytes) == 0)
        conn->has_pong = false;
}

static void peer_closed(struct conn *conn, int64_t now_ns)
{
    char words[CONN_WORDS_MAX - 32];
    const struct ws *ws = &conn->ws;
    int reason_bytes = ws->control_bytes > 2 ? ws->control_bytes - 2 : 0;
    snprintf(words, sizeof words, "close frame %u %.*s", (unsigned)ws->close_code, reason_bytes,
             (const char *)ws->control + 2);
    for (char *at = words; *at; at++)
        if (*at == '"' || (unsigned char)*at < ' ')
            *at = '\''; /* the words go into a log line */
    if (conn->state == CONN_LIVE)
        conn_queue_close(conn, ws->close_code);
    conn_flush(conn);
    conn_end(conn, now_ns, TD_E_NET_CLOSED, ws->close_code, words);
}

static void peer_wrong(struct conn *conn, int64_t now_ns, td_err err)
{
    char words[64];
    uint16_t code = conn->ws.close_code;
    snprintf(words, sizeof words, "%s (close code %u)", td_err_text(err), (unsigned)code);
    conn_queue_close(conn, code);
    conn_flush(conn);
    conn_end(conn, now_ns, err, code, words);
}

/* One part of the input. False: stop for now. */
static bool take_part(struct conn *conn, int64_t now_ns)
{
    int part = ws_step(&conn->ws, &conn->plain_at, &conn->plain_left);
    switch (part) {
    case WS_MORE:
        break;
    case WS_TEXT:
    case WS_BINARY:
        take_message(conn, part);
        break;
    case WS_PING:
        keep_pong(conn);
        break;
    case WS_PONG:
        conn->pings_unanswered = 0;
        break;
    case WS_CLOSE:
        peer_closed(conn, now_ns);
        break;
    case TD_E_AGAIN: /* another message holds the large place: wait, and let no limit count that */
        conn->wants_large = true;
        conn->last_data_ns = now_ns;
        return false;
    default:
        peer_wrong(conn, now_ns, part);
    }
    return true;
}

static bool is_live(const struct conn *conn)
{
    return conn->state == CONN_LIVE || conn->state == CONN_CLOSING;
}

/* True: the share is used up. */
static bool read_input(struct conn *conn, int64_t now_ns)
{
    size_t taken = 0;
    conn->wants_large = false;
    while (is_live(conn) && pass_message(conn, now_ns)) {
        if (taken >= TURN_BYTES)
            return true;
        if (conn->plain_left == 0 && !ws_has_input(&conn->ws)) {
            int64_t got = conn_fill_plain(conn);
            if (got < 0)
                conn_end(conn, now_ns, (td_err)got, 0, conn->stream.detail);
            if (got <= 0)
                return false;
            taken += (size_t)got;
        }
        if (!take_part(conn, now_ns))
            return false;
    }
    return false;
}

/* ---- what goes out ---- */

static size_t sign(struct conn *conn, bool secret, struct td_text text)
{
    const struct wire_endpoint *endpoint = conn->endpoint;
    size_t bytes = endpoint->sign(endpoint->sign_arg, secret, text, conn->env->signed_text,
                                  sizeof conn->env->signed_text);
    TD_ASSERT(bytes <= sizeof conn->env->signed_text, "a signed text fits its buffer");
    return bytes;
}

/* The frame that goes out holds a secret, the one in the log does not. */
static td_err send_secret(struct conn *conn, struct td_text text)
{
    char *scratch = conn->env->signed_text;
    size_t queued = conn->out_bytes;
    size_t bytes = sign(conn, true, text);
    TD_FAIL_IF(bytes == 0, TD_E_NET_REFUSED);
    td_err err = queue(conn, WSLAY_TEXT_FRAME, scratch, bytes);
    memset(scratch, 0, bytes);
    TD_FAIL_IF(err < 0, TD_E_AGAIN);
    bytes = sign(conn, false, text);
    TD_ASSERT(bytes > 0, "what went out can be told");
    err = log_sent(conn, scratch, bytes);
    if (err < 0)
        conn->out_bytes = queued;
    return err;
}

/* 0, or TD_E_AGAIN: later, with the same text; or why the connection is of no use. */
static td_err send_order(struct conn *conn, const char *text, size_t bytes)
{
    if (conn->endpoint->sign == NULL)
        return send_text(conn, text, bytes);
    return send_secret(conn, (struct td_text){text, (uint32_t)bytes});
}

td_err conn_send(struct conn *conn, const char *text, size_t bytes)
{
    td_err err = conn->state == CONN_LIVE ? send_order(conn, text, bytes) : 0;
    return err == TD_E_AGAIN
               ? err
               : 0; /* what cannot be signed is dropped, as when the connection is down */
}

static void subscribe(struct conn *conn, int64_t now_ns)
{
    const struct wire_endpoint *endpoint = conn->endpoint;
    while (!conn->subscribed && now_ns >= conn->next_subscribe_ns) {
        char *text = conn->env->text;
        size_t bytes = endpoint->subscribe
                           ? endpoint->subscribe(conn->subscribe_arg, conn->subscribe_next, text,
                                                 CONN_TEXT_MAX)
                           : 0;
        TD_ASSERT(bytes <= CONN_TEXT_MAX, "a subscribe text fits its buffer");
        if (bytes == 0) {
            conn->subscribed = true;
            if (conn->leads)
                atomic_store_explicit(&conn->health->state, WIRE_SUBSCRIBED, memory_order_relaxed);
            return;
        }
        td_err err = send_order(conn, text, bytes);
        if (err < 0 && err != TD_E_AGAIN)
            conn_end(conn, now_ns, err, 0, "a subscribe text cannot be signed");
        if (err < 0)
            return;
        conn->subscribe_next++;
        conn->next_subscribe_ns = now_ns + endpoint->subscribe_gap_ms * TD_NS_PER_MS;
    }
}

static void ping(struct conn *conn, int64_t now_ns)
{
    const struct wire_endpoint *endpoint = conn->endpoint;
    if (endpoint->ping_interval_ms == 0 || now_ns < conn->next_ping_ns)
        return;
    if (conn->pings_unanswered >= PINGS_UNANSWERED_MAX) {
        conn_end(conn, now_ns, TD_E_NET_TIMEOUT, 0, "4 pings without an answer");
        return;
    }
    td_err err = endpoint->ping_text
                     ? send_text(conn, endpoint->ping_text, strlen(endpoint->ping_text))
                     : queue(conn, WSLAY_PING, "", 0);
    if (err == TD_E_AGAIN && conn->env->sink.full)
        return; /* our own fault: no ping is missing */
    conn->pings_unanswered++;
    conn->next_ping_ns = now_ns + endpoint->ping_interval_ms * TD_NS_PER_MS;
}

static void watch_silence(struct conn *conn, int64_t now_ns)
{
    char words[64];
    if (conn->endpoint->silence_ms == 0 ||
        now_ns - conn->last_data_ns < conn->endpoint->silence_ms * TD_NS_PER_MS)
        return;
    snprintf(words, sizeof words, "no data for %u ms", (unsigned)conn->endpoint->silence_ms);
    conn_queue_close(conn, WSLAY_CODE_GOING_AWAY);
    conn_flush(conn);
    conn_end(conn, now_ns, TD_E_NET_TIMEOUT, 0, words);
}

bool conn_live(struct conn *conn, int64_t now_ns)
{
    bool more = read_input(conn, now_ns);
    if (conn->state == CONN_LIVE)
        subscribe(conn, now_ns);
    if (conn->state == CONN_LIVE)
        ping(conn, now_ns);
    if (conn->state == CONN_LIVE && !more && !conn->has_message)
        watch_silence(conn, now_ns);
    if (is_live(conn)) {
        answer_ping(conn);
        send_answer(conn);
        int64_t sent = conn_flush(conn);
        if (sent < 0)
            conn_end(conn, now_ns, (td_err)sent, 0, conn->stream.detail);
    }
    if (conn->state == CONN_CLOSING && now_ns >= conn->deadline_ns)
        conn_end(conn, now_ns, 0, conn->end_code, NULL);
    return more;
}

int64_t conn_live_due_ns(const struct conn *conn)
{
    int64_t due_ns = INT64_MAX;
    const struct wire_endpoint *endpoint = conn->endpoint;
    if (endpoint->silence_ms)
        due_ns = conn->last_data_ns + endpoint->silence_ms * TD_NS_PER_MS;
    if (endpoint->ping_interval_ms && conn->next_ping_ns < due_ns)
        due_ns = conn->next_ping_ns;
    /* With bytes waiting to go out the socket calls first. */
    if (!conn->subscribed && conn->out_bytes == 0 && conn->next_subscribe_ns < due_ns)
        due_ns = conn->next_subscribe_ns;
    return due_ns;
}
