#include "store/remote_inside.h"

#include "remote_rig.h"

/* ---- the clock --------------------------------------------------------------------------------- */

TEST(an_offset_of_the_clock_is_learnt_once_and_signed_with)
{
    static const struct scripted answers[] = {
        {.status = 403,
         .body = ERROR("RequestTimeTooSkewed", "<ServerTime>2020-01-01T01:00:00Z"
                                               "</ServerTime>")},
        {.status = 200}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_I64(script->asked, 2);
    CHECK_EQ_STR(asked_header(&script->ask[0], "x-amz-date"), OLD);
    CHECK_EQ_STR(asked_header(&script->ask[1], "x-amz-date"), "20200101T010000Z");
    CHECK_EQ_I64(remote_skew_s(&store), 3600);
    CHECK_EQ_I64(call.result.sent_bytes, 18);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_STR(asked_header(&script->ask[2], "x-amz-date"), "20200101T010000Z");
    end();
}

TEST(the_date_serves_where_no_other_time_is_said)
{
    static const struct scripted answers[] = {{.status = 403,
                                               .headers = "date: Tue, 31 Dec 2019 22:00:00 GMT\n",
                                               .body = ERROR("RequestTimeTooSkewed", "")},
                                              {.status = 200}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_I64(remote_skew_s(&store), -7200);
    end();
}

/* Some refuse without a word of the clock. */
TEST(a_refusal_from_far_away_in_time_may_mean_the_clock)
{
    static const struct scripted answers[] = {{.status = 400,
                                               .headers = "date: Wed, 01 Jan 2020 01:00:00 GMT\n",
                                               .body = ERROR("AccessDenied", "")},
                                              {.status = 200}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_I64(remote_skew_s(&store), 3600);
    end();
    static const struct scripted near[] = {{.status = 403,
                                            .headers = "date: Wed, 01 Jan 2020 00:14:00 GMT\n",
                                            .body = ERROR("AccessDenied", "")}};
    OPEN(near);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_DENIED);
    CHECK_EQ_I64(script->asked, 1);
    end();
    static const struct scripted denied[] = {{.status = 403,
                                              .headers = "date: Tue, 31 Dec 2019 22:00:00 GMT\n",
                                              .body = ERROR("AccessDenied", "")}};
    OPEN(denied);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_DENIED);
    CHECK_EQ_I64(script->asked, 2);
    end();
}

TEST(a_clock_that_is_refused_again_is_skewed)
{
    static const struct scripted answers[] = {{.status = 403,
                                               .headers = "date: Tue, 31 Dec 2019 22:00:00 GMT\n",
                                               .body = ERROR("RequestTimeTooSkewed", "")}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_SKEWED);
    CHECK_EQ_I64(script->asked, 2);
    end();
    static const struct scripted no_time[] = {
        {.status = 403, .body = ERROR("RequestTimeTooSkewed", "")}};
    OPEN(no_time);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_SKEWED);
    CHECK_EQ_I64(script->asked, 1);
    end();
    static const struct scripted same_time[] = {{.status = 403,
                                                 .headers = "date: Wed, 01 Jan 2020 00:00:30 GMT\n",
                                                 .body = ERROR("RequestTimeTooSkewed", "")}};
    OPEN(same_time);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_SKEWED);
    CHECK_EQ_I64(script->asked, 1);
    CHECK_EQ_I64(remote_skew_s(&store), 0);
    end();
}

/* ---- a HEAD has no body ------------------------------------------------------------------------ */

TEST(a_mute_refusal_is_asked_why)
{
    static const struct scripted answers[] = {
        {.status = 403},
        {.status = 403,
         .body = ERROR("RequestTimeTooSkewed", "<ServerTime>2020-01-01T01:00:00Z"
                                               "</ServerTime>")},
        {.status = 200, .length = 9}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_HEAD), STORE_FINE);
    CHECK_EQ_I64(call.result.bytes, 9);
    CHECK_EQ_STR(script->ask[1].method, "GET");
    CHECK_EQ_STR(asked_header(&script->ask[1], "range"), "bytes=0-0");
    CHECK_EQ_STR(script->ask[2].method, "HEAD");
    CHECK_EQ_STR(asked_header(&script->ask[2], "x-amz-date"), "20200101T010000Z");
    end();
    static const struct scripted denied[] = {
        {.status = 403}, {.status = 403, .body = ERROR("InvalidAccessKeyId", "")}};
    OPEN(denied);
    CHECK_EQ_I64(asks(STORE_HEAD), STORE_DENIED);
    CHECK_EQ_STR(call.result.code, "InvalidAccessKeyId");
    CHECK_EQ_STR(call.result.words, "InvalidAccessKeyId: m");
    CHECK_EQ_I64(call.result.http_status, 403);
    CHECK_EQ_I64(script->asked, 2);
    end();
}

TEST(a_get_that_is_not_refused_explains_nothing)
{
    static const struct scripted answers[] = {
        {.status = 403}, {.status = 206, .headers = "content-range: bytes 0-0/9\n", .body = "x"}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_HEAD), STORE_DENIED);
    CHECK_EQ_STR(call.result.words, "HTTP status 403");
    CHECK_EQ_STR(seen, "");
    CHECK_EQ_I64(script->asked, 2);
    end();
    static const struct scripted lost[] = {{.status = 403}, {.err = TD_E_NET_CLOSED}};
    OPEN(lost);
    CHECK_EQ_I64(asks(STORE_HEAD), STORE_DENIED);
    end();
}

/* ---- regions ----------------------------------------------------------------------------------- */

TEST(a_bucket_elsewhere_is_followed_once_and_kept)
{
    static const struct scripted answers[] = {
        {.status = 301,
         .body = ERROR("PermanentRedirect", "<Endpoint>lake.evil.example.org</Endpoint>"
                                            "<Region>eu-west-1</Region>")},
        {.status = 200}};
    OPEN_AT("s3://lake", "https://s3.us-east-1.amazonaws.com", answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_STR(script->ask[0].url, "https://lake.s3.us-east-1.amazonaws.com/k");
    CHECK_EQ_STR(script->ask[1].url, "https://lake.s3.eu-west-1.amazonaws.com/k");
    CHECK(strstr(asked_header(&script->ask[1], "authorization"), "/eu-west-1/s3/") != NULL);
    CHECK_EQ_STR(remote_region(&store), "eu-west-1");
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_I64(script->asked, 3);
    CHECK_EQ_STR(script->ask[2].url, "https://lake.s3.eu-west-1.amazonaws.com/k");
    end();
}

TEST(a_region_is_learnt_from_a_header_and_a_signature_that_is_refused)
{
    static const struct scripted by_header[] = {
        {.status = 400, .headers = "x-amz-bucket-region: eu-west-1\n"},
        {.status = 200, .length = 9}};
    OPEN(by_header);
    CHECK_EQ_I64(asks(STORE_HEAD), STORE_FINE);
    CHECK_EQ_I64(script->asked, 2);
    CHECK_EQ_STR(script->ask[1].url, "https://h/lake/k");
    end();
    static const struct scripted by_body[] = {
        {.status = 400,
         .body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' "
                 "is wrong; expecting 'eu-west-1'</Message><Region>eu-west-1</Region></Error>"},
        {.status = 200}};
    OPEN(by_body);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_STR(remote_region(&store), "eu-west-1");
    end();
}

TEST(redirects_in_a_circle_end)
{
    static const struct scripted answers[] = {
        {.status = 301, .headers = "x-amz-bucket-region: eu-west-1\n"},
        {.status = 301, .headers = "x-amz-bucket-region: eu-west-2\n"}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_WRONG_REGION);
    CHECK_EQ_I64(script->asked, 2);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_WRONG_REGION);
    CHECK_EQ_I64(script->asked, 3);
    CHECK_EQ_STR(remote_region(&store), "eu-west-1");
    end();
    static const struct scripted nowhere[] = {{.status = 301}};
    OPEN(nowhere);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_WRONG_REGION);
    CHECK_EQ_I64(script->asked, 1);
    end();
}

/* Both were under way when the first learnt it. */
TEST(calls_that_were_under_way_use_what_another_learnt)
{
    static const struct scripted answers[] = {
        {.status = 301, .headers = "x-amz-bucket-region: eu-west-1\n"},
        {.status = 301, .headers = "x-amz-bucket-region: eu-west-1\n"},
        {.status = 204}};
    struct store_call many[2];
    OPEN(answers);
    for (size_t i = 0; i < 2; i++) {
        many[i] = (struct store_call){.op = {.verb = STORE_DELETE, .key = "k"}};
        store.submit(store.ctx, &many[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        CHECK(store.wait(store.ctx, -1) == &many[i]);
        CHECK_EQ_I64(many[i].result.outcome, STORE_FINE);
    }
    CHECK_EQ_I64(script->asked, 4);
    end();
}

/* ---- checksum headers -------------------------------------------------------------------------- */

TEST(checksum_headers_that_are_refused_are_not_sent_again)
{
    static const struct scripted answers[] = {
        {.status = 400,
         .body = "<Error><Code>InvalidRequest</Code><Message>Unknown checksum</Message></Error>"},
        {.status = 200}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK(asked_header(&script->ask[0], "x-amz-checksum-crc32c") != NULL);
    CHECK(asked_header(&script->ask[1], "x-amz-checksum-crc32c") == NULL);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_I64(script->asked, 3);
    CHECK(asked_header(&script->ask[2], "x-amz-checksum-crc32c") == NULL);
    end();
}

/* Swift answers 501 to a condition, and 501 to a sum that it cannot make: the one is not taken for the other. */
TEST(a_condition_that_is_unknown_does_not_cost_the_checksums)
{
    static const struct scripted answers[] = {{.status = 501, .body = ERROR("NotImplemented", "")},
                                              {.status = 501, .body = ERROR("NotImplemented", "")},
                                              {.status = 200}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_UNSUPPORTED);
    CHECK_EQ_I64(script->asked, 2);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK(asked_header(&script->ask[2], "x-amz-checksum-crc32c") != NULL);
    end();
}

TEST(a_sum_that_does_not_hold_is_damage_and_not_a_header_too_many)
{
    static const struct scripted answers[] = {
        {.status = 400,
         .body = "<Error><Code>BadDigest</Code><Message>The CRC32C checksum you specified did not "
                 "match</Message></Error>"}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_DAMAGED);
    CHECK_EQ_I64(script->asked, 1);
    end();
}

TEST(parts_of_an_upload_without_sums_are_sent_without)
{
    static const struct scripted answers[] = {
        {.status = 501, .body = ERROR("NotImplemented", "")},
        {.status = 200,
         .body = "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                 "</InitiateMultipartUploadResult>"},
        {.status = 200}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PARTS_OPEN), STORE_FINE);
    CHECK_EQ_I64(asks(STORE_PARTS_PUT), STORE_FINE);
    CHECK(asked_header(&script->ask[2], "x-amz-checksum-crc32c") == NULL);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK(asked_header(&script->ask[3], "x-amz-checksum-crc32c") != NULL);
    end();
}
