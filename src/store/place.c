#include "store/place.h"

#include <string.h>

#include "base/text.h"

static const struct {
    const char *text;
    enum place_kind kind;
} schemes[] = {{"s3://", PLACE_S3}, {"gs://", PLACE_GCS}};

enum { SCHEMES = sizeof schemes / sizeof *schemes, BUCKET_BYTES_MIN = 3, LABEL_MAX = 63 };

static const char *after_scheme(const char *text, enum place_kind *kind)
{
    for (size_t i = 0; i < SCHEMES; i++)
        if (strncmp(text, schemes[i].text, strlen(schemes[i].text)) == 0) {
            *kind = schemes[i].kind;
            return text + strlen(schemes[i].text);
        }
    return NULL;
}

bool place_is_remote(const char *text)
{
    enum place_kind kind;
    return after_scheme(text, &kind) != NULL;
}

/* "word://" where word is letters, digits, + - . : somebody means a store that we do not know. */
static bool has_scheme(const char *text)
{
    const char *end = strstr(text, "://");
    if (end == NULL || end == text)
        return false;
    for (const char *at = text; at < end; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
              (*at >= '0' && *at <= '9') || *at == '+' || *at == '-' || *at == '.'))
            return false;
    return true;
}

/* What any of the stores has ever taken: the old names of S3 have capitals and underscores, GCS's with dots go to 222 bytes. Letters that
   could end a host name or a path are in none. */
static bool is_bucket(const char *text, size_t bytes)
{
    if (bytes < BUCKET_BYTES_MIN || bytes >= PLACE_BUCKET_MAX || text[0] == '.' || text[0] == '-' ||
        text[bytes - 1] == '.' || text[bytes - 1] == '-')
        return false;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || c == '.';
        if (!good || (c == '.' && text[i + 1] == '.'))
            return false;
    }
    return true;
}

static td_err parse_folder(struct place *place, const char *text)
{
    TD_FAIL_IF(text[0] == 0 || has_scheme(text), TD_E_SYNTAX);
    place->kind = PLACE_LOCAL;
    TD_FAIL_IF(!td_text_copy(place->prefix, sizeof place->prefix, text, strlen(text)), TD_E_RANGE);
    for (char *at = place->prefix; *at; at++)
        if (*at == '\\')
            *at = '/';
    /* "s3:/\lake" must not read as a store when it is written out. */
    return has_scheme(place->prefix) ? TD_E_SYNTAX : 0;
}

td_err place_parse(struct place *place, const char *text)
{
    *place = (struct place){.kind = PLACE_LOCAL};
    const char *bucket = after_scheme(text, &place->kind);
    if (bucket == NULL)
        return parse_folder(place, text);
    size_t bytes = strcspn(bucket, "/");
    TD_FAIL_IF(!is_bucket(bucket, bytes), TD_E_SYNTAX);
    td_text_copy(place->bucket, sizeof place->bucket, bucket, bytes);
    const char *prefix = bucket + bytes;
    prefix += strspn(prefix, "/");
    size_t length = strlen(prefix);
    while (length > 0 && prefix[length - 1] == '/')
        length--;
    /* Room for a slash and a name of one byte. */
    TD_FAIL_IF(length + 2 >= sizeof place->prefix, TD_E_RANGE);
    td_text_copy(place->prefix, sizeof place->prefix, prefix, length);
    return 0;
}

bool place_text(const struct place *place, const char *name, char *out, size_t cap)
{
    struct td_str str = td_str_on(out, cap);
    if (place->kind != PLACE_LOCAL) {
        td_str_add(&str, place->kind == PLACE_S3 ? "s3://" : "gs://");
        td_str_add(&str, place->bucket);
        if (place->prefix[0])
            td_str_add_char(&str, '/');
    }
    td_str_add(&str, place->prefix);
    if (name[0]) {
        /* The root folder ends in its slash. */
        if (str.bytes == 0 || out[str.bytes - 1] != '/')
            td_str_add_char(&str, '/');
        td_str_add(&str, name);
    }
    return !str.cut;
}

bool place_key(const struct place *place, const char *name, char out[PLACE_KEY_MAX])
{
    struct td_str str = td_str_on(out, PLACE_KEY_MAX);
    td_str_add(&str, place->prefix);
    if (place->prefix[0])
        td_str_add_char(&str, '/');
    td_str_add(&str, name);
    return !str.cut;
}
