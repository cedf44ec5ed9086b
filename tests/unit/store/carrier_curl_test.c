#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>

#include "store/carrier_rig.h"

static struct asked first, second, many[RIG_EXCHANGES];

/* Names that a name server never answers for, or knows not. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (node != NULL && strcmp(node, "unknown.test") == 0)
        return EAI_NONAME;
    while (node != NULL && strcmp(node, "stuck.test") == 0)
        pause();
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, out);
}

/* ---- what is asked and answered ---- */

TEST(an_answer_comes_with_its_status_headers_and_body)
{
    rig_serve(NULL, peer_store);
    rig_carrier(20, 0);
    struct exchange *got = rig_get(&first, "/bucket/a%20key?list-type=2&prefix=");
    CHECK_EQ_I64(got->err, 0);
    CHECK_EQ_I64(got->status, 200);
    CHECK_EQ_STR(exchange_header(got, "etag"), "\"abc\"");
    CHECK_EQ_STR(exchange_header(got, "x-amz-meta-tape-bytes"), "5");
    CHECK(exchange_header(got, "ETag") == NULL);
    CHECK_EQ_I64(got->content_length, 5);
    CHECK_EQ_I64(got->got_bytes, 5);
    CHECK_EQ_MEM(first.taken, "hello", 5);
    CHECK(strncmp(rig.seen->head, "GET /bucket/a%20key?list-type=2&prefix= HTTP/1.1\r\n", 50) == 0);
    CHECK(rig.carrier.wait(rig.carrier.ctx, -1) == NULL);
    rig_close();
}

TEST(headers_go_out_as_given_and_nothing_is_added)
{
    rig_serve(NULL, peer_store);
    rig_carrier(20, 0);
    rig_make(&first, "POST", rig_url("http://127.0.0.1", "/b/../k?uploads"));
    snprintf(first.exchange.headers, sizeof first.exchange.headers,
             "Host: elsewhere.example\nx-amz-date: 1\nx-empty:\n");
    CHECK_EQ_I64(rig_ask(&first)->err, 0);
    CHECK_EQ_STR(rig.seen->head, "POST /b/../k?uploads HTTP/1.1\r\nHost: elsewhere.example\r\n"
                                 "x-amz-date: 1\r\nx-empty:\r\nContent-Length: 0\r\n\r\n");
    rig_make(&first, "DELETE", rig_url("http://127.0.0.1", "/k"));
    CHECK_EQ_I64(rig_ask(&first)->status, 204);
    CHECK(strstr(rig.seen->head, "Content-Length") == NULL);
    rig_make(&first, "HEAD", rig_url("http://127.0.0.1", "/k"));
    CHECK_EQ_I64(rig_ask(&first)->content_length, 12345);
    CHECK_EQ_I64(first.exchange.err, 0);
    CHECK_EQ_I64(first.exchange.got_bytes, 0);
    rig_close();
}

TEST(connections_are_kept_but_for_a_fresh_one)
{
    rig_serve(NULL, peer_store);
    rig_carrier(20, 0);
    CHECK_EQ_STR(exchange_header(rig_get(&first, "/"), "x-amz-bucket-region"), "0");
    CHECK_EQ_STR(exchange_header(rig_get(&first, "/"), "x-amz-bucket-region"), "0");
    rig_make(&first, "GET", rig_url("http://127.0.0.1", "/"));
    first.exchange.fresh = true;
    CHECK_EQ_STR(exchange_header(rig_ask(&first), "x-amz-bucket-region"), "1");
    rig_close();
}

TEST(bodies_go_out_whole_from_memory_and_from_a_file)
{
    char path[512];
    int64_t bytes = (3 << 20) + 17, at = 4711;
    const struct td_disk *disk = &td_os_linux()->disk;
    rig_serve(NULL, peer_store);
    rig_carrier(20, 0);
    rig_put_memory(&first, "/memory", bytes);
    CHECK_EQ_I64(rig_ask(&first)->err, 0);
    CHECK_EQ_I64(first.exchange.sent_bytes, bytes);
    CHECK_EQ_I64(rig.seen->body_bytes, bytes);
    CHECK_EQ_I64(rig.seen->body_sum, rig_sum(rig_body(), (size_t)bytes, 0));

    snprintf(path, sizeof path, "%s/body", test_tmpdir());
    int file = disk->open(disk->ctx, path, O_CREAT | O_RDWR, 0600);
    CHECK(disk->write_at(disk->ctx, file, rig_body(), (size_t)(bytes + at), 0) >= 0);
    rig.seen->body_bytes = rig.seen->body_sum = 0;
    rig_make(&first, "PUT", rig_url("http://127.0.0.1", "/file"));
    first.exchange.body = (struct store_body){.disk = disk, .file = file, .at = at, .bytes = bytes};
    CHECK_EQ_I64(rig_ask(&first)->err, 0);
    CHECK_EQ_I64(rig.seen->body_bytes, bytes);
    CHECK_EQ_I64(rig.seen->body_sum, rig_sum(rig_body() + at, (size_t)bytes, 0));

    /* A file that is shorter than was said. */
    first.exchange.body.bytes = bytes + 1;
    CHECK_EQ_I64(rig_ask(&first)->err, TD_E_IO);
    CHECK(strstr(first.exchange.words, "to be sent") != NULL);
    disk->close(disk->ctx, file);
    rig_close();
}

static void answer_when_all_are_there(struct peer *peer)
{
    peer_head(peer);
    peer_body(peer);
    rig.seen->arrived++;
    while (rig.seen->arrived < RIG_EXCHANGES)
        sched_yield();
    peer_answer(peer, "200 OK", "", "hello");
}

TEST(eight_are_under_way_at_once)
{
    bool back[RIG_EXCHANGES] = {false};
    rig_serve(NULL, answer_when_all_are_there);
    rig_carrier(20, 0);
    for (unsigned i = 0; i < RIG_EXCHANGES; i++) {
        rig_put_memory(&many[i], "/", 100000 * i);
        rig_begin(&many[i]);
    }
    for (unsigned i = 0; i < RIG_EXCHANGES; i++) {
        struct asked *one = rig_wait();
        CHECK(one != NULL && one->exchange.err == 0 && one->exchange.status == 200);
        back[one - many] = true;
    }
    for (unsigned i = 0; i < RIG_EXCHANGES; i++)
        CHECK(back[i]);
    CHECK_EQ_I64(rig.seen->body_bytes, 100000 * 28);
    rig_close();
}

/* ---- answers before their time ---- */

static void refuse_at_once(struct peer *peer)
{
    peer_head(peer);
    peer_answer(peer, "412 Precondition Failed", "", "<Code>PreconditionFailed</Code>");
    peer_drain(peer);
}

TEST(a_large_body_stays_here_when_the_store_refuses_it)
{
    rig_serve(NULL, refuse_at_once);
    rig_carrier(20, 0);
    rig_put_memory(&first, "/", 4 << 20);
    CHECK_EQ_I64(rig_ask(&first)->status, 412);
    CHECK_EQ_I64(first.exchange.err, 0);
    CHECK_EQ_I64(first.exchange.sent_bytes, 0);
    CHECK(strstr(rig.seen->head, "\r\nExpect: 100-continue\r\n") != NULL);
    rig_close();
}

/* Reads little, answers, and goes away: what else arrives resets the connection. */
static void refuse_and_close(struct peer *peer)
{
    char piece[1024];
    peer_head(peer);
    if (strstr(peer->request, "Expect") != NULL && strstr(peer->request, "/later") != NULL)
        peer_text(peer, "HTTP/1.1 100 Continue\r\n\r\n");
    if (strstr(peer->request, "Expect") == NULL || strstr(peer->request, "/later") != NULL)
        peer_must(peer_read(peer, piece, sizeof piece));
    peer_answer(peer, "403 Forbidden", "Connection: close\r\n", "<Code>AccessDenied</Code>");
}

static void must_be_refused(const char *scheme, const char *path, int64_t bytes)
{
    for (unsigned i = 0; i < 30; i++) {
        rig_put_memory(&first, "", bytes);
        snprintf(first.exchange.url, sizeof first.exchange.url, "%s", rig_url(scheme, path));
        CHECK_EQ_I64(rig_ask(&first)->status, 403);
        CHECK_EQ_I64(first.exchange.err, 0);
        CHECK_EQ_MEM(first.taken, "<Code>AccessDenied</Code>", 25);
    }
}

TEST(an_answer_is_had_though_the_connection_closes_under_the_body)
{
    rig_serve(NULL, refuse_and_close);
    rig_carrier(20, 0);
    must_be_refused("http://127.0.0.1", "/", 900 << 10);
    must_be_refused("http://127.0.0.1", "/", 4 << 20);
    rig_close();
    rig_serve(&certs()->good, refuse_and_close);
    rig_carrier(20, 0);
    must_be_refused("https://localhost", "/", 900 << 10);
    rig_close();
}

static void never_say_continue(struct peer *peer)
{
    for (;;) {
        peer_head(peer);
        char *expect = strstr(peer->request, "Expect");
        if (expect != NULL)
            *expect = 'x';
        peer_body(peer);
        peer_answer(peer, "200 OK", expect != NULL ? "retry-after: yes\r\n" : "", "");
    }
}

TEST(a_store_that_ignores_expect_is_asked_once)
{
    rig_serve(NULL, never_say_continue);
    rig_carrier(20, 0);
    rig_put_memory(&first, "/", 2 << 20);
    CHECK_EQ_STR(exchange_header(rig_ask(&first), "retry-after"), "yes");
    CHECK(exchange_header(rig_ask(&first), "retry-after") == NULL);
    CHECK_EQ_I64(rig.seen->body_bytes, 4 << 20);
    rig_close();
}

static void refuse_expect(struct peer *peer)
{
    for (;;) {
        peer_head(peer);
        if (strstr(peer->request, "Expect") != NULL) {
            peer_answer(peer, "417 Expectation Failed", "", "no");
            continue;
        }
        peer_body(peer);
        peer_answer(peer, "200 OK", "", "");
    }
}

TEST(a_store_that_refuses_expect_gets_the_body_all_the_same)
{
    rig_serve(NULL, refuse_expect);
    rig_carrier(20, 0);
    rig_put_memory(&first, "/", 2 << 20);
    CHECK_EQ_I64(rig_ask(&first)->status, 200);
    CHECK_EQ_I64(first.exchange.err, 0);
    CHECK_EQ_I64(rig.seen->body_bytes, 2 << 20);
    CHECK_EQ_I64(first.exchange.got_bytes, 0);
    rig_close();
}

/* ---- dead connections ---- */

static void answer_one_then_hang_up_on_the_next(struct peer *peer)
{
    peer_head(peer);
    peer_body(peer);
    peer_answer(peer, "200 OK", "", "hello");
    if (peer->nth > 0)
        peer_drain(peer);
    peer_head(peer);
    peer_body(peer);
}

TEST(what_may_have_been_done_is_not_sent_again)
{
    static const char *const methods[] = {"PUT", "POST", "DELETE"};
    for (unsigned i = 0; i < 3; i++) {
        rig_serve(NULL, answer_one_then_hang_up_on_the_next);
        rig_carrier(20, 0);
        CHECK_EQ_I64(rig_get(&first, "/")->err, 0);
        rig_make(&second, methods[i], rig_url("http://127.0.0.1", "/"));
        second.exchange.body = (struct store_body){.data = "abc", .bytes = i == 0 ? 3 : 0};
        CHECK_EQ_I64(rig_ask(&second)->err, TD_E_NET_CLOSED);
        CHECK(strstr(second.exchange.words, "127.0.0.1") != NULL);
        CHECK_EQ_I64(rig.seen->requests, 2);
        rig_close();
    }
}

TEST(what_only_asks_is_asked_again_on_another_connection)
{
    rig_serve(NULL, answer_one_then_hang_up_on_the_next);
    rig_carrier(20, 0);
    CHECK_EQ_I64(rig_get(&first, "/")->err, 0);
    CHECK_EQ_I64(rig_get(&second, "/")->err, 0);
    CHECK_EQ_STR(exchange_header(&second.exchange, "x-amz-bucket-region"), "1");
    rig_close();
}

/* ---- TLS ---- */

TEST(tls_carries_large_bodies_on_kept_connections)
{
    rig_serve(&certs()->good, peer_store);
    rig_carrier(20, 0);
    for (unsigned i = 0; i < 3; i++) {
        rig_make(&first, "PUT", rig_url("https://localhost", "/"));
        first.exchange.body = (struct store_body){.data = rig_body(), .bytes = 5 << 20};
        CHECK_EQ_I64(rig_ask(&first)->err, 0);
        CHECK_EQ_STR(exchange_header(&first.exchange, "x-amz-bucket-region"), "0");
    }
    CHECK_EQ_I64(rig.seen->body_sum, 3 * rig_sum(rig_body(), 5 << 20, 0));
    rig_close();
}

static void must_be_distrusted(const struct cert *cert, const char *words)
{
    rig_serve(cert, peer_store);
    rig_carrier(20, 0);
    rig_make(&first, "GET", rig_url("https://localhost", "/"));
    CHECK_EQ_I64(rig_ask(&first)->err, TD_E_NET_CERT);
    CHECK(strstr(first.exchange.words, words) != NULL);
    CHECK_EQ_I64(first.exchange.status, 0);
    rig_close();
}

TEST(certificates_that_are_not_accepted_say_why)
{
    must_be_distrusted(&certs()->wrong_host, "it is for another host");
    must_be_distrusted(&certs()->expired, "it has expired");
    must_be_distrusted(&certs()->future, "it is not yet valid");
    must_be_distrusted(&certs()->unknown_root, "no known root signed it");
    must_be_distrusted(&certs()->self_signed, "no known root signed it");
}

TEST(a_server_that_stumbles_over_the_newest_tls_gets_the_older)
{
    rig_serve(&certs()->good, peer_store);
    rig_close();
    server_quirks.spoil_first = true;
    rig_serve(&certs()->good, peer_store);
    server_quirks.spoil_first = false;
    rig_carrier(20, 0);
    rig_make(&first, "GET", rig_url("https://localhost", "/"));
    CHECK_EQ_I64(rig_ask(&first)->err, 0);
    CHECK_EQ_STR(exchange_header(&first.exchange, "x-amz-bucket-region"), "1");
    rig_close();
    server_quirks.only_tls12 = true;
    rig_serve(&certs()->good, peer_store);
    server_quirks.only_tls12 = false;
    rig_carrier(20, 0);
    rig_make(&first, "GET", rig_url("https://localhost", "/"));
    CHECK_EQ_I64(rig_ask(&first)->err, 0);
    rig_close();
}

static void talk_no_tls(struct peer *peer)
{
    peer_text(peer, "nonsense, not TLS\r\n");
    peer_drain(peer);
}

TEST(nonsense_in_place_of_tls_is_an_error)
{
    rig_serve(NULL, talk_no_tls);
    rig_carrier(20, 0);
    rig_make(&first, "GET", rig_url("https://localhost", "/"));
    CHECK_EQ_I64(rig_ask(&first)->err, TD_E_NET_TLS);
    CHECK(strstr(first.exchange.words, "no TLS with localhost") != NULL);
    rig_close();
}

TEST(a_carrier_needs_roots)
{
    struct carrier_params params = {
        .ca_file = "/nowhere/roots.pem", .exchanges_max = 1, .connect_s = 1, .read_s = 1};
    char *said = NULL;
    size_t bytes = 0;
    struct carrier carrier;
    FILE *errors = open_memstream(&said, &bytes);
    CHECK_EQ_I64(carrier_open(&params, errors, &carrier), TD_E_CONFIG);
    params.ca_file = "/dev/null";
    CHECK_EQ_I64(carrier_open(&params, errors, &carrier), TD_E_CONFIG);
    fclose(errors);
    CHECK(strstr(said, "/nowhere/roots.pem") != NULL && strstr(said, "SSL_CERT_FILE") != NULL);
    free(said);
}

/* ---- names and connections ---- */

TEST(a_name_that_is_not_known_and_a_port_where_nobody_is)
{
    rig_serve(NULL, peer_store);
    rig_carrier(20, 0);
    rig_make(&first, "GET", "http://unknown.test/");
    CHECK_EQ_I64(rig_ask(&first)->err, TD_E_NET_RESOLVE);
    CHECK(strstr(first.exchange.words, "unknown.test") != NULL);
    server_stop(&rig.server);
    rig_make(&first, "GET", rig_url("http://127.0.0.1", "/"));
    CHECK_EQ_I64(rig_ask(&first)->err, TD_E_NET_CLOSED);
    CHECK(strstr(first.exchange.words, "onnection refused") != NULL);
    rig.carrier.close(rig.carrier.ctx);
    rig.open = false;
}

TEST(a_name_server_that_does_not_answer_holds_up_nobody)
{
    rig_serve(NULL, peer_store);
    rig_carrier(20, 0);
    rig_make(&first, "GET", "http://stuck.test/");
    rig_begin(&first);
    for (unsigned i = 0; i < 3; i++) {
        rig_make(&second, "GET", rig_url("http://127.0.0.1", "/"));
        rig_begin(&second);
        CHECK(rig_wait() == &second);
        CHECK_EQ_I64(second.exchange.err, 0);
    }
    CHECK(rig_wait() == &first);
    CHECK_EQ_I64(first.exchange.err, TD_E_NET_TIMEOUT);
    rig_close();
}

/* ---- giving up, limits ---- */

static void say_nothing(struct peer *peer)
{
    peer_head(peer);
    peer_drain(peer);
}

TEST(all_come_back_when_cancelled)
{
    rig_serve(NULL, say_nothing);
    rig_carrier(20, 0);
    for (unsigned i = 0; i < RIG_EXCHANGES; i++) {
        rig_put_memory(&many[i], "/", 3 << 20);
        rig_begin(&many[i]);
    }
    CHECK(rig.carrier.wait(rig.carrier.ctx, 0) == NULL);
    rig.carrier.cancel(rig.carrier.ctx);
    for (unsigned i = 0; i < RIG_EXCHANGES; i++)
        CHECK_EQ_I64(rig_wait()->exchange.err, TD_E_NET_CLOSED);
    CHECK(rig_wait() == NULL);
    rig_close();
}

TEST(whoever_takes_the_answer_may_stop_it)
{
    rig_serve(NULL, peer_store);
    rig_carrier(20, 0);
    first.refuse = TD_E_BUSY;
    CHECK_EQ_I64(rig_get(&first, "/")->err, TD_E_BUSY);
    first.refuse = 0;
    CHECK_EQ_I64(rig_get(&first, "/")->err, 0);
    rig_close();
}

static void give_much(struct peer *peer)
{
    static char much[100 << 10];
    for (;;) {
        peer_head(peer);
        peer_body(peer);
        peer_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 102400\r\n\r\n");
        peer_write(peer, much, sizeof much);
    }
}

static int64_t mono_ms(void)
{
    return td_os_linux()->clock.mono_ns(td_os_linux()->clock.ctx) / 1000000;
}

/* 1,600 KB at 1,000 KB/s cannot be had in less than 1.25 s: a quarter of a second's may lie ready. */
TEST(bandwidth_is_one_for_all_and_both_ways)
{
    rig_serve(NULL, give_much);
    rig_carrier(20, 1000000);
    int64_t begin = mono_ms();
    for (unsigned i = 0; i < RIG_EXCHANGES; i++) {
        rig_put_memory(&many[i], "/", 100 << 10);
        rig_begin(&many[i]);
    }
    for (unsigned i = 0; i < RIG_EXCHANGES; i++) {
        struct asked *one = rig_wait();
        CHECK_EQ_I64(one->exchange.err, 0);
        CHECK_EQ_I64(one->exchange.got_bytes, 100 << 10);
    }
    CHECK(mono_ms() - begin >= 1250);
    CHECK_EQ_I64(rig.seen->body_sum, 8 * rig_sum(rig_body(), 100 << 10, 0));
    rig_close();
}
