/* How a store is reached: address, dialect, keys. Holds secrets: nothing here is ever printed, and account_forget() clears them. Filled by
   account_load() from configuration, secrets file and environment. */
#ifndef TD_STORE_ACCOUNT_H
#define TD_STORE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "store/place.h"

enum store_dialect {
    STORE_AWS4, /* x-amz-*, AWS4-HMAC-SHA256: S3, all that are compatible, GCS with interoperability keys */
    STORE_GOOG4, /* x-goog-*, GOOG4-HMAC-SHA256 or a bearer token: GCS as itself */
};

enum store_style {
    STORE_STYLE_AUTO, /* virtual at the clouds' own addresses, path elsewhere and for buckets with dots */
    STORE_STYLE_PATH,
    STORE_STYLE_VIRTUAL
};

enum {
    ACCOUNT_TEXT_MAX = 256,
    ACCOUNT_SECRET_MAX = 256,
    ACCOUNT_TOKEN_MAX = 4096,
    ACCOUNT_PATH_MAX = 512
};

struct store_account {
    enum store_dialect dialect;
    enum store_style style;
    char endpoint
        [ACCOUNT_TEXT_MAX]; /* https://host[:port], no path; http only to this machine unless insecure */
    bool insecure;
    char region[64]; /* learnt from the store's redirect where it is wrong */
    char access_key[ACCOUNT_TEXT_MAX];
    char secret_key[ACCOUNT_SECRET_MAX];
    char session_token[ACCOUNT_TOKEN_MAX]; /* "" none */
    char service_account
        [ACCOUNT_PATH_MAX]; /* JSON key file of a GCS service account: bearer tokens in place of keys; "" none */
    char ca_file[ACCOUNT_PATH_MAX]; /* "" the usual places */
    bool anonymous;                 /* no keys at all were given: requests go unsigned */
};

/* What is known before the environment: texts from the configuration, NULL or "" = not set there. */
struct account_input {
    const char *endpoint, *region, *style, *dialect, *ca_file;
    const char *
        secrets_file; /* INI with [s3] access_key, secret_key, session_token; [gcs] service_account, access_key, secret_key */
    bool insecure;
    char *const *environment; /* name=value ...: environ; NULL none */
    FILE *errors;
};

/* For one place. Environment over secrets file over configuration for keys; command line is no place for a secret and has none. Variables:
   S3_ENDPOINT AWS_ENDPOINT_URL_S3 AWS_ENDPOINT_URL, S3_REGION AWS_REGION AWS_DEFAULT_REGION, S3_ACCESS_KEY AWS_ACCESS_KEY_ID, S3_SECRET_KEY
   AWS_SECRET_ACCESS_KEY, S3_SESSION_TOKEN AWS_SESSION_TOKEN; GCS_ENDPOINT STORAGE_EMULATOR_HOST, GCS_ACCESS_KEY GCS_SECRET_KEY,
   GOOGLE_APPLICATION_CREDENTIALS; SSL_CERT_FILE. A secrets file that others may read is refused, as is half a pair of keys. TD_E_CONFIG:
   said in `errors` (what, where, what to do next), never with a secret in it. */
td_err account_load(struct store_account *account, const struct place *place,
                    const struct account_input *input);
void account_forget(struct store_account *account);

#endif
