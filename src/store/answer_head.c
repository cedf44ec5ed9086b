#include "store/answer_head.h"

#include <mbedtls/base64.h>
#include <string.h>
#include <strings.h>

#include "base/decimal.h"
#include "base/text.h"
#include "store/digest.h"

/* Exactly so many bytes in base64: "AAAA==-3" of a composite sum is none. */
static bool from_base64(const char *text, size_t text_bytes, uint8_t *out, size_t bytes)
{
    uint8_t raw[64];
    size_t got;
    if (mbedtls_base64_decode(raw, sizeof raw, &got, (const unsigned char *)text, text_bytes) !=
            0 ||
        got != bytes)
        return false;
    memcpy(out, raw, bytes);
    return true;
}

static bool read_crc32c(const char *text, size_t bytes, uint32_t *crc32c)
{
    uint8_t raw[4];
    if (!from_base64(text, bytes, raw, sizeof raw))
        return false;
    *crc32c = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
    return true;
}

static void read_amz_sums(const struct exchange *exchange, struct store_result *result)
{
    const char *type = exchange_header(exchange, "x-amz-checksum-type");
    const char *crc32c = exchange_header(exchange, "x-amz-checksum-crc32c");
    const char *sha256 = exchange_header(exchange, "x-amz-checksum-sha256");
    /* A sum of the parts' sums says nothing of the whole; one of no type may be what came with the PUT, kept and never looked at (docs/STORES.md). */
    if (type == NULL || strcasecmp(type, "FULL_OBJECT") != 0)
        return;
    if (crc32c)
        result->has_crc32c = read_crc32c(crc32c, strlen(crc32c), &result->crc32c);
    if (sha256)
        result->has_sha256 =
            from_base64(sha256, strlen(sha256), result->sha256, sizeof result->sha256);
}

/* "crc32c=AAAAAA==,md5=..." in one header or several. */
static void read_goog_sums(const struct exchange *exchange, struct store_result *result)
{
    static const char name[] = "crc32c=";
    for (unsigned i = 0; i < exchange->header_count; i++) {
        if (strcmp(exchange->header[i].name, "x-goog-hash") != 0)
            continue;
        const char *at = exchange->header[i].value;
        while (*at) {
            at += strspn(at, " ,\t");
            size_t bytes = strcspn(at, " ,\t");
            if (strncmp(at, name, sizeof name - 1) == 0)
                result->has_crc32c =
                    read_crc32c(at + sizeof name - 1, bytes - (sizeof name - 1), &result->crc32c);
            at += bytes;
        }
    }
}

static bool read_hex32(const char *text, uint32_t *out)
{
    static const char digits[] = "0123456789abcdef";
    *out = 0;
    for (size_t i = 0; i < 8; i++) {
        const char *found = text[i] ? strchr(digits, text[i] | ' ') : NULL;
        if (found == NULL)
            return false;
        *out = *out << 4 | (uint32_t)(found - digits);
    }
    return text[8] == 0;
}

/* Metadata of one kind, x-amz-meta-tape-* or x-goog-meta-tape-*: all three, or none of it is believed. */
static bool read_identity(const struct exchange *exchange, const char *kind,
                          struct store_identity *identity)
{
    static const char *const words[] = {"bytes", "crc32c", "sha256"};
    const char *value[3];
    char name[ANSWER_NAME_MAX];
    for (size_t i = 0; i < 3; i++) {
        struct td_str str = td_str_on(name, sizeof name);
        td_str_add_format(&str, "%s-meta-tape-%s", kind, words[i]);
        value[i] = exchange_header(exchange, name);
        if (value[i] == NULL)
            return false;
    }
    return td_integer_parse(value[0], strlen(value[0]), &identity->bytes) == 0 &&
           identity->bytes >= 0 && read_hex32(value[1], &identity->crc32c) &&
           identity_from_hex(value[2], identity->sha256);
}

void answer_head_object(const struct exchange *exchange, struct store_result *result)
{
    const char *etag = exchange_header(exchange, "etag");
    if (etag && strlen(etag) < sizeof result->etag)
        td_text_copy(result->etag, sizeof result->etag, etag, strlen(etag));
    read_amz_sums(exchange, result);
    read_goog_sums(exchange, result);
    result->has_identity = read_identity(exchange, "x-amz", &result->identity) ||
                           read_identity(exchange, "x-goog", &result->identity);
    if (!result->has_identity)
        result->identity = (struct store_identity){.bytes = 0};
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static bool read_number(const char **at, char end, int64_t *out)
{
    size_t bytes = strspn(*at, "0123456789");
    if (bytes == 0 || (*at)[bytes] != end || td_integer_parse(*at, bytes, out) < 0)
        return false;
    *at += bytes + 1;
    return true;
}

static const char *range_text(const struct exchange *exchange)
{
    const char *text = exchange_header(exchange, "content-range");
    return text && strncasecmp(text, "bytes ", 6) == 0 ? text + 6 : NULL;
}

bool answer_head_range(const struct exchange *exchange, struct answer_range *range)
{
    const char *at = range_text(exchange);
    return at && read_number(&at, '-', &range->from) && read_number(&at, '/', &range->to) &&
           read_number(&at, 0, &range->total) && range->from <= range->to &&
           range->to < range->total;
}

int64_t answer_head_unsatisfied(const struct exchange *exchange)
{
    int64_t total;
    const char *at = range_text(exchange);
    if (at == NULL || strncmp(at, "*/", 2) != 0)
        return -1;
    at += 2;
    return read_number(&at, 0, &total) ? total : -1;
}

void answer_head_words(char out[STORE_WORDS_MAX], const char *text)
{
    size_t bytes = 0;
    for (; *text && bytes + 1 < STORE_WORDS_MAX; text++) {
        char c = *text;
        if ((unsigned char)c <= ' ')
            c = ' ';
        if (c == ' ' && (bytes == 0 || out[bytes - 1] == ' '))
            continue;
        out[bytes++] = (unsigned char)c < 127 ? c : '?';
    }
    while (bytes > 0 && out[bytes - 1] == ' ')
        bytes--;
    out[bytes] = 0;
}
