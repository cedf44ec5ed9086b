/* The bundled exchange: its venues on loopback, with a market whose true books can be asked for. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/os.h"
#include "exchange/identity.h"
#include "exchange/memory.h"
#include "exchange/server.h"
#include "exchange/symbols.h"

static const char help[] =
    "exchange: venues on loopback, over TLS and without\n"
    "\n"
    "  exchange --seed 7 --rate 2000 --symbols 10 --ca-out /tmp/ca.pem\n"
    "  exchange ready port=38211 ca=/tmp/ca.pem\n"
    "\n"
    "  --port N             0 (default): any that is free\n"
    "  --port-file FILE     lines name=port, for each venue and for the oracle\n"
    "  --ca-out FILE        the authority to trust (PEM), made at each start\n"
    "  --seed N             of the markets, the faults and all else (1)\n"
    "  --rate N             messages a second over all symbols that somebody ever asked for "
    "(1000);\n"
    "                       0: as fast as the clients read\n"
    "  --venues LIST        which there are (coinbase,binance,kraken); all: every one below\n"
    "  --symbols WHAT       a count (10), or names: BTC-USD,ETH-USD; VENUE:WHAT for one venue\n"
    "  --fault KIND:CHANCE  for each book message, e.g. drop:0.001; VENUE/KIND:CHANCE for one "
    "venue\n"
    "  --refuse VENUE:SYM   a symbol that is listed and yet refused to whoever asks for it\n"
    "  --play VENUE FILE    a recording (plain or .zst) in place of the model; again for more "
    "files\n"
    "  --speed X            of recordings; 1 as recorded, 0 as fast as the clients read (1)\n"
    "  --history N          changes that can be taken back for the oracle (1000000)\n"
    "\n"
    "Oracle   /oracle/VENUE/BTC-USD?seq=N&time_us=T&depth=D   the book after that message (latest "
    "told)\n"
    "         seq: messages of that book since the start; Binance: the update id\n"
    "         /oracle/trades/VENUE/BTC-USD   /oracle/sent   counts of what was sent and injected\n"
    "Control  /control/pause  resume  step?count=N  rate?value=N  stop  list?venue=&add=BTC-USD\n"
    "         sync   /oracle/sent counts as unsynced who has not read all that was told before\n"
    "         disarm   no fault waits any longer\n"
    "         /control/fault?venue=&kind=&symbol=&count=&channel=book|trade|ticker|any\n"
    "         of messages     drop duplicate reorder garbage wrong_checksum bad_level slow "
    "fragment\n"
    "         at once         stall (&ms=) close (&code=) eof rst jumbo big_size\n"
    "         notice (&ms=): the venue says that it will close its connections, and then does\n"
    "         next upgrade    html refuse (&status=403); next HTTP answer: http_html http_refuse\n";

enum { LIST = 64 };

struct options {
    int64_t port, seed, rate, history;
    const char *ca_path, *port_path;
    const char *symbols[LIST], *faults[LIST], *plays[LIST]; /* plays: venue, file, venue, file */
    const char *refusals[LIST], *venues;
    unsigned symbol_lists, fault_lists, play_texts, refusal_texts;
    double speed;
};

enum {
    PORT = 1,
    PORT_FILE,
    CA_OUT,
    SEED,
    RATE,
    SYMBOLS,
    FAULT,
    PLAY,
    SPEED,
    HISTORY,
    HELP,
    VENUES,
    REFUSE
};

static const struct option option_list[] = {
    {"port", required_argument, NULL, PORT},     {"port-file", required_argument, NULL, PORT_FILE},
    {"ca-out", required_argument, NULL, CA_OUT}, {"seed", required_argument, NULL, SEED},
    {"rate", required_argument, NULL, RATE},     {"symbols", required_argument, NULL, SYMBOLS},
    {"fault", required_argument, NULL, FAULT},   {"play", required_argument, NULL, PLAY},
    {"speed", required_argument, NULL, SPEED},   {"history", required_argument, NULL, HISTORY},
    {"venues", required_argument, NULL, VENUES}, {"refuse", required_argument, NULL, REFUSE},
    {"help", no_argument, NULL, HELP},           {NULL, 0, NULL, 0},
};

static void print_help(void)
{
    const struct feed *feed;
    fputs(help, stdout);
    puts("Venues: name, what follows wss://localhost:PORT and https://localhost:PORT, a symbol, "
         "levels\n"
         "        that are shown a side (0 all)");
    for (unsigned i = 0; (feed = feed_at(i)); i++)
        printf("  venue %s /%s%s /%s BTC-%s %u\n", feed->name, feed->name,
               feed->ws_path ? feed->ws_path : "", feed->name, feed->quote, feed->shown);
}

static _Noreturn void refuse(const char *what, const char *text)
{
    fprintf(stderr, "exchange: %s: %s (--help tells more)\n", what, text);
    exit(2);
}

static int64_t number(const char *what, const char *text, int64_t least, int64_t most)
{
    int64_t value;
    if (td_integer_parse(text, strlen(text), &value) < 0 || value < least || value > most)
        refuse(what, text);
    return value;
}

static void keep(const char **list, unsigned *count, const char *text)
{
    if (*count == LIST)
        refuse("given too often", text);
    list[(*count)++] = text;
}

static void take_option(struct options *options, int option, char **arguments, int count)
{
    switch (option) {
    case PORT:
        options->port = number("port", optarg, 0, 65535);
        break;
    case PORT_FILE:
        options->port_path = optarg;
        break;
    case CA_OUT:
        options->ca_path = optarg;
        break;
    case SEED:
        options->seed = number("seed", optarg, 0, INT64_MAX);
        break;
    case RATE:
        options->rate = number("rate", optarg, 0, 10000000);
        break;
    case SYMBOLS:
        keep(options->symbols, &options->symbol_lists, optarg);
        break;
    case FAULT:
        keep(options->faults, &options->fault_lists, optarg);
        break;
    case PLAY:
        if (optind >= count)
            refuse("--play wants a venue and a file", optarg);
        keep(options->plays, &options->play_texts, optarg);
        keep(options->plays, &options->play_texts, arguments[optind++]);
        break;
    case SPEED:
        if (td_decimal_to_double(optarg, strlen(optarg), &options->speed) < 0 || options->speed < 0)
            refuse("speed", optarg);
        break;
    case HISTORY:
        options->history = number("history", optarg, 1, 1 << 26);
        break;
    case VENUES:
        options->venues = optarg;
        break;
    case REFUSE:
        keep(options->refusals, &options->refusal_texts, optarg);
        break;
    case HELP:
        print_help();
        exit(0);
    default:
        exit(2);
    }
}

static void read_options(struct options *options, int count, char **arguments)
{
    int option;
    *options = (struct options){.seed = 1,
                                .rate = 1000,
                                .history = 1000000,
                                .speed = 1,
                                .venues = "coinbase,binance,kraken"};
    while ((option = getopt_long(count, arguments, "", option_list, NULL)) != -1)
        take_option(options, option, arguments, count);
    if (optind < count)
        refuse("unknown argument", arguments[optind]);
}

/* A list of one venue's own wins over one for all. */
static const char *symbols_for(const struct options *options, const char *venue)
{
    const char *chosen = "10";
    bool own = false;
    for (unsigned i = 0; i < options->symbol_lists; i++) {
        const char *list = options->symbols[i], *colon = strchr(list, ':');
        bool named = colon && (size_t)(colon - list) == strlen(venue) &&
                     memcmp(list, venue, strlen(venue)) == 0;
        if (named || (!colon && !own))
            chosen = named ? colon + 1 : list;
        own |= named;
    }
    return chosen;
}

static bool is_wanted(const struct feed *feed, const char *venues)
{
    size_t bytes = strlen(feed->name);
    if (strcmp(venues, "all") == 0)
        return true;
    for (const char *at = venues; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == bytes && memcmp(at, feed->name, bytes) == 0)
            return true;
    return false;
}

static unsigned count_names(const char *venues)
{
    unsigned names = 1;
    for (; (venues = strchr(venues, ',')); venues++)
        names++;
    return names;
}

static struct house *open_houses(const struct options *options, unsigned *houses)
{
    enum { WARM_UP_US = 600000000 }; /* the model's own past ends well before now */
    struct history *history = memory_take(sizeof *history);
    const struct td_clock *clock = &td_os_linux()->clock;
    int64_t time_us = clock->wall_ns(clock->ctx) / TD_NS_PER_US - WARM_UP_US;
    uint64_t changes = (uint64_t)options->history;
    unsigned feeds = 0;
    while (feed_at(feeds))
        feeds++;
    struct house *house = memory_take(feeds * sizeof *house);
    history_init(history, memory_take(changes * sizeof(struct change)), changes);
    for (unsigned i = 0; i < feeds; i++) {
        const struct feed *feed = feed_at(i);
        const char *list = symbols_for(options, feed->name);
        if (!is_wanted(feed, options->venues))
            continue;
        house_init(&house[*houses], feed, history, (uint64_t)options->seed);
        if (!symbols_add(&house[(*houses)++], list, (uint64_t)options->seed, time_us))
            refuse("symbols", list);
    }
    if (strcmp(options->venues, "all") != 0 && count_names(options->venues) != *houses)
        refuse("a venue is not known or stands twice", options->venues);
    return house;
}

static void load_plays(struct control *control, struct play *play, const struct options *options)
{
    for (unsigned i = 0; i < options->play_texts; i += 2) {
        const char *venue = options->plays[i];
        struct house *house = control_house(control, venue, strlen(venue));
        if (house == NULL)
            refuse("unknown venue", venue);
        if (!play_add(&play[house - control->house], options->plays[i + 1]))
            exit(1);
        play[house - control->house].speed = options->speed;
    }
}

/* Beside and renamed: who waits for the file never sees half of it. */
static void write_ports(const char *path, const struct control *control, int port)
{
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "we");
    bool written = file != NULL;
    for (unsigned i = 0; written && i < control->houses; i++)
        written = fprintf(file, "%s=%d\n", control->house[i].feed->name, port) > 0;
    if (!written || fprintf(file, "oracle=%d\n", port) < 0 || fclose(file) != 0 ||
        rename(beside, path) != 0)
        refuse("cannot be written", path);
}

int main(int count, char **arguments)
{
    struct options options;
    mbedtls_ssl_config config;
    unsigned houses = 0;
    struct control *control = memory_take(sizeof *control);
    read_options(&options, count, arguments);
    struct house *house = open_houses(&options, &houses);
    struct play *play = memory_take(houses * sizeof *play);
    control_init(control, house, houses, (uint64_t)options.seed, options.rate);
    for (unsigned i = 0; i < options.fault_lists; i++)
        if (!control_throw(control, options.faults[i]))
            refuse("fault", options.faults[i]);
    for (unsigned i = 0; i < options.refusal_texts; i++)
        if (!control_refuse(control, options.refusals[i]))
            refuse("refuse", options.refusals[i]);
    load_plays(control, play, &options);
    if (!identity_make(&config, options.ca_path))
        return 1;
    struct server *server = server_make(control, play, &config);
    int port = server_listen(server, (int)options.port);
    if (port == 0)
        refuse("the port cannot be had", "--port");
    if (options.port_path)
        write_ports(options.port_path, control, port);
    signal(SIGTERM, server_interrupt);
    signal(SIGINT, server_interrupt);
    printf("exchange ready port=%d ca=%s\n", port, options.ca_path ? options.ca_path : "-");
    fflush(stdout);
    server_run(server);
    return 0;
}
