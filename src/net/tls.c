#include "net/tls.h"

#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/platform.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

#include "base/log.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#endif

struct tls {
    mbedtls_ssl_config config[TLS_MODES];
    mbedtls_x509_crt roots;
    const struct td_random *random;
    bool chacha_first;
    _Alignas(64) unsigned char arena[];
};

#define SESSION_BYTES (48 << 10) /* 16 KB each way and a handshake */

static bool in_use; /* mbedTLS's allocator is one for the process */

/* Servers that follow the client's order take the first they know. AES-256 stands last: more work,
 * no gain here. */
static const int suites_chacha_first[] = {
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};
static const int suites_aes_first[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};

static bool cpu_has_aes(void)
{
#if defined(__aarch64__)
    unsigned long caps = getauxval(AT_HWCAP);
    return (caps & HWCAP_AES) && (caps & HWCAP_PMULL);
#elif defined(__x86_64__)
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#else
    return false;
#endif
}

static bool prefers_chacha(enum tls_cpu cpu)
{
    return cpu == TLS_CPU_ASKED ? !cpu_has_aes() : cpu == TLS_CPU_WITHOUT_AES;
}

const int *tls_suites(enum tls_cpu cpu)
{
    return prefers_chacha(cpu) ? suites_chacha_first : suites_aes_first;
}

static int fill_random(void *arg, unsigned char *out, size_t bytes)
{
    const struct td_random *random = arg;
    random->fill(random->ctx, out, bytes);
    return 0;
}

/* A bundle that fills the arena would show only later, as handshakes that fail: so try whether one session's buffers still fit. */
static bool arena_has_room(void)
{
    void *session = mbedtls_calloc(1, SESSION_BYTES);
    mbedtls_free(session);
    return session != NULL;
}

static td_err parse_roots(struct tls *tls, const struct tls_params *params)
{
    int failed = mbedtls_x509_crt_parse(&tls->roots, (const unsigned char *)params->ca_pem,
                                        params->ca_bytes + 1);
    TD_FAIL_IF(!arena_has_room(), TD_E_NO_MEMORY);
    TD_FAIL_IF(tls->roots.version == 0, TD_E_NET_CERT);
    if (failed != 0)
        TD_WARN("net", "event=roots_skipped result=%d", failed);
    return 0;
}

/* mbedTLS cannot check an RSA-PSS signature in TLS 1.2, yet has to offer PSS for 1.3, and a server that follows its own
   taste (OpenSSL's default in many) takes it in 1.2 as well. Only an offer of 1.2 alone leaves PSS out: hence a second
   configuration, tried when the first one fails. */
static td_err configure(struct tls *tls, enum tls_mode mode)
{
    mbedtls_ssl_config *config = &tls->config[mode];
    int result = mbedtls_ssl_config_defaults(
        config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    TD_FAIL_IF(result != 0, TD_E_NET_TLS);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(config, &tls->roots, NULL);
    mbedtls_ssl_conf_rng(config, fill_random, (void *)(uintptr_t)tls->random);
    if (mode == TLS_MODE_12)
        mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ciphersuites(config,
                                  tls->chacha_first ? suites_chacha_first : suites_aes_first);
    return 0;
}

size_t tls_footprint(const struct tls_params *params)
{
    return sizeof(struct tls) + params->arena_bytes;
}

td_err tls_init(void *mem, const struct tls_params *params, struct tls **out)
{
    struct tls *tls = mem;
    TD_FAIL_IF(in_use, TD_E_BUSY);
    TD_FAIL_IF(params->ca_pem == NULL || params->ca_bytes == 0, TD_E_NET_CERT);
    memset(tls, 0, sizeof *tls);
    tls->random = params->random;
    tls->chacha_first = prefers_chacha(params->cpu);
    in_use = true;
    mbedtls_memory_buffer_alloc_init(tls->arena, params->arena_bytes);
    mbedtls_x509_crt_init(&tls->roots);
    for (int mode = 0; mode < TLS_MODES; mode++)
        mbedtls_ssl_config_init(&tls->config[mode]);
    td_err err = psa_crypto_init() == PSA_SUCCESS ? 0 : TD_E_NET_TLS;
    if (err == 0)
        err = parse_roots(tls, params);
    for (int mode = 0; mode < TLS_MODES && err == 0; mode++)
        err = configure(tls, mode);
    if (err < 0) {
        tls_close(tls);
        return err;
    }
    /* Certificates carry dates, and glibc allocates at its first look at the time zone: let that be
     * now. */
    time_t epoch = 0;
    struct tm utc;
    gmtime_r(&epoch, &utc);
    *out = tls;
    return 0;
}

void tls_close(struct tls *tls)
{
    for (int mode = 0; mode < TLS_MODES; mode++)
        mbedtls_ssl_config_free(&tls->config[mode]);
    mbedtls_x509_crt_free(&tls->roots);
    mbedtls_psa_crypto_free();
    mbedtls_memory_buffer_alloc_free();
    in_use = false;
}

size_t tls_arena_peak(const struct tls *tls)
{
    size_t peak = 0, blocks = 0;
    (void)tls; /* its arena is the allocator's only one */
    mbedtls_memory_buffer_alloc_max_get(&peak, &blocks);
    return peak;
}

bool tls_prefers_chacha(const struct tls *tls)
{
    return tls->chacha_first;
}

/* ---- session ---- */

/* What mbedTLS wants to hear of n bytes moved; 0 is `want`, a negative n our own error. */
static int bio_answer(struct tls_session *session, int64_t n, int want)
{
    if (n < 0)
        session->io_err = (td_err)n;
    return n > 0 ? (int)n : n == 0 ? want : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int bio_send(void *arg, const unsigned char *data, size_t bytes)
{
    struct tls_session *session = arg;
    int64_t sent = session->io.send(session->io.arg, data, bytes);
    return bio_answer(session, sent, MBEDTLS_ERR_SSL_WANT_WRITE);
}

static int bio_recv(void *arg, unsigned char *data, size_t bytes)
{
    struct tls_session *session = arg;
    int64_t got = session->io.recv(session->io.arg, data, bytes);
    return bio_answer(session, got, MBEDTLS_ERR_SSL_WANT_READ);
}

td_err tls_open(struct tls_session *session, struct tls *tls, enum tls_mode mode, const char *host,
                const struct tls_io *io)
{
    mbedtls_ssl_init(&session->ssl);
    session->io = *io;
    session->io_err = 0;
    session->unsent = 0;
    session->detail[0] = 0;
    int result = mbedtls_ssl_setup(&session->ssl, &tls->config[mode]);
    if (result == 0)
        result = mbedtls_ssl_set_hostname(&session->ssl, host);
    if (result != 0) {
        mbedtls_ssl_free(&session->ssl);
        snprintf(session->detail, sizeof session->detail, "tls setup -0x%04x", (unsigned)-result);
        return result == MBEDTLS_ERR_SSL_ALLOC_FAILED ? TD_E_NO_MEMORY : TD_E_NET_TLS;
    }
    mbedtls_ssl_set_bio(&session->ssl, session, bio_send, bio_recv, NULL);
    return 0;
}

const char *tls_verify_words(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *words;
    } table[] = {
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, "it is for another host"},
        {MBEDTLS_X509_BADCERT_EXPIRED, "it has expired"},
        {MBEDTLS_X509_BADCERT_FUTURE, "it is not yet valid (or the clock is behind)"},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "no known root signed it"},
        {MBEDTLS_X509_BADCERT_BAD_KEY, "its key is too weak"},
        {MBEDTLS_X509_BADCERT_BAD_MD, "it is signed with a hash that is no longer accepted"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (flags & table[i].flag)
            return table[i].words;
    return "it was not accepted";
}

/* mbedTLS's result in our words; 0 for those that only mean "later". */
static td_err explain(struct tls_session *session, int result)
{
    switch (result) {
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE:
        return 0;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case 0:
        return TD_E_NET_CLOSED;
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
        snprintf(session->detail, sizeof session->detail, "certificate: %s",
                 tls_verify_words(mbedtls_ssl_get_verify_result(&session->ssl)));
        return TD_E_NET_CERT;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
        snprintf(session->detail, sizeof session->detail, "tls arena is full");
        return TD_E_NO_MEMORY;
    default:
        if (session->io_err < 0)
            return session->io_err;
        snprintf(session->detail, sizeof session->detail, "tls error -0x%04x", (unsigned)-result);
        return TD_E_NET_TLS;
    }
}

int tls_handshake(struct tls_session *session)
{
    int result = mbedtls_ssl_handshake(&session->ssl);
    return result == 0 ? 1 : explain(session, result);
}

int64_t tls_read(struct tls_session *session, void *out, size_t cap)
{
    int got;
    /* A TLS 1.3 server hands out resumption tickets among the data; they are of no use to a
     * connection that lasts hours. */
    do
        got = mbedtls_ssl_read(&session->ssl, out, cap);
    while (got == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
    return got > 0 ? got : explain(session, got);
}

int64_t tls_write(struct tls_session *session, const void *data, size_t bytes)
{
    /* mbedTLS answers the call that finishes a record with the length of that call, not of the
     * record. */
    size_t asked = session->unsent ? session->unsent : bytes;
    TD_ASSERT(asked <= bytes, "an unfinished write is repeated");
    int sent = mbedtls_ssl_write(&session->ssl, data, asked);
    session->unsent = sent == MBEDTLS_ERR_SSL_WANT_WRITE ? asked : 0;
    return sent > 0 ? sent : explain(session, sent);
}

const char *tls_suite(const struct tls_session *session)
{
    const char *name = mbedtls_ssl_get_ciphersuite(&session->ssl);
    return name ? name : "none";
}

void tls_end(struct tls_session *session)
{
    mbedtls_ssl_close_notify(&session->ssl);
    mbedtls_ssl_free(&session->ssl);
}
