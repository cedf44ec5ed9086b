#include "store/secrets.h"

#include <stdio.h>

#include "test.h"

static struct secrets secrets;

static unsigned parse(const char *text)
{
    const char *why;
    unsigned line = secrets_parse(&secrets, text, &why);
    CHECK((line == 0) == (why == NULL));
    return line;
}

TEST(keys_of_both_sections_are_read)
{
    CHECK_EQ_U64(parse("\xef\xbb\xbf; mine\r\n"
                       "[s3]\r\n"
                       "access_key = AKIA1\r\n"
                       "  secret_key=a/b+c=;#d  \r\n"
                       "session_token = t\r\n"
                       "\r\n"
                       "# and\r\n"
                       "[ gcs ]\r\n"
                       "service_account = key.json\n"
                       "access_key = GOOG1\n"
                       "secret_key = s"),
                 0);
    CHECK_EQ_STR(secrets.s3.access_key, "AKIA1");
    CHECK_EQ_STR(secrets.s3.secret_key, "a/b+c=;#d");
    CHECK_EQ_STR(secrets.s3.session_token, "t");
    CHECK_EQ_STR(secrets.gcs.service_account, "key.json");
    CHECK_EQ_STR(secrets.gcs.access_key, "GOOG1");
    CHECK_EQ_STR(secrets.gcs.secret_key, "s");
    CHECK_EQ_U64(parse(""), 0);
    CHECK_EQ_STR(secrets.s3.access_key, "");
}

TEST(a_mistake_is_a_line_and_says_nothing_of_it)
{
    static const struct {
        const char *text;
        unsigned line;
    } wrong[] = {{"access_key = hush", 1},
                 {"[s3]\nhush", 2},
                 {"\n\n[hush]", 3},
                 {"[s3\n", 1},
                 {"[", 1},
                 {"[s3]\nservice_account = hush", 2},
                 {"[gcs]\nsession_token = hush", 2},
                 {"[s3]\nhush = 1", 2},
                 {"[s3]\naccess_key = a\n\naccess_key = hush", 4}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *why;
        CHECK_EQ_U64(secrets_parse(&secrets, wrong[i].text, &why), wrong[i].line);
        CHECK(strstr(why, "hush") == NULL);
    }
}

TEST(what_is_too_long_is_refused_and_not_cut)
{
    static char text[ACCOUNT_TOKEN_MAX + 100];
    int head = snprintf(text, sizeof text, "[s3]\nsession_token = ");
    memset(text + head, 't', ACCOUNT_TOKEN_MAX);
    CHECK_EQ_U64(parse(text), 2);
    text[head + ACCOUNT_TOKEN_MAX - 1] = 0;
    CHECK_EQ_U64(parse(text), 0);
    CHECK_EQ_U64(strlen(secrets.s3.session_token), ACCOUNT_TOKEN_MAX - 1);
}
