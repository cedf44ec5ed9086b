#include "net/http.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/utc.h"
#include "test.h"

/* What a response came to. */
struct outcome {
    int result; /* HTTP_END, HTTP_MORE, or an error */
    struct http_head head;
    char body[4096];
    size_t body_bytes, rest;
};

static struct outcome feed(const char *text, size_t bytes, size_t cut, bool close)
{
    static struct http_parser parser;
    struct outcome outcome = {0};
    size_t piece[2] = {cut, bytes - cut};
    http_start(&parser);
    for (int i = 0; i < 2; i++) {
        const char *at = i == 0 ? text : text + cut;
        size_t left = piece[i];
        while ((outcome.result = http_step(&parser, &at, &left)) == HTTP_HEAD ||
               outcome.result == HTTP_BODY) {
            if (outcome.result == HTTP_HEAD)
                continue;
            CHECK(outcome.body_bytes + parser.body_bytes <= sizeof outcome.body);
            memcpy(outcome.body + outcome.body_bytes, parser.body, parser.body_bytes);
            outcome.body_bytes += parser.body_bytes;
        }
        outcome.rest += left;
        if (outcome.result < 0)
            break;
    }
    if (close && outcome.result == HTTP_MORE)
        outcome.result = http_closed(&parser);
    outcome.head = parser.head;
    return outcome;
}

/* The same outcome however the bytes are split in two. */
static struct outcome feed_all_splits(const char *text, size_t bytes, bool close)
{
    struct outcome whole = feed(text, bytes, bytes, close);
    for (size_t cut = 0; cut < bytes; cut++) {
        struct outcome split = feed(text, bytes, cut, close);
        CHECK_EQ_I64(split.result, whole.result);
        CHECK_EQ_I64(split.head.status, whole.head.status);
        CHECK_EQ_U64(split.body_bytes, whole.body_bytes);
        CHECK_EQ_MEM(split.body, whole.body, whole.body_bytes);
        if (whole.result == HTTP_END)
            CHECK_EQ_U64(split.rest, whole.rest);
    }
    return whole;
}

static struct outcome response(const char *text)
{
    return feed_all_splits(text, strlen(text), false);
}

static void expect_body(const struct outcome *outcome, const char *body)
{
    CHECK_EQ_I64(outcome->result, HTTP_END);
    CHECK_EQ_U64(outcome->body_bytes, strlen(body));
    CHECK_EQ_MEM(outcome->body, body, strlen(body));
}

TEST(content_length)
{
    struct outcome outcome =
        response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhelloNEXT");
    expect_body(&outcome, "hello");
    CHECK_EQ_I64(outcome.head.status, 200);
    CHECK_EQ_U64(outcome.rest, 4); /* what follows is not ours */
    outcome = response("HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n");
    expect_body(&outcome, "");
    CHECK_EQ_I64(outcome.head.status, 404);
}

TEST(chunked)
{
    struct outcome outcome =
        response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "4\r\nWiki\r\nA;ext=1\r\npedia 0123\r\n0\r\nTrailer: x\r\n\r\nREST");
    expect_body(&outcome, "Wikipedia 0123");
    CHECK_EQ_U64(outcome.rest, 4);
    outcome = response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    expect_body(&outcome, "");
}

TEST(until_close)
{
    static const char text[] = "HTTP/1.0 200 OK\n\nall that comes";
    struct outcome outcome = feed_all_splits(text, sizeof text - 1, true);
    expect_body(&outcome, "all that comes");
    CHECK_EQ_I64(feed_all_splits(text, sizeof text - 1, false).result, HTTP_MORE);
}

TEST(dropped_in_the_middle)
{
    static const char *const cut[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTT",
        ""};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        CHECK_EQ_I64(feed_all_splits(cut[i], strlen(cut[i]), true).result, TD_E_NET_CLOSED);
}

TEST(no_body_by_status)
{
    struct outcome outcome = response("HTTP/1.1 204 No Content\r\n\r\nREST");
    expect_body(&outcome, "");
    CHECK_EQ_U64(outcome.rest, 4);
    outcome = response("HTTP/1.1 101 Switching Protocols\r\nContent-Length: 9\r\n\r\n\x81\x01x");
    expect_body(&outcome, "");
    CHECK_EQ_U64(outcome.rest, 3);
}

TEST(interim_answers_are_passed_over)
{
    struct outcome outcome =
        response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect_body(&outcome, "ok");
    CHECK_EQ_I64(outcome.head.status, 200);
}

TEST(garbage_is_refused)
{
    static const char *const bad[] = {
        "SSH-2.0-OpenSSH\r\n\r\n",
        "<html>\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: x\r\n folded: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ_I64(response(bad[i]).result, TD_E_NET_PROTOCOL);
    CHECK_EQ_I64(feed_all_splits("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 26, false).result,
                 TD_E_NET_PROTOCOL);
}

static int feed_repeated(const char *start, const char *unit, size_t count)
{
    static struct http_parser parser;
    size_t left = strlen(start);
    http_start(&parser);
    int result = http_step(&parser, &start, &left);
    for (size_t i = 0; i < count && result == HTTP_MORE; i++) {
        const char *at = unit;
        left = strlen(unit);
        result = http_step(&parser, &at, &left);
    }
    return result;
}

TEST(huge_heads_are_refused)
{
    CHECK_EQ_I64(feed_repeated("HTTP/1.1 200 OK\r\nA: ", "x", HTTP_LINE_MAX - 4), HTTP_MORE);
    CHECK_EQ_I64(feed_repeated("HTTP/1.1 200 OK\r\nA: ", "x", HTTP_LINE_MAX), TD_E_NET_PROTOCOL);
    CHECK_EQ_I64(feed_repeated("HTTP/1.1 200 OK\r\n", "Name: value\r\n", HTTP_HEAD_MAX / 13 - 3),
                 HTTP_MORE);
    CHECK_EQ_I64(feed_repeated("HTTP/1.1 200 OK\r\n", "Name: value\r\n", HTTP_HEAD_MAX / 13 + 1),
                 TD_E_NET_PROTOCOL);
    CHECK_EQ_I64(feed_repeated("", "HTTP/1.1 100 C\r\n\r\n", HTTP_HEAD_MAX / 18 + 2),
                 TD_E_NET_PROTOCOL);
}

TEST(upgrade_is_proven_by_its_key)
{
    char accept[HTTP_ACCEPT_TEXT], key[HTTP_KEY_TEXT];
    http_accept("dGhlIHNhbXBsZSBub25jZQ==", accept); /* the RFC's own example */
    CHECK_EQ_STR(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    http_key((const uint8_t *)"the sample nonce", key);
    CHECK_EQ_STR(key, "dGhlIHNhbXBsZSBub25jZQ==");

    struct http_head head =
        response("HTTP/1.1 101 X\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
                 "sec-websocket-accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \r\n\r\n")
            .head;
    CHECK_EQ_I64(http_upgrade_check(&head, key), 0);
    CHECK_EQ_I64(http_upgrade_check(&head, "AAAAAAAAAAAAAAAAAAAAAA=="), TD_E_NET_PROTOCOL);
    head.extension = true;
    CHECK_EQ_I64(http_upgrade_check(&head, key), TD_E_NET_PROTOCOL);
    head.extension = false, head.upgrade_websocket = false;
    CHECK_EQ_I64(http_upgrade_check(&head, key), TD_E_NET_PROTOCOL);
    head.status = 200;
    CHECK_EQ_I64(http_upgrade_check(&head, key), TD_E_NET_REFUSED);
}

TEST(request_texts)
{
    struct url url;
    char out[1024];
    CHECK_EQ_I64(url_parse(&url, "wss://[::1]:8443/ws?x=1", 23), 0);
    int bytes = http_upgrade(out, sizeof out, &url, "dGhlIHNhbXBsZSBub25jZQ==", NULL);
    CHECK(bytes > 0 && bytes < (int)sizeof out);
    CHECK(strncmp(out, "GET /ws?x=1 HTTP/1.1\r\nHost: [::1]:8443\r\n", 40) == 0);
    CHECK(strstr(out, "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") != NULL);
    CHECK_EQ_STR(out + bytes - 4, "\r\n\r\n");
    CHECK_EQ_I64(http_upgrade(out, (size_t)bytes, &url, "dGhlIHNhbXBsZSBub25jZQ==", NULL),
                 TD_E_NO_ROOM);
    bytes = http_upgrade(out, sizeof out, &url, "dGhlIHNhbXBsZSBub25jZQ==", "A: b\r\nC: d\r\n");
    CHECK_EQ_STR(out + bytes - 16, "\r\nA: b\r\nC: d\r\n\r\n");
    CHECK(http_get(out, sizeof out, &url) > 0);
    CHECK(strstr(out, "\r\nConnection: close\r\n") != NULL);
    CHECK_EQ_I64(http_get(out, 20, &url), TD_E_NO_ROOM);
}

TEST(retry_after)
{
    struct http_head head = {0};
    int64_t wall_ns = td_utc_to_ns(
        &(struct td_utc){.year = 2026, .month = 11, .day = 20, .hour = 7, .minute = 28});
    static const struct {
        const char *text;
        int64_t seconds;
    } table[] = {
        {"", 0},
        {"0", 0},
        {"-5", 0},
        {"30", 30},
        {"soon", 0},
        {"999999999", 86400},
        {"12 s", 0},
        {"Fri, 20 Nov 2026 07:30:00 GMT", 120},
        {"Fri, 20 Nov 2026 07:27:00 GMT", 0},
        {"Fri, 20 Foo 2026 07:30:00 GMT", 0},
        {"Fri, 20 anF 2026 07:30:00 GMT", 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        snprintf(head.retry_after, sizeof head.retry_after, "%s", table[i].text);
        CHECK_EQ_I64(http_retry_after_ns(&head, wall_ns), table[i].seconds * TD_NS_PER_S);
    }
}
