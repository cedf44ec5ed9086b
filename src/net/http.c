#include "net/http.h"

#include <mbedtls/base64.h>
#include <mbedtls/sha1.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "base/utc.h"

enum state {
    ST_STATUS,
    ST_HEADER,
    ST_BODY,
    ST_UNTIL_CLOSE,
    ST_CHUNK_SIZE,
    ST_CHUNK,
    ST_CHUNK_END,
    ST_TRAILER,
    ST_END
};

#define RETRY_AFTER_MAX_S 86400
#define HOLD_NS (60 * TD_NS_PER_S)

void http_start(struct http_parser *parser)
{
    memset(parser, 0, offsetof(struct http_parser, line));
    parser->head.content_bytes = -1;
}

/* ---- head ---- */

static td_err parse_status(struct http_parser *parser)
{
    const char *line = parser->line;
    TD_FAIL_IF(parser->line_bytes < 12 || strncmp(line, "HTTP/1.", 7) != 0, TD_E_NET_PROTOCOL);
    TD_FAIL_IF((line[7] != '0' && line[7] != '1') || line[8] != ' ', TD_E_NET_PROTOCOL);
    int status = 0;
    for (int i = 9; i < 12; i++) {
        TD_FAIL_IF(line[i] < '0' || line[i] > '9', TD_E_NET_PROTOCOL);
        status = status * 10 + line[i] - '0';
    }
    TD_FAIL_IF(status < 100 || (line[12] != 0 && line[12] != ' '), TD_E_NET_PROTOCOL);
    parser->head.status = status;
    return 0;
}

/* Does a comma-separated header value name this token? */
static bool has_token(const char *value, const char *token)
{
    size_t length = strlen(token);
    while (*value) {
        value += strspn(value, " \t,");
        size_t word = strcspn(value, " \t,;");
        if (word == length && strncasecmp(value, token, length) == 0)
            return true;
        value += strcspn(value, ",");
    }
    return false;
}

static void keep(char *out, size_t cap, const char *value)
{
    size_t length = strlen(value);
    length = length < cap ? length : cap - 1;
    memcpy(out, value, length);
    out[length] = 0;
}

static td_err content_length(struct http_head *head, const char *value)
{
    int64_t bytes;
    TD_FAIL_IF(td_integer_parse(value, strlen(value), &bytes) < 0 || bytes < 0, TD_E_NET_PROTOCOL);
    TD_FAIL_IF(head->content_bytes >= 0 && head->content_bytes != bytes, TD_E_NET_PROTOCOL);
    head->content_bytes = bytes;
    return 0;
}

static td_err take_header(struct http_head *head, const char *name, const char *value)
{
    if (strcasecmp(name, "content-length") == 0)
        return content_length(head, value);
    if (strcasecmp(name, "transfer-encoding") == 0) {
        head->chunked = strcasecmp(value, "chunked") == 0;
        return head->chunked || strcasecmp(value, "identity") == 0 ? 0 : TD_E_NET_PROTOCOL;
    }
    if (strcasecmp(name, "upgrade") == 0)
        head->upgrade_websocket = has_token(value, "websocket");
    else if (strcasecmp(name, "sec-websocket-accept") == 0)
        keep(head->accept, sizeof head->accept, value);
    else if (strcasecmp(name, "sec-websocket-extensions") == 0)
        head->extension = true;
    else if (strcasecmp(name, "retry-after") == 0)
        keep(head->retry_after, sizeof head->retry_after, value);
    else if (strcasecmp(name, "content-type") == 0)
        keep(head->content_type, sizeof head->content_type, value);
    return 0;
}

static td_err parse_header(struct http_parser *parser)
{
    char *line = parser->line, *colon = strchr(line, ':');
    /* A line that starts with a blank would continue the one before: withdrawn from HTTP, a
     * smuggler's tool. */
    TD_FAIL_IF(colon == NULL || colon == line || *line == ' ' || *line == '\t', TD_E_NET_PROTOCOL);
    *colon = 0;
    TD_FAIL_IF(strpbrk(line, " \t") != NULL, TD_E_NET_PROTOCOL);
    char *value = colon + 1 + strspn(colon + 1, " \t"), *end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = 0;
    return take_header(&parser->head, line, value);
}

static int head_complete(struct http_parser *parser)
{
    struct http_head *head = &parser->head;
    if (head->status < 200 && head->status != 101) { /* interim answer: the real one follows */
        uint32_t head_bytes = parser->head_bytes;
        http_start(parser);
        parser->head_bytes = head_bytes; /* so that a stream of them ends */
        return HTTP_MORE;
    }
    if (head->status == 101 || head->status == 204 || head->status == 304)
        parser->state = ST_END;
    else if (head->chunked)
        parser->state = ST_CHUNK_SIZE;
    else if (head->content_bytes >= 0) {
        parser->left = head->content_bytes;
        parser->state = parser->left > 0 ? ST_BODY : ST_END;
    } else
        parser->state = ST_UNTIL_CLOSE;
    return HTTP_HEAD;
}

/* ---- body ---- */

static td_err parse_chunk_size(struct http_parser *parser)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = parser->line;
    int64_t bytes = 0;
    for (; *at && *at != ';' && *at != ' ' && *at != '\t'; at++) {
        const char *digit = strchr(digits, *at | 0x20);
        TD_FAIL_IF(digit == NULL || bytes >> 40, TD_E_NET_PROTOCOL);
        bytes = bytes * 16 + (digit - digits);
    }
    TD_FAIL_IF(at == parser->line, TD_E_NET_PROTOCOL);
    parser->left = bytes;
    parser->state = bytes > 0 ? ST_CHUNK : ST_TRAILER;
    return 0;
}

static int take_line(struct http_parser *parser)
{
    switch (parser->state) {
    case ST_STATUS:
        parser->state = ST_HEADER;
        return parse_status(parser);
    case ST_HEADER:
        return parser->line_bytes == 0 ? head_complete(parser) : parse_header(parser);
    case ST_CHUNK_SIZE:
        return parse_chunk_size(parser);
    case ST_CHUNK_END:
        parser->state = ST_CHUNK_SIZE;
        return parser->line_bytes == 0 ? HTTP_MORE : TD_E_NET_PROTOCOL;
    default: /* ST_TRAILER */
        if (parser->line_bytes == 0)
            parser->state = ST_END;
        return HTTP_MORE;
    }
}

/* Gathers a line: 1 when it is complete (NUL-terminated, without line end), 0 when more input is
 * needed. */
static int gather_line(struct http_parser *parser, const char **at, size_t *left)
{
    const char *end = memchr(*at, '\n', *left);
    size_t bytes = end ? (size_t)(end - *at) : *left;
    bool of_head = parser->state <= ST_HEADER || parser->state == ST_TRAILER;
    TD_FAIL_IF(parser->line_bytes + bytes >= HTTP_LINE_MAX, TD_E_NET_PROTOCOL);
    TD_FAIL_IF(of_head && parser->head_bytes + bytes + 1 > HTTP_HEAD_MAX, TD_E_NET_PROTOCOL);
    memcpy(parser->line + parser->line_bytes, *at, bytes);
    parser->line_bytes += (uint32_t)bytes;
    if (of_head)
        parser->head_bytes += (uint32_t)bytes + 1;
    *at += bytes + (end != NULL), *left -= bytes + (end != NULL);
    if (end == NULL)
        return 0;
    if (parser->line_bytes > 0 && parser->line[parser->line_bytes - 1] == '\r')
        parser->line_bytes--;
    parser->line[parser->line_bytes] = 0;
    return strlen(parser->line) == parser->line_bytes ? 1 : TD_E_NET_PROTOCOL;
}

static int take_body(struct http_parser *parser, const char **at, size_t *left)
{
    bool bounded = parser->state != ST_UNTIL_CLOSE;
    size_t bytes = bounded && (uint64_t)parser->left < *left ? (size_t)parser->left : *left;
    parser->body = *at, parser->body_bytes = bytes;
    *at += bytes, *left -= bytes;
    if (bounded) {
        parser->left -= (int64_t)bytes;
        if (parser->left == 0)
            parser->state = parser->state == ST_CHUNK ? ST_CHUNK_END : ST_END;
    }
    return HTTP_BODY;
}

int http_step(struct http_parser *parser, const char **at, size_t *left)
{
    for (;;) {
        if (parser->state == ST_END)
            return HTTP_END;
        if (*left == 0)
            return HTTP_MORE;
        if (parser->state == ST_BODY || parser->state == ST_UNTIL_CLOSE ||
            parser->state == ST_CHUNK)
            return take_body(parser, at, left);
        int line = gather_line(parser, at, left);
        if (line <= 0)
            return line;
        int part = take_line(parser);
        parser->line_bytes = 0;
        if (part != HTTP_MORE)
            return part;
    }
}

int http_closed(struct http_parser *parser)
{
    return parser->state == ST_UNTIL_CLOSE || parser->state == ST_END ? HTTP_END : TD_E_NET_CLOSED;
}

/* ---- requests ---- */

static int request(char *out, size_t cap, const struct url *url, const char *method,
                   const char *more)
{
    char authority[URL_AUTHORITY_MAX];
    url_authority(url, authority);
    int bytes = snprintf(
        out, cap,
        "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: tapedeck\r\nAccept: application/json, */*\r\n"
        "Accept-Encoding: identity\r\nConnection: close\r\n%s\r\n",
        method, url->target, authority, more);
    return bytes > 0 && (size_t)bytes < cap ? bytes : TD_E_NO_ROOM;
}

int http_get(char *out, size_t cap, const struct url *url)
{
    return request(out, cap, url, "GET", "");
}

int http_post(char *out, size_t cap, const struct url *url)
{
    return request(out, cap, url, "POST", "Content-Length: 0\r\n");
}

int http_upgrade(char *out, size_t cap, const struct url *url, const char key[HTTP_KEY_TEXT],
                 const char *headers)
{
    char authority[URL_AUTHORITY_MAX];
    url_authority(url, authority);
    int bytes = snprintf(
        out, cap,
        "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: tapedeck\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
        url->target, authority, key, headers ? headers : "");
    return bytes > 0 && (size_t)bytes < cap ? bytes : TD_E_NO_ROOM;
}

void http_key(const uint8_t random[16], char key[HTTP_KEY_TEXT])
{
    size_t bytes;
    int result = mbedtls_base64_encode((unsigned char *)key, HTTP_KEY_TEXT, &bytes, random, 16);
    TD_ASSERT(result == 0 && bytes == HTTP_KEY_TEXT - 1, "16 bytes make 24 characters");
}

void http_accept(const char *key, char accept[HTTP_ACCEPT_TEXT])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 */
    unsigned char text[HTTP_KEY_TEXT + sizeof guid], digest[20];
    size_t key_bytes = strlen(key), bytes;
    TD_ASSERT(key_bytes < HTTP_KEY_TEXT, "a key has 24 characters");
    memcpy(text, key, key_bytes);
    memcpy(text + key_bytes, guid, sizeof guid - 1);
    int result = mbedtls_sha1(text, key_bytes + sizeof guid - 1, digest);
    TD_ASSERT(result == 0, "SHA-1 of a short text cannot fail");
    result = mbedtls_base64_encode((unsigned char *)accept, HTTP_ACCEPT_TEXT, &bytes, digest,
                                   sizeof digest);
    TD_ASSERT(result == 0, "20 bytes make 28 characters");
}

td_err http_upgrade_check(const struct http_head *head, const char *key)
{
    char accept[HTTP_ACCEPT_TEXT];
    TD_FAIL_IF(head->status != 101, TD_E_NET_REFUSED);
    http_accept(key, accept);
    /* No extension was offered, so one that is answered would change bytes behind our back. */
    TD_FAIL_IF(!head->upgrade_websocket || head->extension || strcmp(accept, head->accept) != 0,
               TD_E_NET_PROTOCOL);
    return 0;
}

bool http_date(const char *text, int64_t *ns)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct td_utc utc = {0};
    char month[4];
    if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &utc.day, month, &utc.year, &utc.hour,
               &utc.minute, &utc.second) != 6)
        return false;
    const char *found = strstr(months, month);
    if (found == NULL || strlen(month) != 3 || (found - months) % 3 != 0)
        return false;
    utc.month = (int)(found - months) / 3 + 1;
    if (utc.year < 2000 || utc.year > 2100 || utc.day < 1 || utc.day > 31 || utc.hour < 0 ||
        utc.hour > 23 || utc.minute < 0 || utc.minute > 59 || utc.second < 0 || utc.second > 60)
        return false;
    *ns = td_utc_to_ns(&utc);
    return true;
}

int64_t http_retry_after_ns(const struct http_head *head, int64_t wall_ns)
{
    int64_t seconds, date_ns;
    if (td_integer_parse(head->retry_after, strlen(head->retry_after), &seconds) < 0) {
        if (!http_date(head->retry_after, &date_ns))
            return 0;
        seconds = (date_ns - wall_ns + TD_NS_PER_S - 1) / TD_NS_PER_S;
    }
    if (seconds <= 0)
        return 0;
    return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * TD_NS_PER_S;
}

int64_t http_hold_ns(const struct http_head *head, int64_t wall_ns)
{
    int64_t said_ns = http_retry_after_ns(head, wall_ns);
    bool limited = head->status == 418 || head->status == 429;
    return said_ns > 0 || !limited ? said_ns : HOLD_NS;
}
