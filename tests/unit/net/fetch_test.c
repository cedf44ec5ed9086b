#include "net/fetch.h"

#include "net/lying.h"
#include "net/rig.h"
#include "test.h"

static void answer(struct peer *peer, const char *head, const char *body)
{
    char text[1024];
    snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", head, strlen(body),
             body);
    peer_text(peer, text);
}

static void send_bytes(struct peer *peer, size_t bytes)
{
    static char data[1 << 16];
    memset(data, 'B', sizeof data);
    for (; bytes > 0; bytes -= bytes < sizeof data ? bytes : sizeof data)
        peer_write(peer, data, bytes < sizeof data ? bytes : sizeof data);
}

static void send_large(struct peer *peer, size_t bytes)
{
    char head[100];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", bytes);
    peer_text(peer, head);
    send_bytes(peer, bytes);
}

/* What is asked for says what comes back. */
static void serve(struct peer *peer)
{
    peer_read_request(peer);
    char path[64] = "";
    sscanf(peer->request, "GET /%63s", path);
    if (strcmp(path, "json?limit=5") == 0)
        answer(peer, "200 OK\r\nContent-Type: application/json", "{\"bids\":[]}");
    else if (strcmp(path, "missing") == 0)
        answer(peer, "404 Not Found", "{\"message\":\"NotFound\"}");
    else if (strcmp(path, "html") == 0)
        answer(peer, "502 Bad Gateway\r\nContent-Type: text/html", "<html>down</html>");
    else if (strcmp(path, "moved") == 0)
        answer(peer, "301 Moved\r\nLocation: /json?limit=5", "");
    else if (strcmp(path, "chunked") == 0)
        peer_text(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                        "chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
    else if (strcmp(path, "close") == 0)
        peer_text(peer, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
    else if (strcmp(path, "dropped") == 0)
        peer_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    else if (strcmp(path, "garbage") == 0)
        peer_text(peer, "nothing of the kind\r\n\r\n");
    else if (strcmp(path, "large") == 0)
        send_large(peer, 4000000);
    else if (strcmp(path, "oversize") == 0)
        send_large(peer, TD_FRAME_BYTES_MAX);
    else if (strcmp(path, "limited") == 0)
        answer(peer, "429 Too Many\r\nRetry-After: 30", "");
    else
        peer_drain(peer); /* no answer ever */
    if (peer->secure)
        mbedtls_ssl_close_notify(&peer->ssl);
}

static void open_rig(struct rig *rig, struct server *server, int64_t speed, bool secure)
{
    rig_open(rig, speed);
    *server = server_start(secure ? &certs()->good : NULL, serve);
    rig_run(rig);
}

static void ask(struct rig *rig, struct server *server, bool secure, uint16_t source,
                const char *path, char *url, size_t cap)
{
    snprintf(url, cap, "%s://localhost:%d/%s", secure ? "https" : "http", server->port, path);
    rig_ask(rig, WIRE_REQUEST_FETCH, source, url);
}

static void expect_answer(struct rig *rig, struct server *server, bool secure, const char *path,
                          int status, const char *body)
{
    char url[128], payload[512];
    ask(rig, server, secure, 3, path, url, sizeof url);
    snprintf(payload, sizeof payload, "%s\t%s", url, body);
    struct td_frame frame = rig_expect(rig, TD_FRAME_HTTP, payload);
    CHECK_EQ_I64(frame.status, status);
    CHECK_EQ_I64(frame.source, 3);
    CHECK_EQ_I64(frame.origin, TD_ORIGIN_REST);
    CHECK_EQ_I64(frame.conn, 0);
    CHECK(frame.recv_ns > 0 && frame.mono_ns > 0);
}

static void expect_all_answers(bool secure)
{
    struct rig rig;
    struct server server;
    open_rig(&rig, &server, 1, secure);
    expect_answer(&rig, &server, secure, "json?limit=5", 200, "{\"bids\":[]}");
    expect_answer(&rig, &server, secure, "missing", 404, "{\"message\":\"NotFound\"}");
    expect_answer(&rig, &server, secure, "html", 502, "<html>down</html>");
    expect_answer(&rig, &server, secure, "moved", 301, "");
    expect_answer(&rig, &server, secure, "chunked", 200, "abcdef");
    expect_answer(&rig, &server, secure, "close", 200, "until the end");
    expect_answer(&rig, &server, secure, "dropped", 0, "");
    expect_answer(&rig, &server, secure, "garbage", 0, "");
    rig_close(&rig, &server);
}

TEST(answers_over_tls)
{
    expect_all_answers(true);
}

TEST(answers_without_tls)
{
    expect_all_answers(false);
}

TEST(failed_handshake_is_tried_once_more)
{
    struct rig rig;
    struct server server;
    server_quirks.spoil_first = true;
    open_rig(&rig, &server, 1, true);
    server_quirks.spoil_first = false;
    expect_answer(&rig, &server, true, "json?limit=5", 200, "{\"bids\":[]}");
    rig_close(&rig, &server);
}

TEST(large_body_by_the_jumbo_slot)
{
    struct rig rig;
    struct server server;
    char url[128];
    open_rig(&rig, &server, 1, true);
    for (int round = 0; round < 2; round++) { /* the slot comes back */
        ask(&rig, &server, true, 0, "large", url, sizeof url);
        struct td_frame frame = rig_expect(&rig, TD_FRAME_HTTP, NULL);
        CHECK_EQ_I64(frame.status, 200);
        CHECK_EQ_U64(frame.bytes, strlen(url) + 1 + 4000000);
        CHECK_EQ_U64(strspn(rig.payload + strlen(url) + 1, "B"), 4000000);
        ask(&rig, &server, true, 0, "oversize", url, sizeof url); /* with the URL above the limit */
        CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_HTTP, NULL).status, 0);
    }
    rig_close(&rig, &server);
}

TEST(no_answer_times_out)
{
    struct rig rig;
    struct server server;
    char url[128];
    open_rig(&rig, &server, 20, false);
    ask(&rig, &server, false, 0, "silence", url, sizeof url);
    struct td_frame frame = rig_expect(&rig, TD_FRAME_HTTP, NULL);
    CHECK_EQ_I64(frame.status, 0);
    CHECK_EQ_U64(frame.bytes, strlen(url) + 1);
    CHECK(frame.mono_ns - rig.clock.start_ns >= 30 * TD_NS_PER_S);
    rig_close(&rig, &server);
}

TEST(nonsense_is_answered_too)
{
    static const char *const bad[] = {"", "not a url", "wss://localhost/", "http://venue.example/",
                                      "https://a b/"};
    struct rig rig;
    struct server server;
    open_rig(&rig, &server, 1, false);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rig_ask(&rig, WIRE_REQUEST_FETCH, 0, bad[i]);
        struct td_frame frame = rig_expect(&rig, TD_FRAME_HTTP, NULL);
        CHECK_EQ_I64(frame.status, 0);
        CHECK_EQ_U64(frame.bytes, strlen(bad[i]) + 1);
    }
    rig_close(&rig, &server);
}

TEST(one_source_in_order_many_at_once)
{
    struct rig rig;
    struct server server;
    char url[128], payload[128];
    open_rig(&rig, &server, 1, false);
    enum { SOURCES = 6, EACH = 20 };
    for (int n = 0; n < EACH; n++)
        for (uint16_t source = 0; source < SOURCES; source++) {
            snprintf(url, sizeof url, "http://localhost:%d/chunked#%d", server.port, n);
            rig_ask(&rig, WIRE_REQUEST_FETCH, source, url);
        }
    int next[SOURCES] = {0};
    for (int i = 0; i < SOURCES * EACH; i++) {
        struct td_frame frame = rig_expect(&rig, TD_FRAME_HTTP, NULL);
        CHECK(frame.source < SOURCES);
        CHECK_EQ_I64(frame.status, 200);
        snprintf(payload, sizeof payload, "http://localhost:%d/chunked#%d\tabcdef", server.port,
                 next[frame.source]++);
        CHECK_EQ_STR(rig.payload, payload);
    }
    rig_close(&rig, &server);
}

TEST(retry_after_holds_the_source_only)
{
    struct rig rig;
    struct server server;
    char url[128];
    open_rig(&rig, &server, 50, false);
    ask(&rig, &server, false, 1, "limited", url, sizeof url);
    struct td_frame limited = rig_expect(&rig, TD_FRAME_HTTP, NULL);
    CHECK_EQ_I64(limited.status, 429);
    ask(&rig, &server, false, 1, "chunked", url, sizeof url);
    ask(&rig, &server, false, 2, "chunked", url, sizeof url);
    CHECK_EQ_I64(rig_expect(&rig, TD_FRAME_HTTP, NULL).source, 2);
    struct td_frame held = rig_expect(&rig, TD_FRAME_HTTP, NULL);
    CHECK_EQ_I64(held.source, 1);
    CHECK_EQ_I64(held.status, 200);
    CHECK(held.mono_ns - limited.mono_ns >= 30 * TD_NS_PER_S);
    rig_close(&rig, &server);
}

/* Without a word of how long, a ban or a limit is left alone for a minute. */
TEST(ban_holds_the_next_get_of_its_source)
{
    static const struct {
        const char *answer;
        int64_t least_s;
    } table[] = {
        {"HTTP/1.1 418 Banned\r\nContent-Length: 0\r\n\r\n", 60},
        {"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", 60},
        {"HTTP/1.1 418 Banned\r\nRetry-After: 200\r\nContent-Length: 0\r\n\r\n", 200},
        {"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n", 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct lying *world = lying_open(1);
        world->plan[1] = (struct lying_plan){AT_UPGRADE, IS_ANSWER, table[i].answer};
        world->plan[2] = (struct lying_plan){AT_UPGRADE, IS_ANSWER,
                                             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"};
        lying_begin(world);
        lying_run_for(world, 2 * TD_NS_PER_S);
        lying_request(world, WIRE_REQUEST_FETCH, 0, 0, "http://localhost:1000/base");
        lying_request(world, WIRE_REQUEST_FETCH, 0, 0, "http://localhost:1000/other");
        lying_run_for(world, 300 * TD_NS_PER_S);
        const struct lying_seen *refused = lying_must(world, TD_FRAME_HTTP, 0),
                                *answer = lying_must(world, TD_FRAME_HTTP, 1);
        CHECK_EQ_STR(refused->text, "http://localhost:1000/base\t");
        CHECK_EQ_STR(answer->text, "http://localhost:1000/other\t[]");
        int64_t waited_ns = answer->mono_ns - refused->mono_ns;
        CHECK(waited_ns >= table[i].least_s * TD_NS_PER_S &&
              waited_ns <= (table[i].least_s + 1) * TD_NS_PER_S);
        lying_end(world);
    }
}

static void ask_for(struct lying *world, uint16_t source, int n)
{
    char url[64];
    snprintf(url, sizeof url, "http://localhost:1000/base%d", n);
    lying_request(world, WIRE_REQUEST_FETCH, source, 0, url);
}

/* What one venue's ban holds back must neither keep others from their answers nor connections from being made anew. */
TEST(a_banned_source_is_not_in_the_way_of_others)
{
    enum { ASKS = 120, WAIT = FETCH_QUEUE / 2 };
    struct lying *world = lying_open(1);
    world->plan[1] =
        (struct lying_plan){AT_UPGRADE, IS_ANSWER,
                            "HTTP/1.1 429 Slow\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"};
    for (int n = 2; n < 8; n++)
        world->plan[n] = (struct lying_plan){AT_UPGRADE, IS_ANSWER,
                                             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"};
    lying_begin(world);
    lying_run_for(world, 2 * TD_NS_PER_S);
    ask_for(world, 0, ASKS);
    lying_run_for(world, TD_NS_PER_S);
    for (int twice = 0; twice < 2; twice++) {
        for (int n = 0; n < ASKS; n++)
            ask_for(world, 0, n);
        ask_for(world, 1, 0);
        lying_run_for(world, 2 * TD_NS_PER_S);
        unsigned first =
            1 + (unsigned)twice * (ASKS - WAIT + 1); /* those that wait are asked once */
        for (unsigned n = first; n < first + ASKS - WAIT; n++) {
            CHECK_EQ_I64(lying_must(world, TD_FRAME_HTTP, n)->status, 0);
            CHECK_EQ_I64(lying_must(world, TD_FRAME_HTTP, n)->source, 0);
        }
        CHECK_EQ_STR(lying_must(world, TD_FRAME_HTTP, 1)->text, "http://localhost:1000/base80\t");
        CHECK_EQ_I64(lying_must(world, TD_FRAME_HTTP, first + ASKS - WAIT)->source, 1);
        CHECK_EQ_I64(lying_must(world, TD_FRAME_HTTP, first + ASKS - WAIT)->status, 200);
    }
    lying_request(world, WIRE_REQUEST_RECONNECT, 0, 0, "");
    lying_run_for(world, 2 * TD_NS_PER_S);
    CHECK_EQ_U64(lying_count(world, TD_FRAME_CONN_CLOSE), 1);
    CHECK_EQ_U64(lying_count(world, TD_FRAME_HTTP), 1 + 2 * (ASKS - WAIT + 1));
    lying_end(world);
}

TEST(bans_one_after_another_hold_longer)
{
    static const int64_t least_s[] = {60, 120, 240, 480, 480, 0, 60};
    enum { ASKS = 8 };
    struct lying *world = lying_open(1);
    for (int n = 0; n < ASKS; n++)
        world->plan[1 + n] =
            (struct lying_plan){AT_UPGRADE, IS_ANSWER,
                                n == 5 ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
                                       : "HTTP/1.1 418 Banned\r\nContent-Length: 4\r\n\r\nword"};
    lying_begin(world);
    lying_run_for(world, 2 * TD_NS_PER_S);
    for (int n = 0; n < ASKS; n++)
        ask_for(world, 0, n);
    lying_run_for(world, 1500 * TD_NS_PER_S);
    for (unsigned n = 0; n + 1 < ASKS; n++) {
        int64_t waited_ns = lying_must(world, TD_FRAME_HTTP, n + 1)->mono_ns -
                            lying_must(world, TD_FRAME_HTTP, n)->mono_ns;
        CHECK(waited_ns >= least_s[n] * TD_NS_PER_S && waited_ns <= (least_s[n] + 1) * TD_NS_PER_S);
    }
    CHECK_EQ_STR(lying_must(world, TD_FRAME_HTTP, 0)->text, "http://localhost:1000/base0\tword");
    CHECK_EQ_I64(lying_must(world, TD_FRAME_HTTP, 0)->status, 418);
    lying_end(world);
}
