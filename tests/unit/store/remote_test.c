#include "store/remote.h"

#include "remote_rig.h"

TEST(a_call_goes_out_and_comes_back)
{
    static const struct scripted answers[] = {{.status = 200, .body = "123456789"}};
    OPEN_AT("s3://lake/p", "https://h", answers);
    CHECK_EQ_STR(store.name, "s3://lake/p");
    CHECK_EQ_STR(store_known_as(&store), "s3://lake/p at https://h");
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

/* One bucket, wherever it is asked for. */
TEST(endpoints_of_a_cloud_are_no_part_of_what_it_is_known_as)
{
    static const struct scripted answers[] = {{.status = 200}};
    OPEN_AT("s3://lake/p", "https://s3.eu-central-1.amazonaws.com", answers);
    CHECK_EQ_STR(store_known_as(&store), "s3://lake/p");
    end();
    OPEN_AT("gs://lake", "https://storage.googleapis.com", answers);
    CHECK_EQ_STR(store_known_as(&store), "gs://lake");
    end();
    OPEN_AT("s3://lake", "https://storage.googleapis.com", answers);
    CHECK_EQ_STR(store_known_as(&store), "s3://lake at https://storage.googleapis.com");
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

/* Tokens are asked for again every hour, and the clock may be set between two of them. */
TEST(a_clock_that_is_set_meanwhile_is_learnt_again)
{
    static const struct scripted answers[] = {
        {.status = 403, .headers = "date: Wed, 01 Jan 2020 01:00:00 GMT\n"},
        {.status = 200, .body = "first"},
        {.status = 401},
        {.status = 403, .headers = "date: Wed, 01 Jan 2020 03:00:00 GMT\n"},
        {.status = 200, .body = "second"},
        {.status = 204}};
    OPEN_GOOGLE(answers);
    CHECK_EQ_I64(asks(STORE_DELETE), STORE_FINE);
    CHECK_EQ_I64(script->asked, 6);
    CHECK_EQ_I64(remote_skew_s(&store), INT64_C(3) * 3600);
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
