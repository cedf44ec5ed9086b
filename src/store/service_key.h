/* The key file of a GCS service account, as Google's console gives it: JSON. Pure; no memory. */
#ifndef TD_STORE_SERVICE_KEY_H
#define TD_STORE_SERVICE_KEY_H

#include <stddef.h>

#include "base/err.h"

enum {
    SERVICE_NAME_MAX = 256,
    SERVICE_ID_MAX = 128,
    SERVICE_PEM_MAX = 4096,
    SERVICE_URI_MAX = 256
};

struct service_key {
    char email[SERVICE_NAME_MAX];
    char id[SERVICE_ID_MAX]; /* "" none */
    char pem[SERVICE_PEM_MAX];
    char token_uri[SERVICE_URI_MAX];
};

/* 0, or TD_E_SYNTAX and what is missing or wrong in *why, words that hold nothing of the file. The caller clears `out`. */
td_err service_key_parse(struct service_key *out, const char *text, size_t bytes, const char **why);

#endif
