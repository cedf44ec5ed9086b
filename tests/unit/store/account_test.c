#include "store/account.h"

#include <stdio.h>
#include <sys/stat.h>

#include "test.h"

static struct store_account account;
static char said[2048];

/* Loads for the place with what is said kept; variables end at NULL. */
static td_err load(const char *place_text, struct account_input input, char *const *variables)
{
    struct place place = {.kind = strncmp(place_text, "gs://", 5) == 0 ? PLACE_GCS : PLACE_S3};
    memset(said, 0, sizeof said);
    input.environment = variables;
    input.errors = fmemopen(said, sizeof said, "w");
    CHECK(input.errors != NULL);
    td_err err = account_load(&account, &place, &input);
    fclose(input.errors);
    CHECK((err < 0) == (said[0] != 0));
    CHECK(strstr(said, "hush") == NULL);
    return err;
}

static const char *secrets_file(const char *text, mode_t mode)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/secrets.ini", test_tmpdir());
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(text, file);
    CHECK_EQ_I64(fclose(file), 0);
    CHECK_EQ_I64(chmod(path, mode), 0);
    return path;
}

#define VARIABLES(...) ((char *const[]){__VA_ARGS__, NULL})
#define NONE ((char *const[]){NULL})
static const struct account_input plain;

TEST(nothing_given_is_the_clouds_own_address_without_keys)
{
    CHECK_EQ_I64(load("s3://b", plain, NONE), 0);
    CHECK(account.anonymous && account.dialect == STORE_AWS4 && account.style == STORE_STYLE_AUTO);
    CHECK_EQ_STR(account.endpoint, "https://s3.us-east-1.amazonaws.com");
    CHECK_EQ_STR(account.region, "us-east-1");
    CHECK_EQ_I64(load("gs://b", plain, NULL), 0);
    CHECK(account.anonymous && account.dialect == STORE_GOOG4);
    CHECK_EQ_STR(account.endpoint, "https://storage.googleapis.com");
    CHECK_EQ_STR(account.region, "auto");
    struct place folder = {.kind = PLACE_LOCAL};
    CHECK_EQ_I64(account_load(&account, &folder, &plain), 0);
    CHECK_EQ_STR(account.endpoint, "");
}

TEST(environment_comes_first_then_the_secrets_file)
{
    struct account_input input = {.secrets_file =
                                      secrets_file("[s3]\naccess_key = F\nsecret_key = hush-f\n"
                                                   "session_token = hush-t\n",
                                                   0600),
                                  .region = "eu-west-1",
                                  .endpoint = "https://config.test"};
    CHECK_EQ_I64(load("s3://b", input, NONE), 0);
    CHECK_EQ_STR(account.access_key, "F");
    CHECK_EQ_STR(account.session_token, "hush-t");
    CHECK_EQ_STR(account.endpoint, "https://config.test");
    CHECK(!account.anonymous);

    char *const own[] = {"AWS_ACCESS_KEY_ID=A",
                         "AWS_SECRET_ACCESS_KEY=hush-a",
                         "AWS_SESSION_TOKEN=hush-x",
                         "S3_SECRET_KEY=hush-s",
                         "S3_ACCESS_KEY=S",
                         "AWS_DEFAULT_REGION=ap-1",
                         "AWS_REGION=us-gov-west-1",
                         "AWS_ENDPOINT_URL=https://late.test",
                         "S3_ENDPOINT=",
                         "AWS_ENDPOINT_URL_S3=https://early.test:444/",
                         "SSL_CERT_FILE=/ca",
                         NULL};
    CHECK_EQ_I64(load("s3://b", input, own), 0);
    CHECK_EQ_STR(account.access_key, "S");
    CHECK_EQ_STR(account.secret_key, "hush-s");
    CHECK_EQ_STR(account.session_token, ""); /* of the other pair */
    CHECK_EQ_STR(account.region, "us-gov-west-1");
    CHECK_EQ_STR(account.endpoint, "https://early.test:444");
    CHECK_EQ_STR(account.ca_file, "/ca");
    CHECK_EQ_I64(load("s3://b", input,
                      VARIABLES("AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=hush-a",
                                "AWS_SESSION_TOKEN=hush-x")),
                 0);
    CHECK_EQ_STR(account.access_key, "A");
    CHECK_EQ_STR(account.session_token, "hush-x");
}

TEST(half_a_pair_is_refused_wherever_it_stands)
{
    static char *const halves[][4] = {{"S3_ACCESS_KEY=hush"},
                                      {"S3_SECRET_KEY=hush"},
                                      {"S3_SESSION_TOKEN=hush"},
                                      {"AWS_ACCESS_KEY_ID=hush"},
                                      {"S3_ACCESS_KEY=hush", "AWS_SECRET_ACCESS_KEY=hush"},
                                      {"AWS_SECRET_ACCESS_KEY=hush", "AWS_SESSION_TOKEN=hush"}};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        CHECK_EQ_I64(load("s3://b", plain, halves[i]), TD_E_CONFIG);
        CHECK(strstr(said, "is missing") != NULL);
        CHECK_EQ_STR(account.access_key, "");
    }
    CHECK_EQ_I64(load("gs://b", plain, VARIABLES("GCS_SECRET_KEY=hush")), TD_E_CONFIG);
    CHECK(strstr(said, "GCS_ACCESS_KEY is missing") || strstr(said, "GCS_ACCESS_KEY: is missing"));
    struct account_input input = {.secrets_file = secrets_file("[s3]\nsecret_key = hush", 0600)};
    CHECK_EQ_I64(load("s3://b", input, NONE), TD_E_CONFIG);
    CHECK(strstr(said, "[s3] access_key") != NULL);
    /* The other store's keys are nobody's here. */
    CHECK_EQ_I64(load("gs://b", input, VARIABLES("S3_ACCESS_KEY=hush")), 0);
    CHECK(account.anonymous);
}

TEST(a_secrets_file_for_all_eyes_is_refused)
{
    static const char good[] = "[s3]\naccess_key = a\nsecret_key = hush";
    struct account_input input = {.secrets_file = secrets_file(good, 0644)};
    CHECK_EQ_I64(load("s3://b", input, NONE), TD_E_CONFIG);
    CHECK(strstr(said, "secrets.ini") != NULL && strstr(said, "chmod 600") != NULL);
    input.secrets_file = secrets_file("[s3]\naccess_key = a\nsecretkey = hush", 0600);
    CHECK_EQ_I64(load("s3://b", input, NONE), TD_E_CONFIG);
    CHECK(strstr(said, "secrets.ini, line 3:") != NULL);
    input.secrets_file = "/nowhere/secrets.ini";
    CHECK_EQ_I64(load("s3://b", input, NONE), TD_E_CONFIG);
    /* Keys of the environment need no file. */
    CHECK_EQ_I64(load("s3://b", input, VARIABLES("S3_ACCESS_KEY=a", "S3_SECRET_KEY=hush")), 0);
    input.secrets_file = secrets_file(good, 0600);
    CHECK_EQ_I64(load("s3://b", input, NONE), 0);
}

TEST(letters_that_would_end_a_header_are_refused)
{
    static char *const wrong[][3] = {{"S3_ACCESS_KEY=a\r\nx: hush", "S3_SECRET_KEY=hush"},
                                     {"S3_ACCESS_KEY=a/hush", "S3_SECRET_KEY=hush"},
                                     {"S3_ACCESS_KEY=a", "S3_SECRET_KEY=hush hush"},
                                     {"S3_ACCESS_KEY=\xc3\xa9", "S3_SECRET_KEY=hush"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_EQ_I64(load("s3://b", plain, wrong[i]), TD_E_CONFIG);
    static char large[ACCOUNT_TEXT_MAX + 20] = "S3_ACCESS_KEY=";
    memset(large + strlen(large), 'k', ACCOUNT_TEXT_MAX);
    CHECK_EQ_I64(load("s3://b", plain, VARIABLES(large, "S3_SECRET_KEY=hush")), TD_E_CONFIG);
    large[14 + ACCOUNT_TEXT_MAX - 1] = 0;
    CHECK_EQ_I64(load("s3://b", plain, VARIABLES(large, "S3_SECRET_KEY=hush")), 0);
}

TEST(addresses_are_hosts_and_speak_tls_beyond_this_machine)
{
    static const struct {
        const char *endpoint, *kept; /* NULL: refused */
    } addresses[] = {{"https://h.test/", "https://h.test"},
                     {"https://h.test:443", "https://h.test"},
                     {"HTTPS://h.test:9000", "https://h.test:9000"},
                     {"http://127.0.0.1:9000", "http://127.0.0.1:9000"},
                     {"http://localhost", "http://localhost"},
                     {"http://[::1]:80", "http://[::1]"},
                     {"http://h.test", NULL},
                     {"h.test", NULL},
                     {"wss://h.test", NULL},
                     {"https://h.test/bucket", NULL},
                     {"https://u:p@h.test", NULL},
                     {"https://h.test:0", NULL}};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct account_input input = {.endpoint = addresses[i].endpoint};
        CHECK_EQ_I64(load("s3://b", input, NONE), addresses[i].kept ? 0 : TD_E_CONFIG);
        CHECK_EQ_STR(account.endpoint, addresses[i].kept ? addresses[i].kept : "");
    }
    struct account_input open = {.endpoint = "http://h.test:80", .insecure = true};
    CHECK_EQ_I64(load("s3://b", open, NONE), 0);
    CHECK_EQ_STR(account.endpoint, "http://h.test");
    CHECK_EQ_I64(load("gs://b", plain, VARIABLES("STORAGE_EMULATOR_HOST=localhost:4443")), 0);
    CHECK_EQ_STR(account.endpoint, "http://localhost:4443");
    CHECK_EQ_I64(load("gs://b", plain, VARIABLES("STORAGE_EMULATOR_HOST=h.test:4443")),
                 TD_E_CONFIG);
    CHECK_EQ_I64(
        load("gs://b", plain,
             VARIABLES("STORAGE_EMULATOR_HOST=http://localhost:1", "GCS_ENDPOINT=https://g.test")),
        0);
    CHECK_EQ_STR(account.endpoint, "https://g.test");
}

TEST(regions_come_from_the_address_and_go_into_it)
{
    struct account_input input = {.region = "eu-central-1"};
    CHECK_EQ_I64(load("s3://b", input, NONE), 0);
    CHECK_EQ_STR(account.endpoint, "https://s3.eu-central-1.amazonaws.com");
    input.region = "cn-north-1";
    CHECK_EQ_I64(load("s3://b", input, NONE), 0);
    CHECK_EQ_STR(account.endpoint, "https://s3.cn-north-1.amazonaws.com.cn");
    input = (struct account_input){.endpoint = "https://s3.ap-south-1.amazonaws.com", .region = ""};
    CHECK_EQ_I64(load("s3://b", input, NONE), 0);
    CHECK_EQ_STR(account.region, "ap-south-1");
    input.endpoint = "https://s3.amazonaws.com.evil.test";
    CHECK_EQ_I64(load("s3://b", input, NONE), 0);
    CHECK_EQ_STR(account.region, "us-east-1");
    input.endpoint = "https://storage.googleapis.com";
    CHECK_EQ_I64(load("s3://b", input, NONE), 0);
    CHECK_EQ_STR(account.region, "auto");
    input.region = "a b";
    CHECK_EQ_I64(load("s3://b", input, NONE), TD_E_CONFIG);
}

TEST(a_service_account_is_one_of_two_ways)
{
    CHECK_EQ_I64(load("gs://b", plain, VARIABLES("GOOGLE_APPLICATION_CREDENTIALS=/k.json")), 0);
    CHECK_EQ_STR(account.service_account, "/k.json");
    CHECK(!account.anonymous);
    CHECK_EQ_I64(load("s3://b", plain, VARIABLES("GOOGLE_APPLICATION_CREDENTIALS=/k.json")), 0);
    CHECK(account.anonymous);
    CHECK_EQ_I64(load("gs://b", plain,
                      VARIABLES("GOOGLE_APPLICATION_CREDENTIALS=/k.json", "GCS_ACCESS_KEY=G",
                                "GCS_SECRET_KEY=hush")),
                 0);
    CHECK_EQ_STR(account.access_key, "G");
    CHECK_EQ_STR(account.service_account, "");
    char wanted[300];
    struct account_input input = {.secrets_file =
                                      secrets_file("[gcs]\nservice_account = key.json", 0600)};
    const char *name = strrchr(input.secrets_file, '/');
    snprintf(wanted, sizeof wanted, "%.*s/key.json", (int)(name - input.secrets_file),
             input.secrets_file);
    CHECK_EQ_I64(load("gs://b", input, NONE), 0);
    CHECK_EQ_STR(account.service_account, wanted);
    input.dialect = "aws4";
    CHECK_EQ_I64(load("gs://b", input, NONE), TD_E_CONFIG);
    input.dialect = NULL;
    input.secrets_file = secrets_file("[gcs]\nservice_account = /key.json\naccess_key = a\n"
                                      "secret_key = hush",
                                      0600);
    CHECK_EQ_I64(load("gs://b", input, NONE), TD_E_CONFIG);
    CHECK(strstr(said, "one of the two") != NULL);
}

TEST(words_are_those_of_the_configuration)
{
    struct account_input input = {.dialect = "aws4", .style = "virtual"};
    CHECK_EQ_I64(load("gs://b", input, NONE), 0);
    CHECK(account.dialect == STORE_AWS4 && account.style == STORE_STYLE_VIRTUAL);
    input = (struct account_input){.dialect = "auto", .style = "path"};
    CHECK_EQ_I64(load("s3://b", input, NONE), 0);
    CHECK(account.dialect == STORE_AWS4 && account.style == STORE_STYLE_PATH);
    input.dialect = "goog4";
    CHECK_EQ_I64(load("s3://b", input, NONE), TD_E_CONFIG);
    input.dialect = "aws2";
    CHECK_EQ_I64(load("s3://b", input, NONE), TD_E_CONFIG);
    input = (struct account_input){.style = "dotted"};
    CHECK_EQ_I64(load("s3://b", input, NONE), TD_E_CONFIG);
}

TEST(an_account_is_forgotten_without_rest)
{
    static const struct store_account empty;
    CHECK_EQ_I64(load("s3://b", plain, VARIABLES("S3_ACCESS_KEY=a", "S3_SECRET_KEY=hush")), 0);
    account_forget(&account);
    CHECK_EQ_MEM(&account, &empty, sizeof account);
}
