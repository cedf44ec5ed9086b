#include "net/conn.h"

#include <netinet/tcp.h>

#include "net/rig.h"
#include "test.h"

/* Each end of a connection is followed by a new one whose first word is "again". */
static void serve_again(struct peer *peer)
{
    peer_message(peer, "again");
    peer_drain(peer);
}

static struct td_frame expect_end_and_return(struct rig *rig, const char *words)
{
    struct td_frame frame = rig_expect(rig, TD_FRAME_CONN_CLOSE, words);
    CHECK_EQ_I64(frame.conn, 1);
    CHECK_EQ_I64(rig_expect(rig, TD_FRAME_CONN_OPEN, NULL).conn, 2);
    rig_expect(rig, TD_FRAME_WS_TEXT, "again");
    return frame;
}

static void open_with(struct rig *rig, struct server *server, serve_fn *serve, const char *scheme)
{
    rig_open(rig, 20);
    *server = server_start(strcmp(scheme, "wss") == 0 ? &certs()->good : NULL, serve);
    rig_endpoint(rig, scheme, "127.0.0.1", server->port);
}

static void serve_eof(struct peer *peer)
{
    peer_upgrade(peer);
    if (peer->nth > 0)
        serve_again(peer);
    peer_message(peer, "one");
    mbedtls_ssl_close_notify(&peer->ssl);
}

TEST(clean_end_of_the_stream)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_eof, "wss");
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "one");
    expect_end_and_return(&rig, "TD_E_NET_CLOSED: the peer closed the connection");
    CHECK_EQ_I64(atomic_load(&wire_health(rig.wire, 0)->last_err), TD_E_NET_CLOSED);
    CHECK_EQ_U64(atomic_load(&wire_health(rig.wire, 0)->disconnects), 1);
    rig_close(&rig, &server);
}

static void serve_reset(struct peer *peer)
{
    struct linger hard = {.l_onoff = 1};
    peer_upgrade(peer);
    if (peer->nth > 0)
        serve_again(peer);
    peer_write(peer, "\x81\x05hal", 5); /* in the middle of a frame */
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(peer->fd);
}

TEST(reset_in_the_middle_of_a_frame)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_reset, "wss");
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    expect_end_and_return(&rig, "TD_E_NET_CLOSED: the peer closed the connection");
    rig_close(&rig, &server);
}

/* Pings arrive all the time, data does not. */
static void serve_pings_only(struct peer *peer)
{
    char text[256];
    size_t bytes;
    peer_upgrade(peer);
    if (peer->nth > 0)
        serve_again(peer);
    peer_message(peer, "one");
    do
        peer_frame(peer, 0x89, "p", 1);
    while (peer_recv_frame(peer, text, sizeof text, &bytes) == 10);
    peer_drain(peer);
}

TEST(silence_counts_data_not_pings)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_pings_only, "ws");
    rig.endpoint[0].silence_ms = 20000;
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    int64_t data_ns = rig_expect(&rig, TD_FRAME_WS_TEXT, "one").mono_ns;
    struct td_frame end = expect_end_and_return(&rig, "TD_E_NET_TIMEOUT: no data for 20000 ms");
    CHECK(end.mono_ns - data_ns >= 20000 * TD_NS_PER_MS);
    rig_close(&rig, &server);
}

/* The peer is there and says nothing, not even pongs: as a half-open TCP connection looks. */
static void serve_nothing(struct peer *peer)
{
    peer_upgrade(peer);
    if (peer->nth > 0)
        serve_again(peer);
    for (;;)
        pause();
}

TEST(half_open_is_given_up_after_four_pings)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_nothing, "wss");
    rig.endpoint[0].ping_interval_ms = 4000;
    rig_run(&rig);
    int64_t open_ns = rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL).mono_ns;
    struct td_frame end =
        expect_end_and_return(&rig, "TD_E_NET_TIMEOUT: 4 pings without an answer");
    CHECK(end.mono_ns - open_ns >= 20000 * TD_NS_PER_MS);
    rig_close(&rig, &server);
}

static void serve_ping_echo(struct peer *peer)
{
    char text[256];
    size_t bytes;
    peer_upgrade(peer);
    for (int i = 0; i < 6; i++) {
        peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 1);
        peer_message(peer, "pong");
    }
    peer_drain(peer);
}

TEST(own_ping_text_is_sent_and_kept)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_ping_echo, "ws");
    rig.endpoint[0].ping_interval_ms = 500;
    rig.endpoint[0].ping_text = "{\"op\":\"ping\"}";
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    for (int sent = 0, answered = 0; answered < 6;) { /* more than 4: answers keep the count down */
        struct td_frame frame = rig_frame(&rig);
        CHECK(frame.kind == TD_FRAME_SENT || frame.kind == TD_FRAME_WS_TEXT);
        CHECK_EQ_STR(rig.payload, frame.kind == TD_FRAME_SENT ? "{\"op\":\"ping\"}" : "pong");
        frame.kind == TD_FRAME_SENT ? sent++ : answered++;
        CHECK(answered <= sent);
    }
    rig_close(&rig, &server);
}

static void serve_masked(struct peer *peer)
{
    char text[256];
    size_t bytes;
    peer_upgrade(peer);
    if (peer->nth > 0)
        serve_again(peer);
    peer_message(peer, "one");
    peer_write(peer, "\x81\x81\1\2\3\4x", 7);
    peer_must(peer_recv_frame(peer, text, sizeof text, &bytes) == 8 &&
              memcmp(text, "\x03\xea", 2) == 0);
    peer_drain(peer);
}

TEST(broken_protocol_is_told_to_the_peer)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_masked, "ws");
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "one");
    struct td_frame end = expect_end_and_return(
        &rig, "TD_E_NET_PROTOCOL: the peer broke the protocol (close code 1002)");
    CHECK_EQ_I64(end.status, 1002);
    rig_close(&rig, &server);
}

static void serve_oversize(struct peer *peer)
{
    peer_upgrade(peer);
    if (peer->nth > 0)
        serve_again(peer);
    peer_write(peer, "\x81\x7f\0\0\0\0\x04\0\0\0 64 MiB announced", 27);
    peer_drain(peer);
}

TEST(oversize_closes_and_is_reported)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_oversize, "wss");
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    struct td_frame end = expect_end_and_return(
        &rig, "TD_E_NET_OVERSIZE: frame is larger than the limit (close code 1009)");
    CHECK_EQ_I64(end.status, 1009);
    rig_close(&rig, &server);
}

/* ---- refused upgrades ---- */

static void serve_refusals(struct peer *peer)
{
    static const char *const answers[] = {
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>maintenance</html>",
        "HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 451 Unavailable\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
        "this is not HTTP\r\n\r\n",
        "",
    };
    if (peer->nth < sizeof answers / sizeof *answers) {
        peer_read_request(peer);
        peer_text(peer, answers[peer->nth]);
        return;
    }
    peer_upgrade(peer);
    serve_again(peer);
}

TEST(refused_upgrades_are_tried_again)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_refusals, "ws");
    rig.clock.speed = 200,
    rig.params.connect_timeout_ms = 2000000; /* eight refusals back off for 91 s */
    rig_run(&rig);
    CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL).conn,
                 1); /* none of them counts as a connection */
    rig_expect(&rig, TD_FRAME_WS_TEXT, "again");
    CHECK_EQ_U64(atomic_load(&wire_health(rig.wire, 0)->attempts), 9);
    CHECK_EQ_U64(atomic_load(&wire_health(rig.wire, 0)->errors), 8);
    rig_close(&rig, &server);
}

static void serve_429(struct peer *peer)
{
    if (peer->nth > 0) {
        peer_upgrade(peer);
        serve_again(peer);
    }
    peer_read_request(peer);
    peer_text(peer, "HTTP/1.1 429 Slow down\r\nRetry-After: 50\r\nContent-Length: 0\r\n\r\n");
}

TEST(retry_after_is_waited_for)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_429, "ws");
    rig.clock.speed = 100, rig.params.connect_timeout_ms = 1000000;
    rig_run(&rig);
    rig_await_error(&rig, 0, TD_E_NET_REFUSED);
    int64_t next_ns;
    while ((next_ns = atomic_load(&wire_health(rig.wire, 0)->next_try_mono_ns)) == 0)
        sched_yield();
    CHECK(next_ns - rig.clock.start_ns >= 50 * TD_NS_PER_S);
    CHECK(rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL).mono_ns >= next_ns);
    rig_close(&rig, &server);
}

static void serve_silent_upgrade(struct peer *peer)
{
    peer_read_request(peer);
    if (peer->nth > 0) {
        peer_text(peer, "HTTP/1.1 403 No\r\n\r\n");
        return;
    }
    peer_drain(peer);
}

TEST(upgrade_without_an_answer_times_out)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_silent_upgrade, "ws");
    rig.params.connect_timeout_ms = 8000;
    rig_run(&rig);
    rig_await_error(&rig, 0, TD_E_NET_TIMEOUT);
    rig_await_error(&rig, 0, TD_E_NET_REFUSED);
    rig_close(&rig, &server);
}

TEST(nobody_listens)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_again, "ws");
    server_stop(&server);
    rig_run(&rig);
    rig_await_error(&rig, 0, TD_E_NET_REFUSED);
    rig_close(&rig, NULL);
}

/* ---- orders ---- */

static void serve_echo(struct peer *peer)
{
    char text[4096];
    size_t bytes;
    int opcode;
    peer_upgrade(peer);
    peer_message(peer, "up");
    while ((opcode = peer_recv_frame(peer, text, sizeof text, &bytes)) == 1)
        peer_message(peer, text);
    if (opcode == 8) { /* what was on its way when the client said goodbye must not be lost */
        peer_message(peer, "last words");
        peer_frame(peer, 0x88, text, 2);
    }
    peer_drain(peer);
}

TEST(send_reconnect_stop)
{
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_echo, "wss");
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "up");
    rig_ask(&rig, WIRE_REQUEST_SEND, 0, "{\"resubscribe\":1}");
    rig_expect(&rig, TD_FRAME_SENT, "{\"resubscribe\":1}");
    rig_expect(&rig, TD_FRAME_WS_TEXT, "{\"resubscribe\":1}");
    rig_ask(&rig, WIRE_REQUEST_RECONNECT, 0, "");
    rig_expect(&rig, TD_FRAME_WS_TEXT, "last words");
    struct td_frame frame = rig_expect(&rig, TD_FRAME_CONN_CLOSE, "reconnect asked for");
    CHECK_EQ_I64(frame.status, 1000);
    CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL).conn, 2);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "up");
    rig_stop(&rig);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "last words");
    frame = rig_expect(&rig, TD_FRAME_CONN_CLOSE, "recorder stops");
    CHECK_EQ_I64(frame.status, TD_CLOSE_BY_STOP);
    wire_stop(rig.wire); /* again does no harm */
    rig_free(&rig, &server);
}

/* ---- large messages ---- */

static void serve_large(struct peer *peer)
{
    static char large[TD_FRAME_BYTES_MAX];
    peer_upgrade(peer);
    memset(large, 'L', sizeof large);
    for (size_t bytes = TD_CONN_BUFFER_BYTES - 1; bytes <= TD_CONN_BUFFER_BYTES + 1; bytes++)
        peer_frame(peer, 0x81, large, bytes);
    peer_frame(peer, 0x81, large, sizeof large);
    peer_frame(peer, 0x01, large, 5000000); /* grows over fragments */
    peer_frame(peer, 0x89, "", 0);
    peer_frame(peer, 0x80, large, 5000000);
    peer_message(peer, "small");
    peer_drain(peer);
}

TEST(sixteen_megabytes_arrive_whole)
{
    static const size_t bytes[] = {TD_CONN_BUFFER_BYTES - 1,
                                   TD_CONN_BUFFER_BYTES,
                                   TD_CONN_BUFFER_BYTES + 1,
                                   TD_FRAME_BYTES_MAX,
                                   10000000,
                                   5};
    struct rig rig;
    struct server server;
    open_with(&rig, &server, serve_large, "wss");
    rig.clock.speed = 1;
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        struct td_frame frame = rig_expect(&rig, TD_FRAME_WS_TEXT, NULL);
        CHECK_EQ_U64(frame.bytes, bytes[i]);
        if (bytes[i] > 5)
            CHECK_EQ_U64(strspn(rig.payload, "L"), bytes[i]);
    }
    rig_close(&rig, &server);
}

TEST(url_must_be_a_websocket)
{
    static struct conn conn;
    static struct conn_env env;
    struct wire_health health = {0};
    static const struct {
        const char *url;
        td_err err;
    } table[] = {{"https://localhost/", TD_E_SYNTAX},
                 {"ws://venue.example/", TD_E_UNSUPPORTED},
                 {"wss://venue.example:0/", TD_E_RANGE},
                 {"venue.example", TD_E_SYNTAX}};
    env.stream.os = td_os_linux();
    conn_init(&conn, &env, 0);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct wire_endpoint endpoint = {.name = "x", .url = table[i].url};
        CHECK_EQ_I64(conn_assign(&conn, &endpoint, &health, NULL), table[i].err);
    }
}
