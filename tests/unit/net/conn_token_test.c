#include "net/conn_token.h"

#include "net/lying.h"
#include "net/rig.h"
#include "test.h"

#define S TD_NS_PER_S
#define SECRET "c2VjcmV0"

/* "dial URL", the answer of the venues of these tests. */
static size_t dial_url(struct td_text answer, char *out, size_t cap)
{
    if (answer.bytes < 5 || memcmp(answer.at, "dial ", 5) != 0 || answer.bytes - 5 > cap)
        return 0;
    memcpy(out, answer.at + 5, answer.bytes - 5);
    return answer.bytes - 5;
}

/* In one of two places, in turn. */
static const char *answer_of(const char *status, const char *body)
{
    static char texts[2][20 << 10];
    static unsigned turn;
    char *text = texts[turn++ % 2];
    snprintf(text, sizeof texts[0], "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status,
             strlen(body), body);
    return text;
}

static const char *good_answer(void)
{
    return answer_of("200 OK", "dial ws://localhost:1001/feed?token=" SECRET);
}

static struct lying *token_world(void)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].token_url = "http://localhost:1000/bullet";
    world->endpoint[0].dial_url = dial_url;
    world->token_answer = good_answer();
    return world;
}

static void no_secret_in_frames(const struct lying *world)
{
    for (unsigned i = 0; i < world->seen_count; i++)
        CHECK(strstr(world->seen[i].text, SECRET) == NULL);
}

TEST(each_connect_asks_for_its_own_token)
{
    struct lying *world = token_world();
    lying_begin(world);
    lying_run_for(world, 10 * S);
    CHECK_EQ_I64(world->connects, 2);
    CHECK_EQ_STR(world->first_line, "GET /feed?token=" SECRET " HTTP/1.1");
    CHECK_EQ_STR(lying_must(world, TD_FRAME_CONN_OPEN, 0)->text, "ws://localhost:1001/feed");
    world->peer[0].reset = world->peer[0].news = true;
    world->token_answer = answer_of("200 OK", "dial ws://localhost:1002/other?token=" SECRET "2");
    lying_run_for(world, 10 * S);
    CHECK_EQ_I64(world->connects, 4);
    CHECK_EQ_STR(world->first_line, "GET /other?token=" SECRET "2 HTTP/1.1");
    CHECK_EQ_STR(lying_must(world, TD_FRAME_CONN_OPEN, 1)->text, "ws://localhost:1002/other");
    no_secret_in_frames(world);
    CHECK_EQ_U64(atomic_load(&wire_health(world->wire, 0)->attempts), 2);
    lying_end(world);
}

/* The first answer is this; the second one is good. */
static void one_failure(const char *answer, td_err err)
{
    struct lying *world = token_world();
    world->token_answer = answer;
    lying_begin(world);
    lying_run_for(world, S / 2);
    const struct wire_health *health = wire_health(world->wire, 0);
    if (atomic_load(&health->last_err) != err || atomic_load(&health->state) != WIRE_BACKOFF)
        FAIL("%.60s: %s", answer, td_err_name(atomic_load(&health->last_err)));
    CHECK_EQ_I64(world->connects, 1); /* nothing was dialled */
    world->token_answer = good_answer();
    lying_run_for(world, 5 * S);
    CHECK_EQ_I64(world->connects, 3);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_OPEN), 1);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 0);
    no_secret_in_frames(world);
    lying_end(world);
}

TEST(answers_that_are_no_token_end_in_backoff)
{
    one_failure(answer_of("500 Broken", "dial ws://localhost:1001/"), TD_E_NET_REFUSED);
    one_failure(answer_of("302 Elsewhere", ""), TD_E_NET_REFUSED);
    one_failure(answer_of("200 OK", ""), TD_E_NET_PROTOCOL);
    one_failure(answer_of("200 OK", "{\"code\":\"400100\"}"), TD_E_NET_PROTOCOL);
    one_failure(answer_of("200 OK", "dial nowhere"), TD_E_NET_PROTOCOL);
    one_failure(answer_of("200 OK", "dial http://localhost:1001/"), TD_E_NET_PROTOCOL);
    one_failure(answer_of("200 OK", "dial ws://venue.example/"), TD_E_NET_PROTOCOL);
    one_failure("what is this\r\n\r\n", TD_E_NET_PROTOCOL);
}

TEST(an_answer_that_is_too_long_ends_in_backoff)
{
    static char body[CONN_TOKEN_ANSWER_MAX + 2];
    memset(body, 'x', CONN_TOKEN_ANSWER_MAX);
    one_failure(answer_of("200 OK", body), TD_E_NET_PROTOCOL); /* just no address */
    body[CONN_TOKEN_ANSWER_MAX] = 'x';
    one_failure(answer_of("200 OK", body), TD_E_NET_OVERSIZE);
}

/* Where TLS was asked for, no answer leads away from it. */
TEST(a_plain_address_for_a_secure_one_is_refused)
{
    struct lying *world = token_world();
    world->endpoint[0].url = "wss://localhost:1000/feed";
    lying_begin(world);
    lying_run_for(world, 20 * S);
    CHECK(world->connects >= 3);
    CHECK(strncmp(world->first_line, "POST /bullet ", 13) == 0); /* none of them an upgrade */
    CHECK_EQ_I64(atomic_load(&wire_health(world->wire, 0)->last_err), TD_E_NET_PROTOCOL);
    lying_end(world);
}

static void one_fault(enum lying_stage stage, enum lying_fault fault, unsigned connect)
{
    struct lying *world = token_world();
    world->plan[connect] = (struct lying_plan){stage, fault, NULL};
    lying_begin(world);
    lying_run_for(world, 60 * S);
    const struct wire_health *health = wire_health(world->wire, 0);
    if (atomic_load(&health->state) != WIRE_SUBSCRIBED || world->open != 1 ||
        world->connects != connect + 3)
        FAIL("fault %d at %d of connect %u: %u connects", fault, stage, connect, world->connects);
    no_secret_in_frames(world);
    lying_end(world);
}

TEST(each_fault_of_either_connection_leads_to_a_new_session)
{
    for (unsigned connect = 0; connect < 2; connect++)
        for (int stage = AT_NAME; stage <= AT_UPGRADE; stage++)
            for (int fault = IS_EOF; fault <= IS_SILENT; fault++)
                one_fault((enum lying_stage)stage, (enum lying_fault)fault, connect);
}

static void refused_with(const char *answer, int64_t least_s, int64_t most_s)
{
    struct lying *world = token_world();
    world->plan[0] = (struct lying_plan){AT_UPGRADE, IS_ANSWER, answer};
    lying_begin(world);
    lying_run_for(world, 200 * S);
    CHECK_EQ_I64(world->connects, 3);
    int64_t waited_ns = world->connect_ns[1] - world->connect_ns[0];
    CHECK(waited_ns >= least_s * S && waited_ns <= most_s * S);
    lying_end(world);
}

TEST(bans_and_limits_of_the_token_are_obeyed)
{
    refused_with("HTTP/1.1 429 Slow\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n", 90, 91);
    refused_with("HTTP/1.1 418 Banned\r\nContent-Length: 0\r\n\r\n", 60, 61);
    refused_with("HTTP/1.1 503 Later\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n", 30, 31);
}

TEST(a_stop_in_the_middle_ends_it)
{
    struct lying *world = token_world();
    world->plan[0] = (struct lying_plan){AT_UPGRADE, IS_SILENT, NULL};
    lying_begin(world);
    lying_run_for(world, 3 * S);
    CHECK_EQ_I64(world->open, 1);
    lying_end(world); /* checks that none stays open */
}

TEST(addresses_are_checked_at_the_start)
{
    static const struct {
        const char *url;
        td_err err;
    } table[] = {{"https://venue.example/token", 0},
                 {"http://localhost/token", 0},
                 {"http://venue.example/token", TD_E_UNSUPPORTED},
                 {"wss://venue.example/token", TD_E_SYNTAX},
                 {"token", TD_E_SYNTAX}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct wire_endpoint endpoint = {.token_url = table[i].url, .dial_url = dial_url};
        CHECK_EQ_I64(conn_token_check(&endpoint), table[i].err);
    }
}

/* ---- over TLS ---- */

/* A token, where it leads, and a server that takes nothing else. */
static void serve_both(struct peer *peer)
{
    char body[256], answer[512];
    peer_read_request(peer);
    if (strncmp(peer->request, "POST /bullet ", 13) == 0) {
        int host = (int)strcspn(strstr(peer->request, "Host: ") + 6, "\r");
        int bytes = snprintf(body, sizeof body, "dial wss://%.*s/feed?token=" SECRET, host,
                             strstr(peer->request, "Host: ") + 6);
        snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", bytes,
                 body);
        peer_text(peer, answer);
        peer_drain(peer);
        return;
    }
    peer_must(strncmp(peer->request, "GET /feed?token=" SECRET " ", 25) == 0);
    peer_accept(peer);
    peer_message(peer, "welcome");
    peer_drain(peer);
}

TEST(token_and_feed_over_tls)
{
    static char token_url[128];
    char log_path[512], log[8192] = "", open[64];
    struct rig rig;
    rig_open(&rig, 20);
    snprintf(log_path, sizeof log_path, "%s/log", test_tmpdir());
    FILE *file = fopen(log_path, "w+");
    td_log_setup(fileno(file), TD_LOG_DEBUG, NULL);
    struct server server = server_start(&certs()->good, serve_both);
    struct wire_endpoint *endpoint = rig_endpoint(&rig, "wss", "localhost", server.port);
    snprintf(token_url, sizeof token_url, "https://localhost:%d/bullet", server.port);
    snprintf(open, sizeof open, "wss://localhost:%d/feed", server.port);
    endpoint->token_url = token_url;
    endpoint->dial_url = dial_url;
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, open);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "welcome");
    rig_close(&rig, &server);
    rewind(file);
    CHECK(fread(log, 1, sizeof log - 1, file) > 0);
    CHECK(strstr(log, "event=connected") != NULL && strstr(log, SECRET) == NULL);
    td_log_setup(2, TD_LOG_OFF, NULL);
    fclose(file);
}
