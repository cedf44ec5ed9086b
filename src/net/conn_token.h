/* The handshake by HTTP that some venues want before each connect: a POST without a body, whose answer says where to dial. Split from
   conn.c, which owns the states. What the answer holds is a secret of this connection: it goes into no frame and no log line. */
#ifndef TD_NET_CONN_TOKEN_H
#define TD_NET_CONN_TOKEN_H

#include "net/conn.h"

enum { CONN_TOKEN_ANSWER_MAX = 16 << 10 };

/* The endpoint's own addresses. TD_E_SYNTAX, TD_E_RANGE, TD_E_UNSUPPORTED. */
td_err conn_token_check(const struct wire_endpoint *endpoint);
/* From WAIT to TOKEN_DIAL; the stream is closed. */
void conn_token_begin(struct conn *conn, int64_t now_ns);
/* States TOKEN_DIAL and TOKEN_ASK as far as they go. At the end conn->url is the address, and conn_dial was called; or conn_end was. */
void conn_token_step(struct conn *conn, int64_t now_ns);
/* The stream is the feed's again. */
void conn_token_leave(struct conn *conn);
static inline bool conn_token_is_under_way(const struct conn *conn)
{
    return conn->state == CONN_TOKEN_DIAL || conn->state == CONN_TOKEN_ASK;
}

/* In conn.c: dial conn->url. */
void conn_dial(struct conn *conn, int64_t now_ns);

#endif
