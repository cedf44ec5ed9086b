#include "store/token.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "rsa_pair.h"
#include "test.h"

#define NOW_NS (INT64_C(1782648000) * TD_NS_PER_S)
#define URI "https://oauth.test/token"
#define HEAD                                                                                       \
    "\"type\":\"service_account\",\"private_key_id\":\"k1\",\"client_email\":\"deck@tape.test\""

static char said[1024];
static struct store_account account;

/* A key file of the PEM. */
static void key_file(const char *pem, const char *uri, mode_t mode)
{
    snprintf(account.service_account, sizeof account.service_account, "%s/key.json", test_tmpdir());
    FILE *file = fopen(account.service_account, "w");
    CHECK(file != NULL);
    fprintf(file, "{" HEAD ",\"token_uri\":\"%s\",\"private_key\":\"", uri);
    for (; *pem != 0; pem++)
        fputs(*pem == '\n' ? "\\n" : (char[]){*pem, 0}, file);
    fputs("\"}\n", file);
    CHECK_EQ_I64(fclose(file), 0);
    CHECK_EQ_I64(chmod(account.service_account, mode), 0);
}

static td_err opened(struct token **token)
{
    memset(said, 0, sizeof said);
    FILE *errors = fmemopen(said, sizeof said, "w");
    CHECK(errors != NULL);
    td_err err = token_open(&account, td_os_linux(), errors, token);
    fclose(errors);
    CHECK((err < 0) == (said[0] != 0) && (err < 0) == (*token == NULL));
    CHECK(strstr(said, "MII") == NULL);
    return err;
}

static struct token *good(void)
{
    struct token *token;
    key_file(rsa_2048, URI, 0600);
    CHECK_EQ_I64(opened(&token), 0);
    return token;
}

static struct exchange exchange;
static struct store_result result;

/* The endpoint's answer, taken as it would come: in two pieces. */
static enum store_outcome answered(struct token *token, int status, const char *body)
{
    size_t bytes = strlen(body), half = bytes / 2;
    memset(&exchange, 0, sizeof exchange);
    CHECK_EQ_I64(token_ask(token, NOW_NS, &exchange), 0);
    exchange.status = status;
    CHECK_EQ_I64(exchange.take(exchange.take_arg, body, half), 0);
    CHECK_EQ_I64(exchange.take(exchange.take_arg, body + half, bytes - half), 0);
    enum store_outcome outcome = token_take(token, &exchange, NOW_NS, &result);
    CHECK_EQ_I64(outcome, result.outcome);
    CHECK_EQ_I64(result.http_status, status);
    CHECK((outcome == STORE_FINE) == (result.words[0] == 0));
    return outcome;
}

TEST(it_asks_by_a_signed_claim)
{
    struct token *token = good();
    CHECK(token_now(token, NOW_NS) == NULL);
    CHECK_EQ_I64(token_ask(token, NOW_NS, &exchange), 0);
    CHECK_EQ_STR(exchange.method, "POST");
    CHECK_EQ_STR(exchange.url, URI);
    CHECK(strstr(exchange.headers, "Content-Type: application/x-www-form-urlencoded\n") != NULL);
    static const char grant[] =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJ";
    const char *form = exchange.body.data;
    CHECK_EQ_I64((int64_t)strlen(form), exchange.body.bytes);
    CHECK(strncmp(form, grant, sizeof grant - 1) == 0);
    /* The claims, as base64 has them from a group's beginning on: {"iss":"deck@tape.test","scope":"https://ww */
    CHECK(strstr(form, ".eyJpc3MiOiJkZWNrQHRhcGUudGVzdCIsInNjb3BlIjoiaHR0cHM6Ly93d") != NULL);
    CHECK(strspn(form + sizeof grant - 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-_.") == strlen(form) - sizeof grant + 1);
    token_close(token);
}

TEST(a_token_is_used_until_shortly_before_its_end)
{
    struct token *token = good();
    CHECK_EQ_I64(answered(token, 200,
                          "{\"access_token\":\"ya29.abc-_~\",\n \"expires_in\": 3599, "
                          "\"token_type\":\"Bearer\"}"),
                 STORE_FINE);
    CHECK_EQ_STR(token_now(token, NOW_NS), "ya29.abc-_~");
    int64_t end_ns = NOW_NS + (3599 - TOKEN_EARLY_S) * TD_NS_PER_S;
    CHECK(token_now(token, end_ns - 1) != NULL);
    CHECK(token_now(token, end_ns) == NULL);
    token_drop(token);
    CHECK(token_now(token, NOW_NS) == NULL);
    CHECK_EQ_I64(answered(token, 200, "{\"expires_in\":100,\"access_token\":\"short\"}"),
                 STORE_FINE);
    CHECK_EQ_STR(token_now(token, NOW_NS + 89 * TD_NS_PER_S), "short");
    CHECK(token_now(token, NOW_NS + 90 * TD_NS_PER_S) == NULL);
    CHECK_EQ_I64(answered(token, 200, "{\"access_token\":\"long\",\"expires_in\":86400}"),
                 STORE_FINE);
    CHECK(token_now(token, NOW_NS + 3600 * TD_NS_PER_S) == NULL);
    token_close(token);
}

TEST(answers_without_a_token_are_told_apart)
{
    static const struct {
        int status;
        const char *body;
        enum store_outcome outcome;
    } answers[] = {
        {200, "", STORE_LOST},
        {200, "<html>sign in to the hotel</html>", STORE_LOST},
        {200, "{\"access_token\":\"\",\"expires_in\":3600}", STORE_LOST},
        {200, "{\"access_token\":\"a\\r\\nx: y\",\"expires_in\":3600}", STORE_LOST},
        {200, "{\"access_token\":\"a b\",\"expires_in\":3600}", STORE_LOST},
        {200, "{\"access_token\":\"a\"}", STORE_LOST},
        {500, "{}", STORE_AGAIN},
        {503, "<html>", STORE_AGAIN},
        {429, "", STORE_AGAIN},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT Signature.\"}",
         STORE_DENIED},
        {400,
         "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT: Token must be a "
         "short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp "
         "values in the JWT claim.\"}",
         STORE_SKEWED},
        {401, "<html>", STORE_DENIED},
        {403, "{\"error\":\"access_denied\"}", STORE_DENIED}};
    struct token *token = good();
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        CHECK_EQ_I64(answered(token, answers[i].status, answers[i].body), answers[i].outcome);
        CHECK(token_now(token, NOW_NS) == NULL);
    }
    CHECK_EQ_I64(answered(token, 400, answers[9].body), STORE_DENIED);
    CHECK_EQ_STR(result.code, "invalid_grant");
    CHECK_EQ_STR(result.words, "the token endpoint refuses: invalid_grant Invalid JWT Signature.");
    token_close(token);
}

TEST(what_was_sent_is_not_repeated_in_words)
{
    static const char echo[] =
        "{\"error\":\"x\",\"error_description\":\"bad assertion "
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3Mi here\"}";
    struct token *token = good();
    CHECK_EQ_I64(answered(token, 400, echo), STORE_DENIED);
    CHECK_EQ_STR(result.words, "the token endpoint refuses: x bad assertion ... here");
    CHECK_EQ_I64(answered(token, 400, "{\"error\":\"\x1b[31m\\u0007\"}"), STORE_DENIED);
    CHECK_EQ_STR(result.code, "");
    token_close(token);
}

TEST(no_answer_is_lost_and_a_bad_certificate_untrusted)
{
    static char large[2 * ACCOUNT_TOKEN_MAX + 1];
    struct token *token = good();
    memset(&exchange, 0, sizeof exchange);
    CHECK_EQ_I64(token_ask(token, NOW_NS, &exchange), 0);
    exchange.err = TD_E_NET_TIMEOUT;
    CHECK_EQ_I64(token_take(token, &exchange, NOW_NS, &result), STORE_LOST);
    CHECK_EQ_I64(result.err, TD_E_NET_TIMEOUT);
    exchange.err = TD_E_NET_CERT;
    CHECK_EQ_I64(token_take(token, &exchange, NOW_NS, &result), STORE_UNTRUSTED);
    memset(large, 'x', sizeof large);
    CHECK_EQ_I64(token_ask(token, NOW_NS, &exchange), 0);
    CHECK_EQ_I64(exchange.take(exchange.take_arg, large, sizeof large - 1), 0);
    CHECK_EQ_I64(exchange.take(exchange.take_arg, large, 1), TD_E_NO_ROOM);
    token_close(token);
}

TEST(patience_that_was_asked_for_is_passed_on)
{
    struct token *token = good();
    memset(&exchange, 0, sizeof exchange);
    CHECK_EQ_I64(token_ask(token, NOW_NS, &exchange), 0);
    exchange.status = 503;
    exchange.header_count = 1;
    strncpy(exchange.header[0].name, "retry-after", ANSWER_NAME_MAX);
    strncpy(exchange.header[0].value, "17", ANSWER_VALUE_MAX);
    CHECK_EQ_I64(token_take(token, &exchange, NOW_NS, &result), STORE_AGAIN);
    CHECK_EQ_I64(result.retry_after_ms, 17000);
    strncpy(exchange.header[0].value, "soon", ANSWER_VALUE_MAX);
    CHECK_EQ_I64(token_take(token, &exchange, NOW_NS, &result), STORE_AGAIN);
    CHECK_EQ_I64(result.retry_after_ms, 0);
    strncpy(exchange.header[0].value, "35999", ANSWER_VALUE_MAX);
    CHECK_EQ_I64(token_take(token, &exchange, NOW_NS, &result), STORE_AGAIN);
    CHECK_EQ_I64(result.retry_after_ms, 15 * 60 * 1000);
    token_close(token);
}

TEST(files_that_are_no_key_are_refused)
{
    struct token *token;
    key_file(rsa_2048, URI, 0644);
    CHECK_EQ_I64(opened(&token), TD_E_CONFIG);
    CHECK(strstr(said, "key.json") != NULL && strstr(said, "chmod 600") != NULL);
    key_file(rsa_1024, URI, 0600);
    CHECK_EQ_I64(opened(&token), TD_E_CONFIG);
    CHECK(strstr(said, "2048") != NULL);
    key_file(rsa_2048, "http://oauth.test/token", 0600);
    CHECK_EQ_I64(opened(&token), TD_E_CONFIG);
    CHECK(strstr(said, "https://") != NULL);
    key_file(rsa_2048, "http://127.0.0.1:1/token", 0600);
    CHECK_EQ_I64(opened(&token), 0);
    token_close(token);
    strncpy(account.service_account, "/nowhere/key.json", sizeof account.service_account - 1);
    CHECK_EQ_I64(opened(&token), TD_E_CONFIG);
    token_close(NULL);
}
