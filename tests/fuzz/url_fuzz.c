/* URLs of the configuration: what is taken is in bounds, fit for a request line, and the same when its parts are put together again. */
#include <stdio.h>
#include <string.h>

#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool is_graphic(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 127)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct url first, second;
    char authority[URL_AUTHORITY_MAX];
    static char text[TD_URL_MAX * 2];
    if (url_parse(&first, (const char *)data, bytes) < 0)
        return 0;
    TD_ASSERT(memchr(first.host, 0, sizeof first.host) && first.host[0], "a host that ends");
    TD_ASSERT(memchr(first.target, 0, sizeof first.target) && first.target[0] == '/',
              "a target that ends");
    TD_ASSERT(is_graphic(first.host) && is_graphic(first.target), "nothing that ends a line");
    TD_ASSERT(strchr(first.target, '#') == NULL, "no fragment");
    TD_ASSERT(first.port > 0, "a port");
    TD_ASSERT(first.tls || url_is_loopback(first.host), "only this machine without TLS");
    size_t length = url_authority(&first, authority);
    TD_ASSERT(length == strlen(authority) && length < sizeof authority, "an authority that ends");
    int written = snprintf(text, sizeof text, "%s%s://%s%s", first.websocket ? "ws" : "http",
                           first.tls ? "s" : "", authority, first.target);
    if (written >= TD_URL_MAX)
        return 0; /* a default path made it longer than what is taken */
    td_err err = url_parse(&second, text, (size_t)written);
    TD_ASSERT(err == 0 && first.tls == second.tls && first.websocket == second.websocket &&
                  first.ipv6 == second.ipv6 && first.port == second.port &&
                  strcmp(first.host, second.host) == 0 && strcmp(first.target, second.target) == 0,
              "the same again");
    return 0;
}
