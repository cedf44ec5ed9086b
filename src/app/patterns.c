#include "app/patterns.h"

#include <string.h>

#include "app/config_value.h"
#include "base/decimal.h"
#include "base/text.h"

static const char top_word[] = "TOP:";

/* ---- items -------------------------------------------------------------------------------------- */

struct top {
    int64_t count;
    char quote[24];
    int kind; /* enum instrument_kind, -1 any */
};

static bool is_top(const char *item, size_t bytes)
{
    return bytes >= strlen(top_word) && memcmp(item, top_word, strlen(top_word)) == 0;
}

bool pattern_is(const char *item, size_t bytes)
{
    return is_top(item, bytes) || memchr(item, '*', bytes) != NULL ||
           memchr(item, '?', bytes) != NULL;
}

static bool some(const char *list, bool (*is)(const char *, size_t))
{
    const char *at = list[0] != '\0' ? list : NULL, *item;
    for (size_t bytes; config_list_next(&at, &item, &bytes);)
        if (is(item, bytes))
            return true;
    return false;
}

bool patterns_in(const char *list)
{
    return some(list, pattern_is);
}

bool patterns_in_top(const char *list)
{
    return some(list, is_top);
}

static int kind_of(const char *word)
{
    for (uint8_t kind = 0; kind <= INSTRUMENT_INDEX; kind++)
        if (td_text_equal_nocase(word, catalogue_kind_word(kind)))
            return kind;
    return -2;
}

/* TOP:N:QUOTE[:KIND] */
static bool read_top(const char *item, size_t bytes, struct top *top)
{
    char text[TD_SYMBOL_MAX];
    *top = (struct top){.kind = -1};
    if (!td_text_copy(text, sizeof text, item, bytes))
        return false;
    char *count = text + strlen(top_word), *quote = strchr(count, ':');
    if (quote == NULL || td_integer_parse(count, (size_t)(quote - count), &top->count) < 0)
        return false;
    char *kind = strchr(++quote, ':');
    if (kind != NULL) {
        *kind = '\0';
        top->kind = kind_of(kind + 1);
    }
    bool fits = td_text_copy(top->quote, sizeof top->quote, quote, strlen(quote));
    return fits && top->quote[0] != '\0' && top->kind != -2 && top->count >= 1 &&
           top->count <= TD_INSTRUMENTS_MAX;
}

const char *pattern_flaw(const char *item, size_t bytes)
{
    struct top top;
    if (is_top(item, bytes) && !read_top(item, bytes, &top))
        return "is not top:N:QUOTE or top:N:QUOTE:KIND, such as top:20:USDT or top:5:USDT:perp";
    return NULL;
}

bool pattern_match(const char *glob, const char *text)
{
    const char *star = NULL, *again = NULL;
    while (*text != '\0') {
        if (*glob == '*') {
            star = glob++;
            again = text;
        } else if (*glob == '?' || *glob == *text) {
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star + 1;
            text = ++again;
        } else {
            return false;
        }
    }
    return glob[strspn(glob, "*")] == '\0';
}

/* ---- sorted names ------------------------------------------------------------------------------- */

static void add(struct pattern_names *names, const char *symbol)
{
    unsigned at = names->count;
    while (at > 0 && strcmp(names->name[at - 1], symbol) > 0)
        at--;
    if (at > 0 && strcmp(names->name[at - 1], symbol) == 0)
        return;
    if (names->count == TD_INSTRUMENTS_MAX) {
        names->cut++;
        return;
    }
    memmove(names->name[at + 1], names->name[at], (names->count - at) * sizeof names->name[0]);
    td_text_copy(names->name[at], TD_SYMBOL_MAX, symbol, strlen(symbol));
    names->count++;
}

/* The configuration can name it, and the venue's own name comes back from that. */
static bool is_nameable(const struct catalogue *catalogue, const struct catalogue_entry *entry)
{
    char raw[TD_SYMBOL_MAX];
    return config_symbol_fits(entry->symbol) &&
           catalogue_venue(catalogue)->spell(entry->symbol, raw) == 0 &&
           strcmp(raw, entry->raw) == 0;
}

static bool is_choosable(const struct catalogue *catalogue, const struct catalogue_entry *entry)
{
    return catalogue_tradable(entry) && is_nameable(catalogue, entry);
}

/* ---- resolving ---------------------------------------------------------------------------------- */

struct resolve {
    const struct catalogue *catalogue;
    struct pattern_names *out;
    FILE *errors;
};

static void take_matches(struct resolve *r, const char *glob)
{
    unsigned before = r->out->count;
    for (unsigned i = 0; i < catalogue_count(r->catalogue); i++) {
        const struct catalogue_entry *entry = catalogue_at(r->catalogue, i);
        if (pattern_match(glob, entry->symbol) && is_choosable(r->catalogue, entry))
            add(r->out, entry->symbol);
    }
    if (r->out->count == before && r->errors != NULL)
        fprintf(r->errors, "tapedeck: [%s] %s matches no symbol that is traded there%s\n",
                catalogue_venue(r->catalogue)->name, glob,
                before > 0 ? " beyond those of the other items" : "");
}

static bool is_of_quote(const struct catalogue_entry *entry, const struct top *top)
{
    return td_text_equal_nocase(entry->quote, top->quote) &&
           (top->kind < 0 || entry->kind == top->kind);
}

/* Larger volume first, then by name, so that equal lists give equal choices. */
static bool is_ahead(const struct catalogue_entry *a, const struct catalogue_entry *b)
{
    return a->volume != b->volume ? a->volume > b->volume : strcmp(a->symbol, b->symbol) < 0;
}

/* Into the best so far, in order; how many there are then. */
static unsigned insert(const struct catalogue_entry **best, unsigned count, unsigned most,
                       const struct catalogue_entry *entry)
{
    unsigned at = count;
    while (at > 0 && is_ahead(entry, best[at - 1]))
        at--;
    if (at == most)
        return count;
    unsigned kept = count < most ? count : most - 1;
    memmove(&best[at + 1], &best[at], (kept - at) * sizeof(void *));
    best[at] = entry;
    return kept + 1;
}

static bool take_top(struct resolve *r, const char *item, size_t bytes)
{
    const struct catalogue_entry *best[TD_INSTRUMENTS_MAX];
    unsigned count = 0;
    struct top top;
    const struct venue *venue = catalogue_venue(r->catalogue);
    if (!read_top(item, bytes, &top))
        return false;
    for (unsigned i = 0; i < catalogue_count(r->catalogue); i++) {
        const struct catalogue_entry *entry = catalogue_at(r->catalogue, i);
        if (entry->has_volume && is_of_quote(entry, &top) && is_choosable(r->catalogue, entry))
            count = insert(best, count, (unsigned)top.count, entry);
    }
    for (unsigned i = 0; i < count; i++)
        add(r->out, best[i]->symbol);
    if (count == 0 && r->errors != NULL)
        fprintf(r->errors, "tapedeck: [%s] %.*s: no volumes are known of symbols in %s%s\n",
                venue->name, (int)bytes, item, top.quote,
                venue->volume_url == NULL ? "; this venue does not tell them: name the symbols"
                                          : "");
    return count > 0;
}

/* ---- names that are not listed ------------------------------------------------------------------ */

static size_t base_bytes(const char *symbol)
{
    return strcspn(symbol, "-");
}

/* BTC-USD, where BTC-USDT, BTC-USDC and BTC-EUR are: the same base, the same kind, tradable. */
static unsigned tell_variants(const struct resolve *r, const char *symbol)
{
    enum { SHOWN = 8 };
    unsigned shown = 0;
    size_t base = base_bytes(symbol);
    const char *end = strchr(symbol + base + (symbol[base] != '\0'), '-');
    for (unsigned i = 0; i < catalogue_count(r->catalogue); i++) {
        const struct catalogue_entry *entry = catalogue_at(r->catalogue, i);
        const char *other = strchr(entry->symbol, '-');
        other = other != NULL ? strchr(other + 1, '-') : NULL;
        if (base_bytes(entry->symbol) != base || memcmp(entry->symbol, symbol, base) != 0 ||
            strcmp(end != NULL ? end : "", other != NULL ? other : "") != 0 ||
            !is_choosable(r->catalogue, entry) || ++shown > SHOWN)
            continue;
        fprintf(r->errors, "%s%s", shown == 1 ? "; it has " : ", ", entry->symbol);
    }
    if (shown > SHOWN)
        fprintf(r->errors, " and %u more", shown - SHOWN);
    return shown;
}

static void tell_nearest(const struct resolve *r, const char *symbol)
{
    const char *nearest = NULL;
    unsigned least = (unsigned)strlen(symbol) / 3 + 1;
    for (unsigned i = 0; i < catalogue_count(r->catalogue); i++) {
        const struct catalogue_entry *entry = catalogue_at(r->catalogue, i);
        unsigned distance = td_text_distance(symbol, entry->symbol);
        if (distance < least && is_choosable(r->catalogue, entry)) {
            least = distance;
            nearest = entry->symbol;
        }
    }
    if (nearest != NULL)
        fprintf(r->errors, "; did you mean %s?", nearest);
}

static void take_name(struct resolve *r, const char *symbol, bool strict)
{
    bool listed = catalogue_find(r->catalogue, symbol) != NULL;
    if (listed || !strict)
        add(r->out, symbol);
    if (listed || r->errors == NULL)
        return;
    const char *name = catalogue_venue(r->catalogue)->name;
    fprintf(r->errors, "tapedeck: [%s] %s is not in the venue's list%s", name, symbol,
            strict ? " and is left out" : "");
    if (tell_variants(r, symbol) == 0)
        tell_nearest(r, symbol);
    fprintf(r->errors, "\n  `tapedeck symbols %s --match '%.*s*'` shows what there is\n", name,
            (int)base_bytes(symbol), symbol);
}

bool patterns_resolve(const struct catalogue *catalogue, const char *list, bool strict,
                      struct pattern_names *out, FILE *errors)
{
    struct resolve r = {catalogue, out, errors};
    const char *at = list[0] != '\0' ? list : NULL, *item;
    bool good = true;
    out->count = out->cut = 0;
    for (size_t bytes; config_list_next(&at, &item, &bytes);) {
        char text[TD_SYMBOL_MAX];
        td_text_copy(text, sizeof text, item, bytes);
        if (is_top(item, bytes))
            good &= take_top(&r, item, bytes);
        else if (pattern_is(item, bytes))
            take_matches(&r, text);
        else
            take_name(&r, text, strict);
    }
    return good;
}

bool patterns_text(const struct pattern_names *names, char *out, size_t cap)
{
    struct td_str text = td_str_on(out, cap);
    for (unsigned i = 0; i < names->count; i++)
        td_str_add_format(&text, "%s%s", i > 0 ? "," : "", names->name[i]);
    return !text.cut;
}
