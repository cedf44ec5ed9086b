#include "store/remote.h"

#include "base/limits.h"
#include "script.h"
#include "store/digest.h"
#include "store/token.h"

#define OLD "20200101T000000Z"
#define OLD_NS (INT64_C(1577836800) * TD_NS_PER_S)
#define ERROR(code, more) "<Error><Code>" code "</Code><Message>m</Message>" more "</Error>"

/* ---- the world around a store ----------------------------------------------------------------- */

static int64_t wall_ns(void *ctx)
{
    (void)ctx;
    return OLD_NS;
}

static int64_t mono_ns(void *ctx)
{
    static int64_t now_ns;
    (void)ctx;
    return now_ns += TD_NS_PER_MS;
}

static const struct td_os world = {.clock = {.wall_ns = wall_ns, .mono_ns = mono_ns}};

/* Stands for token.c: a token is what the endpoint's body says. */
struct token {
    char text[64];
    int64_t asked_ns;
};
static struct token the_token;

td_err token_open(const struct store_account *account, const struct td_os *os, FILE *errors,
                  struct token **out)
{
    (void)account, (void)os, (void)errors;
    memset(&the_token, 0, sizeof the_token);
    *out = &the_token;
    return 0;
}

const char *token_now(const struct token *token, int64_t now_ns)
{
    (void)now_ns;
    return token->text[0] ? token->text : NULL;
}

void token_drop(struct token *token)
{
    token->text[0] = 0;
}

static td_err take_token(void *arg, const void *data, size_t bytes)
{
    struct token *token = arg;
    struct td_str str = td_str_on(token->text, sizeof token->text);
    str.bytes = strlen(token->text);
    td_str_add_bytes(&str, data, bytes);
    return 0;
}

td_err token_ask(struct token *token, int64_t now_ns, struct exchange *exchange)
{
    snprintf(exchange->url, sizeof exchange->url, "https://token");
    snprintf(exchange->method, sizeof exchange->method, "POST");
    token->text[0] = 0;
    token->asked_ns = now_ns;
    exchange->take = take_token;
    exchange->take_arg = token;
    return 0;
}

enum store_outcome token_take(struct token *token, const struct exchange *exchange, int64_t now_ns,
                              struct store_result *result)
{
    (void)now_ns;
    snprintf(result->words, sizeof result->words, "the endpoint's words");
    if (exchange->status == 200)
        return STORE_FINE;
    token->text[0] = 0;
    return exchange->status == 403 ? STORE_SKEWED : STORE_DENIED;
}

void token_close(struct token *token)
{
    (void)token;
}

td_err carrier_open(const struct carrier_params *params, FILE *errors, struct carrier *out)
{
    (void)params, (void)errors, (void)out;
    return TD_E_CONFIG;
}

/* ---- a store on a script ---------------------------------------------------------------------- */

static struct script *script;
static struct carrier carrier;
static struct store store;
static struct store_call call;
static char seen[256];
static struct td_str seen_str;

static td_err on_bytes(void *arg, const void *data, size_t bytes)
{
    (void)arg;
    td_str_add_bytes(&seen_str, data, bytes);
    return 0;
}

static struct remote_params params_of(const char *place, const char *endpoint)
{
    struct remote_params params = {.os = &world, .carrier = &carrier, .calls_max = 4};
    CHECK_EQ_I64(place_parse(&params.place, place), 0);
    if (params.place.kind == PLACE_GCS)
        params.account.dialect = STORE_GOOG4;
    snprintf(params.account.endpoint, sizeof params.account.endpoint, "%s", endpoint);
    snprintf(params.account.access_key, sizeof params.account.access_key, "AK");
    snprintf(params.account.secret_key, sizeof params.account.secret_key, "SK");
    return params;
}

static void open_with(const struct remote_params *params, const struct scripted *answers,
                      size_t count)
{
    carrier = script_carrier(answers, count);
    script = carrier.ctx;
    CHECK_EQ_I64(remote_open(params, stderr, &store), 0);
}

#define OPEN_AT(place, endpoint, answers)                                                          \
    do {                                                                                           \
        struct remote_params opened_with = params_of(place, endpoint);                             \
        open_with(&opened_with, answers, sizeof answers / sizeof *answers);                        \
    } while (0)
#define OPEN(answers) OPEN_AT("s3://lake", "https://h", answers)

static void end(void)
{
    store.close(store.ctx);
    script_close(script);
}

static enum store_outcome asks(enum store_verb verb)
{
    static const char body[] = "123456789";
    struct store_identity identity = digest_of(body, 9);
    call = (struct store_call){.op = {.verb = verb,
                                      .key = verb == STORE_LIST ? "" : "k",
                                      .bytes = -1,
                                      .upload_id = "u",
                                      .body = {.data = body, .bytes = 9},
                                      .body_identity = identity,
                                      .identity = identity,
                                      .sink = {.take = on_bytes}}};
    seen_str = td_str_on(seen, sizeof seen);
    store.submit(store.ctx, &call);
    CHECK(store.wait(store.ctx, -1) == &call);
    return call.result.outcome;
}

TEST(a_call_goes_out_and_comes_back)
{
    static const struct scripted answers[] = {{.status = 200, .body = "123456789"}};
    OPEN_AT("s3://lake/p", "https://h", answers);
    CHECK_EQ_STR(store.name, "s3://lake/p");
    CHECK(!store.is_local && store.calls_max == 4);
    CHECK_EQ_STR(remote_region(&store), "us-east-1");
    CHECK_EQ_I64(remote_skew_s(&store), 0);
    CHECK(store.wait(store.ctx, -1) == NULL);
    CHECK_EQ_I64(asks(STORE_GET), STORE_FINE);
    CHECK_EQ_STR(seen, "123456789");
    CHECK_EQ_I64(call.result.got_bytes, 9);
    CHECK_EQ_STR(script->ask[0].url, "https://h/lake/p/k");
    CHECK_EQ_STR(asked_header(&script->ask[0], "x-amz-date"), OLD);
    CHECK_EQ_I64(script->asked, 1);
    end();
}

TEST(calls_come_back_as_they_end)
{
    static const struct scripted answers[] = {
        {.status = 404}, {.status = 200, .length = 5}, {.err = TD_E_NET_CLOSED}};
    struct store_call many[3];
    static const enum store_outcome wanted[] = {STORE_ABSENT, STORE_FINE, STORE_LOST};
    OPEN(answers);
    for (size_t i = 0; i < 3; i++) {
        many[i] = (struct store_call){.op = {.verb = STORE_HEAD, .key = "k"}};
        store.submit(store.ctx, &many[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        CHECK(store.wait(store.ctx, 10) == &many[i]);
        CHECK_EQ_I64(many[i].result.outcome, wanted[i]);
    }
    CHECK(store.wait(store.ctx, 10) == NULL);
    end();
}

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

/* ---- bearer tokens ----------------------------------------------------------------------------- */

static void open_google(const struct scripted *answers, size_t count)
{
    struct remote_params params = params_of("gs://lake", "https://storage.googleapis.com");
    snprintf(params.account.service_account, sizeof params.account.service_account, "/key.json");
    open_with(&params, answers, count);
    CHECK_EQ_STR(remote_region(&store), "auto");
}

#define OPEN_GOOGLE(answers) open_google(answers, sizeof answers / sizeof *answers)

TEST(a_token_is_asked_for_once_and_used)
{
    static const struct scripted answers[] = {{.status = 200, .body = "first"}, {.status = 204}};
    struct store_call many[3];
    OPEN_GOOGLE(answers);
    for (size_t i = 0; i < 3; i++) {
        many[i] = (struct store_call){.op = {.verb = STORE_DELETE, .key = "k"}};
        store.submit(store.ctx, &many[i]);
    }
    CHECK_EQ_I64(script->asked, 1);
    for (size_t i = 0; i < 3; i++) {
        CHECK(store.wait(store.ctx, -1) == &many[i]);
        CHECK_EQ_I64(many[i].result.outcome, STORE_FINE);
    }
    CHECK_EQ_I64(script->asked, 4);
    CHECK_EQ_STR(script->ask[0].url, "https://token");
    CHECK_EQ_STR(script->ask[1].url, "https://lake.storage.googleapis.com/k");
    CHECK_EQ_STR(asked_header(&script->ask[3], "authorization"), "Bearer first");
    end();
}

TEST(a_token_that_ran_out_is_renewed_once)
{
    static const struct scripted answers[] = {{.status = 200, .body = "first"},
                                              {.status = 401},
                                              {.status = 200, .body = "second"},
                                              {.status = 200, .length = 9}};
    OPEN_GOOGLE(answers);
    CHECK_EQ_I64(asks(STORE_HEAD), STORE_FINE);
    CHECK_EQ_STR(asked_header(&script->ask[3], "authorization"), "Bearer second");
    CHECK_EQ_I64(script->asked, 4);
    end();
    static const struct scripted for_ever[] = {{.status = 200, .body = "first"},
                                               {.status = 401},
                                               {.status = 200, .body = "second"},
                                               {.status = 401}};
    OPEN_GOOGLE(for_ever);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_DENIED);
    CHECK_EQ_I64(script->asked, 4);
    end();
}

TEST(a_token_that_is_not_given_is_why_all_fail)
{
    static const struct scripted answers[] = {{.status = 400}};
    OPEN_GOOGLE(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_DENIED);
    CHECK_EQ_STR(call.result.words, "the endpoint's words");
    CHECK_EQ_I64(script->asked, 1);
    end();
    /* Given, and of no use: not asked for without end. */
    static const struct scripted short_lived[] = {{.status = 200}};
    OPEN_GOOGLE(short_lived);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_DENIED);
    CHECK_EQ_I64(script->asked, 1);
    end();
}

TEST(a_claim_from_another_time_is_made_again_by_the_endpoints_clock)
{
    static const struct scripted answers[] = {
        {.status = 403, .headers = "date: Wed, 01 Jan 2020 01:00:00 GMT\n"},
        {.status = 200, .body = "first"},
        {.status = 204}};
    OPEN_GOOGLE(answers);
    CHECK_EQ_I64(asks(STORE_DELETE), STORE_FINE);
    CHECK_EQ_I64(the_token.asked_ns, OLD_NS + 3600 * TD_NS_PER_S);
    CHECK_EQ_I64(remote_skew_s(&store), 3600);
    end();
}

/* ---- failures ---------------------------------------------------------------------------------- */

TEST(after_a_failure_the_next_request_has_a_connection_of_its_own)
{
    static const struct scripted answers[] = {
        {.err = TD_E_NET_CLOSED}, {.status = 503}, {.status = 200}, {.status = 200}};
    OPEN(answers);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_LOST);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_AGAIN);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK_EQ_I64(asks(STORE_PUT), STORE_FINE);
    CHECK(!script->ask[0].fresh && script->ask[1].fresh && script->ask[2].fresh &&
          !script->ask[3].fresh);
    end();
}

TEST(cancelled_calls_come_back_and_are_not_asked_again)
{
    static const struct scripted answers[] = {
        {.status = 403,
         .body = ERROR("RequestTimeTooSkewed", "<ServerTime>2020-01-01T01:00:00Z"
                                               "</ServerTime>")}};
    struct store_call one = {.op = {.verb = STORE_DELETE, .key = "k"}};
    OPEN(answers);
    store.submit(store.ctx, &one);
    store.cancel(store.ctx);
    CHECK(store.wait(store.ctx, -1) == &one);
    CHECK_EQ_I64(one.result.outcome, STORE_LOST);
    CHECK_EQ_I64(script->asked, 1);
    end();
}

TEST(a_name_that_no_store_takes_is_refused_here)
{
    static const struct scripted answers[] = {{.status = 200}};
    char key[PLACE_KEY_MAX + 1];
    struct store_call one = {.op = {.verb = STORE_HEAD, .key = key}};
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = 0;
    OPEN(answers);
    store.submit(store.ctx, &one);
    CHECK(store.wait(store.ctx, 0) == &one);
    CHECK_EQ_I64(one.result.outcome, STORE_REFUSED);
    CHECK_EQ_I64(script->asked, 0);
    end();
}

TEST(what_cannot_be_opened_is_said)
{
    char said[256] = "";
    FILE *errors = fmemopen(said, sizeof said, "w");
    struct remote_params params = params_of("s3://lake", "ftp://h");
    CHECK_EQ_I64(remote_open(&params, errors, &store), TD_E_CONFIG);
    fflush(errors);
    CHECK(strstr(said, "s3://lake: the endpoint \"ftp://h\" is not") != NULL);
    CHECK(strstr(said, "SK") == NULL);
    params = params_of("s3://lake", "https://h");
    params.carrier = NULL;
    CHECK_EQ_I64(remote_open(&params, errors, &store), TD_E_CONFIG);
    fclose(errors);
}
