/* A TLS server on loopback for tests: certificates of a self-made authority, a child process that serves each connection by a
   function of the test. A process, not a thread: mbedTLS has one allocator a process and the wire under test owns it. */
#ifndef TD_TEST_NET_LOOPBACK_H
#define TD_TEST_NET_LOOPBACK_H

#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/ecp.h>
#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <netinet/in.h>
#include <psa/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http.h"
#include "test.h"

/* ---- certificates ---- */

struct cert {
    char pem[2048], key[1024];
};

struct cert_spec {
    const char *subject, *host;
    const struct cert *issuer; /* NULL: signs itself */
    const char *issuer_name, *from, *until;
    bool authority;
};

static inline int test_random(void *arg, unsigned char *out, size_t bytes)
{
    (void)arg;
    return getrandom(out, bytes, 0) == (ssize_t)bytes ? 0 : -1;
}

static inline void make_cert(struct cert *cert, const struct cert_spec *spec)
{
    mbedtls_pk_context key, issuer_key;
    mbedtls_x509write_cert crt;
    unsigned char serial[4] = {1, 2, 3, 4}, ip[4] = {127, 0, 0, 1};
    mbedtls_x509_san_list by_ip = {0}, by_name = {0};
    mbedtls_pk_init(&key);
    mbedtls_pk_init(&issuer_key);
    mbedtls_x509write_crt_init(&crt);
    CHECK_EQ_I64(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    CHECK_EQ_I64(
        mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key), test_random, NULL), 0);
    CHECK_EQ_I64(mbedtls_pk_write_key_pem(&key, (unsigned char *)cert->key, sizeof cert->key), 0);
    if (spec->issuer)
        CHECK_EQ_I64(mbedtls_pk_parse_key(&issuer_key, (const unsigned char *)spec->issuer->key,
                                          strlen(spec->issuer->key) + 1, NULL, 0, test_random,
                                          NULL),
                     0);
    mbedtls_x509write_crt_set_version(&crt, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&crt, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&crt, &key);
    mbedtls_x509write_crt_set_issuer_key(&crt, spec->issuer ? &issuer_key : &key);
    CHECK_EQ_I64(mbedtls_x509write_crt_set_subject_name(&crt, spec->subject), 0);
    CHECK_EQ_I64(mbedtls_x509write_crt_set_issuer_name(&crt, spec->issuer ? spec->issuer_name
                                                                          : spec->subject),
                 0);
    CHECK_EQ_I64(mbedtls_x509write_crt_set_serial_raw(&crt, serial, sizeof serial), 0);
    CHECK_EQ_I64(mbedtls_x509write_crt_set_validity(&crt,
                                                    spec->from ? spec->from : "20200101000000",
                                                    spec->until ? spec->until : "20990101000000"),
                 0);
    CHECK_EQ_I64(mbedtls_x509write_crt_set_basic_constraints(&crt, spec->authority, -1), 0);
    by_ip.node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
    by_ip.node.san.unstructured_name.p = ip;
    by_ip.node.san.unstructured_name.len = sizeof ip;
    by_name.node.type = MBEDTLS_X509_SAN_DNS_NAME;
    by_name.node.san.unstructured_name.p = (unsigned char *)(uintptr_t)spec->host;
    by_name.node.san.unstructured_name.len = spec->host ? strlen(spec->host) : 0;
    if (spec->host && strcmp(spec->host, "localhost") == 0)
        by_name.next = &by_ip;
    if (spec->host)
        CHECK_EQ_I64(mbedtls_x509write_crt_set_subject_alternative_name(&crt, &by_name), 0);
    CHECK_EQ_I64(mbedtls_x509write_crt_pem(&crt, (unsigned char *)cert->pem, sizeof cert->pem,
                                           test_random, NULL),
                 0);
    mbedtls_x509write_crt_free(&crt);
    mbedtls_pk_free(&key);
    mbedtls_pk_free(&issuer_key);
}

struct certs {
    bool made;
    struct cert root, other_root, good, wrong_host, expired, future, self_signed, unknown_root;
};

/* Made once, before the wire takes mbedTLS's allocator over. */
static inline const struct certs *certs(void)
{
    static struct certs c;
    if (c.made)
        return &c;
    CHECK_EQ_I64(psa_crypto_init(), 0);
    make_cert(&c.root, &(struct cert_spec){.subject = "CN=Test root", .authority = true});
    make_cert(&c.other_root, &(struct cert_spec){.subject = "CN=Other root", .authority = true});
    struct cert_spec leaf = {.subject = "CN=leaf",
                             .host = "localhost",
                             .issuer = &c.root,
                             .issuer_name = "CN=Test root"};
    make_cert(&c.good, &leaf);
    leaf.until = "20210101000000";
    make_cert(&c.expired, &leaf);
    leaf.from = "20980101000000", leaf.until = NULL;
    make_cert(&c.future, &leaf);
    leaf.from = NULL, leaf.host = "elsewhere.example";
    make_cert(&c.wrong_host, &leaf);
    leaf.host = "localhost", leaf.issuer = &c.other_root, leaf.issuer_name = "CN=Other root";
    make_cert(&c.unknown_root, &leaf);
    make_cert(&c.self_signed, &(struct cert_spec){.subject = "CN=localhost", .host = "localhost"});
    mbedtls_psa_crypto_free();
    c.made = true;
    return &c;
}

/* ---- a connection as the server sees it ---- */

struct peer {
    int fd;
    unsigned nth; /* connections before this one */
    bool secure;
    mbedtls_ssl_context ssl;
    char request[4096];
};

static inline int peer_bio_send(void *arg, const unsigned char *data, size_t bytes)
{
    ssize_t sent = send(((struct peer *)arg)->fd, data, bytes, MSG_NOSIGNAL);
    return sent > 0 ? (int)sent : -1;
}

static inline int peer_bio_recv(void *arg, unsigned char *data, size_t bytes)
{
    ssize_t got = recv(((struct peer *)arg)->fd, data, bytes, 0);
    return got >= 0 ? (int)got : -1;
}

/* The server's side has nobody to report to: what goes wrong there ends its process, and the test waits in vain and fails. */
static inline void peer_must(bool ok)
{
    if (!ok)
        _exit(1);
}

static inline void peer_write(struct peer *peer, const void *data, size_t bytes)
{
    const char *at = data;
    while (bytes > 0) {
        int sent = peer->secure ? mbedtls_ssl_write(&peer->ssl, (const unsigned char *)at, bytes)
                                : peer_bio_send(peer, (const unsigned char *)at, bytes);
        peer_must(sent > 0);
        at += sent, bytes -= (size_t)sent;
    }
}

static inline void peer_text(struct peer *peer, const char *text)
{
    peer_write(peer, text, strlen(text));
}

static inline bool peer_read(struct peer *peer, void *data, size_t bytes)
{
    char *at = data;
    while (bytes > 0) {
        int got = peer->secure ? mbedtls_ssl_read(&peer->ssl, (unsigned char *)at, bytes)
                               : peer_bio_recv(peer, (unsigned char *)at, bytes);
        if (got <= 0)
            return false;
        at += got, bytes -= (size_t)got;
    }
    return true;
}

static inline void peer_read_request(struct peer *peer)
{
    size_t bytes = 0;
    do
        peer_must(bytes + 1 < sizeof peer->request && peer_read(peer, peer->request + bytes, 1));
    while (++bytes < 4 || memcmp(peer->request + bytes - 4, "\r\n\r\n", 4) != 0);
    peer->request[bytes] = 0;
}

/* Of a request that was read. */
static inline void peer_accept(struct peer *peer)
{
    char key[HTTP_KEY_TEXT] = "", accept[HTTP_ACCEPT_TEXT], answer[256];
    const char *at = strstr(peer->request, "Sec-WebSocket-Key: ");
    if (at == NULL)
        _exit(1);
    memcpy(key, at + 19, HTTP_KEY_TEXT - 1);
    http_accept(key, accept);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n\r\n",
             accept);
    peer_text(peer, answer);
}

static inline void peer_upgrade(struct peer *peer)
{
    peer_read_request(peer);
    peer_accept(peer);
}

static inline void peer_frame(struct peer *peer, unsigned first_byte, const void *data,
                              size_t bytes)
{
    unsigned char head[10] = {(unsigned char)first_byte};
    size_t head_bytes = bytes < 126 ? 2 : bytes < 65536 ? 4 : 10;
    head[1] = (unsigned char)(bytes < 126 ? bytes : bytes < 65536 ? 126 : 127);
    for (size_t i = 2; i < head_bytes; i++)
        head[i] = (unsigned char)(bytes >> 8 * (head_bytes - 1 - i));
    peer_write(peer, head, head_bytes);
    peer_write(peer, data, bytes);
}

static inline void peer_message(struct peer *peer, const char *text)
{
    peer_frame(peer, 0x81, text, strlen(text));
}

/* One client frame (must be masked, below 64 KiB), NUL-terminated. Opcode, or -1 at the end of the stream. */
static inline int peer_recv_frame(struct peer *peer, char *out, size_t cap, size_t *bytes)
{
    unsigned char head[2], ext[2], mask[4];
    if (!peer_read(peer, head, 2))
        return -1;
    *bytes = head[1] & 127;
    peer_must((head[1] & 128) && *bytes != 127);
    if (*bytes == 126) {
        peer_must(peer_read(peer, ext, 2));
        *bytes = (size_t)ext[0] << 8 | ext[1];
    }
    peer_must(*bytes < cap && peer_read(peer, mask, 4) && peer_read(peer, out, *bytes));
    for (size_t i = 0; i < *bytes; i++)
        out[i] = (char)(out[i] ^ mask[i % 4]);
    out[*bytes] = 0;
    return head[0] & 15;
}

/* Until the client goes away. */
static inline void peer_drain(struct peer *peer)
{
    char byte;
    while (peer_read(peer, &byte, 1))
        ;
}

/* ---- the server ---- */

struct server {
    int port;
    pid_t pid;
};

typedef void serve_fn(struct peer *peer);

/* How the next servers differ from the ordinary; set before server_start. */
struct server_quirks {
    bool only_tls12;
    bool spoil_first; /* the first connection gets no TLS but nonsense */
};
static struct server_quirks server_quirks;

static inline void serve_one(struct peer *peer, const struct cert *cert, serve_fn *serve)
{
    static unsigned char arena[1 << 20];
    mbedtls_ssl_config config;
    mbedtls_x509_crt crt;
    mbedtls_pk_context key;
    mbedtls_memory_buffer_alloc_init(arena, sizeof arena);
    peer_must(psa_crypto_init() == PSA_SUCCESS);
    mbedtls_ssl_config_init(&config);
    mbedtls_x509_crt_init(&crt);
    mbedtls_pk_init(&key);
    mbedtls_ssl_init(&peer->ssl);
    if (server_quirks.spoil_first && peer->nth == 0) {
        peer_write(peer, "nonsense, not TLS\r\n", 19);
        return;
    }
    if (cert) {
        peer_must(mbedtls_x509_crt_parse(&crt, (const unsigned char *)cert->pem,
                                         strlen(cert->pem) + 1) == 0);
        peer_must(mbedtls_pk_parse_key(&key, (const unsigned char *)cert->key,
                                       strlen(cert->key) + 1, NULL, 0, test_random, NULL) == 0);
        peer_must(mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER,
                                              MBEDTLS_SSL_TRANSPORT_STREAM,
                                              MBEDTLS_SSL_PRESET_DEFAULT) == 0);
        mbedtls_ssl_conf_rng(&config, test_random, NULL);
        if (server_quirks.only_tls12)
            mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
        peer_must(mbedtls_ssl_conf_own_cert(&config, &crt, &key) == 0);
        peer_must(mbedtls_ssl_setup(&peer->ssl, &config) == 0);
        mbedtls_ssl_set_bio(&peer->ssl, peer, peer_bio_send, peer_bio_recv, NULL);
        peer_must(mbedtls_ssl_handshake(&peer->ssl) == 0);
        peer->secure = true;
    }
    serve(peer);
}

/* Serves until server_stop: each connection in a process of its own. cert NULL: without TLS. Start it before wire_init. */
static inline struct server server_start(const struct cert *cert, serve_fn *serve)
{
    struct server server = {0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
          listen(listener, 64) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &bytes) == 0);
    server.port = ntohs(address.sin_port);
    fflush(NULL); /* else children print it again */
    server.pid = fork();
    CHECK(server.pid >= 0);
    if (server.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        signal(SIGCHLD, SIG_IGN);
        for (unsigned nth = 0;; nth++) {
            static struct peer peer;
            peer = (struct peer){.fd = accept(listener, NULL, NULL), .nth = nth};
            if (peer.fd < 0)
                _exit(1);
            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(listener);
                serve_one(&peer, cert, serve);
                _exit(0);
            }
            close(peer.fd);
        }
    }
    setpgid(server.pid, server.pid);
    close(listener);
    return server;
}

static inline void server_stop(struct server *server)
{
    kill(-server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

#endif
