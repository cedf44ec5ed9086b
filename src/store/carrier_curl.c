#include <errno.h>
#include <linux/sockios.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "net/roots.h"
#include "store/carrier_inside.h"

enum { EXCHANGES_MAX = 64, TURN_MS_MAX = 1000 };

int64_t carrier_now_ms(void)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->mono_ns(clock->ctx) / 1000000;
}

static void finish(struct slot *slot, td_err err)
{
    struct carrier_curl *carrier = slot->of;
    struct exchange *exchange = slot->exchange;
    curl_off_t sent = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    exchange->sent_bytes = sent;
    exchange->err = err;
    exchange->next = NULL;
    curl_multi_remove_handle(carrier->multi, slot->easy);
    slot->exchange = NULL;
    carrier->under_way--;
    *carrier->done_end = exchange;
    carrier->done_end = &exchange->next;
}

static void begin(void *ctx, struct exchange *exchange)
{
    struct carrier_curl *carrier = ctx;
    struct slot *slot = carrier->slot;
    TD_ASSERT(carrier->under_way < carrier->params.exchanges_max, "no more exchanges than agreed");
    while (slot->exchange != NULL)
        slot++;
    slot->exchange = exchange;
    slot->again = slot->must_ask = false;
    slot->tls12 = carrier->tls12;
    carrier->under_way++;
    if (!slot_start(slot)) {
        exchange_say(exchange, "no memory for an exchange with ", "");
        finish(slot, TD_E_NO_MEMORY);
    }
}

/* ---- how it ended ------------------------------------------------------------------------------ */

static bool answer_is_whole(const struct slot *slot)
{
    const struct exchange *exchange = slot->exchange;
    if (!slot->head_whole)
        return false;
    if (exchange_is(exchange, "HEAD") || exchange->status == 204 || exchange->status == 304)
        return true;
    return exchange->content_length < 0 || exchange->content_length == exchange->got_bytes;
}

/* Two cases where the first try cannot have been taken: the server did not understand our TLS (then the other offer, see net/tls.c); and the
   connection broke while the body was going out, the answer lost with it or cut: now we ask before we send, and hear it. */
static bool worth_another(struct slot *slot, CURLcode code)
{
    const struct exchange *exchange = slot->exchange;
    if (slot->again || slot->err < 0)
        return false;
    if (code == CURLE_SSL_CONNECT_ERROR && !slot->begun) {
        slot->tls12 = !slot->tls12;
        return true;
    }
    bool broke = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
                 code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE;
    bool refused = exchange->status < 200 || exchange->status >= 300;
    slot->must_ask = broke && refused && exchange->body.bytes > 0 && !slot->all_out;
    return slot->must_ask;
}

static void end(struct slot *slot, CURLcode code)
{
    struct exchange *exchange = slot->exchange;
    /* Refused while the body was still going out. */
    bool early = code == CURLE_SEND_ERROR && exchange->status >= 300 && answer_is_whole(slot);
    if (!early && worth_another(slot, code)) {
        curl_multi_remove_handle(slot->of->multi, slot->easy);
        slot->again = true;
        if (slot_start(slot))
            return;
        code = CURLE_OUT_OF_MEMORY;
    }
    if (slot->begun)
        slot->of->tls12 = slot->tls12;
    td_err err = 0;
    if (slot->err < 0) {
        err = slot->err;
        exchange_say(exchange, slot->why, td_err_text(err));
    } else if (code != CURLE_OK && !early) {
        err = slot_explain(slot, code);
    } else if (!answer_is_whole(slot)) {
        err = slot_explain(slot, CURLE_PARTIAL_FILE);
    }
    finish(slot, err);
}

static void collect(struct carrier_curl *carrier)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(carrier->multi, &left)) != NULL) {
        struct slot *slot = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        end(slot, code);
    }
}

/* ---- time -------------------------------------------------------------------------------------- */

/* Bytes that the kernel holds and the other end has not confirmed. */
static int64_t unsent(struct slot *slot)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    int bytes = 0;
    if (curl_easy_getinfo(slot->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd < 0)
        return 0;
    return ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

static void look_after(struct slot *slot, int64_t now)
{
    int64_t read_ms = (int64_t)slot->of->params.read_s * 1000;
    if (slot->held) {
        slot_renew(slot);
        return;
    }
    if (now - slot->looked_ms > read_ms / 8) {
        int64_t before = slot->unsent;
        slot->looked_ms = now;
        slot->unsent = unsent(slot);
        if (slot->unsent < before)
            slot_renew(slot);
    }
    if (now < slot->deadline_ms)
        return;
    exchange_say(slot->exchange,
                 slot->begun ? "nothing moves for too long, with " : "no connection in time to ",
                 "");
    finish(slot, TD_E_NET_TIMEOUT);
}

static void look_after_all(struct carrier_curl *carrier)
{
    int64_t now = carrier_now_ms();
    for (unsigned i = 0; i < carrier->params.exchanges_max; i++)
        if (carrier->slot[i].exchange != NULL)
            look_after(&carrier->slot[i], now);
}

/* In turn: who was let go first is last next time. */
static void let_go(struct carrier_curl *carrier)
{
    unsigned max = carrier->params.exchanges_max, first = carrier->first_held;
    rate_pass(&carrier->rate, carrier_now_ms());
    for (unsigned i = 0; i < max && rate_allows(&carrier->rate); i++) {
        struct slot *slot = &carrier->slot[(first + i) % max];
        if (slot->exchange == NULL || !slot->held)
            continue;
        slot->held = false;
        slot_renew(slot);
        carrier->first_held = (first + i + 1) % max;
        curl_easy_pause(slot->easy, CURLPAUSE_CONT);
    }
}

static int64_t turn_ms(const struct carrier_curl *carrier, int64_t left_ms)
{
    int64_t turn = rate_wait_ms(&carrier->rate);
    if (turn == 0 || turn > TURN_MS_MAX)
        turn = TURN_MS_MAX;
    return turn < left_ms ? turn : left_ms;
}

static struct exchange *take_done(struct carrier_curl *carrier)
{
    struct exchange *exchange = carrier->done;
    carrier->done = exchange->next;
    if (carrier->done == NULL)
        carrier->done_end = &carrier->done;
    return exchange;
}

static struct exchange *wait_for_one(void *ctx, int timeout_ms)
{
    struct carrier_curl *carrier = ctx;
    int64_t until = timeout_ms < 0 ? INT64_MAX : carrier_now_ms() + timeout_ms;
    for (;;) {
        int running;
        let_go(carrier);
        curl_multi_perform(carrier->multi, &running);
        collect(carrier);
        look_after_all(carrier);
        if (carrier->done != NULL)
            return take_done(carrier);
        int64_t left = until - carrier_now_ms();
        if (carrier->under_way == 0 || left <= 0)
            return NULL;
        curl_multi_poll(carrier->multi, NULL, 0, (int)turn_ms(carrier, left), NULL);
    }
}

static void cancel(void *ctx)
{
    struct carrier_curl *carrier = ctx;
    for (unsigned i = 0; i < carrier->params.exchanges_max; i++)
        if (carrier->slot[i].exchange != NULL) {
            exchange_say(carrier->slot[i].exchange, "given up, the exchange with ", "");
            finish(&carrier->slot[i], TD_E_NET_CLOSED);
        }
}

/* ---- the carrier ------------------------------------------------------------------------------- */

static void close_carrier(void *ctx)
{
    struct carrier_curl *carrier = ctx;
    for (unsigned i = 0; i < carrier->params.exchanges_max; i++) {
        struct slot *slot = &carrier->slot[i];
        if (slot->exchange != NULL)
            curl_multi_remove_handle(carrier->multi, slot->easy);
        curl_easy_cleanup(slot->easy);
        curl_slist_free_all(slot->headers);
    }
    curl_multi_cleanup(carrier->multi);
    mbedtls_x509_crt_free(&carrier->roots);
    curl_global_cleanup();
    free(carrier);
}

static td_err no_roots(FILE *errors, const char *path, const char *why)
{
    fprintf(errors, "certificates %s: %s\n  set SSL_CERT_FILE to a PEM file of trusted roots\n",
            path, why);
    return TD_E_CONFIG;
}

static td_err load_roots(struct carrier_curl *carrier, FILE *errors)
{
    char found[ROOTS_PATH_MAX];
    const char *pem, *why, *path = roots_find(carrier->params.ca_file, found);
    size_t bytes;
    if (path == NULL)
        return no_roots(errors, "", "none found in the usual places");
    if (roots_read(path, &pem, &bytes, &why) < 0)
        return no_roots(errors, path, why);
    int failed = mbedtls_x509_crt_parse(&carrier->roots, (const unsigned char *)pem, bytes);
    roots_release(pem, bytes);
    /* Above zero: so many of them were not understood, which the rest can do without. */
    return failed < 0 || carrier->roots.version == 0
               ? no_roots(errors, path, "none in it can be read")
               : 0;
}

static bool make_handles(struct carrier_curl *carrier)
{
    unsigned max = carrier->params.exchanges_max;
    carrier->multi = curl_multi_init();
    bool made = carrier->multi != NULL;
    for (unsigned i = 0; i < max; i++) {
        carrier->slot[i].of = carrier;
        carrier->slot[i].easy = curl_easy_init();
        made = made && carrier->slot[i].easy != NULL;
    }
    return made && curl_multi_setopt(carrier->multi, CURLMOPT_MAXCONNECTS, (long)max) == CURLM_OK;
}

td_err carrier_open(const struct carrier_params *params, FILE *errors, struct carrier *out)
{
    unsigned max = params->exchanges_max;
    TD_ASSERT(max >= 1 && max <= EXCHANGES_MAX, "a number of exchanges that was planned for");
    TD_FAIL_IF(curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK, TD_E_NO_MEMORY);
    struct carrier_curl *carrier = calloc(1, sizeof *carrier + max * sizeof carrier->slot[0]);
    if (carrier == NULL) {
        curl_global_cleanup();
        return TD_E_NO_MEMORY;
    }
    carrier->params = *params;
    carrier->done_end = &carrier->done;
    rate_begin(&carrier->rate, params->bytes_per_s, carrier_now_ms());
    mbedtls_x509_crt_init(&carrier->roots);
    td_err err = make_handles(carrier) && psa_crypto_init() == PSA_SUCCESS ? 0 : TD_E_NO_MEMORY;
    if (err == 0)
        err = load_roots(carrier, errors);
    if (err < 0) {
        close_carrier(carrier);
        return err;
    }
    *out = (struct carrier){begin, wait_for_one, cancel, close_carrier, carrier};
    return 0;
}
