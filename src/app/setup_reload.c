#include "app/setup_reload.h"

#include <string.h>

#include "app/config_value.h"
#include "base/log.h"
#include "base/text.h"

/* ---- what cannot change ------------------------------------------------------------------------- */

static bool differs(const struct config_key *key, const void *a, const void *b)
{
    char left[TD_CONFIG_SYMBOLS_MAX], right[TD_CONFIG_SYMBOLS_MAX];
    config_value_text(key, a, left, sizeof left);
    config_value_text(key, b, right, sizeof right);
    return strcmp(left, right) != 0;
}

static void needs_restart(const char *section, const char *name)
{
    TD_WARN("config", "event=needs_a_restart key=%s%s%s", section, name[0] != '\0' ? "." : "",
            name);
}

static const struct td_config_venue *section_named(const struct td_config *config, const char *name)
{
    for (unsigned v = 0; v < config->venue_count; v++)
        if (strcmp(config->venue[v].name, name) == 0)
            return &config->venue[v];
    return NULL;
}

static void compare_section(const struct td_config_venue *now, const struct td_config_venue *next)
{
    for (unsigned i = 0; i < TD_CONFIG_VENUE_KEYS; i++)
        if (i != TD_VENUE_KEY_symbols && differs(&config_venue_keys[i], now, next))
            needs_restart(now->name, config_venue_keys[i].name);
}

/* Taken by itself, or another program's, which reads the file anew. */
static bool is_not_ours(unsigned key)
{
    return key == TD_KEY_model_weights_file || strcmp(config_keys[key].section, "sync") == 0;
}

static void name_the_rest(const struct td_config *now, const struct td_config *next)
{
    for (unsigned i = 0; i < TD_CONFIG_KEYS; i++)
        if (!is_not_ours(i) && differs(&config_keys[i], now, next))
            needs_restart(config_keys[i].section, config_keys[i].name);
    for (unsigned v = 0; v < now->venue_count; v++) {
        const struct td_config_venue *section = section_named(next, now->venue[v].name);
        if (section == NULL)
            needs_restart(now->venue[v].name, "");
        else
            compare_section(&now->venue[v], section);
    }
    for (unsigned v = 0; v < next->venue_count; v++)
        if (section_named(now, next->venue[v].name) == NULL)
            needs_restart(next->venue[v].name, "");
}

/* ---- symbols ------------------------------------------------------------------------------------ */

/* The old configuration with the new symbols of the sections that are recorded. True: they are others than before. */
static bool merge(struct td_config *merged, const struct td_config *now,
                  const struct td_config *next)
{
    bool changed = false;
    *merged = *now;
    merged->symbol_count = 0;
    for (unsigned v = 0; v < merged->venue_count; v++) {
        struct td_config_venue *section = &merged->venue[v];
        const struct td_config_venue *other = section_named(next, section->name);
        bool takes = other != NULL && section->enabled && other->enabled;
        const struct td_config *from = takes ? next : now;
        const struct td_config_venue *symbols = takes ? other : &now->venue[v];
        changed |= strcmp(section->symbols, symbols->symbols) != 0;
        td_text_copy(section->symbols, sizeof section->symbols, symbols->symbols,
                     strlen(symbols->symbols));
        section->symbol_first = merged->symbol_count;
        section->symbol_count = symbols->symbol_count;
        for (unsigned i = 0; i < symbols->symbol_count; i++) {
            if (merged->symbol_count == TD_INSTRUMENTS_MAX)
                return false; /* said by whoever counts the room */
            memcpy(merged->symbol[merged->symbol_count++], from->symbol[symbols->symbol_first + i],
                   TD_SYMBOL_MAX);
        }
    }
    return changed;
}

/* The table in force: a symbol that stays is heard on the connection where it is. */
static const struct instruments *names_now(const struct setup *setup)
{
    return setup->reloads > 0 ? setup->reloaded[(setup->reloads - 1) % 2].table
                              : setup->instruments;
}

static void keep_shard(struct instrument *instrument, const struct instruments *now)
{
    int was = instruments_find(now, instrument->source, instrument->raw, strlen(instrument->raw));
    instrument->shard =
        was >= 0 ? instruments_peek(now, (unsigned)was)->shard : (uint8_t)VENUE_NO_SHARD;
}

/* The new ones, in the order of the configuration, once those that left have made room. False: a connection more would be needed. */
static bool give_shards(const struct setup *setup, struct instruments *table)
{
    for (unsigned i = 0; i < instruments_count(table); i++) {
        struct instrument *instrument = instruments_at(table, i);
        const struct core_source_params *source = &setup->deck.source[instrument->source];
        if (instrument->shard != VENUE_NO_SHARD)
            continue;
        int shard = venue_shard_free(source->venue, source->channels, table, instrument->source,
                                     setup->shards[instrument->source]);
        if (shard < 0) {
            TD_ERROR("config",
                     "event=reload_refused exchange=%s symbol=%s reason=\"its connections are "
                     "full\" next=\"restart, for one more; the old configuration stays in force\"",
                     source->venue->name, instrument->symbol);
            return false;
        }
        instrument->shard = (uint8_t)shard;
    }
    return true;
}

static void add_name(struct instruments *table, const struct instruments *now, uint16_t source,
                     const char *symbol, const char *raw)
{
    int index = instruments_add(table, source, symbol, raw);
    if (index >= 0)
        keep_shard(instruments_at(table, (unsigned)index), now);
}

/* The wire's table of them. False: there is no room for all. */
static bool fill_table(const struct setup *setup, const struct td_config *config,
                       struct instruments *table)
{
    instruments_init(table, TD_INSTRUMENTS_MAX);
    for (unsigned v = 0; v < config->venue_count; v++) {
        const struct td_config_venue *section = &config->venue[v];
        for (unsigned i = 0; section->enabled && i < section->symbol_count; i++) {
            const char *symbol = config->symbol[section->symbol_first + i];
            char raw[TD_SYMBOL_MAX];
            if (setup->deck.source[v].venue->spell(symbol, raw) < 0)
                TD_WARN("config", "exchange=%s symbol=%s event=left_out reason=\"not BASE-QUOTE\"",
                        section->name, symbol);
            else
                add_name(table, names_now(setup), (uint16_t)v, symbol, raw);
        }
    }
    unsigned count = instruments_count(table), room = setup->deck.capacity;
    if (count > room)
        TD_ERROR("config",
                 "event=reload_refused symbols=%u room=%u next=\"raise deck.spare_symbols and "
                 "restart; the old configuration stays in force\"",
                 count, room);
    return count <= room && give_shards(setup, table);
}

static void point_endpoints(struct setup *setup, struct setup_names *names)
{
    for (unsigned e = 0; e < setup->deck.endpoint_count; e++) {
        names->subscriber[e] = setup->subscriber[e];
        names->subscriber[e].subscription.instruments = names->table;
        names->subscribe_args[e] = &names->subscriber[e];
    }
}

/* Nothing else is touched: the deck's threads read what it was given of the configuration where it stands. */
static void keep_symbols(struct td_config *config, const struct td_config *merged)
{
    config->symbol_count = merged->symbol_count;
    memcpy(config->symbol, merged->symbol, sizeof config->symbol);
    for (unsigned v = 0; v < config->venue_count; v++) {
        struct td_config_venue *section = &config->venue[v];
        memcpy(section->symbols, merged->venue[v].symbols, sizeof section->symbols);
        section->symbol_first = merged->venue[v].symbol_first;
        section->symbol_count = merged->venue[v].symbol_count;
    }
}

bool setup_take(struct setup *setup, const struct td_config *next, struct wire_note *note)
{
    static struct td_config merged; /* too large for the stack */
    struct setup_names *names = &setup->reloaded[setup->reloads % 2];
    name_the_rest(&setup->config, next);
    td_text_copy(setup->config.model.weights_file, sizeof setup->config.model.weights_file,
                 next->model.weights_file, strlen(next->model.weights_file));
    if (!merge(&merged, &setup->config, next)) {
        TD_INFO("config", "event=reloaded symbols=unchanged");
        return false;
    }
    if (!fill_table(setup, &merged, names->table))
        return false;
    *note = (struct wire_note){.kind = TD_FRAME_CONFIG, .subscribe_args = names->subscribe_args};
    int bytes = td_config_core_text(&merged, note->text, sizeof note->text);
    if (bytes < 0) {
        TD_ERROR("config", "event=reload_refused reason=\"the text is longer than %zu bytes\"",
                 sizeof note->text);
        return false;
    }
    note->bytes = (uint32_t)bytes;
    point_endpoints(setup, names);
    setup->reloads++;
    keep_symbols(&setup->config, &merged);
    TD_INFO("config", "event=reloaded symbols=%u", instruments_count(names->table));
    return true;
}
