#include "store/sign.h"

#include <stdio.h>

#include "base/utc.h"
#include "sign_vectors.h"
#include "test.h"

enum { VECTORS = sizeof vectors / sizeof *vectors };

static struct store_account account_of(size_t i)
{
    struct store_account account = {.dialect = vectors[i].dialect};
    snprintf(account.access_key, sizeof account.access_key, "%s", vectors[i].access);
    snprintf(account.secret_key, sizeof account.secret_key, "%s", vectors[i].secret);
    snprintf(account.region, sizeof account.region, "%s", vectors[i].region);
    return account;
}

static int64_t moment(const char *compact)
{
    struct td_utc utc = {0};
    CHECK_EQ_I64(sscanf(compact, "%4d%2d%2dT%2d%2d%2dZ", &utc.year, &utc.month, &utc.day, &utc.hour,
                        &utc.minute, &utc.second),
                 6);
    return td_utc_to_ns(&utc);
}

static struct sign_request request_of(size_t i)
{
    return (struct sign_request){.method = vectors[i].method,
                                 .path = vectors[i].path,
                                 .query = vectors[i].query,
                                 .header = vectors[i].header,
                                 .payload = vectors[i].payload,
                                 .wall_ns = moment(vectors[i].date)};
}

static void check(size_t i)
{
    char out[1024];
    struct store_account account = account_of(i);
    struct sign_request request = request_of(i);
    CHECK_EQ_I64(sign_authorization(&account, &request, out, sizeof out), 0);
    CHECK_EQ_STR(out, vectors[i].authorization);
}

TEST(signatures_are_those_that_aws_publishes)
{
    for (size_t i = 0; i < PUBLISHED; i++)
        check(i);
}

TEST(signatures_are_those_of_the_reference_in_both_dialects)
{
    size_t goog = 0;
    for (size_t i = PUBLISHED; i < VECTORS; i++) {
        check(i);
        goog += vectors[i].dialect == STORE_GOOG4;
    }
    CHECK_EQ_I64(goog, (VECTORS - PUBLISHED) / 2);
}

TEST(order_of_headers_and_parameters_does_not_matter)
{
    char out[1024];
    size_t i = 3;
    struct store_account account = account_of(i);
    struct sign_request request = request_of(i);
    const struct sign_pair query[] = {vectors[i].query[1], vectors[i].query[0], {NULL, NULL}};
    const struct sign_pair header[] = {
        vectors[i].header[2], vectors[i].header[1], vectors[i].header[0], {NULL, NULL}};
    request.query = query;
    request.header = header;
    CHECK_EQ_I64(sign_authorization(&account, &request, out, sizeof out), 0);
    CHECK_EQ_STR(out, vectors[i].authorization);
}

/* Sorted as they are sent: '%' comes before every letter, so a byte above ASCII does too. */
TEST(parameters_are_sorted_by_their_encoded_names)
{
    char low[1024], high[1024];
    struct store_account account = account_of(0);
    struct sign_request request = request_of(0);
    const struct sign_pair one[] = {{"\xc3\xa9", "1"}, {"a", "2"}, {NULL, NULL}};
    const struct sign_pair other[] = {{"a", "2"}, {"\xc3\xa9", "1"}, {NULL, NULL}};
    request.query = one;
    CHECK_EQ_I64(sign_authorization(&account, &request, low, sizeof low), 0);
    request.query = other;
    CHECK_EQ_I64(sign_authorization(&account, &request, high, sizeof high), 0);
    CHECK_EQ_STR(low, high);
}

TEST(what_does_not_fit_is_said)
{
    char out[300];
    struct sign_pair many[66] = {{NULL, NULL}};
    struct store_account account = account_of(0);
    struct sign_request request = request_of(0);
    size_t needed = strlen(vectors[0].authorization) + 1;
    CHECK_EQ_I64(sign_authorization(&account, &request, out, needed), 0);
    CHECK_EQ_I64(sign_authorization(&account, &request, out, needed - 1), TD_E_RANGE);
    for (size_t i = 0; i < 65; i++)
        many[i] = (struct sign_pair){"a", "b"};
    request.query = many;
    CHECK_EQ_I64(sign_authorization(&account, &request, out, sizeof out), TD_E_RANGE);
}

TEST(percent_encoding_keeps_the_unreserved_and_nothing_else)
{
    char out[64];
    CHECK(sign_encode("AZaz09-_.~", false, out, sizeof out));
    CHECK_EQ_STR(out, "AZaz09-_.~");
    CHECK(sign_encode("a/b=c +%\xc3\xa9\x01", true, out, sizeof out));
    CHECK_EQ_STR(out, "a/b%3Dc%20%2B%25%C3%A9%01");
    CHECK(sign_encode("a/b", false, out, sizeof out));
    CHECK_EQ_STR(out, "a%2Fb");
    CHECK(sign_encode("====", false, out, 13));
    CHECK(!sign_encode("====", false, out, 12));
}

TEST(date_is_compact_utc)
{
    char out[SIGN_DATE_MAX];
    sign_date(INT64_C(1369353600) * 1000000000 + 999999999, out);
    CHECK_EQ_STR(out, "20130524T000000Z");
}
