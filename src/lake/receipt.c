#include "lake/receipt.h"

#include <errno.h>
#include <string.h>

#include <jsmn.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/utc.h"
#include "lake/source.h"

enum { TOKENS_MAX = 256, RECEIPT_BYTES_MAX = 64 << 10 };
enum kind { COUNT, HEX, TIME };

static const struct field {
    const char *name;
    enum kind kind;
} fields[RECEIPT_NUMBERS] = {
    [RECEIPT_ROWS] = {"rows", COUNT},
    [RECEIPT_BYTES] = {"bytes", COUNT},
    [RECEIPT_CRC32C] = {"crc32c", HEX},
    [RECEIPT_RECV_MIN_US] = {"ts_recv_min", TIME},
    [RECEIPT_RECV_MAX_US] = {"ts_recv_max", TIME},
    [RECEIPT_EVENT_MIN_US] = {"ts_event_min", TIME},
    [RECEIPT_EVENT_MAX_US] = {"ts_event_max", TIME},
    [RECEIPT_FRAME_FIRST] = {"journal_first_frame", COUNT},
    [RECEIPT_FRAME_LAST] = {"journal_last_frame", COUNT},
};

const char *receipt_field(enum receipt_number number)
{
    return fields[number].name;
}

static td_err parse_hex(const char *text, size_t bytes, int64_t *value)
{
    *value = 0;
    TD_FAIL_IF(bytes == 0 || bytes > 8, TD_E_SYNTAX);
    for (size_t i = 0; i < bytes; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = text[i] ? strchr(digits, text[i] | 0x20) : NULL;
        TD_FAIL_IF(!digit, TD_E_SYNTAX);
        *value = *value << 4 | (digit - digits);
    }
    return 0;
}

static td_err parse_number(enum kind kind, const char *text, size_t bytes, int64_t *value)
{
    if (kind == COUNT)
        return td_integer_parse(text, bytes, value);
    if (kind == HEX)
        return parse_hex(text, bytes, value);
    TD_TRY(td_utc_parse(text, bytes, value));
    *value /= 1000;
    return 0;
}

static bool is_key(const char *text, const jsmntok_t *token, const char *name)
{
    size_t bytes = (size_t)(token->end - token->start);
    return strlen(name) == bytes && memcmp(text + token->start, name, bytes) == 0;
}

static td_err take_field(const char *text, const jsmntok_t *key, const jsmntok_t *value,
                         struct receipt *receipt)
{
    const char *at = text + value->start;
    size_t bytes = (size_t)(value->end - value->start);
    bool scalar = value->type == JSMN_STRING || value->type == JSMN_PRIMITIVE;
    bool null = value->type == JSMN_PRIMITIVE && *at == 'n';
    const struct {
        const char *key;
        char *out;
        size_t cap;
    } words[] = {{"sha256", receipt->sha256, sizeof receipt->sha256},
                 {"deck", receipt->deck, sizeof receipt->deck},
                 {"build", receipt->build, sizeof receipt->build},
                 {"config_hash", receipt->config_hash, sizeof receipt->config_hash}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_key(text, key, words[i].key))
            return scalar && td_text_copy(words[i].out, words[i].cap, at, bytes) ? 0 : TD_E_SYNTAX;
    for (int i = 0; i < RECEIPT_NUMBERS; i++) {
        if (!is_key(text, key, fields[i].name))
            continue;
        receipt->null[i] = null;
        if (null)
            continue;
        TD_FAIL_IF(!scalar, TD_E_SYNTAX);
        TD_TRY(parse_number(fields[i].kind, at, bytes, &receipt->number[i]));
        receipt->has[i] = true;
    }
    return 0;
}

td_err receipt_parse(const char *text, size_t bytes, struct receipt *receipt)
{
    jsmntok_t token[TOKENS_MAX];
    jsmn_parser parser;
    *receipt = (struct receipt){0};
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, text, bytes, token, TOKENS_MAX);
    TD_FAIL_IF(count < 1 || token[0].type != JSMN_OBJECT, TD_E_SYNTAX);
    /* Keys are the strings that own a value; only those of the outer object count. */
    for (int i = 1; i + 1 < count; i++)
        if (token[i].parent == 0 && token[i].type == JSMN_STRING && token[i].size == 1)
            TD_TRY(take_field(text, &token[i], &token[i + 1], receipt));
    return 0;
}

bool receipt_path(const char *segment_path, char *out, size_t cap)
{
    static const char end[] = ".parquet";
    const char *slash = strrchr(segment_path, '/');
    size_t folder = slash ? (size_t)(slash - segment_path) + 1 : 0, bytes = strlen(segment_path);
    struct td_str text = td_str_on(out, cap);
    if (bytes < folder + sizeof end - 1 ||
        strcmp(segment_path + bytes - (sizeof end - 1), end) != 0)
        return false;
    td_str_add_bytes(&text, segment_path, folder);
    td_str_add_char(&text, '_');
    td_str_add_bytes(&text, segment_path + folder, bytes - folder - (sizeof end - 1));
    td_str_add(&text, ".json");
    return !text.cut;
}

bool receipt_segment_path(const char *path, char *out, size_t cap)
{
    static const char end[] = ".json";
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0, bytes = strlen(path);
    struct td_str text = td_str_on(out, cap);
    if (path[folder] != '_' || bytes < folder + sizeof end ||
        strcmp(path + bytes - (sizeof end - 1), end) != 0)
        return false;
    td_str_add_bytes(&text, path, folder);
    td_str_add_bytes(&text, path + folder + 1, bytes - folder - 1 - (sizeof end - 1));
    td_str_add(&text, ".parquet");
    return !text.cut;
}

td_err receipt_load(const char *segment_path, struct receipt *receipt)
{
    char path[4096], text[RECEIPT_BYTES_MAX];
    struct source source;
    TD_FAIL_IF(!receipt_path(segment_path, path, sizeof path), TD_E_MISSING);
    TD_TRY(source_open(&source, path));
    td_err err = source.bytes > RECEIPT_BYTES_MAX
                     ? TD_E_SYNTAX
                     : source_read(&source, 0, text, (size_t)source.bytes);
    int kept = errno;
    source_close(&source);
    errno = kept;
    if (!err && receipt_parse(text, (size_t)source.bytes, receipt) < 0)
        err = TD_E_SYNTAX;
    return err;
}
