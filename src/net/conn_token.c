#include "net/conn_token.h"

#include <stdio.h>
#include <string.h>

#include "net/conn_live.h"

td_err conn_token_check(const struct wire_endpoint *endpoint)
{
    struct url url;
    TD_TRY(url_parse(&url, endpoint->token_url, strlen(endpoint->token_url)));
    TD_FAIL_IF(url.websocket || endpoint->dial_url == NULL, TD_E_SYNTAX);
    return 0;
}

void conn_token_begin(struct conn *conn, int64_t now_ns)
{
    const char *text = conn->endpoint->token_url;
    td_err err = url_parse(&conn->url, text, strlen(text));
    TD_ASSERT(err == 0, "the address was checked when the connection was given away");
    conn->feed_tls_mode = conn->stream.tls_mode; /* the two hosts need not be alike */
    conn->stream.tls_mode = conn->token_tls_mode;
    conn->token_bytes = 0;
    conn->state = CONN_TOKEN_DIAL;
    stream_open(&conn->stream, conn->url.host, conn->url.port, conn->url.tls, now_ns);
}

void conn_token_leave(struct conn *conn)
{
    conn->token_tls_mode = conn->stream.tls_mode;
    conn->stream.tls_mode = conn->feed_tls_mode;
}

static void ask(struct conn *conn, int64_t now_ns)
{
    http_start(&conn->http);
    int bytes = http_post(conn->out, sizeof conn->out, &conn->url);
    TD_ASSERT(bytes > 0, "the request of a URL within its limit fits");
    conn->out_bytes = (size_t)bytes;
    conn->deadline_ns = now_ns + conn->env->stream.connect_timeout_ns;
    conn->state = CONN_TOKEN_ASK;
}

/* A redirect to a plain connection would show everybody what is subscribed: only where plain was asked for is plain taken. */
static td_err take_address(struct conn *conn)
{
    struct url configured;
    const struct wire_endpoint *endpoint = conn->endpoint;
    td_err err = url_parse(&configured, endpoint->url, strlen(endpoint->url));
    TD_ASSERT(err == 0, "the address was checked when the connection was given away");
    size_t bytes = endpoint->dial_url((struct td_text){conn->buffer, (uint32_t)conn->token_bytes},
                                      conn->env->text, TD_URL_MAX);
    TD_FAIL_IF(bytes == 0 || bytes > TD_URL_MAX, TD_E_NET_PROTOCOL);
    err = url_parse(&conn->url, conn->env->text, bytes);
    memset(conn->env->text, 0, bytes);
    TD_FAIL_IF(err < 0, TD_E_NET_PROTOCOL);
    return conn->url.websocket && (conn->url.tls || !configured.tls) ? 0 : TD_E_NET_PROTOCOL;
}

static void refuse(struct conn *conn, int64_t now_ns)
{
    char words[CONN_WORDS_MAX - 32];
    const struct http_head *head = &conn->http.head;
    snprintf(words, sizeof words, "token: http status %d%s%s", head->status,
             head->retry_after[0] ? ", retry after " : "", head->retry_after);
    conn_end(conn, now_ns, TD_E_NET_REFUSED, (uint16_t)head->status, words);
}

static void take_answer(struct conn *conn, int64_t now_ns)
{
    if (conn->http.head.status != 200) {
        refuse(conn, now_ns);
        return;
    }
    td_err err = take_address(conn);
    memset(conn->buffer, 0, conn->token_bytes);
    if (err < 0) {
        conn_end(conn, now_ns, err, 0, "token: the answer holds no address that may be dialled");
        return;
    }
    conn_token_leave(conn);
    stream_close(&conn->stream);
    conn_dial(conn, now_ns);
}

/* enum http_part or an error: TD_E_NET_OVERSIZE beside those of http_step. */
static int take_part(struct conn *conn)
{
    int part = http_step(&conn->http, &conn->plain_at, &conn->plain_left);
    if (part != HTTP_BODY)
        return part;
    size_t bytes = conn->http.body_bytes;
    TD_FAIL_IF(bytes > CONN_TOKEN_ANSWER_MAX - conn->token_bytes, TD_E_NET_OVERSIZE);
    memcpy(conn->buffer + conn->token_bytes, conn->http.body, bytes);
    conn->token_bytes += bytes;
    return part;
}

/* HTTP_END: the answer is complete; HTTP_MORE: not yet; or why it never will be. */
static int receive(struct conn *conn)
{
    int64_t got = conn_flush(conn);
    while (got >= 0) {
        int part = take_part(conn);
        if (part == HTTP_END || part < 0)
            return part;
        if (part != HTTP_MORE)
            continue;
        got = conn_fill_plain(conn);
        if (got == 0)
            return HTTP_MORE;
    }
    return got == TD_E_NET_CLOSED ? http_closed(&conn->http) : (int)got;
}

static const char *words_of(const struct conn *conn, int part)
{
    if (part == TD_E_NET_PROTOCOL)
        return "token: the answer is not HTTP";
    if (part == TD_E_NET_OVERSIZE)
        return "token: the answer is too long";
    return conn->stream.detail[0] ? conn->stream.detail : "token: the answer broke off";
}

static void step_ask(struct conn *conn, int64_t now_ns)
{
    int part = receive(conn);
    if (part == HTTP_END)
        take_answer(conn, now_ns);
    else if (part < 0)
        conn_end(conn, now_ns, part, 0, words_of(conn, part));
    else if (now_ns >= conn->deadline_ns)
        conn_end(conn, now_ns, TD_E_NET_TIMEOUT, 0, "token: no answer");
}

void conn_token_step(struct conn *conn, int64_t now_ns)
{
    char words[CONN_WORDS_MAX - 32];
    if (conn->state == CONN_TOKEN_DIAL) {
        int up = stream_step(&conn->stream, now_ns);
        if (up == 1)
            ask(conn, now_ns);
        if (up < 0) {
            snprintf(words, sizeof words, "token: %s",
                     conn->stream.detail[0] ? conn->stream.detail : td_err_text(up));
            conn_end(conn, now_ns, up, 0, words);
        }
    }
    if (conn->state == CONN_TOKEN_ASK)
        step_ask(conn, now_ns);
}
