/* Certificates: their own hash, the link to the one before, and the whole text made again from the ledger and the receipts. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/utc.h"
#include "lake/certificate.h"
#include "lake/folder.h"
#include "lake/source.h"
#include "lake/stores.h"
#include "lake/verb.h"
#include "lake/verify.h"

enum { VALUE_MAX = 128, LINE_SHOWN = 120, BEFORE_SHOWN = 40 };

struct checking {
    struct verify *v;
    struct file_list list; /* of the data folder */
    char data_dir[CERTIFICATE_PATH_MAX], folder[CERTIFICATE_PATH_MAX], path[CERTIFICATE_PATH_MAX];
    char exchange[PATH_VALUE_MAX], date[CERTIFICATE_DATE_MAX];
    struct lake_buffer text, again;
};

__attribute__((format(printf, 3, 4))) static void tell(struct checking *c, int code,
                                                       const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    c->v->problems++;
    c->v->code = verb_worse(c->v->code, code);
    c->v->tell(c->v->ctx, c->path, "certificate", what);
}

/* ---- its own hash ---- */

/* The last line states the hash of all before it. */
static bool hash_holds(struct checking *c)
{
    static const char key[] = "  \"sha256\": \"";
    enum { LAST_BYTES = sizeof key - 1 + 64 + 4 }; /* "\n}\n behind it */
    char sha256[CERTIFICATE_SHA_MAX];
    const char *text = (const char *)c->text.data;
    if (c->text.bytes > LAST_BYTES) {
        const char *last = text + c->text.bytes - LAST_BYTES;
        certificate_sha256(text, (size_t)(last - text), sha256);
        if (memcmp(last, key, sizeof key - 1) == 0 &&
            memcmp(last + sizeof key - 1, sha256, 64) == 0 &&
            memcmp(last + LAST_BYTES - 4, "\"\n}\n", 4) == 0)
            return true;
    }
    tell(c, EXIT_CORRUPT, "its bytes are not those it was made with");
    return false;
}

/* ---- the chain ---- */

static bool value_of(const struct checking *c, const char *key, char out[VALUE_MAX])
{
    const char *at = strstr((const char *)c->text.data, key);
    const char *end = at ? strchr(at + strlen(key), '"') : NULL;
    return end && td_text_copy(out, VALUE_MAX, at + strlen(key), (size_t)(end - at) - strlen(key));
}

static bool chain_holds(struct checking *c, const struct certificate_link *is)
{
    char date[VALUE_MAX] = "", sha256[VALUE_MAX] = "";
    bool first = strstr((const char *)c->text.data, "\n  \"previous\": null,\n") != NULL;
    bool linked = value_of(c, "\n  \"previous\": {\"date\": \"", date) &&
                  value_of(c, "\", \"sha256\": \"", sha256);
    if (first && !is->date[0])
        return true;
    if (!linked)
        tell(c, EXIT_FOUND, "the chain is broken: it says it is the first, and %s stands before it",
             is->date);
    else if (strcmp(date, is->date) != 0)
        tell(c, EXIT_FOUND, "the chain is broken: it follows %.10s, which is not here%s%s", date,
             is->date[0] ? "; before it stands " : "", is->date);
    else if (strcmp(sha256, is->sha256) != 0)
        tell(c, EXIT_FOUND, "the chain is broken: %s is not the one it was linked to", is->date);
    else
        return true;
    return false;
}

/* ---- made again ---- */

/* "ready/<rest>" of a deck; in a lake it stands below bronze/. */
static bool is_here(struct checking *c, const char *name, int bytes)
{
    static const char *const layers[] = {"ready", "bronze"};
    char path[CERTIFICATE_PATH_MAX];
    int layer = (int)strcspn(name, "/");
    for (int i = 0; i < 2 && layer < bytes; i++) {
        struct td_str text = td_str_on(path, sizeof path);
        td_str_add_format(&text, "%s/%s%.*s", c->data_dir, layers[i], bytes - layer, name + layer);
        if (files_have(&c->list, path))
            return true;
    }
    return false;
}

/* How many of the segments it names are not here any more. */
static int64_t segments_gone(struct checking *c)
{
    static const char key[] = "\n    {\"name\": \"";
    int64_t gone = 0;
    for (const char *at = (const char *)c->text.data; (at = strstr(at, key)) != NULL;) {
        at += sizeof key - 1;
        const char *end = strchr(at, '"');
        if (!end || end - at > PATH_MAX_BYTES)
            return gone;
        gone += !is_here(c, at, (int)(end - at));
    }
    return gone;
}

/* Of a line, as much as fits a message. */
static int shown_bytes(const char *line)
{
    size_t bytes = strcspn(line, "\n");
    return (int)(bytes < LINE_SHOWN ? bytes : LINE_SHOWN);
}

static void tell_difference(struct checking *c)
{
    const char *is = (const char *)c->text.data, *made = (const char *)c->again.data;
    size_t at = 0, line = 0, number = 1;
    for (; is[at] && is[at] == made[at]; at++)
        if (is[at] == '\n') {
            line = at + 1;
            number++;
        }
    /* Of a long line what stands around the difference. */
    size_t from = at - line > BEFORE_SHOWN ? at - BEFORE_SHOWN : line;
    tell(c, EXIT_FOUND, "line %zu says %.*s, ledger and receipts say %.*s", number,
         shown_bytes(is + from), is + from, shown_bytes(made + from), made + from);
}

static void compare(struct checking *c, const struct certificate_link *previous)
{
    char deck[VALUE_MAX] = "", full[VALUE_MAX];
    int64_t day_ns;
    value_of(c, "\n  \"deck\": \"", deck);
    snprintf(full, sizeof full, "%sT00:00:00Z", c->date);
    if (td_utc_parse(full, strlen(full), &day_ns) < 0) {
        tell(c, EXIT_FOUND, "its name is no date");
        return;
    }
    struct certificate_order order = {.list = &c->list,
                                      .deck = deck,
                                      .exchange = c->exchange,
                                      .day_us = day_ns / 1000,
                                      .previous = *previous,
                                      .stored = (const char *)c->text.data};
    c->again.bytes = 0;
    int code = certificate_make(&order, &c->again);
    if (code) {
        tell(c, code == EXIT_USAGE ? EXIT_FOUND : code, "it cannot be made again");
        return;
    }
    if (lake_append(&c->again, "", 1) < 0)
        tell(c, EXIT_DISK, "out of memory");
    else if (strcmp((const char *)c->text.data, (const char *)c->again.data) != 0)
        tell_difference(c);
}

static void check_one(struct checking *c)
{
    struct certificate_link previous;
    c->v->certificates++;
    c->text.bytes = 0;
    td_err err = certificate_read(c->path, &c->text);
    if (err) {
        tell(c, verb_exit(err), "%s", source_error());
        return;
    }
    if (strlen((const char *)c->text.data) != c->text.bytes || !hash_holds(c))
        return;
    err = certificate_previous(c->folder, c->exchange, c->date, &previous);
    if (err) {
        tell(c, verb_exit(err), "the one before it: %s", files_why(c->folder, err));
        return;
    }
    if (!chain_holds(c, &previous))
        return;
    if (segments_gone(c))
        c->v->not_made_again++;
    else
        compare(c, &previous);
}

/* ---- finding them ---- */

/* Entries "<begin>...<end>" in the order of their names; what is between goes to `out`, and the caller acts on it. */
static void each(struct checking *c, const char *path, const char *begin, const char *end,
                 char *out, size_t cap, void (*act)(struct checking *c))
{
    struct folder folder = {0};
    td_err err = folder_read(&folder, path);
    if (err && err != TD_E_MISSING)
        tell(c, verb_exit(err), "%s", files_why(path, err));
    for (size_t i = 0; i < folder.count && !err; i++) {
        const char *name = folder_name(&folder, i);
        size_t bytes = strlen(name), from = strlen(begin), to = strlen(end);
        if (bytes > from + to && memcmp(name, begin, from) == 0 &&
            strcmp(name + bytes - to, end) == 0 &&
            td_text_copy(out, cap, name + from, bytes - from - to))
            act(c);
    }
    folder_free(&folder);
}

static void check_date(struct checking *c)
{
    int bytes = snprintf(c->path, sizeof c->path, "%s/exchange=%s/date=%s.json", c->folder,
                         c->exchange, c->date);
    if (bytes < (int)sizeof c->path)
        check_one(c);
}

static void check_exchange(struct checking *c)
{
    char place[CERTIFICATE_PATH_MAX];
    int bytes = snprintf(place, sizeof place, "%s/exchange=%s", c->folder, c->exchange);
    if (bytes < (int)sizeof place)
        each(c, place, "date=", ".json", c->date, sizeof c->date, check_date);
}

static void check_all(struct checking *c)
{
    td_err err = files_collect(&c->list, c->data_dir);
    if (err)
        tell(c, verb_exit(err), "%s", files_why(c->data_dir, err));
    else
        each(c, c->folder, "exchange=", "", c->exchange, sizeof c->exchange, check_exchange);
}

/* A file has none below it, and a folder without them is no fault. */
static bool any_there(struct checking *c)
{
    struct folder folder = {0};
    if (!place_is_remote(c->data_dir))
        return access(c->folder, F_OK) == 0;
    td_err err = folder_read(&folder, c->folder);
    folder_free(&folder);
    if (err && err != TD_E_MISSING)
        tell(c, verb_exit(err), "%s", stores_why());
    return !err;
}

void verify_certificates(struct verify *v, const char *path)
{
    struct checking c = {.v = v};
    size_t bytes = strlen(path);
    while (bytes > 1 && path[bytes - 1] == '/')
        bytes--;
    if (!td_text_copy(c.data_dir, sizeof c.data_dir, path, bytes) ||
        snprintf(c.folder, sizeof c.folder, "%s/certificates", c.data_dir) >= (int)sizeof c.folder)
        return;
    td_text_copy(c.path, sizeof c.path, c.folder, strlen(c.folder));
    if (any_there(&c))
        check_all(&c);
    lake_buffer_free(&c.text);
    lake_buffer_free(&c.again);
    files_free(&c.list);
}
