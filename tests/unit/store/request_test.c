#include "store/request.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/digest.h"
#include "store/sign.h"
#include "test.h"

#define NOW_NS (INT64_C(1369353600) * 1000000000)

/* A request and all that it is made of. */
static struct {
    struct place place;
    struct store_account account;
    struct address address;
    struct request_scene scene;
    struct exchange exchange;
    char lines[EXCHANGE_HEADERS_MAX + 1];
    bool checksums;
    void *made;
} rig;

static void scene(const char *place, enum store_dialect dialect)
{
    free(rig.made);
    memset(&rig, 0, sizeof rig);
    CHECK_EQ_I64(place_parse(&rig.place, place), 0);
    rig.account.dialect = dialect;
    snprintf(rig.account.endpoint, sizeof rig.account.endpoint, "https://h:9000");
    snprintf(rig.account.region, sizeof rig.account.region, "us-east-1");
    snprintf(rig.account.access_key, sizeof rig.account.access_key, "AK");
    snprintf(rig.account.secret_key, sizeof rig.account.secret_key, "SK");
    CHECK_EQ_I64(address_make(&rig.address, &rig.place, &rig.account), 0);
    rig.scene = (struct request_scene){
        .place = &rig.place, .account = &rig.account, .address = &rig.address, .wall_ns = NOW_NS};
}

static td_err make(const struct store_op *op)
{
    free(rig.made);
    td_err err = request_make(&rig.scene, op, &rig.exchange, &rig.made, &rig.checksums);
    snprintf(rig.lines, sizeof rig.lines, "\n%s", rig.exchange.headers);
    return err;
}

static const char *sent(const char *name)
{
    static char value[1024];
    char line[64];
    snprintf(line, sizeof line, "\n%s: ", name);
    const char *found = strstr(rig.lines, line);
    if (found == NULL)
        return NULL;
    found += strlen(line);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(found, "\n"), found);
    return value;
}

static void asks(const struct store_op *op, const char *method, const char *url)
{
    CHECK_EQ_I64(make(op), 0);
    CHECK_EQ_STR(rig.exchange.method, method);
    CHECK_EQ_STR(rig.exchange.url, url);
    CHECK_EQ_STR(sent("host"), "h:9000");
}

/* Signs again what is on the wire, with nothing known but that. */
static void check_signature(void)
{
    static struct sign_pair header[32], query[16];
    static char text[EXCHANGE_HEADERS_MAX], url[EXCHANGE_URL_MAX], again[1024];
    size_t headers = 0, queries = 0;
    snprintf(text, sizeof text, "%s", rig.exchange.headers);
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        *end = 0;
        char *colon = strchr(line, ':');
        *colon = 0;
        if (strcmp(line, "authorization") != 0)
            header[headers++] = (struct sign_pair){line, colon + 2};
    }
    header[headers] = (struct sign_pair){NULL, NULL};
    snprintf(url, sizeof url, "%s", rig.exchange.url);
    char *path = strchr(url + strlen("https://"), '/'), *at = strchr(url, '?');
    while (at) {
        *at++ = 0;
        char *value = strchr(at, '='), *next = strchr(at, '&');
        query[queries].name = at;
        query[queries++].value = value && (!next || value < next) ? value + 1 : "";
        if (value && (!next || value < next))
            *value = 0;
        at = next;
    }
    query[queries] = (struct sign_pair){NULL, NULL};
    CHECK(strchr(path, '%') == NULL);
    struct sign_request request = {
        rig.exchange.method,
        path,
        query,
        header,
        sent(rig.account.dialect == STORE_GOOG4 ? "x-goog-content-sha256" : "x-amz-content-sha256"),
        NOW_NS};
    CHECK_EQ_I64(sign_authorization(&rig.account, &request, again, sizeof again), 0);
    CHECK_EQ_STR(sent("authorization"), again);
}

static struct store_op put_of(const char *key, const char *text)
{
    struct store_identity identity = digest_of(text, strlen(text));
    return (struct store_op){.verb = STORE_PUT,
                             .key = key,
                             .body = {.data = text, .bytes = (int64_t)strlen(text)},
                             .body_identity = identity,
                             .identity = identity};
}

TEST(put_names_type_identity_and_sums)
{
    struct store_op put = put_of("k", "123456789");
    put.only_if_absent = true;
    scene("s3://lake/p", STORE_AWS4);
    asks(&put, "PUT", "https://h:9000/lake/p/k");
    CHECK_EQ_STR(sent("x-amz-date"), "20130524T000000Z");
    CHECK_EQ_STR(sent("content-type"), "application/octet-stream");
    CHECK_EQ_STR(sent("x-amz-meta-tape-bytes"), "9");
    CHECK_EQ_STR(sent("x-amz-meta-tape-crc32c"), "e3069283");
    CHECK_EQ_STR(sent("x-amz-meta-tape-sha256"), sent("x-amz-content-sha256"));
    CHECK_EQ_STR(sent("x-amz-meta-tape-sha256"),
                 "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    CHECK_EQ_STR(sent("x-amz-checksum-crc32c"), "4waSgw==");
    CHECK_EQ_STR(sent("if-none-match"), "*");
    CHECK(rig.checksums);
    CHECK_EQ_I64(rig.exchange.body.bytes, 9);
    check_signature();
    put.only_if_absent = false;
    put.content_type = "application/json";
    rig.scene.no_checksums = true;
    CHECK_EQ_I64(make(&put), 0);
    CHECK_EQ_STR(sent("if-none-match"), NULL);
    CHECK_EQ_STR(sent("x-amz-checksum-crc32c"), NULL);
    CHECK_EQ_STR(sent("content-type"), "application/json");
    CHECK(!rig.checksums);
    check_signature();
}

/* Never a header of the one kind beside one of the other: GCS refuses such requests. */
TEST(google_speaks_its_own_words_and_no_others)
{
    struct store_op put = put_of("k", "123456789");
    put.only_if_absent = true;
    scene("gs://lake", STORE_GOOG4);
    asks(&put, "PUT", "https://h:9000/lake/k");
    CHECK_EQ_STR(sent("x-goog-date"), "20130524T000000Z");
    CHECK_EQ_STR(sent("x-goog-hash"), "crc32c=4waSgw==");
    CHECK_EQ_STR(sent("x-goog-if-generation-match"), "0");
    CHECK_EQ_STR(sent("x-goog-meta-tape-bytes"), "9");
    CHECK(strstr(rig.lines, "x-amz-") == NULL && strstr(rig.lines, "if-none-match") == NULL);
    CHECK(strstr(sent("authorization"), "GOOG4-HMAC-SHA256 Credential=AK/20130524/us-east-1/"
                                        "storage/goog4_request, ") != NULL);
    CHECK(!rig.checksums);
    check_signature();
    scene("gs://lake", STORE_AWS4);
    CHECK_EQ_I64(make(&put), 0);
    CHECK(strstr(rig.lines, "x-goog-") == NULL && strstr(rig.lines, "x-amz-checksum") == NULL);
    CHECK_EQ_STR(sent("x-amz-meta-tape-bytes"), "9");
    check_signature();
}

TEST(a_token_or_nothing_may_stand_in_the_signatures_place)
{
    struct store_op head = {.verb = STORE_HEAD, .key = "k"};
    scene("gs://lake", STORE_GOOG4);
    rig.scene.bearer = "ya29.x";
    CHECK_EQ_I64(make(&head), 0);
    CHECK_EQ_STR(sent("authorization"), "Bearer ya29.x");
    CHECK(sent("x-goog-date") != NULL);
    scene("s3://lake", STORE_AWS4);
    rig.account.anonymous = true;
    CHECK_EQ_I64(make(&head), 0);
    CHECK_EQ_STR(sent("authorization"), NULL);
    CHECK_EQ_STR(sent("x-amz-date"), NULL);
    CHECK_EQ_STR(sent("x-amz-checksum-mode"), "ENABLED");
    scene("s3://lake", STORE_AWS4);
    snprintf(rig.account.session_token, sizeof rig.account.session_token, "session");
    CHECK_EQ_I64(make(&head), 0);
    CHECK_EQ_STR(sent("x-amz-security-token"), "session");
    CHECK(strstr(sent("authorization"), ";x-amz-security-token,") != NULL);
    check_signature();
}

TEST(names_are_encoded_once_and_never_normalised)
{
    struct store_op head = {.verb = STORE_HEAD, .key = "a=b//./c d+\xc3\xa9%41?#"};
    scene("s3://lake", STORE_AWS4);
    asks(&head, "HEAD", "https://h:9000/lake/a%3Db//./c%20d%2B%C3%A9%2541%3F%23");
}

TEST(ranges_are_the_bytes_asked_for)
{
    struct store_op get = {.verb = STORE_GET, .key = "k", .at = 0, .bytes = -1};
    scene("s3://lake", STORE_AWS4);
    asks(&get, "GET", "https://h:9000/lake/k");
    CHECK_EQ_STR(sent("range"), NULL);
    CHECK_EQ_STR(sent("x-amz-checksum-mode"), "ENABLED");
    get.at = 5;
    asks(&get, "GET", "https://h:9000/lake/k");
    CHECK_EQ_STR(sent("range"), "bytes=5-");
    get.bytes = 10;
    CHECK_EQ_I64(make(&get), 0);
    CHECK_EQ_STR(sent("range"), "bytes=5-14");
    CHECK_EQ_STR(sent("x-amz-checksum-mode"), NULL);
    get.at = -1;
    CHECK_EQ_I64(make(&get), 0);
    CHECK_EQ_STR(sent("range"), "bytes=-10");
    check_signature();
    get.bytes = 0;
    asks(&get, "HEAD", "https://h:9000/lake/k");
}

TEST(lists_ask_for_a_page_below_the_places_prefix)
{
    struct store_op list = {.verb = STORE_LIST, .key = ""};
    scene("s3://lake", STORE_AWS4);
    asks(&list, "GET", "https://h:9000/lake?list-type=2&encoding-type=url&max-keys=1000");
    check_signature();
    scene("s3://lake/deck/1", STORE_AWS4);
    asks(&list, "GET",
         "https://h:9000/lake?list-type=2&encoding-type=url&max-keys=1000&prefix=deck%2F1%2F");
    list.key = "a=";
    list.delimiter = "/";
    list.start_after = "a=b";
    asks(&list, "GET",
         "https://h:9000/lake?list-type=2&encoding-type=url&max-keys=1000&prefix=deck%2F1%2Fa%3D"
         "&delimiter=%2F&start-after=deck%2F1%2Fa%3Db");
    list.token = "t\xc3\xa9/+=";
    asks(&list, "GET",
         "https://h:9000/lake?list-type=2&encoding-type=url&max-keys=1000&prefix=deck%2F1%2Fa%3D"
         "&delimiter=%2F&continuation-token=t%C3%A9%2F%2B%3D");
    struct store_op probe = {.verb = STORE_PROBE, .key = ""};
    asks(&probe, "GET",
         "https://h:9000/lake?list-type=2&encoding-type=url&max-keys=1&prefix=deck%2F1%2F");
    snprintf(rig.account.endpoint, sizeof rig.account.endpoint, "https://h:9000");
    rig.account.style = STORE_STYLE_VIRTUAL;
    CHECK_EQ_I64(address_make(&rig.address, &rig.place, &rig.account), 0);
    CHECK_EQ_I64(make(&probe), 0);
    CHECK_EQ_STR(
        rig.exchange.url,
        "https://lake.h:9000/?list-type=2&encoding-type=url&max-keys=1&prefix=deck%2F1%2F");
    CHECK_EQ_STR(sent("host"), "lake.h:9000");
}

TEST(parts_are_opened_sent_listed_closed_and_dropped)
{
    static const struct store_part parts[] = {{1, 5, "\"a&b\""}, {2, 6, "cd"}};
    struct store_op op = put_of("k", "123456789");
    op.verb = STORE_PARTS_OPEN;
    op.upload_id = NULL;
    scene("s3://lake", STORE_AWS4);
    asks(&op, "POST", "https://h:9000/lake/k?uploads");
    CHECK_EQ_STR(sent("x-amz-checksum-algorithm"), "CRC32C");
    CHECK_EQ_STR(sent("x-amz-checksum-type"), "FULL_OBJECT");
    CHECK_EQ_STR(sent("x-amz-meta-tape-bytes"), "9");
    CHECK_EQ_I64(rig.exchange.body.bytes, 0);
    check_signature();
    op.verb = STORE_PARTS_PUT;
    op.upload_id = "u+/1";
    op.part_number = 7;
    asks(&op, "PUT", "https://h:9000/lake/k?uploadId=u%2B%2F1&partNumber=7");
    CHECK_EQ_STR(sent("x-amz-checksum-crc32c"), "4waSgw==");
    CHECK_EQ_STR(sent("x-amz-meta-tape-bytes"), NULL);
    op.verb = STORE_PARTS_LIST;
    asks(&op, "GET", "https://h:9000/lake/k?uploadId=u%2B%2F1&max-parts=1000");
    op.after_part = 1000;
    asks(&op, "GET",
         "https://h:9000/lake/k?uploadId=u%2B%2F1&max-parts=1000&part-number-marker=1000");
    op.verb = STORE_PARTS_CLOSE;
    op.part = parts;
    op.part_count = 2;
    op.only_if_absent = true;
    asks(&op, "POST", "https://h:9000/lake/k?uploadId=u%2B%2F1");
    static const char body[] =
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&#34;a&#38;b&#34;</ETag>"
        "</Part><Part><PartNumber>2</PartNumber><ETag>cd</ETag></Part></CompleteMultipartUpload>";
    CHECK_EQ_I64(rig.exchange.body.bytes, sizeof body - 1);
    CHECK_EQ_MEM(rig.exchange.body.data, body, sizeof body - 1);
    CHECK_EQ_STR(sent("if-none-match"), "*");
    CHECK_EQ_STR(sent("x-amz-checksum-crc32c"), "4waSgw==");
    CHECK_EQ_STR(sent("x-amz-checksum-type"), "FULL_OBJECT");
    struct store_identity sum = digest_of(body, sizeof body - 1);
    char hex[65];
    identity_hex(sum.sha256, hex);
    CHECK_EQ_STR(sent("x-amz-content-sha256"), hex);
    op.verb = STORE_PARTS_DROP;
    asks(&op, "DELETE", "https://h:9000/lake/k?uploadId=u%2B%2F1");
    op.verb = STORE_DELETE;
    asks(&op, "DELETE", "https://h:9000/lake/k");
    scene("gs://lake", STORE_GOOG4);
    op.verb = STORE_PARTS_CLOSE;
    asks(&op, "POST", "https://h:9000/lake/k?uploadId=u%2B%2F1");
    CHECK_EQ_STR(sent("x-goog-if-generation-match"), NULL);
    CHECK_EQ_STR(sent("x-goog-hash"), NULL);
}

TEST(what_does_not_fit_or_would_end_a_line_is_refused)
{
    char key[PLACE_KEY_MAX + 1];
    struct store_op op = {.verb = STORE_HEAD, .key = key};
    memset(key, 'k', sizeof key);
    key[PLACE_KEY_MAX - 1] = 0;
    scene("s3://lake", STORE_AWS4);
    CHECK_EQ_I64(make(&op), 0);
    scene("s3://lake/p", STORE_AWS4);
    CHECK_EQ_I64(make(&op), TD_E_RANGE);
    key[0] = 0;
    CHECK_EQ_I64(make(&op), TD_E_RANGE);
    struct store_op put = put_of("k", "x");
    put.content_type = "a\nx-evil: 1";
    CHECK_EQ_I64(make(&put), TD_E_SYNTAX);
    put.content_type = NULL;
    snprintf(rig.account.session_token, sizeof rig.account.session_token, "a\rb");
    CHECK_EQ_I64(make(&put), TD_E_SYNTAX);
    rig.account.session_token[0] = 0;
    memset(rig.account.access_key, 'A', sizeof rig.account.access_key - 1);
    CHECK_EQ_I64(make(&put), 0);
    free(rig.made);
    rig.made = NULL;
}
