/* The secrets file of `tape`: the keys of stores, apart from the configuration.

       [s3]
       access_key = AKIA...
       secret_key = ...
       session_token = ...
       [gcs]
       service_account = key.json      (or access_key and secret_key)

   Lines that begin with ; or # are comments; a value goes to the end of its line. Pure. */
#ifndef TD_STORE_SECRETS_H
#define TD_STORE_SECRETS_H

#include "store/account.h"

struct secrets_keys {
    char access_key[ACCOUNT_TEXT_MAX];
    char secret_key[ACCOUNT_SECRET_MAX];
    char session_token[ACCOUNT_TOKEN_MAX];
    char service_account[ACCOUNT_PATH_MAX];
};
struct secrets {
    struct secrets_keys s3, gcs;
};

/* 0, or the number of the first line that is wrong and why: words that hold nothing of the line. The caller clears `out`. */
unsigned secrets_parse(struct secrets *out, const char *text, const char **why);

#endif
