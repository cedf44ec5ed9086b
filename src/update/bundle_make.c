#include "update/bundle_make.h"

#include <inttypes.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <string.h>

#include "base/text.h"

enum { HALF_BYTES = SIGNATURE_BYTES / 2 };

static int random_bytes(void *arg, unsigned char *out, size_t bytes)
{
    const struct td_random *random = arg;
    random->fill(random->ctx, out, bytes);
    return 0;
}

/* ---- RFC 6979: the nonce comes from key and hash --------------------------------------------- */

struct nonce {
    uint8_t k[HALF_BYTES], v[HALF_BYTES];
};

/* k = HMAC(k, v || tag || key || hash), v = HMAC(k, v); seed NULL: without both. */
static int stir(struct nonce *nonce, uint8_t tag, const uint8_t *seed)
{
    uint8_t text[HALF_BYTES + 1 + 2 * HALF_BYTES];
    const mbedtls_md_info_t *sha = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    memcpy(text, nonce->v, HALF_BYTES);
    text[HALF_BYTES] = tag;
    if (seed)
        memcpy(text + HALF_BYTES + 1, seed, 2 * HALF_BYTES);
    size_t bytes = HALF_BYTES + 1 + (seed ? 2 * HALF_BYTES : 0);
    int bad = mbedtls_md_hmac(sha, nonce->k, HALF_BYTES, text, bytes, nonce->k) ||
              mbedtls_md_hmac(sha, nonce->k, HALF_BYTES, nonce->v, HALF_BYTES, nonce->v);
    mbedtls_platform_zeroize(text, sizeof text);
    return bad;
}

/* mbedtls_ecdsa_sign() draws the nonce first, in whole candidates, as the RFC does; what it draws later hides
   the computation and does not shape the result. */
static int nonce_bytes(void *arg, unsigned char *out, size_t bytes)
{
    struct nonce *nonce = arg;
    const mbedtls_md_info_t *sha = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    for (size_t done = 0; done < bytes; done += HALF_BYTES) {
        size_t left = bytes - done;
        if (mbedtls_md_hmac(sha, nonce->k, HALF_BYTES, nonce->v, HALF_BYTES, nonce->v))
            return MBEDTLS_ERR_ECP_RANDOM_FAILED;
        memcpy(out + done, nonce->v, left < HALF_BYTES ? left : HALF_BYTES);
    }
    return stir(nonce, 0, NULL);
}

static int begin_nonce(struct nonce *nonce, const mbedtls_mpi *d, const mbedtls_mpi *order,
                       const uint8_t hash[32])
{
    uint8_t seed[2 * HALF_BYTES];
    mbedtls_mpi number;
    mbedtls_mpi_init(&number);
    memset(nonce->k, 0, HALF_BYTES);
    memset(nonce->v, 1, HALF_BYTES);
    int bad = mbedtls_mpi_read_binary(&number, hash, 32) ||
              mbedtls_mpi_mod_mpi(&number, &number, order) ||
              mbedtls_mpi_write_binary(d, seed, HALF_BYTES) ||
              mbedtls_mpi_write_binary(&number, seed + HALF_BYTES, HALF_BYTES) ||
              stir(nonce, 0, seed) || stir(nonce, 1, seed);
    mbedtls_platform_zeroize(seed, sizeof seed);
    mbedtls_mpi_free(&number);
    return bad;
}

/* ---- signing --------------------------------------------------------------------------------- */

static int sign_by(const mbedtls_ecp_keypair *pair, const uint8_t hash[32],
                   uint8_t out[SIGNATURE_BYTES])
{
    struct nonce nonce;
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d, r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&d), mbedtls_mpi_init(&r), mbedtls_mpi_init(&s);
    int bad = mbedtls_ecp_export(pair, &group, &d, &point) ||
              group.id != MBEDTLS_ECP_DP_SECP256R1 || begin_nonce(&nonce, &d, &group.N, hash) ||
              mbedtls_ecdsa_sign(&group, &r, &s, &d, hash, 32, nonce_bytes, &nonce) ||
              mbedtls_mpi_write_binary(&r, out, HALF_BYTES) ||
              mbedtls_mpi_write_binary(&s, out + HALF_BYTES, HALF_BYTES);
    mbedtls_mpi_free(&s), mbedtls_mpi_free(&r), mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    mbedtls_platform_zeroize(&nonce, sizeof nonce);
    return bad;
}

td_err bundle_sign(const char *key_pem, const struct td_random *random, const uint8_t hash[32],
                   uint8_t signature[SIGNATURE_BYTES])
{
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    int bad = mbedtls_pk_parse_key(&key, (const unsigned char *)key_pem, strlen(key_pem) + 1, NULL,
                                   0, random_bytes, (void *)(uintptr_t)random) ||
              !mbedtls_pk_can_do(&key, MBEDTLS_PK_ECDSA) ||
              sign_by(mbedtls_pk_ec(key), hash, signature);
    mbedtls_pk_free(&key);
    return bad ? TD_E_SYNTAX : 0;
}

td_err bundle_make_key(const struct td_random *random, char private_pem[BUNDLE_KEY_PEM_MAX],
                       char public_pem[BUNDLE_KEY_PEM_MAX])
{
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    int bad = mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) ||
              mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key), random_bytes,
                                  (void *)(uintptr_t)random) ||
              mbedtls_pk_write_key_pem(&key, (unsigned char *)private_pem, BUNDLE_KEY_PEM_MAX) ||
              mbedtls_pk_write_pubkey_pem(&key, (unsigned char *)public_pem, BUNDLE_KEY_PEM_MAX);
    mbedtls_pk_free(&key);
    return bad ? TD_E_NO_MEMORY : 0;
}

/* ---- head and manifest ----------------------------------------------------------------------- */

static void add_hash(struct td_str *text, const char *key, const uint8_t hash[32])
{
    td_str_add_format(text, "%s=", key);
    for (unsigned i = 0; i < 32; i++)
        td_str_add_format(text, "%02x", hash[i]);
    td_str_add_char(text, '\n');
}

static td_err write_manifest(const struct bundle *bundle, char *out, size_t cap, size_t *bytes)
{
    struct bundle back;
    struct td_str text = td_str_on(out, cap);
    td_str_add_format(&text, "kind=%s\nversion=%s\nboard=%s\nimage_bytes=%" PRId64 "\n",
                      bundle->kind == BUNDLE_SYSTEM ? "system" : "recorder", bundle->version,
                      bundle->board, bundle->image_bytes);
    add_hash(&text, "image_sha256", bundle->image_sha256);
    td_str_add_format(&text, "payload_bytes=%" PRId64 "\n", bundle->payload_bytes);
    add_hash(&text, "payload_sha256", bundle->payload_sha256);
    *bytes = text.bytes;
    TD_FAIL_IF(text.cut, TD_E_SYNTAX);
    return bundle_parse_manifest(out, text.bytes, &back);
}

int bundle_make_start(const struct bundle *bundle, const char *key_pem,
                      const struct td_random *random, uint8_t out[BUNDLE_START_MAX])
{
    enum { SIGNED_HEAD = BUNDLE_HEAD_BYTES - SIGNATURE_BYTES };
    uint8_t text[SIGNED_HEAD + BUNDLE_MANIFEST_MAX] = "TDUPDATE", hash[32];
    char *manifest = (char *)text + SIGNED_HEAD;
    size_t bytes;
    TD_TRY(write_manifest(bundle, manifest, BUNDLE_MANIFEST_MAX, &bytes));
    text[8] = BUNDLE_FORMAT;
    text[12] = (uint8_t)bytes;
    text[13] = (uint8_t)(bytes >> 8);
    int bad = mbedtls_sha256(text, SIGNED_HEAD + bytes, hash, 0);
    TD_ASSERT(!bad, "SHA-256 in software does not fail");
    memcpy(out, text, SIGNED_HEAD);
    memcpy(out + BUNDLE_HEAD_BYTES, manifest, bytes);
    TD_TRY(bundle_sign(key_pem, random, hash, out + SIGNED_HEAD));
    return BUNDLE_HEAD_BYTES + (int)bytes;
}
