#include "store/address.h"

#include <stdio.h>

#include "test.h"

static struct store_account account_at(const char *endpoint, enum store_style style)
{
    struct store_account account = {.style = style};
    snprintf(account.endpoint, sizeof account.endpoint, "%s", endpoint);
    return account;
}

static void goes(const char *to, const char *endpoint, enum store_style style, const char *origin,
                 const char *host, const char *path)
{
    struct place place;
    struct address address;
    struct store_account account = account_at(endpoint, style);
    CHECK_EQ_I64(place_parse(&place, to), 0);
    CHECK_EQ_I64(address_make(&address, &place, &account), 0);
    CHECK_EQ_STR(address.origin, origin);
    CHECK_EQ_STR(address.host, host);
    CHECK_EQ_STR(address.path, path);
}

TEST(styles_are_those_of_the_clouds_and_of_the_rest)
{
    goes("s3://lake/p", "https://s3.eu-west-1.amazonaws.com", STORE_STYLE_AUTO,
         "https://lake.s3.eu-west-1.amazonaws.com", "lake.s3.eu-west-1.amazonaws.com", "");
    goes("gs://lake", "https://storage.googleapis.com", STORE_STYLE_AUTO,
         "https://lake.storage.googleapis.com", "lake.storage.googleapis.com", "");
    goes("s3://la.ke", "https://s3.amazonaws.com", STORE_STYLE_AUTO, "https://s3.amazonaws.com",
         "s3.amazonaws.com", "/la.ke");
    goes("gs://la_ke", "https://storage.googleapis.com", STORE_STYLE_AUTO,
         "https://storage.googleapis.com", "storage.googleapis.com", "/la_ke");
    goes("s3://lake", "http://127.0.0.1:8333", STORE_STYLE_AUTO, "http://127.0.0.1:8333",
         "127.0.0.1:8333", "/lake");
    goes("s3://lake", "https://minio.example.org", STORE_STYLE_VIRTUAL,
         "https://lake.minio.example.org", "lake.minio.example.org", "");
    goes("s3://lake", "https://s3.amazonaws.com", STORE_STYLE_PATH, "https://s3.amazonaws.com",
         "s3.amazonaws.com", "/lake");
    goes("s3://lake", "https://evil-amazonaws.com", STORE_STYLE_AUTO, "https://evil-amazonaws.com",
         "evil-amazonaws.com", "/lake");
}

/* It is signed as it is sent, and clients leave it out. */
TEST(a_port_that_the_scheme_implies_is_left_out)
{
    goes("s3://lake", "https://h:443", STORE_STYLE_PATH, "https://h", "h", "/lake");
    goes("s3://lake", "http://h:80", STORE_STYLE_PATH, "http://h", "h", "/lake");
    goes("s3://lake", "http://h:443", STORE_STYLE_PATH, "http://h:443", "h:443", "/lake");
    goes("s3://lake", "http://[::1]:90", STORE_STYLE_PATH, "http://[::1]:90", "[::1]:90", "/lake");
}

TEST(an_endpoint_that_is_none_is_refused)
{
    static const char *const bad[] = {
        "",           "h",           "ftp://h",     "https://",     "https://h/p",  "https://h?a",
        "https://h#", "https://a b", "https://u@h", "https://h%41", "https://:443", "https://h\n"};
    struct place place;
    struct address address;
    CHECK_EQ_I64(place_parse(&place, "s3://lake"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct store_account account = account_at(bad[i], STORE_STYLE_AUTO);
        if (address_make(&address, &place, &account) != TD_E_SYNTAX)
            FAIL("taken: %s", bad[i]);
    }
}

static void moves(const char *endpoint, const char *from, const char *region, const char *to)
{
    struct store_account account = account_at(endpoint, STORE_STYLE_AUTO);
    snprintf(account.region, sizeof account.region, "%s", from);
    CHECK(address_move(&account, region));
    CHECK_EQ_STR(account.endpoint, to);
    CHECK_EQ_STR(account.region, region);
}

TEST(a_bucket_elsewhere_is_followed)
{
    moves("https://s3.us-east-1.amazonaws.com", "us-east-1", "eu-west-1",
          "https://s3.eu-west-1.amazonaws.com");
    moves("https://s3.dualstack.us-east-1.amazonaws.com", "us-east-1", "eu-west-1",
          "https://s3.dualstack.eu-west-1.amazonaws.com");
    moves("https://s3-us-west-2.amazonaws.com", "us-west-2", "eu-west-1",
          "https://s3-eu-west-1.amazonaws.com");
    moves("https://s3.amazonaws.com", "us-east-1", "eu-west-1",
          "https://s3.eu-west-1.amazonaws.com");
    moves("https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1", "cn-northwest-1",
          "https://s3.cn-northwest-1.amazonaws.com.cn");
    moves("https://store.example.org", "us-east-1", "eu-west-1", "https://store.example.org");
}

/* What the store says becomes part of a host to which keys are sent. */
TEST(what_is_no_region_moves_nothing)
{
    static const char *const bad[] = {
        "",    "us-east-1", "a.b",
        "a/b", "-a",        "EU",
        "a b", "a@b",       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct store_account account =
            account_at("https://s3.us-east-1.amazonaws.com", STORE_STYLE_AUTO);
        snprintf(account.region, sizeof account.region, "us-east-1");
        if (address_move(&account, bad[i]))
            FAIL("moved: %s", bad[i]);
        CHECK_EQ_STR(account.endpoint, "https://s3.us-east-1.amazonaws.com");
        CHECK_EQ_STR(account.region, "us-east-1");
    }
}
