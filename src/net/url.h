/* URL of an endpoint or a GET: ws, wss, http, https. Pure, any thread, no memory. */
#ifndef TD_NET_URL_H
#define TD_NET_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

enum { URL_HOST_MAX = 256 };

struct url {
    bool tls;       /* wss, https */
    bool websocket; /* ws, wss */
    bool ipv6;      /* the host is an address that stood in brackets (stored without them) */
    uint16_t port;
    char host[URL_HOST_MAX];
    char target[TD_URL_MAX]; /* path and query, at least "/"; a fragment is cut off */
};

/* TD_E_SYNTAX: not such a URL, user info in it, blank or control characters; TD_E_RANGE: port
   outside 1..65535; TD_E_UNSUPPORTED: no TLS to a host that is not this machine. */
td_err url_parse(struct url *url, const char *text, size_t bytes);
/* The same with or without TLS to any host. */
td_err url_parse_any(struct url *url, const char *text, size_t bytes);

/* "host", "host:port", "[v6]:port" as the Host header wants it: port only when it is not the
   scheme's own. Returns the length; out holds URL_AUTHORITY_MAX. */
enum { URL_AUTHORITY_MAX = URL_HOST_MAX + 10 };
size_t url_authority(const struct url *url, char out[URL_AUTHORITY_MAX]);

/* localhost, 127.x.y.z, ::1 */
bool url_is_loopback(const char *host);

#endif
