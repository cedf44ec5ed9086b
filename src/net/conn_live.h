/* The part of a connection's life between upgrade and end: messages to the log, texts and pings
   out, watchdogs. Split from conn.c, which owns the states. */
#ifndef TD_NET_CONN_LIVE_H
#define TD_NET_CONN_LIVE_H

#include "net/conn.h"

/* States LIVE and CLOSING, as far as it goes; true: the share of this turn is used up. */
bool conn_live(struct conn *conn, int64_t now_ns);
int64_t conn_live_due_ns(const struct conn *conn);

/* Bytes waiting in conn->plain: more than 0, 0 = nothing now, or the stream's error. */
int64_t conn_fill_plain(struct conn *conn);
/* Put out what waits in conn->out: 0, or the stream's error. */
int64_t conn_flush(struct conn *conn);
void conn_queue_close(struct conn *conn, uint16_t code);

/* In conn.c: the connection is over. words NULL or "": the error's own sentence. */
void conn_end(struct conn *conn, int64_t now_ns, td_err err, uint16_t code, const char *words);

#endif
