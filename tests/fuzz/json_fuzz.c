/* The JSON scanner against a plain recursive reader of the grammar, and against jsmn: what the scanner calls one document is one for
   both, jsmn's tokens lie inside it and inside their parents, and each value's text is a value by itself. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "venue/json.h"
#include "venue/scan.h"

enum { JSON_TOKENS = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* ---- the plain reader: NULL is "no" ------------------------------------------------------------------------------------ */

static const uint8_t *plain_value(const uint8_t *at, const uint8_t *end, int depth);

static const uint8_t *plain_space(const uint8_t *at, const uint8_t *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static const uint8_t *plain_digits(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *first = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > first ? at : NULL;
}

static const uint8_t *plain_number(const uint8_t *at, const uint8_t *end)
{
    if (at < end && *at == '-')
        at++;
    if (at < end && *at == '0')
        at++;
    else if ((at = plain_digits(at, end)) == NULL)
        return NULL;
    if (at < end && *at >= '0' && *at <= '9')
        return NULL; /* a leading zero */
    if (at < end && *at == '.' && (at = plain_digits(at + 1, end)) == NULL)
        return NULL;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = plain_digits(at, end);
    }
    return at;
}

/* Behind the backslash. */
static const uint8_t *plain_escape(const uint8_t *at, const uint8_t *end)
{
    if (at == end)
        return NULL;
    if (*at != 'u')
        return *at != 0 && strchr("\"\\/bfnrt", *at) ? at + 1 : NULL;
    for (int i = 1; i <= 4; i++)
        if (at + i >= end || at[i] == 0 || strchr("0123456789abcdefABCDEF", at[i]) == NULL)
            return NULL;
    return at + 5;
}

static const uint8_t *plain_string(const uint8_t *at, const uint8_t *end)
{
    if (at == end || *at != '"')
        return NULL;
    for (at++; at < end && *at != '"';) {
        if (*at < 0x20)
            return NULL;
        at = *at == '\\' ? plain_escape(at + 1, end) : at + 1;
        if (at == NULL)
            return NULL;
    }
    return at < end ? at + 1 : NULL;
}

static const uint8_t *plain_members(const uint8_t *at, const uint8_t *end, int depth, bool object)
{
    uint8_t close = object ? '}' : ']';
    at = plain_space(at, end);
    if (at < end && *at == close)
        return at + 1;
    for (;;) {
        if (object) {
            at = plain_string(plain_space(at, end), end);
            if (at == NULL || (at = plain_space(at, end)) == end || *at++ != ':')
                return NULL;
        }
        at = plain_value(plain_space(at, end), end, depth);
        if (at == NULL || (at = plain_space(at, end)) == end)
            return NULL;
        if (*at == close)
            return at + 1;
        if (*at++ != ',')
            return NULL;
    }
}

static const uint8_t *plain_word(const uint8_t *at, const uint8_t *end, const char *word)
{
    size_t bytes = strlen(word);
    return (size_t)(end - at) >= bytes && memcmp(at, word, bytes) == 0 ? at + bytes : NULL;
}

static const uint8_t *plain_value(const uint8_t *at, const uint8_t *end, int depth)
{
    if (at == end)
        return NULL;
    switch (*at) {
    case '{':
    case '[':
        return depth == SCAN_DEPTH_MAX ? NULL : plain_members(at + 1, end, depth + 1, *at == '{');
    case '"':
        return plain_string(at, end);
    case 't':
        return plain_word(at, end, "true");
    case 'f':
        return plain_word(at, end, "false");
    case 'n':
        return plain_word(at, end, "null");
    default:
        return plain_number(at, end);
    }
}

static bool plain_document(const uint8_t *data, size_t bytes)
{
    const uint8_t *end = data + bytes, *at = plain_value(plain_space(data, end), end, 0);
    return at != NULL && plain_space(at, end) == end;
}

/* ---- jsmn -------------------------------------------------------------------------------------------------------------- */

static void json_check_children(const struct json *json, int container, const char *text,
                                size_t bytes)
{
    struct td_text outer = json_text(json, container);
    unsigned children = 0;
    for (int token = json_first(json, container); token >= 0; token = json_next(json, token)) {
        struct td_text inner = json_text(json, token);
        TD_ASSERT(inner.at >= outer.at && inner.at + inner.bytes <= outer.at + outer.bytes,
                  "a child lies in its parent");
        TD_ASSERT(inner.at >= text && inner.at + inner.bytes <= text + bytes, "in the text");
        if (!json_is_string(json, token))
            TD_ASSERT(scan_document(inner.at, inner.bytes), "a value alone is a document");
        children++;
    }
    TD_ASSERT(children == json_size(json, container), "as many children as it says");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct json *json;
    const char *text = (const char *)data;
    if (json == NULL)
        json = json_init(malloc(json_footprint(JSON_TOKENS)), JSON_TOKENS);
    bool is = scan_document(text, bytes);
    TD_ASSERT(is == plain_document(data, bytes), "scanner and plain reader agree");
    int count = json_parse(json, text, bytes);
    /* A bare word or number is a document too; jsmn refuses it, and no frame is one. */
    bool bare = is && strchr("[{\"", *plain_space(data, data + bytes)) == NULL;
    TD_ASSERT(is && !bare ? count > 0 || count == TD_E_NO_ROOM : count == TD_E_VENUE_JSON || bare,
              "scanner and jsmn agree");
    if (count > 0 && (json_is_object(json, 0) || json_is_array(json, 0)))
        json_check_children(json, 0, text, bytes);
    return 0;
}
