/* Making bundles and their keys: for tools/bundle.c and the tests; the appliance has no private key. Allocates through mbedTLS (the C library's). */
#ifndef TD_UPDATE_BUNDLE_MAKE_H
#define TD_UPDATE_BUNDLE_MAKE_H

#include <stdint.h>

#include "base/err.h"
#include "base/os.h"
#include "update/bundle.h"
#include "update/signature.h"

enum { BUNDLE_KEY_PEM_MAX = 512, BUNDLE_START_MAX = BUNDLE_HEAD_BYTES + BUNDLE_MANIFEST_MAX };

/* A fresh pair, in PEM. */
td_err bundle_make_key(const struct td_random *random, char private_pem[BUNDLE_KEY_PEM_MAX],
                       char public_pem[BUNDLE_KEY_PEM_MAX]);
/* Deterministic (RFC 6979): the same key and hash give the same signature, random only hides the key from measurement. TD_E_SYNTAX: no private key of
   P-256. */
td_err bundle_sign(const char *key_pem, const struct td_random *random, const uint8_t hash[32],
                   uint8_t signature[SIGNATURE_BYTES]);
/* Head and manifest, to be followed by the payload; payload_at is not looked at. Returns bytes; TD_E_SYNTAX: what the reader would not take. */
int bundle_make_start(const struct bundle *bundle, const char *key_pem,
                      const struct td_random *random, uint8_t out[BUNDLE_START_MAX]);

#endif
