#include "net/jwt.h"

#include <inttypes.h>
#include <mbedtls/base64.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

enum { HALF_BYTES = 32, NONCE_BYTES = 16, PART_MAX = JWT_CLAIMS_MAX };
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 4096 };

static int random_bytes(void *arg, unsigned char *out, size_t bytes)
{
    const struct td_random *random = arg;
    random->fill(random->ctx, out, bytes);
    return 0;
}

static td_err read_key(mbedtls_pk_context *key, const char *pem, mbedtls_pk_type_t type,
                       const struct td_random *random)
{
    int result = mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0,
                                      random_bytes, (void *)(uintptr_t)random);
    TD_FAIL_IF(result == MBEDTLS_ERR_PK_ALLOC_FAILED, TD_E_NO_MEMORY);
    TD_FAIL_IF(result != 0 || !mbedtls_pk_can_do(key, type), TD_E_SYNTAX);
    size_t bits = mbedtls_pk_get_bitlen(key);
    bool fits = type == MBEDTLS_PK_RSA ? bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX
                                       : bits == 8 * HALF_BYTES;
    return fits ? 0 : TD_E_SYNTAX;
}

static td_err check_key(const char *pem, mbedtls_pk_type_t type, const struct td_random *random)
{
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    td_err err = read_key(&key, pem, type, random);
    mbedtls_pk_free(&key);
    return err;
}

td_err jwt_check_key(const char *key_pem, const struct td_random *random)
{
    return check_key(key_pem, MBEDTLS_PK_ECDSA, random);
}

td_err jwt_check_rsa_key(const char *key_pem, const struct td_random *random)
{
    return check_key(key_pem, MBEDTLS_PK_RSA, random);
}

/* ---- the signatures: r and s, 32 bytes each; one number of RSA -------------------------------- */

static td_err sign_by(const mbedtls_ecp_keypair *pair, const unsigned char hash[32],
                      const struct td_random *random, unsigned char out[2 * HALF_BYTES])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d, r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&d), mbedtls_mpi_init(&r), mbedtls_mpi_init(&s);
    int bad =
        mbedtls_ecp_export(pair, &group, &d, &point) ||
        mbedtls_ecdsa_sign(&group, &r, &s, &d, hash, 32, random_bytes, (void *)(uintptr_t)random) ||
        mbedtls_mpi_write_binary(&r, out, HALF_BYTES) ||
        mbedtls_mpi_write_binary(&s, out + HALF_BYTES, HALF_BYTES);
    mbedtls_mpi_free(&s), mbedtls_mpi_free(&r), mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return bad ? TD_E_NO_MEMORY : 0; /* a good key and good randomness leave no other reason */
}

static td_err sign(const struct jwt_params *params, const char *text, size_t bytes,
                   unsigned char out[2 * HALF_BYTES])
{
    unsigned char hash[32];
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    td_err err = read_key(&key, params->key_pem, MBEDTLS_PK_ECDSA, params->random);
    if (err == 0 && mbedtls_sha256((const unsigned char *)text, bytes, hash, 0) != 0)
        err = TD_E_NO_MEMORY;
    if (err == 0)
        err = sign_by(mbedtls_pk_ec(key), hash, params->random, out);
    mbedtls_pk_free(&key);
    return err;
}

/* As many bytes as the key has; negative: an error. */
static int sign_rsa(const struct jwt_claims *params, const char *text, size_t bytes,
                    unsigned char out[RSA_BITS_MAX / 8])
{
    unsigned char hash[32];
    size_t count = 0;
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    td_err err = read_key(&key, params->key_pem, MBEDTLS_PK_RSA, params->random);
    if (err == 0 &&
        (mbedtls_sha256((const unsigned char *)text, bytes, hash, 0) != 0 ||
         mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, hash, sizeof hash, out, RSA_BITS_MAX / 8, &count,
                         random_bytes, (void *)(uintptr_t)params->random) != 0))
        err = TD_E_NO_MEMORY;
    mbedtls_pk_free(&key);
    return err < 0 ? err : (int)count;
}

/* ---- the text -------------------------------------------------------------------------------- */

/* base64 as URLs carry it: two other letters, nothing at the end. */
static void add_base64(struct td_str *out, const void *data, size_t bytes)
{
    unsigned char text[PART_MAX * 4 / 3 + 8];
    size_t count;
    int result = mbedtls_base64_encode(text, sizeof text, &count, data, bytes);
    TD_ASSERT(result == 0, "a part of a token is short");
    for (size_t i = 0; i < count && text[i] != '='; i++)
        td_str_add_char(out, text[i] == '+' ? '-' : text[i] == '/' ? '_' : (char)text[i]);
}

static void add_name(struct td_str *out, const char *member, const char *name)
{
    td_str_add_format(out, ",\"%s\":\"", member);
    td_str_add_json(out, name, strlen(name));
    td_str_add_char(out, '"');
}

static td_err add_header(struct td_str *out, const struct jwt_params *params)
{
    char text[PART_MAX];
    unsigned char nonce[NONCE_BYTES];
    struct td_str part = td_str_on(text, sizeof text);
    params->random->fill(params->random->ctx, nonce, sizeof nonce);
    td_str_add(&part, "{\"alg\":\"ES256\",\"typ\":\"JWT\"");
    add_name(&part, "kid", params->key_name);
    td_str_add(&part, ",\"nonce\":\"");
    for (unsigned i = 0; i < NONCE_BYTES; i++)
        td_str_add_format(&part, "%02x", nonce[i]);
    td_str_add(&part, "\"}");
    TD_FAIL_IF(part.cut, TD_E_NO_ROOM);
    add_base64(out, text, part.bytes);
    return 0;
}

static td_err add_claims(struct td_str *out, const struct jwt_params *params)
{
    char text[PART_MAX];
    int64_t now_s = params->wall_ns / TD_NS_PER_S;
    struct td_str part = td_str_on(text, sizeof text);
    td_str_add_format(&part, "{\"iss\":\"cdp\",\"nbf\":%" PRId64 ",\"exp\":%" PRId64, now_s,
                      now_s + JWT_LIFE_S);
    add_name(&part, "sub", params->key_name);
    td_str_add_char(&part, '}');
    TD_FAIL_IF(part.cut, TD_E_NO_ROOM);
    add_base64(out, text, part.bytes);
    return 0;
}

int jwt_make(const struct jwt_params *params, char *out, size_t cap)
{
    unsigned char signature[2 * HALF_BYTES];
    struct td_str token = td_str_on(out, cap);
    TD_TRY(add_header(&token, params));
    td_str_add_char(&token, '.');
    TD_TRY(add_claims(&token, params));
    TD_FAIL_IF(token.cut, TD_E_NO_ROOM);
    TD_TRY(sign(params, out, token.bytes, signature));
    td_str_add_char(&token, '.');
    add_base64(&token, signature, sizeof signature);
    return token.cut ? TD_E_NO_ROOM : (int)token.bytes;
}

static td_err add_rsa_header(struct td_str *out, const char *key_id)
{
    char text[PART_MAX];
    struct td_str part = td_str_on(text, sizeof text);
    td_str_add(&part, "{\"alg\":\"RS256\",\"typ\":\"JWT\"");
    if (key_id[0] != 0)
        add_name(&part, "kid", key_id);
    td_str_add_char(&part, '}');
    TD_FAIL_IF(part.cut, TD_E_NO_ROOM);
    add_base64(out, text, part.bytes);
    return 0;
}

int jwt_sign_claims(const struct jwt_claims *params, char *out, size_t cap)
{
    unsigned char signature[RSA_BITS_MAX / 8];
    struct td_str token = td_str_on(out, cap);
    size_t bytes = strlen(params->claims);
    TD_FAIL_IF(bytes >= JWT_CLAIMS_MAX, TD_E_NO_ROOM);
    TD_TRY(add_rsa_header(&token, params->key_id));
    td_str_add_char(&token, '.');
    add_base64(&token, params->claims, bytes);
    TD_FAIL_IF(token.cut, TD_E_NO_ROOM);
    int count = sign_rsa(params, out, token.bytes, signature);
    TD_TRY(count);
    td_str_add_char(&token, '.');
    add_base64(&token, signature, (size_t)count);
    return token.cut ? TD_E_NO_ROOM : (int)token.bytes;
}
