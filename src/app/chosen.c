#include "app/chosen.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/config_value.h"
#include "app/exits.h"
#include "app/list_fetch.h"
#include "app/patterns.h"
#include "app/setup.h"
#include "app/setup_reload.h"
#include "base/log.h"
#include "base/text.h"

static struct pattern_names names; /* large; main thread only */

/* ---- a configuration with other symbols --------------------------------------------------------- */

/* config->symbol from the sections' texts. False: there are too many. */
static bool list_again(struct td_config *config)
{
    config->symbol_count = 0;
    for (unsigned v = 0; v < config->venue_count; v++) {
        struct td_config_venue *section = &config->venue[v];
        const char *at = section->symbols[0] != '\0' ? section->symbols : NULL, *item;
        section->symbol_first = config->symbol_count;
        for (size_t bytes; config_list_next(&at, &item, &bytes); config->symbol_count++) {
            if (config->symbol_count == TD_INSTRUMENTS_MAX)
                return false;
            td_text_copy(config->symbol[config->symbol_count], TD_SYMBOL_MAX, item, bytes);
        }
        section->symbol_count = config->symbol_count - section->symbol_first;
    }
    return true;
}

static bool chooses(const struct td_config_venue *section)
{
    return section->enabled && patterns_in(section->symbols);
}

static const struct td_config_venue *same_section(const struct td_config *config, const char *name)
{
    for (unsigned v = 0; v < config->venue_count; v++)
        if (strcmp(config->venue[v].name, name) == 0)
            return &config->venue[v];
    return NULL;
}

/* ---- one section -------------------------------------------------------------------------------- */

enum outcome { TAKEN, NONE_LEFT, TOO_LONG, NO_CHOICE };

/* The section's items become names. */
static enum outcome take(struct td_config_venue *section, const struct catalogue *catalogue,
                         const char *items, bool strict, FILE *errors)
{
    if (!patterns_resolve(catalogue, items, strict, &names, errors))
        return NO_CHOICE;
    if (names.count == 0)
        return NONE_LEFT;
    bool fits = names.cut == 0 && patterns_text(&names, section->symbols, sizeof section->symbols);
    return fits ? TAKEN : TOO_LONG;
}

static const char *outcome_text(enum outcome outcome)
{
    static const char *const texts[] = {
        [TAKEN] = "",
        [NONE_LEFT] = "nothing is left to record",
        [TOO_LONG] = "these are more symbols than one deck records; choose fewer",
        [NO_CHOICE] = "they cannot be chosen by volume",
    };
    return texts[outcome];
}

static void show(const struct td_config_venue *section, const char *items)
{
    fprintf(stderr, "tapedeck: [%s] %s: %u symbols:", section->name, items, names.count);
    for (unsigned i = 0; i < names.count; i++)
        fprintf(stderr, "%s%s", i % 8 == 0 ? "\n  " : " ", names.name[i]);
    fprintf(stderr, "\n");
}

/* ---- the start ---------------------------------------------------------------------------------- */

static void *map(size_t bytes)
{
    void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TD_ASSERT(mem != MAP_FAILED, "no memory at start");
    return mem;
}

static const char *rest_url_of(const struct td_config_venue *section)
{
    return section->rest_url[0] != '\0' ? section->rest_url : venue_find(section->name)->rest_url;
}

/* Names beside patterns, for venues that list symbols one by one; source: the section's number. */
static void add_names(struct instruments *table, const struct td_config *config, unsigned v)
{
    const struct td_config_venue *section = &config->venue[v];
    for (unsigned i = 0; i < section->symbol_count; i++) {
        const char *symbol = config->symbol[section->symbol_first + i];
        char raw[TD_SYMBOL_MAX];
        if (!pattern_is(symbol, strlen(symbol)) &&
            venue_find(section->name)->spell(symbol, raw) == 0)
            instruments_add(table, (uint16_t)v, symbol, raw);
    }
}

static void tell_failure(const struct list_ask *ask)
{
    if (ask->fetched)
        return;
    fprintf(stderr, "tapedeck: [%s] no symbol list from %s: %s", ask->venue->name, ask->rest_url,
            ask->wrong);
    if (ask->status != 0)
        fprintf(stderr, " (HTTP status %d)", ask->status);
    fprintf(stderr, "\n");
}

/* The lists of the sections that choose; by section whether it came. */
static int fetch(struct setup *setup, bool fetched[TD_SOURCES_MAX])
{
    static struct list_ask asks[TD_SOURCES_MAX];
    const struct td_config *config = &setup->config;
    unsigned count = 0, of[TD_SOURCES_MAX];
    int bad = setup_certificates(setup);
    if (bad != EXIT_FINE)
        return bad;
    size_t table_bytes = instruments_footprint(TD_INSTRUMENTS_MAX);
    void *table_mem = map(table_bytes);
    struct instruments *table = instruments_init(table_mem, TD_INSTRUMENTS_MAX);
    for (unsigned v = 0; v < config->venue_count; v++) {
        const struct td_config_venue *section = &config->venue[v];
        if (!chooses(section))
            continue;
        add_names(table, config, v);
        of[count] = v;
        bool top = patterns_in_top(section->symbols);
        asks[count++] = (struct list_ask){.venue = venue_find(section->name),
                                          .rest_url = rest_url_of(section),
                                          .sub = {.instruments = table,
                                                  .source = (uint16_t)v,
                                                  .every_shard = true,
                                                  .channels = section->channels},
                                          .volumes = top,
                                          .volumes_needed = top};
    }
    struct list_fetch_params params = {.os = td_os_linux(),
                                       .ca_pem = setup->deck.ca_pem,
                                       .ca_bytes = setup->deck.ca_bytes,
                                       .connect_timeout_ms =
                                           (uint32_t)config->net.connect_timeout_s * 1000,
                                       .data_dir = config->deck.data_dir,
                                       .progress = isatty(2) && !setup->options.quiet};
    lists_fetch(&params, setup->chosen.catalogue_mem, asks, count);
    for (unsigned i = 0; i < count; i++) {
        fetched[of[i]] = asks[i].fetched;
        tell_failure(&asks[i]);
    }
    munmap(table_mem, table_bytes);
    return EXIT_FINE;
}

static int no_list(const struct setup *setup, const struct td_config_venue *section)
{
    if (venue_find(section->name)->list_url == NULL) {
        fprintf(stderr,
                "tapedeck: [%s] symbols = %s is chosen from the venue's list, and this venue has "
                "none that can be asked for: name the symbols\n",
                section->name, section->symbols);
        return EXIT_CONFIG;
    }
    fprintf(stderr,
            "tapedeck: [%s] symbols = %s is chosen from the venue's list, and there is none in "
            "%s/lists\n  once this machine reaches %s, `tapedeck record` and `tapedeck symbols %s` "
            "fetch it;\n  names such as BTC-USDT need no list\n",
            section->name, section->symbols, setup->config.deck.data_dir, rest_url_of(section),
            section->name);
    return EXIT_NETWORK;
}

static void tell_age(const struct td_config_venue *section, int64_t written_ns)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    char age[32];
    list_age_text(clock->wall_ns(clock->ctx) - written_ns, age);
    fprintf(stderr, "tapedeck: [%s] using the symbol list that was kept %s ago\n", section->name,
            age);
}

static int choose(struct setup *setup, unsigned v, bool fetched)
{
    struct td_config_venue *section = &setup->config.venue[v];
    char *items = setup->chosen.patterns[v];
    bool quiet = setup->options.lists == SETUP_LISTS_QUIET;
    struct catalogue *catalogue =
        catalogue_init(setup->chosen.catalogue_mem, venue_find(section->name));
    int64_t written_ns;
    if (list_cache_load(setup->config.deck.data_dir, catalogue, &written_ns) < 0)
        return no_list(setup, section);
    memcpy(items, section->symbols, sizeof section->symbols);
    setup->chosen.volumes |= (uint32_t)patterns_in_top(items) << v;
    if (!fetched && !quiet)
        tell_age(section, written_ns);
    enum outcome outcome = take(section, catalogue, items, fetched, quiet ? NULL : stderr);
    if (outcome != TAKEN) {
        fprintf(stderr, "tapedeck: [%s] symbols = %s: %s\n", section->name, items,
                outcome_text(outcome));
        return EXIT_CONFIG;
    }
    if (!quiet && !setup->options.quiet)
        show(section, items);
    return EXIT_FINE;
}

/* Names alone: the kept list may be old, so that what it lacks is told and recorded all the same. */
static void look_up(const struct setup *setup, unsigned v)
{
    const struct td_config_venue *section = &setup->config.venue[v];
    struct catalogue *catalogue =
        catalogue_init(setup->chosen.catalogue_mem, venue_find(section->name));
    int64_t written_ns;
    if (list_cache_load(setup->config.deck.data_dir, catalogue, &written_ns) < 0)
        return;
    patterns_resolve(catalogue, section->symbols, false, &names, stderr);
}

static int choose_all(struct setup *setup)
{
    bool fetched[TD_SOURCES_MAX] = {false};
    struct chosen *chosen = &setup->chosen;
    if (chosen->any && setup->options.lists == SETUP_LISTS_FETCHED) {
        int bad = fetch(setup, fetched);
        if (bad != EXIT_FINE)
            return bad;
    }
    for (unsigned v = 0; v < setup->config.venue_count; v++) {
        const struct td_config_venue *section = &setup->config.venue[v];
        int bad = EXIT_FINE;
        if (chooses(section))
            bad = choose(setup, v, fetched[v]);
        else if (section->enabled && setup->options.lists != SETUP_LISTS_QUIET)
            look_up(setup, v);
        if (bad != EXIT_FINE)
            return bad;
    }
    if (list_again(&setup->config))
        return EXIT_FINE;
    fprintf(stderr, "tapedeck: more than %d symbols in all; choose fewer\n", TD_INSTRUMENTS_MAX);
    return EXIT_CONFIG;
}

int chosen_begin(struct setup *setup)
{
    struct chosen *chosen = &setup->chosen;
    memset(chosen, 0, sizeof *chosen);
    for (unsigned v = 0; v < setup->config.venue_count; v++)
        chosen->any |= chooses(&setup->config.venue[v]);
    chosen->catalogue_mem = map(catalogue_footprint());
    int bad = choose_all(setup);
    bool keep = bad == EXIT_FINE && chosen->any && setup->options.lists == SETUP_LISTS_FETCHED;
    if (keep) {
        madvise(chosen->catalogue_mem, catalogue_footprint(), MADV_DONTNEED);
    } else {
        munmap(chosen->catalogue_mem, catalogue_footprint());
        chosen->catalogue_mem = NULL;
    }
    return bad;
}

/* ---- while recording ---------------------------------------------------------------------------- */

/* What the section of that name chooses by; NULL: there was no such section at the start. */
static char *patterns_of(struct setup *setup, const char *name)
{
    for (unsigned v = 0; v < setup->config.venue_count; v++)
        if (strcmp(setup->config.venue[v].name, name) == 0)
            return setup->chosen.patterns[v];
    return NULL;
}

static bool is_recorded(const struct setup *setup, const char *exchange, const char *symbol)
{
    const struct td_config_venue *section = same_section(&setup->config, exchange);
    for (unsigned i = 0; section != NULL && i < section->symbol_count; i++)
        if (strcmp(setup->config.symbol[section->symbol_first + i], symbol) == 0)
            return true;
    return false;
}

static unsigned enabled_symbols(const struct td_config *config)
{
    unsigned count = 0;
    for (unsigned v = 0; v < config->venue_count; v++)
        count += config->venue[v].enabled ? config->venue[v].symbol_count : 0;
    return count;
}

static unsigned fresh_symbols(const struct setup *setup, const struct td_config *config,
                              const struct td_config_venue *section)
{
    unsigned count = 0;
    for (unsigned i = 0; i < section->symbol_count; i++)
        count += !is_recorded(setup, section->name, config->symbol[section->symbol_first + i]);
    return count;
}

/* The section's symbols without the last of the new ones, as many as have no room; how many those are. */
static unsigned drop_new(const struct setup *setup, const struct td_config *config,
                         struct td_config_venue *section, unsigned excess)
{
    char kept[TD_CONFIG_SYMBOLS_MAX];
    struct td_str text = td_str_on(kept, sizeof kept);
    unsigned fresh = fresh_symbols(setup, config, section), met = 0;
    unsigned dropped = fresh < excess ? fresh : excess;
    for (unsigned i = 0; i < section->symbol_count; i++) {
        const char *symbol = config->symbol[section->symbol_first + i];
        if (!is_recorded(setup, section->name, symbol) && ++met > fresh - dropped) {
            TD_WARN("config",
                    "exchange=%s symbol=%s event=not_recorded reason=\"no room\" next=\"raise "
                    "deck.spare_symbols and restart\"",
                    section->name, symbol);
            continue;
        }
        td_str_add_format(&text, "%s%s", text.bytes > 0 ? "," : "", symbol);
    }
    memcpy(section->symbols, kept, text.bytes + 1);
    return dropped;
}

/* What was chosen beyond the room there is does not hold up the rest. */
static bool fit(struct setup *setup, struct td_config *next)
{
    if (!list_again(next)) {
        TD_ERROR("config", "event=choice_kept reason=\"more than %d symbols\"", TD_INSTRUMENTS_MAX);
        return false;
    }
    unsigned wanted = enabled_symbols(next), room = setup->deck.capacity;
    unsigned excess = wanted > room ? wanted - room : 0;
    for (unsigned v = next->venue_count; excess > 0 && v-- > 0;) {
        const char *items = patterns_of(setup, next->venue[v].name);
        if (next->venue[v].enabled && items != NULL && items[0] != '\0')
            excess -= drop_new(setup, next, &next->venue[v], excess);
    }
    return list_again(next);
}

/* From the list that is kept. False: the section is as it was, and why was told. */
static bool choose_again(struct setup *setup, struct td_config_venue *section, const char *items)
{
    struct catalogue *catalogue =
        catalogue_init(setup->chosen.catalogue_mem, venue_find(section->name));
    int64_t written_ns;
    td_err err = list_cache_load(setup->config.deck.data_dir, catalogue, &written_ns);
    enum outcome outcome = err < 0 ? NO_CHOICE : take(section, catalogue, items, true, NULL);
    if (outcome == TAKEN)
        return true;
    TD_ERROR("config", "exchange=%s event=choice_kept reason=\"%s\" items=%s", section->name,
             err < 0 ? "no symbol list is kept" : outcome_text(outcome), items);
    return false;
}

static void rest(const struct setup *setup)
{
    madvise(setup->chosen.catalogue_mem, catalogue_footprint(), MADV_DONTNEED);
}

bool chosen_again(struct setup *setup, struct td_config *next)
{
    static char items[TD_CONFIG_SYMBOLS_MAX]; /* main thread only */
    struct chosen *chosen = &setup->chosen;
    bool good = true, some = false;
    for (unsigned v = 0; v < next->venue_count; v++)
        some |= chooses(&next->venue[v]);
    if (!some && !chosen->any)
        return true;
    if (chosen->catalogue_mem == NULL) {
        TD_ERROR("config", "event=reload_refused reason=\"patterns in symbols\" next=\"restart\"");
        return false;
    }
    for (unsigned v = 0; good && v < next->venue_count; v++) {
        bool is = chooses(&next->venue[v]);
        char *kept = patterns_of(setup, next->venue[v].name);
        memcpy(items, is ? next->venue[v].symbols : "", is ? sizeof items : 1);
        good = !is || choose_again(setup, &next->venue[v], items);
        if (good && kept != NULL)
            memcpy(kept, items, sizeof items);
    }
    rest(setup);
    return good && fit(setup, next);
}

bool chosen_listed(struct setup *setup, struct wire_note *note)
{
    static struct td_config next; /* too large for the stack */
    next = setup->config;
    for (unsigned v = 0; v < next.venue_count; v++)
        if (setup->chosen.patterns[v][0] != '\0')
            choose_again(setup, &next.venue[v], setup->chosen.patterns[v]);
    rest(setup);
    return fit(setup, &next) && setup_take(setup, &next, note);
}
