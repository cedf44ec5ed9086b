#include "update/bundle_make.h"

#include <mbedtls/sha256.h>

#include "unit/test.h"
#include "update/made.h"

/* RFC 6979, A.2.5: key and signatures of P-256 with SHA-256. The key as SEC1 in PEM, public half left out. */
static const char rfc_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
                              "MDECAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
                              "AwEH\n"
                              "-----END EC PRIVATE KEY-----\n";

static void hex(const uint8_t *data, size_t bytes, char *out)
{
    for (size_t i = 0; i < bytes; i++)
        snprintf(out + 2 * i, 3, "%02X", data[i]);
}

static void check_vector(const char *message, const char *want)
{
    uint64_t state = 3;
    struct td_random random = {made_fill, &state};
    uint8_t hash[32], signature[SIGNATURE_BYTES];
    char text[2 * SIGNATURE_BYTES + 1];
    mbedtls_sha256((const uint8_t *)message, strlen(message), hash, 0);
    CHECK_EQ_I64(bundle_sign(rfc_key, &random, hash, signature), 0);
    hex(signature, sizeof signature, text);
    CHECK_EQ_STR(text, want);
}

TEST(signatures_are_those_of_rfc_6979)
{
    check_vector("sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                           "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
    check_vector("test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
                         "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083");
}

TEST(a_pair_signs_and_checks)
{
    struct made_key ours = made_key(1), theirs = made_key(2);
    uint64_t state = 4;
    struct td_random random = {made_fill, &state};
    uint8_t hash[32] = {9}, signature[SIGNATURE_BYTES], again[SIGNATURE_BYTES];
    CHECK_EQ_I64(bundle_sign(ours.secret, &random, hash, signature), 0);
    CHECK_EQ_I64(bundle_sign(ours.secret, &random, hash, again), 0);
    CHECK_EQ_MEM(signature, again, sizeof again);
    CHECK_EQ_I64(signature_check(ours.open, hash, signature), 0);
    CHECK_EQ_I64(signature_check(theirs.open, hash, signature), TD_E_UPDATE_SIGNATURE);
    hash[0] = 8;
    CHECK_EQ_I64(signature_check(ours.open, hash, signature), TD_E_UPDATE_SIGNATURE);
    CHECK_EQ_I64(bundle_sign(ours.open, &random, hash, signature), TD_E_SYNTAX);
    CHECK_EQ_I64(bundle_sign("", &random, hash, signature), TD_E_SYNTAX);
}

TEST(zeros_are_no_signature)
{
    struct made_key ours = made_key(1);
    uint8_t hash[32] = {9}, signature[SIGNATURE_BYTES] = {0};
    CHECK_EQ_I64(signature_check(ours.open, hash, signature), TD_E_UPDATE_SIGNATURE);
    signature[31] = 1;
    CHECK_EQ_I64(signature_check(ours.open, hash, signature), TD_E_UPDATE_SIGNATURE);
    memset(signature, 0xff, sizeof signature);
    CHECK_EQ_I64(signature_check(ours.open, hash, signature), TD_E_UPDATE_SIGNATURE);
}

TEST(what_the_reader_would_refuse_is_not_made)
{
    struct made_key ours = made_key(1);
    uint64_t state = 4;
    struct td_random random = {made_fill, &state};
    uint8_t out[BUNDLE_START_MAX];
    struct bundle good = {
        .version = "1.0", .board = "rpi4", .payload_bytes = 9, .image_bytes = 512};
    CHECK(bundle_make_start(&good, ours.secret, &random, out) > BUNDLE_HEAD_BYTES);
    struct bundle bad = good;
    bad.image_bytes = 513;
    CHECK_EQ_I64(bundle_make_start(&bad, ours.secret, &random, out), TD_E_SYNTAX);
    bad = good;
    memcpy(bad.version, "1-rc", 5);
    CHECK_EQ_I64(bundle_make_start(&bad, ours.secret, &random, out), TD_E_SYNTAX);
    CHECK_EQ_I64(bundle_make_start(&good, ours.open, &random, out), TD_E_SYNTAX);
}
