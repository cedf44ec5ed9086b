#include "net/tls.h"

#include "net/rig.h"
#include "test.h"
#include "tls_pair.h"

static void serve_hello(struct peer *peer)
{
    peer_upgrade(peer);
    peer_message(peer, "hello");
    peer_drain(peer);
}

static void expect_refused(const struct cert *cert, const char *host)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct server server = server_start(cert, serve_hello);
    rig_endpoint(&rig, "wss", host, server.port);
    rig_run(&rig);
    rig_await_error(&rig, 0, TD_E_NET_CERT);
    CHECK_EQ_U64(atomic_load(&wire_health(rig.wire, 0)->connects), 0);
    rig_stop(&rig);
    struct td_frame frame;
    while (rig_poll(&rig, &frame))
        CHECK_EQ_I64(frame.kind,
                     TD_FRAME_NONE); /* a server that was not believed leaves nothing in the log */
    rig_close(&rig, &server);
}

static void expect_accepted(const char *host)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct server server = server_start(&certs()->good, serve_hello);
    rig_endpoint(&rig, "wss", host, server.port);
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    rig_expect(&rig, TD_FRAME_WS_TEXT, "hello");
    rig_close(&rig, &server);
}

TEST(right_host_is_accepted)
{
    expect_accepted("localhost");
}

TEST(right_address_is_accepted)
{
    expect_accepted("127.0.0.1");
}

TEST(wrong_host_is_refused)
{
    expect_refused(&certs()->wrong_host, "localhost");
}

TEST(wrong_address_is_refused)
{
    expect_refused(&certs()->wrong_host, "127.0.0.1");
}

TEST(expired_is_refused)
{
    expect_refused(&certs()->expired, "localhost");
}

TEST(not_yet_valid_is_refused)
{
    expect_refused(&certs()->future, "localhost");
}

TEST(self_signed_is_refused)
{
    expect_refused(&certs()->self_signed, "localhost");
}

TEST(unknown_root_is_refused)
{
    expect_refused(&certs()->unknown_root, "localhost");
}

/* ---- versions ---- */

static void serve_version(struct peer *peer)
{
    peer_upgrade(peer);
    peer_message(peer, mbedtls_ssl_get_version(&peer->ssl));
    peer_drain(peer);
}

static void expect_version(struct server_quirks quirks, const char *version)
{
    struct rig rig;
    rig_open(&rig, 5);
    server_quirks = quirks;
    struct server server = server_start(&certs()->good, serve_version);
    server_quirks = (struct server_quirks){0};
    rig_endpoint(&rig, "wss", "127.0.0.1", server.port);
    rig_run(&rig);
    rig_expect(&rig, TD_FRAME_CONN_OPEN, NULL);
    rig_expect(&rig, TD_FRAME_WS_TEXT, version);
    rig_close(&rig, &server);
}

TEST(newest_version_is_taken)
{
    expect_version((struct server_quirks){0}, "TLSv1.3");
}

TEST(server_of_the_version_before)
{
    expect_version((struct server_quirks){.only_tls12 = true}, "TLSv1.2");
}

TEST(failed_handshake_is_tried_again_with_the_older_version_alone)
{
    expect_version((struct server_quirks){.spoil_first = true}, "TLSv1.2");
}

static void serve_garbage(struct peer *peer)
{
    peer_text(peer, "220 this is a mail server, not TLS\r\n");
    peer_drain(peer);
}

TEST(no_tls_at_the_other_end)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct server server = server_start(NULL, serve_garbage);
    rig_endpoint(&rig, "wss", "localhost", server.port);
    rig_run(&rig);
    rig_await_error(&rig, 0, TD_E_NET_TLS);
    rig_close(&rig, &server);
}

/* ---- without a wire ---- */

static struct tls_params params_with(const char *ca, size_t arena_bytes)
{
    return (struct tls_params){.random = &td_os_linux()->random,
                               .ca_pem = ca,
                               .ca_bytes = strlen(ca),
                               .arena_bytes = arena_bytes};
}

static td_err try_init(const char *ca, size_t arena_bytes)
{
    struct tls_params params = params_with(ca, arena_bytes);
    void *mem = aligned_alloc(64, (tls_footprint(&params) + 63) & ~(size_t)63);
    struct tls *tls;
    td_err err = tls_init(mem, &params, &tls);
    if (err == 0)
        tls_close(tls);
    free(mem);
    return err;
}

TEST(roots_must_be_there)
{
    const char *root = certs()->root.pem;
    CHECK_EQ_I64(try_init(root, 64 << 10), 0);
    CHECK_EQ_I64(try_init("", 64 << 10), TD_E_NET_CERT);
    CHECK_EQ_I64(try_init("no certificate here", 64 << 10), TD_E_NET_CERT);
    CHECK_EQ_I64(try_init(root, 1024), TD_E_NO_MEMORY);
}

TEST(one_for_the_process)
{
    struct tls_params params = params_with(certs()->root.pem, 64 << 10);
    void *mem = aligned_alloc(64, (tls_footprint(&params) + 63) & ~(size_t)63);
    struct tls *tls;
    CHECK_EQ_I64(tls_init(mem, &params, &tls), 0);
    CHECK_EQ_I64(try_init(certs()->root.pem, 64 << 10), TD_E_BUSY);
    CHECK(tls_arena_peak(tls) > 0 && tls_arena_peak(tls) < 64 << 10);
    tls_close(tls);
    free(mem);
}

/* One bad root among good ones must not leave the recorder without any. */
TEST(bad_root_is_left_out)
{
    static char pem[8192];
    const struct certs *c = certs();
    int bytes = snprintf(pem, sizeof pem,
                         "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n%s",
                         c->other_root.pem, c->root.pem);
    CHECK(bytes > 0 && (size_t)bytes < sizeof pem);
    CHECK_EQ_I64(try_init(pem, 64 << 10), 0);
}

/* ---- which cipher ---- */

static void expect_cipher(enum tls_cpu cpu, enum tls_mode mode, const char *version,
                          const char *cipher)
{
    static struct tls_pair pair; /* large */
    char text[16] = "";
    const struct certs *c = certs();
    struct pair_identity identity = {.cert = c->good.pem, .key = c->good.key, .root = c->root.pem};
    pair_open(&pair, &td_os_linux()->random, &identity, cpu, mode);
    CHECK_EQ_STR(mbedtls_ssl_get_version(&pair.client.ssl), version);
    CHECK_EQ_I64(tls_prefers_chacha(pair.tls), cpu == TLS_CPU_WITHOUT_AES);
    if (strstr(tls_suite(&pair.client), cipher) == NULL)
        FAIL("%s agreed on %s, not on %s", version, tls_suite(&pair.client), cipher);
    pair_tell(&pair, "hello", 5);
    CHECK_EQ_I64(tls_read(&pair.client, text, sizeof text), 5);
    CHECK_EQ_STR(text, "hello");
    pair_close(&pair);
}

/* The Pi 4's CPU is of the second kind. */
TEST(a_cpu_with_aes_takes_aes)
{
    expect_cipher(TLS_CPU_WITH_AES, TLS_MODE_NEWEST, "TLSv1.3", "AES-128-GCM");
    expect_cipher(TLS_CPU_WITH_AES, TLS_MODE_12, "TLSv1.2", "AES-128-GCM");
}

TEST(a_cpu_without_aes_takes_chacha)
{
    expect_cipher(TLS_CPU_WITHOUT_AES, TLS_MODE_NEWEST, "TLSv1.3", "CHACHA20-POLY1305");
    expect_cipher(TLS_CPU_WITHOUT_AES, TLS_MODE_12, "TLSv1.2", "CHACHA20-POLY1305");
}
