#include "store/service_key.h"

#include <stdio.h>

#include "test.h"

static struct service_key key;
static const char *why;

static td_err parse(const char *text)
{
    td_err err = service_key_parse(&key, text, strlen(text), &why);
    CHECK((err == 0) == (why == NULL));
    CHECK(why == NULL || strstr(why, "hush") == NULL);
    return err;
}

#define TYPE "\"type\":\"service_account\""
#define REST ",\"client_email\":\"a@b\",\"token_uri\":\"https://t\""

TEST(a_key_file_is_read_with_its_escapes)
{
    CHECK_EQ_I64(parse("{ \"type\": \"service_account\", \"project_id\": \"p\",\n"
                       " \"private_key_id\": \"k1\", \"extra\": {\"a\": [1, 2]},\n"
                       " \"private_key\": \"-----BEGIN\\nAB\\u003d\\/\\\\\\t\\\"C\\n\",\n"
                       " \"client_email\": \"a@b.test\", \"token_uri\": \"https:\\/\\/t/token\"}"),
                 0);
    CHECK_EQ_STR(key.pem, "-----BEGIN\nAB=/\\\t\"C\n");
    CHECK_EQ_STR(key.id, "k1");
    CHECK_EQ_STR(key.email, "a@b.test");
    CHECK_EQ_STR(key.token_uri, "https://t/token");
    CHECK_EQ_I64(parse("{" TYPE ",\"private_key\":\"p\"" REST "}"), 0);
    CHECK_EQ_STR(key.id, "");
}

TEST(other_files_are_refused_with_what_is_wrong)
{
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"", "JSON"},
        {"hush", "JSON"},
        {"[]", "JSON"},
        {"{\"type\":\"authorized_user\",\"refresh_token\":\"hush\"}", "service_account"},
        {"{" TYPE "}", "client_email"},
        {"{" TYPE REST "}", "private_key"},
        {"{" TYPE REST ",\"private_key\":7}", "private_key"},
        {"{" TYPE REST ",\"private_key\":\"\"}", "private_key"},
        {"{" TYPE REST ",\"private_key\":\"hush\\u00e9\"}", "private_key"},
        {"{" TYPE REST ",\"private_key\":\"hush\\u0000\"}", "private_key"},
        {"{" TYPE ",\"client_email\":\"a@b\",\"private_key\":\"hush\"}", "token_uri"},
        {"{" TYPE REST ",\"private_key\":\"hush\",\"private_key_id\":\"\"}", "private_key_id"},
        {"{" TYPE REST ",\"private_key\":\"hush\",\"private_key_id\":\"a\\\"b\"}", "letter"},
        {"{" TYPE ",\"client_email\":\"a b\",\"private_key\":\"hush\",\"token_uri\":\"u\"}",
         "letter"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_EQ_I64(parse(wrong[i].text), TD_E_SYNTAX);
        CHECK(strstr(why, wrong[i].why) != NULL);
    }
}

TEST(what_is_too_long_is_refused)
{
    static char text[SERVICE_PEM_MAX + 200];
    for (int more = -1; more <= 0; more++) {
        int at = snprintf(text, sizeof text, "{" TYPE REST ",\"private_key\":\"");
        memset(text + at, 'p', SERVICE_PEM_MAX + more);
        snprintf(text + at + SERVICE_PEM_MAX + more, 8, "\"}");
        CHECK_EQ_I64(parse(text), more < 0 ? 0 : TD_E_SYNTAX);
    }
}
