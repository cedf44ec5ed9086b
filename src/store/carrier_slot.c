#include <mbedtls/ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/tls.h"
#include "store/carrier_inside.h"

enum {
    BUFFER_BYTES = 64 << 10,  /* curl's: one each way for all exchanges, and one a body under way */
    UNSENT_BYTES = 128 << 10, /* in the kernel and not yet on the wire, a connection */
    HEADS_BYTES_MAX = 64 << 10, /* of an answer and its interim ones */
    HEADS_MAX = 32,
    IDLE_S_MAX = 30,    /* older connections may be closed just now by the other end */
    MOVED_LEAST = 4096, /* of a body, or it hardly moves */
    PATIENCE =
        10, /* times read_s, for what hardly moves: stores send blanks while they put a large object together */
    ASKED_ABOVE = 1 << 20,
    CONTINUE_MS = 1000, /* how long an answer to Expect is waited for */
};

bool exchange_is(const struct exchange *exchange, const char *method)
{
    return strcmp(exchange->method, method) == 0;
}

bool exchange_changes_nothing(const struct exchange *exchange)
{
    return exchange_is(exchange, "GET") || exchange_is(exchange, "HEAD");
}

static bool has_body(const struct exchange *exchange)
{
    return exchange_is(exchange, "PUT") || exchange_is(exchange, "POST");
}

/* ---- callbacks --------------------------------------------------------------------------------- */

static void put_off(struct slot *slot)
{
    slot->deadline_ms = carrier_now_ms() + (int64_t)slot->of->params.read_s * 1000;
    if (slot->deadline_ms > slot->end_ms)
        slot->deadline_ms = slot->end_ms;
}

void slot_renew(struct slot *slot)
{
    slot->moved = 0;
    slot->end_ms = carrier_now_ms() + (int64_t)slot->of->params.read_s * 1000 * PATIENCE;
    put_off(slot);
}

static void moved(struct slot *slot, size_t bytes)
{
    rate_used(&slot->of->rate, (int64_t)bytes);
    slot->moved += (int64_t)bytes;
    if (slot->moved >= MOVED_LEAST)
        slot_renew(slot);
    else
        put_off(slot);
}

static bool hold(struct slot *slot)
{
    slot->held = !rate_allows(&slot->of->rate);
    return slot->held;
}

static td_err read_body(const struct store_body *body, int64_t at, char *out, size_t bytes)
{
    if (body->data != NULL) {
        memcpy(out, (const char *)body->data + at, bytes);
        return 0;
    }
    int64_t got = body->disk->read_at(body->disk->ctx, body->file, out, bytes, body->at + at);
    return got == (int64_t)bytes ? 0 : TD_E_IO;
}

static size_t on_send(char *out, size_t size, size_t count, void *arg)
{
    struct slot *slot = arg;
    const struct store_body *body = &slot->exchange->body;
    size_t bytes = rate_piece(&slot->of->rate, size * count);
    if (slot->body_at == body->bytes)
        return 0;
    /* Nobody said that it may: it was not for nothing that we asked, and next time we need not. */
    if (slot->asks_first && !slot->told)
        slot->of->mute_on_expect = true;
    if (hold(slot))
        return CURL_READFUNC_PAUSE;
    if ((int64_t)bytes > body->bytes - slot->body_at)
        bytes = (size_t)(body->bytes - slot->body_at);
    if (read_body(body, slot->body_at, out, bytes) < 0) {
        slot->err = TD_E_IO;
        slot->why = "what was to be sent to ";
        return CURL_READFUNC_ABORT;
    }
    slot->body_at += (int64_t)bytes;
    slot->all_out |= slot->body_at == body->bytes;
    moved(slot, bytes);
    return bytes;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct slot *slot = arg;
    if (origin != SEEK_SET || offset < 0 || offset > slot->exchange->body.bytes)
        return CURL_SEEKFUNC_FAIL;
    slot->body_at = offset;
    return CURL_SEEKFUNC_OK;
}

/* Called at each connection that curl takes for it: a second time when the first one, a kept one, was dead. Then a request that may have
   been read whole is not sent again. */
static int on_request(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    struct slot *slot = arg;
    const struct exchange *exchange = slot->exchange;
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    bool whole = slot->all_out || (slot->begun && exchange->body.bytes == 0);
    if (whole && !exchange_changes_nothing(exchange))
        return CURL_PREREQFUNC_ABORT;
    slot->begun = true;
    slot_renew(slot);
    return CURL_PREREQFUNC_OK;
}

static size_t give_up(struct slot *slot, td_err err, const char *why)
{
    slot->err = err;
    slot->why = why;
    return CURL_WRITEFUNC_ERROR;
}

static size_t on_head(char *line, size_t size, size_t count, void *arg)
{
    struct slot *slot = arg;
    struct exchange *exchange = slot->exchange;
    size_t bytes = size * count;
    slot->head_bytes += bytes;
    if (slot->head_bytes > HEADS_BYTES_MAX)
        return give_up(slot, TD_E_NET_PROTOCOL, "headers without end from ");
    if (bytes >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        if (++slot->heads > HEADS_MAX)
            return give_up(slot, TD_E_NET_PROTOCOL, "interim answers without end from ");
        slot->in_body = slot->head_whole = false;
    }
    if (slot->in_body || slot->head_whole)
        return bytes; /* behind the chunks: nobody reads it */
    if (exchange_line(exchange, line, bytes) < 0)
        return give_up(slot, TD_E_NET_PROTOCOL, "not HTTP, the answer of ");
    if (exchange->status == 100 || exchange->status == 417)
        slot->told = true;
    slot->head_whole = exchange->status >= 200 && (line[0] == '\r' || line[0] == '\n');
    return bytes;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct slot *slot = arg;
    struct exchange *exchange = slot->exchange;
    size_t bytes = size * count;
    slot->in_body = true;
    if (hold(slot))
        return CURL_WRITEFUNC_PAUSE;
    moved(slot, bytes);
    td_err err = exchange->take != NULL ? exchange->take(exchange->take_arg, data, bytes) : 0;
    if (err < 0)
        return give_up(slot, err, "not taken, the answer of ");
    exchange->got_bytes += (int64_t)bytes;
    return bytes;
}

static int on_verify(void *arg, mbedtls_x509_crt *cert, int depth, uint32_t *flags)
{
    struct slot *slot = arg;
    (void)cert, (void)depth;
    slot->distrust |= *flags;
    return 0;
}

/* curl would parse the roots anew for each connection and keep them, and takes weaker certificates than we do. */
static CURLcode on_tls(CURL *easy, void *config_, void *arg)
{
    struct slot *slot = arg;
    mbedtls_ssl_config *config = config_;
    (void)easy;
    slot->distrust = 0;
    mbedtls_ssl_conf_ca_chain(config, &slot->of->roots, NULL);
    mbedtls_ssl_conf_cert_profile(config, &mbedtls_x509_crt_profile_default);
    mbedtls_ssl_conf_ciphersuites(config, tls_suites(TLS_CPU_ASKED));
    mbedtls_ssl_conf_verify(config, on_verify, slot);
    return CURLE_OK;
}

/* Little waits in the kernel: so a body that is no longer wanted stops soon, and what is under way is known. */
static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    int unsent = UNSENT_BYTES;
    (void)arg, (void)purpose;
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    return CURL_SOCKOPT_OK;
}

/* ---- one exchange ------------------------------------------------------------------------------ */

#define SET(option, value) curl_easy_setopt(slot->easy, option, value)

static void set_wire(struct slot *slot)
{
    const struct carrier_curl *carrier = slot->of;
    SET(CURLOPT_PRIVATE, slot);
    SET(CURLOPT_ERRORBUFFER, slot->detail);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a look-up that hangs is left behind */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)carrier->params.connect_s * 1000);
    SET(CURLOPT_EXPECT_100_TIMEOUT_MS, (long)CONTINUE_MS);
    SET(CURLOPT_MAXAGE_CONN, (long)IDLE_S_MAX);
    SET(CURLOPT_BUFFERSIZE, (long)rate_piece(&carrier->rate, BUFFER_BYTES));
    SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
    SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
    SET(CURLOPT_SSL_CTX_DATA, slot);
    SET(CURLOPT_SSLVERSION,
        (long)CURL_SSLVERSION_TLSv1_2 | (slot->tls12 ? (long)CURL_SSLVERSION_MAX_TLSv1_2 : 0L));
}

static void set_callbacks(struct slot *slot)
{
    SET(CURLOPT_READFUNCTION, on_send);
    SET(CURLOPT_READDATA, slot);
    SET(CURLOPT_SEEKFUNCTION, on_seek);
    SET(CURLOPT_SEEKDATA, slot);
    SET(CURLOPT_PREREQFUNCTION, on_request);
    SET(CURLOPT_PREREQDATA, slot);
    SET(CURLOPT_HEADERFUNCTION, on_head);
    SET(CURLOPT_HEADERDATA, slot);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, slot);
}

static bool add_header(struct slot *slot, const char *line)
{
    struct curl_slist *longer = curl_slist_append(slot->headers, line);
    if (longer != NULL)
        slot->headers = longer;
    return longer != NULL;
}

/* A name with nothing behind the colon would take the header away; with a semicolon it is sent empty. */
static bool add_headers(struct slot *slot)
{
    char line[EXCHANGE_HEADERS_MAX];
    const char *at = slot->exchange->headers;
    bool fits = add_header(slot, "Accept:");
    while (*at && fits) {
        size_t bytes = strcspn(at, "\n");
        td_text_copy(line, sizeof line, at, bytes);
        size_t name = strcspn(line, ":");
        if (line[name] && line[name + 1 + strspn(line + name + 1, " ")] == 0)
            td_text_copy(line + name, sizeof line - name, ";", 1);
        fits = add_header(slot, line);
        at += bytes + (at[bytes] == '\n');
    }
    /* A large body waits for the store's word (curl asks by itself above this size): a refusal then costs nothing. */
    bool large = slot->exchange->body.bytes > ASKED_ABOVE && !slot->of->mute_on_expect;
    slot->asks_first = large || slot->must_ask;
    if (slot->asks_first)
        return fits && (large || add_header(slot, "Expect: 100-continue"));
    return fits && add_header(slot, "Expect:");
}

static void set_request(struct slot *slot)
{
    const struct exchange *exchange = slot->exchange;
    SET(CURLOPT_URL, exchange->url);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_HTTPHEADER, slot->headers);
    if (has_body(exchange)) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)exchange->body.bytes);
    } else if (exchange_is(exchange, "HEAD")) {
        SET(CURLOPT_NOBODY, 1L);
    }
    if (!exchange_is(exchange, "PUT") && !exchange_changes_nothing(exchange))
        SET(CURLOPT_CUSTOMREQUEST, exchange->method);
    if (exchange->fresh) {
        SET(CURLOPT_FRESH_CONNECT, 1L);
        SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    }
}

static void forget_answer(struct slot *slot)
{
    struct exchange *exchange = slot->exchange;
    exchange->status = 0;
    exchange->header_count = 0;
    exchange->content_length = -1;
    exchange->sent_bytes = exchange->got_bytes = 0;
    exchange->err = 0;
    exchange->words[0] = 0;
    slot->body_at = slot->moved = slot->unsent = 0;
    slot->head_bytes = slot->heads = 0;
    slot->begun = slot->all_out = slot->told = slot->head_whole = slot->in_body = slot->held =
        false;
    slot->distrust = 0;
    slot->err = 0;
    slot->why = "";
    slot->detail[0] = 0;
}

bool slot_start(struct slot *slot)
{
    const struct carrier_params *params = &slot->of->params;
    forget_answer(slot);
    slot->looked_ms = carrier_now_ms();
    slot->deadline_ms = slot->looked_ms + ((int64_t)params->connect_s + params->read_s) * 1000;
    curl_easy_reset(slot->easy);
    curl_slist_free_all(slot->headers);
    slot->headers = NULL;
    if (!add_headers(slot))
        return false;
    set_wire(slot);
    set_callbacks(slot);
    set_request(slot);
    return curl_multi_add_handle(slot->of->multi, slot->easy) == CURLM_OK;
}
