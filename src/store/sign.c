#include "store/sign.h"

#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "store/digest.h"

/* What differs between the dialects; all else is one algorithm. */
static const struct {
    const char *algorithm, *key_prefix, *service, *scope_end;
} dialects[] = {
    [STORE_AWS4] = {"AWS4-HMAC-SHA256", "AWS4", "s3", "aws4_request"},
    [STORE_GOOG4] = {"GOOG4-HMAC-SHA256", "GOOG4", "storage", "goog4_request"},
};

enum { PAIRS_MAX = 64, DAY_BYTES = 8, SHA_BYTES = 32, SCOPE_MAX = 128 };

void sign_date(int64_t wall_ns, char out[SIGN_DATE_MAX])
{
    char text[TD_UTC_TEXT_MAX];
    td_text_copy(out, SIGN_DATE_MAX, text, td_utc_compact(wall_ns, text));
}

/* ---- percent-encoding ------------------------------------------------------------------------ */

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static size_t encode_byte(unsigned char c, bool slash, char out[3])
{
    static const char digits[] = "0123456789ABCDEF";
    out[0] = (char)c;
    if (is_unreserved(c) || (slash && c == '/'))
        return 1;
    out[0] = '%';
    out[1] = digits[c >> 4];
    out[2] = digits[c & 15];
    return 3;
}

bool sign_encode(const char *text, bool slash, char *out, size_t cap)
{
    struct td_str str = td_str_on(out, cap);
    char encoded[3];
    for (; *text; text++)
        td_str_add_bytes(&str, encoded, encode_byte((unsigned char)*text, slash, encoded));
    return !str.cut;
}

/* Where the encoded byte sorts: '%' is below all that stay as they are, and two behind it keep their own order. */
static int encoded_rank(unsigned char c)
{
    return c == 0 ? 0 : is_unreserved(c) ? 256 + c : c;
}

static int encoded_order(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return encoded_rank((unsigned char)*a) - encoded_rank((unsigned char)*b);
}

/* ---- the canonical request, summed as it is made --------------------------------------------- */

static int query_order(const struct sign_pair *a, const struct sign_pair *b)
{
    int order = encoded_order(a->name, b->name);
    return order ? order : encoded_order(a->value, b->value);
}

static int header_order(const struct sign_pair *a, const struct sign_pair *b)
{
    return strcmp(a->name, b->name);
}

struct sorted {
    const struct sign_pair *at[PAIRS_MAX];
    size_t count;
};

static td_err sort(const struct sign_pair *pairs,
                   int (*order)(const struct sign_pair *a, const struct sign_pair *b),
                   struct sorted *out)
{
    out->count = 0;
    for (; pairs && pairs->name; pairs++) {
        TD_FAIL_IF(out->count == PAIRS_MAX, TD_E_RANGE);
        size_t at = out->count++;
        for (; at > 0 && order(out->at[at - 1], pairs) > 0; at--)
            out->at[at] = out->at[at - 1];
        out->at[at] = pairs;
    }
    return 0;
}

static void sum_bytes(mbedtls_sha256_context *sum, const char *text, size_t bytes)
{
    TD_ASSERT(mbedtls_sha256_update(sum, (const unsigned char *)text, bytes) == 0,
              "SHA-256 needs nothing");
}

static void sum_text(mbedtls_sha256_context *sum, const char *text)
{
    sum_bytes(sum, text, strlen(text));
}

static void sum_encoded(mbedtls_sha256_context *sum, const char *text, bool slash)
{
    char encoded[3];
    for (; *text; text++)
        sum_bytes(sum, encoded, encode_byte((unsigned char)*text, slash, encoded));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* No blanks at either end, one in place of several. */
static void sum_value(mbedtls_sha256_context *sum, const char *value)
{
    bool gap = false, begun = false;
    for (; *value; value++) {
        if (is_blank(*value)) {
            gap = begun;
            continue;
        }
        if (gap)
            sum_text(sum, " ");
        sum_bytes(sum, value, 1);
        gap = false;
        begun = true;
    }
}

static void sum_names(mbedtls_sha256_context *sum, const struct sorted *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        sum_text(sum, i ? ";" : "");
        sum_text(sum, headers->at[i]->name);
    }
}

static void sum_request(mbedtls_sha256_context *sum, const struct sign_request *request,
                        const struct sorted *query, const struct sorted *headers)
{
    sum_text(sum, request->method);
    sum_text(sum, "\n");
    sum_encoded(sum, request->path, true);
    sum_text(sum, "\n");
    for (size_t i = 0; i < query->count; i++) {
        sum_text(sum, i ? "&" : "");
        sum_encoded(sum, query->at[i]->name, false);
        sum_text(sum, "=");
        sum_encoded(sum, query->at[i]->value, false);
    }
    sum_text(sum, "\n");
    for (size_t i = 0; i < headers->count; i++) {
        sum_text(sum, headers->at[i]->name);
        sum_text(sum, ":");
        sum_value(sum, headers->at[i]->value);
        sum_text(sum, "\n");
    }
    sum_text(sum, "\n");
    sum_names(sum, headers);
    sum_text(sum, "\n");
    sum_text(sum, request->payload);
}

static void hash_request(const struct sign_request *request, const struct sorted *query,
                         const struct sorted *headers, char hex[65])
{
    mbedtls_sha256_context sum;
    unsigned char hash[SHA_BYTES];
    mbedtls_sha256_init(&sum);
    TD_ASSERT(mbedtls_sha256_starts(&sum, 0) == 0, "SHA-256 needs nothing");
    sum_request(&sum, request, query, headers);
    TD_ASSERT(mbedtls_sha256_finish(&sum, hash) == 0, "SHA-256 needs nothing");
    mbedtls_sha256_free(&sum);
    identity_hex(hash, hex);
}

/* ---- key and signature ----------------------------------------------------------------------- */

/* key = HMAC(key, text), in place. */
static td_err chain(unsigned char key[SHA_BYTES], const char *text, size_t bytes)
{
    unsigned char made[SHA_BYTES];
    int bad = mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key, SHA_BYTES,
                              (const unsigned char *)text, bytes, made);
    memcpy(key, made, sizeof made);
    mbedtls_platform_zeroize(made, sizeof made);
    return bad ? TD_E_NO_MEMORY : 0;
}

static td_err make_key(const struct store_account *account, const char *day,
                       unsigned char key[SHA_BYTES])
{
    char seed[ACCOUNT_SECRET_MAX + 8];
    struct td_str str = td_str_on(seed, sizeof seed);
    td_str_add(&str, dialects[account->dialect].key_prefix);
    td_str_add(&str, account->secret_key);
    int bad =
        mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), (const unsigned char *)seed,
                        str.bytes, (const unsigned char *)day, DAY_BYTES, key);
    mbedtls_platform_zeroize(seed, sizeof seed);
    TD_FAIL_IF(bad, TD_E_NO_MEMORY);
    TD_TRY(chain(key, account->region, strlen(account->region)));
    const char *service = dialects[account->dialect].service;
    TD_TRY(chain(key, service, strlen(service)));
    const char *end = dialects[account->dialect].scope_end;
    return chain(key, end, strlen(end));
}

static td_err sign_text(const struct store_account *account, const char *date, const char *text,
                        size_t bytes, char hex[65])
{
    unsigned char key[SHA_BYTES];
    td_err err = make_key(account, date, key);
    if (err == 0)
        err = chain(key, text, bytes);
    identity_hex(key, hex);
    mbedtls_platform_zeroize(key, sizeof key);
    return err;
}

td_err sign_authorization(const struct store_account *account, const struct sign_request *request,
                          char *out, size_t cap)
{
    struct sorted query, headers;
    char date[SIGN_DATE_MAX], scope[SCOPE_MAX], hash[65], text[SCOPE_MAX + 128], signature[65];
    TD_TRY(sort(request->query, query_order, &query));
    TD_TRY(sort(request->header, header_order, &headers));
    sign_date(request->wall_ns, date);

    struct td_str made = td_str_on(scope, sizeof scope);
    td_str_add_format(&made, "%.*s/%s/%s/%s", DAY_BYTES, date, account->region,
                      dialects[account->dialect].service, dialects[account->dialect].scope_end);
    TD_FAIL_IF(made.cut, TD_E_RANGE);
    hash_request(request, &query, &headers, hash);
    made = td_str_on(text, sizeof text);
    td_str_add_format(&made, "%s\n%s\n%s\n%s", dialects[account->dialect].algorithm, date, scope,
                      hash);
    TD_TRY(sign_text(account, date, text, made.bytes, signature));

    made = td_str_on(out, cap);
    td_str_add_format(&made,
                      "%s Credential=%s/%s, SignedHeaders=", dialects[account->dialect].algorithm,
                      account->access_key, scope);
    for (size_t i = 0; i < headers.count; i++) {
        td_str_add(&made, i ? ";" : "");
        td_str_add(&made, headers.at[i]->name);
    }
    td_str_add_format(&made, ", Signature=%s", signature);
    return made.cut ? TD_E_RANGE : 0;
}
