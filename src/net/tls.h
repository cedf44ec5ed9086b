/* TLS client by mbedTLS: one `tls` for the process (arena, roots, configuration), one `tls_session`
   a connection. The session is a state machine over callbacks that carry cipher bytes; it never
   touches a socket. mbedTLS has one allocator for the whole process, and it is ours from tls_init
   on: only the thread that owns `tls` may use mbedTLS functions that allocate. */
#ifndef TD_NET_TLS_H
#define TD_NET_TLS_H

#include <mbedtls/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/os.h"

enum { TLS_DETAIL_MAX = 96 };

struct tls;

/* Whether the CPU has instructions for AES decides which cipher is asked for first. */
enum tls_cpu {
    TLS_CPU_ASKED = 0, /* as it says itself */
    TLS_CPU_WITH_AES,  /* for tests, on any CPU */
    TLS_CPU_WITHOUT_AES,
};

struct tls_params {
    const struct td_random *random; /* outlives the tls */
    enum tls_cpu cpu;
    const char *ca_pem; /* NUL-terminated; only read during tls_init */
    size_t ca_bytes;    /* without the NUL */
    size_t arena_bytes; /* 150 public roots take 460 KB, a connection 60 KB */
};

size_t tls_footprint(const struct tls_params *params);
/* Before threads and the seal. TD_E_NO_MEMORY: the arena is too small; TD_E_NET_CERT: no root could
   be read (single bad ones are logged and left out); TD_E_NET_TLS: the library refused to start;
   TD_E_BUSY: there is one already. */
td_err tls_init(void *mem, const struct tls_params *params, struct tls **tls);
void tls_close(struct tls *tls);
size_t tls_arena_peak(const struct tls *tls);
bool tls_prefers_chacha(const struct tls *tls); /* the CPU has no AES instructions */

/* Cipher bytes: count moved, 0 = not now, negative td_err = broken (recv: TD_E_NET_CLOSED at the
 * end of the stream). */
struct tls_io {
    int64_t (*send)(void *arg, const void *data, size_t bytes);
    int64_t (*recv)(void *arg, void *data, size_t bytes);
    void *arg;
};

struct tls_session {
    mbedtls_ssl_context ssl;
    struct tls_io io;
    size_t unsent;               /* bytes of a write that mbedTLS has taken and not yet put out */
    td_err io_err;               /* why the transport broke */
    char detail[TLS_DETAIL_MAX]; /* of the last error, for the log */
};

enum tls_mode {
    TLS_MODE_NEWEST = 0, /* 1.3, else 1.2 */
    TLS_MODE_12, /* 1.2 alone: for servers that know no 1.3 and stumble over its signature algorithms */
    TLS_MODES
};

/* Takes its buffers from the arena. host: for SNI and the check of the certificate. TD_E_NO_MEMORY, TD_E_NET_TLS. */
td_err tls_open(struct tls_session *session, struct tls *tls, enum tls_mode mode, const char *host,
                const struct tls_io *io);
/* 1 done, 0 in progress; TD_E_NET_CERT, TD_E_NET_TLS, TD_E_NET_CLOSED, TD_E_NO_MEMORY or the
 * transport's error. */
int tls_handshake(struct tls_session *session);
/* Bytes, 0 = nothing now, or an error as above. After a write that took 0 the same bytes must
   come again, more may follow them. */
int64_t tls_read(struct tls_session *session, void *out, size_t cap);
int64_t tls_write(struct tls_session *session, const void *data, size_t bytes);
const char *tls_suite(const struct tls_session *session); /* negotiated, static text */
/* Says goodbye if the transport takes it now, gives the buffers back. */
void tls_end(struct tls_session *session);

/* ---- for other clients of mbedTLS ---- */

/* In the order of this CPU's taste, ends in 0; static. */
const int *tls_suites(enum tls_cpu cpu);
/* Why a certificate was not accepted (flags of the library's check): "it has expired". Static text. */
const char *tls_verify_words(uint32_t flags);

#endif
