#include "store/account.h"

#include <string.h>

#include "base/text.h"
#include "net/url.h"
#include "store/private_file.h"
#include "store/secrets.h"

#define GOOGLE "https://storage.googleapis.com"

struct load {
    struct store_account *account;
    const struct account_input *input;
    bool gcs;
};

static td_err complain(const struct load *load, const char *what, const char *why)
{
    fprintf(load->input->errors, "tape: %s: %s\n", what, why);
    return TD_E_CONFIG;
}

/* Value of a variable; one that is empty is not set. */
static const char *variable(const struct load *load, const char *name)
{
    size_t bytes = strlen(name);
    for (char *const *at = load->input->environment; at != NULL && *at != NULL; at++)
        if (strncmp(*at, name, bytes) == 0 && (*at)[bytes] == '=')
            return (*at)[bytes + 1] != 0 ? *at + bytes + 1 : NULL;
    return NULL;
}

/* The first variable of a list (ends at NULL) that is set, its name in *what; else the configuration's text; NULL: neither. */
static const char *setting(const struct load *load, const char *const *names,
                           const char *configured, const char **what)
{
    for (; *names != NULL; names++)
        if (variable(load, *names) != NULL) {
            *what = *names;
            return variable(load, *names);
        }
    return configured != NULL && configured[0] != 0 ? configured : NULL;
}

/* ---- words ----------------------------------------------------------------------------------- */

static td_err load_words(struct load *load)
{
    struct store_account *account = load->account;
    const char *dialect = load->input->dialect, *style = load->input->style;
    bool chosen = dialect != NULL && dialect[0] != 0 && strcmp(dialect, "auto") != 0;
    account->dialect = load->gcs ? STORE_GOOG4 : STORE_AWS4;
    if (chosen && strcmp(dialect, "aws4") == 0)
        account->dialect = STORE_AWS4;
    else if (chosen && strcmp(dialect, "goog4") != 0)
        return complain(load, "dialect", "it is auto, aws4 or goog4");
    else if (chosen && !load->gcs)
        return complain(load, "dialect", "goog4 is for gs://");
    account->style = STORE_STYLE_AUTO;
    if (style == NULL || style[0] == 0 || strcmp(style, "auto") == 0)
        return 0;
    if (strcmp(style, "path") != 0 && strcmp(style, "virtual") != 0)
        return complain(load, "style", "it is auto, path or virtual");
    account->style = style[0] == 'p' ? STORE_STYLE_PATH : STORE_STYLE_VIRTUAL;
    return 0;
}

static bool is_region(const char *text)
{
    size_t bytes = strspn(text, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return bytes > 0 && text[bytes] == 0 && bytes < sizeof((struct store_account *)0)->region;
}

/* ---- address ---------------------------------------------------------------------------------- */

static const char amazon_head[] = "https://s3.";
static const char *const amazon_tails[] = {".amazonaws.com", ".amazonaws.com.cn"};

/* Region of an endpoint that is Amazon's of one region; false: it is not. */
static bool amazon_region(const char *endpoint, char region[64])
{
    if (strncmp(endpoint, amazon_head, sizeof amazon_head - 1) != 0)
        return false;
    const char *name = endpoint + sizeof amazon_head - 1;
    size_t bytes = strcspn(name, ".");
    bool known =
        strcmp(name + bytes, amazon_tails[0]) == 0 || strcmp(name + bytes, amazon_tails[1]) == 0;
    return known && td_text_copy(region, 64, name, bytes) && is_region(region);
}

static void amazon_endpoint(const char *region, char out[ACCOUNT_TEXT_MAX])
{
    struct td_str text = td_str_on(out, ACCOUNT_TEXT_MAX);
    td_str_add(&text, amazon_head);
    td_str_add(&text, region);
    td_str_add(&text, amazon_tails[strncmp(region, "cn-", 3) == 0]);
}

/* https://host[:port], as a person may write it, to one form. */
static td_err set_endpoint(struct load *load, const char *what, const char *text)
{
    struct url url;
    char authority[URL_AUTHORITY_MAX];
    td_err err = url_parse_any(&url, text, strlen(text));
    if (err < 0 || url.websocket)
        return complain(load, what, "an address is https://HOST or https://HOST:PORT");
    if (strcmp(url.target, "/") != 0)
        return complain(load, what,
                        "an address has no path; bucket and prefix stand in the place's name");
    if (!url.tls && !load->account->insecure && !url_is_loopback(url.host))
        return complain(load, what,
                        "http:// to another machine lets everyone on the way read and change what "
                        "is sent; write https://, or insecure = true");
    url_authority(&url, authority);
    struct td_str out = td_str_on(load->account->endpoint, sizeof load->account->endpoint);
    td_str_add(&out, url.tls ? "https://" : "http://");
    td_str_add(&out, authority);
    return out.cut ? complain(load, what, "the address is too long") : 0;
}

static td_err load_endpoint(struct load *load)
{
    static const char *const s3[] = {"S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL",
                                     NULL};
    static const char *const gcs[] = {"GCS_ENDPOINT", "STORAGE_EMULATOR_HOST", NULL};
    char with_scheme[ACCOUNT_TEXT_MAX];
    const char *what = "endpoint";
    const char *text = setting(load, load->gcs ? gcs : s3, load->input->endpoint, &what);
    if (text == NULL) {
        if (load->gcs)
            td_text_copy(load->account->endpoint, ACCOUNT_TEXT_MAX, GOOGLE, sizeof GOOGLE - 1);
        else
            amazon_endpoint(load->account->region[0] != 0 ? load->account->region : "us-east-1",
                            load->account->endpoint);
        return 0;
    }
    /* The emulators' own variable is often without the scheme. */
    if (strcmp(what, "STORAGE_EMULATOR_HOST") == 0 && strstr(text, "://") == NULL) {
        struct td_str whole = td_str_on(with_scheme, sizeof with_scheme);
        td_str_add(&whole, "http://");
        td_str_add(&whole, text);
        if (whole.cut)
            return complain(load, what, "the address is too long");
        text = with_scheme;
    }
    return set_endpoint(load, what, text);
}

static td_err load_region(struct load *load)
{
    static const char *const s3[] = {"S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION", NULL};
    static const char *const gcs[] = {NULL};
    const char *what = "region";
    const char *text = setting(load, load->gcs ? gcs : s3, load->input->region, &what);
    load->account->region[0] = 0;
    if (text == NULL)
        return 0;
    if (!is_region(text))
        return complain(load, what, "a region is a word such as eu-central-1");
    td_text_copy(load->account->region, sizeof load->account->region, text, strlen(text));
    return 0;
}

/* Where nothing was said: what the address says, else what signers take for granted. */
static void default_region(struct store_account *account, bool gcs)
{
    bool google = strcmp(account->endpoint, GOOGLE) == 0;
    if (account->region[0] == 0 && !amazon_region(account->endpoint, account->region))
        td_text_copy(account->region, sizeof account->region, gcs || google ? "auto" : "us-east-1",
                     gcs || google ? 4 : 9);
}

static td_err load_address(struct load *load)
{
    static const char *const authorities[] = {"SSL_CERT_FILE", NULL};
    const char *what = "ca_file";
    load->account->insecure = load->input->insecure;
    TD_TRY(load_region(load));
    TD_TRY(load_endpoint(load));
    default_region(load->account, load->gcs);
    const char *text = setting(load, authorities, load->input->ca_file, &what);
    if (text != NULL && !td_text_copy(load->account->ca_file, ACCOUNT_PATH_MAX, text, strlen(text)))
        return complain(load, what, "the path is too long");
    return 0;
}

/* ---- keys ------------------------------------------------------------------------------------- */

/* Letters that may stand in a header's line. */
static bool is_header_text(const char *text)
{
    for (; *text != 0; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

struct pair {
    const char *access_name, *secret_name, *token_name;
    const char *access, *secret, *token; /* NULL or "": not given */
};

static bool given(const char *text)
{
    return text != NULL && text[0] != 0;
}

/* 1: the account has them, 0: none of them is given. */
static int take_pair(struct load *load, const struct pair *pair)
{
    struct store_account *account = load->account;
    if (!given(pair->access) && !given(pair->secret) && !given(pair->token))
        return 0;
    if (!given(pair->access) || !given(pair->secret))
        return complain(load, given(pair->access) ? pair->secret_name : pair->access_name,
                        "is missing: access key and secret key go together");
    bool fits =
        td_text_copy(account->access_key, ACCOUNT_TEXT_MAX, pair->access, strlen(pair->access)) &&
        td_text_copy(account->secret_key, ACCOUNT_SECRET_MAX, pair->secret, strlen(pair->secret));
    if (fits && given(pair->token))
        fits = td_text_copy(account->session_token, ACCOUNT_TOKEN_MAX, pair->token,
                            strlen(pair->token));
    if (!fits)
        return complain(load, pair->access_name, "this key, its secret or its token is too long");
    if (!is_header_text(account->access_key) || !is_header_text(account->secret_key) ||
        !is_header_text(account->session_token) || strchr(account->access_key, '/') != NULL)
        return complain(load, pair->access_name,
                        "a blank, a line's end or another letter that no key has is in it, its "
                        "secret or its token");
    return 1;
}

/* A pair is of one family of names: the access key of one and the secret of another are nobody's. */
static int keys_of_environment(struct load *load)
{
    static const struct pair s3[] = {
        {"S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_SESSION_TOKEN", NULL, NULL, NULL},
        {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", NULL, NULL, NULL},
        {0}};
    static const struct pair gcs[] = {{"GCS_ACCESS_KEY", "GCS_SECRET_KEY", NULL, NULL, NULL, NULL},
                                      {0}};
    for (const struct pair *at = load->gcs ? gcs : s3; at->access_name != NULL; at++) {
        struct pair pair = *at;
        pair.access = variable(load, pair.access_name);
        pair.secret = variable(load, pair.secret_name);
        pair.token = pair.token_name != NULL ? variable(load, pair.token_name) : NULL;
        int taken = take_pair(load, &pair);
        if (taken != 0)
            return taken;
    }
    return 0;
}

static int take_service_account(struct load *load, const char *what, const char *path)
{
    if (load->account->dialect != STORE_GOOG4)
        return complain(load, what,
                        "a service account speaks goog4; dialect = aws4 needs an access key");
    return td_text_copy(load->account->service_account, ACCOUNT_PATH_MAX, path, strlen(path))
               ? 1
               : complain(load, what, "the path is too long");
}

/* A path of the secrets file is meant from where that file lies. */
static int service_account_of_file(struct load *load, const char *path)
{
    const char *file = load->input->secrets_file, *slash = strrchr(file, '/');
    char whole[2 * ACCOUNT_PATH_MAX];
    struct td_str out = td_str_on(whole, sizeof whole);
    if (path[0] != '/' && slash != NULL)
        td_str_add_bytes(&out, file, (size_t)(slash + 1 - file));
    td_str_add(&out, path);
    return take_service_account(load, "[gcs] service_account", whole);
}

static int take_secrets(struct load *load, const struct secrets *secrets)
{
    const struct secrets_keys *keys = load->gcs ? &secrets->gcs : &secrets->s3;
    const char *section = load->gcs ? "gcs" : "s3";
    char access[32], secret[32];
    struct td_str text = td_str_on(access, sizeof access);
    td_str_add_format(&text, "[%s] access_key", section);
    text = td_str_on(secret, sizeof secret);
    td_str_add_format(&text, "[%s] secret_key", section);
    int taken = take_pair(load, &(struct pair){access, secret, NULL, keys->access_key,
                                               keys->secret_key, keys->session_token});
    if (taken < 0 || keys->service_account[0] == 0)
        return taken;
    if (taken > 0)
        return complain(load, "[gcs]", "a service account or an access key, one of the two");
    return service_account_of_file(load, keys->service_account);
}

static int keys_of_file(struct load *load)
{
    const char *path = load->input->secrets_file;
    char text[PRIVATE_FILE_MAX];
    struct secrets secrets;
    size_t bytes;
    int taken;
    if (!given(path))
        return 0;
    const char *why = private_file_read(path, text, &bytes);
    unsigned line = why == NULL ? secrets_parse(&secrets, text, &why) : 0;
    if (line > 0) {
        fprintf(load->input->errors, "tape: %s, line %u: %s\n", path, line, why);
        taken = TD_E_CONFIG;
    } else {
        taken = why != NULL ? complain(load, path, why) : take_secrets(load, &secrets);
    }
    explicit_bzero(text, sizeof text);
    explicit_bzero(&secrets, sizeof secrets);
    return taken;
}

static int load_keys(struct load *load)
{
    int taken = keys_of_environment(load);
    const char *path = variable(load, "GOOGLE_APPLICATION_CREDENTIALS");
    if (taken == 0 && load->gcs && path != NULL)
        taken = take_service_account(load, "GOOGLE_APPLICATION_CREDENTIALS", path);
    return taken != 0 ? taken : keys_of_file(load);
}

td_err account_load(struct store_account *account, const struct place *place,
                    const struct account_input *input)
{
    struct load load = {.account = account, .input = input, .gcs = place->kind == PLACE_GCS};
    *account = (struct store_account){0};
    if (place->kind == PLACE_LOCAL)
        return 0;
    td_err err = load_words(&load);
    if (err == 0)
        err = load_address(&load);
    int taken = err < 0 ? err : load_keys(&load);
    if (taken < 0)
        account_forget(account);
    account->anonymous = taken == 0;
    return taken < 0 ? (td_err)taken : 0;
}

void account_forget(struct store_account *account)
{
    explicit_bzero(account, sizeof *account);
}
