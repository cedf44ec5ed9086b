#include <string.h>

#include "base/text.h"
#include "net/tls.h"
#include "store/carrier_inside.h"

void exchange_say(struct exchange *exchange, const char *before, const char *what)
{
    const char *host = strstr(exchange->url, "://");
    host = host != NULL ? host + 3 : exchange->url;
    struct td_str str = td_str_on(exchange->words, sizeof exchange->words);
    td_str_add(&str, before);
    td_str_add_bytes(&str, host, strcspn(host, "/?"));
    if (what[0])
        td_str_add(&str, ": ");
    td_str_add(&str, what);
}

static const struct failure {
    CURLcode code;
    td_err err;
    const char *before, *what; /* what NULL: the library's own words */
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, TD_E_NET_RESOLVE, "no address of ",
     "no such name, or no name server answers"},
    {CURLE_COULDNT_RESOLVE_PROXY, TD_E_NET_RESOLVE, "no address of the proxy on the way to ",
     "see the environment's https_proxy"},
    {CURLE_PROXY, TD_E_NET_CLOSED, "the proxy refuses the way to ", NULL},
    {CURLE_COULDNT_CONNECT, TD_E_NET_CLOSED, "no connection to ", NULL},
    {CURLE_OPERATION_TIMEDOUT, TD_E_NET_TIMEOUT, "no connection in time to ", ""},
    {CURLE_SSL_CONNECT_ERROR, TD_E_NET_TLS, "no TLS with ", NULL},
    {CURLE_PEER_FAILED_VERIFICATION, TD_E_NET_CERT, "not trusted, the certificate of ", NULL},
    {CURLE_SEND_ERROR, TD_E_NET_CLOSED, "broke while sending, the connection to ", ""},
    {CURLE_RECV_ERROR, TD_E_NET_CLOSED, "broke while receiving, the connection to ", ""},
    {CURLE_GOT_NOTHING, TD_E_NET_CLOSED, "closed without an answer by ", ""},
    {CURLE_PARTIAL_FILE, TD_E_NET_CLOSED, "broke in the middle, the answer of ", ""},
    {CURLE_ABORTED_BY_CALLBACK, TD_E_NET_CLOSED, "closed without an answer by ", ""},
    {CURLE_OUT_OF_MEMORY, TD_E_NO_MEMORY, "no memory for an exchange with ", ""},
    {CURLE_URL_MALFORMAT, TD_E_SYNTAX, "not an address: ", ""},
    {CURLE_OK, TD_E_NET_PROTOCOL, "not HTTP, the answer of ", NULL}, /* any other; the last */
};

td_err slot_explain(struct slot *slot, CURLcode code)
{
    struct exchange *exchange = slot->exchange;
    const struct failure *failure = failures;
    while (failure->code != code && failure->code != CURLE_OK)
        failure++;
    const char *what = failure->what != NULL ? failure->what : slot->detail;
    long system = 0;
    if (code == CURLE_COULDNT_CONNECT &&
        curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &system) == CURLE_OK && system != 0)
        what = strerror((int)system);
    if (failure->err == TD_E_NET_CERT)
        what = tls_verify_words(slot->distrust);
    exchange_say(exchange, failure->before, what);
    return failure->err;
}
