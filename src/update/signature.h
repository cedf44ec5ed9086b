/* ECDSA P-256 over a SHA-256, as r and s of 32 bytes each, big-endian. Checking takes its memory from a static arena; see bundle.h. */
#ifndef TD_UPDATE_SIGNATURE_H
#define TD_UPDATE_SIGNATURE_H

#include <stdint.h>

#include "base/err.h"

enum { SIGNATURE_BYTES = 64 };

/* key_pem: a public key, NUL-terminated. TD_E_SYNTAX: it is none of P-256; TD_E_UPDATE_SIGNATURE: not signed by it. */
td_err signature_check(const char *key_pem, const uint8_t hash[32],
                       const uint8_t signature[SIGNATURE_BYTES]);

#endif
