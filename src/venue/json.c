#include "venue/json.h"

#include <jsmn.h>
#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "venue/scan.h"

struct json {
    const char *text;
    uint32_t capacity;
    int count;
    jsmntok_t token[];
};

size_t json_footprint(uint32_t tokens)
{
    return sizeof(struct json) + tokens * sizeof(jsmntok_t);
}

struct json *json_init(void *mem, uint32_t tokens)
{
    struct json *json = mem;
    *json = (struct json){.text = "", .capacity = tokens};
    return json;
}

/* jsmn finds where tokens begin and end; it does not ask whether a comma stands where one must. The
   grammar is checked first, so a document that was cut or damaged never reaches a parser. */
int json_parse(struct json *json, const char *text, size_t bytes)
{
    json->count = 0;
    TD_FAIL_IF(bytes > TD_FRAME_BYTES_MAX, TD_E_VENUE_JSON);
    TD_FAIL_IF(!scan_document(text, bytes), TD_E_VENUE_JSON);
    jsmn_parser parser;
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, text, bytes, json->token, json->capacity);
    TD_FAIL_IF(count == JSMN_ERROR_NOMEM, TD_E_NO_ROOM);
    TD_FAIL_IF(count <= 0, TD_E_VENUE_JSON);
    json->text = text;
    json->count = count;
    return count;
}

static const jsmntok_t *at(const struct json *json, int token)
{
    return token >= 0 && token < json->count ? &json->token[token] : NULL;
}

static bool is(const struct json *json, int token, jsmntype_t type)
{
    const jsmntok_t *tok = at(json, token);
    return tok && tok->type == type;
}

bool json_is_object(const struct json *json, int token)
{
    return is(json, token, JSMN_OBJECT);
}

bool json_is_array(const struct json *json, int token)
{
    return is(json, token, JSMN_ARRAY);
}

bool json_is_string(const struct json *json, int token)
{
    return is(json, token, JSMN_STRING);
}

unsigned json_size(const struct json *json, int container)
{
    const jsmntok_t *tok = at(json, container);
    return tok && (tok->type == JSMN_OBJECT || tok->type == JSMN_ARRAY) ? (unsigned)tok->size : 0;
}

int json_first(const struct json *json, int container)
{
    return json_size(json, container) ? container + 1 : -1;
}

/* Tokens stand in the order of the text, so the next sibling is the first later one with the same
   parent; all between are descendants. A token that opens before the parent ends belongs to it, any
   other means there is no sibling. */
int json_next(const struct json *json, int token)
{
    const jsmntok_t *tok = at(json, token);
    if (!tok)
        return -1;
    for (int next = token + 1; next < json->count; next++) {
        if (json->token[next].parent == tok->parent)
            return next;
        if (json->token[next].parent < tok->parent)
            return -1;
    }
    return -1;
}

int json_item(const struct json *json, int array, unsigned index)
{
    if (!json_is_array(json, array))
        return -1;
    int item = json_first(json, array);
    while (index-- && item >= 0)
        item = json_next(json, item);
    return item;
}

int json_member(const struct json *json, int object, const char *key)
{
    if (!json_is_object(json, object))
        return -1;
    for (int name = json_first(json, object); name >= 0; name = json_next(json, name))
        if (json_equals(json, name, key))
            return name + 1;
    return -1;
}

struct td_text json_text(const struct json *json, int token)
{
    const jsmntok_t *tok = at(json, token);
    if (!tok)
        return (struct td_text){NULL, 0};
    return (struct td_text){json->text + tok->start, (uint32_t)(tok->end - tok->start)};
}

struct td_text json_plain(const struct json *json, int object, const char *key)
{
    int value = json_member(json, object, key);
    struct td_text text = json_text(json, value);
    bool number = is(json, value, JSMN_PRIMITIVE) && (*text.at < 'a' || *text.at > 'z');
    return number || json_is_string(json, value) ? text : (struct td_text){NULL, 0};
}

bool json_integer(const struct json *json, int object, const char *key, int64_t *value)
{
    struct td_text text = json_plain(json, object, key);
    return text.at && td_integer_parse(text.at, text.bytes, value) == 0 && *value >= 0;
}

bool json_equals(const struct json *json, int token, const char *text)
{
    struct td_text have = json_text(json, token);
    return have.at && have.bytes == strlen(text) && memcmp(have.at, text, have.bytes) == 0;
}
