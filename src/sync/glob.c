#include <string.h>

#include "sync/scan.h"

/* Of the glob's beginnings so far: which beginnings of the key each of them matches; a bit a byte of the key. */
struct reached {
    const char *key;
    size_t bytes;
    bool at[PLACE_KEY_MAX + 1];
};

/* One byte of the key that passes. */
static void step(struct reached *reached, char glob)
{
    for (size_t i = reached->bytes; i > 0; i--) {
        char c = reached->key[i - 1];
        reached->at[i] = reached->at[i - 1] && (glob == '?' ? c != '/' : c == glob);
    }
    reached->at[0] = false;
}

/* Any bytes, slashes only where `across`. */
static void stars(struct reached *reached, bool across)
{
    for (size_t i = 1; i <= reached->bytes; i++)
        reached->at[i] |= reached->at[i - 1] && (across || reached->key[i - 1] != '/');
}

/* Any number of whole parts: from the beginning of one to the beginning of another. */
static void parts(struct reached *reached)
{
    bool open = false;
    for (size_t i = 0; i <= reached->bytes; i++) {
        bool begins = i == 0 || reached->key[i - 1] == '/';
        open |= reached->at[i] && begins;
        reached->at[i] = open && begins;
    }
}

static bool takes_folder(const char *glob)
{
    const char *slash = strrchr(glob, '/'), *last = slash ? slash + 1 : glob;
    return strchr(last, '*') == NULL;
}

/* The whole key, or a folder that it lies below. */
static bool is_there(const struct reached *reached, const char *glob)
{
    if (reached->at[reached->bytes])
        return true;
    if (!takes_folder(glob))
        return false;
    for (size_t i = 1; i < reached->bytes; i++)
        if (reached->at[i] && (reached->key[i] == '/' || reached->key[i - 1] == '/'))
            return true;
    return false;
}

bool scan_matches(const char *glob, const char *key)
{
    struct reached reached = {.key = key, .bytes = strlen(key), .at = {true}};
    if (reached.bytes > PLACE_KEY_MAX)
        return false;
    for (const char *at = glob; *at; at++) {
        bool begins = at == glob || at[-1] == '/';
        if (*at != '*') {
            step(&reached, *at);
        } else if (begins && strncmp(at, "**/", 3) == 0) {
            parts(&reached);
            at += 2;
        } else {
            stars(&reached, at[1] == '*');
            at += strspn(at, "*") - 1;
        }
    }
    return glob[0] != 0 && is_there(&reached, glob);
}
