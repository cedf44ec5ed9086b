#include "store/carrier_rig.h"

/* Servers that break the protocol, lie or dawdle: an error each, soon, and nothing that grows. */

static struct asked first, second;

static const char *script; /* what the server says to a request before it hangs up, or for ever */

static void say_script(struct peer *peer)
{
    peer_head(peer);
    peer_body(peer);
    peer_text(peer, script);
    if (strstr(script, "keep") != NULL)
        peer_drain(peer);
}

static struct exchange *answer_of(const char *text)
{
    script = text;
    rig_serve(NULL, say_script);
    rig_carrier(20, 0);
    struct exchange *got = rig_get(&first, "/");
    rig_close();
    return got;
}

TEST(interim_answers_are_passed_over)
{
    struct exchange *got =
        answer_of("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                  "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\netag: b\r\n\r\nno");
    CHECK_EQ_I64(got->err, 0);
    CHECK_EQ_I64(got->status, 404);
    CHECK_EQ_I64(got->header_count, 1);
    CHECK_EQ_STR(exchange_header(got, "etag"), "b");
    CHECK_EQ_MEM(first.taken, "no", 2);
}

TEST(chunks_are_put_together_and_what_stands_behind_them_is_no_header)
{
    struct exchange *got = answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     "3\r\nabc\r\n2\r\nde\r\n0\r\netag: late\r\n\r\n");
    CHECK_EQ_I64(got->err, 0);
    CHECK_EQ_I64(got->content_length, -1);
    CHECK_EQ_I64(got->got_bytes, 5);
    CHECK_EQ_MEM(first.taken, "abcde", 5);
    CHECK(exchange_header(got, "etag") == NULL);
    got = answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\netag: late\r\n\r\n");
    CHECK_EQ_I64(got->err, 0);
    CHECK(exchange_header(got, "etag") == NULL);
}

TEST(redirects_cookies_and_compression_are_left_alone)
{
    struct exchange *got = answer_of(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nSet-Cookie: a=b\r\n"
        "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc");
    CHECK_EQ_I64(got->err, 0);
    CHECK_EQ_I64(got->status, 307);
    CHECK_EQ_MEM(first.taken, "abc", 3);
}

TEST(answers_that_are_none_are_errors)
{
    static const struct {
        const char *text;
        td_err err;
    } rows[] = {
        {"", TD_E_NET_CLOSED},
        {"nonsense\r\n\r\n", TD_E_NET_PROTOCOL},
        {"HTTP/1.1 abc what\r\n\r\n", TD_E_NET_PROTOCOL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", TD_E_NET_CLOSED},
        {"HTTP/1.1 200 OK\r\nContent-Le", TD_E_NET_CLOSED},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
         TD_E_NET_PROTOCOL},
        {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", TD_E_NET_PROTOCOL},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
         TD_E_NET_CLOSED},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", TD_E_NET_CLOSED},
        {"HTTP/1.1 100 Continue\r\n\r\n", TD_E_NET_CLOSED},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange *got = answer_of(rows[i].text);
        if (got->err != rows[i].err)
            FAIL("%s: %d (%s)", rows[i].text, got->err, got->words);
        CHECK(strstr(got->words, "127.0.0.1") != NULL);
    }
}

static void say_too_much(struct peer *peer)
{
    peer_head(peer);
    peer_text(peer,
              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-amz-bucket-region: first\r\n\r\nhello"
              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
    peer_drain(peer);
}

static void say_too_much_then_serve(struct peer *peer)
{
    if (peer->nth == 0)
        say_too_much(peer);
    peer_store(peer);
}

TEST(what_stands_behind_an_answer_is_nobodys)
{
    rig_serve(NULL, say_too_much_then_serve);
    rig_carrier(20, 0);
    CHECK_EQ_I64(rig_get(&first, "/")->got_bytes, 5);
    CHECK_EQ_MEM(first.taken, "hello", 5);
    CHECK_EQ_STR(exchange_header(rig_get(&second, "/"), "x-amz-bucket-region"), "1");
    CHECK_EQ_MEM(second.taken, "hello", 5);
    rig_close();
}

/* ---- without end ---- */

static const char *piece; /* again and again */

static void never_end(struct peer *peer)
{
    peer_head(peer);
    peer_text(peer, script);
    for (;;)
        peer_text(peer, piece);
}

static struct exchange *endless(const char *begin, const char *more)
{
    script = begin;
    piece = more;
    rig_serve(NULL, never_end);
    rig_carrier(20, 0);
    struct exchange *got = rig_get(&first, "/");
    rig_close();
    return got;
}

TEST(heads_without_end_are_cut)
{
    CHECK_EQ_I64(endless("HTTP/1.1 200 OK\r\n", "X-Again: and again\r\n")->err, TD_E_NET_PROTOCOL);
    CHECK_EQ_I64(endless("HTTP/1.1 200 OK\r\nX-Long: ", "aaaaaaaaaaaaaaaa")->err,
                 TD_E_NET_PROTOCOL);
    CHECK_EQ_I64(endless("", "HTTP/1.1 100 Continue\r\n\r\n")->err, TD_E_NET_PROTOCOL);
    CHECK(strstr(first.exchange.words, "interim answers without end") != NULL);
    CHECK_EQ_I64(endless("", "garbage without a line's end ")->err, TD_E_NET_PROTOCOL);
    CHECK_EQ_I64(endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                         "X-Again: and again\r\n")
                     ->err,
                 TD_E_NET_PROTOCOL);
}

static void expect_for_ever(struct peer *peer)
{
    for (;;) {
        peer_head(peer);
        peer_answer(peer, "417 Expectation Failed", "", "");
    }
}

TEST(a_server_that_refuses_all_expectations_is_heard)
{
    rig_serve(NULL, expect_for_ever);
    rig_carrier(20, 0);
    rig_put_memory(&first, "/", 2 << 20);
    CHECK_EQ_I64(rig_ask(&first)->status, 417);
    CHECK(rig.seen->requests <= 3);
    rig_close();
}

/* ---- time ---- */

static void dawdle(struct peer *peer)
{
    peer_head(peer);
    peer_text(peer, script);
    for (;;) {
        peer_text(peer, piece);
        poll(NULL, 0, 20);
    }
}

static struct exchange *slow(const char *begin, const char *more)
{
    script = begin;
    piece = more;
    rig_serve(NULL, dawdle);
    rig_carrier(1, 0);
    struct exchange *got = rig_get(&first, "/");
    rig_close();
    return got;
}

TEST(who_says_nothing_or_dawdles_is_given_up)
{
    CHECK_EQ_I64(slow("", "")->err, TD_E_NET_TIMEOUT);
    CHECK(strstr(first.exchange.words, "nothing moves") != NULL);
    CHECK_EQ_I64(slow("HTTP/1.1 200 OK\r\n", "x")->err, TD_E_NET_TIMEOUT);
    CHECK_EQ_I64(slow("", "HTTP/1.1 100 Continue\r\n\r\n")->err, TD_E_NET_PROTOCOL);
    CHECK_EQ_I64(slow("HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", "")->err,
                 TD_E_NET_TIMEOUT);
}

/* Blanks while the store works are patience for a while (ten times as long), and no more. */
TEST(what_hardly_moves_is_given_up_later)
{
    CHECK_EQ_I64(slow("HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", " ")->err,
                 TD_E_NET_TIMEOUT);
    CHECK(first.exchange.got_bytes > 100);
}

static void stop_reading(struct peer *peer)
{
    peer_head(peer);
    peer_text(peer, "HTTP/1.1 100 Continue\r\n\r\n");
    pause();
}

TEST(who_stops_reading_is_given_up)
{
    rig_serve(NULL, stop_reading);
    rig_carrier(1, 0);
    rig_put_memory(&first, "/", RIG_BODY_MAX);
    CHECK_EQ_I64(rig_ask(&first)->err, TD_E_NET_TIMEOUT);
    CHECK(first.exchange.sent_bytes < RIG_BODY_MAX);
    rig_close();
}
