/* A TLS client of ours and a server, both in this process, with bytes in memory between them: no socket, no thread. The server follows the
   client's order of ciphers. What goes wrong ends the program: to be used by tests and benches alike. */
#ifndef TEST_TLS_PAIR_H
#define TEST_TLS_PAIR_H

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls.h"

enum { PAIR_PIPE_BYTES = 64 << 10, PAIR_ARENA_BYTES = 512 << 10 };

/* Bytes under way in one direction. */
struct pair_pipe {
    unsigned char bytes[PAIR_PIPE_BYTES];
    size_t begin, end;
};

/* PEM texts that the server shows, and the root that the client believes. */
struct pair_identity {
    const char *cert, *key, *root;
};

struct tls_pair {
    struct tls *tls;
    void *mem;
    struct tls_session client;
    mbedtls_ssl_context server;
    mbedtls_ssl_config config;
    mbedtls_x509_crt cert;
    mbedtls_pk_context key;
    struct pair_pipe up, down; /* to the server, to the client */
    /* For benches, set before pair_open: a clock, and the seconds of the client's half of the handshake. */
    double (*seconds)(void);
    double client_s;
};

static inline void pair_must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "tls_pair: %s\n", what);
    abort();
}

/* ---- bytes under way ---- */

static inline size_t pair_put(struct pair_pipe *pipe, const void *data, size_t bytes)
{
    if (pipe->begin == pipe->end)
        pipe->begin = pipe->end = 0;
    size_t room = sizeof pipe->bytes - pipe->end;
    bytes = bytes < room ? bytes : room;
    memcpy(pipe->bytes + pipe->end, data, bytes);
    pipe->end += bytes;
    return bytes;
}

static inline size_t pair_get(struct pair_pipe *pipe, void *out, size_t cap)
{
    size_t bytes = pipe->end - pipe->begin;
    bytes = bytes < cap ? bytes : cap;
    memcpy(out, pipe->bytes + pipe->begin, bytes);
    pipe->begin += bytes;
    return bytes;
}

static inline int64_t pair_client_send(void *arg, const void *data, size_t bytes)
{
    return (int64_t)pair_put(&((struct tls_pair *)arg)->up, data, bytes);
}

static inline int64_t pair_client_recv(void *arg, void *data, size_t bytes)
{
    return (int64_t)pair_get(&((struct tls_pair *)arg)->down, data, bytes);
}

static inline int pair_server_send(void *arg, const unsigned char *data, size_t bytes)
{
    size_t put = pair_put(&((struct tls_pair *)arg)->down, data, bytes);
    return put > 0 ? (int)put : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static inline int pair_server_recv(void *arg, unsigned char *data, size_t bytes)
{
    size_t got = pair_get(&((struct tls_pair *)arg)->up, data, bytes);
    return got > 0 ? (int)got : MBEDTLS_ERR_SSL_WANT_READ;
}

/* ---- who the server is ---- */

static inline int pair_random(void *arg, unsigned char *out, size_t bytes)
{
    const struct td_random *random = arg;
    random->fill(random->ctx, out, bytes);
    return 0;
}

static inline void pair_serve(struct tls_pair *pair, const struct td_random *random,
                              const struct pair_identity *identity)
{
    void *chance = (void *)(uintptr_t)random;
    mbedtls_ssl_init(&pair->server);
    mbedtls_ssl_config_init(&pair->config);
    mbedtls_x509_crt_init(&pair->cert);
    mbedtls_pk_init(&pair->key);
    pair_must(mbedtls_x509_crt_parse(&pair->cert, (const unsigned char *)identity->cert,
                                     strlen(identity->cert) + 1) == 0 &&
                  mbedtls_pk_parse_key(&pair->key, (const unsigned char *)identity->key,
                                       strlen(identity->key) + 1, NULL, 0, pair_random,
                                       chance) == 0 &&
                  mbedtls_ssl_config_defaults(&pair->config, MBEDTLS_SSL_IS_SERVER,
                                              MBEDTLS_SSL_TRANSPORT_STREAM,
                                              MBEDTLS_SSL_PRESET_DEFAULT) == 0,
              "server");
    mbedtls_ssl_conf_rng(&pair->config, pair_random, chance);
    mbedtls_ssl_conf_preference_order(&pair->config, MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_CLIENT);
    pair_must(mbedtls_ssl_conf_own_cert(&pair->config, &pair->cert, &pair->key) == 0 &&
                  mbedtls_ssl_setup(&pair->server, &pair->config) == 0,
              "server's session");
    mbedtls_ssl_set_bio(&pair->server, pair, pair_server_send, pair_server_recv, NULL);
}

/* ---- the pair ---- */

static inline void pair_shake(struct tls_pair *pair)
{
    int client = 0, server = MBEDTLS_ERR_SSL_WANT_READ;
    for (unsigned turn = 0; turn < 100 && (client != 1 || server != 0); turn++) {
        double begin = pair->seconds != NULL ? pair->seconds() : 0;
        if (client != 1)
            client = tls_handshake(&pair->client);
        pair->client_s += pair->seconds != NULL ? pair->seconds() - begin : 0;
        if (server != 0)
            server = mbedtls_ssl_handshake(&pair->server);
        pair_must(client >= 0, pair->client.detail);
        pair_must(server == 0 || server == MBEDTLS_ERR_SSL_WANT_READ, "server's handshake");
    }
    pair_must(client == 1 && server == 0, "a handshake ends");
}

/* Handshake done. cpu: what the client believes; mode: what it offers. */
static inline void pair_open(struct tls_pair *pair, const struct td_random *random,
                             const struct pair_identity *identity, enum tls_cpu cpu,
                             enum tls_mode mode)
{
    struct tls_io io = {.send = pair_client_send, .recv = pair_client_recv, .arg = pair};
    pair->client_s = 0;
    pair->up = pair->down = (struct pair_pipe){.end = 0};
    struct tls_params params = {.random = random,
                                .cpu = cpu,
                                .ca_pem = identity->root,
                                .ca_bytes = strlen(identity->root),
                                .arena_bytes = PAIR_ARENA_BYTES};
    pair->mem = aligned_alloc(64, (tls_footprint(&params) + 63) & ~(size_t)63);
    pair_must(pair->mem != NULL && tls_init(pair->mem, &params, &pair->tls) == 0, "tls_init");
    pair_serve(pair, random, identity);
    pair_must(tls_open(&pair->client, pair->tls, mode, "localhost", &io) == 0, "tls_open");
    pair_shake(pair);
}

/* One record from the server, to lie there until the client reads. */
static inline void pair_tell(struct tls_pair *pair, const void *data, size_t bytes)
{
    pair_must(mbedtls_ssl_write(&pair->server, data, bytes) == (int)bytes, "a record is sent");
}

static inline void pair_close(struct tls_pair *pair)
{
    tls_end(&pair->client);
    mbedtls_ssl_free(&pair->server);
    mbedtls_ssl_config_free(&pair->config);
    mbedtls_x509_crt_free(&pair->cert);
    mbedtls_pk_free(&pair->key);
    tls_close(pair->tls);
    free(pair->mem);
}

#endif
