#include "store/answer.h"

#include "answer_rig.h"
#include "store/digest.h"

#define WHOLE "x-amz-checksum-type: FULL_OBJECT\n"
#define HEX_DIGITS "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"

/* ---- HEAD ------------------------------------------------------------------------------------ */

TEST(head_of_s3_tells_size_identity_and_its_own_sum)
{
    asked(STORE_HEAD);
    CHECK_EQ_I64(SAYS(200,
                      "x-amz-id-2: x\ndate: Wed, 21 Oct 2015 07:28:00 GMT\n"
                      "x-amz-meta-tape-bytes: 9\nx-amz-meta-tape-crc32c: e3069283\n"
                      "x-amz-meta-tape-sha256: " HEX_DIGITS "\n"
                      "x-amz-checksum-crc32c: 4waSgw==\nx-amz-checksum-type: FULL_OBJECT\n"
                      "etag: \"25f9e794323b453885f5181f1b624d0b\"\n",
                      .length = 9),
                 STORE_FINE);
    struct store_identity own = digest_of("123456789", 9);
    CHECK_EQ_I64(result.bytes, 9);
    CHECK(result.has_identity && identity_equal(&result.identity, &own));
    CHECK(result.has_crc32c && !result.has_sha256);
    CHECK_EQ_U64(result.crc32c, 0xE3069283);
    CHECK_EQ_STR(result.etag, "\"25f9e794323b453885f5181f1b624d0b\"");
    CHECK_EQ_I64(answer.server_ns, INT64_C(1445412480) * 1000000000);
}

/* A sum of sums says nothing of the whole, whether the store admits it or not; nor does one of no type. */
TEST(a_composite_sum_is_none)
{
    asked(STORE_HEAD);
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-crc32c: 4waSgw==\nx-amz-checksum-type: COMPOSITE\n"),
                 STORE_FINE);
    CHECK(!result.has_crc32c);
    SAYS(200, WHOLE "x-amz-checksum-crc32c: 4waSgw==-2\n");
    CHECK(!result.has_crc32c);
    SAYS(200, "x-amz-checksum-crc32c: 4waSgw==\n");
    CHECK(!result.has_crc32c);
    SAYS(200, WHOLE "x-amz-checksum-crc32c: 4waSgw\nx-amz-checksum-sha256: 4waSgw==\n");
    CHECK(!result.has_crc32c && !result.has_sha256);
    SAYS(200, WHOLE "x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n");
    struct store_identity own = digest_of("123456789", 9);
    CHECK(result.has_sha256);
    CHECK_EQ_MEM(result.sha256, own.sha256, 32);
}

TEST(head_of_google_has_its_hashes_in_one_header_or_two)
{
    asked(STORE_HEAD);
    CHECK_EQ_I64(SAYS(200,
                      "x-goog-hash: crc32c=4waSgw==\nx-goog-hash: md5=JfnnlDI7RTiF9RgfG2JNCw==\n"
                      "x-goog-meta-tape-bytes: 9\nx-goog-meta-tape-crc32c: E3069283\n"
                      "x-goog-meta-tape-sha256: " HEX_DIGITS "\n",
                      .length = 9),
                 STORE_FINE);
    CHECK(result.has_crc32c && result.has_identity);
    CHECK_EQ_U64(result.crc32c, 0xE3069283);
    CHECK_EQ_U64(result.identity.crc32c, 0xE3069283);
    SAYS(200, "x-goog-hash: md5=JfnnlDI7RTiF9RgfG2JNCw==, crc32c=4waSgw==\n");
    CHECK(result.has_crc32c && result.crc32c == 0xE3069283);
    SAYS(200, "x-goog-hash: md5=JfnnlDI7RTiF9RgfG2JNCw==\n");
    CHECK(!result.has_crc32c);
}

TEST(an_identity_is_whole_or_none)
{
    static const char *const bad[] = {
        "x-amz-meta-tape-crc32c: e3069283\nx-amz-meta-tape-sha256: " HEX_DIGITS "\n",
        "x-amz-meta-tape-bytes: 9\nx-amz-meta-tape-sha256: " HEX_DIGITS "\n",
        "x-amz-meta-tape-bytes: 9\nx-amz-meta-tape-crc32c: e3069283\n",
        "x-amz-meta-tape-bytes: -9\nx-amz-meta-tape-crc32c: e3069283\n"
        "x-amz-meta-tape-sha256: " HEX_DIGITS "\n",
        "x-amz-meta-tape-bytes: 9\nx-amz-meta-tape-crc32c: e306928\n"
        "x-amz-meta-tape-sha256: " HEX_DIGITS "\n",
        "x-amz-meta-tape-bytes: 9\nx-amz-meta-tape-crc32c: e30692833\n"
        "x-amz-meta-tape-sha256: " HEX_DIGITS "\n",
        "x-amz-meta-tape-bytes: 9\nx-amz-meta-tape-crc32c: e3069283\n"
        "x-amz-meta-tape-sha256: " HEX_DIGITS "0\n",
    };
    asked(STORE_HEAD);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_EQ_I64(says(&(struct scripted){.status = 200, bad[i], .length = 9}), STORE_FINE);
        CHECK(!result.has_identity);
        CHECK_EQ_I64(result.identity.bytes, 0);
    }
}

TEST(head_without_a_length_proves_nothing)
{
    asked(STORE_HEAD);
    CHECK_EQ_I64(SAYS(200, .length = -1), STORE_UNSUPPORTED);
    CHECK_EQ_I64(SAYS(404), STORE_ABSENT);
    CHECK_EQ_STR(result.words, "HTTP status 404");
}

/* ---- GET ------------------------------------------------------------------------------------- */

TEST(a_whole_object_is_compared_with_the_stores_sum)
{
    asked(STORE_GET);
    CHECK_EQ_I64(SAYS(200, WHOLE "x-amz-checksum-crc32c: 4waSgw==\netag: \"x\"\n", "123456789"),
                 STORE_FINE);
    CHECK_EQ_STR(seen, "123456789");
    CHECK_EQ_I64(result.bytes, 9);
    CHECK_EQ_STR(result.etag, "\"x\"");
    CHECK_EQ_I64(SAYS(200, WHOLE "x-amz-checksum-crc32c: 4waSgw==\n", "123456780"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, "x-goog-hash: crc32c=4waSgw==\n", "123456780"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200,
                      WHOLE "x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n",
                      "123456789"),
                 STORE_FINE);
    CHECK_EQ_I64(SAYS(200,
                      WHOLE "x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n",
                      "123456780"),
                 STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, WHOLE "x-amz-checksum-crc32c: 4waSgw==\n", "1234", .length = -1),
                 STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, WHOLE "x-amz-checksum-crc32c: 4waSgw==\n", "123456789", .length = -1),
                 STORE_FINE);
    CHECK_EQ_I64(result.bytes, 9);
    CHECK_EQ_I64(SAYS(200, WHOLE "x-amz-checksum-crc32c: AAAAAA==\n"), STORE_FINE);
    CHECK_EQ_I64(result.bytes, 0);
    CHECK_EQ_I64(SAYS(200, WHOLE "x-amz-checksum-crc32c: 4waSgw==\n"), STORE_DAMAGED);
}

TEST(a_wrong_sum_beside_right_bytes_is_the_stores_fault)
{
    static const char own[] = WHOLE "x-amz-checksum-crc32c: AAAAAA==\nx-amz-meta-tape-bytes: 9\n"
                                    "x-amz-meta-tape-crc32c: e3069283\n"
                                    "x-amz-meta-tape-sha256: " HEX_DIGITS "\n";
    asked(STORE_GET);
    CHECK_EQ_I64(SAYS(200, own, "123456789"), STORE_FINE);
    CHECK_EQ_I64(SAYS(200, own, "123456780"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, own, "1234567890"), STORE_DAMAGED);
}

TEST(fewer_and_more_bytes_than_announced_are_damage)
{
    asked(STORE_GET);
    CHECK_EQ_I64(SAYS(200, NULL, "12345", .length = 9), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, NULL, NULL, .length = 9), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, NULL, "123456789", .length = 5), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, NULL, "12345", .length = 9, .err = TD_E_NET_CLOSED), STORE_LOST);
    CHECK_EQ_I64(result.err, TD_E_NET_CLOSED);
    CHECK_EQ_STR(result.words, "as the script says");
}

TEST(a_range_is_believed_when_the_store_says_the_same)
{
    asked(STORE_GET);
    op.at = 2;
    op.bytes = 3;
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 2-4/9\nx-goog-hash: crc32c=AAAAAA==\n", "345"),
                 STORE_FINE);
    CHECK_EQ_STR(seen, "345");
    CHECK_EQ_I64(result.bytes, 9);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 2-3/4\n", "34"), STORE_FINE);
    CHECK_EQ_I64(SAYS(200, "content-range: bytes 2-4/9\n", "345"), STORE_FINE);
    CHECK_EQ_I64(SAYS(200, "content-range: bytes 0-2/9\n", "345"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, NULL, "345"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 0-2/9\n", "345"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 2-5/9\n", "3456"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 2-3/9\n", "34"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 2-4/*\n", "345"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 4-2/9\n", "345"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 2-4/9\n", "34", .length = 2), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 2-4/9\n", "34", .length = 3), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 2-4/9\n", "3456", .length = -1), STORE_DAMAGED);
    op.at = -1;
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 6-8/9\n", "789"), STORE_FINE);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 0-1/2\n", "12"), STORE_FINE);
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 0-2/9\n", "123"), STORE_DAMAGED);
    op.at = 4;
    op.bytes = -1;
    CHECK_EQ_I64(SAYS(206, "content-range: bytes 4-8/9\n", "56789"), STORE_FINE);
}

TEST(a_range_that_is_the_whole_is_summed_too)
{
    asked(STORE_GET);
    op.bytes = 100;
    CHECK_EQ_I64(
        SAYS(206, "content-range: bytes 0-8/9\nx-goog-hash: crc32c=4waSgw==\n", "123456789"),
        STORE_FINE);
    CHECK_EQ_I64(
        SAYS(206, "content-range: bytes 0-8/9\nx-goog-hash: crc32c=4waSgw==\n", "023456789"),
        STORE_DAMAGED);
}

TEST(a_store_that_ignores_ranges_is_not_believed)
{
    asked(STORE_GET);
    op.at = 2;
    op.bytes = 3;
    CHECK_EQ_I64(SAYS(200, NULL, "123456789"), STORE_UNSUPPORTED);
    CHECK_EQ_STR(seen, "");
    op.at = 0;
    CHECK_EQ_I64(SAYS(200, NULL, "123456789"), STORE_UNSUPPORTED);
    CHECK_EQ_I64(SAYS(200, NULL, "123"), STORE_FINE);
    op.at = -1;
    CHECK_EQ_I64(SAYS(200, NULL, "123456789"), STORE_UNSUPPORTED);
    CHECK_EQ_I64(SAYS(200, NULL, "12"), STORE_FINE);
}

TEST(behind_the_end_there_is_nothing)
{
    asked(STORE_GET);
    op.at = 9;
    op.bytes = 3;
    CHECK_EQ_I64(
        SAYS(416, "content-range: bytes */9\n", XML "<Error><Code>InvalidRange</Code></Error>"),
        STORE_FINE);
    CHECK_EQ_I64(result.bytes, 9);
    CHECK_EQ_STR(result.code, "");
    CHECK_EQ_STR(seen, "");
    op.at = 8;
    CHECK_EQ_I64(SAYS(416, "content-range: bytes */9\n"), STORE_REFUSED);
    op.at = 0;
    CHECK_EQ_I64(SAYS(416, "content-range: bytes */0\n"), STORE_FINE);
    CHECK_EQ_I64(SAYS(416), STORE_FINE);
    CHECK_EQ_I64(result.bytes, 0);
    op.at = 1;
    CHECK_EQ_I64(SAYS(416), STORE_REFUSED);
    op.at = -1;
    CHECK_EQ_I64(SAYS(416), STORE_REFUSED);
}

TEST(a_sink_that_stops_ends_the_call_with_its_error)
{
    asked(STORE_GET);
    refuse = TD_E_DISK_FULL;
    CHECK_EQ_I64(SAYS(200, NULL, "123456789"), STORE_LOCAL);
    CHECK_EQ_I64(result.err, TD_E_DISK_FULL);
}

TEST(an_error_never_reaches_the_sink)
{
    asked(STORE_GET);
    CHECK_EQ_I64(SAYS(404, NULL,
                      XML "<Error><Code>NoSuchKey</Code><Message>The specified key does not "
                          "exist.</Message><Key>p/k</Key><RequestId>R</RequestId></Error>"),
                 STORE_ABSENT);
    CHECK_EQ_STR(seen, "");
    CHECK_EQ_STR(result.code, "NoSuchKey");
    CHECK_EQ_STR(result.words, "NoSuchKey: The specified key does not exist.");
    CHECK_EQ_I64(result.http_status, 404);
}

TEST(an_error_says_where_and_when)
{
    asked(STORE_PUT);
    CHECK_EQ_I64(SAYS(400, "date: Wed, 21 Oct 2015 07:28:00 GMT\n",
                      "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization "
                      "header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"
                      "</Message><Region>eu-west-1</Region></Error>"),
                 STORE_WRONG_REGION);
    CHECK_EQ_STR(answer.region, "eu-west-1");
    CHECK_EQ_I64(SAYS(400, NULL,
                      "<Error><Code>AuthorizationHeaderMalformed</Code><Message>no date</Message>"
                      "</Error>"),
                 STORE_DENIED);
    CHECK_EQ_I64(SAYS(301, "x-amz-bucket-region: eu-north-1\n"), STORE_WRONG_REGION);
    CHECK_EQ_STR(answer.region, "eu-north-1");
    CHECK_EQ_I64(SAYS(403, "date: Wed, 21 Oct 2015 07:28:00 GMT\n",
                      "<Error><Code>RequestTimeTooSkewed</Code><Message>x</Message><RequestTime>"
                      "20151021T062800Z</RequestTime><ServerTime>2015-10-21T07:28:03Z</ServerTime>"
                      "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds></Error>"),
                 STORE_SKEWED);
    CHECK_EQ_I64(answer.server_ns, INT64_C(1445412483) * 1000000000);
}

TEST(the_store_may_say_when_to_come_back)
{
    asked(STORE_PUT);
    CHECK_EQ_I64(SAYS(503, "retry-after: 7\n"), STORE_AGAIN);
    CHECK_EQ_I64(result.retry_after_ms, 7000);
    SAYS(503, "date: Wed, 21 Oct 2015 07:28:00 GMT\nretry-after: Wed, 21 Oct 2015 07:28:30 GMT\n");
    CHECK_EQ_I64(result.retry_after_ms, 30000);
    SAYS(503, "retry-after: 86400\n");
    CHECK_EQ_I64(result.retry_after_ms, 900000);
    SAYS(503, "retry-after: soon\n");
    CHECK_EQ_I64(result.retry_after_ms, 0);
    SAYS(200, "retry-after: 7\n");
    CHECK_EQ_I64(result.retry_after_ms, 0);
}

TEST(an_error_that_is_no_xml_is_its_status)
{
    asked(STORE_PUT);
    CHECK_EQ_I64(SAYS(503, NULL, "<html><body>Busy<br></body></html>"), STORE_AGAIN);
    CHECK_EQ_STR(result.words, "HTTP status 503");
    CHECK_EQ_I64(SAYS(403, NULL, "{\"error\": 1}"), STORE_DENIED);
    CHECK_EQ_I64(SAYS(404, NULL, "<Error><Code>No Such\nBucket</Code></Error>"), STORE_NO_BUCKET);
    CHECK_EQ_STR(result.code, "");
    CHECK_EQ_I64(
        SAYS(400, NULL, "<Error><Code>InvalidThing</Code><Message>a\n\tb \xc3\xa9\x7f </Message>"),
        STORE_REFUSED);
    CHECK_EQ_STR(result.words, "InvalidThing: a b ???");
    CHECK_EQ_I64(SAYS(400, NULL, "<Error><Code>InvalidThing</Code></Error>"), STORE_REFUSED);
    CHECK_EQ_STR(result.words, "InvalidThing");
}

TEST(what_breaks_off_is_lost_untrusted_or_ours)
{
    asked(STORE_PUT);
    CHECK_EQ_I64(SAYS(0, .err = TD_E_NET_CLOSED), STORE_LOST);
    CHECK_EQ_I64(result.http_status, 0);
    CHECK_EQ_I64(SAYS(0, .err = TD_E_NET_RESOLVE), STORE_LOST);
    CHECK_EQ_I64(SAYS(0, .err = TD_E_NET_TLS), STORE_LOST);
    CHECK_EQ_I64(SAYS(0, .err = TD_E_NET_CERT), STORE_UNTRUSTED);
    CHECK_EQ_I64(SAYS(0, .err = TD_E_IO), STORE_LOCAL);
    CHECK_EQ_I64(result.err, TD_E_IO);
    CHECK_EQ_I64(SAYS(200, .err = TD_E_NET_CLOSED), STORE_LOST);
    CHECK_EQ_I64(SAYS(403, NULL, "<Error>", .err = TD_E_NET_CLOSED), STORE_LOST);
    CHECK_EQ_I64(SAYS(0), STORE_LOST);
    CHECK_EQ_I64(SAYS(200, "etag: \"e\"\n"), STORE_FINE);
    CHECK_EQ_STR(result.etag, "\"e\"");
}
