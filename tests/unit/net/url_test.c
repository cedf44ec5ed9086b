#include "net/url.h"

#include <string.h>

#include "test.h"

static td_err parse(struct url *url, const char *text)
{
    return url_parse(url, text, strlen(text));
}

TEST(splits_the_parts)
{
    struct url url;
    CHECK_EQ_I64(parse(&url, "wss://ws-feed.example.com/ws?a=1#frag"), 0);
    CHECK(url.tls && url.websocket);
    CHECK_EQ_STR(url.host, "ws-feed.example.com");
    CHECK_EQ_I64(url.port, 443);
    CHECK_EQ_STR(url.target, "/ws?a=1");
    CHECK_EQ_I64(parse(&url, "HTTPS://h.example:8443"), 0);
    CHECK(url.tls && !url.websocket);
    CHECK_EQ_I64(url.port, 8443);
    CHECK_EQ_STR(url.target, "/");
    CHECK_EQ_I64(parse(&url, "wss://h.example?streams=a/b"), 0);
    CHECK_EQ_STR(url.target, "/?streams=a/b");
}

TEST(ipv6_stands_in_brackets)
{
    struct url url;
    char authority[URL_AUTHORITY_MAX];
    CHECK_EQ_I64(parse(&url, "wss://[2001:db8::1]:9443/x"), 0);
    CHECK_EQ_STR(url.host, "2001:db8::1");
    CHECK_EQ_I64(url.port, 9443);
    CHECK_EQ_I64(url_authority(&url, authority), 18);
    CHECK_EQ_STR(authority, "[2001:db8::1]:9443");
    CHECK_EQ_I64(parse(&url, "wss://[2001:db8::1/x"), TD_E_SYNTAX);
    CHECK_EQ_I64(parse(&url, "wss://[nonsense]/x"), TD_E_SYNTAX);
    CHECK_EQ_I64(parse(&url, "wss://[::1]x/"), TD_E_SYNTAX);
}

TEST(authority_leaves_out_the_usual_port)
{
    struct url url;
    char authority[URL_AUTHORITY_MAX];
    CHECK_EQ_I64(parse(&url, "wss://a.example:443/"), 0);
    url_authority(&url, authority);
    CHECK_EQ_STR(authority, "a.example");
    CHECK_EQ_I64(parse(&url, "ws://localhost:443/"), 0);
    url_authority(&url, authority);
    CHECK_EQ_STR(authority, "localhost:443");
}

TEST(without_tls_only_to_this_machine)
{
    struct url url;
    CHECK_EQ_I64(parse(&url, "ws://127.0.0.1:9/"), 0);
    CHECK_EQ_I64(parse(&url, "ws://127.9.8.7:9/"), 0);
    CHECK_EQ_I64(parse(&url, "http://[::1]:9/"), 0);
    CHECK_EQ_I64(parse(&url, "ws://LOCALHOST/"), 0);
    CHECK_EQ_I64(parse(&url, "ws://example.com/"), TD_E_UNSUPPORTED);
    CHECK_EQ_I64(parse(&url, "http://10.0.0.1/"), TD_E_UNSUPPORTED);
    CHECK_EQ_I64(parse(&url, "ws://127.0.0.1.example.com/"), TD_E_UNSUPPORTED);
    CHECK_EQ_I64(parse(&url, "ws://localhost.example.com/"), TD_E_UNSUPPORTED);
}

TEST(refuses_what_is_no_url)
{
    static const char *const bad[] = {
        "",          "wss://",       "wss:///x",         "ftp://a/",
        "a.example", "wss://a b/",   "wss://a/\r\nX: y", "wss://user:pass@a/",
        "wss://a:/", "wss://a:12x/", "wss://a_b!c/"};
    struct url url;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ_I64(parse(&url, bad[i]), TD_E_SYNTAX);
    CHECK_EQ_I64(parse(&url, "wss://a:0/"), TD_E_RANGE);
    CHECK_EQ_I64(parse(&url, "wss://a:65536/"), TD_E_RANGE);
    CHECK_EQ_I64(parse(&url, "wss://a:65535/"), 0);
}

TEST(too_long_is_refused)
{
    char text[TD_URL_MAX + 8] = "wss://";
    struct url url;
    memset(text + 6, 'a', URL_HOST_MAX);
    CHECK_EQ_I64(url_parse(&url, text, 6 + URL_HOST_MAX), TD_E_SYNTAX);
    CHECK_EQ_I64(url_parse(&url, text, 6 + URL_HOST_MAX - 1), 0);
    text[7] = '/';
    memset(text + 8, 'a', TD_URL_MAX);
    CHECK_EQ_I64(url_parse(&url, text, TD_URL_MAX - 1), 0);
    CHECK_EQ_I64((int64_t)strlen(url.target), TD_URL_MAX - 1 - 7);
    CHECK_EQ_I64(url_parse(&url, text, TD_URL_MAX), TD_E_SYNTAX);
}
