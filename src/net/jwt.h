/* Tokens that prove who asks: JSON Web Tokens signed by ES256 (P-256, SHA-256), as Coinbase wants them, and by RS256 (RSA, SHA-256) for the
   service accounts of a store. mbedTLS allocates while one is made: as net/tls.h says, wire thread only from tls_init on, any one thread before. */
#ifndef TD_NET_JWT_H
#define TD_NET_JWT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/os.h"

enum { JWT_NAME_MAX = 256, JWT_MAX = 2048, JWT_LIFE_S = 120 };

struct jwt_params {
    const char *key_name; /* at most JWT_NAME_MAX - 1 bytes */
    const char *key_pem;  /* private key, PEM, NUL-terminated */
    const struct td_random *random;
    int64_t wall_ns; /* it holds from now on, for JWT_LIFE_S */
};

/* 0; TD_E_SYNTAX: no private key of P-256 in PEM. */
td_err jwt_check_key(const char *key_pem, const struct td_random *random);
/* Length, no NUL. TD_E_SYNTAX as above; TD_E_NO_ROOM; TD_E_NO_MEMORY: mbedTLS has none left. */
int jwt_make(const struct jwt_params *params, char *out, size_t cap);

/* RS256 over claims that are the caller's: a JSON object, shorter than JWT_CLAIMS_MAX. */
enum { JWT_CLAIMS_MAX = 1024, JWT_RSA_MAX = 3072 };

struct jwt_claims {
    const char *key_id;  /* printable; "" none */
    const char *key_pem; /* private RSA key of 2,048 to 4,096 bits, PEM, NUL-terminated */
    const char *claims;
    const struct td_random *random;
};

/* 0; TD_E_SYNTAX: no such key. */
td_err jwt_check_rsa_key(const char *key_pem, const struct td_random *random);
/* As jwt_make; out holds JWT_RSA_MAX. */
int jwt_sign_claims(const struct jwt_claims *params, char *out, size_t cap);

#endif
