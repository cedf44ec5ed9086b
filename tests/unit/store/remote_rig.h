/* A remote store whose carrier plays a script, whose clock stands still and whose tokens are what the endpoint's body says. Takes the place of
   token.c and of carrier_open(): for one test program. */
#ifndef TD_TEST_STORE_REMOTE_RIG_H
#define TD_TEST_STORE_REMOTE_RIG_H

#include "base/limits.h"
#include "script.h"
#include "store/digest.h"
#include "store/remote_inside.h"
#include "store/token.h"

#define OLD "20200101T000000Z"
#define OLD_NS (INT64_C(1577836800) * TD_NS_PER_S)
#define ERROR(code, more) "<Error><Code>" code "</Code><Message>m</Message>" more "</Error>"

/* ---- the world around a store ----------------------------------------------------------------- */

static inline int64_t wall_ns(void *ctx)
{
    (void)ctx;
    return OLD_NS;
}

static inline int64_t mono_ns(void *ctx)
{
    static int64_t now_ns;
    (void)ctx;
    return now_ns += TD_NS_PER_MS;
}

static const struct td_os world = {.clock = {.wall_ns = wall_ns, .mono_ns = mono_ns}};

/* What it has learnt. */
static inline int64_t remote_skew_s(const struct store *store)
{
    const struct remote *remote = store->ctx;
    return remote->skew_ns / TD_NS_PER_S;
}

static inline const char *remote_region(const struct store *store)
{
    const struct remote *remote = store->ctx;
    return remote->account.region;
}

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

static inline td_err take_token(void *arg, const void *data, size_t bytes)
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

static inline td_err on_bytes(void *arg, const void *data, size_t bytes)
{
    (void)arg;
    td_str_add_bytes(&seen_str, data, bytes);
    return 0;
}

static inline struct remote_params params_of(const char *place, const char *endpoint)
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

static inline void open_with(const struct remote_params *params, const struct scripted *answers,
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

static inline void end(void)
{
    store.close(store.ctx);
    script_close(script);
}

static inline enum store_outcome asks(enum store_verb verb)
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

#endif
