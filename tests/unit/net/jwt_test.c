#include "net/jwt.h"

#include <mbedtls/base64.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/sha256.h>
#include <stdio.h>

#include "base/limits.h"
#include "net/loopback.h"
#include "rsa_pair.h"
#include "test.h"

#define NAME "organizations/1f/apiKeys/2e"
#define NOW_S INT64_C(1782648000)

static void fill(void *ctx, void *out, size_t bytes)
{
    test_random(ctx, out, bytes);
}

static const struct td_random random_source = {fill, NULL};

static int make(const char *name, const char *pem, char *out, size_t cap)
{
    return jwt_make(&(struct jwt_params){.key_name = name,
                                         .key_pem = pem,
                                         .random = &random_source,
                                         .wall_ns = NOW_S * TD_NS_PER_S + 999},
                    out, cap);
}

/* A part of the token, NUL-terminated. */
static size_t decoded(const char *at, const char *end, char *out, size_t cap)
{
    char text[JWT_MAX];
    size_t bytes = 0, count;
    CHECK((size_t)(end - at) + 4 < sizeof text);
    for (; at < end; at++) {
        CHECK(*at != '+' && *at != '/' && *at != '=');
        text[bytes++] = *at == '-' ? '+' : *at == '_' ? '/' : *at;
    }
    while (bytes % 4 != 0)
        text[bytes++] = '=';
    CHECK_EQ_I64(mbedtls_base64_decode((unsigned char *)out, cap - 1, &count,
                                       (const unsigned char *)text, bytes),
                 0);
    out[count] = 0;
    return count;
}

static bool holds(const char *pem, const char *text, size_t bytes, const unsigned char *signature)
{
    mbedtls_pk_context key;
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d, r, s;
    unsigned char hash[32];
    mbedtls_pk_init(&key);
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&d), mbedtls_mpi_init(&r), mbedtls_mpi_init(&s);
    CHECK_EQ_I64(mbedtls_pk_parse_key(&key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0,
                                      test_random, NULL),
                 0);
    CHECK_EQ_I64(mbedtls_ecp_export(mbedtls_pk_ec(key), &group, &d, &point), 0);
    CHECK_EQ_I64(mbedtls_mpi_read_binary(&r, signature, 32), 0);
    CHECK_EQ_I64(mbedtls_mpi_read_binary(&s, signature + 32, 32), 0);
    CHECK_EQ_I64(mbedtls_sha256((const unsigned char *)text, bytes, hash, 0), 0);
    int result = mbedtls_ecdsa_verify(&group, hash, sizeof hash, &point, &r, &s);
    mbedtls_mpi_free(&s), mbedtls_mpi_free(&r), mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    mbedtls_pk_free(&key);
    return result == 0;
}

TEST(the_token_says_who_and_how_long_and_its_signature_holds)
{
    char token[JWT_MAX], header[1024], claims[1024], signature[128], wanted[1024];
    const char *pem = certs()->good.key;
    for (int round = 0; round < 20; round++) {
        int bytes = make(NAME, pem, token, sizeof token);
        CHECK(bytes > 0);
        const char *end = token + bytes, *first = memchr(token, '.', (size_t)bytes);
        const char *second = memchr(first + 1, '.', (size_t)(end - first - 1));
        decoded(token, first, header, sizeof header);
        CHECK(strncmp(header,
                      "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"" NAME "\",\"nonce\":\"",
                      33 + sizeof NAME - 1 + 11) == 0);
        CHECK_EQ_U64(strlen(header), 33 + sizeof NAME - 1 + 11 + 32 + 2 + 1);
        decoded(first + 1, second, claims, sizeof claims);
        snprintf(wanted, sizeof wanted,
                 "{\"iss\":\"cdp\",\"nbf\":%lld,\"exp\":%lld,\"sub\":\"" NAME "\"}",
                 (long long)NOW_S, (long long)NOW_S + 120);
        CHECK_EQ_STR(claims, wanted);
        CHECK_EQ_U64(decoded(second + 1, end, signature, sizeof signature), 64);
        CHECK(holds(pem, token, (size_t)(second - token), (unsigned char *)signature));
        CHECK(!holds(pem, token, (size_t)(second - token) - 1, (unsigned char *)signature));
        CHECK(
            !holds(certs()->root.key, token, (size_t)(second - token), (unsigned char *)signature));
    }
}

TEST(each_token_is_another)
{
    char a[JWT_MAX], b[JWT_MAX];
    int bytes = make(NAME, certs()->good.key, a, sizeof a);
    CHECK_EQ_I64(make(NAME, certs()->good.key, b, sizeof b), bytes);
    CHECK(memcmp(a, b, (size_t)bytes) != 0);
}

TEST(keys_of_other_kinds_are_refused)
{
    static const char rubbish[] = "-----BEGIN EC PRIVATE KEY-----\nMHc=\n"
                                  "-----END EC PRIVATE KEY-----\n";
    char token[JWT_MAX], pem[1024];
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    CHECK_EQ_I64(psa_crypto_init(), 0);
    CHECK_EQ_I64(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    CHECK_EQ_I64(
        mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP384R1, mbedtls_pk_ec(key), test_random, NULL), 0);
    CHECK_EQ_I64(mbedtls_pk_write_key_pem(&key, (unsigned char *)pem, sizeof pem), 0);
    CHECK_EQ_I64(jwt_check_key(pem, &random_source), TD_E_SYNTAX);
    CHECK_EQ_I64(make(NAME, pem, token, sizeof token), TD_E_SYNTAX);
    CHECK_EQ_I64(mbedtls_pk_write_pubkey_pem(&key, (unsigned char *)pem, sizeof pem), 0);
    CHECK_EQ_I64(jwt_check_key(pem, &random_source), TD_E_SYNTAX);
    mbedtls_pk_free(&key);
    mbedtls_psa_crypto_free();
    CHECK_EQ_I64(jwt_check_key("", &random_source), TD_E_SYNTAX);
    CHECK_EQ_I64(jwt_check_key(rubbish, &random_source), TD_E_SYNTAX);
    CHECK_EQ_I64(jwt_check_key(certs()->good.pem, &random_source), TD_E_SYNTAX);
    CHECK_EQ_I64(jwt_check_key(certs()->good.key, &random_source), 0);
}

TEST(rooms_and_names_have_limits)
{
    char token[JWT_MAX], name[800];
    int bytes = make(NAME, certs()->good.key, token, sizeof token);
    for (int cap = 1; cap <= bytes; cap += 37)
        CHECK_EQ_I64(make(NAME, certs()->good.key, token, (size_t)cap), TD_E_NO_ROOM);
    CHECK_EQ_I64(make(NAME, certs()->good.key, token, (size_t)bytes + 1), bytes);
    memset(name, 'k', sizeof name);
    name[JWT_NAME_MAX - 1] = 0;
    CHECK(make(name, certs()->good.key, token, sizeof token) > 0);
    name[JWT_NAME_MAX - 1] = 'k', name[sizeof name - 1] = 0;
    CHECK_EQ_I64(make(name, certs()->good.key, token, sizeof token), TD_E_NO_ROOM);
}

static int sign_claims(const char *pem, const char *claims, char *out, size_t cap)
{
    return jwt_sign_claims(
        &(struct jwt_claims){
            .key_id = "k1", .key_pem = pem, .claims = claims, .random = &random_source},
        out, cap);
}

/* RS256 has one signature only, so another program's token is ours to the letter. */
TEST(rs256_is_what_openssl_signs)
{
    char token[JWT_RSA_MAX];
    int bytes = sign_claims(rsa_2048, RSA_CLAIMS, token, sizeof token);
    CHECK_EQ_I64(bytes, (int64_t)strlen(rsa_token));
    CHECK_EQ_MEM(token, rsa_token, (size_t)bytes);
    for (int cap = 1; cap <= bytes; cap += 61)
        CHECK_EQ_I64(sign_claims(rsa_2048, RSA_CLAIMS, token, (size_t)cap), TD_E_NO_ROOM);
}

TEST(rs256_takes_large_rsa_keys_alone)
{
    char token[JWT_RSA_MAX], claims[JWT_CLAIMS_MAX + 1];
    CHECK_EQ_I64(jwt_check_rsa_key(rsa_2048, &random_source), 0);
    CHECK_EQ_I64(jwt_check_rsa_key(rsa_1024, &random_source), TD_E_SYNTAX);
    CHECK_EQ_I64(jwt_check_rsa_key(certs()->good.key, &random_source), TD_E_SYNTAX);
    CHECK_EQ_I64(jwt_check_key(rsa_2048, &random_source), TD_E_SYNTAX);
    CHECK_EQ_I64(sign_claims(rsa_1024, RSA_CLAIMS, token, sizeof token), TD_E_SYNTAX);
    memset(claims, 'c', sizeof claims);
    claims[JWT_CLAIMS_MAX] = 0;
    CHECK_EQ_I64(sign_claims(rsa_2048, claims, token, sizeof token), TD_E_NO_ROOM);
    claims[JWT_CLAIMS_MAX - 1] = 0;
    CHECK(sign_claims(rsa_2048, claims, token, sizeof token) > 0);
}
