/* Carries HTTP exchanges: requests out, answers back, many at a time, in one thread. The real one is libcurl's (store/carrier_curl.c); tests
   have one of their own. Of stores it knows the names of the headers that are read. */
#ifndef TD_STORE_CARRIER_H
#define TD_STORE_CARRIER_H

#include <stdbool.h>
#include <stdio.h>

#include "store/op.h"

enum { EXCHANGE_HEADERS_MAX = 12288, EXCHANGE_URL_MAX = 8192, EXCHANGE_METHOD_MAX = 8 };

/* Answer headers that somebody reads; names in lower case, values trimmed. */
enum { ANSWER_HEADERS = 24, ANSWER_NAME_MAX = 48, ANSWER_VALUE_MAX = 320 };

struct answer_header {
    char name[ANSWER_NAME_MAX], value[ANSWER_VALUE_MAX];
};

struct exchange {
    /* asked; the caller's until it is back */
    char method[EXCHANGE_METHOD_MAX];
    char url[EXCHANGE_URL_MAX]; /* whole, already encoded: sent as it stands */
    char headers
        [EXCHANGE_HEADERS_MAX]; /* lines "Name: value\n", Host among them where it was signed; content-length is the carrier's */
    struct store_body body; /* bytes 0 of PUT and POST: an empty body */
    bool fresh;             /* a new connection and a new look-up of the name: after a failure */
    /* Body of an answer, as it comes; `status` and `header` are set before the first byte. Negative: the exchange ends, err is this. */
    td_err (*take)(void *arg, const void *data, size_t bytes);
    void *take_arg;
    /* answered */
    int status; /* 0: none */
    struct answer_header header[ANSWER_HEADERS];
    unsigned header_count;         /* those that nobody reads, or that do not fit, are left out */
    int64_t content_length;        /* -1: not said */
    int64_t sent_bytes, got_bytes; /* bodies */
    td_err
        err; /* TD_E_NET_*: connection, name, TLS, certificate, time; TD_E_IO: the body's file cannot be read; take's own. Then the answer is none, whatever stands above */
    char words[STORE_WORDS_MAX]; /* why, for a person */
    void *tag;                   /* the caller's */
    struct exchange *next;       /* the carrier's */
    void *own;
};

struct carrier {
    void (*begin)(void *ctx, struct exchange *exchange);
    struct exchange *(*wait)(void *ctx, int timeout_ms); /* as store.wait */
    void (*cancel)(void *ctx);
    void (*close)(void *ctx);
    void *ctx;
};

struct carrier_params {
    const char *ca_file; /* "" the usual places */
    unsigned exchanges_max;
    int connect_s, read_s; /* read_s: no byte moved for so long, either way, and no answer */
    int64_t bytes_per_s;   /* bodies of all together, both ways; 0: no limit */
};

/* libcurl over mbedTLS. HTTP/1.1, kept connections, no redirect followed, no proxy but the environment's, no cookie, no compression. begin
   and cancel are not for `take`. A request is sent again only where the first cannot have been taken: its connection died before all of it was
   out, or it changes nothing (GET, HEAD). An answer that came before the whole body went out is had; longer than its content-length it is
   cut there and its connection closed. TD_E_CONFIG: no certificates to trust can be read, said in `errors`. */
td_err carrier_open(const struct carrier_params *params, FILE *errors, struct carrier *out);

/* Header's value or NULL; name in lower case. */
const char *exchange_header(const struct exchange *exchange, const char *name);

/* How long the other side asks to be left alone, a quarter of an hour at most; 0: not said. A date is taken by its own clock. */
int64_t exchange_retry_after_ms(const struct exchange *exchange);

/* For carriers: one line of an answer's head as it came, line end and all. A status line forgets the head before it (that of an interim
   answer). TD_E_NET_PROTOCOL: not HTTP, or two lengths that differ. */
td_err exchange_line(struct exchange *exchange, const char *line, size_t bytes);

#endif
