#include "store/place.h"

#include <stdio.h>

#include "test.h"

static void takes(const char *text, enum place_kind kind, const char *bucket, const char *prefix)
{
    struct place place;
    CHECK_EQ_I64(place_parse(&place, text), 0);
    CHECK_EQ_I64(place.kind, kind);
    CHECK_EQ_STR(place.bucket, bucket);
    CHECK_EQ_STR(place.prefix, prefix);
}

TEST(stores_and_folders_are_told_apart)
{
    takes("s3://lake", PLACE_S3, "lake", "");
    takes("s3://lake/", PLACE_S3, "lake", "");
    takes("s3://lake/deck/one/", PLACE_S3, "lake", "deck/one");
    takes("s3://lake//deck//one", PLACE_S3, "lake", "deck//one");
    takes("gs://tape.example.org/a b=\xc3\xa9", PLACE_GCS, "tape.example.org", "a b=\xc3\xa9");
    takes("s3://Old_Name/x", PLACE_S3, "Old_Name", "x");
    takes("/data/ready", PLACE_LOCAL, "", "/data/ready");
    takes(".", PLACE_LOCAL, "", ".");
    takes("d\\e/f", PLACE_LOCAL, "", "d/e/f");
    takes("s3:/lake", PLACE_LOCAL, "", "s3:/lake");
    takes("a b://c", PLACE_LOCAL, "", "a b://c");
    CHECK(place_is_remote("s3://x") && place_is_remote("gs://") && !place_is_remote("s3:/x") &&
          !place_is_remote("/s3://x"));
}

TEST(what_no_store_allows_is_refused)
{
    static const char *const bad[] = {
        "",           "s3://",         "s3:///x",    "s3://ab",    "s3://a/b",
        "s3://a b",   "s3://-abc",     "s3://abc-/", "s3://.abc",  "s3://abc.",
        "s3://a..b",  "s3://a@host/x", "gs://a:90",  "s3://a?b",   "s3://a%2fbc",
        "gcs://abcd", "https://h/abc", "file:///x",  "s3:/\\lake",
    };
    struct place place;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (place_parse(&place, bad[i]) != TD_E_SYNTAX)
            FAIL("taken: %s", bad[i]);
}

TEST(lengths_are_bounded)
{
    struct place place;
    char text[1400], key[PLACE_KEY_MAX], name[PLACE_KEY_MAX];
    memset(text, 'a', sizeof text);
    memcpy(text, "s3://", 5);
    text[5 + PLACE_BUCKET_MAX] = 0;
    CHECK_EQ_I64(place_parse(&place, text), TD_E_SYNTAX);
    text[5 + PLACE_BUCKET_MAX - 1] = 0;
    CHECK_EQ_I64(place_parse(&place, text), 0);
    memset(text + 5, 'a', sizeof text - 5);
    text[9] = '/';
    text[10 + PLACE_KEY_MAX - 2] = 0;
    CHECK_EQ_I64(place_parse(&place, text), TD_E_RANGE);
    text[10 + PLACE_KEY_MAX - 3] = 0;
    CHECK_EQ_I64(place_parse(&place, text), 0);
    CHECK_EQ_I64(strlen(place.prefix), PLACE_KEY_MAX - 3);
    CHECK(place_key(&place, "x", key));
    CHECK_EQ_I64(strlen(key), PLACE_KEY_MAX - 1);
    CHECK(!place_key(&place, "xy", key));
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    place.prefix[0] = 0;
    CHECK(place_key(&place, name, key));
    CHECK_EQ_STR(key, name);
    memset(text, 'a', PLACE_KEY_MAX);
    text[PLACE_KEY_MAX] = 0;
    CHECK_EQ_I64(place_parse(&place, text), TD_E_RANGE);
}

TEST(texts_can_be_pasted_back)
{
    struct place place, again;
    char text[64];
    static const char *const same[] = {"s3://lake", "gs://lake/a/b", "/", "/data", "."};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CHECK_EQ_I64(place_parse(&place, same[i]), 0);
        CHECK(place_text(&place, "", text, sizeof text));
        CHECK_EQ_STR(text, same[i]);
        CHECK_EQ_I64(place_parse(&again, text), 0);
        CHECK_EQ_STR(again.prefix, place.prefix);
    }
    CHECK_EQ_I64(place_parse(&place, "s3://lake"), 0);
    CHECK(place_text(&place, "x/y", text, sizeof text));
    CHECK_EQ_STR(text, "s3://lake/x/y");
    CHECK_EQ_I64(place_parse(&place, "gs://lake/a"), 0);
    CHECK(place_text(&place, "x", text, 14));
    CHECK_EQ_STR(text, "gs://lake/a/x");
    CHECK(!place_text(&place, "x", text, 13));
    CHECK_EQ_I64(place_parse(&place, "/"), 0);
    CHECK(place_text(&place, "x", text, sizeof text));
    CHECK_EQ_STR(text, "/x");
}
