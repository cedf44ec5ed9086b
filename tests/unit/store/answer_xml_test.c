#include "store/answer_xml.h"

#include "answer_rig.h"

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
    CHECK_EQ_I64(
        SAYS(200, NULL, "<ListBucketResult><IsTruncated>True</IsTruncated></ListBucketResult>"),
        STORE_UNSUPPORTED);
    CHECK_EQ_I64(
        SAYS(200, NULL, "<ListBucketResult><IsTruncated>False</IsTruncated></ListBucketResult>"),
        STORE_FINE);
    op.token = "same";
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>"
                      "same</NextContinuationToken></ListBucketResult>"),
                 STORE_UNSUPPORTED);
}

/* A console's page, a hotel's: a bucket is there when its list is. */
TEST(a_page_for_people_is_no_bucket)
{
    asked(STORE_PROBE);
    CHECK_EQ_I64(SAYS(200, NULL, "<html><body>Welcome</body></html>"), STORE_UNSUPPORTED);
    CHECK_EQ_I64(SAYS(200, NULL, "<!DOCTYPE html><html>"), STORE_LOST);
    CHECK_EQ_I64(SAYS(200, NULL, ""), STORE_LOST);
    CHECK_EQ_I64(SAYS(200, NULL,
                      "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>p/a</Key>"
                      "<Size>1</Size></Contents></ListBucketResult>"),
                 STORE_FINE);
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
