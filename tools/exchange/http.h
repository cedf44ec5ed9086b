/* The little of HTTP that a server of short answers needs. */
#ifndef EXCHANGE_HTTP_H
#define EXCHANGE_HTTP_H

#include "base/event.h"
#include "exchange/peer.h"

/* Queues the answer and ends the connection behind it. */
void http_answer(struct peer *peer, int status, const char *type, const char *body, size_t bytes);

/* Value of a header of a request's head, any case; at NULL: absent. */
struct td_text http_header(const char *head, const char *name);
/* Bytes that follow the head. */
size_t http_body_bytes(const char *head);

#endif
