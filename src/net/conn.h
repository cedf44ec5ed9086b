/* A connection of an endpoint for ever: wait, connect, upgrade, subscribe, read, and start again. A
   state machine stepped by the wire's loop; nothing here blocks or sleeps. Every step that ends in
   a frame is repeated until the frame log takes it. */
#ifndef TD_NET_CONN_H
#define TD_NET_CONN_H

#include "net/backoff.h"
#include "net/http.h"
#include "net/sink.h"
#include "net/stream.h"
#include "net/wire.h"
#include "net/ws.h"

enum {
    CONN_TEXT_MAX = 16 << 10, /* one text to send */
    CONN_PLAIN_BYTES = 16 << 10,
    CONN_OUT_BYTES = 20 << 10,
    CONN_WORDS_MAX = 192,
};

/* Shared by all connections; the wire's. */
struct conn_env {
    struct stream_env stream;
    struct sink sink;
    uint32_t next_number;                    /* of the next connection that opens */
    int64_t connect_free_ns[TD_SOURCES_MAX]; /* one connect a second and source */
    char text[CONN_TEXT_MAX];                /* scratch for texts to send */
    char signed_text[CONN_TEXT_MAX];         /* and for what they become; wiped after use */
};

enum conn_state {
    CONN_WAIT = 0,   /* for conn->wait_until_ns */
    CONN_TOKEN_DIAL, /* stream is connecting to where the token is (conn_token.h) */
    CONN_TOKEN_ASK,  /* request sent, answer awaited */
    CONN_DIAL,       /* stream is connecting */
    CONN_UPGRADE,    /* request sent, head awaited */
    CONN_ANNOUNCE,   /* frame CONN_OPEN to be appended */
    CONN_LIVE,
    CONN_CLOSING, /* our close frame is out, the peer's is awaited */
    CONN_REPORT,  /* frame CONN_CLOSE to be appended */
    CONN_STOPPED
};

struct conn {
    const struct wire_endpoint *endpoint; /* NULL: free */
    struct wire_health *health;           /* of the endpoint; its state is told by the lead alone */
    void *subscribe_arg, *next_subscribe_arg; /* of this connection, of the next one */
    struct conn_env *env;
    struct url url; /* that is dialled */
    struct backoff backoff;
    struct stream stream;
    struct ws ws;
    struct http_parser http;
    enum conn_state state;
    uint32_t number; /* of the open connection, 0 = none */
    bool leads;      /* is the endpoint's connection; else one that overlaps with it */
    bool planned;    /* its end is wanted: no reconnect follows */
    bool ended;      /* it ended since links looked last */
    bool stop, subscribed, wants_large, has_message, has_pong;
    unsigned subscribe_next, pings_unanswered;
    int64_t opened_ns, expires_ns; /* valid while it is up; expires_ns INT64_MAX: never */
    int64_t wait_until_ns, deadline_ns, last_data_ns, next_subscribe_ns, next_ping_ns;
    struct td_frame message; /* complete, not yet in the log */
    td_err end_err;
    uint16_t end_code;
    char end_words[CONN_WORDS_MAX];
    char key[HTTP_KEY_TEXT];
    enum tls_mode feed_tls_mode, token_tls_mode;
    size_t token_bytes; /* of the answer with the token, in buffer */
    uint8_t pong[WS_CONTROL_MAX], pong_bytes;
    char answer[WIRE_ANSWER_MAX]; /* to what the venue asked, not out yet */
    size_t answer_bytes;
    const char *plain_at;
    size_t plain_left, out_bytes;
    char plain[CONN_PLAIN_BYTES], out[CONN_OUT_BYTES];
    char buffer[TD_CONN_BUFFER_BYTES];
};

/* Free, stopped. */
void conn_init(struct conn *conn, struct conn_env *env, uint8_t slot);
/* A free one begins to connect for this endpoint, overlapping. TD_E_SYNTAX, TD_E_RANGE, TD_E_UNSUPPORTED of the endpoint's URL. */
td_err conn_assign(struct conn *conn, const struct wire_endpoint *endpoint,
                   struct wire_health *health, void *subscribe_arg);
/* It is the endpoint's connection from now on. */
void conn_lead(struct conn *conn);
/* One that ended is free again. */
void conn_release(struct conn *conn);

/* As far as it goes now. True: there is more to do at once (the share of one turn is used up). */
bool conn_step(struct conn *conn, int64_t now_ns);
/* When conn_step must be called at the latest without news from the socket. */
int64_t conn_due_ns(const struct conn *conn);
/* The loop did not read for this long, by its own fault: no limit may count that time. */
void conn_forgive(struct conn *conn, int64_t paused_ns);

/* Send a text: 0 sent or dropped (not up), TD_E_AGAIN: call again with the same text later. */
td_err conn_send(struct conn *conn, const char *text, size_t bytes);
void conn_reconnect(struct conn *conn, int64_t now_ns);
/* Close one that is up, with a close frame; its CONN_CLOSE is TD_CLOSE_PLANNED. */
void conn_drop(struct conn *conn, int64_t now_ns, const char *words);
/* Close for good, with a close frame. Done when conn->state is CONN_STOPPED. */
void conn_stop(struct conn *conn, int64_t now_ns);
/* Do not wait for anybody any longer. */
void conn_abandon(struct conn *conn);

#endif
