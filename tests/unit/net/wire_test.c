#include "net/wire.h"

#include "base/metrics.h"
#include "net/rig.h"
#include "test.h"

/* ---- one connection from upgrade to close ---- */

static size_t two_texts(void *arg, unsigned n, char *out, size_t cap)
{
    (void)arg, (void)cap;
    return n < 2 ? (size_t)snprintf(out, cap, "{\"subscribe\":%u}", n) : 0;
}

/* Repeats what was subscribed, pings, tells what the pong held, closes. */
static void serve_session(struct peer *peer)
{
    char text[1024], answer[1100];
    size_t bytes;
    peer_upgrade(peer);
    peer_must(strncmp(peer->request, "GET /feed?n=0 HTTP/1.1\r\nHost: localhost:", 40) == 0);
    for (int i = 0; i < 2; i++) {
        peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 1);
        snprintf(answer, sizeof answer, "got %s", text);
        peer_message(peer, answer);
    }
    peer_frame(peer, 0x89, "payload", 7);
    peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 10);
    snprintf(answer, sizeof answer, "pong %s", text);
    peer_message(peer, answer);
    peer_frame(peer, 0x82, "\0\1\2", 3);
    peer_frame(peer, 0x88,
               "\x03\xf4"
               "bye",
               5); /* 1012 */
    peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 8 && bytes == 2);
    peer_drain(peer);
}

TEST(session_over_tls_becomes_frames)
{
    struct rig rig;
    rig_open(&rig, 20);
    struct server server = server_start(&certs()->good, serve_session);
    struct wire_endpoint *endpoint = rig_endpoint(&rig, "wss", "localhost", server.port);
    endpoint->subscribe = two_texts;
    rig_run(&rig);
    for (uint32_t conn = 1; conn <= 2;
         conn++) { /* the venue closes: the next session is the same */
        struct td_frame frame = rig_expect(&rig, TD_FRAME_CONN_OPEN, rig.url[0]);
        CHECK_EQ_I64(frame.conn, conn);
        CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_SENT, "{\"subscribe\":0}").conn, conn);
        rig_expect(&rig, TD_FRAME_SENT, "{\"subscribe\":1}");
        frame = rig_expect(&rig, TD_FRAME_WS_TEXT, "got {\"subscribe\":0}");
        CHECK_EQ_I64(frame.origin, TD_ORIGIN_WS);
        CHECK_EQ_I64(frame.source, 0);
        rig_expect(&rig, TD_FRAME_WS_TEXT, "got {\"subscribe\":1}");
        rig_expect(&rig, TD_FRAME_WS_TEXT, "pong payload");
        CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_WS_BINARY, NULL).bytes, 3);
        frame = rig_expect(&rig, TD_FRAME_CONN_CLOSE, "TD_E_NET_CLOSED: close frame 1012 bye");
        CHECK_EQ_I64(frame.status, 1012);
        CHECK_EQ_I64(frame.conn, conn);
    }
    CHECK_EQ_I64(atomic_load(&wire_health(rig.wire, 0)->messages), 8);
    CHECK(atomic_load(&wire_health(rig.wire, 0)->connects) >= 2);
    CHECK(wire_tls_arena_peak(rig.wire) > 0);
    rig_close(&rig, &server);
}

/* ---- several at once ---- */

static void serve_numbers(struct peer *peer)
{
    char text[32];
    peer_upgrade(peer);
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "message %d", i);
        peer_message(peer, text);
    }
    peer_drain(peer);
}

TEST(three_endpoints_lose_nothing_and_keep_order)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct server server = server_start(&certs()->good, serve_numbers);
    for (int i = 0; i < 3; i++)
        rig_endpoint(&rig, "wss", "localhost", server.port);
    rig_run(&rig);
    int next[3] = {0};
    uint32_t conn[3] = {0};
    uint64_t number = 0;
    for (int left = 3 * 20000 + 3; left > 0; left--) {
        char text[32];
        struct td_frame frame = rig_frame(&rig);
        CHECK_EQ_U64(frame.number, ++number);
        CHECK(frame.source < 3);
        if (frame.kind == TD_FRAME_CONN_OPEN) {
            CHECK_EQ_I64(conn[frame.source], 0);
            conn[frame.source] = frame.conn;
            continue;
        }
        CHECK_EQ_I64(frame.kind, TD_FRAME_WS_TEXT);
        CHECK_EQ_I64(frame.conn, conn[frame.source]);
        snprintf(text, sizeof text, "message %d", next[frame.source]++);
        CHECK_EQ_STR(rig.payload, text);
    }
    CHECK_EQ_I64(conn[0] + conn[1] + conn[2], 1 + 2 + 3);
    rig_close(&rig, &server);
}

/* ---- make before break ---- */

/* Waits for the goodbye and still has a word to say. */
static void serve_until_goodbye(struct peer *peer)
{
    char text[256];
    size_t bytes;
    peer_upgrade(peer);
    peer_message(peer, "up");
    peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 8);
    peer_message(peer, "last words");
    peer_frame(peer, 0x88, text, 2);
    peer_drain(peer);
}

TEST(second_connection_over_tls_takes_over)
{
    struct rig rig;
    rig_open(&rig, 100);
    struct server server = server_start(&certs()->good, serve_until_goodbye);
    rig_endpoint(&rig, "wss", "localhost", server.port)->life_s = 60;
    rig_run(&rig);
    CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL).status, 0);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "up");
    for (uint32_t old = 1; old < 4; old++) {
        struct td_frame frame = rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
        CHECK_EQ_I64(frame.status, TD_OPEN_OVERLAP);
        CHECK_EQ_I64(frame.conn, old + 1);
        CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_WS_TEXT, "up").conn, old + 1);
        rig_ask_conn(&rig, WIRE_REQUEST_DROP, 0, old, "");
        CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_WS_TEXT, "last words").conn, old);
        frame = rig_expect(&rig, TD_FRAME_CONN_CLOSE, "another connection took over");
        CHECK_EQ_I64(frame.conn, old);
        CHECK_EQ_I64(frame.status, TD_CLOSE_PLANNED);
    }
    rig_close(&rig, &server);
}

/* ---- what a venue asks for ---- */

/* Asks between data; says the answers it heard. */
static void serve_asking(struct peer *peer)
{
    static char text[1024];
    size_t bytes;
    peer_upgrade(peer);
    peer_must(strstr(peer->request, "\r\nX-Kind: one\r\nX-Other: two\r\n\r\n") != NULL);
    peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 1);
    peer_message(peer, "ask 1");
    peer_frame(peer, 0x82, "ask 2", 5);
    peer_message(peer, "data");
    for (int i = 0; i < 2; i++) {
        peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 1);
        peer_message(peer, text);
    }
    memset(text, 'a', sizeof text);
    memcpy(text, "ask ", 4);
    peer_frame(peer, 0x81, text, WIRE_ANSWERED_MAX + 1); /* too long to be a question */
    peer_message(peer, "end");
    peer_drain(peer);
}

static size_t answer_ask(void *arg, bool binary, struct td_text message, char *out, size_t cap)
{
    if (strncmp(message.at, "ask", 3) != 0)
        return 0;
    return (size_t)snprintf(out, cap, "%s %s %.*s", (const char *)arg, binary ? "binary" : "text",
                            (int)message.bytes, message.at);
}

static size_t subscribe_once(void *arg, unsigned n, char *out, size_t cap)
{
    (void)arg;
    return n == 0 ? (size_t)snprintf(out, cap, "subscribe") : 0;
}

TEST(what_a_venue_asks_for_is_answered_at_once)
{
    struct rig rig;
    rig_open(&rig, 20);
    struct server server = server_start(&certs()->good, serve_asking);
    struct wire_endpoint *endpoint = rig_endpoint(&rig, "wss", "localhost", server.port);
    endpoint->headers = "X-Kind: one\r\nX-Other: two\r\n";
    endpoint->subscribe = subscribe_once;
    endpoint->answer = answer_ask;
    endpoint->answer_arg = "answer";
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    rig_expect(&rig, TD_FRAME_SENT, "subscribe");
    rig_expect(&rig, TD_FRAME_WS_TEXT, "ask 1");
    rig_expect(&rig, TD_FRAME_SENT, "answer text ask 1");
    rig_expect(&rig, TD_FRAME_WS_BINARY, "ask 2");
    rig_expect(&rig, TD_FRAME_SENT, "answer binary ask 2");
    rig_expect(&rig, TD_FRAME_WS_TEXT, "data");
    rig_expect(&rig, TD_FRAME_WS_TEXT, "answer text ask 1");
    rig_expect(&rig, TD_FRAME_WS_TEXT, "answer binary ask 2");
    CHECK_EQ_U64(rig_expect(&rig, TD_FRAME_WS_TEXT, NULL).bytes, WIRE_ANSWERED_MAX + 1);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "end");
    rig_close(&rig, &server);
}

/* ---- secrets ---- */

#define SIGNED "?c2VjcmV0"

static void serve_signed(struct peer *peer)
{
    char text[256];
    size_t bytes;
    peer_upgrade(peer);
    peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 1);
    peer_message(peer, strcmp(text, "subscribe" SIGNED) == 0 ? "good" : "bad");
    peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 1);
    peer_message(peer, strcmp(text, "order" SIGNED) == 0 ? "good" : "bad");
    peer_drain(peer);
}

/* The first one cannot be made. */
static size_t sign_all(void *arg, bool secret, struct td_text text, char *out, size_t cap)
{
    unsigned *count = arg;
    if (secret && (*count)++ == 0)
        return 0;
    return (size_t)snprintf(out, cap, "%.*s%s", (int)text.bytes, text.at, secret ? SIGNED : "?...");
}

TEST(secrets_go_out_and_not_into_the_log)
{
    struct rig rig;
    unsigned count = 0;
    rig_open(&rig, 20);
    struct server server = server_start(&certs()->good, serve_signed);
    struct wire_endpoint *endpoint = rig_endpoint(&rig, "wss", "localhost", server.port);
    endpoint->subscribe = subscribe_once;
    endpoint->sign = sign_all;
    endpoint->sign_arg = &count;
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    rig_expect(&rig, TD_FRAME_CONN_CLOSE, "TD_E_NET_REFUSED: a subscribe text cannot be signed");
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    rig_expect(&rig, TD_FRAME_SENT, "subscribe?...");
    rig_expect(&rig, TD_FRAME_WS_TEXT, "good");
    rig_ask(&rig, WIRE_REQUEST_SEND, 0, "order");
    rig_expect(&rig, TD_FRAME_SENT, "order?...");
    rig_expect(&rig, TD_FRAME_WS_TEXT, "good");
    CHECK_EQ_U64(count, 3);
    rig_close(&rig, &server);
}

/* ---- a full frame log ---- */

static void serve_flood(struct peer *peer)
{
    static char text[8000];
    peer_upgrade(peer);
    memset(text, 'f', sizeof text);
    for (int i = 0; i < 500; i++) {
        int bytes = snprintf(text, sizeof text, "%d ", i);
        text[bytes] = 'f';
        peer_frame(peer, 0x81, text, sizeof text);
    }
    peer_drain(peer);
}

TEST(full_log_stops_reading_and_loses_nothing)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct server server = server_start(&certs()->good, serve_flood);
    rig_endpoint(&rig, "wss", "localhost", server.port)->silence_ms = 60000;
    rig.params.tick_ms = 50;
    uint64_t stalls = td_metric_get(TD_M_log_stalls);
    rig_run_with_log(&rig, &(struct framelog_params){.term_bytes = 64 << 10, .terms = 3});
    int64_t give_up_ns = real_ns() + 30 * TD_NS_PER_S;
    while (td_metric_get(TD_M_log_stalls) == stalls && real_ns() < give_up_ns)
        sched_yield(); /* nobody reads: 192 KiB are soon full */
    CHECK(td_metric_get(TD_M_log_stalls) > stalls);
    bool opened = false; /* a slow machine ticks before that */
    for (int next = 0; next < 500;) {
        struct td_frame frame = rig_frame(&rig);
        if (frame.kind == TD_FRAME_TICK || frame.kind == TD_FRAME_CLOCK)
            continue;
        if (!opened) {
            CHECK_EQ_I64(frame.kind, TD_FRAME_CONN_OPEN);
            opened = true;
            continue;
        }
        CHECK_EQ_I64(frame.kind, TD_FRAME_WS_TEXT);
        CHECK_EQ_U64(frame.bytes, 8000);
        CHECK_EQ_I64(atoi(rig.payload), next++);
    }
    CHECK_EQ_U64(atomic_load(&wire_health(rig.wire, 0)->disconnects), 0);
    rig_close(&rig, &server);
}

TEST(stop_while_the_log_is_full)
{
    struct rig rig;
    rig_open(&rig, 20);
    struct server server = server_start(&certs()->good, serve_flood);
    rig_endpoint(&rig, "wss", "localhost", server.port);
    uint64_t stalls = td_metric_get(TD_M_log_stalls);
    rig_run_with_log(&rig, &(struct framelog_params){.term_bytes = 64 << 10, .terms = 3});
    int64_t give_up_ns = real_ns() + 30 * TD_NS_PER_S;
    while (td_metric_get(TD_M_log_stalls) == stalls && real_ns() < give_up_ns)
        sched_yield();
    rig_close(&rig, &server); /* joins the wire's thread: it must end although nobody reads */
}

/* ---- ticks ---- */

TEST(ticks_keep_their_phase)
{
    struct rig rig;
    rig_open(&rig, 20);
    rig.params.tick_ms = 1000;
    rig_run(&rig);
    int64_t last_ns = 0;
    for (int i = 0; i < 20;) {
        struct td_frame frame = rig_frame(&rig);
        if (frame.kind == TD_FRAME_CLOCK)
            continue; /* net/clockwork's; the fast clock looks like steps to it */
        CHECK_EQ_I64(frame.kind, TD_FRAME_TICK);
        CHECK_EQ_I64(frame.bytes, 0);
        CHECK_EQ_I64(frame.source, TD_SOURCE_NONE);
        CHECK_EQ_I64(frame.conn, 0);
        /* one a second at most, none before its time: late ones do not move those that follow */
        CHECK(frame.mono_ns - rig.clock.start_ns >= ++i * TD_NS_PER_S);
        CHECK(frame.mono_ns > last_ns);
        last_ns = frame.mono_ns;
    }
    rig_close(&rig, NULL);
}

/* ---- configuration ---- */

TEST(wire_refuses_bad_endpoints)
{
    struct rig rig;
    rig_open(&rig, 1);
    rig_endpoint(&rig, "ws", "venue.example", 80);
    void *mem = aligned_alloc(64, (wire_footprint(&rig.params) + 63) & ~(size_t)63);
    CHECK_EQ_I64(wire_init(mem, &rig.params, &rig.wire), TD_E_UNSUPPORTED);
    rig.params.endpoint_count = TD_CONNS_MAX + 1;
    CHECK_EQ_I64(wire_init(mem, &rig.params, &rig.wire), TD_E_RANGE);
    free(mem);
}
