#include "net/wire.h"

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
