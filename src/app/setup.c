#include "app/setup.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/exits.h"
#include "app/setup_reload.h"
#include "app/setup_talk.h"
#include "base/log.h"
#include "base/text.h"
#include "net/roots.h"

extern char **environ;

enum { MIB = 1 << 20 };

static const char *venue_name(unsigned index)
{
    const struct venue *venue = venue_at(index);
    return venue == NULL ? NULL : venue->name;
}

bool setup_option(struct setup_options *options, const char *name, const char *value)
{
    if (strcmp(name, "config") == 0)
        options->config_path = value;
    else if (strcmp(name, "sources") == 0)
        options->sources = value;
    else if (strcmp(name, "set") == 0 && options->set_count < SETUP_SETS_MAX)
        options->set[options->set_count++] = value;
    else
        return false;
    return true;
}

static struct instruments *new_table(void)
{
    size_t bytes = instruments_footprint(TD_INSTRUMENTS_MAX);
    void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TD_ASSERT(mem != MAP_FAILED, "no memory at start");
    return instruments_init(mem, TD_INSTRUMENTS_MAX);
}

static bool in_list(const char *list, const char *name)
{
    size_t bytes = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ','), at = at != NULL ? at + 1 : NULL)
        if (strncmp(at, name, bytes) == 0 && (at[bytes] == ',' || at[bytes] == '\0'))
            return true;
    return false;
}

static size_t subscribe_text(void *arg, unsigned n, char *out, size_t cap)
{
    const struct setup_endpoint *endpoint = arg;
    const struct td_clock *clock = &endpoint->deck->os->clock;
    struct venue_subscription subscription = endpoint->subscription;
    subscription.wall_ns = clock->wall_ns(clock->ctx);
    return endpoint->venue->subscribe(&subscription, n, out, cap);
}

/* To the first connections that have room; how many there are is fixed from then on. */
static int give_shard(struct setup *setup, unsigned index, const struct td_config_venue *section)
{
    struct instrument *instrument = instruments_at(setup->instruments, index);
    const struct venue *venue = setup->deck.source[instrument->source].venue;
    unsigned *shards = &setup->shards[instrument->source], most = venue_shards_max(venue);
    instrument->shard = VENUE_NO_SHARD;
    int shard =
        venue_shard_free(venue, section->channels, setup->instruments, instrument->source, most);
    if (shard < 0) {
        fprintf(stderr,
                "tapedeck: [%s] more symbols than %u connections hold (%u each)\n"
                "  write fewer symbols, or record them on two machines\n",
                venue->name, most * venue_endpoints(venue),
                venue_shard_symbols(venue, section->channels));
        return EXIT_CONFIG;
    }
    instrument->shard = (uint8_t)shard;
    *shards = (unsigned)shard + 1 > *shards ? (unsigned)shard + 1 : *shards;
    return EXIT_FINE;
}

static int add_symbols(struct setup *setup, const struct td_config_venue *section, uint16_t source)
{
    const struct venue *venue = setup->deck.source[source].venue;
    for (unsigned i = 0; i < section->symbol_count; i++) {
        const char *symbol = setup->config.symbol[section->symbol_first + i];
        char raw[TD_SYMBOL_MAX];
        if (venue->spell(symbol, raw) < 0) {
            fprintf(stderr,
                    "tapedeck: [%s] symbol %s is not of the form BASE-QUOTE; it is left out\n",
                    venue->name, symbol);
            continue;
        }
        int index = instruments_add(setup->instruments, source, symbol, raw);
        if (index == TD_E_EXISTS)
            fprintf(stderr, "tapedeck: [%s] symbol %s stands twice\n", venue->name, symbol);
        else if (index < 0 || give_shard(setup, (unsigned)index, section) != EXIT_FINE)
            return EXIT_CONFIG;
    }
    return EXIT_FINE;
}

/* One connection. A channel that is not recorded needs none. */
static int add_endpoint(struct setup *setup, const struct td_config_venue *section, uint16_t source,
                        unsigned line)
{
    const struct core_source_params *params = &setup->deck.source[source];
    const struct venue *venue = params->venue;
    unsigned kinds = venue_endpoints(venue), at = setup->deck.endpoint_count;
    struct venue_endpoint kind = venue_endpoint_at(venue, line % kinds);
    if ((kind.channels & params->channels) == 0)
        return EXIT_FINE;
    if (at == TD_CONNS_MAX) {
        fprintf(stderr, "tapedeck: more than %d connections; write fewer symbols\n", TD_CONNS_MAX);
        return EXIT_CONFIG;
    }
    struct setup_endpoint *subscriber = &setup->subscriber[at];
    struct td_str url = td_str_on(setup->url[at], sizeof setup->url[at]);
    td_str_add_format(&url, "%s%s", section->url[0] != '\0' ? section->url : venue->ws_url,
                      kind.path);
    TD_ASSERT(!url.cut, "an endpoint's path is within its limit");
    *subscriber =
        (struct setup_endpoint){.venue = venue,
                                .deck = &setup->deck,
                                .subscription = {.instruments = setup->instruments,
                                                 .source = source,
                                                 .shard = (uint8_t)(line / kinds),
                                                 .endpoint = (uint8_t)(line % kinds),
                                                 .channels = params->channels & kind.channels}};
    setup->endpoint[setup->deck.endpoint_count++] = (struct wire_endpoint){
        .source = source,
        .line = (uint8_t)line,
        .name = venue->name,
        .url = setup->url[at],
        .subscribe = subscribe_text,
        .subscribe_arg = subscriber,
        .subscribe_gap_ms = venue->subscribe_gap_ms,
        .ping_text = venue->ping_text,
        .ping_interval_ms = venue->ping_interval_ms,
        .life_s = section->conn_life_s > 0 ? (uint32_t)section->conn_life_s : venue->conn_life_s,
        .silence_ms = (uint32_t)section->silence_s * 1000};
    return setup_talk(setup, section, at);
}

static int add_endpoints(struct setup *setup, const struct td_config_venue *section,
                         uint16_t source)
{
    unsigned lines = setup->shards[source] * venue_endpoints(setup->deck.source[source].venue);
    for (unsigned line = 0; line < lines; line++)
        if (add_endpoint(setup, section, source, line) != EXIT_FINE)
            return EXIT_CONFIG;
    return EXIT_FINE;
}

/* frame.source is the section's place in the configuration, so a source that is switched off keeps its number. */
static int add_sources(struct setup *setup)
{
    for (unsigned s = 0; s < setup->config.venue_count; s++) {
        const struct td_config_venue *section = &setup->config.venue[s];
        const struct venue *venue = venue_find(section->name);
        setup->deck.source[setup->deck.source_count++] = (struct core_source_params){
            .venue = venue,
            .channels = section->channels,
            .rest_url = section->rest_url[0] != '\0' ? section->rest_url : venue->rest_url};
        if (!section->enabled || section->symbol_count == 0)
            continue;
        setup->shards[s] = 1;
        if (add_symbols(setup, section, (uint16_t)s) != EXIT_FINE ||
            add_endpoints(setup, section, (uint16_t)s) != EXIT_FINE)
            return EXIT_CONFIG;
    }
    if (setup->deck.endpoint_count == 0) {
        fprintf(stderr, "tapedeck: nothing to record: no venue section with symbols is enabled\n"
                        "  write for example\n\n  [coinbase]\n  symbols = BTC-USD\n\n");
        return EXIT_CONFIG;
    }
    return EXIT_FINE;
}

unsigned setup_sources(const struct setup *setup)
{
    unsigned count = 0;
    for (unsigned s = 0; s < setup->deck.source_count; s++)
        count += setup->shards[s] > 0;
    return count;
}

static void fill_deck(struct setup *setup)
{
    const struct td_config *config = &setup->config;
    struct td_str path = td_str_on(setup->shm_path, sizeof setup->shm_path);
    td_str_add_format(&path, "%s/tapedeck-%s.log", config->deck.shm_dir, config->deck.id);
    td_config_core_text(config, setup->core_text, sizeof setup->core_text);
    td_config_hash(setup->core_text, strlen(setup->core_text), setup->config_hash);
    setup->deck =
        (struct deck_params){.os = td_os_linux(),
                             .name = config->deck.id,
                             .data_dir = config->deck.data_dir,
                             .shm_path = setup->shm_path,
                             .config_hash = setup->config_hash,
                             .config_text = setup->core_text,
                             .instruments = setup->instruments,
                             .log_terms = TD_LOG_TERMS,
                             .memory_max_bytes = (size_t)config->deck.memory_mb * MIB,
                             .log_term_bytes = (uint32_t)config->deck.queue_mb * MIB / TD_LOG_TERMS,
                             .journal = true,
                             .journal_sync_ms = (uint32_t)config->journal.sync_ms,
                             .journal_file_bytes = (int64_t)config->journal.file_mb * MIB,
                             .journal_max_bytes = (int64_t)config->journal.max_mb * MIB,
                             .journal_level = config->journal.level,
                             .segment_level = config->segment.zstd_level,
                             .segment_bytes = (int64_t)config->segment.max_mb * 1000 * 1000,
                             .group_rows = (uint32_t)config->segment.rows_max,
                             .pool_bytes = (uint64_t)config->segment.pool_mb * MIB,
                             .compat = config->segment.compat,
                             .frames = config->segment.frames,
                             .book_pool_levels = (uint32_t)config->book.pool_levels,
                             .book_max_depth = (uint32_t)config->book.max_depth,
                             .features = feature_config_of(config),
                             .lock_memory = true,
                             .stop_ms = (uint32_t)config->deck.stop_s * 1000,
                             .endpoints = setup->endpoint,
                             .connect_timeout_ms = (uint32_t)config->net.connect_timeout_s * 1000};
}

static int from_config(struct setup *setup)
{
    setup->instruments = new_table();
    setup->reloaded[0].table = new_table();
    setup->reloaded[1].table = new_table();
    fill_deck(setup);
    int bad = add_sources(setup);
    unsigned capacity =
        instruments_count(setup->instruments) + (unsigned)setup->config.deck.spare_symbols;
    setup->deck.capacity = capacity < TD_INSTRUMENTS_MAX ? capacity : TD_INSTRUMENTS_MAX;
    return bad;
}

int setup_from_text(struct setup *setup, const char *label, const char *text, size_t bytes)
{
    if (td_config_parse(&setup->config, label, text, bytes, venue_name, stderr) < 0)
        return EXIT_CONFIG;
    return from_config(setup);
}

/* Sections that the command line leaves out are switched off, so that the journalled text says what is recorded. */
static td_err load_config(struct td_config *config, const struct setup_options *options)
{
    struct td_config_input input = {.path = options->config_path,
                                    .environment = environ,
                                    .sets = options->set,
                                    .set_count = options->set_count,
                                    .venue_name = venue_name,
                                    .skip_unknown_venues = true,
                                    .errors = stderr};
    TD_TRY(td_config_load(config, &input));
    for (unsigned s = 0; options->sources != NULL && s < config->venue_count; s++)
        config->venue[s].enabled &= in_list(options->sources, config->venue[s].name);
    return 0;
}

int setup_load(struct setup *setup, const struct setup_options *options)
{
    setup->options = *options;
    if (load_config(&setup->config, options) < 0)
        return EXIT_CONFIG;
    int bad = chosen_begin(setup);
    if (bad == EXIT_FINE)
        bad = from_config(setup);
    setup->deck.ask_volumes = setup->chosen.volumes;
    return bad;
}

bool setup_reload(struct setup *setup, struct wire_note *note)
{
    static struct td_config next; /* too large for the stack */
    if (load_config(&next, &setup->options) < 0) {
        TD_ERROR("config", "event=reload_refused next=\"the old configuration stays in force\"");
        return false;
    }
    return chosen_again(setup, &next) && setup_take(setup, &next, note);
}

static int certificates_failed(const char *path, const char *why)
{
    fprintf(stderr,
            "tapedeck: certificates %s: %s\n  set net.ca_file to a PEM file of trusted roots\n",
            path, why);
    return EXIT_CONFIG;
}

int setup_certificates(struct setup *setup)
{
    char found[ROOTS_PATH_MAX];
    const char *why, *path = roots_find(setup->config.net.ca_file, found);
    if (path == NULL)
        return certificates_failed("", "none found in the usual places");
    if (roots_read(path, &setup->deck.ca_pem, &setup->deck.ca_bytes, &why) < 0)
        return certificates_failed(path, why);
    return EXIT_FINE;
}
