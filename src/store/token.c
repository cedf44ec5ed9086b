#include "store/token.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/jwt.h"
#include "net/url.h"
#include "store/private_file.h"
#include "store/service_key.h"
#include "venue/json.h"

#define SCOPE "https://www.googleapis.com/auth/devstorage.read_write"
#define GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="

enum {
    LIFE_S = 3600, /* the longest that is taken */
    FORM_MAX = sizeof GRANT + JWT_RSA_MAX,
    ANSWER_MAX = 2 * ACCOUNT_TOKEN_MAX,
    TOKENS = 64,
    ROOM = 2048,
    WORD_MAX = 40 /* a longer one in an error's description may be what we sent */
};

struct token {
    const struct td_random *random;
    struct service_key key;
    char bearer[ACCOUNT_TOKEN_MAX]; /* "" none */
    int64_t until_ns;               /* it is begun with before this */
    char form[FORM_MAX];
    char answer[ANSWER_MAX];
    size_t answered;
};

/* ---- the key file ----------------------------------------------------------------------------- */

static const char *read_key(struct token *token, const char *path)
{
    char text[PRIVATE_FILE_MAX];
    struct url url;
    size_t bytes;
    const char *why = private_file_read(path, text, &bytes);
    if (why == NULL)
        service_key_parse(&token->key, text, bytes, &why);
    explicit_bzero(text, sizeof text);
    if (why != NULL)
        return why;
    if (jwt_check_rsa_key(token->key.pem, token->random) < 0)
        return "private_key is no RSA key of 2048 to 4096 bits in PEM";
    if (url_parse(&url, token->key.token_uri, strlen(token->key.token_uri)) < 0 || url.websocket)
        return "token_uri must be https://";
    return NULL;
}

td_err token_open(const struct store_account *account, const struct td_os *os, FILE *errors,
                  struct token **out)
{
    struct token *token = calloc(1, sizeof *token);
    *out = NULL;
    TD_FAIL_IF(token == NULL, TD_E_NO_MEMORY);
    token->random = &os->random;
    const char *why = read_key(token, account->service_account);
    if (why != NULL) {
        fprintf(errors, "tape: service account %s: %s\n", account->service_account, why);
        token_close(token);
        return TD_E_CONFIG;
    }
    *out = token;
    return 0;
}

void token_close(struct token *token)
{
    if (token == NULL)
        return;
    explicit_bzero(token, sizeof *token);
    free(token);
}

const char *token_now(const struct token *token, int64_t wall_ns)
{
    return token->bearer[0] != 0 && wall_ns < token->until_ns ? token->bearer : NULL;
}

void token_drop(struct token *token)
{
    explicit_bzero(token->bearer, sizeof token->bearer);
}

/* ---- asking ----------------------------------------------------------------------------------- */

static td_err take(void *arg, const void *data, size_t bytes)
{
    struct token *token = arg;
    TD_FAIL_IF(bytes > sizeof token->answer - token->answered, TD_E_NO_ROOM);
    memcpy(token->answer + token->answered, data, bytes);
    token->answered += bytes;
    return 0;
}

static td_err add_assertion(struct token *token, int64_t wall_ns, struct td_str *form)
{
    char claims[JWT_CLAIMS_MAX], assertion[JWT_RSA_MAX];
    int64_t now_s = wall_ns / TD_NS_PER_S;
    struct td_str text = td_str_on(claims, sizeof claims);
    td_str_add_format(&text,
                      "{\"iss\":\"%s\",\"scope\":\"" SCOPE "\",\"aud\":\"%s\",\"iat\":%" PRId64
                      ",\"exp\":%" PRId64 "}",
                      token->key.email, token->key.token_uri, now_s, now_s + LIFE_S);
    TD_ASSERT(!text.cut, "a key file's names are shorter than the claims");
    int bytes = jwt_sign_claims(&(struct jwt_claims){.key_id = token->key.id,
                                                     .key_pem = token->key.pem,
                                                     .claims = claims,
                                                     .random = token->random},
                                assertion, sizeof assertion);
    if (bytes > 0)
        td_str_add_bytes(form, assertion, (size_t)bytes);
    explicit_bzero(assertion, sizeof assertion);
    return bytes < 0 ? (td_err)bytes : 0;
}

td_err token_ask(struct token *token, int64_t wall_ns, struct exchange *exchange)
{
    struct td_str form = td_str_on(token->form, sizeof token->form);
    td_str_add(&form, GRANT);
    TD_TRY(add_assertion(token, wall_ns, &form));
    TD_ASSERT(!form.cut, "an assertion has a limit");
    token->answered = 0;
    td_text_copy(exchange->method, sizeof exchange->method, "POST", 4);
    td_text_copy(exchange->url, sizeof exchange->url, token->key.token_uri,
                 strlen(token->key.token_uri));
    struct td_str headers = td_str_on(exchange->headers, sizeof exchange->headers);
    td_str_add(&headers, "Content-Type: application/x-www-form-urlencoded\n"
                         "Accept: application/json\n");
    exchange->body =
        (struct store_body){.data = token->form, .file = -1, .bytes = (int64_t)form.bytes};
    exchange->take = take;
    exchange->take_arg = token;
    return 0;
}

/* ---- the answer ------------------------------------------------------------------------------- */

/* A text of somebody else for a person: printable, short, and without any word so long that it could be key or token. */
static void add_words(struct td_str *out, struct td_text text)
{
    for (size_t at = 0, bytes; at < text.bytes; at += bytes + 1) {
        const char *word = text.at + at, *end = memchr(word, ' ', text.bytes - at);
        bytes = end != NULL ? (size_t)(end - word) : text.bytes - at;
        td_str_add_char(out, ' ');
        if (bytes > WORD_MAX)
            td_str_add(out, "...");
        for (size_t i = 0; i < bytes && bytes <= WORD_MAX; i++)
            td_str_add_char(out, word[i] > ' ' && word[i] <= '~' ? word[i] : '?');
    }
}

static bool says(struct td_text text, const char *word)
{
    return text.at != NULL && memmem(text.at, text.bytes, word, strlen(word)) != NULL;
}

/* As the codes of OAuth are: "invalid_grant". */
static bool is_word(struct td_text text)
{
    for (size_t i = 0; i < text.bytes; i++)
        if (text.at[i] != '_' && (text.at[i] < 'a' || text.at[i] > 'z'))
            return false;
    return text.bytes > 0;
}

static enum store_outcome refused(const struct json *json, struct store_result *result)
{
    struct td_text code = json != NULL ? json_plain(json, 0, "error") : (struct td_text){0};
    struct td_text told =
        json != NULL ? json_plain(json, 0, "error_description") : (struct td_text){0};
    struct td_str words = td_str_on(result->words, sizeof result->words);
    td_str_add(&words, "the token endpoint refuses:");
    add_words(&words, code);
    add_words(&words, told);
    if (code.bytes <= WORD_MAX && is_word(code))
        td_text_copy(result->code, sizeof result->code, code.at, code.bytes);
    /* "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values ..." */
    return says(told, "timeframe") || says(told, "iat and exp") ? STORE_SKEWED : STORE_DENIED;
}

static enum store_outcome keep(struct token *token, const struct json *json, int64_t wall_ns,
                               struct store_result *result)
{
    int64_t life_s;
    struct td_text bearer =
        json != NULL ? json_plain(json, 0, "access_token") : (struct td_text){0};
    bool fine = bearer.bytes > 0 && bearer.bytes < sizeof token->bearer &&
                json_integer(json, 0, "expires_in", &life_s) && life_s > 0;
    for (size_t i = 0; fine && i < bearer.bytes; i++)
        fine = bearer.at[i] > ' ' && bearer.at[i] <= '~' && bearer.at[i] != '\\';
    if (!fine) {
        struct td_str words = td_str_on(result->words, sizeof result->words);
        td_str_add(&words, "the token endpoint's answer holds no token");
        return STORE_LOST;
    }
    td_text_copy(token->bearer, sizeof token->bearer, bearer.at, bearer.bytes);
    life_s = life_s < LIFE_S ? life_s : LIFE_S;
    int64_t early_s = life_s > 10 * TOKEN_EARLY_S ? TOKEN_EARLY_S : life_s / 10;
    token->until_ns = wall_ns + (life_s - early_s) * TD_NS_PER_S;
    return STORE_FINE;
}

static enum store_outcome judge(struct token *token, const struct exchange *exchange,
                                int64_t wall_ns, struct store_result *result)
{
    alignas(16) char room[ROOM];
    int status = exchange->status;
    if (exchange->err != 0 || status == 0) {
        result->err = exchange->err;
        td_text_copy(result->words, sizeof result->words, exchange->words,
                     strnlen(exchange->words, sizeof exchange->words));
        return exchange->err == TD_E_NET_CERT ? STORE_UNTRUSTED : STORE_LOST;
    }
    if (status >= 500 || status == 408 || status == 429) {
        struct td_str words = td_str_on(result->words, sizeof result->words);
        td_str_add_format(&words, "the token endpoint answers %d", status);
        result->retry_after_ms = exchange_retry_after_ms(exchange);
        return STORE_AGAIN;
    }
    TD_ASSERT(json_footprint(TOKENS) <= sizeof room, "room for an answer");
    struct json *json = json_init(room, TOKENS);
    if (json_parse(json, token->answer, token->answered) < 0 || !json_is_object(json, 0))
        json = NULL;
    return status == 200 ? keep(token, json, wall_ns, result) : refused(json, result);
}

enum store_outcome token_take(struct token *token, const struct exchange *exchange, int64_t wall_ns,
                              struct store_result *result)
{
    result->err = 0;
    result->http_status = exchange->status;
    result->code[0] = result->words[0] = 0;
    result->retry_after_ms = 0;
    result->outcome = judge(token, exchange, wall_ns, result);
    explicit_bzero(token->form, sizeof token->form);
    explicit_bzero(token->answer, sizeof token->answer);
    token->answered = 0;
    return result->outcome;
}
