#include "app/config.h"

#include <string.h>
#include <unistd.h>

#include "app/config_loader.h"
#include "base/decimal.h"
#include "base/text.h"
#include "sync/pace.h"

/* ---- sections and keys ----------------------------------------------------------------------- */

static const struct config_key *find_key(const struct config_key *keys, unsigned count,
                                         const char *section, const char *name, unsigned *index)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0) {
            *index = i;
            return &keys[i];
        }
    return NULL;
}

static bool is_device_section(const char *name)
{
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++)
        if (strcmp(config_keys[i].section, name) == 0)
            return true;
    return false;
}

static bool is_venue(const struct config_loader *in, const char *name)
{
    const char *known;
    for (unsigned i = 0; in->input->venue_name && (known = in->input->venue_name(i)); i++)
        if (strcmp(known, name) == 0)
            return true;
    return false;
}

static void set_venue_defaults(struct td_config_venue *venue, const char *name)
{
    struct config_flaw flaw;
    *venue = (struct td_config_venue){0};
    td_text_copy(venue->name, sizeof venue->name, name, strlen(name));
    for (unsigned i = 0; i < TD_CONFIG_VENUE_KEYS; i++) {
        td_err err = config_value_set(&config_venue_keys[i], venue,
                                      config_venue_keys[i].default_text, &flaw);
        TD_ASSERT(err == 0, "defaults are valid");
    }
}

/* Index of the venue's section, a new one when it is the first. */
static int venue_section(struct config_loader *in, const char *name)
{
    struct td_config *config = in->config;
    for (unsigned i = 0; i < config->venue_count; i++)
        if (strcmp(config->venue[i].name, name) == 0)
            return (int)i;
    if (config->venue_count == TD_SOURCES_MAX) {
        config_complain(in, 0, "more than %d venues", TD_SOURCES_MAX);
        return SECTION_SKIPPED;
    }
    in->venue_line[config->venue_count] = in->line_number;
    set_venue_defaults(&config->venue[config->venue_count], name);
    return (int)config->venue_count++;
}

static int unknown_section(struct config_loader *in, const char *name, size_t at)
{
    struct config_nearest nearest = {.wanted = name, .distance = UINT32_MAX};
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++)
        config_consider(&nearest, config_keys[i].section);
    const char *known;
    for (unsigned i = 0; in->input->venue_name && (known = in->input->venue_name(i)); i++)
        config_consider(&nearest, known);
    const char *skipped = in->input->skip_unknown_venues ? " (left out)" : "";
    if (nearest.name)
        config_complain(in, at, "unknown section or venue [%s]%s; did you mean [%s]?", name,
                        skipped, nearest.name);
    else
        config_complain(in, at, "unknown section or venue [%s]%s", name, skipped);
    if (in->input->skip_unknown_venues)
        in->errors--;
    return SECTION_SKIPPED;
}

void config_enter_section(struct config_loader *in, const char *name, size_t at)
{
    td_text_copy(in->section_name, sizeof in->section_name, name, strlen(name));
    if (is_device_section(name))
        in->section = SECTION_DEVICE;
    else if (is_venue(in, name))
        in->section = venue_section(in, name);
    else
        in->section = unknown_section(in, name, at);
}

static void unknown_key(struct config_loader *in, const char *name, size_t at)
{
    bool venue = in->section >= 0;
    struct config_nearest nearest = {.wanted = name, .distance = UINT32_MAX};
    const char *home = NULL;
    for (unsigned i = 0; i < (venue ? TD_CONFIG_VENUE_KEYS : TD_CONFIG_KEYS); i++)
        if (venue || strcmp(config_keys[i].section, in->section_name) == 0)
            config_consider(&nearest, venue ? config_venue_keys[i].name : config_keys[i].name);
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++)
        if (strcmp(config_keys[i].name, name) == 0)
            home = config_keys[i].section;
    const char *instead = config_instead(name);
    if (instead)
        config_complain(in, at, "unknown key \"%s\" in [%s]; %s", name, in->section_name, instead);
    else if (home)
        config_complain(in, at, "\"%s\" belongs to [%s], not to [%s]", name, home,
                        in->section_name);
    else if (nearest.name)
        config_complain(in, at, "unknown key \"%s\" in [%s]; did you mean \"%s\"?", name,
                        in->section_name, nearest.name);
    else
        config_complain(in, at, "unknown key \"%s\" in [%s]", name, in->section_name);
}

/* One setting in the current section; where its name and its value stand in the line is known to
 * the caller. */
void config_apply(struct config_loader *in, const char *name, const char *value, size_t name_at,
                  size_t value_at)
{
    bool venue = in->section >= 0;
    void *base = venue ? (void *)&in->config->venue[in->section] : (void *)in->config;
    uint8_t *origins = venue ? in->config->venue[in->section].origin : in->config->origin;
    unsigned index = 0;
    const struct config_key *key =
        venue ? find_key(config_venue_keys, TD_CONFIG_VENUE_KEYS, "", name, &index)
              : find_key(config_keys, TD_CONFIG_KEYS, in->section_name, name, &index);
    if (!key) {
        unknown_key(in, name, name_at);
        return;
    }
    if (in->origin == TD_FROM_FILE && origins[index] == TD_FROM_FILE) {
        config_complain(in, name_at, "\"%s\" is given twice in [%s]", name, in->section_name);
        return;
    }
    struct config_flaw flaw;
    if (config_value_set(key, base, value, &flaw) < 0) {
        config_complain(in, value_at + flaw.at, "%s", flaw.reason);
        return;
    }
    origins[index] = (uint8_t)in->origin;
}

/* ---- environment and command line ------------------------------------------------------------ */

/* The limit on how late data may reach the disk; the journal's own interval is often stricter
 * already. */
static void apply_flush_interval(struct config_loader *in, const char *value, size_t value_at)
{
    struct td_config *config = in->config;
    const struct config_key *key = &config_keys[TD_KEY_journal_sync_ms];
    int64_t bound_ms;
    if (td_decimal_to_steps(value, strlen(value), 3, &bound_ms) < 0 || bound_ms < key->min)
        config_complain(in, value_at, "FLUSH_INTERVAL_SEC is a number of seconds, at least %d ms",
                        key->min);
    else if (bound_ms < config->journal.sync_ms) {
        config->journal.sync_ms = (int)bound_ms;
        config->origin[TD_KEY_journal_sync_ms] = TD_FROM_ENVIRONMENT;
    }
}

/* The one symbol of the earlier systems: every venue records it; without any venue, Coinbase does.
 */
static void apply_symbol(struct config_loader *in, const char *value, size_t value_at)
{
    if (in->config->venue_count == 0)
        config_enter_section(in, "coinbase", 0);
    for (unsigned i = 0; i < in->config->venue_count; i++) {
        in->section = (int)i;
        config_apply(in, "symbols", value, 0, value_at);
    }
}

/* The one horizon of the earlier systems: that of the first model. */
static void apply_horizon(struct config_loader *in, const char *value, size_t value_at)
{
    const char *models = in->config->model.models, *at = strchr(models, '@');
    char text[TD_CONFIG_FEATURES_MAX];
    struct td_str str = td_str_on(text, sizeof text);
    if (at == NULL)
        return; /* no model: nothing has a horizon */
    td_str_add_bytes(&str, models, (size_t)(at + 1 - models));
    td_str_add(&str, value);
    td_str_add(&str, at + 1 + strspn(at + 1, "0123456789"));
    config_enter_section(in, "model", 0);
    config_apply(in, "models", text, 0, value_at);
}

/* The bucket alone: what the configuration has behind another one's name stays. */
static void apply_bucket(struct config_loader *in, const char *value, size_t value_at)
{
    const char *to = in->config->sync.to;
    const char *prefix = strncmp(to, "s3://", 5) == 0 ? strchr(to + 5, '/') : NULL;
    char text[2 * TD_CONFIG_PATH_MAX];
    struct td_str str = td_str_on(text, sizeof text);
    td_str_add_format(&str, "s3://%s%s", value, prefix ? prefix : "");
    config_enter_section(in, "sync", 0);
    config_apply(in, "to", text, 0, value_at);
}

/* Those of the store that hold no secret; keys are read where they are used, and nowhere else. */
static void apply_store_variable(struct config_loader *in, const char *name, const char *value,
                                 size_t value_at)
{
    bool google = strncmp(in->config->sync.to, "gs://", 5) == 0;
    config_enter_section(in, "sync", 0);
    if (strcmp(name, "USE_S3") == 0)
        config_apply(in, "enabled", value, 0, value_at);
    else if (strcmp(name, "S3_BUCKET") == 0)
        apply_bucket(in, value, value_at);
    else if (strcmp(name, "S3_ENDPOINT") == 0 && !google)
        config_apply(in, "endpoint_url", value, 0, value_at);
    else if (strcmp(name, "S3_REGION") == 0 && !google)
        config_apply(in, "region", value, 0, value_at);
}

static void apply_variable(struct config_loader *in, const char *text)
{
    const char *value = strchr(text, '=');
    if (!value || !value[1])
        return;
    size_t name_bytes = (size_t)(value++ - text), value_at = name_bytes + 1;
    char name[64];
    td_text_copy(name, sizeof name, text, name_bytes);
    config_at_line(in, "environment", text, 0);
    if (strcmp(name, "DATA_ROOT") == 0) {
        config_enter_section(in, "deck", 0);
        config_apply(in, "data_dir", value, 0, value_at);
    } else if (strcmp(name, "WAL_SEGMENT_SIZE_MB") == 0) {
        config_enter_section(in, "journal", 0);
        config_apply(in, "file_mb", value, 0, value_at);
    } else if (strcmp(name, "FLUSH_INTERVAL_SEC") == 0) {
        apply_flush_interval(in, value, value_at);
    } else if (strcmp(name, "SYMBOL") == 0) {
        apply_symbol(in, value, value_at);
    } else if (strcmp(name, "DELTA_MS") == 0) {
        apply_horizon(in, value, value_at);
    } else if (strcmp(name, "MODEL_PATH") == 0) {
        config_enter_section(in, "model", 0);
        config_apply(in, "weights_file", value, 0, value_at);
    } else if (strcmp(name, "USE_S3") == 0 || strncmp(name, "S3_", 3) == 0) {
        apply_store_variable(in, name, value, value_at);
    } else if (strcmp(name, "TICK_MS") == 0) {
        config_complain(
            in, 0, "TICK_MS has no meaning here: every frame is recorded as it comes; unset it");
    } else if (strncmp(name, "REDIS_", 6) == 0) {
        config_complain(in, 0,
                        "%s has no meaning here: nothing is kept in a database in memory; unset it",
                        name);
    }
}

/* "section.key=value" */
static void apply_set(struct config_loader *in, const char *text)
{
    const char *dot = strchr(text, '.'), *equals = strchr(text, '=');
    config_at_line(in, "command line", text, 0);
    if (!dot || !equals || dot > equals) {
        config_complain(in, 0, "a setting is written section.key=value");
        return;
    }
    char section[64], name[64];
    td_text_copy(section, sizeof section, text, (size_t)(dot - text));
    td_text_copy(name, sizeof name, dot + 1, (size_t)(equals - dot - 1));
    config_enter_section(in, section, 0);
    if (in->section != SECTION_SKIPPED)
        config_apply(in, name, equals + 1, (size_t)(dot + 1 - text), (size_t)(equals + 1 - text));
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void set_defaults(struct td_config *config)
{
    struct config_flaw flaw;
    *config = (struct td_config){0};
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++) {
        td_err err = config_value_set(&config_keys[i], config, config_keys[i].default_text, &flaw);
        TD_ASSERT(err == 0, "defaults are valid");
    }
}

static void list_symbols(struct config_loader *in, struct td_config_venue *venue, int line_number)
{
    struct td_config *config = in->config;
    venue->symbol_first = config->symbol_count;
    const char *at = venue->symbols[0] ? venue->symbols : NULL, *item;
    for (size_t bytes; config_list_next(&at, &item, &bytes); config->symbol_count++) {
        if (config->symbol_count == TD_INSTRUMENTS_MAX) {
            config_complain(in, 0, "more than %d symbols in all", TD_INSTRUMENTS_MAX);
            return;
        }
        td_text_copy(config->symbol[config->symbol_count], TD_SYMBOL_MAX, item, bytes);
    }
    venue->symbol_count = config->symbol_count - venue->symbol_first;
    if (venue->symbol_count || !venue->enabled || in->input->no_symbols_needed)
        return;
    if (line_number)
        config_complain(in, 0, "[%s] (line %d) names no symbols, such as: symbols = BTC-USD",
                        venue->name, line_number);
    else
        config_complain(in, 0, "[%s] names no symbols, such as: symbols = BTC-USD", venue->name);
}

static void check_pace(struct config_loader *in)
{
    const struct td_config *config = in->config;
    struct pace_hours hours;
    int64_t bytes_per_s;
    if (pace_hours_parse(&hours, config->sync.quiet_hours) < 0)
        config_complain(in, 0, "sync.quiet_hours = %s: " PACE_HOURS_FORM, config->sync.quiet_hours);
    if (pace_bytes_parse(config->sync.bandwidth, &bytes_per_s) < 0)
        config_complain(in, 0, "sync.bandwidth = %s: " PACE_BYTES_FORM, config->sync.bandwidth);
}

static void finish(struct config_loader *in)
{
    struct td_config *config = in->config;
    config_at_line(in,
                   config->file[0] ? config->file
                   : in->label     ? in->label
                                   : "configuration",
                   NULL, 0);
    if (!config->deck.id[0]) {
        char host[256] = "";
        gethostname(host, sizeof host - 1);
        td_config_deck_id(host, config->deck.id);
    }
    if (config->journal.file_mb * 4 > config->journal.max_mb)
        config_complain(in, 0,
                        "journal.max_mb = %d does not hold four files of journal.file_mb = %d",
                        config->journal.max_mb, config->journal.file_mb);
    if (config->features.spread_tight_percentile >= config->features.spread_wide_percentile)
        config_complain(in, 0, "features.spread_tight_percentile is below spread_wide_percentile");
    if (config->model.accuracy_min > config->model.accuracy_window)
        config_complain(in, 0, "model.accuracy_min = %d is more than accuracy_window = %d",
                        config->model.accuracy_min, config->model.accuracy_window);
    check_pace(in);
    for (unsigned i = 0; i < config->venue_count; i++) {
        struct td_config_venue *venue = &config->venue[i];
        if (venue->silence_s == 0)
            venue->silence_s = config->net.silence_s;
        if (venue->conn_life_s == 0)
            venue->conn_life_s = config->net.conn_life_s;
        list_symbols(in, venue, in->venue_line[i]);
    }
}

static td_err verdict(const struct config_loader *in)
{
    if (in->errors > TD_CONFIG_ERRORS_MAX && in->input->errors)
        fprintf(in->input->errors, "and %u more\n", in->errors - TD_CONFIG_ERRORS_MAX);
    return in->errors ? TD_E_CONFIG : 0;
}

td_err td_config_load(struct td_config *config, const struct td_config_input *input)
{
    struct config_loader in = {.config = config, .input = input};
    set_defaults(config);
    TD_TRY(config_find_file(&in));
    in.origin = TD_FROM_ENVIRONMENT;
    for (char *const *at = input->environment; at && *at; at++)
        apply_variable(&in, *at);
    in.origin = TD_FROM_COMMAND_LINE;
    for (unsigned i = 0; i < input->set_count; i++)
        apply_set(&in, input->sets[i]);
    in.label = NULL;
    finish(&in);
    return verdict(&in);
}

td_err td_config_parse(struct td_config *config, const char *label, const char *text, size_t bytes,
                       const char *(*venue_name)(unsigned index), FILE *errors)
{
    struct td_config_input input = {.venue_name = venue_name, .errors = errors};
    struct config_loader in = {.config = config, .input = &input};
    set_defaults(config);
    config_read_text(&in, label, text, bytes);
    finish(&in);
    return verdict(&in);
}

/* ---- what a host gives ----------------------------------------------------------------------- */

void td_config_deck_id(const char *host, char out[TD_DECK_NAME_MAX])
{
    struct td_str str = td_str_on(out, TD_DECK_NAME_MAX);
    for (; *host && *host != '.'; host++) {
        char c = *host >= 'A' && *host <= 'Z' ? (char)(*host - 'A' + 'a') : *host;
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (fine || str.bytes)
            td_str_add_char(&str, fine ? c : '-');
    }
    while (str.bytes && out[str.bytes - 1] == '-')
        out[--str.bytes] = 0;
    if (!str.bytes)
        td_str_add(&str, "deck");
}
