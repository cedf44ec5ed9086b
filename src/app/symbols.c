#include "app/symbols.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/exits.h"
#include "app/list_fetch.h"
#include "app/patterns.h"
#include "app/setup.h"
#include "base/log.h"
#include "base/text.h"

extern char **environ;

struct symbols {
    struct setup_options options;
    const struct venue *venue;
    char match[TD_SYMBOL_MAX]; /* "" all */
    int kind;                  /* -1 all */
    long top;                  /* 0 all */
    bool json, cached;
    struct catalogue *catalogue;
    int64_t written_ns;
    bool from_cache;
};

static void usage(FILE *out)
{
    fprintf(
        out,
        "tapedeck symbols: what a venue lists, as it is written in the configuration\n\n"
        "  tapedeck symbols VENUE [--match GLOB] [--kind KIND] [--top N] [--cached] [--json]\n"
        "                   [--config FILE] [--set section.key=value]...\n\n"
        "  --match GLOB   only symbols that match, such as 'ETH-*' or '*-USDT-PERP'\n"
        "  --kind KIND    spot, perp, future, option or index\n"
        "  --top N        the N busiest of the last 24 hours, where the venue tells volumes\n"
        "  --cached       the list of the last time, from deck.data_dir/lists; asks nobody\n"
        "  --json         one JSON object\n\n"
        "The list comes from the venue (rest_url of the configuration, where that is set) and is "
        "kept in\ndeck.data_dir/lists; where the venue does not answer, the kept one is shown and "
        "its age is said.\n\n"
        "examples\n"
        "  tapedeck symbols kraken --match 'BTC-*'\n"
        "  tapedeck symbols binance --top 20 --match '*-USDT'\n\n"
        "exit codes: 0 fine, 1 nothing matches, 2 usage, 3 configuration, 4 no list from the "
        "network and none kept\n");
}

static int64_t wall_ns(void)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->wall_ns(clock->ctx);
}

/* ---- the command line --------------------------------------------------------------------------- */

static int mistake(const char *what, const char *value)
{
    fprintf(stderr, "tapedeck symbols: %s: %s\n  see `tapedeck symbols --help`\n", what, value);
    return EXIT_USAGE;
}

static int take_match(struct symbols *s, const char *value)
{
    if (!td_text_copy(s->match, sizeof s->match, value, strlen(value)) || value[0] == '\0')
        return mistake("--match wants a pattern such as ETH-*", value);
    for (char *at = s->match; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    return EXIT_FINE;
}

static int take_kind(struct symbols *s, const char *value)
{
    for (s->kind = INSTRUMENT_SPOT; s->kind <= INSTRUMENT_INDEX; s->kind++)
        if (strcmp(value, catalogue_kind_word((uint8_t)s->kind)) == 0)
            return EXIT_FINE;
    return mistake("--kind is spot, perp, future, option or index, not", value);
}

static int take_top(struct symbols *s, const char *value)
{
    char *end;
    s->top = strtol(value, &end, 10);
    return *end != '\0' || s->top < 1 ? mistake("--top wants a number of symbols, not", value)
                                      : EXIT_FINE;
}

static int take_option(struct symbols *s, int option)
{
    switch (option) {
    case 'c':
        setup_option(&s->options, "config", optarg);
        return EXIT_FINE;
    case 's':
        return setup_option(&s->options, "set", optarg) ? EXIT_FINE
                                                        : mistake("too many --set", optarg);
    case 'm':
        return take_match(s, optarg);
    case 'k':
        return take_kind(s, optarg);
    case 't':
        return take_top(s, optarg);
    case 'o':
        s->cached = true;
        return EXIT_FINE;
    case 'j':
        s->json = true;
        return EXIT_FINE;
    default:
        return EXIT_USAGE;
    }
}

static int take_venue(struct symbols *s, int argc, char **argv)
{
    if (optind + 1 != argc) {
        fprintf(stderr, "tapedeck symbols: name one venue; `tapedeck venues` lists them\n");
        return EXIT_USAGE;
    }
    s->venue = venue_find(argv[optind]);
    if (s->venue != NULL)
        return EXIT_FINE;
    const char *near = venue_nearest(argv[optind]);
    fprintf(stderr, "tapedeck symbols: unknown venue: %s%s%s\n  `tapedeck venues` lists them\n",
            argv[optind], near != NULL ? "; did you mean " : "", near != NULL ? near : "");
    return EXIT_USAGE;
}

static int parse_options(struct symbols *s, int argc, char **argv, bool *help)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"match", required_argument, NULL, 'm'},
        {"kind", required_argument, NULL, 'k'},
        {"top", required_argument, NULL, 't'},
        {"cached", no_argument, NULL, 'o'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;
    s->kind = -1;
    while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        *help |= option == 'h';
        int bad = *help ? EXIT_FINE : take_option(s, option);
        if (*help || bad != EXIT_FINE)
            return bad;
    }
    return take_venue(s, argc, argv);
}

/* ---- the list ----------------------------------------------------------------------------------- */

static const char *venue_name(unsigned index)
{
    const struct venue *venue = venue_at(index);
    return venue == NULL ? NULL : venue->name;
}

static const struct td_config_venue *section(const struct td_config *config, const char *name)
{
    for (unsigned v = 0; v < config->venue_count; v++)
        if (strcmp(config->venue[v].name, name) == 0)
            return &config->venue[v];
    return NULL;
}

static int load_config(struct symbols *s, struct setup *setup)
{
    struct td_config_input input = {.path = s->options.config_path,
                                    .environment = environ,
                                    .sets = s->options.set,
                                    .set_count = s->options.set_count,
                                    .venue_name = venue_name,
                                    .no_symbols_needed = true,
                                    .skip_unknown_venues = true,
                                    .errors = stderr};
    return td_config_load(&setup->config, &input) < 0 ? EXIT_CONFIG : EXIT_FINE;
}

static void *map(size_t bytes)
{
    void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TD_ASSERT(mem != MAP_FAILED, "no memory at start");
    return mem;
}

/* The symbols that the configuration names: venues that list symbols one by one are asked for those. */
static struct instruments *configured(const struct symbols *s, const struct td_config *config)
{
    struct instruments *table =
        instruments_init(map(instruments_footprint(TD_INSTRUMENTS_MAX)), TD_INSTRUMENTS_MAX);
    const struct td_config_venue *own = section(config, s->venue->name);
    for (unsigned i = 0; own != NULL && i < own->symbol_count; i++) {
        const char *symbol = config->symbol[own->symbol_first + i];
        char raw[TD_SYMBOL_MAX];
        if (!pattern_is(symbol, strlen(symbol)) && s->venue->spell(symbol, raw) == 0)
            instruments_add(table, 0, symbol, raw);
    }
    return table;
}

static int fetch(const struct symbols *s, struct setup *setup, void *mem)
{
    const struct td_config *config = &setup->config;
    const struct td_config_venue *own = section(config, s->venue->name);
    int bad = setup_certificates(setup);
    if (bad != EXIT_FINE)
        return bad;
    struct list_ask ask = {
        .venue = s->venue,
        .rest_url = own != NULL && own->rest_url[0] != '\0' ? own->rest_url : s->venue->rest_url,
        .sub = {.instruments = configured(s, config), .every_shard = true, .channels = 7},
        .volumes = true,
        .volumes_needed = s->top > 0};
    struct list_fetch_params params = {.os = td_os_linux(),
                                       .ca_pem = setup->deck.ca_pem,
                                       .ca_bytes = setup->deck.ca_bytes,
                                       .connect_timeout_ms =
                                           (uint32_t)config->net.connect_timeout_s * 1000,
                                       .data_dir = config->deck.data_dir,
                                       .progress = isatty(2) && !s->json};
    bool fetched = lists_fetch(&params, mem, &ask, 1);
    if (fetched && ask.without_volumes)
        fprintf(stderr, "tapedeck symbols: without volumes: %s answers them with HTTP status %d\n",
                ask.rest_url, ask.status);
    if (fetched)
        return EXIT_FINE;
    fprintf(stderr, "tapedeck symbols: no list from %s: %s", ask.rest_url, ask.wrong);
    if (ask.status != 0)
        fprintf(stderr, " (HTTP status %d)", ask.status);
    fprintf(stderr, "\n");
    return EXIT_NETWORK;
}

static int no_list(const struct symbols *s, const struct td_config *config, td_err err)
{
    if (s->venue->list_url == NULL) {
        fprintf(stderr,
                "tapedeck symbols: %s has no list that can be asked for; symbols are recorded by "
                "their names\n",
                s->venue->name);
        return EXIT_NETWORK;
    }
    const char *reason = err == TD_E_MISSING ? "none is kept" : "the one that is kept is damaged";
    fprintf(stderr,
            "tapedeck symbols: no symbol list of %s: %s in %s/lists\n  connect this machine to "
            "the network, or correct %s.rest_url, and ask again\n",
            s->venue->name, reason, config->deck.data_dir, s->venue->name);
    return EXIT_NETWORK;
}

static int load_list(struct symbols *s, struct setup *setup)
{
    void *mem = map(catalogue_footprint());
    bool ask = !s->cached && s->venue->list_url != NULL;
    int bad = ask ? fetch(s, setup, mem) : EXIT_NETWORK;
    if (bad != EXIT_FINE && bad != EXIT_NETWORK)
        return bad;
    s->from_cache = bad != EXIT_FINE;
    s->catalogue = catalogue_init(mem, s->venue);
    td_err err = list_cache_load(setup->config.deck.data_dir, s->catalogue, &s->written_ns);
    if (err < 0)
        return no_list(s, &setup->config, err);
    char age[32];
    list_age_text(wall_ns() - s->written_ns, age);
    if (s->from_cache)
        fprintf(stderr, "tapedeck symbols: showing the list that was kept %s ago\n", age);
    return EXIT_FINE;
}

/* ---- showing ------------------------------------------------------------------------------------ */

static bool is_shown(const struct symbols *s, const struct catalogue_entry *entry)
{
    return (s->kind < 0 || entry->kind == s->kind) &&
           (s->match[0] == '\0' || pattern_match(s->match, entry->symbol));
}

static const char *or_dash(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

static void show(const struct catalogue_entry *entry)
{
    char volume[32] = "-";
    if (entry->has_volume)
        snprintf(volume, sizeof volume, "%.0f", entry->volume);
    printf("%-24s %-24s %-7s %-8s %-6s %-14s %-14s %-12s %16s\n", entry->symbol, entry->raw,
           catalogue_kind_word(entry->kind), or_dash(entry->base), or_dash(entry->quote),
           or_dash(entry->price_step), or_dash(entry->size_step), or_dash(entry->status), volume);
}

static void show_text(const char *key, const char *text, struct td_str *out)
{
    td_str_add_format(out, ",\"%s\":", key);
    if (text[0] == '\0') {
        td_str_add(out, "null");
        return;
    }
    td_str_add_char(out, '"');
    td_str_add_json(out, text, strlen(text));
    td_str_add_char(out, '"');
}

static void show_json(const struct catalogue_entry *entry, bool first)
{
    char text[2048]; /* every text escaped at its longest is shorter */
    struct td_str out = td_str_on(text, sizeof text);
    td_str_add_format(&out, "%s\n{\"symbol\":\"", first ? "" : ",");
    td_str_add_json(&out, entry->symbol, strlen(entry->symbol));
    td_str_add_char(&out, '"');
    show_text("raw", entry->raw, &out);
    show_text("kind", catalogue_kind_word(entry->kind), &out);
    show_text("base", entry->base, &out);
    show_text("quote", entry->quote, &out);
    show_text("price_step", entry->price_step, &out);
    show_text("size_step", entry->size_step, &out);
    show_text("status", entry->status, &out);
    td_str_add_format(&out, ",\"tradable\":%s", catalogue_tradable(entry) ? "true" : "false");
    if (entry->has_volume)
        td_str_add_format(&out, ",\"volume_24h\":%.17g}", entry->volume);
    else
        td_str_add(&out, ",\"volume_24h\":null}");
    fputs(text, stdout);
}

/* The busiest first. */
static int by_volume(const void *a, const void *b)
{
    const struct catalogue_entry *x = *(const struct catalogue_entry *const *)a;
    const struct catalogue_entry *y = *(const struct catalogue_entry *const *)b;
    if (x->volume != y->volume)
        return x->volume < y->volume ? 1 : -1;
    return strcmp(x->symbol, y->symbol);
}

static unsigned choose(const struct symbols *s, const struct catalogue_entry **chosen)
{
    unsigned count = 0;
    for (unsigned i = 0; i < catalogue_count(s->catalogue); i++) {
        const struct catalogue_entry *entry = catalogue_at(s->catalogue, i);
        if (is_shown(s, entry) && (s->top == 0 || entry->has_volume))
            chosen[count++] = entry;
    }
    if (s->top == 0)
        return count;
    qsort(chosen, count, sizeof(void *), by_volume);
    return count < (unsigned long)s->top ? count : (unsigned)s->top;
}

/* Why nothing is shown, and what comes near. */
static int tell_none(const struct symbols *s)
{
    static struct pattern_names names;
    const char *why = "";
    bool volumes = false;
    for (unsigned i = 0; i < catalogue_count(s->catalogue); i++)
        volumes |= catalogue_at(s->catalogue, i)->has_volume;
    if (s->top > 0 && s->venue->volume_url == NULL)
        why = "; this venue does not tell volumes";
    else if (s->top > 0 && !volumes)
        why = "; the list that is kept has no volumes";
    fprintf(stderr, "tapedeck symbols: none of the %u symbols of %s matches%s\n",
            catalogue_count(s->catalogue), s->venue->name, why);
    if (s->match[0] != '\0' && !pattern_is(s->match, strlen(s->match)))
        patterns_resolve(s->catalogue, s->match, false, &names, stderr);
    return EXIT_PROBLEMS;
}

static int print(const struct symbols *s)
{
    static const struct catalogue_entry *chosen[CATALOGUE_ENTRIES_MAX];
    unsigned count = choose(s, chosen);
    if (s->json)
        printf("{\"venue\":\"%s\",\"from\":\"%s\",\"age_s\":%lld,\"listed\":%u,\"symbols\":[",
               s->venue->name, s->from_cache ? "cache" : "network",
               (long long)((wall_ns() - s->written_ns) / TD_NS_PER_S),
               catalogue_count(s->catalogue));
    else if (count > 0)
        printf("%-24s %-24s %-7s %-8s %-6s %-14s %-14s %-12s %16s\n", "symbol", "at the venue",
               "kind", "base", "quote", "price step", "size step", "status", "24 h volume");
    for (unsigned i = 0; i < count && !s->json; i++)
        show(chosen[i]);
    for (unsigned i = 0; i < count && s->json; i++)
        show_json(chosen[i], i == 0);
    if (s->json)
        printf("]}\n");
    return count > 0 ? EXIT_FINE : tell_none(s);
}

int symbols_main(int argc, char **argv)
{
    static struct symbols symbols;
    static struct setup setup;
    bool help = false;
    int bad = parse_options(&symbols, argc, argv, &help);
    if (help)
        usage(stdout);
    if (help || bad != EXIT_FINE)
        return bad;
    td_log_setup(2, TD_LOG_ERROR, NULL);
    bad = load_config(&symbols, &setup);
    if (bad == EXIT_FINE)
        bad = load_list(&symbols, &setup);
    return bad == EXIT_FINE ? print(&symbols) : bad;
}
