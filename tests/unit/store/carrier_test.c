#include "store/carrier.h"

#include <string.h>

#include "test.h"

static struct exchange exchange;

static td_err line(const char *text)
{
    return exchange_line(&exchange, text, strlen(text));
}

TEST(a_head_is_taken_line_by_line)
{
    CHECK_EQ_I64(line("HTTP/1.1 200 OK\r\n"), 0);
    CHECK_EQ_I64(line("Content-Length: 5\r\n"), 0);
    CHECK_EQ_I64(line("X-GOOG-Hash:\t crc32c=AAAAAA== \r\n"), 0);
    CHECK_EQ_I64(line("ETag:\r\n"), 0);
    CHECK_EQ_I64(line(" folded: is left out\r\n"), 0);
    CHECK_EQ_I64(line("no colon is left out\r\n"), 0);
    CHECK_EQ_I64(line("\r\n"), 0);
    CHECK_EQ_I64(exchange.status, 200);
    CHECK_EQ_I64(exchange.content_length, 5);
    CHECK_EQ_I64(exchange.header_count, 2); /* and a length that is kept apart */
    CHECK_EQ_STR(exchange_header(&exchange, "x-goog-hash"), "crc32c=AAAAAA==");
    CHECK_EQ_STR(exchange_header(&exchange, "etag"), "");
    CHECK(exchange_header(&exchange, "folded") == NULL);
}

TEST(an_interim_answer_is_forgotten)
{
    CHECK_EQ_I64(line("HTTP/1.1 103 Early Hints\r\n"), 0);
    CHECK_EQ_I64(line("Link: </a>\r\n"), 0);
    CHECK_EQ_I64(line("Content-Length: 7\r\n"), 0);
    CHECK_EQ_I64(line("HTTP/1.1 404\r\n"), 0);
    CHECK_EQ_I64(exchange.status, 404);
    CHECK_EQ_I64(exchange.header_count, 0);
    CHECK_EQ_I64(exchange.content_length, -1);
}

TEST(status_lines_that_are_none)
{
    static const char *const bad[] = {"HTTP/1.1 OK\r\n", "HTTP/1.1 2x0 no\r\n", "HTTP/1.1\r\n",
                                      "HTTP/1.1 099 low\r\n", "HTTP/1.1200 OK"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ_I64(line(bad[i]), TD_E_NET_PROTOCOL);
}

TEST(lengths_must_be_numbers_and_agree)
{
    static const char *const bad[] = {"Content-Length: -1\r\n", "Content-Length: 5, 5\r\n",
                                      "content-length:\r\n",
                                      "Content-Length: 1000000000000000000\r\n"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_EQ_I64(line("HTTP/1.1 200 OK\r\n"), 0);
        CHECK_EQ_I64(line(bad[i]), TD_E_NET_PROTOCOL);
    }
    CHECK_EQ_I64(line("HTTP/1.1 200 OK\r\n"), 0);
    CHECK_EQ_I64(line("Content-Length: 5\r\n"), 0);
    CHECK_EQ_I64(line("Content-Length: 5\r\n"), 0);
    CHECK_EQ_I64(line("Content-Length: 6\r\n"), TD_E_NET_PROTOCOL);
}

TEST(chunks_have_no_length)
{
    CHECK_EQ_I64(line("HTTP/1.1 200 OK\r\n"), 0);
    CHECK_EQ_I64(line("Content-Length: 5\r\n"), 0);
    CHECK_EQ_I64(line("Transfer-Encoding: chunked\r\n"), 0);
    CHECK_EQ_I64(line("\r\n"), 0);
    CHECK_EQ_I64(exchange.content_length, -1);
}

TEST(what_does_not_fit_is_left_out)
{
    char text[1024];
    CHECK_EQ_I64(line("HTTP/1.1 200 OK\r\n"), 0);
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    text[ANSWER_NAME_MAX] = ':'; /* a name one too long */
    CHECK_EQ_I64(line(text), 0);
    memcpy(text, "etag: ", 6);
    text[6 + ANSWER_VALUE_MAX] = 0;
    CHECK_EQ_I64(line(text), 0);
    CHECK_EQ_I64(exchange.header_count, 0);
    text[6 + ANSWER_VALUE_MAX - 1] = 0;
    CHECK_EQ_I64(line(text), 0);
    CHECK_EQ_I64(exchange.header_count, 1);
    for (unsigned i = 0; i < ANSWER_HEADERS + 5; i++)
        CHECK_EQ_I64(line("Date: d\r\n"), 0);
    CHECK_EQ_I64(exchange.header_count, ANSWER_HEADERS);
}

/* Behind a proxy or with a cloud's settings an object has more headers than we have room for, and ours come last. */
TEST(headers_that_nobody_reads_take_no_room)
{
    char text[64];
    CHECK_EQ_I64(line("HTTP/1.1 200 OK\r\n"), 0);
    for (unsigned i = 0; i < 5 * ANSWER_HEADERS; i++) {
        snprintf(text, sizeof text, "x-amz-meta-other-%u: v\r\n", i);
        CHECK_EQ_I64(line(text), 0);
    }
    CHECK_EQ_I64(line("x-amz-meta-tape-bytes: 7\r\n"), 0);
    CHECK_EQ_I64(line("x-amz-checksum-type: FULL_OBJECT\r\n"), 0);
    CHECK_EQ_I64(line("Content-Range: bytes 0-6/7\r\n"), 0);
    CHECK_EQ_STR(exchange_header(&exchange, "x-amz-meta-tape-bytes"), "7");
    CHECK_EQ_STR(exchange_header(&exchange, "x-amz-checksum-type"), "FULL_OBJECT");
    CHECK_EQ_STR(exchange_header(&exchange, "content-range"), "bytes 0-6/7");
    CHECK_EQ_I64(exchange.header_count, 3);
}

TEST(patience_is_asked_for_in_seconds_or_by_a_date)
{
    CHECK_EQ_I64(line("HTTP/1.1 503 Slow\r\n"), 0);
    CHECK_EQ_I64(exchange_retry_after_ms(&exchange), 0);
    CHECK_EQ_I64(line("Date: Wed, 21 Oct 2026 07:28:00 GMT\r\n"), 0);
    CHECK_EQ_I64(line("Retry-After: Wed, 21 Oct 2026 07:28:09 GMT\r\n"), 0);
    CHECK_EQ_I64(exchange_retry_after_ms(&exchange), 9000);
    CHECK_EQ_I64(line("HTTP/1.1 503 Slow\r\n"), 0);
    CHECK_EQ_I64(line("Retry-After: 35999\r\n"), 0);
    CHECK_EQ_I64(exchange_retry_after_ms(&exchange), 900000);
}
