#include "sync/scan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "store/pages.h"
#include "store/wait.h"

enum { PATHS_MAX = 2048 };

/* A page of a list: keys one behind the other, each with its size in front. */
struct page {
    uint8_t *data;
    size_t bytes, room, next;
};

struct scan {
    struct scan_params params;
    struct scan_prefix prefix[SCAN_MORE_MAX + 1];
    unsigned prefixes, at; /* the one that is listed */
    char glob[PATHS_MAX];  /* each ended by a NUL */
    unsigned globs;
    struct page page;
    struct pages way; /* through the list of this prefix */
    bool ended;
    bool is_failed;
    struct store_result failed;
    int64_t items, bytes;
};

/* ---- pages ---------------------------------------------------------------------------------------- */

static td_err page_add(struct page *page, const char *key, int64_t bytes)
{
    size_t text = strlen(key) + 1, wanted = page->bytes + sizeof bytes + text;
    if (wanted > page->room) {
        size_t room = wanted + wanted / 2 + 4096;
        uint8_t *data = realloc(page->data, room);
        TD_FAIL_IF(data == NULL, TD_E_NO_MEMORY);
        page->data = data;
        page->room = room;
    }
    memcpy(page->data + page->bytes, &bytes, sizeof bytes);
    memcpy(page->data + page->bytes + sizeof bytes, key, text);
    page->bytes = wanted;
    return 0;
}

/* A page that is asked for again begins again with its first name. */
static td_err see(void *arg, const struct store_entry *entry)
{
    struct scan *scan = arg;
    struct page *page = &scan->page;
    if (page->bytes > 0 && strcmp((char *)page->data + sizeof entry->bytes, entry->key) == 0)
        page->bytes = 0;
    return entry->is_prefix ? 0 : page_add(page, entry->key, entry->bytes);
}

static td_err fail(struct scan *scan, const struct store_result *why)
{
    static const td_err errors[STORE_OUTCOMES] = {
        [STORE_NO_BUCKET] = TD_E_MISSING,      [STORE_ABSENT] = TD_E_MISSING,
        [STORE_LOST] = TD_E_NET_CLOSED,        [STORE_AGAIN] = TD_E_NET_TIMEOUT,
        [STORE_UNTRUSTED] = TD_E_NET_CERT,     [STORE_DENIED] = TD_E_NET_REFUSED,
        [STORE_UNSUPPORTED] = TD_E_UNSUPPORTED};
    scan->failed = *why;
    scan->is_failed = true;
    if (why->outcome == STORE_LOCAL && why->err < 0)
        return why->err;
    return errors[why->outcome] ? errors[why->outcome] : TD_E_NET_PROTOCOL;
}

/* A store whose pages lead in a circle would be read for ever. */
static td_err next_token(struct scan *scan, struct store_result *result)
{
    static const char words[] = "the store's list does not go on: it gave the same place twice";
    if (!pages_next(&scan->way, result->token)) {
        result->outcome = STORE_REFUSED;
        td_text_copy(result->words, sizeof result->words, words, sizeof words - 1);
        return fail(scan, result);
    }
    scan->ended = pages_token(&scan->way) == NULL;
    return 0;
}

static td_err read_page(struct scan *scan)
{
    struct store_call call = {.op = {.verb = STORE_LIST,
                                     .key = scan->prefix[scan->at].from,
                                     .token = pages_token(&scan->way),
                                     .visit = {see, scan}}};
    scan->page.bytes = scan->page.next = 0;
    if (store_ask(scan->params.from, scan->params.os, &call) != STORE_FINE)
        return fail(scan, &call.result);
    return next_token(scan, &call.result);
}

/* The next name of all lists: 1, 0 at the end. */
static int next_name(struct scan *scan, const char **key, int64_t *bytes)
{
    struct page *page = &scan->page;
    while (page->next == page->bytes) {
        if (scan->ended) {
            scan->way = (struct pages){.count = 0};
            scan->ended = false;
            scan->at++;
        }
        if (scan->at == scan->prefixes)
            return 0;
        TD_TRY(read_page(scan));
    }
    memcpy(bytes, page->data + page->next, sizeof *bytes);
    *key = (const char *)page->data + page->next + sizeof *bytes;
    page->next += sizeof *bytes + strlen(*key) + 1;
    return 1;
}

/* ---- what is an item -------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), tail = strlen(end);
    return bytes > tail && strcmp(text + bytes - tail, end) == 0;
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool is_ours_alone(const char *key)
{
    return begins_with(key, "active/") || begins_with(key, "journal/") || begins_with(key, "sync/");
}

/* What lies beside a segment: its receipt, its mark, and what a kill left of one. */
static bool is_beside(const char *key)
{
    const char *slash = strrchr(key, '/'), *name = slash ? slash + 1 : key;
    return name[0] == '_' &&
           (ends_with(name, ".json") || ends_with(name, ".done") || ends_with(name, ".done-new"));
}

static bool is_wanted(const struct scan *scan, const struct sync_item *item)
{
    const char *glob = scan->glob;
    for (unsigned i = 0; i < scan->globs; i++, glob += strlen(glob) + 1)
        if (scan_matches(glob, item->from_key + strlen(scan->prefix[scan->at].from)) ||
            scan_matches(glob, item->from_key) || scan_matches(glob, item->to_key))
            return true;
    return scan->globs == 0;
}

static int open_local(const struct scan *scan, const char *key)
{
    const struct td_disk *disk = &scan->params.os->disk;
    char path[STORE_TOKEN_MAX + PLACE_KEY_MAX];
    struct td_str str = td_str_on(path, sizeof path);
    td_str_add_format(&str, "%s/%s", scan->params.from->name, key);
    return str.cut ? TD_E_RANGE : disk->open(disk->ctx, path, O_RDONLY | O_NOFOLLOW, 0);
}

/* Just made, and its receipt is not there: whoever makes it may not be done. */
static bool is_too_young(const struct scan *scan, const struct sync_item *item)
{
    const struct td_os *os = scan->params.os;
    char receipt[PLACE_KEY_MAX];
    if (item->kind != SYNC_SEGMENT || scan->params.min_age_ns <= 0 ||
        !scan->params.from->is_local || os->disk.modified_ns == NULL ||
        !item_receipt_key(item->from_key, receipt))
        return false;
    int file = open_local(scan, receipt);
    if (file >= 0)
        os->disk.close(os->disk.ctx, file);
    if (file != TD_E_MISSING || (file = open_local(scan, item->from_key)) < 0)
        return false;
    int64_t age_ns = os->clock.wall_ns(os->clock.ctx) - os->disk.modified_ns(os->disk.ctx, file);
    os->disk.close(os->disk.ctx, file);
    return age_ns >= 0 && age_ns < scan->params.min_age_ns;
}

/* False: a name that is none of ours, or that no store could take at the other end. */
static bool make_item(const struct scan *scan, const char *key, int64_t bytes,
                      struct sync_item *item)
{
    const struct scan_prefix *prefix = &scan->prefix[scan->at];
    char receipt[PLACE_KEY_MAX];
    if (!begins_with(key, prefix->from) || key[0] == '.' || strstr(key, "/.") != NULL ||
        ends_with(key, "/") || is_beside(key) ||
        (scan->params.from->is_local && is_ours_alone(key)))
        return false;
    struct td_str to = td_str_on(item->to_key, sizeof item->to_key);
    td_str_add(&to, prefix->to);
    td_str_add(&to, key + strlen(prefix->from));
    if (!td_text_copy(item->from_key, sizeof item->from_key, key, strlen(key)) || to.cut) {
        TD_WARN("sync", "event=name_passed_over reason=too_long key=\"%.200s\"", key);
        return false;
    }
    if (scan->params.to_deck && is_ours_alone(item->to_key))
        return false;
    item->kind = item_receipt_key(key, receipt) ? SYNC_SEGMENT : SYNC_PLAIN;
    item->bytes = bytes;
    return item->kind == SYNC_SEGMENT || scan->params.plain;
}

static int next(void *arg, struct sync_item *item)
{
    struct scan *scan = arg;
    const char *key = NULL;
    int64_t bytes = 0;
    for (;;) {
        int got = next_name(scan, &key, &bytes);
        if (got != 1)
            return got;
        if (!make_item(scan, key, bytes, item) || !is_wanted(scan, item) ||
            is_too_young(scan, item))
            continue;
        scan->items++;
        scan->bytes += bytes;
        return 1;
    }
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static bool prefix_is_fine(const char *prefix)
{
    return prefix != NULL && (prefix[0] == 0 || (prefix[0] != '/' && ends_with(prefix, "/"))) &&
           strlen(prefix) < PLACE_KEY_MAX;
}

static td_err take_prefixes(struct scan *scan, const struct scan_params *params, FILE *errors)
{
    const struct scan_prefix first = {params->from_prefix, params->to_prefix};
    scan->prefix[scan->prefixes++] = first;
    for (unsigned i = 0; i < SCAN_MORE_MAX && params->more[i].from != NULL; i++)
        scan->prefix[scan->prefixes++] = params->more[i];
    for (unsigned i = 0; i < scan->prefixes; i++) {
        if (prefix_is_fine(scan->prefix[i].from) && prefix_is_fine(scan->prefix[i].to))
            continue;
        fprintf(errors, "tape: sync: \"%s\" is no folder of names\n", scan->prefix[i].from);
        return TD_E_SYNTAX;
    }
    return 0;
}

/* Blanks around a glob are not of it; an empty one is passed over. Backslashes part names too (SPEC Y2): nobody's key has them. */
static td_err take_globs(struct scan *scan, const char *paths, FILE *errors)
{
    struct td_str all = td_str_on(scan->glob, sizeof scan->glob);
    for (const char *at = paths ? paths : ""; *at;) {
        size_t bytes = strcspn(at, ","), from = strspn(at, " \t"), to = bytes;
        while (to > from && (at[to - 1] == ' ' || at[to - 1] == '\t'))
            to--;
        if (to > from) {
            td_str_add_bytes(&all, at + from, to - from);
            td_str_add_char(&all, 0);
            scan->globs++;
        }
        at += bytes + (at[bytes] == ',');
    }
    for (size_t i = 0; i < all.bytes; i++)
        if (scan->glob[i] == '\\')
            scan->glob[i] = '/';
    if (!all.cut && (scan->globs > 0 || paths == NULL || paths[0] == 0))
        return 0;
    fprintf(errors,
            all.cut ? "tape: sync: the list of paths is too long\n"
                    : "tape: sync: there is no path in \"%s\"\n",
            paths);
    return TD_E_SYNTAX;
}

td_err scan_open(const struct scan_params *params, FILE *errors, struct scan **out)
{
    struct scan *scan = calloc(1, sizeof *scan);
    TD_FAIL_IF(scan == NULL, TD_E_NO_MEMORY);
    scan->params = *params;
    td_err err = take_prefixes(scan, params, errors);
    if (err == 0)
        err = take_globs(scan, params->paths, errors);
    if (err < 0)
        scan_close(scan);
    else
        *out = scan;
    return err;
}

struct sync_source scan_source(struct scan *scan)
{
    return (struct sync_source){next, scan};
}

void scan_seen(const struct scan *scan, int64_t *items, int64_t *bytes)
{
    *items = scan->items;
    *bytes = scan->bytes;
}

const struct store_result *scan_failed(const struct scan *scan)
{
    return scan->is_failed ? &scan->failed : NULL;
}

void scan_close(struct scan *scan)
{
    free(scan->page.data);
    free(scan);
}
