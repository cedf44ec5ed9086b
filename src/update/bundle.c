#include "update/bundle.h"

#include <mbedtls/sha256.h>
#include <string.h>

#include "update/signature.h"

enum {
    MAGIC_BYTES = 8,
    SIGNED_HEAD = 16, /* of the head, before the signature: magic, format, length of the manifest */
    GROUPS_MAX = 4,
    DIGITS_MAX = 9,
    HASH_PIECE = 64 << 10
};
static const char magic[MAGIC_BYTES + 1] = "TDUPDATE";

/* ---- versions -------------------------------------------------------------------------------- */

static td_err parse_version(const char *text, uint32_t groups[GROUPS_MAX])
{
    memset(groups, 0, GROUPS_MAX * sizeof *groups);
    for (unsigned i = 0; i < GROUPS_MAX; i++) {
        unsigned digits = 0;
        for (; *text >= '0' && *text <= '9'; text++, digits++) {
            TD_FAIL_IF(digits == DIGITS_MAX, TD_E_SYNTAX);
            groups[i] = groups[i] * 10 + (uint32_t)(*text - '0');
        }
        TD_FAIL_IF(digits == 0, TD_E_SYNTAX);
        if (*text == 0)
            return 0;
        TD_FAIL_IF(*text++ != '.', TD_E_SYNTAX);
    }
    return TD_E_SYNTAX;
}

int bundle_version_compare(const char *a, const char *b, td_err *err)
{
    uint32_t group_a[GROUPS_MAX], group_b[GROUPS_MAX];
    *err = parse_version(a, group_a);
    if (*err == 0)
        *err = parse_version(b, group_b);
    for (unsigned i = 0; *err == 0 && i < GROUPS_MAX; i++)
        if (group_a[i] != group_b[i])
            return group_a[i] < group_b[i] ? -1 : 1;
    return 0;
}

/* ---- the manifest ---------------------------------------------------------------------------- */

struct lines {
    const char *at, *end;
};

/* The value of the next line, which must be `key`=value and no other. */
static td_err next_value(struct lines *lines, const char *key, char *value, size_t cap)
{
    size_t key_bytes = strlen(key), left = (size_t)(lines->end - lines->at);
    const char *line_end = memchr(lines->at, '\n', left);
    TD_FAIL_IF(line_end == NULL || (size_t)(line_end - lines->at) <= key_bytes, TD_E_SYNTAX);
    TD_FAIL_IF(memcmp(lines->at, key, key_bytes) != 0 || lines->at[key_bytes] != '=', TD_E_SYNTAX);
    size_t bytes = (size_t)(line_end - lines->at) - key_bytes - 1;
    TD_FAIL_IF(bytes == 0 || bytes >= cap, TD_E_SYNTAX);
    memset(value, 0, cap);
    memcpy(value, lines->at + key_bytes + 1, bytes);
    TD_FAIL_IF(strlen(value) != bytes, TD_E_SYNTAX);
    lines->at = line_end + 1;
    return 0;
}

static td_err next_kind(struct lines *lines, enum bundle_kind *kind)
{
    char word[16];
    TD_TRY(next_value(lines, "kind", word, sizeof word));
    *kind = strcmp(word, "system") == 0 ? BUNDLE_SYSTEM : BUNDLE_RECORDER;
    return *kind == BUNDLE_SYSTEM || strcmp(word, "recorder") == 0 ? 0 : TD_E_SYNTAX;
}

static td_err next_version(struct lines *lines, char version[BOOT_VERSION_MAX])
{
    uint32_t groups[GROUPS_MAX];
    TD_TRY(next_value(lines, "version", version, BOOT_VERSION_MAX));
    return parse_version(version, groups);
}

static td_err next_board(struct lines *lines, char board[BUNDLE_BOARD_MAX])
{
    TD_TRY(next_value(lines, "board", board, BUNDLE_BOARD_MAX));
    return board[strspn(board, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0 ? 0 : TD_E_SYNTAX;
}

static td_err next_bytes(struct lines *lines, const char *key, int64_t *bytes)
{
    char digits[16];
    TD_TRY(next_value(lines, key, digits, sizeof digits));
    TD_FAIL_IF(digits[0] == '0', TD_E_SYNTAX);
    *bytes = 0;
    for (const char *c = digits; *c; c++) {
        TD_FAIL_IF(*c < '0' || *c > '9', TD_E_SYNTAX);
        *bytes = *bytes * 10 + (*c - '0');
    }
    return *bytes <= BUNDLE_IMAGE_MAX ? 0 : TD_E_SYNTAX;
}

static td_err next_hash(struct lines *lines, const char *key, uint8_t hash[32])
{
    static const char hex[] = "0123456789abcdef";
    char text[65];
    TD_TRY(next_value(lines, key, text, sizeof text));
    TD_FAIL_IF(strspn(text, hex) != 64, TD_E_SYNTAX);
    for (unsigned i = 0; i < 32; i++)
        hash[i] =
            (uint8_t)((strchr(hex, text[2 * i]) - hex) << 4 | (strchr(hex, text[2 * i + 1]) - hex));
    return 0;
}

td_err bundle_parse_manifest(const char *text, size_t bytes, struct bundle *bundle)
{
    struct lines lines = {text, text + bytes};
    TD_TRY(next_kind(&lines, &bundle->kind));
    TD_TRY(next_version(&lines, bundle->version));
    TD_TRY(next_board(&lines, bundle->board));
    TD_TRY(next_bytes(&lines, "image_bytes", &bundle->image_bytes));
    TD_TRY(next_hash(&lines, "image_sha256", bundle->image_sha256));
    TD_TRY(next_bytes(&lines, "payload_bytes", &bundle->payload_bytes));
    TD_TRY(next_hash(&lines, "payload_sha256", bundle->payload_sha256));
    TD_FAIL_IF(lines.at != lines.end, TD_E_SYNTAX);
    TD_FAIL_IF(bundle->kind == BUNDLE_SYSTEM && bundle->image_bytes % BOOT_SECTOR, TD_E_SYNTAX);
    return 0;
}

/* ---- the file -------------------------------------------------------------------------------- */

static td_err fails(const char **why, td_err err, const char *text)
{
    *why = text;
    return err;
}

static td_err read_all(const struct bundle_file *from, void *out, size_t bytes, int64_t at,
                       const char **why)
{
    int64_t got = from->disk->read_at(from->disk->ctx, from->file, out, bytes, at);
    if (got < 0)
        return fails(why, (td_err)got, "the bundle cannot be read");
    return got == (int64_t)bytes ? 0 : fails(why, TD_E_UPDATE_DAMAGED, "the bundle is cut off");
}

static uint32_t get_u32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static td_err read_head(const struct bundle_file *from, uint8_t head[BUNDLE_HEAD_BYTES],
                        uint32_t *manifest_bytes, const char **why)
{
    td_err err = read_all(from, head, BUNDLE_HEAD_BYTES, 0, why);
    if (err == TD_E_UPDATE_DAMAGED || (err == 0 && memcmp(head, magic, MAGIC_BYTES) != 0))
        return fails(why, TD_E_SYNTAX, "the file is no update bundle");
    TD_TRY(err);
    if (get_u32(head + 8) != BUNDLE_FORMAT)
        return fails(why, TD_E_SYNTAX, "the bundle is of a format that this version does not know");
    *manifest_bytes = get_u32(head + 12);
    if (*manifest_bytes == 0 || *manifest_bytes > BUNDLE_MANIFEST_MAX)
        return fails(why, TD_E_SYNTAX, "the bundle's head is not sound");
    return 0;
}

static td_err check_signature(const uint8_t head[BUNDLE_HEAD_BYTES], const char *manifest,
                              uint32_t bytes, const char *key_pem, const char **why)
{
    mbedtls_sha256_context sum;
    uint8_t hash[32];
    if (key_pem == NULL)
        return fails(why, TD_E_UPDATE_SIGNATURE,
                     "this image holds no key for updates, so it takes none");
    mbedtls_sha256_init(&sum);
    int bad = mbedtls_sha256_starts(&sum, 0) || mbedtls_sha256_update(&sum, head, SIGNED_HEAD) ||
              mbedtls_sha256_update(&sum, (const uint8_t *)manifest, bytes) ||
              mbedtls_sha256_finish(&sum, hash);
    mbedtls_sha256_free(&sum);
    TD_ASSERT(!bad, "SHA-256 in software does not fail");
    td_err err = signature_check(key_pem, hash, head + SIGNED_HEAD);
    if (err == TD_E_SYNTAX)
        return fails(why, TD_E_UPDATE_SIGNATURE, "the key in this image is no P-256 public key");
    return err == 0 ? 0
                    : fails(why, err, "the bundle is damaged, or signed by a key that is not ours");
}

td_err bundle_open(const struct bundle_file *from, const char *key_pem, struct bundle *bundle,
                   const char **why)
{
    uint8_t head[BUNDLE_HEAD_BYTES];
    char manifest[BUNDLE_MANIFEST_MAX];
    uint32_t manifest_bytes;
    *why = "";
    TD_TRY(read_head(from, head, &manifest_bytes, why));
    TD_TRY(read_all(from, manifest, manifest_bytes, BUNDLE_HEAD_BYTES, why));
    TD_TRY(check_signature(head, manifest, manifest_bytes, key_pem, why));
    if (bundle_parse_manifest(manifest, manifest_bytes, bundle) < 0)
        return fails(why, TD_E_UPDATE_DAMAGED, "the bundle's manifest is not sound");
    bundle->payload_at = BUNDLE_HEAD_BYTES + (int64_t)manifest_bytes;
    int64_t size = from->disk->size(from->disk->ctx, from->file);
    if (size < 0)
        return fails(why, (td_err)size, "the bundle cannot be read");
    if (size != bundle->payload_at + bundle->payload_bytes)
        return fails(why, TD_E_UPDATE_DAMAGED, "the bundle is cut off, or has something behind it");
    return 0;
}

static td_err hash_payload(const struct bundle_file *from, const struct bundle *bundle,
                           mbedtls_sha256_context *sum, const char **why)
{
    static uint8_t piece[HASH_PIECE];
    for (int64_t done = 0; done < bundle->payload_bytes; done += HASH_PIECE) {
        int64_t left = bundle->payload_bytes - done;
        size_t bytes = left < HASH_PIECE ? (size_t)left : HASH_PIECE;
        TD_TRY(read_all(from, piece, bytes, bundle->payload_at + done, why));
        int bad = mbedtls_sha256_update(sum, piece, bytes);
        TD_ASSERT(!bad, "SHA-256 in software does not fail");
        if (from->progress)
            from->progress(from->arg, (int64_t)bytes);
    }
    return 0;
}

td_err bundle_check_payload(const struct bundle_file *from, const struct bundle *bundle,
                            const char **why)
{
    mbedtls_sha256_context sum;
    uint8_t hash[32] = {0};
    *why = "";
    mbedtls_sha256_init(&sum);
    int bad = mbedtls_sha256_starts(&sum, 0);
    td_err err = hash_payload(from, bundle, &sum, why);
    bad = bad || mbedtls_sha256_finish(&sum, hash);
    mbedtls_sha256_free(&sum);
    TD_ASSERT(!bad, "SHA-256 in software does not fail");
    TD_TRY(err);
    if (memcmp(hash, bundle->payload_sha256, sizeof hash) != 0)
        return fails(why, TD_E_UPDATE_DAMAGED, "the bundle is damaged");
    return 0;
}
