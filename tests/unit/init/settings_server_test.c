#include "init/settings.h"
#include "init/settings_name.h"

#include "test.h"

static void check_server(const char *text, const char *host, unsigned port)
{
    char got[SETTINGS_HOST_MAX];
    unsigned at;
    CHECK_EQ_I64(settings_server(text, got, &at), 0);
    CHECK_EQ_STR(got, host);
    CHECK_EQ_I64(at, port);
}

TEST(servers_are_split)
{
    check_server("time.example.org", "time.example.org", 0);
    check_server("time", "time", 0);
    check_server("time.example.org:1123", "time.example.org", 1123);
    check_server("10.0.0.1", "10.0.0.1", 0);
    check_server("10.0.0.1:65535", "10.0.0.1", 65535);
    check_server("2001:db8::1", "2001:db8::1", 0);
    check_server("[2001:db8::1]", "2001:db8::1", 0);
    check_server("[2001:db8::1]:123", "2001:db8::1", 123);
}

TEST(what_could_be_more_than_a_server_is_refused)
{
    static const char *const bad[] = {"",          " ",
                                      "a b",       "a\nserver evil",
                                      "a;b",       "a#b",
                                      "a\"b",      "a,b",
                                      "a:",        "a:0",
                                      "a:65536",   "a:12a",
                                      "a:1:2",     "-a",
                                      "a-",        "a..b",
                                      ".a",        "a.",
                                      "1.2.3.256", "1.2.3",
                                      "1234",      "a.123",
                                      "[a]",       "[::1",
                                      "[::1]x",    "[::1]:",
                                      "[::1]:0",   "[10.0.0.1]",
                                      "::1::",     "a/b",
                                      "a%b",       "a\\b",
                                      "a\tb",      "\xC3\xA4.example",
                                      "!a"};
    char host[SETTINGS_HOST_MAX];
    unsigned port;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (settings_server(bad[i], host, &port) != TD_E_SYNTAX)
            FAIL("\"%s\" was taken", bad[i]);
}

TEST(the_longest_name_is_253_bytes)
{
    char host[SETTINGS_HOST_MAX], text[300];
    unsigned port;
    for (int i = 0; i < 253; i++)
        text[i] = i % 2 ? '.' : 'a';
    text[253] = 0;
    CHECK_EQ_I64(settings_server(text, host, &port), 0);
    memcpy(text + 253, ".a", 3);
    CHECK_EQ_I64(settings_server(text, host, &port), TD_E_SYNTAX);
    memset(text, 'a', 299);
    text[299] = 0;
    CHECK_EQ_I64(settings_server(text, host, &port), TD_E_SYNTAX);
}

TEST(labels)
{
    CHECK(settings_is_label("a", 1));
    CHECK(settings_is_label("3a-b", 4));
    CHECK(!settings_is_label("", 0));
    CHECK(!settings_is_label("a.b", 3));
}
