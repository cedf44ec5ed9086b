#include "store/secrets.h"

#include <string.h>

#include "base/text.h"

#define OF(section, name)                                                                          \
    {                                                                                              \
#section, #name, offsetof(struct secrets, section.name),                                   \
            sizeof(((struct secrets *)0)->section.name)                                            \
    }

static const struct {
    const char *section, *name;
    size_t at, room;
} places[] = {OF(s3, access_key),  OF(s3, secret_key),  OF(s3, session_token),
              OF(gcs, access_key), OF(gcs, secret_key), OF(gcs, service_account)};

enum { PLACES = sizeof places / sizeof *places, SECTION_MAX = 8 };

struct span {
    const char *at;
    size_t bytes;
};

static struct span trimmed(struct span span)
{
    while (span.bytes > 0 && (span.at[0] == ' ' || span.at[0] == '\t'))
        span.at++, span.bytes--;
    while (span.bytes > 0 && strchr(" \t\r", span.at[span.bytes - 1]) != NULL)
        span.bytes--;
    return span;
}

static bool is(struct span span, const char *text)
{
    return span.bytes == strlen(text) && memcmp(span.at, text, span.bytes) == 0;
}

static const char *on_section(struct span line, char section[SECTION_MAX])
{
    if (line.at[line.bytes - 1] != ']')
        return "a section ends in ]";
    struct span name = trimmed((struct span){line.at + 1, line.bytes - 2});
    if (!is(name, "s3") && !is(name, "gcs"))
        return "the sections are [s3] and [gcs]";
    td_text_copy(section, SECTION_MAX, name.at, name.bytes);
    return NULL;
}

static const char *on_value(struct secrets *out, const char *section, struct span line)
{
    const char *equals = memchr(line.at, '=', line.bytes);
    if (section[0] == 0)
        return "a section comes first: [s3] or [gcs]";
    if (equals == NULL)
        return "a line is: name = value";
    struct span name = trimmed((struct span){line.at, (size_t)(equals - line.at)});
    struct span value =
        trimmed((struct span){equals + 1, (size_t)(line.at + line.bytes - equals - 1)});
    for (unsigned i = 0; i < PLACES; i++) {
        char *place = (char *)out + places[i].at;
        if (strcmp(section, places[i].section) != 0 || !is(name, places[i].name))
            continue;
        if (place[0] != 0)
            return "the name stands here twice";
        return td_text_copy(place, places[i].room, value.at, value.bytes) ? NULL
                                                                          : "the value is too long";
    }
    return "[s3] has access_key, secret_key, session_token; [gcs] service_account, or access_key "
           "and secret_key";
}

unsigned secrets_parse(struct secrets *out, const char *text, const char **why)
{
    char section[SECTION_MAX] = "";
    *out = (struct secrets){0};
    *why = NULL;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    for (unsigned number = 1; *text != 0; number++) {
        size_t bytes = strcspn(text, "\n");
        struct span line = trimmed((struct span){text, bytes});
        if (line.bytes > 0 && line.at[0] == '[')
            *why = on_section(line, section);
        else if (line.bytes > 0 && line.at[0] != ';' && line.at[0] != '#')
            *why = on_value(out, section, line);
        if (*why != NULL)
            return number;
        text += bytes + (text[bytes] == '\n');
    }
    return 0;
}
