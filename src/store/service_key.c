#include "store/service_key.h"

#include <stdalign.h>
#include <string.h>

#include "base/text.h"
#include "venue/json.h"

enum { TOKENS = 256, ROOM = 8192 };

/* Four hex digits; -1: no such. */
static int hex4(const char *at)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF", *found = strchr(digits, at[i]);
        if (at[i] == 0 || found == NULL)
            return -1;
        value = value << 4 | (int)((found - digits) & 15);
    }
    return value;
}

/* The letter behind a backslash at `at`, and how many bytes the whole escape has. -1: none that a key file has. */
static int escaped(const char *at, const char *end, size_t *bytes)
{
    static const char names[] = "nrt\"\\/", letters[] = "\n\r\t\"\\/";
    *bytes = 2;
    if (end - at < 2)
        return -1;
    const char *name = memchr(names, at[1], sizeof names - 1);
    if (name != NULL)
        return letters[name - names];
    *bytes = 6;
    int value = at[1] == 'u' && end - at >= 6 ? hex4(at + 2) : -1;
    return value > 0 && value < 0x80 ? value : -1;
}

static bool unescape(struct td_text text, char *out, size_t cap)
{
    struct td_str str = td_str_on(out, cap);
    const char *end = text.at + text.bytes;
    for (const char *at = text.at; at < end;) {
        size_t bytes = 1;
        int letter = *at == '\\' ? escaped(at, end, &bytes) : (unsigned char)*at;
        if (letter <= 0)
            return false;
        td_str_add_char(&str, (char)letter);
        at += bytes;
    }
    return !str.cut;
}

static bool member(const struct json *json, const char *name, char *out, size_t cap)
{
    int token = json_member(json, 0, name);
    return token >= 0 && json_is_string(json, token) &&
           unescape(json_text(json, token), out, cap) && out[0] != 0;
}

/* Names go into JSON and a URL into a request: printable, nothing that would end them. */
static bool is_plain(const char *text)
{
    for (; *text != 0; text++)
        if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\')
            return false;
    return true;
}

td_err service_key_parse(struct service_key *out, const char *text, size_t bytes, const char **why)
{
    alignas(16) char room[ROOM];
    char type[32];
    TD_ASSERT(json_footprint(TOKENS) <= sizeof room, "room for a key file");
    struct json *json = json_init(room, TOKENS);
    *out = (struct service_key){0};
    *why = "it is not JSON";
    TD_FAIL_IF(json_parse(json, text, bytes) < 0 || !json_is_object(json, 0), TD_E_SYNTAX);
    *why = "it is no service account's key file (type service_account)";
    TD_FAIL_IF(!member(json, "type", type, sizeof type) || strcmp(type, "service_account") != 0,
               TD_E_SYNTAX);
    *why = "client_email is missing or too long";
    TD_FAIL_IF(!member(json, "client_email", out->email, sizeof out->email), TD_E_SYNTAX);
    *why = "private_key is missing or too long";
    TD_FAIL_IF(!member(json, "private_key", out->pem, sizeof out->pem), TD_E_SYNTAX);
    *why = "token_uri is missing or too long";
    TD_FAIL_IF(!member(json, "token_uri", out->token_uri, sizeof out->token_uri), TD_E_SYNTAX);
    *why = "private_key_id is too long";
    TD_FAIL_IF(json_member(json, 0, "private_key_id") >= 0 &&
                   !member(json, "private_key_id", out->id, sizeof out->id),
               TD_E_SYNTAX);
    *why = "client_email, private_key_id or token_uri has a letter that none has";
    TD_FAIL_IF(!is_plain(out->email) || !is_plain(out->id) || !is_plain(out->token_uri),
               TD_E_SYNTAX);
    *why = NULL;
    return 0;
}
