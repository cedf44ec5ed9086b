#include "test.h"

#include <stdio.h>

#include "app/sync_config.h"

static struct td_config config;
static struct sync_settings settings;
static char said[4096];

static const char *known_venue(unsigned index)
{
    return index == 0 ? "coinbase" : NULL;
}

/* Loads a text and an environment, then takes [sync] out of it. */
static td_err load(const char *text, char *const *environment)
{
    char path[512];
    snprintf(path, sizeof path, "%s/x.ini", test_tmpdir());
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
    memset(said, 0, sizeof said);
    FILE *errors = fmemopen(said, sizeof said - 1, "w");
    CHECK(errors != NULL);
    td_err err = td_config_load(&config, &(struct td_config_input){.path = path,
                                                                   .environment = environment,
                                                                   .venue_name = known_venue,
                                                                   .errors = errors});
    fclose(errors);
    if (!err)
        sync_config_of(&config, &settings);
    return err;
}

TEST(defaults)
{
    CHECK_EQ_I64(load("", NULL), 0);
    CHECK_EQ_STR(settings.data_dir, "./data");
    CHECK_EQ_STR(settings.to, "");
    CHECK_EQ_STR(settings.style, "");
    CHECK_EQ_STR(settings.dialect, "");
    CHECK(!config.sync.enabled && !settings.insecure && !settings.download && !settings.read_back);
    CHECK(settings.deletes);
    CHECK_EQ_I64(settings.interval_s, 300);
    CHECK_EQ_I64(settings.workers, 5);
    CHECK_EQ_I64(settings.keep_days, -1);
    CHECK_EQ_I64(settings.nice, 10);
    CHECK_EQ_I64(settings.free_bytes, INT64_C(512) << 20);
}

TEST(a_whole_section)
{
    CHECK_EQ_I64(load("[deck]\ndata_dir = /d\n[sync]\nenabled = yes\nto = gs://b/p\n"
                      "direction = download\nendpoint_url = http://h:1\ninsecure = true\n"
                      "region = r\nstyle = path\ndialect = aws4\nsecrets_file = /s.ini\n"
                      "paths = trades/**, book/**\nbandwidth = 2M\nquiet_hours = 08:00-20:00\n"
                      "delete_after_transfer = false\nkeep_days = 7\nread_back = true\n"
                      "[net]\nca_file = /ca.pem\n",
                      NULL),
                 0);
    CHECK(config.sync.enabled && settings.download && settings.insecure && settings.read_back);
    CHECK(!settings.deletes);
    CHECK_EQ_STR(settings.data_dir, "/d");
    CHECK_EQ_STR(settings.to, "gs://b/p");
    CHECK_EQ_STR(settings.endpoint_url, "http://h:1");
    CHECK_EQ_STR(settings.region, "r");
    CHECK_EQ_STR(settings.style, "path");
    CHECK_EQ_STR(settings.dialect, "aws4");
    CHECK_EQ_STR(settings.secrets_file, "/s.ini");
    CHECK_EQ_STR(settings.ca_file, "/ca.pem");
    CHECK_EQ_STR(settings.paths, "trades/**, book/**");
    CHECK_EQ_STR(settings.bandwidth, "2M");
    CHECK_EQ_STR(settings.quiet_hours, "08:00-20:00");
    CHECK_EQ_I64(settings.keep_days, 7);
}

TEST(environment_wins_over_the_file)
{
    char *environment[] = {"USE_S3=true",         "S3_BUCKET=other", "S3_ENDPOINT=https://e:9000",
                           "S3_REGION=eu-west-1", "S3_SECRET_KEY=x", NULL};
    CHECK_EQ_I64(load("[sync]\nto = s3://mine/deck/a\nregion = r\n", environment), 0);
    CHECK(config.sync.enabled);
    CHECK_EQ_I64(config.origin[TD_KEY_sync_enabled], TD_FROM_ENVIRONMENT);
    CHECK_EQ_STR(settings.to, "s3://other/deck/a");
    CHECK_EQ_STR(settings.endpoint_url, "https://e:9000");
    CHECK_EQ_STR(settings.region, "eu-west-1");
    CHECK_EQ_I64(load("", environment), 0);
    CHECK_EQ_STR(settings.to, "s3://other");
}

/* What they say of an S3 store is not for Google's. */
TEST(google_keeps_its_own_address)
{
    char *environment[] = {"S3_ENDPOINT=https://e:9000", "S3_REGION=eu-west-1", NULL};
    CHECK_EQ_I64(load("[sync]\nto = gs://b\n", environment), 0);
    CHECK_EQ_STR(settings.endpoint_url, "");
    CHECK_EQ_STR(settings.region, "");
}

TEST(no_secret_comes_in)
{
    static char printed[65536];
    char *environment[] = {"S3_ACCESS_KEY=AKIDhidden", "S3_SECRET_KEY=hidden",
                           "AWS_SECRET_ACCESS_KEY=hidden", NULL};
    CHECK_EQ_I64(load("[sync]\nto = s3://b\n", environment), 0);
    FILE *file = fmemopen(printed, sizeof printed - 1, "w");
    CHECK(file != NULL);
    td_config_print(&config, file, false);
    fclose(file);
    CHECK(strstr(printed, "\nto = s3://b"));
    CHECK(!strstr(printed, "hidden"));
}

TEST(mistakes_are_told)
{
    CHECK_EQ_I64(load("[sync]\nquiet_hours = 8-20\n", NULL), TD_E_CONFIG);
    CHECK(strstr(said, "sync.quiet_hours = 8-20: write HH:MM-HH:MM"));
    CHECK_EQ_I64(load("[sync]\nbandwidth = fast\n", NULL), TD_E_CONFIG);
    CHECK(strstr(said, "sync.bandwidth = fast: write bytes a second"));
    CHECK_EQ_I64(load("[sync]\nsecret_key = x\n", NULL), TD_E_CONFIG);
    CHECK(strstr(said, "keys stand in the environment or in the file sync.secrets_file"));
    CHECK_EQ_I64(load("[sync]\nbucket = x\n", NULL), TD_E_CONFIG);
    CHECK(strstr(said, "sync.to names it: s3://BUCKET/PREFIX"));
}
