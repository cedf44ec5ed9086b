#include "store/answer.h"

#include <stdio.h>

#include "script.h"
#include "store/digest.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define S3 "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define HEX_DIGITS "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"

static struct place place;
static struct store_op op;
static struct exchange exchange;
static struct answer answer;
static struct store_result result;
static char seen[4096];
static struct td_str seen_str;
static td_err refuse; /* what sink and visitors say */

static td_err on_bytes(void *arg, const void *data, size_t bytes)
{
    (void)arg;
    td_str_add_bytes(&seen_str, data, bytes);
    return refuse;
}

static td_err on_entry(void *arg, const struct store_entry *entry)
{
    (void)arg;
    td_str_add_format(&seen_str, "%s%s %lld\n", entry->is_prefix ? "+" : "", entry->key,
                      (long long)entry->bytes);
    return refuse;
}

static td_err on_part(void *arg, const struct store_part *part)
{
    (void)arg;
    td_str_add_format(&seen_str, "%u %lld %s\n", (unsigned)part->number, (long long)part->bytes,
                      part->etag);
    return refuse;
}

static void asked(enum store_verb verb)
{
    op = (struct store_op){.verb = verb,
                           .key = verb == STORE_LIST ? "" : "k",
                           .bytes = -1,
                           .upload_id = "u",
                           .sink = {.take = on_bytes},
                           .visit = {.entry = on_entry},
                           .parts = {.part = on_part}};
    refuse = 0;
    CHECK_EQ_I64(place_parse(&place, "s3://lake/p"), 0);
}

/* The same over every split of the body. */
static enum store_outcome says(const struct scripted *say)
{
    char first[sizeof seen] = "";
    enum store_outcome outcome = STORE_OUTCOMES;
    for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
        seen_str = td_str_on(seen, sizeof seen);
        memset(&exchange, 0, sizeof exchange);
        answer_begin(&answer, &place, &op, &exchange, &result);
        script_say(&exchange, say, piece);
        answer_end(&answer);
        CHECK(outcome == STORE_OUTCOMES || outcome == result.outcome);
        if (outcome != STORE_OUTCOMES && outcome == STORE_FINE)
            CHECK_EQ_STR(seen, first);
        outcome = result.outcome;
        memcpy(first, seen, sizeof first);
    }
    return outcome;
}

#define SAYS(...) says(&(struct scripted){.status = __VA_ARGS__})

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

/* A sum of sums says nothing of the whole, whether the store admits it or not. */
TEST(a_composite_sum_is_none)
{
    asked(STORE_HEAD);
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-crc32c: 4waSgw==\nx-amz-checksum-type: COMPOSITE\n"),
                 STORE_FINE);
    CHECK(!result.has_crc32c);
    SAYS(200, "x-amz-checksum-crc32c: 4waSgw==-2\n");
    CHECK(!result.has_crc32c);
    SAYS(200, "x-amz-checksum-crc32c: 4waSgw\nx-amz-checksum-sha256: 4waSgw==\n");
    CHECK(!result.has_crc32c && !result.has_sha256);
    SAYS(200, "x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n");
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
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-crc32c: 4waSgw==\netag: \"x\"\n", "123456789"),
                 STORE_FINE);
    CHECK_EQ_STR(seen, "123456789");
    CHECK_EQ_I64(result.bytes, 9);
    CHECK_EQ_STR(result.etag, "\"x\"");
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-crc32c: 4waSgw==\n", "123456780"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, "x-goog-hash: crc32c=4waSgw==\n", "123456780"), STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n",
                      "123456789"),
                 STORE_FINE);
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n",
                      "123456780"),
                 STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-crc32c: 4waSgw==\n", "1234", .length = -1),
                 STORE_DAMAGED);
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-crc32c: 4waSgw==\n", "123456789", .length = -1),
                 STORE_FINE);
    CHECK_EQ_I64(result.bytes, 9);
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-crc32c: AAAAAA==\n"), STORE_FINE);
    CHECK_EQ_I64(result.bytes, 0);
    CHECK_EQ_I64(SAYS(200, "x-amz-checksum-crc32c: 4waSgw==\n"), STORE_DAMAGED);
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

/* ---- lists ----------------------------------------------------------------------------------- */

TEST(a_page_of_s3_is_shown_in_byte_order_without_the_prefix)
{
    asked(STORE_LIST);
    op.delimiter = "/";
    CHECK_EQ_I64(SAYS(200, NULL,
                      XML
                      "<ListBucketResult " S3 "><Name>lake</Name><Prefix>p/</Prefix>"
                      "<NextContinuationToken>1ueG/x=</NextContinuationToken><KeyCount>4</KeyCount>"
                      "<MaxKeys>1000</MaxKeys><Delimiter>%2F</Delimiter>"
                      "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
                      "<Contents><Key>p/a%3Db+c%2B</Key><LastModified>2026-01-01T00:00:00.000Z"
                      "</LastModified><ETag>&quot;x&quot;</ETag><Size>5</Size><Owner><ID>1</ID>"
                      "<DisplayName>Key</DisplayName></Owner></Contents>"
                      "<Contents><Key>p/</Key><Size>0</Size></Contents>"
                      "<Contents><Key>p/%C3%A9</Key><Size>9007199254740993</Size></Contents>"
                      "<CommonPrefixes><Prefix>p/a%3Da/</Prefix></CommonPrefixes>"
                      "<CommonPrefixes><Prefix>p/z/</Prefix></CommonPrefixes></ListBucketResult>"),
                 STORE_FINE);
    CHECK_EQ_STR(seen, "+a=a/ 0\na=b c+ 5\n+z/ 0\n\xc3\xa9 9007199254740993\n");
    CHECK_EQ_STR(result.token, "1ueG/x=");
}

TEST(names_that_are_not_encoded_are_taken_as_they_are)
{
    asked(STORE_LIST);
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListBucketResult><IsTruncated>false</IsTruncated>"
                      "<NextContinuationToken>left over</NextContinuationToken>"
                      "<Contents><Size>5</Size><Key>p/a+b%41&amp;&lt;</Key></Contents>"
                      "</ListBucketResult>"),
                 STORE_FINE);
    CHECK_EQ_STR(seen, "a+b%41&< 5\n");
    CHECK_EQ_STR(result.token, "");
    CHECK_EQ_I64(SAYS(200, NULL, "<ListBucketResult/>"), STORE_FINE);
    CHECK_EQ_STR(seen, "");
}

/* Nothing is shown: a caller that asks again sees no name twice. */
TEST(a_page_cut_in_half_is_not_shown)
{
    asked(STORE_LIST);
    static const char half[] =
        "<ListBucketResult><Contents><Key>p/a</Key><Size>5</Size></Contents>";
    CHECK_EQ_I64(SAYS(200, NULL, half), STORE_LOST);
    CHECK_EQ_STR(seen, "");
    CHECK_EQ_I64(SAYS(200, NULL, half, .err = TD_E_NET_TIMEOUT), STORE_LOST);
    CHECK_EQ_STR(seen, "");
    CHECK_EQ_I64(SAYS(200), STORE_LOST);
    CHECK_EQ_I64(SAYS(200, NULL, "<html>hello</html>"), STORE_UNSUPPORTED);
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListBucketResult><Contents><Key>p/a</Key></Contents>"
                      "</ListBucketResult>"),
                 STORE_LOST);
}

/* A store that does not know the parameters of a version 2 list must not pass for a short one. */
TEST(more_to_list_and_no_way_on_is_an_error)
{
    asked(STORE_LIST);
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListBucketResult><IsTruncated>true</IsTruncated><NextMarker>p/a"
                      "</NextMarker></ListBucketResult>"),
                 STORE_UNSUPPORTED);
    op.token = "same";
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>"
                      "same</NextContinuationToken></ListBucketResult>"),
                 STORE_UNSUPPORTED);
}

TEST(names_that_were_not_asked_for_are_refused)
{
    static const char *const bad[] = {"q/a", "p", "pa", "p/%00", "p/%4", "p/%zz", ""};
    char body[256];
    asked(STORE_LIST);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body,
                 "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>p/ok</Key><Size>"
                 "1</Size></Contents><Contents><Key>%s</Key><Size>1</Size></Contents>"
                 "</ListBucketResult>",
                 bad[i]);
        CHECK_EQ_I64(SAYS(200, NULL, body), bad[i][0] ? STORE_UNSUPPORTED : STORE_LOST);
        CHECK_EQ_STR(seen, "");
    }
    op.key = "x=";
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListBucketResult><Contents><Key>p/y</Key><Size>1</Size></Contents>"
                      "</ListBucketResult>"),
                 STORE_UNSUPPORTED);
    asked(STORE_LIST);
    refuse = TD_E_NO_ROOM;
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListBucketResult><Contents><Key>p/y</Key><Size>1</Size></Contents>"
                      "</ListBucketResult>"),
                 STORE_LOCAL);
    CHECK_EQ_I64(result.err, TD_E_NO_ROOM);
}

TEST(a_page_that_never_ends_is_refused)
{
    static char body[512 + (LISTING_NAMES_MAX + 1) * 64];
    struct td_str str = td_str_on(body, sizeof body);
    asked(STORE_LIST);
    td_str_add(&str, "<ListBucketResult>");
    for (int i = 0; i <= LISTING_NAMES_MAX; i++)
        td_str_add_format(&str, "<Contents><Key>p/%05d</Key><Size>1</Size></Contents>", i);
    td_str_add(&str, "</ListBucketResult>");
    CHECK(!str.cut);
    seen_str = td_str_on(seen, sizeof seen);
    memset(&exchange, 0, sizeof exchange);
    answer_begin(&answer, &place, &op, &exchange, &result);
    script_say(&exchange, &(struct scripted){.status = 200, .body = body}, 16384);
    answer_end(&answer);
    CHECK_EQ_I64(result.outcome, STORE_UNSUPPORTED);
    CHECK_EQ_STR(seen, "");
}

/* ---- parts ----------------------------------------------------------------------------------- */

TEST(an_upload_gets_its_id)
{
    asked(STORE_PARTS_OPEN);
    CHECK_EQ_I64(SAYS(200, NULL,
                      XML "<InitiateMultipartUploadResult " S3 "><Bucket>lake</Bucket><Key>p/k"
                          "</Key><UploadId>VXB-_.~/=+</UploadId></InitiateMultipartUploadResult>"),
                 STORE_FINE);
    CHECK_EQ_STR(result.upload_id, "VXB-_.~/=+");
    CHECK_EQ_I64(SAYS(200, NULL, "<InitiateMultipartUploadResult/>"), STORE_UNSUPPORTED);
    CHECK_EQ_I64(SAYS(200, NULL, "<InitiateMultipartUploadResult><UploadId>x</UploadId>"),
                 STORE_LOST);
    CHECK_EQ_I64(SAYS(200), STORE_LOST);
}

TEST(parts_are_listed_page_by_page)
{
    asked(STORE_PARTS_LIST);
    CHECK_EQ_I64(
        SAYS(200, NULL,
             XML "<ListPartsResult " S3 "><UploadId>u</UploadId><PartNumberMarker>0"
                 "</PartNumberMarker><NextPartNumberMarker>2</NextPartNumberMarker><MaxParts>2"
                 "</MaxParts><IsTruncated>true</IsTruncated>"
                 "<Part><PartNumber>1</PartNumber><LastModified>x</LastModified><ETag>&quot;a&quot;"
                 "</ETag><Size>8388608</Size></Part>"
                 "<Part><PartNumber>2</PartNumber><ETag>b</ETag><Size>5</Size></Part>"
                 "</ListPartsResult>"),
        STORE_FINE);
    CHECK_EQ_STR(seen, "1 8388608 \"a\"\n2 5 b\n");
    CHECK_EQ_I64(result.next_part, 2);
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListPartsResult><NextPartNumberMarker>2</NextPartNumberMarker><IsTruncated>"
                      "false</IsTruncated></ListPartsResult>"),
                 STORE_FINE);
    CHECK_EQ_I64(result.next_part, 0);
    op.after_part = 2;
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListPartsResult><NextPartNumberMarker>2</NextPartNumberMarker><IsTruncated>"
                      "true</IsTruncated></ListPartsResult>"),
                 STORE_UNSUPPORTED);
    CHECK_EQ_I64(SAYS(404, NULL, "<Error><Code>NoSuchUpload</Code></Error>"), STORE_NO_UPLOAD);
}

/* Completion may fail after it has said 200, and may put blanks first to keep the connection. */
TEST(a_completion_is_what_its_body_says)
{
    asked(STORE_PARTS_CLOSE);
    op.only_if_absent = true;
    CHECK_EQ_I64(SAYS(200, NULL,
                      " \n  " XML "<CompleteMultipartUploadResult " S3 "><Location>http://x"
                      "</Location><ETag>&quot;a-2&quot;</ETag></CompleteMultipartUploadResult>"),
                 STORE_FINE);
    CHECK_EQ_I64(SAYS(200, NULL,
                      XML "\n   \n<Error><Code>InternalError</Code><Message>We encountered an "
                          "internal error. Please try again.</Message></Error>"),
                 STORE_AGAIN);
    CHECK_EQ_STR(result.code, "InternalError");
    CHECK_EQ_I64(SAYS(200, NULL, "<Error><Code>PreconditionFailed</Code></Error>"), STORE_EXISTS);
    CHECK_EQ_I64(SAYS(200, NULL, "<Error><Code>NoSuchUpload</Code></Error>"), STORE_NO_UPLOAD);
    CHECK_EQ_I64(SAYS(200, NULL, "<Error><Code>InvalidPart</Code></Error>"), STORE_NO_UPLOAD);
    CHECK_EQ_I64(SAYS(200, NULL, "   \n"), STORE_LOST);
    CHECK_EQ_I64(SAYS(200, NULL, "<CompleteMultipartUploadResult>"), STORE_LOST);
    CHECK_EQ_I64(SAYS(412, NULL, "<Error><Code>PreconditionFailed</Code></Error>"), STORE_EXISTS);
    asked(STORE_PARTS_DROP);
    CHECK_EQ_I64(SAYS(404, NULL, "<Error><Code>NoSuchUpload</Code></Error>"), STORE_FINE);
    CHECK_EQ_I64(SAYS(204), STORE_FINE);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static const struct {
    enum store_verb verb;
    int status;
    const char *code;
    enum store_outcome outcome;
} refusals[] = {
    {STORE_PUT, 500, "InternalError", STORE_AGAIN},
    {STORE_PUT, 502, "", STORE_AGAIN},
    {STORE_PUT, 503, "SlowDown", STORE_AGAIN},
    {STORE_PUT, 400, "RequestTimeout", STORE_AGAIN},
    {STORE_PUT, 408, "", STORE_AGAIN},
    {STORE_PUT, 429, "", STORE_AGAIN},
    {STORE_PUT, 409, "ConditionalRequestConflict", STORE_AGAIN},
    {STORE_PUT, 409, "ExistingObjectIsDirectory", STORE_REFUSED},
    {STORE_PUT, 412, "PreconditionFailed", STORE_EXISTS},
    {STORE_PUT, 400, "BadDigest", STORE_DAMAGED},
    {STORE_PUT, 400, "XAmzContentSHA256Mismatch", STORE_DAMAGED},
    {STORE_PUT, 400, "InvalidArgument", STORE_REFUSED},
    {STORE_PUT, 400, "ExpiredToken", STORE_DENIED},
    {STORE_PUT, 401, "", STORE_DENIED},
    {STORE_PUT, 403, "SignatureDoesNotMatch", STORE_DENIED},
    {STORE_PUT, 403, "AccessDenied", STORE_DENIED},
    {STORE_PUT, 403, "RequestTimeTooSkewed", STORE_SKEWED},
    {STORE_PUT, 404, "NoSuchBucket", STORE_NO_BUCKET},
    {STORE_PUT, 404, "", STORE_NO_BUCKET},
    {STORE_PUT, 501, "NotImplemented", STORE_UNSUPPORTED},
    {STORE_PUT, 301, "PermanentRedirect", STORE_WRONG_REGION},
    {STORE_PUT, 307, "TemporaryRedirect", STORE_WRONG_REGION},
    {STORE_PUT, 413, "EntityTooLarge", STORE_REFUSED},
    {STORE_PARTS_PUT, 404, "NoSuchUpload", STORE_NO_UPLOAD},
    {STORE_PARTS_PUT, 404, "", STORE_NO_UPLOAD},
    {STORE_PARTS_OPEN, 404, "", STORE_NO_BUCKET},
    {STORE_GET, 404, "NoSuchBucket", STORE_NO_BUCKET},
    {STORE_GET, 404, "", STORE_ABSENT},
    {STORE_DELETE, 404, "NoSuchKey", STORE_FINE},
    {STORE_DELETE, 404, "NoSuchBucket", STORE_NO_BUCKET},
    {STORE_DELETE, 403, "AccessDenied", STORE_DENIED},
    {STORE_LIST, 404, "", STORE_NO_BUCKET},
    {STORE_PROBE, 404, "NoSuchBucket", STORE_NO_BUCKET},
    {STORE_PROBE, 200, "", STORE_FINE},
};

TEST(refusals_mean_what_can_be_done_about_them)
{
    char body[256];
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        asked(refusals[i].verb);
        op.only_if_absent = true;
        snprintf(body, sizeof body, XML "<Error><Code>%s</Code><Message>m</Message></Error>",
                 refusals[i].code);
        const char *sent = refusals[i].code[0] ? body : NULL;
        enum store_outcome got = SAYS(refusals[i].status, NULL, sent);
        if (got != refusals[i].outcome)
            FAIL("%d %s of verb %d: %s", refusals[i].status, refusals[i].code, refusals[i].verb,
                 store_outcome_words[got]);
        CHECK_EQ_STR(result.code, refusals[i].code);
    }
    asked(STORE_PUT);
    CHECK_EQ_I64(SAYS(412), STORE_REFUSED);
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
