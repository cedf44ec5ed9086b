/* A lying world in one thread: clock, names and sockets as a test wants them, and the wire stepped in it. Venues speak plain
   WebSocket, send the same numbered message to every connection once a second, and end a connection where the plan says. */
#ifndef TD_TEST_NET_LYING_H
#define TD_TEST_NET_LYING_H

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "net/loopback.h"
#include "net/lying_peer.h"
#include "net/wire.h"

enum { LYING_PEERS = 8, LYING_PLANS = 64, LYING_SEEN = 20000, LYING_MESSAGES = 10000 };

struct lying_seen {
    uint8_t kind;
    uint16_t status, source;
    uint32_t conn;
    int64_t mono_ns;
    char text[100];
};

struct lying {
    struct td_os os;
    struct td_names names;
    int64_t mono_ns, wall_ns, next_message_ns;
    uint64_t random;
    struct lying_plan plan[LYING_PLANS]; /* of the n-th connect; later ones: `then` */
    struct lying_plan then;
    unsigned connects, open, open_most, closes;
    int64_t connect_ns[LYING_PLANS * 16];
    unsigned message;         /* number of the next one */
    const char *token_answer; /* to a POST */
    char first_line[256];     /* of the newest request */
    bool no_pongs, quiet, log_stays_full;
    uint32_t name_id[LYING_PEERS]; /* questions without an answer yet */
    unsigned names_asked;
    struct lying_peer peer[LYING_PEERS];
    struct framelog *log;
    struct wire *wire;
    struct wire_params params;
    struct wire_endpoint endpoint[3];
    void *log_mem, *wire_mem;
    unsigned seen_count;
    struct lying_seen seen[LYING_SEEN];
    uint32_t carried[LYING_MESSAGES]; /* message -> how many connections delivered it */
};

/* ---- clock, random, names ---- */

static inline int64_t lying_mono(void *ctx)
{
    return ((struct lying *)ctx)->mono_ns;
}

static inline int64_t lying_wall(void *ctx)
{
    return ((struct lying *)ctx)->wall_ns;
}

static inline void lying_fill(void *ctx, void *out, size_t bytes)
{
    struct lying *world = ctx;
    for (size_t i = 0; i < bytes; i++) {
        world->random = world->random * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)out)[i] = (uint8_t)(world->random >> 56);
    }
}

static inline struct lying_plan lying_next_plan(const struct lying *world)
{
    return world->connects < LYING_PLANS ? world->plan[world->connects] : world->then;
}

static inline void lying_note_connect(struct lying *world)
{
    if (world->connects < LYING_PLANS * 16)
        world->connect_ns[world->connects] = world->mono_ns;
    world->connects++;
}

static inline int lying_ask(void *ctx, uint32_t id, const char *host)
{
    struct lying *world = ctx;
    CHECK_EQ_STR(host, "localhost");
    CHECK(world->names_asked < LYING_PEERS);
    world->name_id[world->names_asked++] = id;
    return 0;
}

static inline int lying_poll(void *ctx, uint32_t *id, int32_t *err, uint32_t *count,
                             char (*address)[46])
{
    struct lying *world = ctx;
    if (world->names_asked == 0)
        return 0;
    struct lying_plan plan = lying_next_plan(world);
    *id = world->name_id[0];
    memmove(world->name_id, world->name_id + 1, --world->names_asked * sizeof *world->name_id);
    if (plan.stage == AT_NAME)
        lying_note_connect(world);
    if (plan.stage == AT_NAME && plan.fault == IS_SILENT)
        return 0;
    *err = plan.stage == AT_NAME ? TD_E_NET_RESOLVE : 0;
    *count = plan.stage == AT_NAME ? 0 : 1;
    snprintf(address[0], 46, "192.0.2.1");
    return 1;
}

/* ---- sockets ---- */

static inline struct lying_peer *lying_of(struct lying *world, int fd)
{
    CHECK(fd >= 100 && fd < 100 + LYING_PEERS);
    return &world->peer[fd - 100];
}

static inline int lying_connect(void *ctx, const char *ip, uint16_t port)
{
    struct lying *world = ctx;
    struct lying_plan plan = lying_next_plan(world);
    CHECK_EQ_STR(ip, "192.0.2.1");
    CHECK(port >= 1000 && port < 1003);
    lying_note_connect(world);
    if (plan.stage == AT_SOCKET)
        return TD_E_IO;
    for (int i = 0; i < LYING_PEERS; i++)
        if (!world->peer[i].open) {
            world->peer[i] = (struct lying_peer){.open = true, .plan = plan};
            world->peer[i].news = plan.stage != AT_CONNECT || plan.fault != IS_SILENT;
            world->open++;
            world->open_most = world->open > world->open_most ? world->open : world->open_most;
            return 100 + i;
        }
    FAIL("more sockets than %d", LYING_PEERS);
}

static inline int lying_connected(void *ctx, int fd)
{
    const struct lying_peer *peer = lying_of(ctx, fd);
    if (peer->plan.stage != AT_CONNECT)
        return 1;
    return peer->plan.fault == IS_SILENT ? 0 : TD_E_IO;
}

static inline void lying_upgrade(struct lying *world, struct lying_peer *peer)
{
    char key[HTTP_KEY_TEXT], accept[HTTP_ACCEPT_TEXT], answer[256];
    char *at = strstr(peer->in, "Sec-WebSocket-Key: ");
    if (strstr(peer->in, "\r\n\r\n") == NULL)
        return;
    snprintf(world->first_line, sizeof world->first_line, "%.*s", (int)strcspn(peer->in, "\r"),
             peer->in);
    if (lying_strikes(peer, AT_UPGRADE))
        return;
    if (strncmp(peer->in, "POST ", 5) == 0) {
        CHECK(strstr(peer->in, "\r\nContent-Length: 0\r\n") != NULL);
        lying_put(peer, world->token_answer, strlen(world->token_answer));
        peer->in_bytes = 0;
        return;
    }
    CHECK(at != NULL);
    memcpy(key, at + 19, HTTP_KEY_TEXT - 1);
    key[HTTP_KEY_TEXT - 1] = 0;
    http_accept(key, accept);
    int bytes = snprintf(answer, sizeof answer,
                         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                         accept);
    lying_put(peer, answer, (size_t)bytes);
    peer->in_bytes = 0;
    peer->upgraded = true;
    lying_strikes(peer, AT_OPEN);
}

/* One short masked frame of the client, then the rest moves up. False: none is whole. */
static inline bool lying_take_frame(struct lying *world, struct lying_peer *peer)
{
    const uint8_t *in = (const uint8_t *)peer->in;
    size_t bytes = peer->in_bytes < 2 ? 0 : in[1] & 127u;
    if (peer->in_bytes < 6 || peer->in_bytes < 6 + bytes)
        return false;
    CHECK(bytes < 126);
    unsigned opcode = in[0] & 15u;
    if (opcode == 9 && !world->no_pongs && !peer->muted)
        lying_frame(peer, 0x8a, "", 0);
    if (opcode == 8 && !peer->muted && !lying_strikes(peer, AT_GOODBYE)) {
        lying_frame(peer, 0x88, "", 0);
        peer->muted = peer->ended = true;
    }
    peer->in_bytes -= 6 + bytes;
    memmove(peer->in, peer->in + 6 + bytes, peer->in_bytes);
    return true;
}

static inline int64_t lying_send(void *ctx, int fd, const void *data, size_t bytes)
{
    struct lying *world = ctx;
    struct lying_peer *peer = lying_of(world, fd);
    if (peer->reset)
        return TD_E_NET_CLOSED;
    CHECK(peer->in_bytes + bytes < sizeof peer->in);
    memcpy(peer->in + peer->in_bytes, data, bytes);
    peer->in_bytes += bytes;
    peer->in[peer->in_bytes] = 0;
    if (!peer->upgraded)
        lying_upgrade(world, peer);
    while (peer->upgraded && lying_take_frame(world, peer))
        ;
    return (int64_t)bytes;
}

static inline int64_t lying_recv(void *ctx, int fd, void *data, size_t cap)
{
    struct lying_peer *peer = lying_of(ctx, fd);
    size_t bytes = peer->out_bytes - peer->out_at;
    bytes = bytes < cap ? bytes : cap;
    if (bytes == 0)
        return peer->reset ? TD_E_NET_CLOSED : peer->ended ? 0 : TD_E_AGAIN;
    memcpy(data, peer->out + peer->out_at, bytes);
    peer->out_at += bytes;
    return (int64_t)bytes;
}

static inline void lying_close(void *ctx, int fd)
{
    struct lying *world = ctx;
    struct lying_peer *peer = lying_of(world, fd);
    CHECK(peer->open);
    world->open--;
    world->closes++;
    peer->open = false;
}

static inline int lying_watch(void *ctx, int fd, void *tag)
{
    lying_of(ctx, fd)->tag = tag;
    return 0;
}

static inline int lying_wait(void *ctx, struct td_socket_event *events, unsigned cap,
                             int timeout_ms)
{
    struct lying *world = ctx;
    unsigned count = 0;
    CHECK_EQ_I64(timeout_ms, 0); /* a turn never sleeps */
    for (int i = 0; i < LYING_PEERS && count < cap; i++) {
        struct lying_peer *peer = &world->peer[i];
        if (!peer->open || !peer->news || peer->tag == NULL)
            continue;
        peer->news = false;
        events[count++] = (struct td_socket_event){
            .tag = peer->tag, .readable = true, .writable = true, .broken = peer->reset};
    }
    return (int)count;
}

/* ---- the venue's time ---- */

static inline void lying_broadcast(struct lying *world)
{
    char text[32];
    int bytes = snprintf(text, sizeof text, "message %u", world->message++);
    for (int i = 0; i < LYING_PEERS; i++) {
        struct lying_peer *peer = &world->peer[i];
        if (!peer->open || !peer->upgraded || peer->muted || world->quiet)
            continue;
        if (peer->messages > 0 && peer->plan.stage == AT_DATA) {
            lying_put(peer, "\x81\x05hal", 5);
            lying_strikes(peer, AT_DATA);
            continue;
        }
        lying_frame(peer, 0x81, text, (size_t)bytes);
        peer->messages++;
    }
}

static inline void lying_look(struct lying *world)
{
    struct td_frame frame;
    if (world->log_stays_full)
        return;
    while (framelog_read(world->log, FRAMELOG_JOURNAL, &frame) == 1)
        framelog_release(world->log, FRAMELOG_JOURNAL);
    while (framelog_read(world->log, FRAMELOG_CORE, &frame) == 1) {
        struct lying_seen seen = {frame.kind, frame.status,  frame.source,
                                  frame.conn, frame.mono_ns, ""};
        snprintf(seen.text, sizeof seen.text, "%.*s", (int)frame.bytes, frame.payload);
        framelog_release(world->log, FRAMELOG_CORE);
        unsigned number;
        if (frame.kind == TD_FRAME_WS_TEXT && sscanf(seen.text, "message %u", &number) == 1)
            world->carried[number % LYING_MESSAGES]++;
        else if (frame.kind != TD_FRAME_TICK) {
            CHECK(world->seen_count < LYING_SEEN);
            world->seen[world->seen_count++] = seen;
        }
    }
}

static inline void lying_turns(struct lying *world)
{
    unsigned turns = 0;
    while (wire_turn(world->wire))
        CHECK(++turns < 100000); /* else it spins */
    lying_look(world);
}

/* Time goes on to the next moment at which the wire or the venue has something to do. */
static inline void lying_run_for(struct lying *world, int64_t ns)
{
    int64_t until_ns = world->mono_ns + ns;
    unsigned stuck = 0;
    for (;;) {
        int64_t before_ns = world->mono_ns;
        lying_turns(world);
        int64_t next_ns = wire_due_ns(world->wire);
        next_ns = next_ns < world->next_message_ns ? next_ns : world->next_message_ns;
        for (int i = 0; i < LYING_PEERS; i++)
            if (world->peer[i].open && world->peer[i].news)
                next_ns = world->mono_ns;
        if (world->names_asked > 0)
            next_ns = world->mono_ns;
        if (next_ns > until_ns)
            break;
        if (next_ns > before_ns) {
            world->wall_ns += next_ns - before_ns;
            world->mono_ns = next_ns, stuck = 0;
        } else
            CHECK(++stuck < 1000); /* what is due must be done in a few turns */
        if (world->mono_ns >= world->next_message_ns) {
            world->next_message_ns += TD_NS_PER_S;
            lying_broadcast(world);
        }
    }
    world->wall_ns += until_ns - world->mono_ns;
    world->mono_ns = until_ns;
}

/* ---- one world ---- */

static inline struct lying *lying_open(unsigned endpoints)
{
    static char url[3][64];
    struct lying *world = calloc(1, sizeof *world);
    td_log_setup(2, getenv("TEST_LOG") ? TD_LOG_DEBUG : TD_LOG_OFF, NULL);
    world->mono_ns = 1000 * TD_NS_PER_S, world->wall_ns = INT64_C(1782648000) * TD_NS_PER_S;
    world->next_message_ns = world->mono_ns + TD_NS_PER_S / 2;
    world->random = 42;
    world->names = (struct td_names){lying_ask, lying_poll, world};
    world->os = (struct td_os){
        .clock = {.wall_ns = lying_wall, .mono_ns = lying_mono, .ctx = world},
        .random = {lying_fill, world},
        .socket = {lying_connect, lying_connected, lying_send, lying_recv, lying_close, lying_watch,
                   NULL, lying_wait, world},
        .names = &world->names,
    };
    for (unsigned i = 0; i < endpoints; i++) {
        snprintf(url[i], sizeof url[i], "ws://localhost:%u/feed", 1000 + i);
        world->endpoint[i] = (struct wire_endpoint){
            .source = (uint16_t)i, .name = "test", .url = url[i], .silence_ms = 15000};
    }
    world->params = (struct wire_params){.os = &world->os,
                                         .ca_pem = certs()->root.pem,
                                         .ca_bytes = strlen(certs()->root.pem),
                                         .endpoints = world->endpoint,
                                         .endpoint_count = endpoints,
                                         .connect_timeout_ms = 10000,
                                         .tick_ms = 1000,
                                         .tls_arena_bytes = 1 << 20};
    return world;
}

static inline void lying_begin(struct lying *world)
{
    world->log_mem = aligned_alloc(64, (framelog_footprint() + 63) & ~(size_t)63);
    struct framelog_params log = {.term_bytes = 64 << 10, .terms = 3};
    CHECK_EQ_I64(framelog_open(world->log_mem, &log, &world->log), 0);
    world->params.log = world->log;
    world->wire_mem = aligned_alloc(64, (wire_footprint(&world->params) + 63) & ~(size_t)63);
    CHECK_EQ_I64(wire_init(world->wire_mem, &world->params, &world->wire), 0);
    CHECK_EQ_I64(wire_turn(world->wire), 0); /* nothing before it begins */
    wire_begin(world->wire);
}

static inline void lying_stop(struct lying *world)
{
    wire_stop(world->wire);
    for (int i = 0; i < 50 && !wire_stopped(world->wire); i++)
        lying_run_for(world, 100 * TD_NS_PER_MS);
    CHECK(wire_stopped(world->wire));
    CHECK_EQ_I64(wire_turn(world->wire), 0);
    lying_look(world);
    CHECK_EQ_I64(world->open, 0);
}

static inline void lying_free(struct lying *world)
{
    wire_close(world->wire);
    framelog_close(world->log, false);
    free(world->log_mem);
    free(world->wire_mem);
    free(world);
}

static inline void lying_end(struct lying *world)
{
    lying_stop(world);
    lying_free(world);
}

static inline void lying_request(struct lying *world, enum wire_request_kind kind, uint16_t source,
                                 uint32_t conn, const char *text)
{
    struct wire_request *request = td_ring_claim(wire_requests(world->wire));
    CHECK(request != NULL);
    request->kind = kind, request->source = source, request->conn = conn;
    request->bytes = (uint32_t)strlen(text);
    memcpy(request->text, text, request->bytes);
    td_ring_publish(wire_requests(world->wire));
}

/* The n-th frame of this kind, from 0; NULL: there are fewer. */
static inline const struct lying_seen *lying_nth(const struct lying *world, uint8_t kind,
                                                 unsigned n)
{
    for (unsigned i = 0; i < world->seen_count; i++)
        if (world->seen[i].kind == kind && n-- == 0)
            return &world->seen[i];
    return NULL;
}

static inline unsigned lying_count(const struct lying *world, uint8_t kind)
{
    unsigned count = 0;
    while (lying_nth(world, kind, count))
        count++;
    return count;
}

static inline const struct lying_seen *lying_must(const struct lying *world, uint8_t kind,
                                                  unsigned n)
{
    const struct lying_seen *seen = lying_nth(world, kind, n);
    if (seen == NULL)
        FAIL("no frame %u of kind %u", n, (unsigned)kind);
    return seen;
}

#endif
