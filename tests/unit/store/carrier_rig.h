/* A carrier and servers that do to it what a test says: each connection in a process of its own (net/loopback.h), with a page that all share. */
#ifndef TD_TEST_STORE_CARRIER_RIG_H
#define TD_TEST_STORE_CARRIER_RIG_H

#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/loopback.h"
#include "store/carrier.h"

enum { RIG_EXCHANGES = 8, RIG_TAKEN_MAX = 1 << 16, RIG_BODY_MAX = 8 << 20 };

/* What the servers saw. */
struct seen {
    atomic_uint requests, arrived;
    atomic_llong body_bytes, body_sum;
    char head[4096]; /* of the last request */
};

struct rig {
    struct carrier carrier;
    struct server server;
    struct seen *seen;
    bool open;
};

struct asked {
    struct exchange exchange;
    char taken[RIG_TAKEN_MAX];
    size_t taken_bytes, total;
    td_err refuse; /* what `take` answers */
};

static struct rig rig;

static inline long long rig_sum(const unsigned char *data, size_t bytes, long long at)
{
    long long sum = 0;
    for (size_t i = 0; i < bytes; i++)
        sum += (long long)data[i] * (1 + (at + (long long)i) % 251);
    return sum;
}

static inline const unsigned char *rig_body(void)
{
    static unsigned char body[RIG_BODY_MAX];
    for (size_t i = 0; body[1] == 0 && i < sizeof body; i++)
        body[i] = (unsigned char)(i * 31 + i / 253);
    return body;
}

static inline const char *rig_ca(const struct cert *root)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/root.pem", test_tmpdir());
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(root->pem, file) >= 0 && fclose(file) == 0);
    return path;
}

static inline void rig_carrier(int read_s, int64_t bytes_per_s)
{
    struct carrier_params params = {.ca_file = rig_ca(&certs()->root),
                                    .exchanges_max = RIG_EXCHANGES,
                                    .connect_s = 2,
                                    .read_s = read_s,
                                    .bytes_per_s = bytes_per_s};
    CHECK_EQ_I64(carrier_open(&params, stderr, &rig.carrier), 0);
    rig.open = true;
}

static inline void rig_serve(const struct cert *cert, serve_fn *serve)
{
    certs();
    if (rig.seen == NULL)
        rig.seen =
            mmap(NULL, sizeof *rig.seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(rig.seen != MAP_FAILED);
    memset(rig.seen, 0, sizeof *rig.seen);
    rig.server = server_start(cert, serve);
}

static inline void rig_close(void)
{
    if (rig.open)
        rig.carrier.close(rig.carrier.ctx);
    rig.open = false;
    mbedtls_psa_crypto_free(); /* a server's process has an allocator of its own */
    server_stop(&rig.server);
}

/* ---- the server's side ---- */

static inline long long peer_length(const struct peer *peer)
{
    const char *at = strstr(peer->request, "\r\nContent-Length: ");
    return at != NULL ? atoll(at + 18) : 0;
}

static inline void peer_head(struct peer *peer)
{
    peer_read_request(peer);
    memcpy(rig.seen->head, peer->request, sizeof rig.seen->head);
    rig.seen->requests++;
    if (strstr(peer->request, "Expect: 100-continue") != NULL && peer_length(peer) == 0)
        _exit(1);
}

static inline void peer_body(struct peer *peer)
{
    static unsigned char piece[16 << 10];
    if (strstr(peer->request, "Expect: 100-continue") != NULL)
        peer_text(peer, "HTTP/1.1 100 Continue\r\n\r\n");
    long long left = peer_length(peer), at = 0, sum = 0;
    while (left > 0) {
        size_t bytes = left < (long long)sizeof piece ? (size_t)left : sizeof piece;
        if (!peer_read(peer, piece, bytes))
            _exit(0);
        sum += rig_sum(piece, bytes, at);
        at += (long long)bytes, left -= (long long)bytes;
    }
    rig.seen->body_bytes += at;
    rig.seen->body_sum += sum;
}

static inline void peer_answer(struct peer *peer, const char *status, const char *headers,
                               const char *body)
{
    char head[1024];
    snprintf(head, sizeof head,
             "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nx-amz-bucket-region: %u\r\n\r\n", status,
             headers, strlen(body), peer->nth);
    peer_text(peer, head);
    peer_text(peer, body);
}

/* An ordinary store: reads what it is sent, says hello. */
static inline void peer_store(struct peer *peer)
{
    for (;;) {
        peer_head(peer);
        peer_body(peer);
        bool head = strncmp(peer->request, "HEAD ", 5) == 0;
        if (strncmp(peer->request, "DELETE ", 7) == 0)
            peer_text(peer, "HTTP/1.1 204 No Content\r\n\r\n");
        else if (head)
            peer_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
        else
            peer_answer(peer, "200 OK", "ETag:  \"abc\" \r\nx-Amz-Meta-Tape-Bytes:5\r\n", "hello");
    }
}

/* ---- the carrier's side ---- */

static inline td_err rig_take(void *arg, const void *data, size_t bytes)
{
    struct asked *asked = arg;
    size_t room = sizeof asked->taken - asked->taken_bytes;
    memcpy(asked->taken + asked->taken_bytes, data, bytes < room ? bytes : room);
    asked->taken_bytes += bytes < room ? bytes : room;
    asked->total += bytes;
    return asked->refuse;
}

static inline void rig_make(struct asked *asked, const char *method, const char *url)
{
    memset(&asked->exchange, 0, sizeof asked->exchange);
    asked->taken_bytes = asked->total = 0;
    snprintf(asked->exchange.method, sizeof asked->exchange.method, "%s", method);
    snprintf(asked->exchange.url, sizeof asked->exchange.url, "%s", url);
    asked->exchange.take = rig_take;
    asked->exchange.take_arg = asked;
    asked->exchange.tag = asked;
}

static inline const char *rig_url(const char *scheme, const char *path)
{
    static char url[256];
    snprintf(url, sizeof url, "%s:%d%s", scheme, rig.server.port, path);
    return url;
}

static inline void rig_begin(struct asked *asked)
{
    rig.carrier.begin(rig.carrier.ctx, &asked->exchange);
}

static inline struct asked *rig_wait(void)
{
    struct exchange *back = rig.carrier.wait(rig.carrier.ctx, -1);
    return back != NULL ? back->tag : NULL;
}

/* One alone, to its end. */
static inline struct exchange *rig_ask(struct asked *asked)
{
    rig_begin(asked);
    CHECK(rig_wait() == asked);
    return &asked->exchange;
}

static inline struct exchange *rig_get(struct asked *asked, const char *path)
{
    rig_make(asked, "GET", rig_url("http://127.0.0.1", path));
    return rig_ask(asked);
}

static inline void rig_put_memory(struct asked *asked, const char *path, int64_t bytes)
{
    rig_make(asked, "PUT", rig_url("http://127.0.0.1", path));
    asked->exchange.body = (struct store_body){.data = rig_body(), .bytes = bytes};
}

#endif
