#include "app/config_value.h"

#include <stdarg.h>
#include <string.h>

#include "app/patterns.h"
#include "base/decimal.h"
#include "base/event.h"
#include "base/log.h"
#include "base/text.h"
#include "net/url.h"

const struct config_key config_keys[TD_CONFIG_KEYS] = {
#define KEY(section, name, kind, default_text, min, max, unit, core, help)                         \
    {#section,                                                                                     \
     #name,                                                                                        \
     CONFIG_##kind,                                                                                \
     offsetof(struct td_config, section.name),                                                     \
     sizeof(((struct td_config *)0)->section.name),                                                \
     default_text,                                                                                 \
     min,                                                                                          \
     max,                                                                                          \
     unit,                                                                                         \
     core,                                                                                         \
     help},
#include "app/config_keys.def"
};

const struct config_key config_venue_keys[TD_CONFIG_VENUE_KEYS] = {
#define VENUE_KEY(name, kind, default_text, min, max, unit, core, help)                            \
    {"",                                                                                           \
     #name,                                                                                        \
     CONFIG_##kind,                                                                                \
     offsetof(struct td_config_venue, name),                                                       \
     sizeof(((struct td_config_venue *)0)->name),                                                  \
     default_text,                                                                                 \
     min,                                                                                          \
     max,                                                                                          \
     unit,                                                                                         \
     core,                                                                                         \
     help},
#include "app/config_keys.def"
};

static const char *const level_names[] = {"DEBUG", "INFO", "WARN", "ERROR", "OFF"};
static const char *const channel_names[TD_CHANNEL_ALL] = {"book", "trades", "ticker"};

enum { LEVELS = sizeof level_names / sizeof *level_names };

td_err config_flawed(struct config_flaw *flaw, size_t at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(flaw->reason, sizeof flaw->reason, format, args);
    va_end(args);
    flaw->at = at;
    return TD_E_CONFIG;
}

/* ---- lists ---- */

bool config_list_next(const char **at, const char **item, size_t *bytes)
{
    if (!*at)
        return false;
    const char *start = *at + strspn(*at, " \t");
    const char *comma = strchr(start, ',');
    const char *end = comma ? comma : start + strlen(start);
    *at = comma ? comma + 1 : NULL;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *item = start;
    *bytes = (size_t)(end - start);
    return true;
}

static bool is_symbol_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._:*?", c));
}

static bool has_both_sides(const char *symbol)
{
    const char *hyphen = strchr(symbol, '-');
    return hyphen != NULL && hyphen != symbol && hyphen[1] != '\0';
}

bool config_symbol_fits(const char *symbol)
{
    for (const char *at = symbol; *at != '\0'; at++)
        if (!is_symbol_char(*at))
            return false;
    return has_both_sides(symbol) && !pattern_is(symbol, strlen(symbol));
}

/* Unified names are upper case; a name has a base and a quote. */
static td_err add_symbol(struct td_str *out, const char *item, size_t bytes, size_t at,
                         struct config_flaw *flaw)
{
    char symbol[TD_SYMBOL_MAX];
    if (bytes == 0)
        return config_flawed(flaw, at, "an empty name in the list");
    if (!td_text_copy(symbol, sizeof symbol, item, bytes))
        return config_flawed(flaw, at, "a symbol has at most %d characters", TD_SYMBOL_MAX - 1);
    for (size_t i = 0; i < bytes; i++) {
        if (symbol[i] >= 'a' && symbol[i] <= 'z')
            symbol[i] = (char)(symbol[i] - 'a' + 'A');
        if (!is_symbol_char(symbol[i]))
            return config_flawed(
                flaw, at + i,
                "a symbol is BASE-QUOTE, such as BTC-USD, and a comma stands between two");
    }
    const char *wrong = pattern_flaw(symbol, bytes);
    if (wrong != NULL)
        return config_flawed(flaw, at, "\"%s\" %s", symbol, wrong);
    if (!pattern_is(symbol, bytes) && !has_both_sides(symbol))
        return config_flawed(flaw, at, "\"%s\" is not BASE-QUOTE, such as BTC-USD", symbol);
    if (out->bytes)
        td_str_add_char(out, ',');
    td_str_add(out, symbol);
    return 0;
}

static bool holds_item(const char *list, const char *item, size_t bytes)
{
    const char *other;
    size_t other_bytes;
    while (config_list_next(&list, &other, &other_bytes))
        if (other_bytes == bytes && memcmp(other, item, bytes) == 0)
            return true;
    return false;
}

static td_err set_symbols(char *out, size_t cap, const char *text, struct config_flaw *flaw)
{
    char list[TD_CONFIG_SYMBOLS_MAX];
    struct td_str str = td_str_on(list, cap < sizeof list ? cap : sizeof list);
    const char *at = text, *item;
    for (size_t bytes; config_list_next(&at, &item, &bytes);) {
        char before[TD_CONFIG_SYMBOLS_MAX];
        memcpy(before, list, str.bytes + 1);
        size_t skipped = str.bytes ? str.bytes + 1 : 0;
        TD_TRY(add_symbol(&str, item, bytes, (size_t)(item - text), flaw));
        if (str.cut)
            return config_flawed(flaw, (size_t)(item - text), "the list is longer than %zu bytes",
                                 cap - 1);
        if (skipped && holds_item(before, list + skipped, str.bytes - skipped))
            return config_flawed(flaw, (size_t)(item - text), "\"%s\" stands twice in the list",
                                 list + skipped);
    }
    memcpy(out, list, str.bytes + 1);
    return 0;
}

static td_err set_channels(uint8_t *out, const char *text, struct config_flaw *flaw)
{
    uint8_t bits = 0;
    const char *at = text, *item;
    for (size_t bytes; config_list_next(&at, &item, &bytes);) {
        unsigned channel = 0;
        while (channel < TD_CHANNEL_ALL && (strlen(channel_names[channel]) != bytes ||
                                            memcmp(channel_names[channel], item, bytes) != 0))
            channel++;
        if (channel == TD_CHANNEL_ALL)
            return config_flawed(flaw, (size_t)(item - text),
                                 "channels are book, trades and ticker");
        bits |= (uint8_t)(1u << channel);
    }
    *out = bits;
    return 0;
}

/* ---- single values --------------------------------------------------------------------------- */

static td_err set_text(char *out, size_t cap, const char *text, struct config_flaw *flaw)
{
    if (strlen(text) >= cap)
        return config_flawed(flaw, 0, "the text is longer than %zu bytes", cap - 1);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

/* What the wire would refuse later is refused while line and column are known. Empty: the venue's own address. */
static td_err set_url(const struct config_key *key, char *out, const char *text,
                      struct config_flaw *flaw)
{
    struct url url;
    bool websocket = key->kind == CONFIG_WS_URL;
    const char *scheme = websocket ? "ws" : "http";
    td_err err = text[0] ? url_parse(&url, text, strlen(text)) : 0;
    if (err == TD_E_UNSUPPORTED)
        return config_flawed(flaw, 0,
                             "without TLS only this machine is spoken to: %ss:// in place of %s://",
                             scheme, scheme);
    if (err < 0 || (text[0] && url.websocket != websocket))
        return config_flawed(flaw, 0, "%s is %ss://host/path or %ss://host:port/path", key->name,
                             scheme, scheme);
    return set_text(out, key->bytes, text, flaw);
}

static td_err set_deck(char *out, size_t cap, const char *text, struct config_flaw *flaw)
{
    for (const char *at = text; *at; at++) {
        bool fine = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                    (*at >= '0' && *at <= '9') || *at == '-';
        if (!fine)
            return config_flawed(flaw, (size_t)(at - text),
                                 "a deck's name has letters, digits and hyphens");
    }
    return set_text(out, cap, text, flaw);
}

static td_err set_int(const struct config_key *key, int *out, const char *text,
                      struct config_flaw *flaw)
{
    const char *gap = key->unit[0] ? " " : "";
    int64_t value;
    td_err err = td_integer_parse(text, strlen(text), &value);
    if (err == TD_E_SYNTAX)
        return config_flawed(flaw, 0, "\"%.40s\" is not a whole number", text);
    if (err || value < key->min || value > key->max)
        return config_flawed(flaw, 0, "%s is %d to %d%s%s", key->name, key->min, key->max, gap,
                             key->unit);
    if (key->kind == CONFIG_POWER_OF_TWO && (value & (value - 1)))
        return config_flawed(flaw, 0, "%s is a power of two, %d to %d%s%s", key->name, key->min,
                             key->max, gap, key->unit);
    *out = (int)value;
    return 0;
}

/* In a text of words with '|' between; -1 none. */
static int word_place(const char *words, const char *text)
{
    size_t bytes = strlen(text);
    for (int place = 0; words != NULL; place++) {
        if (strncmp(words, text, bytes) == 0 && (words[bytes] == '|' || words[bytes] == '\0'))
            return place;
        words = strchr(words, '|');
        words = words != NULL ? words + 1 : NULL;
    }
    return -1;
}

static td_err set_word(const struct config_key *key, int *out, const char *text,
                       struct config_flaw *flaw)
{
    int place = text[0] != '\0' ? word_place(key->unit, text) : -1;
    if (place < 0)
        return config_flawed(flaw, 0, "%s is one of %s", key->name, key->unit);
    *out = place;
    return 0;
}

static td_err set_real(const struct config_key *key, double *out, const char *text,
                       struct config_flaw *flaw)
{
    const char *gap = key->unit[0] ? " " : "";
    bool may_be_auto = key->kind == CONFIG_REAL_OR_AUTO;
    double value = 0;
    if (may_be_auto && td_text_equal_nocase(text, "auto")) {
        *out = 0;
        return 0;
    }
    td_err err = td_decimal_to_double(text, strlen(text), &value);
    if (err == TD_E_SYNTAX)
        return config_flawed(flaw, 0, "\"%.40s\" is not a number%s", text,
                             may_be_auto ? ", and not auto" : "");
    if (err || value < key->min || value > key->max || (may_be_auto && value == 0))
        return config_flawed(flaw, 0, "%s is %s%d to %d%s%s%s", key->name,
                             may_be_auto ? "above " : "", key->min, key->max, gap, key->unit,
                             may_be_auto ? ", or auto" : "");
    *out = value;
    return 0;
}

static td_err set_bool(bool *out, const char *text, struct config_flaw *flaw)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (td_text_equal_nocase(text, words[i])) {
            *out = i % 2;
            return 0;
        }
    return config_flawed(flaw, 0, "\"%.40s\" is neither true nor false", text);
}

static td_err set_level(int *out, const char *text, struct config_flaw *flaw)
{
    for (int i = 0; i < LEVELS; i++)
        if (td_text_equal_nocase(text, level_names[i])) {
            *out = i;
            return 0;
        }
    return config_flawed(flaw, 0, "log_level is DEBUG, INFO, WARN, ERROR or OFF");
}

td_err config_value_set(const struct config_key *key, void *base, const char *text,
                        struct config_flaw *flaw)
{
    void *member = (char *)base + key->offset;
    switch (key->kind) {
    case CONFIG_TEXT:
        return set_text(member, key->bytes, text, flaw);
    case CONFIG_WS_URL:
    case CONFIG_HTTP_URL:
        return set_url(key, member, text, flaw);
    case CONFIG_DECK:
        return set_deck(member, key->bytes, text, flaw);
    case CONFIG_INT:
    case CONFIG_POWER_OF_TWO:
        return set_int(key, member, text, flaw);
    case CONFIG_BOOL:
        return set_bool(member, text, flaw);
    case CONFIG_LEVEL:
        return set_level(member, text, flaw);
    case CONFIG_SYMBOLS:
        if (!text[0]) {
            *(char *)member = 0;
            return 0;
        }
        return set_symbols(member, key->bytes, text, flaw);
    case CONFIG_CHANNELS:
        return set_channels(member, text, flaw);
    case CONFIG_REAL:
    case CONFIG_REAL_OR_AUTO:
        return set_real(key, member, text, flaw);
    case CONFIG_WORD:
        return set_word(key, member, text, flaw);
    case CONFIG_FEATURE_SETS:
    case CONFIG_FEATURES:
        return config_set_names(key, member, text, flaw);
    case CONFIG_MODELS:
        return config_set_models(key, member, text, flaw);
    }
    TD_ASSERT(false, "every kind of value has a reader");
}

static void channels_text(uint8_t bits, struct td_str *out)
{
    for (unsigned i = 0; i < TD_CHANNEL_ALL; i++)
        if (bits & 1u << i) {
            if (out->bytes)
                td_str_add_char(out, ',');
            td_str_add(out, channel_names[i]);
        }
}

/* The fewest digits that give the value back. */
static void real_text(double value, struct td_str *out)
{
    char text[40];
    double back = 0;
    for (int digits = 6; digits <= 17; digits++) {
        struct td_str str = td_str_on(text, sizeof text);
        td_str_add_format(&str, "%.*g", digits, value);
        if (td_decimal_to_double(text, str.bytes, &back) == 0 && back == value)
            break;
    }
    td_str_add(out, text);
}

static void word_text(const char *words, int place, struct td_str *out)
{
    for (; place > 0; place--)
        words = strchr(words, '|') + 1;
    td_str_add_bytes(out, words, strcspn(words, "|"));
}

void config_value_text(const struct config_key *key, const void *base, char *out, size_t cap)
{
    const void *member = (const char *)base + key->offset;
    struct td_str str = td_str_on(out, cap);
    switch (key->kind) {
    case CONFIG_TEXT:
    case CONFIG_WS_URL:
    case CONFIG_HTTP_URL:
    case CONFIG_DECK:
    case CONFIG_SYMBOLS:
    case CONFIG_FEATURE_SETS:
    case CONFIG_FEATURES:
    case CONFIG_MODELS:
        td_str_add(&str, member);
        break;
    case CONFIG_INT:
    case CONFIG_POWER_OF_TWO:
        td_str_add_i64(&str, *(const int *)member);
        break;
    case CONFIG_BOOL:
        td_str_add(&str, *(const bool *)member ? "true" : "false");
        break;
    case CONFIG_LEVEL:
        td_str_add(&str, level_names[*(const int *)member]);
        break;
    case CONFIG_CHANNELS:
        channels_text(*(const uint8_t *)member, &str);
        break;
    case CONFIG_REAL_OR_AUTO:
        if (*(const double *)member == 0) {
            td_str_add(&str, "auto");
            break;
        } /* fall through */
    case CONFIG_REAL:
        real_text(*(const double *)member, &str);
        break;
    case CONFIG_WORD:
        word_text(key->unit, *(const int *)member, &str);
        break;
    }
}
