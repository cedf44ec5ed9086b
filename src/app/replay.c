#include "app/replay.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "app/exits.h"
#include "app/replay_parts.h"
#include "app/report.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "venue/inflate.h"

static void usage(FILE *out)
{
    fprintf(
        out,
        "tapedeck replay: feed recorded traffic through the recorder's pipeline\n\n"
        "  tapedeck replay --venue NAME FILE... [--venue NAME FILE...] --out DIR\n\n"
        "  FILE is a capture, plain or zstd: one line a frame, `recv_ns TAB direction TAB "
        "payload`;\n"
        "  WebSocket and HTTP files of a venue are merged by time.\n\n"
        "  --out DIR        where ready/ is written (made when missing)\n"
        "  --symbols LIST   record only these (unified names, comma separated); default: every "
        "symbol seen\n"
        "  --journal        keep a journal too, in DIR/journal\n"
        "  --deck NAME      deck id in file names and rows (replay)\n"
        "  --level N        zstd level of segments (3)\n"
        "  --rows N         rows of a group (65536)\n"
        "  --frames         table frames: every message as it came\n"
        "  --compat         no DELTA_BINARY_PACKED, for old readers\n"
        "  --set SECTION.KEY=VALUE  of [features] and [model], as in tapedeck.ini; "
        "features.emit=event\n"
        "                   for a row each book event\n"
        "  --json           print the result as JSON\n"
        "  --quiet          warnings and errors only\n\n"
        "example\n"
        "  tapedeck replay --venue binance BINANCE.ws.1.zst BINANCE.http.0.zst --out /tmp/lake\n\n"
        "exit codes: 0 fine, 2 usage, 5 disk, 6 damaged capture\n");
}

/* ---- command line --------------------------------------------------------------------------------------------------- */

static int add_venue(struct replay *r, const char *name)
{
    const struct venue *venue = venue_find(name);
    if (venue == NULL) {
        const char *near = venue_nearest(name);
        fprintf(stderr, "tapedeck replay: unknown venue: %s%s%s\n  `tapedeck venues` lists them\n",
                name, near != NULL ? "; did you mean " : "", near != NULL ? near : "");
        return EXIT_USAGE;
    }
    if (r->deck.source_count == TD_SOURCES_MAX)
        return replay_complain("too many venues", name);
    r->deck.source[r->deck.source_count++] =
        (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
    return EXIT_FINE;
}

static int add_file(struct replay *r, const char *path)
{
    if (r->deck.source_count == 0)
        return replay_complain("a file before its --venue", path);
    if (r->file_count == REPLAY_FILES_MAX)
        return replay_complain("too many files", path);
    r->file[r->file_count++] =
        (struct replay_file){.path = path, .source = (uint16_t)(r->deck.source_count - 1)};
    return EXIT_FINE;
}

static int number(const char *name, const char *text, long min, long max, long *value)
{
    char *end = NULL;
    *value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || *value < min || *value > max) {
        fprintf(stderr, "tapedeck replay: %s %s is not a number from %ld to %ld\n", name, text, min,
                max);
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}

static void add_symbols(struct replay *r, char *list)
{
    for (char *save = NULL, *one = strtok_r(list, ",", &save); one != NULL;
         one = strtok_r(NULL, ",", &save))
        if (r->symbol_count < REPLAY_SYMBOLS_MAX)
            r->symbol[r->symbol_count++] = one;
}

static int take_option(struct replay *r, int option, char *value)
{
    long n = 0;
    int bad = EXIT_FINE;
    switch (option) {
    case 1: /* an argument that is no option */
        return add_file(r, value);
    case 'v':
        return add_venue(r, value);
    case 'o':
        r->out = value;
        break;
    case 's':
        add_symbols(r, value);
        break;
    case 'J':
        r->deck.journal = true;
        break;
    case 'd':
        r->deck.name = value;
        break;
    case 'l':
        bad = number("--level", value, 1, 19, &n);
        r->deck.segment_level = (int)n;
        break;
    case 'r':
        bad = number("--rows", value, 1, TD_GROUP_ROWS_MAX, &n);
        r->deck.group_rows = (uint32_t)n;
        break;
    case 'S':
        bad = replay_add_setting(r, value);
        break;
    case 'c':
        r->deck.compat = true;
        break;
    case 'F':
        r->deck.frames = true;
        break;
    case 'j':
        r->json = true;
        break;
    case 'q':
        r->quiet = true;
        break;
    default:
        return EXIT_USAGE;
    }
    return bad;
}

/* EXIT_FINE and *help false: go on. */
static int parse_options(struct replay *r, int argc, char **argv, bool *help)
{
    static const struct option options[] = {
        {"venue", required_argument, NULL, 'v'},   {"out", required_argument, NULL, 'o'},
        {"symbols", required_argument, NULL, 's'}, {"journal", no_argument, NULL, 'J'},
        {"set", required_argument, NULL, 'S'},     {"deck", required_argument, NULL, 'd'},
        {"level", required_argument, NULL, 'l'},   {"rows", required_argument, NULL, 'r'},
        {"compat", no_argument, NULL, 'c'},        {"frames", no_argument, NULL, 'F'},
        {"json", no_argument, NULL, 'j'},          {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},          {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "-h", options, NULL)) != -1) {
        if (option == 'h') {
            *help = true;
            return EXIT_FINE;
        }
        int bad = take_option(r, option, optarg);
        if (bad != EXIT_FINE)
            return bad;
    }
    if (r->file_count == 0)
        return replay_complain("no capture file", "--venue NAME FILE...");
    if (r->out == NULL)
        return replay_complain("no place for the result", "--out DIR");
    return EXIT_FINE;
}

/* ---- feeding ------------------------------------------------------------------------------------------------------------ */

/* One second of the capture's own time is one tick, as the wire gives them live. */
static void feed_ticks(struct replay *r, struct deck *deck, int64_t until_ns)
{
    if (r->next_tick_ns == 0 || until_ns - r->next_tick_ns > TD_NS_PER_HOUR)
        r->next_tick_ns = until_ns / TD_NS_PER_S * TD_NS_PER_S + TD_NS_PER_S;
    while (r->next_tick_ns <= until_ns) {
        struct td_frame frame = {.recv_ns = r->next_tick_ns,
                                 .mono_ns = r->next_tick_ns,
                                 .source = TD_SOURCE_NONE,
                                 .kind = TD_FRAME_TICK,
                                 .payload = ""};
        deck_feed(deck, &frame);
        r->next_tick_ns += TD_NS_PER_S;
    }
}

static void feed_line(struct replay *r, struct deck *deck, struct replay_file *file,
                      const struct capture_line *line)
{
    struct td_frame frame = replay_frame_of(r, file, line);
    if (frame.kind == TD_FRAME_CONN_OPEN && r->source_open[file->source])
        return; /* several recorded connections of one venue count as one */
    if (frame.kind == TD_FRAME_CONN_OPEN)
        r->source_open[file->source] = true;
    if (line->recv_ns > r->last_ns)
        r->last_ns = line->recv_ns;
    feed_ticks(r, deck, r->last_ns);
    deck_feed(deck, &frame);
    if (frame.kind == TD_FRAME_WS_TEXT || frame.kind == TD_FRAME_WS_BINARY ||
        frame.kind == TD_FRAME_HTTP) {
        td_metric_add(TD_M_frames_received, 1);
        td_metric_add(TD_M_frame_bytes, frame.bytes);
    }
}

static int feed_all(struct replay *r, struct deck *deck)
{
    const struct capture_line *line = NULL;
    struct replay_file *file;
    int bad = EXIT_FINE;
    while ((file = replay_oldest(r, &line, &bad)) != NULL) {
        feed_line(r, deck, file, line);
        capture_take(file->capture);
    }
    return bad;
}

/* ---- first pass: which symbols are there, and when does it start --------------------------------------------------------- */

struct scout {
    struct venue_ctx ctx;
    struct venue_sink sink;
    unsigned char state[VENUE_STATE_BYTES];
};

static void no_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    (void)listing;
}

static void drop_levels(struct venue_sink *sink)
{
    (void)sink;
}

static struct scout *scout_make(struct replay *r)
{
    enum { TOKENS = 1 << 18 };
    size_t events = TD_BATCH_EVENTS_MAX * sizeof(struct td_event),
           levels = TD_BATCH_LEVELS_MAX * sizeof(struct td_level);
    size_t json = (json_footprint(TOKENS) + 63) & ~(size_t)63;
    unsigned char *mem = replay_lazily(sizeof(struct scout) + 64 + events + levels + json +
                                       inflate_footprint(TD_INFLATED_MAX));
    if (mem == NULL)
        return NULL;
    struct scout *s = (struct scout *)mem;
    mem += (sizeof *s + 63) & ~(size_t)63;
    s->sink.event = (struct td_event *)mem;
    s->sink.level = (struct td_level *)(mem + events);
    s->sink.flush = drop_levels;
    s->ctx =
        (struct venue_ctx){.instruments = r->instruments,
                           .json = json_init(mem + events + levels, TOKENS),
                           .inflate = inflate_init(mem + events + levels + json, TD_INFLATED_MAX),
                           .sink = &s->sink,
                           .state = s->state,
                           .listing = no_listing};
    return s;
}

static int scout_all(struct replay *r, int64_t *first_ns)
{
    struct scout *s = scout_make(r);
    const struct capture_line *line = NULL;
    struct replay_file *file;
    int bad = replay_open_files(r);
    *first_ns = 0;
    instruments_discover(r->instruments, r->symbol_count == 0);
    while (bad == EXIT_FINE && (file = replay_oldest(r, &line, &bad)) != NULL) {
        struct td_frame frame = replay_frame_of(r, file, line);
        if (*first_ns == 0)
            *first_ns = line->recv_ns;
        s->ctx.source = file->source;
        if (r->symbol_count == 0 &&
            (frame.kind == TD_FRAME_WS_TEXT || frame.kind == TD_FRAME_WS_BINARY))
            venue_parse(r->deck.source[file->source].venue, &s->ctx, &frame);
        capture_take(file->capture);
    }
    instruments_discover(r->instruments, false);
    if (instruments_refused(r->instruments) > 0)
        TD_WARN("replay",
                "event=symbols_left_out kept=%u frames_of_others=%llu next=\"name those you want "
                "with --symbols\"",
                instruments_count(r->instruments),
                (unsigned long long)instruments_refused(r->instruments));
    replay_close_files(r);
    return bad;
}

static int add_named_symbols(struct replay *r)
{
    for (unsigned s = 0; s < r->deck.source_count; s++)
        for (unsigned i = 0; i < r->symbol_count; i++) {
            char raw[TD_SYMBOL_MAX];
            if (r->deck.source[s].venue->spell(r->symbol[i], raw) < 0 ||
                instruments_add(r->instruments, (uint16_t)s, r->symbol[i], raw) < 0)
                return replay_complain("symbol cannot be used", r->symbol[i]);
        }
    return EXIT_FINE;
}

/* ---- the run ------------------------------------------------------------------------------------------------------------------ */

static void defaults(struct replay *r)
{
    r->next_conn = 1;
    r->deck = (struct deck_params){.os = td_os_linux(),
                                   .name = "replay",
                                   .config_hash = "0000000000000000",
                                   .log_term_bytes = TD_LOG_TERM_BYTES,
                                   .log_terms = TD_LOG_TERMS,
                                   .journal_sync_ms = 1000,
                                   .journal_file_bytes = 64 << 20,
                                   .journal_max_bytes = 1024ll << 20,
                                   .journal_level = 1,
                                   .segment_level = 3,
                                   .segment_bytes = TD_SEGMENT_BYTES_MAX,
                                   .group_rows = TD_GROUP_ROWS_MAX,
                                   .pool_bytes = 32 << 20,
                                   .book_pool_levels = 1 << 19};
}

/* A symbol asked for by name may be misspelled; without a list among the files nothing else says so. */
static void name_unseen(const struct replay *r, const struct core *core)
{
    for (unsigned i = 0; r->symbol_count > 0 && i < core_book_count(core); i++) {
        struct core_book_status book = core_book_status(core, i);
        if (book.changes == 0 && book.trades == 0)
            fprintf(stderr, "tapedeck replay: %s %s: these files hold no book and no trade of it\n",
                    book.exchange, book.symbol);
    }
}

static int run(struct replay *r, int64_t first_ns)
{
    static struct deck deck;
    const struct td_clock *clock = &r->deck.os->clock;
    r->deck.data_dir = r->out;
    r->deck.config_text = "; replay of recorded traffic\n";
    r->deck.instruments = r->instruments;
    r->next_conn = 1;
    int bad = replay_open_files(r);
    if (bad != EXIT_FINE)
        return bad;
    int64_t begin_ns = clock->mono_ns(clock->ctx);
    td_err err = deck_open(&deck, &r->deck);
    if (err < 0) {
        fprintf(stderr, "tapedeck replay: cannot write to %s: %s\n  choose another --out\n", r->out,
                td_err_text(err));
        return EXIT_DISK;
    }
    deck_start(&deck, first_ns, TD_ORIGIN_IMPORT);
    bad = feed_all(r, &deck);
    err = deck_stop(&deck, r->last_ns);
    struct report report = {.deck = &deck,
                            .seconds = (double)(clock->mono_ns(clock->ctx) - begin_ns) / 1e9};
    report_print(&report, stdout, r->json);
    name_unseen(r, deck.core);
    deck_close(&deck);
    replay_close_files(r);
    if (err < 0) {
        fprintf(stderr, "tapedeck replay: writing to %s failed: %s\n", r->out, td_err_text(err));
        return EXIT_DISK;
    }
    return bad;
}

int replay_main(int argc, char **argv)
{
    static struct replay r;
    bool help = false;
    int64_t first_ns = 0;
    defaults(&r);
    int bad = parse_options(&r, argc, argv, &help);
    if (help)
        usage(stdout);
    if (help || bad != EXIT_FINE)
        return bad;
    td_log_setup(2, r.quiet ? TD_LOG_WARN : TD_LOG_INFO, NULL);
    r.instruments = instruments_init(replay_lazily(instruments_footprint(TD_INSTRUMENTS_MAX)),
                                     TD_INSTRUMENTS_MAX);
    bad = replay_set_features(&r);
    if (bad == EXIT_FINE && r.symbol_count > 0)
        bad = add_named_symbols(&r);
    if (bad == EXIT_FINE)
        bad = scout_all(&r, &first_ns);
    return bad == EXIT_FINE ? run(&r, first_ns) : bad;
}
