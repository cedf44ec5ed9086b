#include <inttypes.h>
#include <string.h>

#include "app/config_value.h"
#include "base/hash.h"
#include "base/text.h"

/* The longest value, written as JSON with every byte escaped. */
enum { VALUE_MAX = TD_CONFIG_SYMBOLS_MAX, JSON_MAX = 6 * VALUE_MAX };

const char *td_config_origin_name(enum td_config_origin origin)
{
    static const char *const names[] = {"default", "file", "environment", "command line"};
    TD_ASSERT((unsigned)origin < sizeof names / sizeof *names, "origin is one of four");
    return names[origin];
}

/* ---- for people ------------------------------------------------------------------------------ */

static void print_line(const struct config_key *key, const void *base, uint8_t origin, FILE *out)
{
    char value[VALUE_MAX];
    config_value_text(key, base, value, sizeof value);
    fprintf(out, "%s = %s", key->name, value);
    int column = (int)(strlen(key->name) + 3 + strlen(value));
    fprintf(out, "%*s ; %s", column < 40 ? 40 - column : 0, "", td_config_origin_name(origin));
    fprintf(out, "%s%s\n", key->unit[0] ? ", " : "", key->unit);
}

static void print_ini(const struct td_config *config, FILE *out)
{
    fprintf(out, "; file: %s\n", config->file[0] ? config->file : "none");
    const char *section = "";
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++) {
        if (strcmp(section, config_keys[i].section) != 0)
            fprintf(out, "\n[%s]\n", config_keys[i].section);
        section = config_keys[i].section;
        print_line(&config_keys[i], config, config->origin[i], out);
    }
    for (unsigned v = 0; v < config->venue_count; v++) {
        fprintf(out, "\n[%s]\n", config->venue[v].name);
        for (unsigned i = 0; i < TD_CONFIG_VENUE_KEYS; i++)
            print_line(&config_venue_keys[i], &config->venue[v], config->venue[v].origin[i], out);
    }
}

/* ---- for programs ---------------------------------------------------------------------------- */

static void print_json_text(const char *text, FILE *out)
{
    char escaped[JSON_MAX];
    struct td_str str = td_str_on(escaped, sizeof escaped);
    td_str_add_json(&str, text, strlen(text));
    fprintf(out, "\"%s\"", escaped);
}

/* A number, true or false. */
static bool is_bare(const struct config_key *key, const char *value)
{
    return key->kind == CONFIG_INT || key->kind == CONFIG_POWER_OF_TWO ||
           key->kind == CONFIG_BOOL || key->kind == CONFIG_REAL ||
           (key->kind == CONFIG_REAL_OR_AUTO && strcmp(value, "auto") != 0);
}

static void print_json_value(const struct config_key *key, const void *base, uint8_t origin,
                             FILE *out)
{
    char value[VALUE_MAX];
    config_value_text(key, base, value, sizeof value);
    fprintf(out, "\"%s\":{\"value\":", key->name);
    if (is_bare(key, value))
        fputs(value, out);
    else
        print_json_text(value, out);
    fprintf(out, ",\"origin\":\"%s\"}", td_config_origin_name(origin));
}

static void print_json(const struct td_config *config, FILE *out)
{
    fputs("{\"file\":", out);
    print_json_text(config->file, out);
    const char *section = "";
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++) {
        bool same = strcmp(section, config_keys[i].section) == 0;
        if (!same)
            fprintf(out, "%s,\"%s\":{", section[0] ? "}" : "", config_keys[i].section);
        section = config_keys[i].section;
        fputs(same ? "," : "", out);
        print_json_value(&config_keys[i], config, config->origin[i], out);
    }
    fputs("},\"venues\":{", out);
    for (unsigned v = 0; v < config->venue_count; v++) {
        fprintf(out, "%s\"%s\":{", v ? "," : "", config->venue[v].name);
        for (unsigned i = 0; i < TD_CONFIG_VENUE_KEYS; i++) {
            fputs(i ? "," : "", out);
            print_json_value(&config_venue_keys[i], &config->venue[v], config->venue[v].origin[i],
                             out);
        }
        fputs("}", out);
    }
    fputs("}}\n", out);
}

void td_config_print(const struct td_config *config, FILE *out, bool json)
{
    if (json)
        print_json(config, out);
    else
        print_ini(config, out);
}

/* ---- for the journal ------------------------------------------------------------------------- */

static void add_core_line(const struct config_key *key, const void *base, struct td_str *out)
{
    char value[VALUE_MAX];
    config_value_text(key, base, value, sizeof value);
    td_str_add_format(out, "%s = %s\n", key->name, value);
}

int td_config_core_text(const struct td_config *config, char *out, size_t cap)
{
    struct td_str str = td_str_on(out, cap);
    const char *section = "";
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++) {
        if (!config_keys[i].shapes_core)
            continue;
        if (strcmp(section, config_keys[i].section) != 0)
            td_str_add_format(&str, "[%s]\n", config_keys[i].section);
        section = config_keys[i].section;
        add_core_line(&config_keys[i], config, &str);
    }
    for (unsigned v = 0; v < config->venue_count; v++) {
        td_str_add_format(&str, "[%s]\n", config->venue[v].name);
        for (unsigned i = 0; i < TD_CONFIG_VENUE_KEYS; i++)
            if (config_venue_keys[i].shapes_core)
                add_core_line(&config_venue_keys[i], &config->venue[v], &str);
    }
    return str.cut ? TD_E_NO_ROOM : (int)str.bytes;
}

void td_config_hash(const char *core_text, size_t bytes, char out[17])
{
    snprintf(out, 17, "%016" PRIx64, td_hash64(core_text, bytes, 0));
}
