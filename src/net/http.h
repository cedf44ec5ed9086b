/* HTTP/1.1 as a client needs it: request texts and an incremental parser of responses (status,
   Content-Length, chunked, body until close). Pure: bytes in, parts out; any thread; no memory
   beyond the struct. */
#ifndef TD_NET_HTTP_H
#define TD_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/url.h"

enum {
    HTTP_LINE_MAX = 8192,      /* one header line */
    HTTP_HEAD_MAX = 64 << 10,  /* all of the head */
    HTTP_KEY_TEXT = 24 + 1,    /* Sec-WebSocket-Key with NUL */
    HTTP_ACCEPT_TEXT = 28 + 1, /* Sec-WebSocket-Accept with NUL */
};

/* What the head said; complete from HTTP_HEAD on. Longer values are cut. */
struct http_head {
    int status;
    int64_t content_bytes; /* -1: not stated */
    bool chunked, upgrade_websocket, extension;
    char accept[40], retry_after[40], content_type[48];
};

enum http_part {
    HTTP_MORE = 0, /* wants more input */
    HTTP_HEAD,     /* parser->head is complete; step on for the body */
    HTTP_BODY, /* a piece of the body: parser->body, parser->body_bytes (points into the input) */
    HTTP_END   /* the response is complete; what is left of the input is not part of it */
};

struct http_parser {
    struct http_head head;
    uint8_t state;
    uint32_t head_bytes, line_bytes;
    int64_t left; /* of the body or the chunk */
    const char *body;
    size_t body_bytes;
    char line[HTTP_LINE_MAX];
};

void http_start(struct http_parser *parser);
/* Takes from *at (*left bytes), advances both. enum http_part, or TD_E_NET_PROTOCOL. */
int http_step(struct http_parser *parser, const char **at, size_t *left);
/* The peer closed: HTTP_END when that ends the body rightly, else TD_E_NET_CLOSED. */
int http_closed(struct http_parser *parser);

/* Request texts, no NUL. Length, or TD_E_NO_ROOM. */
int http_get(char *out, size_t cap, const struct url *url);
int http_post(char *out, size_t cap, const struct url *url); /* without a body */
/* headers: further lines, each ended by CR LF; NULL: none. */
int http_upgrade(char *out, size_t cap, const struct url *url, const char key[HTTP_KEY_TEXT],
                 const char *headers);

/* 16 random bytes -> key; key -> the accept text that proves that the server speaks WebSocket. */
void http_key(const uint8_t random[16], char key[HTTP_KEY_TEXT]);
void http_accept(const char *key, char accept[HTTP_ACCEPT_TEXT]);
/* 0; TD_E_NET_REFUSED: status other than 101; TD_E_NET_PROTOCOL: 101 without the right headers. */
td_err http_upgrade_check(const struct http_head *head, const char *key);

/* "Wed, 21 Oct 2015 07:28:00 GMT" of 2000 to 2100. False: anything else. */
bool http_date(const char *text, int64_t *ns);
/* Retry-After in ns from now (seconds, or a date compared with wall_ns); 0 when absent, past or
 * nonsense; at most a day. */
int64_t http_retry_after_ns(const struct http_head *head, int64_t wall_ns);
/* How long a refusal is to be left alone: what it says, else a minute for 418 and 429 (limits are counted by the minute), else 0. */
int64_t http_hold_ns(const struct http_head *head, int64_t wall_ns);

#endif
