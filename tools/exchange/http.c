#include "exchange/http.h"

#include <string.h>
#include <strings.h>

#include "base/decimal.h"

static const char *reason(int status)
{
    return status == 200   ? "OK"
           : status == 400 ? "Bad Request"
           : status == 403 ? "Forbidden"
           : status == 404 ? "Not Found"
           : status == 429 ? "Too Many Requests"
           : status == 503 ? "Service Unavailable"
                           : "Other";
}

void http_answer(struct peer *peer, int status, const char *type, const char *body, size_t bytes)
{
    char head[256];
    struct td_str out = td_str_on(head, sizeof head);
    td_str_add_format(&out,
                      "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
                      "Connection: close\r\n\r\n",
                      status, reason(status), type, bytes,
                      status == 429 || status == 403 || status == 503 ? "Retry-After: 2\r\n" : "");
    peer_put(peer, head, out.bytes);
    peer_put(peer, body, bytes);
    if (peer->end == PEER_STAYS)
        peer->end = PEER_ENDS;
}

struct td_text http_header(const char *head, const char *name)
{
    size_t name_bytes = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && line[2] != '\r';
         line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, name_bytes) != 0 || at[name_bytes] != ':')
            continue;
        at += name_bytes + 1;
        at += strspn(at, " \t");
        return (struct td_text){at, (uint32_t)strcspn(at, "\r")};
    }
    return (struct td_text){NULL, 0};
}

size_t http_body_bytes(const char *head)
{
    struct td_text length = http_header(head, "Content-Length");
    int64_t bytes;
    return length.at && td_integer_parse(length.at, length.bytes, &bytes) == 0 && bytes > 0
               ? (size_t)bytes
               : 0;
}
