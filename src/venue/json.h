/* jsmn over a fixed token arena, and the few questions parsers ask of it. Tokens are valid until
   the next json_parse(). Core thread. Used for configuration answers, control frames, every frame
   whose form is not fixed, and as the oracle of the fixed-form scanner (scan.h). */
#ifndef TD_VENUE_JSON_H
#define TD_VENUE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"

struct json; /* token arena + the text being read */

size_t json_footprint(uint32_t tokens);
struct json *json_init(void *mem, uint32_t tokens);

/* Tokens of the text, which must be one whole document (trailing white space allowed; two
   documents: TD_E_VENUE_JSON). Count, TD_E_VENUE_JSON, or TD_E_NO_ROOM when the arena is too small.
 */
int json_parse(struct json *json, const char *text, size_t bytes);

/* Token numbers; -1 = absent. 0 is the root. */
int json_member(const struct json *json, int object, const char *key); /* first value of that key */
int json_item(const struct json *json, int array,
              unsigned index); /* linear; for walks use json_first/json_next */
int json_first(const struct json *json, int container); /* first child (key of an object) */
int json_next(const struct json *json, int token);      /* next sibling */
unsigned json_size(const struct json *json, int container);
bool json_is_object(const struct json *json, int token);
bool json_is_array(const struct json *json, int token);
bool json_is_string(const struct json *json, int token);
/* Raw text of a token (strings without quotes, escapes as they stand). */
struct td_text json_text(const struct json *json, int token);
/* Text of a member that is a string or a number; absent (at == NULL) for null, true, false, a
 * container or no such member. */
struct td_text json_plain(const struct json *json, int object, const char *key);
/* The same as an integer from 0 on; false for anything else. */
bool json_integer(const struct json *json, int object, const char *key, int64_t *value);
bool json_equals(const struct json *json, int token, const char *text);

#endif
