#include "net/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct scheme {
    const char *name;
    uint16_t port;
    bool tls, websocket;
};

static const struct scheme schemes[] = {
    {"wss://", 443, true, true},
    {"https://", 443, true, false},
    {"ws://", 80, false, true},
    {"http://", 80, false, false},
};

bool url_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Blanks and control characters would let a configured text write header lines of its own. */
static bool is_printable(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 127)
            return false;
    return true;
}

static const struct scheme *scheme_of(const char *text, size_t bytes)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t length = strlen(schemes[i].name);
        if (bytes >= length && strncasecmp(text, schemes[i].name, length) == 0)
            return &schemes[i];
    }
    return NULL;
}

static bool host_is_clean(const char *host, size_t bytes)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return bytes > 0 && bytes < URL_HOST_MAX && strspn(host, allowed) >= bytes;
}

static td_err parse_port(struct url *url, const char *text, size_t bytes)
{
    uint32_t port = 0;
    TD_FAIL_IF(bytes == 0 || bytes > 5, bytes == 0 ? TD_E_SYNTAX : TD_E_RANGE);
    for (size_t i = 0; i < bytes; i++) {
        TD_FAIL_IF(text[i] < '0' || text[i] > '9', TD_E_SYNTAX);
        port = port * 10 + (uint32_t)(text[i] - '0');
    }
    TD_FAIL_IF(port == 0 || port > UINT16_MAX, TD_E_RANGE);
    url->port = (uint16_t)port;
    return 0;
}

/* text is host, host:port or [v6]:port and NUL-terminated. */
static td_err parse_authority(struct url *url, const char *text)
{
    const char *host = text, *after;
    size_t bytes;
    TD_FAIL_IF(strchr(text, '@') != NULL, TD_E_SYNTAX);
    if (text[0] == '[') {
        struct in6_addr address;
        const char *end = strchr(text, ']');
        TD_FAIL_IF(end == NULL || (size_t)(end - text) >= URL_HOST_MAX, TD_E_SYNTAX);
        host = text + 1, bytes = (size_t)(end - host), after = end + 1;
        memcpy(url->host, host, bytes);
        url->host[bytes] = 0;
        TD_FAIL_IF(inet_pton(AF_INET6, url->host, &address) != 1, TD_E_SYNTAX);
        url->ipv6 = true;
    } else {
        bytes = strcspn(text, ":"), after = text + bytes;
        TD_FAIL_IF(!host_is_clean(host, bytes), TD_E_SYNTAX);
        memcpy(url->host, host, bytes);
        url->host[bytes] = 0;
    }
    TD_FAIL_IF(*after != 0 && *after != ':', TD_E_SYNTAX);
    return *after == ':' ? parse_port(url, after + 1, strlen(after + 1)) : 0;
}

td_err url_parse_any(struct url *url, const char *text, size_t bytes)
{
    char authority[URL_AUTHORITY_MAX + 2];
    const struct scheme *scheme = scheme_of(text, bytes);
    TD_FAIL_IF(scheme == NULL || bytes >= TD_URL_MAX || !is_printable(text, bytes), TD_E_SYNTAX);
    memset(url, 0, sizeof *url);
    url->tls = scheme->tls, url->websocket = scheme->websocket, url->port = scheme->port;

    const char *at = text + strlen(scheme->name), *end = text + bytes;
    size_t length = 0;
    while (at + length < end && strchr("/?#", at[length]) == NULL)
        length++;
    TD_FAIL_IF(length >= sizeof authority, TD_E_SYNTAX);
    memcpy(authority, at, length);
    authority[length] = 0;
    TD_TRY(parse_authority(url, authority));

    at += length;
    const char *fragment = memchr(at, '#', (size_t)(end - at));
    length = (size_t)((fragment ? fragment : end) - at);
    size_t slash = length == 0 || *at != '/' ? 1 : 0;
    if (slash)
        url->target[0] = '/';
    memcpy(url->target + slash, at, length);
    url->target[slash + length] = 0;
    return 0;
}

td_err url_parse(struct url *url, const char *text, size_t bytes)
{
    TD_TRY(url_parse_any(url, text, bytes));
    TD_FAIL_IF(!url->tls && !url_is_loopback(url->host), TD_E_UNSUPPORTED);
    return 0;
}

size_t url_authority(const struct url *url, char out[URL_AUTHORITY_MAX])
{
    const char *open = url->ipv6 ? "[" : "", *close = url->ipv6 ? "]" : "";
    int length = url->port == (url->tls ? 443 : 80)
                     ? snprintf(out, URL_AUTHORITY_MAX, "%s%s%s", open, url->host, close)
                     : snprintf(out, URL_AUTHORITY_MAX, "%s%s%s:%u", open, url->host, close,
                                (unsigned)url->port);
    TD_ASSERT(length > 0 && length < URL_AUTHORITY_MAX, "host was checked when parsed");
    return (size_t)length;
}
